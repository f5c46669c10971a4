"""What must hold of every draped garment, as figures."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import numpy as np
from numpy.typing import NDArray

from assets.generators.drape_body import Body
from assets.generators.pattern import Sewn
from assets.generators.sewn_fine import edges
from assets.model import Model, Primitive

Array = NDArray[np.float64]


def parts(model: Model) -> tuple[Primitive, ...]:
    """Every primitive of the model."""
    return tuple(part for mesh in model.meshes for part in mesh.primitives)


def deepest(model: Model, body: Body) -> float:
    """How far the lowest point of the garment is under the skin, metres: 0 where it touches nothing."""
    lowest = min(float(body(part.positions.astype(np.float64))[0].min()) for part in parts(model))
    return max(0.0, -lowest)


def true_to_size(part: Primitive, uv_metres: float, low: float = 0.8, high: float = 1.25) -> float:
    """The share of the area on which a print is neither stretched nor squeezed beyond ``low`` and ``high`` in any
    direction: both singular values of the map from the flat cloth (UVs in metres) to the draped one.
    """
    assert part.uv0 is not None
    solid = part.positions[part.indices].astype(np.float64)
    flat = part.uv0[part.indices].astype(np.float64) * uv_metres
    along, across = solid[:, 1] - solid[:, 0], solid[:, 2] - solid[:, 0]
    area = np.linalg.norm(np.cross(along, across), axis=1) / 2
    (a, b), (c, d) = (flat[:, 1] - flat[:, 0]).T, (flat[:, 2] - flat[:, 0]).T
    spread = a * d - b * c
    real = np.abs(spread) > 1e-10
    inverse = np.stack([d, -b, -c, a], axis=1)[real].reshape(-1, 2, 2) / spread[real, None, None]
    jacobian = np.einsum("tij,tjk->tik", inverse, np.stack([along, across], axis=1)[real])
    stretch = np.linalg.svd(jacobian, compute_uv=False)
    good = (stretch[:, 1] > low) & (stretch[:, 0] < high)
    return float(area[real][good].sum() / area.sum())


def turned(part: Primitive) -> float:
    """The share of the area whose normals look away from its face."""
    corner = part.positions[part.indices].astype(np.float64)
    face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    area = np.linalg.norm(face, axis=1)
    away = np.einsum("ij,ij->i", face, part.normals[part.indices].sum(axis=1)) < 0
    return float(area[away].sum() / area.sum())


def unsewn(sewn: Sewn, hems: AbstractSet[str] = frozenset({"hem", "rim"})) -> int:
    """How many edges of the sewn cloth have a triangle on one side only and are not of a hem."""
    known, _, uses = edges(sewn.triangles())
    open_ones = {tuple(pair) for pair in known[uses == 1].tolist()}
    for p in sewn.panels:
        for name in hems & p.edges.keys():
            line = sewn.particle[p.name][p.edges[name]]
            pairs = np.sort(np.stack([line[:-1], line[1:]], axis=1), axis=1)
            open_ones -= {tuple(pair) for pair in pairs.tolist()}
    return len(open_ones)
