"""One sheet for many materials: the textures of untiled materials packed side by side, alike in every slot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assets import images
from assets.images import decode
from assets.model import AlphaMode, Material, Model, Primitive, Sampler, Texture, Wrap
from exporters import image as pictures
from exporters import resampling
from exporters.gltf_materials import COLOURS

LARGEST: Final = 4096
GUTTER: Final = 4
"""Texels repeated around each picture, so that mip levels of neighbours do not bleed into it."""
_SLOTS: Final = (
    "base_color_texture",
    "metallic_roughness_texture",
    "normal_texture",
    "occlusion_texture",
    "emissive_texture",
)
_QUALITY: Final = 95  # of JPEG made from JPEG
_BARELY: Final = (1.0, 0.996, 0.99, 0.98)  # four pictures of 2048 with their gutters are a bit more than 4096

Key = tuple[str, ...]
"""The digests of a material's images, slot by slot: what lies at one place of the sheets."""


def pack(model: Model, *, most: int | None = None) -> Model:
    """Puts the textures of opaque materials that do not tile on one sheet a slot, with the same places on each.

    A model with fewer than two such sets of images, or with more than fit on 4096 x 4096, stays as it is; where
    ``most`` pixels a side are named, the pictures are made as much smaller as they must be.
    """
    users: dict[int, list[Primitive]] = {}
    materials: dict[int, Material] = {}
    for mesh in model.meshes:
        for primitive in mesh.primitives:
            users.setdefault(id(primitive.material), []).append(primitive)
            materials[id(primitive.material)] = primitive.material
    chosen = {key: _key(material) for key, material in materials.items() if _packs(material, users[key])}
    sizes = {_key(materials[key]): _size(materials[key]) for key in chosen}
    placed = _placed(sizes, most) if len(sizes) > 1 else None
    if placed is None:
        return model
    share, places, side = placed
    sets = {own: materials[key] for key, own in chosen.items()}
    sheets = {slot: _sheet(slot, sets, sizes, places, side, share) for slot in _SLOTS}
    moved: dict[int, Material] = {}
    for key in chosen:
        worn: dict[str, Any] = {slot: sheets[slot] for slot in _SLOTS if getattr(materials[key], slot) is not None}
        moved[key] = replace(materials[key], **worn)

    def one(primitive: Primitive) -> Primitive:
        key = id(primitive.material)
        if key not in moved:
            return primitive
        assert primitive.uv0 is not None
        own = chosen[key]
        scale = np.array(_scaled(sizes[own], share)) / side
        uv = primitive.uv0.astype(np.float64) * scale + np.array(places[own]) / side
        return replace(primitive, material=moved[key], uv0=uv.astype(np.float32))

    meshes = (replace(mesh, primitives=tuple(one(p) for p in mesh.primitives)) for mesh in model.meshes)
    return replace(model, meshes=tuple(meshes))


def _key(material: Material) -> Key:
    found = (getattr(material, slot) for slot in _SLOTS)
    return tuple("" if texture is None else texture.image.digest for texture in found)


def _size(material: Material) -> tuple[int, int]:
    """Width and height that no texture of the material is larger than."""
    found = [texture.image for slot in _SLOTS if (texture := getattr(material, slot)) is not None]
    return max(image.width for image in found), max(image.height for image in found)


def _packs(material: Material, users: list[Primitive]) -> bool:
    own: list[Texture] = [texture for slot in _SLOTS if (texture := getattr(material, slot)) is not None]
    if not own or material.alpha_mode is not AlphaMode.OPAQUE or material.extension_textures:
        return False
    if any(texture.uv_set or texture.sampler.nearest or texture.extensions or texture.extras for texture in own):
        return False
    if any((t.offset, t.rotation, t.scale) != ((0.0, 0.0), 0.0, (1.0, 1.0)) for t in own):
        return False
    if any(p.variants for p in users):
        return False  # their other materials need the texture coordinates as they are
    return all(p.uv0 is not None and len(p.uv0) and p.uv0.min() >= 0.0 and p.uv0.max() <= 1.0 for p in users)


def _scaled(size: tuple[int, int], share: float) -> tuple[int, int]:
    return max(1, int(size[0] * share)), max(1, int(size[1] * share))


def _placed(
    sizes: dict[Key, tuple[int, int]], most: int | None
) -> tuple[float, dict[Key, tuple[int, int]], NDArray[np.float64]] | None:
    """The share that pictures keep of their size, where each begins, and the sheets' width and height."""
    shares = list(_BARELY)
    while most is not None and shares[-1] * max(map(max, sizes.values())) > 1:
        shares.append(shares[-1] * 0.9)
    for share in shares:
        scaled = {key: _scaled(size, share) for key, size in sizes.items()}
        places = _shelves(scaled, LARGEST if most is None else min(most, LARGEST))
        if places is not None:
            right = max(places[key][0] + size[0] for key, size in scaled.items()) + GUTTER
            bottom = max(places[key][1] + size[1] for key, size in scaled.items()) + GUTTER
            side = [1 << (end - 1).bit_length() if most is None else end for end in (right, bottom)]
            return share, places, np.array(side, np.float64)
    return None


def _shelves(sizes: dict[Key, tuple[int, int]], largest: int) -> dict[Key, tuple[int, int]] | None:
    """Tallest first onto shelves of a sheet; where each picture begins."""
    places: dict[Key, tuple[int, int]] = {}
    x = y = shelf = 0
    for key, size in sorted(sizes.items(), key=lambda pair: (-pair[1][1], -pair[1][0], pair[0])):
        width, height = size[0] + 2 * GUTTER, size[1] + 2 * GUTTER
        if x + width > largest:
            x, y, shelf = 0, y + shelf, 0
        if x + width > largest or y + height > largest:
            return None
        places[key] = (x + GUTTER, y + GUTTER)
        x, shelf = x + width, max(shelf, height)
    return places


def _sheet(
    slot: str,
    sets: dict[Key, Material],
    sizes: dict[Key, tuple[int, int]],
    places: dict[Key, tuple[int, int]],
    side: NDArray[np.float64],
    share: float,
) -> Texture | None:
    """The texture that takes the place of all in this slot; JPEG where all of them are, else PNG."""
    width, height = (int(length) for length in side)
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., 3] = 255
    mimes: set[str] = set()
    for key, material in sets.items():
        texture: Texture | None = getattr(material, slot)
        if texture is None:
            continue
        mimes.add(texture.image.mime)
        wide, high = _scaled(sizes[key], share)
        shown = resampling.resized(decode(texture.image), wide, high, colour=slot in COLOURS)
        x, y = places[key]
        padded = np.pad(shown, ((GUTTER, GUTTER), (GUTTER, GUTTER), (0, 0)), mode="edge")
        pixels[y - GUTTER : y + high + GUTTER, x - GUTTER : x + wide + GUTTER] = padded
    if not mimes:
        return None
    pixels[..., 3] = 255  # the materials are opaque, whatever their textures say
    data = pictures.encode(pixels, "jpeg" if mimes == {"image/jpeg"} else "png", quality=_QUALITY)
    name = "atlas " + slot.removesuffix("_texture").replace("_", " ")
    clamped = Sampler(wrap_u=Wrap.CLAMP, wrap_v=Wrap.CLAMP)
    return Texture(image=images.probe(data, name=name), sampler=clamped)
