"""EXT_mesh_gpu_instancing of a glTF: one mesh in many places."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.errors import ModelError
from assets.gltf_accessors import Accessors
from assets.gltf_json import Document, Item
from assets.transforms import compose_trs

INSTANCING: Final = "EXT_mesh_gpu_instancing"
_FARTHEST: Final = 1e9
_DEFAULTS: Final = {
    "TRANSLATION": ("VEC3", (0.0, 0.0, 0.0)),
    "ROTATION": ("VEC4", (0.0, 0.0, 0.0, 1.0)),
    "SCALE": ("VEC3", (1.0, 1.0, 1.0)),
}


def read_instances(document: Document, accessors: Accessors, item: Item) -> NDArray[np.float64] | None:
    """Where a node's mesh stands, relative to the node: float64[k, 4, 4]; None where the node is not instanced.

    Raises ModelError ``model.instancing`` for attributes that do not fit each other, ``model.not_finite``, and
    ``model.too_many`` once the file's instances are more than its limit.
    """
    extension = item.extension(INSTANCING)
    if extension is None:
        return None
    attributes = extension.item("attributes") or Item({}, extension.path)
    found: dict[str, int] = {}
    for name in attributes.value:
        index = attributes.index(name, len(accessors), "accessors")
        if index is not None and name in _DEFAULTS:
            found[name] = index
        elif index is not None:
            document.warn(f"the instance attribute {name[:40]} is not read")
    if not found:
        return None
    layouts = [accessors.layout(index) for index in found.values()]
    count = layouts[0].count
    if any(
        layout.count != count or layout.kind != _DEFAULTS[name][0]
        for name, layout in zip(found, layouts, strict=True)
    ):
        raise extension.fail("attributes", "of the same count, and of VEC3, VEC4 and VEC3", "model.instancing")
    document.place(count)
    document.take(count * 256)
    parts = {}
    for name, (_, default) in _DEFAULTS.items():
        values = accessors.floats(found[name]).astype(np.float64) if name in found else np.tile(default, (count, 1))
        if not (np.abs(values) <= _FARTHEST).all():
            raise ModelError(
                f"{extension.path} has a {name} that is not a finite number below 1e9; export the model again",
                code="model.not_finite",
                path=extension.path,
            )
        parts[name] = values
    rows = zip(parts["TRANSLATION"], parts["ROTATION"], parts["SCALE"], strict=True)
    return np.stack([compose_trs(*row) for row in rows])
