"""A card as a solid: two printed faces with rounded corners and pressed edges, and the cut between them.

Metres, the card standing on its lower edge at y = 0, its front towards +Z. Every vertex has its normal and tangent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.model import Material, Primitive

Array = NDArray[np.float64]

CORNER_STEPS: Final = 16
"""Segments of a quarter circle: a corner of 3 mm leaves the true one by 0.004 mm."""

EDGE_TILE_MM: Final = 24.0
"""How much of the cut one width of its texture covers, about: whole tiles go once around the card."""

_BEVEL_MM: Final = 0.05  # a die presses the print's rim down by about a hair
_BEVEL_STEPS: Final = 3
_BEVEL_TURN: Final = np.radians(70.0)  # of the outermost normal: the cut beyond is a sharp edge


@dataclass(frozen=True, kw_only=True)
class Solid:
    """The sizes of a card in millimetres."""

    width: float
    height: float
    radius: float
    thickness: float

    @property
    def bevel(self) -> float:
        """Width and depth of the pressed rim."""
        return min(_BEVEL_MM, self.thickness / 5)

    def outline(self, inset: float = 0.0) -> tuple[Array, Array]:
        """The edge, ``inset`` mm inside the trimmed one: points about the middle and outward normals, both
        float64[n, 2], counter-clockwise from the right. Corners without radius have a point for each side.
        """
        half = np.array([self.width, self.height]) / 2
        radius = min(self.radius, float(half.min()))
        steps = CORNER_STEPS if radius > 0 else 1
        points, normals = [], []
        for k, corner in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
            angle = np.radians(90 * k + np.linspace(0, 90, steps + 1))
            outward = np.stack([np.cos(angle), np.sin(angle)], axis=1)
            sharp = np.array(corner) * max(0.0, inset - radius)  # the inset leaves a sharp corner along its diagonal
            points.append((half - radius) * corner - sharp + max(0.0, radius - inset) * outward)
            normals.append(outward)
        return np.concatenate(points), np.concatenate(normals)

    @property
    def around(self) -> float:
        """Length of the edge in millimetres."""
        points, _ = self.outline()
        return float(np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1).sum())


def face(solid: Solid, material: Material, *, side: float) -> Primitive:
    """The front (``side`` 1) or the back (-1) with its rim. Texture coordinates cover the trimmed card; tangents run
    along the picture's rows.
    """
    rings, ring_normals = [], []
    for step in range(_BEVEL_STEPS + 1):
        t = step / _BEVEL_STEPS
        points, outward = solid.outline(solid.bevel * (1 - np.sin(t * np.pi / 2)))
        drop = solid.bevel * (1 - np.cos(t * np.pi / 2))
        rings.append(np.column_stack([points, np.full(len(points), solid.thickness / 2 - drop)]))
        tilt = _BEVEL_TURN * t
        ring_normals.append(np.column_stack([outward * np.sin(tilt), np.full(len(points), np.cos(tilt))]))
    count = len(rings[0])
    positions = np.concatenate([[[0.0, 0.0, solid.thickness / 2]], *rings])
    normals = np.concatenate([[[0.0, 0.0, 1.0]], *ring_normals])
    i = np.arange(count)
    j = (i + 1) % count
    triangles = [np.stack([0 * i, 1 + i, 1 + j], axis=1)]
    for step in range(_BEVEL_STEPS):
        inner, outer = 1 + step * count, 1 + (step + 1) * count
        triangles += [
            np.stack([inner + i, outer + i, outer + j], axis=1),
            np.stack([inner + i, outer + j, inner + j], axis=1),
        ]
    faces = np.concatenate(triangles)
    uv = np.column_stack([0.5 + positions[:, 0] / solid.width, 0.5 - positions[:, 1] / solid.height])
    if side < 0:  # turned about the upright axis, so that the back's picture reads from behind
        positions, normals = positions * (-1, 1, -1), normals * (-1, 1, -1)
    across = np.array([side, 0.0, 0.0])
    tangents = across - normals * (normals @ across)[:, None]
    return _primitive(solid, material, positions, normals, tangents, uv, faces)


def cut(solid: Solid, material: Material) -> Primitive:
    """The cut edge. Its texture runs around the card a whole number of times (u) and from back to front (v, 0 at the
    front).
    """
    points, outward = solid.outline()
    points, outward = (
        np.concatenate([points, points[:1]]),
        np.concatenate([outward, outward[:1]]),
    )  # the texture's seam
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    tiles = max(1, round(solid.around / EDGE_TILE_MM))
    high = solid.thickness / 2 - solid.bevel
    count = len(points)
    i = np.arange(count - 1)
    faces = np.concatenate([np.stack([i, i + 1, i + 1 + count], 1), np.stack([i, i + 1 + count, i + count], 1)])
    positions, uv = [], []
    for z, v in ((-high, 1.0), (high, 0.0)):
        positions.append(np.column_stack([points, np.full(count, z)]))
        uv.append(np.column_stack([run / run[-1] * tiles, np.full(count, v)]))
    normals = np.column_stack([outward, np.zeros(count)])
    tangents = np.column_stack([-outward[:, 1], outward[:, 0], np.zeros(count)])
    return _primitive(
        solid,
        material,
        np.concatenate(positions),
        np.concatenate([normals, normals]),
        np.concatenate([tangents, tangents]),
        np.concatenate(uv),
        faces,
    )


def _primitive(
    solid: Solid,
    material: Material,
    positions: Array,
    normals: Array,
    tangents: Array,
    uv: Array,
    faces: NDArray[np.int64],
) -> Primitive:
    """Millimetres about the middle to the model's arrays; triangles without an area are left out."""
    a, b, c = (positions[faces[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    tangents = tangents / np.linalg.norm(tangents, axis=1, keepdims=True)
    return Primitive(
        positions=np.ascontiguousarray((positions + np.array([0, solid.height / 2, 0])) / 1000, dtype=np.float32),
        normals=np.ascontiguousarray(normals, dtype=np.float32),
        tangents=np.ascontiguousarray(np.column_stack([tangents, np.ones(len(tangents))]), dtype=np.float32),
        uv0=np.ascontiguousarray(uv, dtype=np.float32),
        indices=np.ascontiguousarray(faces[area > 1e-9], dtype=np.uint32),
        material=material,
    )
