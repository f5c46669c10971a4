"""The last thing that is done to a garment that is made: its panels are pressed flat for what is printed on them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from assets import fitting_flat, fitting_prints
from assets.fitting_ties import weld
from assets.model import Model
from assets.transforms import apply
from assets.trimmings import trimmings


def pressed(model: Model) -> Model:
    """The garment with UVs (metres) that keep the size of its cloth as worn, rather than of the pattern that was
    stretched over the figure: a print on it is neither stretched nor squeezed.
    """
    places = {node.mesh: node.matrix for node in reversed(model.nodes) if node.mesh is not None}
    held = [
        (part, places.get(number, np.eye(4))) for number, mesh in enumerate(model.meshes) for part in mesh.primitives
    ]
    parts = tuple(part for part, _ in held)
    x = np.concatenate([apply(matrix, part.positions) for part, matrix in held])
    starts = np.cumsum([0, *[len(part.positions) for part in parts]])
    triangles = np.concatenate(
        [part.indices.astype(np.int64) + start for part, start in zip(parts, starts[:-1], strict=True)]
    )
    flat = fitting_flat.cut(parts, trimmings(model), weld(x, triangles)[0])
    if not flat.count:
        return model
    uv = iter(np.split(fitting_prints.pressed(flat, x).astype(np.float32), starts[1:-1]))
    meshes = []
    for mesh in model.meshes:
        made = [(part, next(uv)) for part in mesh.primitives]
        meshes.append(
            replace(
                mesh,
                primitives=tuple(part if part.uv0 is None else replace(part, uv0=flat_uv) for part, flat_uv in made),
            )
        )
    return replace(model, meshes=tuple(meshes))
