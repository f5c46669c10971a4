"""Whatever was asked of a model, what is written looks like what went in: read back, and drawn beside the source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from assets import catalogue, compose, framing, gltf
from assets.design import CameraSettings, Design
from assets.model import Model
from assets.pose import flatten
from assets.scene import Background, Scene, Target
from exporters.gltf import write_glb
from exporters.optimise import Options, optimise
from renderers.opengl import open_renderer
from tests.exporters.test_models import textured
from tests.exporters.test_optimise import scattered

pytestmark = pytest.mark.gl
DESIGN = (
    b'{"layers": ['
    b'{"id": "skirt", "model": {"item": "skirt"}, "material": {"texture": {"item": "denim"}}},'
    b'{"id": "tee", "model": {"item": "tshirt"}, "material": {"colour": "#c8102e"}}]}'
)
MEAN = 2.0
"""CIE ΔE 2000 over what is not background: the gate of every export."""


@pytest.fixture(scope="module")
def dressed() -> Model:
    design = Design.model_validate_json(DESIGN)
    return compose.compose(design, lambda r: catalogue.model(str(r.item)), lambda r: catalogue.fabric(str(r.item)))


class Camera:
    """Draws models from where the first one is seen well."""

    def __init__(self) -> None:
        self._renderer = open_renderer()
        self._kept: dict[str, np.ndarray] = {}

    def picture(self, model: Model, seen: Model, digest: str) -> np.ndarray:
        """uint8[256, 256, 4]; what is not there is clear."""
        if digest not in self._kept:
            view = framing.view(flatten(seen), "three-quarter", settings=CameraSettings(), aspect=1)
            scene = Scene(draws=flatten(model), digest=digest, background=Background())
            drawn = next(self._renderer.frames(scene, (view,), Target(width=256, height=256)))
            self._kept[digest] = drawn.copy()
        return self._kept[digest]

    def close(self) -> None:
        self._renderer.close()


@pytest.fixture(scope="module")
def camera() -> Iterator[Camera]:
    made = Camera()
    yield made
    made.close()


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """ΔE on grey, where either shows more than a shadow."""
    shown = (one[..., 3] > 250) | (other[..., 3] > 250)
    labs = [
        rgb2lab((p[..., :3] / 255.0) * p[..., 3:] / 255 + 0.5 * (1 - p[..., 3:] / 255))[shown] for p in (one, other)
    ]
    return np.asarray(deltaE_ciede2000(*labs))


@pytest.mark.parametrize(
    ("options", "written", "mean"),
    [
        ({"combine_meshes": True, "deduplicate": True}, {}, 0.8),
        ({"simplify": 0.0005}, {}, 1.0),
        ({}, {"compression": "quantise"}, 0.8),
        ({"longest": 512, "textures": "webp", "ordered": True}, {"compression": "meshopt", "textures": "webp"}, 1.0),
        ({}, {"compression": "draco"}, 1.0),
        ({"longest": 128, "textures": "ktx2"}, {"textures": "ktx2"}, MEAN),
        (
            {"simplify": 0.0005, "longest": 128, "textures": "ktx2", "deduplicate": True, "atlas": True},
            {"compression": "draco", "textures": "ktx2"},
            MEAN,
        ),
    ],
    ids=["joined", "simplified", "quantise", "meshopt and webp", "draco", "ktx2", "everything"],
)
def test_it_looks_the_same(
    camera: Camera, dressed: Model, options: dict[str, Any], written: dict[str, Any], mean: float
) -> None:
    made, _ = optimise(dressed, Options(**options))
    back = gltf.read(write_glb(made, extras={}, **written))
    off = difference(
        camera.picture(dressed, dressed, "source"), camera.picture(back, dressed, f"{options} {written}")
    )
    assert off.mean() < mean
    assert np.quantile(off, 0.99) < 12  # where an edge falls into the next pixel


def test_the_gate_sees_what_is_wrong(camera: Camera) -> None:
    """Parts of another colour, or a part that is missing, are over it."""
    right = scattered(textured((200, 30, 30)), textured((30, 30, 200)))
    for number, wrong in enumerate(
        (scattered(textured((200, 30, 30)), textured((30, 60, 200))), scattered(textured((200, 30, 30))))
    ):
        off = difference(camera.picture(right, right, "right"), camera.picture(wrong, right, f"wrong {number}"))
        assert off.mean() > MEAN
