"""Which of a file's UV sets a material uses: a model has two, a file may have eight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Final

from assets.gltf_json import Document
from assets.model import Material, Texture

UV_SETS: Final = 8
"""Sets that a file may have; textures of later ones use the first."""

Sources = tuple[int, int]
"""The file's sets that become ``uv0`` and ``uv1``."""


def two_sets(document: Document, material: Material, path: str) -> tuple[Material, Sources]:
    """The material with its textures on sets 0 and 1, and the file's sets that these are.

    A set that is 0 or 1 already stays. Of more than two, those after the second are drawn with the first.
    """
    textures = _textures(material)
    used = sorted({texture.uv_set for texture in textures.values()})
    if not used or used[-1] < 2:
        return material, (0, 1)
    if len(used) > 2:
        document.warn(f"{path} uses {len(used)} UV sets; two are read, so the others are drawn with set {used[0]}")
    free = [slot for slot in (0, 1) if slot not in used[:2]]
    places = {told: told if told < 2 else free.pop(0) for told in used[:2]}
    sources = {slot: told for told, slot in places.items()}
    moved: dict[str, Any] = {
        name: replace(texture, uv_set=places.get(texture.uv_set, places[used[0]]))
        for name, texture in textures.items()
    }
    extension = {name: moved.pop(name) for name in material.extension_textures}
    return replace(material, extension_textures=extension, **moved), (sources.get(0, 0), sources.get(1, 1))


def _textures(material: Material) -> Mapping[str, Texture]:
    """A material's textures by field, and those of its extensions by path."""
    own = {field.name: getattr(material, field.name) for field in fields(material)}
    return {name: value for name, value in own.items() if isinstance(value, Texture)} | dict(
        material.extension_textures
    )
