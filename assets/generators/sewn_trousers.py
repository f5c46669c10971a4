"""The draped trousers as a model: creases, slant and jetted pockets, fly, a waistband that hooks, belt loops."""

from __future__ import annotations

from typing import Final

import numpy as np

from assets.generators import weave
from assets.generators.drape_trousers import HEM, pattern
from assets.generators.garment import Draped, hem
from assets.generators.panels_legs import LegsDraft
from assets.generators.sewn_legs import Bench, belt_loop, fly, jetted, on_band, place
from assets.generators.textures import tiled
from assets.model import Material, Model, Texture

NAME: Final = "trousers"
_FLY: Final = (0.036, 0.150)
_LOOPS: Final = (-0.345, -0.185, 0.0, 0.185, 0.345)
"""Belt loops, shares of the waistband from the middle of the back."""
_TAB: Final = 0.045
"""How far the waistband laps over, metres."""


def textures(size: int = 384) -> tuple[None, Texture]:
    """No colours but the material's, and the normals of a gabardine."""
    return None, tiled("gabardine", weave.gabardine(size), quality=72)[1]


def model(draped: Draped, color: Texture | None = None, normal: Texture | None = None) -> Model:
    """The garment, 1 UV unit per metre: wool, thread, buttons."""
    wool = Material(
        name="shell",
        base_color=(0.262, 0.215, 0.168, 1.0),
        base_color_texture=color,
        metallic=0.0,
        roughness=0.82,
        normal_texture=normal,
        normal_scale=0.5,
        double_sided=True,
        sheen_color=(0.05, 0.05, 0.05),
        sheen_roughness=0.45,
    )
    thread = Material(name="thread", base_color=(0.205, 0.165, 0.127, 1.0), metallic=0.0, roughness=0.6)
    horn = Material(name="button", base_color=(0.045, 0.040, 0.036, 1.0), metallic=0.0, roughness=0.3)
    hole = Material(name="button-hole", base_color=(0.010, 0.010, 0.010, 1.0), metallic=0.0, roughness=0.9)
    bench, legs = Bench(draped, wool, thread, every=0.0046, wide=0.0007), pattern()
    for side in ("left", "right"):
        bench.lap(f"front-out-{side}", "mouth", deep=0.014)
        bench.rows(f"front-out-{side}", "mouth", 0.0060)
        jetted(bench, f"back-out-{side}", horn, hole, start=0.010)
    bench.lap("front-in-left", "fly", deep=0.012)
    bench.row("front-in-left", fly(bench.panels["front-in-left"], *_FLY)[1:-1])
    bench.hems(HEM)
    rim = bench.panels["band"]
    bench.add(hem(bench.worn["band"], rim, "rim", wool, -place("band"), depth=0.016, thickness=0.0024))
    bench.faces(shared=0.12)
    _tab(bench, legs)
    for share in _LOOPS:
        belt_loop(bench, legs, share, wide=0.009)
    ring = np.linspace(-0.4985, 0.4985, 240)
    bench.row("band", on_band(legs, ring, np.full(len(ring), 0.0008)))
    return bench.model(NAME)


def _tab(bench: Bench, legs: LegsDraft) -> None:
    """The end of the waistband that laps over the fly to the wearer's right, where a hook holds it from inside."""
    below, _, high = legs.band
    share = np.linspace(0.5 - _TAB / below, 0.4999, 8)
    # Its corners are rounded.
    inset = 0.006 * (1 - np.sqrt(np.clip(1 - (1 - np.clip(np.arange(8) / 1.5, 0, 1)) ** 2, 0, 1)))
    up = np.linspace(0.0006, high - 0.0004, 7)
    middle = high / 2
    flat = on_band(legs, np.broadcast_to(share, (7, 8)), middle + (up[:, None] - middle) * (1 - inset / middle))
    bench.patch("band", flat, np.interp(share, [share[0], share[-1]], [0.0017, 0.0004])[None, :], thick=0.0014)
