"""Small pictures that were looked at and found right.

Run with FARM_GOLDEN=write to make them again, then look at them before they are committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image as Picture

from assets import framing
from assets.design import CameraSettings
from assets.model import AlphaMode, Material
from assets.scene import Background, Blend, Draw, DropShadow, Effects, Glow, Scene, Target
from tests.renderers.conftest import at, ball, card, primitive

pytestmark = pytest.mark.gl

GOLDEN = Path(__file__).parents[1] / "golden"
DOCS = Path(__file__).parents[2] / "docs" / "images" / "features"

# Another rasteriser or LLVM may place an edge sample elsewhere: a few pixels may differ much, all others hardly.
MEAN, WORST_IN_A_THOUSAND = 1.0, 24


def ring(material: Material, **more) -> Draw:
    lying = np.array([[1.0, 0, 0, 0.2], [0, 0, 1, 0.12], [0, -1, 0, 0.75], [0, 0, 0, 1]])
    return Draw(primitive=primitive(trimesh.creation.torus(0.3, 0.12, 96, 48), material), matrix=lying, **more)


def matt(red: float, green: float, blue: float, **more) -> Material:
    return Material(base_color=(red, green, blue, 1), metallic=0, roughness=0.7, **more)


def glass(roughness: float, red: float, green: float, blue: float) -> Material:
    return Material(
        base_color=(red, green, blue, 1),
        metallic=0,
        roughness=roughness,
        extensions={
            "KHR_materials_transmission": {"transmissionFactor": 1.0},
            "KHR_materials_volume": {
                "thicknessFactor": 0.4,
                "attenuationDistance": 0.8,
                "attenuationColor": [red, green, blue],
            },
        },
    )


def rod(height: float, material: Material, z: float = -0.6) -> Draw:
    return Draw(primitive=primitive(trimesh.creation.box((3, 0.05, 0.05)), material), matrix=at(0, height, z))


def bauble(layer: str, colour: tuple[float, float, float], x: float, effects: Effects) -> Draw:
    return ball(matt(*colour), x=x, y=0.9, size=0.3, layer=layer, effects=effects)


def film(alpha: float, x: float) -> Draw:
    material = Material(base_color=(0.9, 0.1, 0.1, alpha), alpha_mode=AlphaMode.BLEND, metallic=0, roughness=0.3)
    return ball(material, x=x, y=0.42, size=0.35)


def sheet(colour: tuple[float, float, float], degrees: float) -> Draw:
    material = Material(
        base_color=(*colour, 0.5), alpha_mode=AlphaMode.BLEND, metallic=0, roughness=0.5, double_sided=True
    )
    turn = trimesh.transformations.rotation_matrix(np.radians(degrees), [0, 1, 0])
    return Draw(primitive=card(material).primitive, matrix=at(-0.75, 0.6, 0) @ turn)


def blended(blend: Blend, x: float) -> Draw:
    return ball(matt(0.75, 0.4, 0.15), x=x, y=0.55, z=0.3, size=0.26, layer=blend.value, blend=blend)


def shell(size: float, *colour: float) -> Draw:
    material = Material(
        base_color=(*colour, 0.35), alpha_mode=AlphaMode.BLEND, metallic=0, roughness=0.2, double_sided=True
    )
    return ball(material, x=0.7, y=0.6, size=size)


SCENES = {
    "crossing": (
        Background(top="#f4f4f2", bottom="#d9d8d4"),
        (
            sheet((0.8, 0.05, 0.05), 75),
            sheet((0.05, 0.1, 0.8), 30),
            sheet((0.05, 0.6, 0.1), -15),
            shell(0.55, 0.1, 0.3, 0.8),
            shell(0.4, 0.9, 0.7, 0.1),
            shell(0.25, 0.8, 0.1, 0.1),
        ),
    ),
    "blends": (
        Background(top="#f4f4f2", bottom="#d9d8d4"),
        (
            *(
                rod(0.35 + 0.2 * i, matt(*c), z=-0.1)
                for i, c in enumerate(((0.8, 0.8, 0.8), (0.1, 0.3, 0.7), (0, 0, 0)))
            ),
            *(blended(blend, -1.2 + 0.6 * i) for i, blend in enumerate(Blend)),
        ),
    ),
    "veils": (
        Background(top="#ffffff"),
        (
            Draw(
                primitive=primitive(trimesh.creation.box((4, 0.02, 2.4)), matt(0.8, 0.8, 0.8)), matrix=at(0, -0.01, 0)
            ),
            film(0.3, -1.35),
            film(0.7, -0.45),
            ball(glass(0.0, 0.2, 0.4, 0.9), x=0.45, y=0.42, size=0.35),
            ball(matt(0.2, 0.5, 0.2), x=1.35, y=0.42, size=0.35, layer="half", opacity=0.5),
        ),
    ),
    "effects": (
        Background(top="#f4f4f2", bottom="#c9d8d4"),
        (
            Draw(
                primitive=primitive(trimesh.creation.box((1.2, 1.5, 0.05)), matt(0.8, 0.8, 0.75)),
                matrix=at(-0.5, 0.75, -0.6),
            ),
            bauble("a", (0.7, 0.1, 0.1), -0.75, Effects(shadow=DropShadow(radius=0.04, offset=(0.03, 0.04)))),
            bauble("b", (0.1, 0.3, 0.7), 0.1, Effects(glow=Glow(colour="#ffd040", radius=0.08, opacity=0.9))),
            bauble("c", (0.1, 0.6, 0.2), 0.9, Effects(blur=0.03)),
            rod(1.05, matt(0.1, 0.1, 0.1), z=0.45),
            ring(
                matt(0.6, 0.3, 0.6),
                layer="hard",
                opacity=0.5,
                effects=Effects(shadow=DropShadow(radius=0.0, offset=(0.05, 0.03), colour="#203080", opacity=0.8)),
            ),
        ),
    ),
    "glass": (
        Background(top="#f4f4f2", bottom="#c9d8d4"),
        (
            ball(glass(0.0, 1, 1, 1), x=-0.6, z=0.3),
            ball(glass(0.35, 0.9, 0.5, 0.4), x=0.6, y=0.45, z=0.5, size=0.45),
            ring(matt(0.7, 0.05, 0.05)),
            ball(matt(0.1, 0.2, 0.7), y=0.3, z=-0.5, size=0.3),
            rod(0.6, matt(0.1, 0.1, 0.1)),
            rod(0.9, matt(0.1, 0.6, 0.1)),
        ),
    ),
    "materials": (
        Background(top="#f4f4f2", bottom="#d9d8d4"),
        (
            ball(matt(0.8, 0.8, 0.8), x=-0.9),
            ball(matt(0.02, 0.02, 0.03, sheen_color=(0.2, 0.2, 0.2), sheen_roughness=0.5)),
            ball(Material(base_color=(1, 0.77, 0.34, 1), roughness=0.25), x=0.9),
            ring(matt(0.6, 0.03, 0.05)),
        ),
    ),
    "layers": (
        Background(),
        (
            ball(matt(0.2, 0.3, 0.7), x=-0.3),
            ball(matt(0.8, 0.5, 0.1), x=0.3, y=0.45, size=0.6, layer="coat", opacity=0.5),
            ring(matt(0.9, 0.2, 0.4), layer="ring", blend=Blend.MULTIPLY),
            Draw(
                primitive=primitive(
                    trimesh.creation.box((0.5, 0.5, 0.1)),
                    Material(base_color=(0.1, 0.8, 0.4, 0.4), alpha_mode=AlphaMode.BLEND, metallic=0, roughness=0.1),
                ),
                matrix=at(-0.4, 0.4, 0.8),
            ),
        ),
    ),
}


@pytest.mark.parametrize("name", SCENES)
def test_the_picture_is_the_one_that_was_approved(renderer, name):
    background, draws = SCENES[name]
    view = framing.view(draws, "three-quarter", settings=CameraSettings(), aspect=1.5)
    scene = Scene(draws=draws, digest=name, background=background)

    def drawn(width: int, height: int) -> np.ndarray:
        return next(renderer.frames(scene, (view,), Target(width=width, height=height))).copy()

    frame = drawn(192, 128)
    file = GOLDEN / f"render-{name}.png"
    if os.environ.get("FARM_GOLDEN") == "write":
        Picture.fromarray(frame).save(file, optimize=True)
        Picture.fromarray(drawn(480, 320)).save(DOCS / f"{name}.webp", quality=82, method=6)
    off = np.abs(frame.astype(int) - np.asarray(Picture.open(file).convert("RGBA")))
    assert off.mean() <= MEAN
    assert np.quantile(off, 0.999) <= WORST_IN_A_THOUSAND
