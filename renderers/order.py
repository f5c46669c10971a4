"""An order of draws that depends on what they are, not on when they were submitted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np

from assets.model import Image, Material
from assets.scene import Draw
from renderers import meshes

_UNSEEN: Final = frozenset({"name", "extras", "extensions", "extension_textures"})
_materials: WeakKeyDictionary[Material, bytes] = WeakKeyDictionary()


def content(draw: Draw) -> bytes:
    """A key by geometry, place, layer and material: draws of equal keys cannot be told apart in a picture."""
    matrix = np.ascontiguousarray(draw.matrix, np.float64).tobytes()
    layer = f"{draw.layer}:{draw.opacity}:{draw.blend}:{draw.effects}".encode()
    return meshes.digest(draw.primitive) + material(draw.primitive.material) + matrix + layer


def material(given: Material) -> bytes:
    """A name for how a material looks. Hashed once an object."""
    known = _materials.get(given)
    if known is None:
        known = _materials[given] = hashlib.blake2b(_text(given).encode(), digest_size=20).digest()
    return known


def layers(draws: Sequence[Draw]) -> tuple[str, ...]:
    """The layers of draws, the lowest first; what is in no layer lies under them all."""
    return tuple(sorted(dict.fromkeys(draw.layer for draw in draws), key=bool))


def ranks(draws: Sequence[Draw]) -> list[int]:
    """One number from 1 for each draw. Where two lie in one plane the higher is nearer: that of the later layer,
    which is worn over the earlier one, and within a layer by content.
    """
    place = {layer: i for i, layer in enumerate(layers(draws))}
    keys = [(place[draw.layer], content(draw)) for draw in draws]
    number = {key: i for i, key in enumerate(sorted(set(keys)), start=1)}
    return [number[key] for key in keys]


def _text(value: Any) -> str:
    if isinstance(value, Image):
        return value.digest
    if is_dataclass(value) and not isinstance(value, type):
        parts = (f"{f.name}={_text(getattr(value, f.name))}" for f in fields(value) if f.name not in _UNSEEN)
        return f"{type(value).__name__}({','.join(parts)})"
    if isinstance(value, tuple | list):
        return f"[{','.join(_text(v) for v in value)}]"
    return str(value.value) if isinstance(value, Enum) else repr(value)
