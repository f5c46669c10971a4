"""Pieces of cloth that lie on a draped jacket, as thick as they are: lapels, flaps, welts, laps, straps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.generators.solids import grid_triangles, joined, primitive
from assets.model import Material, Primitive

Array = NDArray[np.float64]
Ground = Callable[[Array], tuple[Array, Array]]
"""Points float64[k, 2] of a flat pattern to points of the draped cloth and its outward normals, float64[k, 3]."""

FIRST_ROW, LAST_ROW, FIRST_COLUMN, LAST_COLUMN = range(4)
ALL = (FIRST_ROW, LAST_ROW, FIRST_COLUMN, LAST_COLUMN)


def unit(vectors: Array) -> Array:
    """Vectors float64[..., 3] at length 1."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))


def ease(share: Array) -> Array:
    """0 to 1 without a kink at either end."""
    held = np.clip(share, 0.0, 1.0)
    return np.asarray(held * held * (3.0 - 2.0 * held))


def quad(corners: Sequence[tuple[float, float]], rows: int, columns: int) -> Array:
    """float64[rows, columns, 2] between four corners: bottom left, bottom right, top right, top left."""
    a, b, c, d = (np.array(corner) for corner in corners)
    v, u = np.linspace(0, 1, rows)[:, None, None], np.linspace(0, 1, columns)[None, :, None]
    return np.asarray((1 - v) * ((1 - u) * a + u * b) + v * ((1 - u) * d + u * c))


def resting(ground: Ground, flat: Array, lift: Array | float) -> tuple[Array, Array]:
    """A grid float64[r, c, 2] on the cloth, ``lift`` metres over it: points and the cloth's normals there."""
    points, normals = ground(flat.reshape(-1, 2))
    normals = normals.reshape(*flat.shape[:2], 3)
    height = np.broadcast_to(np.asarray(lift, dtype=np.float64), flat.shape[:2])
    return points.reshape(*flat.shape[:2], 3) + normals * height[..., None], normals


def facing(points: Array, outward: Array) -> Array:
    """Normals of a grid float64[r, c, 3] by differences, on the side of ``outward``."""
    n = unit(np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1)))
    lost = np.linalg.norm(n, axis=-1) < 0.5  # where a row or column shrinks to a point
    n = np.where(lost[..., None], outward, n)
    return np.asarray(n * np.where(np.einsum("rci,rci->rc", n, outward) < 0, -1.0, 1.0)[..., None])


def unrolled(points: Array, uv: Array, rounds: int = 400) -> Array:
    """Flat places float64[r, c, 2] of a grid in which its edges and diagonals are about as long as on the cloth,
    found from ``uv`` by relaxing them all a little at a time.
    """
    number = np.arange(points.shape[0] * points.shape[1]).reshape(points.shape[:2])
    pairs = np.concatenate(
        [
            np.stack([one.reshape(-1), other.reshape(-1)], axis=1)
            for one, other in (
                (number[1:], number[:-1]),
                (number[:, 1:], number[:, :-1]),
                (number[1:, 1:], number[:-1, :-1]),
                (number[1:, :-1], number[:-1, 1:]),
            )
        ]
    )
    solid, flat = points.reshape(-1, 3), uv.reshape(-1, 2).astype(np.float64).copy()
    rest = np.linalg.norm(solid[pairs[:, 0]] - solid[pairs[:, 1]], axis=1)
    degree = np.bincount(pairs.reshape(-1), minlength=len(flat))[:, None]
    for _ in range(rounds):
        way = flat[pairs[:, 0]] - flat[pairs[:, 1]]
        long = np.linalg.norm(way, axis=1)
        move = way * ((rest - long) / np.maximum(long, 1e-9))[:, None]
        total = np.zeros_like(flat)
        np.add.at(total, pairs[:, 0], move)
        np.subtract.at(total, pairs[:, 1], move)
        flat += 0.9 * total / degree
    return flat.reshape(uv.shape)


def sheet(points: Array, normals: Array, uv: Array, material: Material) -> Primitive:
    """A grid float64[r, c, 3] as a primitive whose faces look where its normals do."""
    triangles = grid_triangles(*points.shape[:2])
    flat, n = points.reshape(-1, 3), normals.reshape(-1, 3)
    corner = flat[triangles]
    face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    real = np.linalg.norm(face, axis=1) > 1e-11
    triangles, face = triangles[real], face[real]
    away = np.einsum("ij,ij->i", face, n[triangles].sum(axis=1)) < 0
    triangles[away] = triangles[away][:, ::-1]
    return primitive(flat, n, uv.reshape(-1, 2), triangles, material)


@dataclass(frozen=True, kw_only=True, eq=False)
class Plate:
    """A piece with its edges, and its upper side as a grid: ``points`` and ``normals`` float64[r, c, 3]."""

    cloth: Primitive
    points: Array
    normals: Array

    def stitched(self, side: int, thread: Material, *, away: float = 0.006, every: float = 0.0056) -> Primitive:
        """A row of stitches along a side, ``away`` metres from it: little roofs of thread, one ``every`` metres."""
        swapped = side in {FIRST_COLUMN, LAST_COLUMN}
        turned = [held.swapaxes(0, 1) if swapped else held for held in (self.points, self.normals)]
        points, normals = (held if side in {FIRST_ROW, FIRST_COLUMN} else held[::-1] for held in turned)
        deep = np.linalg.norm(np.diff(points, axis=0), axis=2)
        run = np.concatenate([np.zeros((1, points.shape[1])), np.cumsum(deep, axis=0)])
        row = np.clip((run < away).sum(axis=0), 1, len(run) - 1)
        across = np.arange(points.shape[1])
        share = ((away - run[row - 1, across]) / np.maximum(deep[row - 1, across], 1e-9)).clip(0, 1)[:, None]
        line, out = ((1 - share) * held[row - 1, across] + share * held[row, across] for held in (points, normals))
        kept = run[-1] > 1.6 * away  # not where the piece runs out
        line, out = line[kept], unit(out[kept])
        along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
        count = max(int((along[-1] - 2 * away) / every), 1)
        middle = away + (np.arange(count) + 0.5) * (along[-1] - 2 * away) / count
        at = [_along(along, line, middle + shift * 0.68 * every) for shift in (-0.5, 0.0, 0.5)]
        up = unit(_along(along, out, middle))
        beside = unit(np.cross(up, at[2] - at[0]))
        wide = 0.00045
        corners = [
            at[0], at[2], at[1] + wide * beside, at[1] - wide * beside, at[1] + 0.0005 * up,
        ]  # fmt: skip
        leans = [up, up, up + 0.9 * beside, up - 0.9 * beside, up]
        base = 5 * np.arange(count)[:, None]
        faces = np.concatenate([base + np.array(t) for t in ((0, 3, 4), (3, 1, 4), (1, 2, 4), (2, 0, 4))])
        solid = np.stack(corners, axis=1).reshape(-1, 3)
        ways = np.stack(leans, axis=1).reshape(-1, 3)
        corner = solid[faces]
        face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        away_from = np.einsum("ij,ij->i", face, ways[faces].sum(axis=1)) < 0
        faces[away_from] = faces[away_from][:, ::-1]
        uv = np.repeat(np.stack([middle, 0 * middle], axis=1), 5, axis=0)
        return primitive(solid + 0.0001 * np.repeat(up, 5, axis=0), ways, uv, faces, thread)


def _along(run: Array, line: Array, at: Array) -> Array:
    return np.stack([np.interp(at, run, line[:, k]) for k in range(3)], axis=1)


def plate(
    points: Array,
    outward: Array,
    uv: Array,
    material: Material,
    *,
    thickness: float,
    sides: Sequence[int] = ALL,
    under: float = 0.004,
) -> Plate:
    """A grid of cloth ``thickness`` metres thick, its given sides rounded over and turned in by ``under``."""
    normals = facing(points, outward)
    parts = [sheet(points, normals, uv, material)]
    for side in sides:
        swapped = side in {FIRST_COLUMN, LAST_COLUMN}
        whole, ways, flat = (held.swapaxes(0, 1) if swapped else held for held in (points, normals, uv))
        at = slice(None, 2) if side in {FIRST_ROW, FIRST_COLUMN} else slice(None, -3, -1)
        parts.append(_lip(whole[at], ways[at][0], flat[at], material, thickness, under))
    return Plate(cloth=joined(parts), points=points, normals=normals)


def _lip(points: Array, normal: Array, flat: Array, material: Material, thick: float, under: float) -> Primitive:
    """The rounded edge along the first of two rows of points float64[2, c, 3]."""
    rim, uv = points[0], flat[0]
    out = rim - points[1]
    along = unit(np.gradient(rim, axis=0))
    out -= along * np.einsum("ij,ij->i", out, along)[:, None]
    out -= normal * np.einsum("ij,ij->i", out, normal)[:, None]
    out = unit(out)
    away = uv - flat[1]
    away = away / np.maximum(np.linalg.norm(away, axis=-1, keepdims=True), 1e-12)
    radius = thick / 2
    rows, ways, laid = [], [], []
    for angle in np.linspace(0, np.pi, 5):
        rows.append(rim + radius * (np.sin(angle) * out + (np.cos(angle) - 1) * normal))
        ways.append(np.sin(angle) * out + np.cos(angle) * normal)
        laid.append(uv + away * radius * angle)
    rows.append(rim - thick * normal - under * out)
    ways.append(-normal)
    laid.append(uv + away * (radius * np.pi + under))
    return sheet(np.stack(rows), unit(np.stack(ways)), np.stack(laid), material)
