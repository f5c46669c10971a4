"""Stand-ins for bodies and clothes: tubes and balls of known sizes."""

from __future__ import annotations

import numpy as np

from assets.model import Material, Mesh, Model, Node, Primitive
from assets.normals import smooth


def tube(
    radius: float, low: float, high: float, *, around: int = 48, along: int = 48, x: float = 0.0, caps: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Points and triangles of an upright tube, outside in front."""
    angle = np.linspace(0, 2 * np.pi, around, endpoint=False)
    height = np.linspace(low, high, along)
    ring = np.stack([radius * np.sin(angle) + x, np.zeros(around), radius * np.cos(angle)], axis=1)
    points = np.concatenate([ring + np.array([0, y, 0]) for y in height])
    i, j = (part.ravel() for part in np.meshgrid(np.arange(around), np.arange(along - 1)))
    a, b = j * around + i, j * around + (i + 1) % around
    triangles = np.concatenate([np.stack([a, b, b + around], 1), np.stack([a, b + around, a + around], 1)])
    if caps:
        bottom, top = len(points), len(points) + 1
        points = np.concatenate([points, [[x, low, 0], [x, high, 0]]])
        k = np.arange(around)
        last = (along - 1) * around
        triangles = np.concatenate(
            [
                triangles,
                np.stack([(k + 1) % around, k, np.full(around, bottom)], 1),
                np.stack([last + k, last + (k + 1) % around, np.full(around, top)], 1),
            ]
        )
    return points.astype(np.float32), triangles.astype(np.uint32)


def model(points: np.ndarray, triangles: np.ndarray, material: Material | None = None, **fields: object) -> Model:
    primitive = Primitive(
        positions=points,
        normals=smooth(points, triangles),
        indices=triangles,
        material=material or Material(),
        **fields,
    )
    return Model(nodes=(Node(matrix=np.eye(4), mesh=0),), roots=(0,), meshes=(Mesh(primitives=(primitive,)),))


def body() -> Model:
    """A closed column, 1.7 m high and 24 cm thick."""
    return model(*tube(0.12, 0.0, 1.7, along=120, caps=True))
