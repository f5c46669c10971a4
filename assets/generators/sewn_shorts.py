"""The draped shorts as a model: slant pockets, buttoned back pockets, fly, waistband, belt loops, stitched hems."""

from __future__ import annotations

from typing import Final

import numpy as np

from assets.generators import buttons, fabric_range, fabric_wovens
from assets.generators.drape_shorts import HEM, pattern
from assets.generators.fabric_swatch import even
from assets.generators.garment import Draped, hem
from assets.generators.sewn_legs import Bench, belt_loop, fly, jetted, on_band, place
from assets.generators.textures import tiled
from assets.generators.weave import Swatch
from assets.model import Material, Model, Texture

NAME: Final = "shorts"
_FLY: Final = (0.034, 0.140)
_LOOPS: Final = (-0.345, -0.185, 0.0, 0.185, 0.345)
"""Belt loops, shares of the waistband from the middle of the back."""
_TURNED: Final = 0.003  # metres: of what is turned in, only what is seen


def textures(size: int = 384) -> tuple[None, Texture]:
    """No colours but the material's, and the normals of a chino twill."""
    swatch = even(fabric_wovens.chino(size))
    worn = Swatch(
        color=swatch.color.astype(np.float64),
        height=swatch.height.astype(np.float64) / 1000,
        roughness=swatch.roughness.astype(np.float64),
        repeat_mm=fabric_range.RANGE["twill"].facts["repeat_mm"],
    )
    return None, tiled("twill", worn, quality=72)[1]


def model(draped: Draped, color: Texture | None = None, normal: Texture | None = None) -> Model:
    """The garment, 1 UV unit per metre: twill, thread, buttons."""
    twill = Material(
        name="shell",
        base_color=(0.46, 0.335, 0.205, 1.0),
        base_color_texture=color,
        metallic=0.0,
        roughness=0.86,
        normal_texture=normal,
        normal_scale=0.6,
        double_sided=True,
    )
    thread = Material(name="thread", base_color=(0.53, 0.40, 0.26, 1.0), metallic=0.0, roughness=0.6)
    horn = Material(name="button", base_color=(0.16, 0.085, 0.040, 1.0), metallic=0.0, roughness=0.28)
    hole = Material(name="button-hole", base_color=(0.03, 0.015, 0.01, 1.0), metallic=0.0, roughness=0.9)
    bench, legs = Bench(draped, twill, thread, every=0.0046, wide=0.0009), pattern()
    for side in ("left", "right"):
        bench.lap(f"front-{side}", "mouth", deep=0.005)
        bench.rows(f"front-{side}", "mouth", 0.0020, 0.0076)
        bench.rows(f"back-{side}", "inseam", 0.0020)
        bench.rows(f"back-{side}", "side-low", 0.0020)
        bench.rows(f"back-{side}", "side-mid", 0.0020)
        jetted(bench, f"back-{side}", horn, hole, start=0.050)
    bench.lap("front-left", "fly", deep=0.005)
    bench.lap("band", "start", deep=0.005)
    bench.rows("front-left", "fly", 0.0022)
    for side in ("front-left", "back-left"):
        bench.rows(side, "centre", 0.0020, 0.0076)
    bench.row("front-left", fly(bench.panels["front-left"], *_FLY)[1:-1])
    bench.hems(_TURNED, HEM - 0.003)
    rim = bench.panels["band"]
    bench.add(hem(bench.worn["band"], rim, "rim", twill, -place("band"), depth=0.016, thickness=0.0026))
    bench.faces()
    ring = np.linspace(-0.4985, 0.4985, 240)
    for up in (0.0018, legs.band[2] - 0.0020):
        bench.row("band", on_band(legs, ring, np.full(len(ring), up)))
    bench.row("band", on_band(legs, np.full(9, -0.4972), np.linspace(0.003, legs.band[2] - 0.003, 9)))
    for share in _LOOPS:
        belt_loop(bench, legs, share, wide=0.010)
    spot, out = bench.worn["band"].at(rim, on_band(legs, np.array([-0.482]), np.array([legs.band[2] / 2])))
    for part in buttons.button(spot[0], out[0], np.array([0.0, 1.0, 0.0]), horn, hole, radius=0.0078):
        bench.add(part)
    return bench.model(NAME)
