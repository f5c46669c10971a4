"""One small scene for each feature of the surface shader and of the light: for goldens and for the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from types import MappingProxyType

import numpy as np
import trimesh
from PIL import Image as Picture

from assets import environments, images
from assets.model import AlphaMode, Material, Primitive, Texture
from assets.scene import Background, Draw, Lighting, Tone
from assets.sphere import directions
from tests.renderers.conftest import at, primitive

STUDIO = Lighting()
LIGHT = Background(top="#f4f4f2", bottom="#d9d8d4")
DARK = Background(top="#2a2b30", bottom="#16171a")
RED, BLUE, WHITE, BLACK = (0.55, 0.03, 0.05), (0.05, 0.12, 0.4), (0.8, 0.8, 0.8), (0.01, 0.01, 0.01)


@dataclass(frozen=True, kw_only=True, eq=False)
class Feature:
    """What is drawn, in which light, over what."""

    draws: tuple[Draw, ...]
    lighting: Lighting = STUDIO
    background: Background = LIGHT


def globe(material: Material, place: float = 0.0, size: float = 0.5, **more: object) -> Draw:
    """A ball with texture coordinates (twice round, once up), standing on the ground at ``x = place``."""
    columns, rows = np.meshgrid(np.linspace(0, 1, 97), np.linspace(0, 1, 49))
    azimuth, polar = columns * 2 * np.pi + np.pi, rows * np.pi
    normals = np.stack([np.sin(polar) * np.sin(azimuth), np.cos(polar), np.sin(polar) * np.cos(azimuth)], axis=-1)
    i = np.arange(48 * 96)
    corner = i // 96 * 97 + i % 96
    triangles = np.concatenate(
        [np.stack([corner, corner + 97, corner + 1]), np.stack([corner + 1, corner + 97, corner + 98])], axis=1
    ).T
    shape = Primitive(
        positions=normals.reshape(-1, 3).astype(np.float32),
        normals=normals.reshape(-1, 3).astype(np.float32),
        indices=triangles.astype(np.uint32),
        uv0=np.stack([columns * 2, rows], axis=-1).reshape(-1, 2).astype(np.float32),
        material=material,
    )
    return Draw(primitive=replace(shape, **more), matrix=at(place, size, 0, size))


def row(*materials: Material) -> tuple[Draw, ...]:
    """Balls side by side."""
    middle = (len(materials) - 1) / 2
    return tuple(globe(material, 1.08 * (i - middle)) for i, material in enumerate(materials))


def bars() -> tuple[Draw, ...]:
    """Something to be seen through a body."""
    colours = ((0.7, 0.05, 0.05), (0.9, 0.6, 0.05), (0.05, 0.35, 0.1), (0.05, 0.1, 0.5))
    box = trimesh.creation.box((3.4, 0.14, 0.05))
    return tuple(
        Draw(primitive=primitive(box, plain(colour)), matrix=at(0, 0.2 + 0.24 * i, -0.9))
        for i, colour in enumerate(colours)
    )


def plain(colour: tuple[float, float, float], roughness: float = 0.6, metallic: float = 0.0, **more) -> Material:
    """Colour, roughness, metal; ``more`` are extensions by their short names, textures, or fields."""
    fields = {name: more.pop(name) for name in tuple(more) if name in Material.__dataclass_fields__}
    return Material(
        base_color=(*colour, 1),
        metallic=metallic,
        roughness=roughness,
        extensions={f"KHR_materials_{name}": value for name, value in more.items() if not isinstance(value, Texture)},
        extension_textures={
            f"KHR_materials_{name.replace('__', '/')}": value
            for name, value in more.items()
            if isinstance(value, Texture)
        },
        **fields,
    )


def texture(pixels: np.ndarray, **more) -> Texture:
    """Numbers 0..1, float[h, w] or float[h, w, channels], as a texture."""
    grey = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=-1)
    file = BytesIO()
    Picture.fromarray(np.round(np.clip(grey, 0, 1) * 255).astype(np.uint8)).save(file, "PNG")
    return Texture(image=images.probe(file.getvalue()), **more)


def _across(count: int, size: int = 256) -> tuple[np.ndarray, np.ndarray]:
    """Two waves, -1..1, ``count`` of them along each side."""
    x, y = np.meshgrid(np.arange(size), np.arange(size))
    return np.sin(2 * np.pi * count * x / size), np.sin(2 * np.pi * count * y / size)


def stripes(count: int) -> np.ndarray:
    """Upright stripes, 0 and 1."""
    return (_across(count)[0] > 0).astype(float)


def checks(count: int) -> np.ndarray:
    """Squares, 0 and 1."""
    x, y = _across(count)
    return (x * y > 0).astype(float)


def bumps(count: int, steep: float) -> np.ndarray:
    """A normal map of a quilt."""
    x, y = (np.arange(256) / 256 * 2 * np.pi * count for _ in range(2))
    slope_x, slope_y = np.meshgrid(np.cos(x), np.cos(y))
    normal = np.stack([-steep * slope_x, steep * slope_y, np.ones_like(slope_x)], axis=-1)
    return normal / np.linalg.norm(normal, axis=-1, keepdims=True) / 2 + 0.5


def swirl() -> np.ndarray:
    """Directions that turn with the place, for anisotropy: red, green; strength in blue."""
    x, y = np.meshgrid(np.linspace(0, 4 * np.pi, 256), np.linspace(0, 2 * np.pi, 256))
    angle = np.round((x + y) / (np.pi / 3)) * (np.pi / 3)
    return np.stack([np.cos(angle) / 2 + 0.5, np.sin(angle) / 2 + 0.5, np.ones_like(angle)], axis=-1)


def sunset() -> environments.Environment:
    """A measured sky, as it were: orange horizon, dark ground, low sun to the right."""
    direction, _ = directions(128)
    up = direction[..., 1:2]
    air = np.exp(-4 * np.abs(up)) * np.array([1.2, 0.55, 0.25]) + np.clip(up, 0, 1) * np.array([0.15, 0.25, 0.6])
    ground = np.where(up < 0, 0.35, 1.0)
    towards = np.array([0.72, 0.42, 0.55])
    disc = direction @ (towards / np.linalg.norm(towards)) > np.cos(np.radians(2.5))
    whole = air * ground + disc[..., None] * np.array([260.0, 190.0, 110.0])
    return environments.from_radiance(whole.astype(np.float32), digest="sunset of the feature scenes")


COAT = {"clearcoatFactor": 1.0, "clearcoatRoughnessFactor": 0.05}
OPEN = {"transmissionFactor": 1.0}
STEEL = (0.8, 0.8, 0.82)
TRIO = row(plain(WHITE, 0.9), plain(RED, 0.35), plain(STEEL, 0.1, 1.0))


def solid(thickness: float = 0.8, colour=(1.0, 1.0, 1.0)) -> dict[str, object]:
    """A body that light goes through."""
    return {"thicknessFactor": thickness, "attenuationDistance": 0.6, "attenuationColor": list(colour)}


def film(least: float, most: float, index: float = 1.6) -> dict[str, float]:
    """A thin film, nanometres."""
    return {
        "iridescenceFactor": 1.0,
        "iridescenceIor": index,
        "iridescenceThicknessMinimum": least,
        "iridescenceThicknessMaximum": most,
    }


def grain(strength: float, rotation: float = 0.0) -> dict[str, float]:
    """Brushed."""
    return {"anisotropyStrength": strength, "anisotropyRotation": rotation}


def _alpha(share: np.ndarray) -> Texture:
    return texture(np.stack([np.ones_like(share)] * 3 + [share], axis=-1))


def _coloured(place: float) -> Draw:
    plainly = globe(plain((1, 1, 1)), place)
    place_of = plainly.primitive.positions * 0.5 + 0.5
    colours = np.concatenate([place_of, np.ones((len(place_of), 1))], axis=1).astype(np.float32)
    return globe(plain((1, 1, 1)), place, colors=colours)


def _lace(mode: AlphaMode) -> Material:
    holes = np.stack([*(np.full((256, 256), c) for c in (0.9, 0.88, 0.82)), 1 - checks(4) * 0.85], axis=-1)
    return plain((1, 1, 1), base_color_texture=texture(holes), alpha_mode=mode, double_sided=True)


FEATURES: Mapping[str, Feature] = MappingProxyType(
    {
        "metallic-roughness": Feature(
            draws=row(plain(RED, 0.9), plain(RED, 0.3), plain((1.0, 0.77, 0.34), 0.45, 1.0), plain(STEEL, 0.05, 1.0))
        ),
        "base-colour": Feature(
            draws=(
                globe(plain((1, 1, 1), base_color_texture=texture(0.1 + 0.8 * checks(4))), -1.08),
                globe(
                    plain((1, 0.5, 0.4), base_color_texture=texture(stripes(4), rotation=0.6, scale=(2.0, 2.0))), 0.0
                ),
                _coloured(1.08),
            )
        ),
        "normal-map": Feature(
            draws=row(*(plain(BLUE, 0.4, normal_texture=texture(bumps(6, s))) for s in (0.3, 1.0)))
        ),
        "occlusion-map": Feature(
            draws=row(plain(WHITE), plain(WHITE, occlusion_texture=texture(0.25 + 0.75 * stripes(6))))
        ),
        "emissive": Feature(
            draws=row(
                *(
                    plain(BLACK, emissive=(0.1, 0.9, 0.5), emissive_strength=s, emissive_texture=texture(stripes(5)))
                    for s in (0.3, 1.0, 4.0)
                )
            ),
            lighting=Lighting(studio="rim"),
            background=DARK,
        ),
        "alpha": Feature(draws=row(_lace(AlphaMode.MASK), _lace(AlphaMode.BLEND))),
        "unlit": Feature(draws=row(plain(RED, unlit=True), plain(RED))),
        "sheen": Feature(
            draws=row(
                plain((0.02, 0.03, 0.1), 1.0),
                plain((0.02, 0.03, 0.1), 1.0, sheen_color=(0.6, 0.7, 1.0), sheen_roughness=0.35),
                plain(
                    (0.1, 0.005, 0.01),
                    1.0,
                    sheen_color=(1.0, 0.5, 0.5),
                    sheen_roughness=0.35,
                    sheen__sheenColorTexture=texture(stripes(5)),
                ),
            )
        ),
        "specular": Feature(
            draws=row(
                plain(RED, 0.25),
                plain(RED, 0.25, specular={"specularFactor": 0.0}),
                plain(RED, 0.25, specular={"specularColorFactor": [0.2, 0.6, 3.0]}),
                plain(RED, 0.25, specular__specularTexture=_alpha(stripes(5)), specular={}),
            )
        ),
        "ior": Feature(draws=row(*(plain(BLACK, 0.15, ior={"ior": index}) for index in (1.1, 1.5, 2.4)))),
        "clearcoat": Feature(
            draws=row(
                plain(RED, 0.8),
                plain(RED, 0.8, clearcoat=COAT),
                plain((1.0, 0.6, 0.2), 0.5, 1.0, clearcoat=COAT),
                plain(BLUE, 0.7, clearcoat=COAT, clearcoat__clearcoatNormalTexture=texture(bumps(8, 0.2))),
            )
        ),
        "anisotropy": Feature(
            draws=row(
                plain(STEEL, 0.2, 1.0),
                plain(STEEL, 0.2, 1.0, anisotropy=grain(0.8)),
                plain(STEEL, 0.2, 1.0, anisotropy=grain(0.8, np.pi / 2)),
                plain(STEEL, 0.2, 1.0, anisotropy=grain(0.9), anisotropy__anisotropyTexture=texture(swirl())),
            )
        ),
        "iridescence": Feature(
            draws=row(
                plain(BLACK, 0.1, iridescence=film(100, 400)),
                plain(BLACK, 0.1, iridescence=film(100, 600, 1.9)),
                plain(STEEL, 0.25, 1.0, iridescence=film(100, 480)),
                plain(
                    BLACK,
                    0.15,
                    iridescence=film(150, 900, 1.9),
                    iridescence__iridescenceThicknessTexture=texture(np.linspace(0, 1, 256)[:, None].repeat(8, 1)),
                ),
            )
        ),
        "transmission": Feature(
            draws=(*bars(), *row(*(plain((1, 1, 1), roughness, transmission=OPEN) for roughness in (0.0, 0.3, 0.6))))
        ),
        "volume": Feature(
            draws=(
                *bars(),
                *row(
                    plain((1, 1, 1), 0.0, transmission=OPEN, volume=solid()),
                    plain((1, 1, 1), 0.0, transmission=OPEN, volume=solid(0.8, (0.2, 0.7, 0.5))),
                    plain((1, 1, 1), 0.3, transmission=OPEN, volume=solid(0.8, (0.9, 0.5, 0.2))),
                ),
            )
        ),
        "diffuse-transmission": Feature(
            draws=row(
                *(
                    plain(
                        WHITE,
                        1.0,
                        diffuse_transmission={
                            "diffuseTransmissionFactor": share,
                            "diffuseTransmissionColorFactor": [0.95, 0.75, 0.35],
                        },
                    )
                    for share in (0.0, 0.5, 1.0)
                )
            ),
            lighting=Lighting(studio="rim"),
            background=DARK,
        ),
        "dispersion": Feature(
            draws=(
                *bars(),
                *row(
                    *(
                        plain(
                            (1, 1, 1),
                            0.0,
                            transmission=OPEN,
                            volume=solid(),
                            ior={"ior": 1.8},
                            dispersion={"dispersion": spread},
                        )
                        for spread in (0.0, 3.0)
                    )
                ),
            )
        ),
        "studio-softbox": Feature(draws=TRIO),
        "studio-neutral": Feature(draws=TRIO, lighting=Lighting(studio="neutral")),
        "studio-daylight": Feature(draws=TRIO, lighting=Lighting(studio="daylight")),
        "studio-rim": Feature(draws=TRIO, lighting=Lighting(studio="rim"), background=DARK),
        "studio-runway": Feature(draws=TRIO, lighting=Lighting(studio="runway"), background=DARK),
        "studio-beauty": Feature(draws=TRIO, lighting=Lighting(studio="beauty")),
        "studio-golden-hour": Feature(draws=TRIO, lighting=Lighting(studio="golden-hour")),
        "studio-night-neon": Feature(draws=TRIO, lighting=Lighting(studio="night-neon"), background=DARK),
        "environment": Feature(draws=TRIO, lighting=Lighting(environment=sunset())),
        "tone-aces": Feature(draws=TRIO, lighting=Lighting(tone=Tone.ACES)),
    }
)
