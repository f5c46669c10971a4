"""A hand that rests on a hip is not what the shirt between them lies on."""

from __future__ import annotations

import numpy as np
import pytest

from assets.covering import Inner
from assets.surfaces import Surface, join


def sheet(height: float, facing: float) -> Surface:
    """A level sheet 12 cm wide, a point every centimetre, that looks up or, negative, down."""
    x, z = np.meshgrid(np.arange(13) / 100, np.arange(13) / 100)
    points = np.stack([x.ravel(), np.full(x.size, height), z.ravel()], axis=1)
    a = (np.arange(12)[:, None] * 13 + np.arange(12)).reshape(-1)
    triangles = np.concatenate([np.stack([a, a + 13, a + 1], 1), np.stack([a + 1, a + 13, a + 14], 1)])
    normals = np.tile([0.0, facing, 0.0], (len(points), 1))
    return Surface(
        points=points,
        normals=normals,
        triangles=triangles if facing > 0 else triangles[:, ::-1],
        opaque=np.ones(len(triangles), dtype=bool),
    )


@pytest.mark.parametrize("palm", [0.018, 0.026, 0.040])
def test_rays_through_a_shirt_leave_the_hip_and_not_the_palm_over_it(palm: float) -> None:
    shirt = sheet(0.014, 1.0)
    inner = Inner(shirt, body=join([sheet(0.0, 1.0), sheet(palm, -1.0)]))
    depth = inner.depth(np.arange(len(shirt.points)))
    assert (inner.normals[:, 1] > 0.95).all()
    assert (depth > 0.014).all()


def test_a_shirt_s_inside_that_touches_one_side_only_still_has_rays_that_leave_it() -> None:
    """A hem's inside looks at the skin: where there is no other side, what it looks at decides nothing."""
    inside = sheet(0.006, -1.0)
    inner = Inner(inside, body=sheet(0.0, 1.0))
    inner.depth(np.arange(len(inside.points)))
    assert (inner.normals[:, 1] > 0.95).all()
