"""What a model's bytes and triangles go to, and what to reduce when they are too many."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from assets.model import Image, Model
from assets.vertices import arrays_of
from exporters.combine import layers
from exporters.errors import ExportError
from exporters.gltf_materials import textures

WITH_TEXTURES: Final = frozenset({"glb", "gltf", "obj", "fbx", "usdz"})
"""Formats that carry the model's images."""
_PACKING: Final = frozenset({"glb", "gltf"})
_NAMES: Final = {"": "the model", "@avatar": "the avatar"}  # as composing calls it


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Triangles as drawn and bytes of geometry, by layer; the images, each with the layers that wear it."""

    triangles: dict[str, int]
    geometry: dict[str, int]
    images: dict[str, Image]
    wearers: dict[str, set[str]]


def costs(model: Model) -> Costs:
    """What each layer costs; a mesh that stands twice is drawn twice and stored once."""
    triangles: defaultdict[str, int] = defaultdict(int)
    geometry: defaultdict[str, int] = defaultdict(int)
    images: dict[str, Image] = {}
    wearers: defaultdict[str, set[str]] = defaultdict(set)
    stored: set[int] = set()
    for place, layer in sorted(layers(model).items()):
        node, name = model.nodes[place], _NAMES.get(layer, layer)
        if node.mesh is None:
            continue
        for part in model.meshes[node.mesh].primitives:
            triangles[name] += len(part.indices) * node.copies
            if id(part) not in stored:
                stored.add(id(part))
                geometry[name] += part.indices.nbytes + sum(array.nbytes for _, array in arrays_of(part))
            for material in (part.material, *part.variants.values()):
                for texture in textures(material):
                    images[texture.image.digest] = texture.image
                    wearers[texture.image.digest].add(name)
    return Costs(triangles=dict(triangles), geometry=dict(geometry), images=images, wearers=dict(wearers))


def check_triangles(model: Model, most: int) -> None:
    """Raises ExportError ``export.over_budget``, which names the layer that dominates."""
    by_layer = costs(model).triangles
    total = sum(by_layer.values())
    if total <= most:
        return
    name, largest = max(by_layer.items(), key=lambda pair: pair[1])
    raise ExportError(
        "export.over_budget",
        f"the design has {total:,} triangles and {most:,} are allowed; {name} has {largest:,} of them: "
        "reduce that layer, give optimise.simplify_mm or raise optimise.max_triangles",
    )


def check_bytes(model: Model, kind: str, size: int, most: int) -> None:
    """``size`` is what the files of the format ``kind`` take. Raises ExportError ``export.over_budget``, which names
    the texture or the layer's geometry that dominates, with what each takes.
    """
    if size <= most:
        return
    found = costs(model)
    pictures = {d: len(i.data) for d, i in found.images.items()} if kind in WITH_TEXTURES else {}
    shown = min(size, sum(pictures.values()))
    shape = size - shown
    layer, part = max(found.geometry.items(), key=lambda pair: pair[1], default=("the model", 1))
    own = round(shape * part / max(1, sum(found.geometry.values())))
    text = f"the {kind} takes {size:,} bytes and {most:,} are allowed: textures {shown:,}, the rest {shape:,}; "
    largest = max(pictures, key=lambda digest: pictures[digest], default="")
    if largest and pictures[largest] >= own:
        image, wearers = found.images[largest], ", ".join(sorted(found.wearers[largest]))
        name = f" {image.name!r}" if image.name else ""
        text += (
            f"the texture{name} of {wearers} ({image.width} x {image.height}) has {pictures[largest]:,} of them: "
            f"give optimise.max_texture{' or textures' if kind in _PACKING else ''}"
        )
    else:
        packing = " or compression" if kind in _PACKING else ""
        text += f"the shape of {layer} has about {own:,} of them: give optimise.simplify_mm{packing}"
    raise ExportError("export.over_budget", f"{text}, or raise optimise.max_bytes")
