"""A small picture of everything that the reader knows, each looked at and found right; docs/gltf.md shows the same.

Run with FARM_GOLDEN=write to make them again, then look at them before they are committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from assets import gltf
from assets.compose import digest
from assets.design import CameraSettings
from assets.framing import view
from assets.pose import flatten
from assets.scene import Scene, Target
from tests.assets.glb import simple
from tests.renderers.features import DARK
from tests.renderers.reading import LIGHT, SCENES, seen, ways
from tests.renderers.test_golden import GOLDEN, MEAN, WORST_IN_A_THOUSAND

pytestmark = pytest.mark.gl

DOCS = Path(__file__).parents[2] / "docs" / "images" / "reading"


def drawn(renderer, name: str, width: int, height: int) -> np.ndarray:
    scene, place = seen(name, width / height)
    return next(renderer.frames(scene, (place,), Target(width=width, height=height))).copy()


@pytest.mark.parametrize("name", SCENES)
def test_the_picture_of_what_is_read_is_the_one_that_was_approved(renderer, name):
    frame = drawn(renderer, name, 200, 80)
    file = GOLDEN / f"reading-{name}.png"
    if os.environ.get("FARM_GOLDEN") == "write":
        Picture.fromarray(frame[..., :3]).save(file, optimize=True)
        DOCS.mkdir(exist_ok=True)
        Picture.fromarray(drawn(renderer, name, 500, 200)[..., :3]).save(DOCS / f"{name}.webp", quality=82, method=6)
    off = np.abs(frame[..., :3].astype(int) - np.asarray(Picture.open(file).convert("RGB")))
    assert off.mean() <= MEAN
    assert np.quantile(off, 0.999) <= WORST_IN_A_THOUSAND


def test_however_a_mesh_is_compressed_it_looks_the_same(renderer):
    frames = []
    for model in ways():
        draws = flatten(model)
        place = view(draws, "front", settings=CameraSettings(fov=15), aspect=1.0)
        scene = Scene(draws=draws, digest=digest(draws), background=LIGHT)
        frames.append(next(renderer.frames(scene, (place,), Target(width=96, height=96)))[..., :3].astype(int))
    assert np.ptp(frames[0], axis=2).max() > 50  # teal on grey
    for frame in frames[1:]:
        assert np.abs(frame - frames[0]).mean() < 0.6
        assert np.quantile(np.abs(frame - frames[0]), 0.99) <= 8


def test_a_model_that_is_pressed_flat_is_drawn_all_the_same(renderer):
    glb = simple(NORMAL=np.tile(np.array([0, 0, 1], np.float32), (3, 1)))
    glb.doc["nodes"][0]["scale"] = [1, 1, 1e-40]
    draws = flatten(gltf.read(glb.data()))
    place = view(draws, "front", settings=CameraSettings(fov=15), aspect=1.0)
    scene = Scene(draws=draws, digest=digest(draws), background=DARK)
    frame = next(renderer.frames(scene, (place,), Target(width=48, height=48)))
    assert frame[..., :3].max() > 150
