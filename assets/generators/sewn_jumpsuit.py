"""The draped jumpsuit as a model: bound neck and armholes, a band at the waist, slant pockets, turned hems."""

from __future__ import annotations

from typing import Final

import numpy as np

from assets.generators import weave
from assets.generators.drape_jumpsuit import BOUND, HEM, pattern
from assets.generators.garment import Draped, hem
from assets.generators.sewn_legs import Bench, on_band, place
from assets.generators.textures import tiled
from assets.model import Material, Model, Texture

NAME: Final = "jumpsuit"
_BOUND: Final = ("neck", "armhole-left", "armhole-right")
_TURNED: Final = 0.008  # metres: of what is turned in, only what is seen


def textures(size: int = 384) -> tuple[None, Texture]:
    """No colours but the material's, and the normals of a fine twill."""
    return None, tiled("gabardine", weave.gabardine(size), quality=72)[1]


def model(draped: Draped, color: Texture | None = None, normal: Texture | None = None) -> Model:
    """The garment, 1 UV unit per metre: crepe and thread."""
    crepe = Material(
        name="shell",
        base_color=(0.058, 0.150, 0.160, 1.0),
        base_color_texture=color,
        metallic=0.0,
        roughness=0.76,
        normal_texture=normal,
        normal_scale=0.5,
        double_sided=True,
        sheen_color=(0.03, 0.05, 0.05),
        sheen_roughness=0.45,
    )
    thread = Material(name="thread", base_color=(0.044, 0.118, 0.126, 1.0), metallic=0.0, roughness=0.6)
    bench, (legs, _) = Bench(draped, crepe, thread, every=0.0046, wide=0.0007), pattern()
    for side in ("left", "right"):
        bench.lap(f"front-{side}", "mouth", deep=0.012)
        bench.rows(f"front-{side}", "mouth", 0.0060)
    bench.hems(_TURNED, HEM - 0.003)
    for name in ("bodice-front", "bodice-back"):
        for edge in _BOUND:
            panel = bench.panels[name]
            bench.add(hem(draped, panel, edge, crepe, -place(name), depth=BOUND, thickness=0.0014))
            bench.rows(name, edge, BOUND - 0.0015)
    bench.faces()
    ring = np.linspace(-0.4985, 0.4985, 240)
    for up in (0.0018, legs.band[2] - 0.0018):
        bench.row("band", on_band(legs, ring, np.full(len(ring), up)))
    return bench.model(NAME)
