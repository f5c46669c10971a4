"""One texture for many materials: base colours of untiled materials packed into an atlas."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assets.images import decode
from assets.model import AlphaMode, Image, Material, Model, Primitive, Sampler, Texture, Wrap
from exporters import image as pictures

LARGEST = 4096
GUTTER = 4
"""Texels repeated around each picture, so that mip levels of neighbours do not bleed into it."""


def pack(model: Model) -> Model:
    """Puts the base colour textures of materials that use nothing else, do not tile and are opaque on one sheet.

    A model with fewer than two of them, or with more than fit on 4096 x 4096, stays as it is.
    """
    users: dict[int, list[Primitive]] = {}
    materials: dict[int, Material] = {}
    for mesh in model.meshes:
        for primitive in mesh.primitives:
            users.setdefault(id(primitive.material), []).append(primitive)
            materials[id(primitive.material)] = primitive.material
    chosen = [key for key, material in materials.items() if _packs(material, users[key])]
    images: dict[str, Image] = {}
    for key in chosen:
        texture = materials[key].base_color_texture
        assert texture is not None
        images[texture.image.digest] = texture.image
    if len(images) < 2:
        return model
    places = _shelves(list(images.values()))
    if places is None:
        return model
    sheet, size = _sheet(images, places)
    texture = Texture(image=sheet, sampler=Sampler(wrap_u=Wrap.CLAMP, wrap_v=Wrap.CLAMP))
    moved: dict[int, Material] = {}
    for key in chosen:
        moved[key] = replace(materials[key], base_color_texture=texture)

    def one(primitive: Primitive) -> Primitive:
        key = id(primitive.material)
        if key not in moved:
            return primitive
        own = materials[key].base_color_texture
        assert own is not None
        assert primitive.uv0 is not None
        x, y = places[own.image.digest]
        scale = np.array([own.image.width, own.image.height]) / size
        uv = primitive.uv0.astype(np.float64) * scale + np.array([x, y]) / size
        return replace(primitive, material=moved[key], uv0=uv.astype(np.float32))

    return replace(
        model,
        meshes=tuple(replace(mesh, primitives=tuple(one(p) for p in mesh.primitives)) for mesh in model.meshes),
    )


def _packs(material: Material, users: list[Primitive]) -> bool:
    texture = material.base_color_texture
    if texture is None or material.alpha_mode is not AlphaMode.OPAQUE or material.extension_textures:
        return False
    others = (
        material.metallic_roughness_texture,
        material.normal_texture,
        material.occlusion_texture,
        material.emissive_texture,
    )
    if any(other is not None for other in others) or texture.uv_set != 0:
        return False
    if (texture.offset, texture.rotation, texture.scale) != ((0.0, 0.0), 0.0, (1.0, 1.0)):
        return False
    if any(p.variants for p in users):
        return False  # their other materials need the texture coordinates as they are
    return all(p.uv0 is not None and len(p.uv0) and p.uv0.min() >= 0.0 and p.uv0.max() <= 1.0 for p in users)


def _shelves(images: list[Image]) -> dict[str, tuple[int, int]] | None:
    """Tallest first onto shelves of a sheet; where each picture begins."""
    places: dict[str, tuple[int, int]] = {}
    x = y = shelf = 0
    for image in sorted(images, key=lambda i: (-i.height, -i.width, i.digest)):
        width, height = image.width + 2 * GUTTER, image.height + 2 * GUTTER
        if x + width > LARGEST:
            x, y, shelf = 0, y + shelf, 0
        if x + width > LARGEST or y + height > LARGEST:
            return None
        places[image.digest] = (x + GUTTER, y + GUTTER)
        x, shelf = x + width, max(shelf, height)
    return places


def _sheet(images: dict[str, Image], places: dict[str, tuple[int, int]]) -> tuple[Image, NDArray[np.float64]]:
    right = max(places[d][0] + i.width for d, i in images.items()) + GUTTER
    bottom = max(places[d][1] + i.height for d, i in images.items()) + GUTTER
    width, height = 1 << (right - 1).bit_length(), 1 << (bottom - 1).bit_length()
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., 3] = 255
    for digest, image in images.items():
        x, y = places[digest]
        padded = np.pad(decode(image), ((GUTTER, GUTTER), (GUTTER, GUTTER), (0, 0)), mode="edge")
        pixels[y - GUTTER : y + image.height + GUTTER, x - GUTTER : x + image.width + GUTTER] = padded
    data = pictures.encode(pixels, "png")
    sheet = Image(
        data=data,
        mime="image/png",
        width=width,
        height=height,
        digest=hashlib.sha256(data).hexdigest(),
        name="atlas",
    )
    return sheet, np.array([width, height], np.float64)
