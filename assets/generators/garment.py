"""From a draped cloth to a garment that can be looked at: hems with thickness, stitches, UVs from the pattern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets.generators.pattern import Panel, Sewn, constraints
from assets.generators.solids import primitive
from assets.generators.torso import Distance
from assets.model import Material, Primitive

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Draped:
    """A sewn cloth at rest: ``points`` and outward ``normals`` float64[n, 3] per particle."""

    sewn: Sewn
    points: Array
    normals: Array

    def at(self, panel: Panel, flat: Array) -> tuple[Array, Array]:
        """Points of the cloth and normals there, for points of the flat panel."""
        corners, weights = panel.locate(flat)
        ids = self.sewn.particle[panel.name][corners]
        points = np.einsum("kc,kcd->kd", weights, self.points[ids])
        outward = np.einsum("kc,kcd->kd", weights, self.normals[ids])
        return points, outward / np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-12)


def vertex_normals(points: Array, triangles: Index) -> Array:
    """Area-weighted unit normals, float64[n, 3]."""
    a, b, c = (points[triangles[:, i]] for i in range(3))
    face = np.cross(b - a, c - a)
    total = np.zeros_like(points)
    for i in range(3):
        np.add.at(total, triangles[:, i], face)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))


def smooth(sewn: Sewn, points: Array, rounds: int, held: Index) -> Array:
    """Taubin's low-pass (1995: no shrinking), which takes the triangles out of the folds and leaves the folds."""
    pairs = constraints(sewn)[0]
    degree = np.maximum(np.bincount(pairs.reshape(-1), minlength=sewn.count), 1)[:, None]
    fixed = np.zeros(sewn.count, dtype=bool)
    fixed[held] = True
    out = points.copy()
    for _ in range(rounds):
        for factor in (0.5, -0.52):
            total = np.zeros_like(out)
            np.add.at(total, pairs[:, 0], out[pairs[:, 1]])
            np.add.at(total, pairs[:, 1], out[pairs[:, 0]])
            move = factor * (total / degree - out)
            move[fixed] = 0
            out = out + move
    return out


def sunken(sewn: Sewn, points: Array, deep: float = 0.0010) -> Array:
    """Seams pulled in a little, as the thread does: that is what makes a seam readable from afar."""
    uses = np.zeros(sewn.count, dtype=np.int64)
    for p in sewn.panels:
        np.add.at(uses, sewn.particle[p.name], 1)
    normals = vertex_normals(points, sewn.triangles())
    return np.asarray(points - np.where(uses > 1, deep, 0.0)[:, None] * normals)


def over(body: Distance, worn: Draped) -> Distance:
    """The body with what is worn on it, as one solid to drape the next garment over."""
    triangles = worn.sewn.triangles()
    share = np.array([(i, j, 4 - i - j) for i in range(5) for j in range(5 - i)]) / 4.0
    samples = np.einsum("sk,tkd->tsd", share, worn.points[triangles]).reshape(-1, 3)
    outward = np.einsum("sk,tkd->tsd", share, worn.normals[triangles]).reshape(-1, 3)
    axes = [body.low[i] + body.step * np.arange(size) for i, size in enumerate(body.values.shape)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    reach = 0.016
    # Above its rim the cloth has no inside; its lowest part is a free edge that nothing longer is worn over.
    box = ((grid > samples.min(axis=0) - reach) & (grid < samples.max(axis=0) + np.array([reach, 0.0, reach]))).all(
        axis=1
    )
    inside_box = np.flatnonzero(box)
    far, nearest = cKDTree(samples).query(grid[inside_box], distance_upper_bound=reach, workers=2)
    near = np.isfinite(far)
    index, nearest = inside_box[near], nearest[near]
    height = np.einsum("ij,ij->i", grid[index] - samples[nearest], outward[nearest])
    value = body.values.reshape(-1).copy()
    value[index] = np.minimum(value[index], height)
    return Distance(body.low, body.step, value.reshape(body.values.shape))


def even(sewn: Sewn, points: Array, edges: Sequence[tuple[str, str]], rounds: int = 12) -> Array:
    """A closed free edge (panel, edge, … in order) evened along itself, and the rows above it carried along:
    the edge has cloth on one side only, so the low-pass of the sheet leaves nicks there.
    """
    by_name = {p.name: p for p in sewn.panels}
    loop = np.concatenate([sewn.particle[name][by_name[name].edges[edge]][:-1] for name, edge in edges])
    ring = points[loop]
    for _ in range(rounds):
        for factor in (0.5, -0.52):
            ring = ring + factor * ((np.roll(ring, 1, axis=0) + np.roll(ring, -1, axis=0)) / 2 - ring)
    moved = ring - points[loop]
    far, nearest = cKDTree(points[loop]).query(points, distance_upper_bound=0.035)
    near = np.isfinite(far)
    out = points.copy()
    out[near] += moved[nearest[near]] * (np.clip(1 - far[near] / 0.035, 0, 1) ** 2)[:, None]
    return out


def face_of(cloth: Draped, panel: Panel, material: Material, uv_offset: Array, *, shared: float = 0.45) -> Primitive:
    """One panel as seen from outside, with its flat pattern as UVs (metres, V down). ``shared`` is how much of the
    normals at its edges it has in common with its neighbours: 0 where it is folded.
    """
    ids = cloth.sewn.particle[panel.name]
    uv = (panel.flat - uv_offset) * [1.0, -1.0]
    points = cloth.points[ids]
    # Each panel bends towards its own side at a seam, so the shading breaks there as cloth does.
    normals = (1 - shared) * vertex_normals(points, panel.triangles) + shared * cloth.normals[ids]
    return primitive(points, normals, uv, panel.triangles, material)


def _inward(line: Array) -> Array:
    tangent = np.gradient(line, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    return np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)  # outlines run counter-clockwise


def inset(panel: Panel, edge: str, away: float) -> Array:
    """The edge's line ``away`` metres further in, float64[n, 2] of the flat panel. Its ends run along the edges that
    it meets there, so that hems and stitches of two panels meet on the seam between them, however it leans.
    """
    ids = panel.edges[edge]
    line = panel.flat[ids]
    inward = _inward(line)
    moved = line + away * inward
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    for end, along in ((0, run), (-1, run[-1] - run)):
        for name, other in panel.edges.items():
            beside = other[::-1] if end == 0 else other
            if name == edge or beside[0] != ids[end] or beside[1] in ids:
                continue
            way = panel.flat[beside]
            far = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(way, axis=0), axis=1))])
            # As far along the seam as brings it ``away`` from the edge's line.
            rise = (way - line[end]) @ inward[end]
            place = np.interp(away, np.maximum.accumulate(rise), far) if rise.max() > away else min(away, far[-1])
            spot = np.array([np.interp(place, far, way[:, axis]) for axis in range(2)])
            fade = np.clip(1 - along / min(6 * away + 1e-9, run[-1]), 0, 1)[:, None]
            moved = moved + fade * (spot - line[end] - away * inward[end])
            break
    return moved


def hem(
    cloth: Draped,
    panel: Panel,
    edge: str,
    material: Material,
    uv_offset: Array,
    *,
    depth: float = 0.02,
    thickness: float | Array = 0.0016,
) -> Primitive:
    """The cloth turned in along an edge: a rounded lip and a strip on the inside, ``depth`` deep. ``thickness`` is of
    both layers, one for the whole edge or one for each of its points.
    """
    ids = panel.edges[edge]
    line = panel.flat[ids]
    inward = _inward(line)
    particles = cloth.sewn.particle[panel.name][ids]
    rim, outward = cloth.points[particles], cloth.normals[particles]
    near, _ = cloth.at(panel, inset(panel, edge, 0.004))
    down = rim - near
    down -= outward * np.einsum("ij,ij->i", down, outward)[:, None]
    down /= np.maximum(np.linalg.norm(down, axis=1, keepdims=True), 1e-12)
    thick = np.broadcast_to(np.asarray(thickness, dtype=np.float64), len(ids))[:, None]
    radius = thick / 2
    rows, normals, flat = [], [], []
    for angle in np.linspace(0, np.pi, 5):
        rows.append(rim + radius * (np.sin(angle) * down + (np.cos(angle) - 1) * outward))
        normals.append(np.sin(angle) * down + np.cos(angle) * outward)
        flat.append(line - inward * radius * angle)
    for share in (0.4, 1.0):
        point, up = cloth.at(panel, inset(panel, edge, depth * share))
        rows.append(point - up * thick)
        normals.append(-up)
        flat.append(line - inward * (radius * np.pi + depth * share))
    count = len(ids)
    i, j = np.meshgrid(np.arange(len(rows) - 1), np.arange(count - 1), indexing="ij")
    a = (i * count + j).reshape(-1)
    triangles = np.concatenate([np.stack([a, a + count, a + count + 1], 1), np.stack([a, a + count + 1, a + 1], 1)])
    points = np.concatenate(rows)
    uv = (np.concatenate(flat) - uv_offset) * [1.0, -1.0]
    return primitive(points, np.concatenate(normals), uv, triangles, material)


def stitches(
    cloth: Draped,
    panel: Panel,
    line: Array,
    material: Material,
    *,
    every: float = 0.0036,
    long: float = 0.0025,
    wide: float = 0.0007,
) -> Primitive:
    """A row of thread stitches along a line of the flat pattern: little roofs that lie on the cloth."""
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    count = max(int(run[-1] / every), 2)
    middle = (np.arange(count) + 0.5) * run[-1] / count
    ends = []
    for shift in (-long / 2, 0.0, long / 2):
        at = np.stack([np.interp(middle + shift, run, line[:, i]) for i in range(2)], axis=1)
        ends.append(cloth.at(panel, at))
    (a, na), (m, nm), (b, nb) = ends
    side = np.cross(nm, b - a)
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-12)
    corners = [a + na * 0.0001, b + nb * 0.0001, m + side * wide / 2, m - side * wide / 2, m + nm * 0.0004]
    points = np.stack(corners, axis=1).reshape(-1, 3)
    lean = [na, nb, nm + 0.9 * side, nm - 0.9 * side, nm]
    normals = np.stack(lean, axis=1).reshape(-1, 3)
    base = 5 * np.arange(count)[:, None]
    faces = np.concatenate([base + np.array(t) for t in ((0, 3, 4), (3, 1, 4), (1, 2, 4), (2, 0, 4))])
    corner = points[faces]
    face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    flip = np.einsum("ij,ij->i", face, normals[faces[:, 0]]) < 0
    faces[flip] = faces[flip][:, ::-1]
    uv = np.repeat(np.stack([np.interp(middle, run, line[:, i]) for i in range(2)], axis=1), 5, axis=0)
    return primitive(points, normals, uv * [1.0, -1.0], faces, material)
