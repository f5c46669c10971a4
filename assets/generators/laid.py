"""Pieces that lie on a garment or stand on its seams: plackets, pockets, cuffs, the leaf of a collar.

Each is a grid of points with its flat pattern, as a cloth of its own, so that stitches and buttons go on it as on any
other; a slab gives it its thickness and rounded edges.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from assets.generators.garment import Draped
from assets.generators.pattern import Panel, Sewn
from assets.generators.sewn_fine import FinePanel
from assets.generators.solids import primitive
from assets.model import Material, Primitive

Array = NDArray[np.float64]
Index = NDArray[np.int64]

EDGES: Final = ("low", "right", "top", "left")
"""The edges of a piece, counter-clockwise: its first row, last column, last row, first column."""


def lofted(name: str, flat: Array, points: Array) -> Draped:
    """A piece through ``points`` float64[rows, columns, 3] with its pattern ``flat`` float64[rows, columns, 2] in
    metres: rows go up and columns to the right as seen from outside.
    """
    rows, columns = flat.shape[:2]
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns - 1), indexing="ij")
    a = (i * columns + j).reshape(-1)
    b, c, d = a + 1, a + columns + 1, a + columns
    triangles = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    ids = np.arange(rows * columns).reshape(rows, columns)
    edges = dict(zip(EDGES, (ids[0], ids[:, -1], ids[-1, ::-1], ids[::-1, 0]), strict=True))
    even = flat.reshape(-1, 2)
    spread = Delaunay(np.array([even.min(axis=0), [even[:, 0].max(), even[:, 1].min()], even.max(axis=0)]))
    panel = FinePanel(name=name, flat=even, triangles=triangles, edges=edges, finder=spread)
    sewn = Sewn(panels=(panel,), particle={name: ids.reshape(-1)}, count=rows * columns)
    along, up = np.gradient(points, axis=1), np.gradient(points, axis=0)
    out = np.cross(along, up)
    out /= np.maximum(np.linalg.norm(out, axis=-1, keepdims=True), 1e-12)
    return Draped(sewn=sewn, points=points.reshape(-1, 3), normals=out.reshape(-1, 3))


def laid(
    name: str, on: Draped, panel: Panel, flat: Array, lift: Array | float, *, own: Array | None = None
) -> Draped:
    """A piece whose top lies ``lift`` metres over the cloth, where ``flat`` float64[rows, columns, 2] is on its
    panel. ``own`` is the piece's pattern where that differs.
    """
    at, out = on.at(panel, flat.reshape(-1, 2))
    height = np.broadcast_to(lift, flat.shape[:2]).reshape(-1, 1)
    return lofted(name, flat if own is None else own, (at + height * out).reshape(*flat.shape[:2], 3))


def spread(piece: Draped) -> Draped:
    """A strip's pattern as long and as high as the strip is: its rows and columns measured through their middles."""
    (panel,) = piece.sewn.panels
    columns = len(panel.edges["low"])
    points = piece.points.reshape(-1, columns, 3)
    wide = np.linalg.norm(np.diff(points, axis=1), axis=-1).mean(axis=0)
    high = np.linalg.norm(np.diff(points, axis=0), axis=-1).mean(axis=1)
    x, y = (np.concatenate([[0.0], np.cumsum(steps)]) for steps in (wide, high))
    flat = np.stack(np.broadcast_arrays(x - x[-1] / 2, y[:, None]), axis=-1)
    return lofted(panel.name, flat, points)


def slab(
    piece: Draped, material: Material, shift: Array, *, thickness: float, lined: bool = False, sunk: float = 0.0
) -> Primitive:
    """The piece with its edges rounded down; ``lined`` gives it an underside, otherwise its edges go on ``sunk``
    metres into what it lies on. UVs are its pattern less ``shift``, metres, V down.
    """
    (panel,) = piece.sewn.panels
    ring = np.concatenate([panel.edges[name][:-1] for name in EDGES])
    rim, up, line = piece.points[ring], piece.normals[ring], panel.flat[ring]
    tangent = np.roll(rim, -1, axis=0) - np.roll(rim, 1, axis=0)
    out = np.cross(tangent, up)
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
    ahead = np.roll(line, -1, axis=0) - np.roll(line, 1, axis=0)
    aside = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
    aside /= np.maximum(np.linalg.norm(aside, axis=1, keepdims=True), 1e-12)
    radius = thickness / 2
    points, normals, flat = [piece.points], [piece.normals], [panel.flat]
    turns = np.radians([0.0, 45.0, 90.0, 135.0, 180.0] if lined else [0.0, 40.0, 90.0])
    for turn in turns:
        points.append(rim + radius * (np.sin(turn) * out + (np.cos(turn) - 1) * up))
        normals.append(np.sin(turn) * out + np.cos(turn) * up)
        flat.append(line + aside * radius * turn)
    if not lined:
        points.append(points[-1] - up * (radius + sunk))
        normals.append(out)
        flat.append(flat[-1] + aside * radius)
    size, around = len(piece.points), len(ring)
    triangles = [panel.triangles]
    for k in range(len(points) - 2):
        a = size + k * around + np.arange(around)
        b = size + k * around + (np.arange(around) + 1) % around
        triangles += [np.stack([a, a + around, b + around], axis=1), np.stack([a, b + around, b], axis=1)]
    if lined:
        triangles.append(panel.triangles[:, ::-1] + sum(map(len, points)))
        points.append(piece.points - thickness * piece.normals)
        normals.append(-piece.normals)
        flat.append(panel.flat)
    uv = (np.concatenate(flat) - shift) * [1.0, -1.0]
    return primitive(np.concatenate(points), np.concatenate(normals), uv, np.concatenate(triangles), material)


def ring(piece: Draped) -> Index:
    """How many cells of its grid lie between a piece's triangles and its lower, right and left edges, int64[m]."""
    (panel,) = piece.sewn.panels
    wide, high = len(panel.edges["low"]) - 1, len(panel.edges["left"]) - 1
    i, j = np.meshgrid(np.arange(high), np.arange(wide), indexing="ij")
    return np.tile(np.minimum(i, np.minimum(j, wide - 1 - j)).reshape(-1), 2)


def parted(part: Primitive, chosen: NDArray[np.bool_], material: Material) -> tuple[Primitive, Primitive]:
    """A primitive without the first triangles that are chosen, and those in another material."""
    picked = np.zeros(len(part.indices), dtype=bool)
    picked[: len(chosen)] = chosen
    found = []
    for mask, matter in ((~picked, part.material), (picked, material)):
        used, corners = np.unique(part.indices[mask], return_inverse=True)
        assert part.uv0 is not None
        found.append(
            replace(
                part,
                positions=part.positions[used],
                normals=part.normals[used],
                uv0=part.uv0[used],
                indices=corners.reshape(-1, 3).astype(np.uint32),
                material=matter,
            )
        )
    return found[0], found[1]


def within(piece: Draped, away: float, names: tuple[str, ...] = EDGES) -> Array:
    """A line on the piece's pattern ``away`` metres inside its edges, which follow each other: float64[n, 2], for
    stitches. All four edges give a closed line.
    """
    (panel,) = piece.sewn.panels
    lines = []
    for name in names:
        line = panel.flat[panel.edges[name]]
        way = np.gradient(line, axis=0)
        way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-12)
        lines.append(line + away * np.stack([-way[:, 1], way[:, 0]], axis=1))
    closed = len(names) == len(EDGES)
    for k in range(len(lines) if closed else len(lines) - 1):
        # Two neighbouring lines end where they cross, so that the needle turns the corner there.
        one, two = lines[k], lines[(k + 1) % len(lines)]
        i, j, point = _crossing(one, two)
        lines[k] = np.concatenate([one[: i + 1], point])
        lines[(k + 1) % len(lines)] = np.concatenate([point, two[j + 1 :]])
    return np.concatenate(lines)


def _crossing(one: Array, two: Array) -> tuple[int, int, Array]:
    """The last stretch of one line, the first of the other and the point float64[1, 2] where they cross; their ends
    where they do not.
    """
    for i in range(len(one) - 2, -1, -1):
        a = one[i + 1] - one[i]
        b = two[1:] - two[:-1]
        c = two[:-1] - one[i]
        det = b[:, 0] * a[1] - a[0] * b[:, 1]
        safe = np.where(np.abs(det) < 1e-14, 1.0, det)
        s = (b[:, 0] * c[:, 1] - c[:, 0] * b[:, 1]) / safe
        t = (a[0] * c[:, 1] - a[1] * c[:, 0]) / safe
        hit = np.flatnonzero((np.abs(det) >= 1e-14) & (s >= 0) & (s <= 1) & (t >= 0) & (t <= 1))
        if len(hit):
            return i, int(hit[0]), (one[i] + s[hit[0]] * a)[None]
    return len(one) - 1, 0, (one[-1:] + two[:1]) / 2
