"""Which materials of a garment are its cloth, to be dyed or cut from another fabric, and which are trimmings."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets import srgb
from assets.model import Material, Model, Primitive

_SMALL: Final = (
    "button",
    "buckle",
    "cord",
    "eyelet",
    "label",
    "lace",
    "rivet",
    "snap",
    "sole",
    "stud",
    "toggle",
    "zip",
)
HARDWARE: Final = frozenset({*_SMALL, *(f"{name}s" for name in _SMALL), "brass", "hardware", "metal", "zipper"})
"""Words in the names of materials that stay what they are, whatever the cloth becomes."""
_TONE: Final = 0.2
"""How far apart, in any sRGB channel of 0 to 1, a seam or a rib may be from the cloth and still be in its tone:
thread dyed to match differs by about a tenth, orange thread on denim by more than half."""
_WORD: Final = re.compile(r"[a-z]+")


def trimmings(model: Model) -> frozenset[int]:
    """The ``id()`` of every material that is kept: hardware by its name, and what contrasts with the cloth by design.

    The cloth is the material with most of the surface, and is never a trimming.
    """
    areas: dict[int, float] = {}
    materials: dict[int, Material] = {}
    for mesh in model.meshes:
        for part in mesh.primitives:
            materials[id(part.material)] = part.material
            areas[id(part.material)] = areas.get(id(part.material), 0.0) + _area(part)
    if len(materials) < 2:
        return frozenset()
    main = materials[max(areas, key=lambda key: areas[key])]
    return frozenset(key for key, one in materials.items() if one is not main and _stays(one, main))


def _stays(one: Material, cloth: Material) -> bool:
    if HARDWARE & set(_WORD.findall(one.name.lower())):
        return True
    return bool(np.abs(_coded(one) - _coded(cloth)).max() > _TONE)


def _coded(material: Material) -> NDArray[np.float64]:
    """The base colour in sRGB, where equal steps look alike."""
    return srgb.codes(np.array(material.base_color[:3], dtype=np.float64))


def _area(part: Primitive) -> float:
    a, b, c = (part.positions[part.indices[:, corner]].astype(np.float64) for corner in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)
