"""What nothing here reads: unknown extensions, which travel as they came with whatever carries them.

An extension may point into its file by number (a node's, an accessor's, a texture's). Those numbers mean
something else in every file that is written afterwards, so such an extension is left out of the whole model,
once and with a warning, rather than carried as a lie. Numbers that point into the extension's own list at the
root (as KHR_lights_punctual does) stay true and travel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from assets.gltf_json import Document, Item

_READ: Final = frozenset(
    {
        "EXT_mesh_gpu_instancing",
        "EXT_meshopt_compression",
        "EXT_texture_avif",
        "EXT_texture_webp",
        "KHR_draco_mesh_compression",
        "KHR_lights_punctual",
        "KHR_materials_variants",
        "KHR_mesh_quantization",
        "KHR_meshopt_compression",
        "KHR_node_visibility",
        "KHR_texture_basisu",
        "KHR_texture_transform",
    }
)
"""Extensions that become part of the model outside of materials, and are written anew by the exporters."""

_POINTS: Final = frozenset(
    {
        *("accessor", "accessors", "animation", "animations", "attribute", "buffer", "bufferView", "camera", "ids"),
        *("image", "images", "index", "joint", "joints", "material", "materials", "mesh", "meshes", "node", "nodes"),
        *("primitive", "primitives", "propertyTable", "sampler", "samplers", "scene", "skin", "source", "texture"),
        *("textures",),
    }
)
"""Keys that hold numbers of things in the file, by the habits of the published extensions."""

_POINTERS: Final = ("/animations/", "/cameras/", "/materials/", "/meshes/", "/nodes/", "/scenes/", "/skins/")
"""How JSON pointers begin that name things in the file (KHR_animation_pointer and others)."""

_CARRIERS: Final = ("nodes", "meshes", "skins", "animations", "cameras")


class Passthrough:
    """Which unknown extensions of one document can travel."""

    def __init__(self, document: Document) -> None:
        stale: set[str] = set()
        for item in _carriers(document.root):
            value = item.get("extensions")
            if not isinstance(value, dict):
                continue  # whoever reads the item says so
            stale |= {name for name, part in value.items() if name not in _READ and _points(part)}
        for name in sorted(stale):
            document.warn(f"{name[:100]} points into its file by number, so it is left out")
        self._stale = stale

    def of(self, item: Item) -> dict[str, Any]:
        """The unknown extensions of an item, by name, as their JSON."""
        extensions = item.item("extensions")
        if extensions is None:
            return {}
        return {
            name: value
            for name, value in extensions.value.items()
            if name not in _READ and name not in self._stale and isinstance(value, dict)
        }


def _carriers(root: Item) -> Iterator[Mapping[str, Any]]:
    yield root.value
    for value in (root.value.get("asset"), *_listed(root.value, "scenes")):
        if isinstance(value, dict):
            yield value
    for key in _CARRIERS:
        for value in _listed(root.value, key):
            if not isinstance(value, dict):
                continue
            yield value
            if key == "meshes":
                yield from (part for part in _listed(value, "primitives") if isinstance(part, dict))


def _listed(value: Mapping[str, Any], key: str) -> Iterable[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else ()


def _points(value: Any) -> bool:
    """Whether a JSON value holds a number of something in its file. Its depth is bounded by the parser."""
    if isinstance(value, str):
        return value.startswith(_POINTERS)
    if isinstance(value, dict):
        return any((key in _POINTS and _numbers(part)) or _points(part) for key, part in value.items())
    return isinstance(value, list) and any(_points(part) for part in value)


def stale(name: str, value: Any) -> bool:
    """Whether a material's extension points into its file by other means than the textures that are read with it
    (objects called "…Texture" with an index, which the exporters number anew).
    """
    if name.startswith("KHR_materials_") or not isinstance(value, dict):
        return False
    rest = {
        key: part
        for key, part in value.items()
        if not (key.endswith("Texture") and isinstance(part, dict) and "index" in part)
    }
    return _points(rest)


def _numbers(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(type(one) is int for one in value)
    return type(value) is int
