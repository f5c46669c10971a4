"""A holographic card as a model: what a viewer of glTF needs to show it, and nothing that only we understand."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from scipy.ndimage import gaussian_filter

from assets.card_scene import CardMap, CardScene
from assets.card_solid import Solid, cut, face
from assets.card_surface import Surface, printed, surface
from assets.errors import CardError
from assets.images import probe
from assets.model import Material, Mesh, Model, Node, Primitive, Sampler, Texture, Wrap

MAX_HEIGHT: Final = 2048
"""Pixels of a texture's height at most; at least :data:`MIN_HEIGHT`."""

MIN_HEIGHT: Final = 64

_COAT: Final = "KHR_materials_clearcoat"
_FILM: Final = "KHR_materials_iridescence"
_GRAIN: Final = "KHR_materials_anisotropy"
_STRETCH: Final = 0.55  # of a grating's lights along the way across its grooves (anisotropyStrength)
_CLAMP: Final = Sampler(wrap_u=Wrap.CLAMP, wrap_v=Wrap.CLAMP)
_JPEG: Final = 92
_EDGE_PX: Final = (512, 32)  # of the cut's texture

Maps = Mapping[CardMap, NDArray[np.uint8]]
Bytes = NDArray[np.uint8]


def texture_size(scene: CardScene, height: int = 1024) -> tuple[int, int]:
    """Width and height of the textures: the card's shape, ``height`` pixels high. The maps are best asked for so.

    Raises CardError ``card.texture_size``.
    """
    if not MIN_HEIGHT <= height <= MAX_HEIGHT:
        msg = f"a texture is {MIN_HEIGHT} to {MAX_HEIGHT} pixels high, not {height}"
        raise CardError(msg, code="card.texture_size")
    width = max(1, round(height * scene.width_mm / scene.height_mm))
    if width > MAX_HEIGHT:  # a card that lies on its side
        return MAX_HEIGHT, max(1, round(MAX_HEIGHT * scene.height_mm / scene.width_mm))
    return width, height


def model(
    scene: CardScene,
    maps: Maps,
    *,
    front: Bytes | None = None,
    height: int = 1024,
    name: str = "card",
    design: Mapping[str, Any] | None = None,
    licence: str = "",
) -> Model:
    """The card standing on its lower edge, its front towards +Z.

    ``maps`` are those of :meth:`assets.card_scene.CardRenderer.card_map`, of any size: FOIL (without it there is no
    foil), NORMAL, HEIGHT and DIRECTION. ``front`` uint8[h, w, 3 or 4] is the printed front, None composes it from
    the scene. ``design`` is the card's document (JSON), ``licence`` the art's. Under lenses the model shows the
    first frame and has every frame as a variant. Equal input, equal bytes. Raises as :func:`texture_size`.
    """
    size = texture_size(scene, height)
    solid = Solid(width=scene.width_mm, height=scene.height_mm, radius=scene.radius_mm, thickness=scene.thickness_mm)
    shown = printed(scene, 0 if scene.frames else None) if front is None else front
    faced = surface(scene, maps, shown, size)
    material = _front(faced, scene)
    primitive = face(solid, material, side=1.0)
    variants = tuple(f"frame {k + 1}" for k in range(len(scene.frames)))
    if variants:
        others = (
            _recoloured(material, surface(scene, maps, printed(scene, k), size)) for k in range(1, len(variants))
        )
        primitive = replace(primitive, variants=dict(enumerate((material, *others))))
    parts = (primitive, face(solid, _back(scene, size), side=-1.0), cut(solid, _edge(scene)))
    mesh = Mesh(name="card", primitives=tuple(_named(parts, ("front", "back", "edge"))))
    node = Node(matrix=np.eye(4), name=name, mesh=0)
    return Model(
        name=name,
        nodes=(node,),
        roots=(0,),
        meshes=(mesh,),
        variants=variants,
        copyright=licence,
        extras={"card": _facts(scene, faced) | ({"design": dict(design)} if design is not None else {})},
    )


def _facts(scene: CardScene, faced: Surface) -> dict[str, Any]:
    """What a program wants to know of the card: sizes, and what of its foils glTF can only stand in for."""
    facts: dict[str, Any] = {
        "width_mm": scene.width_mm,
        "height_mm": scene.height_mm,
        "thickness_mm": scene.thickness_mm,
        "corner_radius_mm": scene.radius_mm,
        "foils": [
            {
                "id": sheet.foil.id,
                "name": sheet.foil.name_en,
                "intensity": sheet.intensity,
                "cover": round(float(sheet.mask.mean()) / 255, 4),
                **({"spacing_nm": sheet.foil.grating.spacing_nm} if sheet.foil.grating is not None else {}),
                **({"film_nm": sheet.foil.film.thickness_nm} if sheet.foil.film is not None else {}),
            }
            for sheet in scene.sheets
        ],
    }
    if faced.film is not None and any(sheet.foil.grating is not None for sheet in scene.sheets):
        facts["note"] = "Gratings are written as the thin film that looks nearest: glTF has no diffraction."
    return facts


def _named(parts: Iterable[Primitive], names: Iterable[str]) -> Iterable[Primitive]:
    return (replace(part, extras={"part": name}) for part, name in zip(parts, names, strict=True))


def _front(faced: Surface, scene: CardScene) -> Material:
    textures: dict[str, Texture] = {}
    extensions: dict[str, Any] = {_COAT: {"clearcoatFactor": 1.0, "clearcoatRoughnessFactor": scene.varnish}}
    if faced.coat is not None:
        extensions[_COAT]["clearcoatRoughnessFactor"] = 1.0
        coat = _data(faced.coat, "coat")
        textures |= {f"{_COAT}/clearcoatTexture": coat, f"{_COAT}/clearcoatRoughnessTexture": coat}
    if faced.film is not None:
        low, high = faced.thickness_nm
        extensions[_FILM] = {
            "iridescenceFactor": 1.0,
            "iridescenceIor": faced.film_index,
            "iridescenceThicknessMinimum": low,
            "iridescenceThicknessMaximum": high,
        }
        film = _data(faced.film, "film")
        textures |= {f"{_FILM}/iridescenceTexture": film, f"{_FILM}/iridescenceThicknessTexture": film}
    if faced.grain is not None:
        extensions[_GRAIN] = {"anisotropyStrength": _STRETCH}
        textures[f"{_GRAIN}/anisotropyTexture"] = _data(faced.grain, "grain")
    metal = _data(faced.metal, "metal") if faced.metal is not None else None
    return Material(
        name="front",
        base_color_texture=_color(faced.color, "front"),
        metallic=1.0 if metal is not None else 0.0,
        roughness=1.0 if metal is not None else 0.5,
        metallic_roughness_texture=metal,
        normal_texture=_data(faced.normal, "relief") if faced.normal is not None else None,
        extensions=extensions,
        extension_textures=textures,
    )


def _recoloured(material: Material, faced: Surface) -> Material:
    """The same surface with another print; ink decides how much of the film shows, so that goes along."""
    textures = dict(material.extension_textures)
    if faced.film is not None:
        film = _data(faced.film, "film")
        textures |= {f"{_FILM}/iridescenceTexture": film, f"{_FILM}/iridescenceThicknessTexture": film}
    return replace(material, base_color_texture=_color(faced.color, "front"), extension_textures=textures)


def _back(scene: CardScene, size: tuple[int, int]) -> Material:
    cover = scene.back[..., 3:].astype(np.float32) / 255
    flat = np.round(255 + cover * (scene.back[..., :3].astype(np.float32) - 255)).astype(np.uint8)
    if flat.shape[1::-1] != size:
        flat = np.asarray(Picture.fromarray(flat).resize(size, Picture.Resampling.LANCZOS))
    return Material(
        name="back",
        base_color_texture=_color(flat, "back"),
        metallic=0.0,
        roughness=0.5,
        extensions={_COAT: {"clearcoatFactor": 1.0, "clearcoatRoughnessFactor": scene.varnish}},
    )


def _edge(scene: CardScene) -> Material:
    """The cut board: pressed fibres, and the core line that good stock has in its middle."""
    width, height = _EDGE_PX
    core = np.array([int(scene.core[i : i + 2], 16) for i in (1, 3, 5)], np.float64)
    grain = gaussian_filter(np.random.default_rng(7).standard_normal((height, width)), (0.5, 3.0), mode="wrap")
    grain = grain / grain.std()
    picture = core * (1 + 0.035 * grain[..., None])
    if scene.core_line is not None:
        line = np.array([int(scene.core_line[i : i + 2], 16) for i in (1, 3, 5)], np.float64)
        away = np.abs((np.arange(height)[:, None] + 0.5) / height - 0.5 + 0.008 * grain)
        inside = np.clip((0.085 - away) * height + 0.5, 0, 1)[..., None]
        picture = picture + inside * (line - picture)
    pixels = np.round(np.clip(picture, 0, 255)).astype(np.uint8)
    texture = replace(_data(pixels, "edge"), sampler=Sampler(wrap_v=Wrap.CLAMP))
    return Material(name="edge", base_color_texture=texture, metallic=0.0, roughness=0.9)


def _color(pixels: Bytes, name: str) -> Texture:
    """The smaller of a JPEG without chroma subsampling (texts stay crisp) and a PNG."""
    held = io.BytesIO()
    Picture.fromarray(pixels).save(held, "JPEG", quality=_JPEG, subsampling=0, optimize=True)
    data = min(held.getvalue(), _png(pixels), key=len)
    return Texture(image=probe(data, name=name), sampler=_CLAMP)


def _data(pixels: Bytes, name: str) -> Texture:
    return Texture(image=probe(_png(pixels), name=name), sampler=_CLAMP)


def _png(pixels: Bytes) -> bytes:
    held = io.BytesIO()
    Picture.fromarray(pixels).save(held, "PNG", compress_level=6)
    return held.getvalue()
