"""A mannequin's skin to fit cloth to: where it is, which way it looks, and how far from it a point is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets import stance
from assets.model import Model, Primitive
from assets.transforms import Matrix

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_NEAR: Final = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Skin:
    """``points`` and ``normals`` float64[n, 3] of one pose."""

    points: Array
    normals: Array

    @cached_property
    def tree(self) -> cKDTree:
        """Of the points."""
        return cKDTree(self.points)

    @cached_property
    def _planes(self) -> Array:
        """The normals, and how far along them from the origin the points lie: float64[n, 4]."""
        return np.column_stack([self.normals, np.einsum("ni,ni->n", self.normals, self.points)])

    def over(self, at: Array) -> tuple[Array, Array]:
        """Heights over the skin, float64[k] (negative under it), and the ways out, unit float64[k, 3]: the planes of
        the nearest points, the nearer the more (as in implicit moving least squares; Kolluri, "Provably good moving
        least squares", 2005).
        """
        far, near = self.tree.query(at, k=_NEAR)
        total, plane = np.zeros(len(at)), np.zeros((len(at), 4))
        for number in range(_NEAR):
            share = 1 / (far[:, number] * far[:, number] + 1e-6)
            plane += share[:, None] * self._planes[near[:, number]]
            total += share
        plane /= total[:, None]
        x, y, z, along = plane.T
        length = np.maximum(np.sqrt(x * x + y * y + z * z), 1e-12)
        return x * at[:, 0] + y * at[:, 1] + z * at[:, 2] - along, plane[:, :3] / length[:, None]


def skin(body: Model, joints: Matrix | None = None) -> Skin:
    """The skin where its joints take it (float64[joints, 4, 4]); without them as it was made."""
    part = stance.skin_of(body)
    points = part.positions.astype(np.float64) if joints is None else stance.skinned(part, joints)
    return Skin(points=points, normals=_normals(points, part))


def _normals(points: Array, part: Primitive) -> Array:
    """Of the faces about each point, those across a seam of the UVs too."""
    corner = points[part.indices]
    faces = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    # Points of one place are one: those of the body at rest are exactly equal across a seam.
    keys = part.positions.astype(np.float64) @ np.array([1.0, 1.234567e3, 1.7654321e6])
    _, place = np.unique(keys, return_inverse=True)
    at = place[part.indices].ravel()
    total = np.stack([np.bincount(at, np.repeat(faces[:, axis], 3)) for axis in range(3)], axis=1)
    found: Array = (total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-20))[place]
    return found


def shares(body: Model) -> NDArray[np.float32]:
    """How much of each joint moves each point of the skin, float32[n, joints]."""
    part = stance.skin_of(body)
    assert part.joints is not None
    assert part.weights is not None
    found = np.zeros((len(part.positions), len(body.skins[0].joints)), np.float32)
    rows = np.arange(len(found))
    for number in range(part.joints.shape[1]):
        found[rows, part.joints[:, number]] += part.weights[:, number]
    return found
