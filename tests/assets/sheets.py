"""Level cloth for tests of what is worn over what."""

from __future__ import annotations

import numpy as np

from assets.surfaces import Surface


def sheet(height: float, *, middle: float = 0.15, side: float = 0.3) -> Surface:
    """A level square that looks up, a point every 5 mm, around ``middle`` in x and z."""
    count = round(side / 0.005) + 1
    along = np.linspace(-side / 2, side / 2, count) + middle
    x, z = np.meshgrid(along, along)
    a = (np.arange(count - 1)[:, None] * count + np.arange(count - 1)).reshape(-1)
    triangles = np.concatenate([np.stack([a, a + count, a + 1], 1), np.stack([a + 1, a + count, a + count + 1], 1)])
    points = np.stack([x.ravel(), np.full(x.size, height), z.ravel()], axis=1)
    return Surface(
        points=points,
        normals=np.tile([0.0, 1.0, 0.0], (len(points), 1)),
        triangles=triangles,
        opaque=np.ones(len(triangles), dtype=bool),
    )
