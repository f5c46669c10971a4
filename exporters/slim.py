"""A model made smaller: fewer triangles within an error, vertices in the order of their use, lighter textures."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, Final, Protocol

import meshoptimizer
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from assets import images
from assets.model import Image, Material, Model, Primitive, Texture
from assets.pose import worlds
from assets.scene import Frame
from assets.vertices import with_vertices
from exporters import ktx2, resampling
from exporters.gltf_materials import COLOURS, TextureKind
from exporters.image import ImageFormat, encode, is_opaque

QUALITY: Final = 80
"""WebP's, of colours and of numbers: what libvips writes unless it is told otherwise."""
_COLOUR: Final = ("ColorTexture", "/diffuseTexture", "/specularGlossinessTexture")
"""Textures of extensions whose numbers are sRGB."""
_FEW: Final = 12  # triangles that nobody would miss: buttons' sides, eyelets

Index = NDArray[np.uint32]


def simplified(model: Model, error: float) -> Model:
    """Triangles left out as long as no surface moves by more than ``error`` metres; open edges stay where they are.

    The vertices that stay are the model's own, with their UVs, weights and morph targets (Garland and Heckbert's
    quadrics, as meshoptimizer has them).
    """
    scale = dict.fromkeys(range(len(model.meshes)), 0.0)
    for place, matrix in worlds(model).items():
        used_mesh = model.nodes[place].mesh
        if used_mesh is not None:
            scale[used_mesh] = max(scale[used_mesh], float(np.linalg.norm(matrix[:3, :3], axis=0).max()))
    meshes = []
    for number, mesh in enumerate(model.meshes):
        allowed = error / scale[number] if scale[number] > 0 else 0.0
        meshes.append(replace(mesh, primitives=tuple(_simpler(p, allowed) for p in mesh.primitives)))
    return replace(model, meshes=tuple(meshes))


def _simpler(primitive: Primitive, error: float) -> Primitive:
    corners = primitive.indices.reshape(-1)
    if error <= 0 or len(primitive.indices) <= _FEW:
        return primitive
    kept = np.empty_like(corners)
    count = meshoptimizer.simplify(
        kept,
        np.ascontiguousarray(corners),
        np.ascontiguousarray(primitive.positions),
        target_index_count=3,
        target_error=error,
        options=meshoptimizer.SIMPLIFY_LOCK_BORDER | meshoptimizer.SIMPLIFY_ERROR_ABSOLUTE,
    )
    return used(replace(primitive, indices=kept[:count].reshape(-1, 3).copy())) if count else primitive


def ordered(model: Model) -> Model:
    """Triangles near each other in space near each other in the file, vertices as they are first used: compresses and
    draws better, and looks the same.
    """
    return replace(
        model,
        meshes=tuple(
            replace(mesh, primitives=tuple(_ordered(primitive) for primitive in mesh.primitives))
            for mesh in model.meshes
        ),
    )


def _ordered(primitive: Primitive) -> Primitive:
    corners = np.ascontiguousarray(primitive.indices.reshape(-1))
    if not len(corners):
        return primitive
    better = np.empty_like(corners)
    meshoptimizer.optimize_vertex_cache(better, corners, len(corners), len(primitive.positions))
    return used(replace(primitive, indices=better.reshape(-1, 3)))


def used(primitive: Primitive) -> Primitive:
    """The primitive with the vertices that its triangles use, in the order in which they use them."""
    corners = primitive.indices.reshape(-1)
    names, first, place = np.unique(corners, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    keep = names[order]
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return with_vertices(primitive, keep.astype(np.intp), rank[place].reshape(-1, 3).astype(np.uint32))


def lighter_textures(
    model: Model, *, kind: TextureKind, longest: int | None, check: Callable[[], None] = lambda: None
) -> Model:
    """The model with textures of at most ``longest`` pixels a side; ``kind`` "webp": as WebP where that is smaller,
    "ktx2": as KTX 2, told which of them are colours. ``check`` is called between pictures, and in large ones.
    """
    made: dict[tuple[str, bool], Image] = {}

    def lighter(image: Image, *, colour: bool) -> Image:
        key = (image.digest, colour)
        if key not in made:
            check()
            made[key] = _lighter(image, kind=kind, longest=longest, colour=colour, check=check)
        return made[key]

    changed: dict[int, Material] = {}

    def dressed(material: Material) -> Material:
        if id(material) not in changed:
            changed[id(material)] = _mapped(material, lighter)
        return changed[id(material)]

    meshes = []
    for mesh in model.meshes:
        parts = [
            replace(
                part,
                material=dressed(part.material),
                variants={place: dressed(material) for place, material in part.variants.items()},
            )
            for part in mesh.primitives
        ]
        loose = [one if one.material is None else replace(one, material=dressed(one.material)) for one in mesh.loose]
        meshes.append(replace(mesh, primitives=tuple(parts), loose=tuple(loose)))
    return replace(model, meshes=tuple(meshes))


class _Lighter(Protocol):
    def __call__(self, image: Image, *, colour: bool) -> Image: ...


def _mapped(material: Material, lighter: _Lighter) -> Material:
    def one(texture: Texture, name: str) -> Texture:
        return replace(texture, image=lighter(texture.image, colour=name in COLOURS or name.endswith(_COLOUR)))

    changes: dict[str, Any] = {}
    for field in fields(material):
        value = getattr(material, field.name)
        if isinstance(value, Texture):
            changes[field.name] = one(value, field.name)
        elif field.name == "extension_textures":
            changes[field.name] = {path: one(texture, path) for path, texture in value.items()}
    return replace(material, **changes)


def _webp(pixels: Frame) -> bytes:
    """Without a profile: what a texture's numbers mean is said by the material."""
    out = io.BytesIO()
    held = pixels if not is_opaque(np.ascontiguousarray(pixels)) else pixels[..., :3]
    Picture.fromarray(np.ascontiguousarray(held)).save(out, "WEBP", quality=QUALITY, method=6, alpha_quality=100)
    return out.getvalue()


def _lighter(
    image: Image, *, kind: TextureKind, longest: int | None, colour: bool, check: Callable[[], None]
) -> Image:
    large = longest is not None and max(image.width, image.height) > longest
    if not large and (kind == "keep" or image.mime == f"image/{kind}"):
        return image
    pixels = images.decode(image)
    if large and longest is not None:
        share = longest / max(image.width, image.height)
        width, height = (max(1, round(side * share)) for side in (image.width, image.height))
        pixels = resampling.resized(pixels, width, height, colour=colour)
    if kind == "ktx2":
        return _stored(image, ktx2.write(pixels, colour=colour, check=check), "image/ktx2")
    plain: ImageFormat = "webp" if kind == "webp" or image.mime == "image/webp" else "jpeg"
    if plain == "jpeg" and image.mime != "image/jpeg":
        plain = "png"
    data = _webp(pixels) if plain == "webp" else encode(pixels, plain)
    return _stored(image, data, f"image/{plain}") if large or len(data) < len(image.data) else image


def _stored(image: Image, data: bytes, mime: str) -> Image:
    """The image in other bytes, whose size their header says."""
    return images.probe(data, name=image.name, kinds=frozenset({mime}))
