"""Extents of dense meshes."""

from __future__ import annotations

import numpy as np
import trimesh

from assets.model import Material
from renderers.stage import _hull
from tests.renderers.conftest import primitive


def test_the_few_points_of_a_dense_mesh_reach_as_far_as_all_of_them():
    mesh = trimesh.creation.icosphere(5)
    mesh.apply_transform(np.diag([0.2, 1.0, 0.1, 1.0]))
    mesh.apply_transform(trimesh.transformations.rotation_matrix(0.5, [1, 1, 0]))
    dense = primitive(mesh, Material())
    few, points = _hull(dense), dense.positions.astype(np.float64)
    assert len(few) < 400 < len(points)
    assert (np.ptp(few, axis=0) < np.ptp(points, axis=0) + 0.04).all()  # and hardly further
    directions = np.random.default_rng(0).normal(size=(500, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    missed = (points @ directions.T).max(axis=0) - (few @ directions.T).max(axis=0)
    assert missed.max() <= 1e-3
