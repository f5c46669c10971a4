"""A model made smaller: fewer triangles within an error, vertices in the order of their use, textures as WebP."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, Final

import cv2
import meshoptimizer
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from assets import images
from assets.model import Image, Material, Model, Primitive, Texture
from assets.pose import worlds
from assets.scene import Frame
from exporters.combine import with_vertices
from exporters.image import ImageFormat, encode, is_opaque

QUALITY: Final = 80
"""WebP's, of colours and of numbers: what libvips writes unless it is told otherwise."""
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


def lighter_textures(model: Model, *, webp: bool, longest: int | None) -> Model:
    """The model with textures of at most ``longest`` pixels a side; ``webp``: as WebP where that is smaller."""
    made: dict[str, Image] = {}

    def lighter(image: Image) -> Image:
        if image.digest not in made:
            made[image.digest] = _lighter(image, webp=webp, longest=longest)
        return made[image.digest]

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


def _mapped(material: Material, lighter: Callable[[Image], Image]) -> Material:
    changes: dict[str, Any] = {}
    for one in fields(material):
        value = getattr(material, one.name)
        if isinstance(value, Texture):
            changes[one.name] = replace(value, image=lighter(value.image))
        elif one.name == "extension_textures" and isinstance(value, Mapping):
            changes[one.name] = {key: replace(tex, image=lighter(tex.image)) for key, tex in value.items()}
    return replace(material, **changes)


def _webp(pixels: Frame) -> bytes:
    """Without a profile: what a texture's numbers mean is said by the material."""
    out = io.BytesIO()
    held = pixels if not is_opaque(np.ascontiguousarray(pixels)) else pixels[..., :3]
    Picture.fromarray(np.ascontiguousarray(held)).save(out, "WEBP", quality=QUALITY, method=6, alpha_quality=100)
    return out.getvalue()


def _lighter(image: Image, *, webp: bool, longest: int | None) -> Image:
    large = longest is not None and max(image.width, image.height) > longest
    if not large and (not webp or image.mime == "image/webp"):
        return image
    pixels = images.decode(image)
    if large and longest is not None:
        share = longest / max(image.width, image.height)
        size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    kind: ImageFormat = "webp" if webp or image.mime == "image/webp" else "jpeg"
    if kind == "jpeg" and image.mime != "image/jpeg":
        kind = "png"
    data = _webp(pixels) if kind == "webp" else encode(pixels, kind)
    if not large and len(data) >= len(image.data):
        return image
    return replace(
        image,
        data=data,
        mime=f"image/{kind}",
        width=pixels.shape[1],
        height=pixels.shape[0],
        digest=hashlib.sha256(data).hexdigest(),
    )
