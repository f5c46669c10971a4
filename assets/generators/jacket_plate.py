"""Pieces of cloth that lie on a draped jacket, as thick as they are: lapels, flaps, welts, laps, straps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


def plate(
    points: Array,
    outward: Array,
    uv: Array,
    material: Material,
    *,
    thickness: float,
    sides: Sequence[int] = ALL,
    under: float = 0.004,
) -> Primitive:
    """A grid of cloth ``thickness`` metres thick, its given sides rounded over and turned in by ``under``."""
    normals = facing(points, outward)
    parts = [sheet(points, normals, uv, material)]
    for side in sides:
        swapped = side in {FIRST_COLUMN, LAST_COLUMN}
        whole, ways, flat = (held.swapaxes(0, 1) if swapped else held for held in (points, normals, uv))
        at = slice(None, 2) if side in {FIRST_ROW, FIRST_COLUMN} else slice(None, -3, -1)
        parts.append(_lip(whole[at], ways[at][0], flat[at], material, thickness, under))
    return joined(parts)


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
