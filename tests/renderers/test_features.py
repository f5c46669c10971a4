"""A small picture of every feature, each looked at and found right; the documentation shows the same scenes.

Run with FARM_GOLDEN=write to make them again, then look at them before they are committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from assets import framing
from assets.design import CameraSettings
from assets.scene import Scene, Target
from tests.renderers.features import FEATURES
from tests.renderers.test_golden import GOLDEN, MEAN, WORST_IN_A_THOUSAND

pytestmark = pytest.mark.gl

DOCS = Path(__file__).parents[2] / "docs" / "images" / "features"


def drawn(renderer, name: str, width: int, height: int) -> np.ndarray:
    feature = FEATURES[name]
    view = framing.view(feature.draws, "front", settings=CameraSettings(fov=15), aspect=width / height)
    scene = Scene(draws=feature.draws, digest=name, lighting=feature.lighting, background=feature.background)
    return next(renderer.frames(scene, (view,), Target(width=width, height=height))).copy()


@pytest.mark.parametrize("name", FEATURES)
def test_the_picture_of_a_feature_is_the_one_that_was_approved(renderer, name):
    frame = drawn(renderer, name, 192, 72)
    file = GOLDEN / f"feature-{name}.png"
    if os.environ.get("FARM_GOLDEN") == "write":
        Picture.fromarray(frame[..., :3]).save(file, optimize=True)
        DOCS.mkdir(exist_ok=True)
        Picture.fromarray(drawn(renderer, name, 480, 180)[..., :3]).save(DOCS / f"{name}.webp", quality=82, method=6)
    off = np.abs(frame[..., :3].astype(int) - np.asarray(Picture.open(file).convert("RGB")))
    assert off.mean() <= MEAN
    assert np.quantile(off, 0.999) <= WORST_IN_A_THOUSAND
