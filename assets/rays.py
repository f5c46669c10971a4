"""Many short rays against many triangles, in numpy: a uniform grid, then one exact test for each pair.

Made for segments of a few centimetres near a surface: 30,000 of them against 30,000 triangles in a tenth of a second.
Embree was measured against it (docs/adr/0012-draped-garments.md).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PAIRS: Final = 20_000  # tested at a time: temporaries that stay in a core's own cache
_SLACK: Final = 1e-6  # of lengths, by which spheres in single precision are too large
_CELLS_PER_TRIANGLE: Final = 4_096  # a triangle across more cells than this is split among coarser ones
_FACES: Final = 0.1  # cosine to the ray from which on a triangle faces the same way
_WALKS, _FEW = 6, 512  # groups of rays of like length, and how many are one group
_SPAN: Final = 1 << 20  # cells along one axis


class Grid:
    """Triangles sorted into cells. ``corners`` is float64[m, 3, 3]; ``facing`` their normals, float64[m, 3]."""

    def __init__(self, corners: Floats, facing: Floats, *, cell: float) -> None:
        self._corners = corners
        self._edge1, self._edge2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        self._facing = facing
        # Corner by corner: rows of three are slow to reduce.
        least = np.minimum(np.minimum(corners[:, 0], corners[:, 1]), corners[:, 2])
        most = np.maximum(np.maximum(corners[:, 0], corners[:, 1]), corners[:, 2])
        self._origin = least.min(axis=0) if len(corners) else np.zeros(3)
        size = most.max(axis=0) - self._origin if len(corners) else np.ones(3)
        self._spheres = self._around((least + most) / 2, float(size.max()))
        self._cell = max(cell, float(size.max()) / (_SPAN - 2), 1e-9)
        low = np.floor((least - self._origin) / self._cell).astype(np.int64)
        high = np.floor((most - self._origin) / self._cell).astype(np.int64)
        spans = high - low + 1
        while len(spans) and spans.prod(axis=1).max() > _CELLS_PER_TRIANGLE:
            self._cell *= 2
            low, high = low // 2, high // 2
            spans = high - low + 1
        counts = spans[:, 0] * spans[:, 1] * spans[:, 2]
        triangle = np.repeat(np.arange(len(corners)), counts)
        place = np.arange(len(triangle)) - np.repeat(np.cumsum(counts) - counts, counts)
        wide, deep = spans[:, 1][triangle], spans[:, 2][triangle]
        row, place = place // deep, place % deep
        keys = _keys(low)[triangle] + (row // wide * _SPAN + row % wide) * _SPAN + place
        order = np.argsort(keys, kind="stable")
        self._triangle = triangle[order]
        keys = keys[order]
        starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else np.zeros(0, np.int64)
        self._keys = keys[starts]
        self._starts = np.append(starts, len(keys))

    def first_hit(self, starts: Floats, directions: Floats, lengths: Floats) -> tuple[Floats, Ints]:
        """How far along each ray the first triangle lies that faces the same way as the ray.

        ``starts`` and unit ``directions`` float64[n, 3], ``lengths`` float64[n]. Gives distances float64[n]
        (inf for none) and triangles int64[n] (-1 for none).
        """
        best = np.full(len(starts), np.inf)
        which = np.full(len(starts), -1, dtype=np.int64)
        if not len(starts) or not len(self._corners):
            return best, which
        ray, cell = self._visit(starts, directions, lengths)
        counts = self._starts[cell + 1] - self._starts[cell]
        cumulative = np.cumsum(counts)
        begin = 0
        while begin < len(ray):
            done = cumulative[begin - 1] if begin else 0
            end = max(int(np.searchsorted(cumulative, done + _PAIRS, side="right")), begin + 1)
            piece = slice(begin, end)
            repeats = counts[piece]
            before = np.cumsum(repeats) - repeats
            triangles = self._triangle[
                np.arange(cumulative[end - 1] - done) + np.repeat(self._starts[cell[piece]] - before, repeats)
            ]
            # Most triangles in a ray's cells lie beside it; the exact tests are for the rest.
            near = self._near(starts[ray[piece]], directions[ray[piece]], repeats, triangles)
            rays, triangles = np.repeat(ray[piece], repeats)[near], triangles[near]
            ahead = np.einsum("ij,ij->i", directions[rays], self._facing[triangles]) > _FACES
            rays, triangles = rays[ahead], triangles[ahead]
            distance, ok = self._intersect(starts[rays], directions[rays], triangles)
            ok &= distance <= lengths[rays]
            rays, triangles, distance = rays[ok], triangles[ok], distance[ok]
            order = np.lexsort((distance, rays))
            rays, triangles, distance = rays[order], triangles[order], distance[order]
            first = np.append(True, rays[1:] != rays[:-1]) if len(rays) else np.zeros(0, bool)
            rays, triangles, distance = rays[first], triangles[first], distance[first]
            nearer = distance < best[rays]
            best[rays[nearer]] = distance[nearer]
            which[rays[nearer]] = triangles[nearer]
            begin = end
        return best, which

    def _around(self, middle: Floats, size: float) -> NDArray[np.float32]:
        """Middles from the origin, and squares of radii, of spheres about the triangles: float32[4, m]. All of them
        lie within ``size``.
        """
        squares = np.zeros(len(middle))
        for corner in range(3):
            apart = self._corners[:, corner] - middle
            squares = np.maximum(squares, np.einsum("ti,ti->t", apart, apart))
        radius = np.sqrt(squares) + _SLACK * size
        return np.concatenate([(middle - self._origin).T, (radius * radius)[None]]).astype(np.float32)

    def _near(self, starts: Floats, directions: Floats, repeats: Ints, triangles: Ints) -> NDArray[np.bool_]:
        """Whose spheres the lines of the rays, each as often as ``repeats`` says, go through."""
        x, y, z, square = self._spheres[:, triangles]
        away = np.repeat((starts - self._origin).T.astype(np.float32), repeats, axis=1)
        way = np.repeat(directions.T.astype(np.float32), repeats, axis=1)
        x, y, z = x - away[0], y - away[1], z - away[2]
        far = x * x + y * y + z * z
        along = x * way[0] + y * way[1] + z * way[2]
        return np.asarray(far * np.float32(1 - 4 * _SLACK) - along * along <= square)

    def _visit(self, starts: Floats, directions: Floats, lengths: Floats) -> tuple[Ints, Ints]:
        """The pairs of ray and occupied cell along it."""
        # Rays are walked with others of about their length: a few long ones must not make all of them long.
        order = np.argsort(lengths, kind="stable")
        pairs = []
        for part in np.array_split(order, _WALKS) if len(order) > _FEW else [order]:
            if len(part):
                ray, slot = self._walked(starts[part], directions[part], lengths[part])
                pairs.append(part[ray] * len(self._keys) + slot)
        found = np.sort(np.concatenate(pairs))  # a line is never twice in one cell
        return found // len(self._keys), found % len(self._keys)

    def _walked(self, starts: Floats, directions: Floats, lengths: Floats) -> tuple[Ints, Ints]:
        steps = max(int(np.ceil(float(lengths.max()) / (self._cell * 0.3))), 1)
        rays, slots = [], []
        base = (starts - self._origin).T / self._cell
        along = (directions * lengths[:, None]).T / self._cell
        last = np.full(len(starts), -1, dtype=np.int64)
        number = np.arange(len(starts))
        for fraction in np.linspace(0.0, 1.0, steps + 1):
            x, y, z = np.floor(base + along * fraction).astype(np.int64)
            # Samples are 0.3 cells apart: a corner clipped between two is shorter, and triangles overlap cells.
            inside = (np.minimum(np.minimum(x, y), z) >= 0) & (np.maximum(np.maximum(x, y), z) < _SPAN - 1)
            keys = np.where(inside, (x * _SPAN + y) * _SPAN + z, -1)
            fresh = (keys != last) & (keys >= 0)
            last = keys
            slot = np.searchsorted(self._keys, keys[fresh])
            ray = number[fresh]
            slot = np.minimum(slot, len(self._keys) - 1)
            real = self._keys[slot] == keys[fresh]
            rays.append(ray[real])
            slots.append(slot[real])
        return np.concatenate(rays), np.concatenate(slots)

    def _intersect(self, starts: Floats, directions: Floats, triangles: Ints) -> tuple[Floats, NDArray[np.bool_]]:
        """Möller-Trumbore, with a hair of tolerance at the edges so that no ray slips between neighbours."""
        a, edge1, edge2 = (held[triangles].T for held in (self._corners[:, 0], self._edge1, self._edge2))
        way, t = directions.T, starts.T - a
        p = _cross(way, edge2)
        det = _dot(edge1, p)
        scale = np.where(np.abs(det) > 1e-18, det, 1.0)
        u = _dot(t, p) / scale
        q = _cross(t, edge1)
        v = _dot(way, q) / scale
        distance = _dot(edge2, q) / scale
        ok = (np.abs(det) > 1e-18) & (u >= -1e-6) & (v >= -1e-6) & (u + v <= 1 + 1e-6) & (distance >= 0)
        return distance, ok


def _cross(a: Floats, b: Floats) -> Floats:
    """Of vectors in columns: rows of three are slow to take apart."""
    return np.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def _dot(a: Floats, b: Floats) -> Floats:
    found: Floats = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return found


def _keys(cells: Ints) -> Ints:
    keys: Ints = (cells[:, 0] * _SPAN + cells[:, 1]) * _SPAN + cells[:, 2]
    return keys
