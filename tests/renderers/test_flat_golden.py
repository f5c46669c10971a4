"""A drawing that was looked at and found fit for a tech pack.

Run with FARM_GOLDEN=write to make it again, then look at it before it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from assets import catalogue, compose
from assets.design import Design, Layer, Ref
from assets.scene import Scene
from exporters import flat_pixels
from renderers.flat_page import Page
from renderers.flats import flat
from renderers.opengl import OpenGLRenderer

pytestmark = pytest.mark.gl

GOLDEN = Path(__file__).parents[1] / "golden"
# Another rasteriser may end a line a pixel of the working picture earlier, which is a grey here and there.
MEAN, WORST_IN_A_HUNDRED = 0.6, 12


def dressed() -> Scene:
    layers = tuple(Layer(id=item, model=Ref(item=item)) for item in ("skirt", "tshirt"))
    design = Design(layers=layers)
    model = compose.compose(
        design, lambda ref: catalogue.model(str(ref.item)), lambda ref: catalogue.fabric(str(ref.item))
    )
    return compose.scene(model, design)


@pytest.mark.parametrize("view", ["front", "back"])
def test_the_drawing_is_the_one_that_was_approved(renderer: OpenGLRenderer, view: str) -> None:
    drawing = flat(renderer, dressed(), view, page=Page(width_mm=140, height_mm=240), views=("front", "back"))
    frame = flat_pixels.pixels(drawing, dpi=60)[..., 0]
    file = GOLDEN / f"flat-{view}.png"
    if os.environ.get("FARM_GOLDEN") == "write":
        Picture.fromarray(frame).save(file, optimize=True)
    off = np.abs(frame.astype(int) - np.asarray(Picture.open(file).convert("L")))
    assert off.mean() <= MEAN
    assert np.quantile(off, 0.99) <= WORST_IN_A_HUNDRED
