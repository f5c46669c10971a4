"""The draped jeans as a model: five pockets, fly, waistband, belt loops, rivets, stitches in copper thread."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators import fabric_range, fabric_wovens
from assets.generators.drape_jeans import HEM, pattern
from assets.generators.fabric_swatch import even
from assets.generators.garment import Draped, hem
from assets.generators.sewn_legs import Bench, belt_loop, fly, on_band, place
from assets.generators.textures import tiled
from assets.generators.weave import Swatch
from assets.model import Material, Model, Texture

Array = NDArray[np.float64]

NAME: Final = "jeans"
TWIN: Final = (0.0018, 0.0076)
"""Metres from an edge to the two rows of a twin needle."""
_FLY: Final = (0.034, 0.140)
_LOOPS: Final = (-0.335, -0.175, 0.0, 0.175, 0.335)
"""Belt loops, shares of the waistband from the middle of the back."""
_POCKET: Final = (0.132, 0.138, 0.018)
"""A back pocket's width, height and how far its corner points down."""
_STUD: Final = (
    (0.0042, 0.0), (0.0044, 0.0004), (0.0042, 0.0009), (0.0038, 0.0011), (0.0038, 0.0011), (0.0020, 0.0011),
    (0.0020, 0.0011), (0.0014, 0.0017), (0.0, 0.0019),
)  # fmt: skip
_BUTTON: Final = (
    (0.0060, 0.0), (0.0062, 0.0022), (0.0086, 0.0026), (0.0090, 0.0036), (0.0082, 0.0044), (0.0070, 0.0044),
    (0.0064, 0.0039), (0.0064, 0.0039), (0.0030, 0.0040), (0.0, 0.0043),
)  # fmt: skip


def textures(size: int = 384) -> tuple[Texture, Texture]:
    """The colours, about a pale grey that a material tints, and the normals of a stone-washed denim."""
    swatch = even(fabric_wovens.denim_mid(size))
    colour = np.clip(0.80 + swatch.color - swatch.color.mean(axis=(0, 1)), 0, 1)
    worn = Swatch(
        color=colour.astype(np.float64),
        height=swatch.height.astype(np.float64) / 1000,
        roughness=swatch.roughness.astype(np.float64),
        repeat_mm=fabric_range.RANGE["denim-mid"].facts["repeat_mm"],
    )
    return tiled("denim", worn, quality=72)


def model(draped: Draped, color: Texture | None = None, normal: Texture | None = None) -> Model:
    """The garment, 1 UV unit per metre: denim, thread, rivets, a button."""
    denim = Material(
        name="denim",
        base_color=(0.105, 0.160, 0.270, 1.0),
        base_color_texture=color,
        metallic=0.0,
        roughness=0.86,
        normal_texture=normal,
        normal_scale=0.8,
        double_sided=True,
    )
    thread = Material(name="thread", base_color=(0.60, 0.26, 0.075, 1.0), metallic=0.0, roughness=0.55)
    copper = Material(name="rivet", base_color=(0.74, 0.40, 0.24, 1.0), metallic=1.0, roughness=0.34)
    brass = Material(name="button", base_color=(0.66, 0.42, 0.25, 1.0), metallic=1.0, roughness=0.36)
    bench, legs = Bench(draped, denim, thread), pattern()
    for side in ("left", "right"):
        bench.lap(f"front-{side}", "mouth", deep=0.010)
    _coin(bench)
    left = bench.panels["front-left"]
    bench.lap("front-left", "fly", deep=0.008)
    bench.lap("band", "start", deep=0.010)
    for away in (0.0, 0.0058):
        bench.row("front-left", fly(left, _FLY[0] + away, _FLY[1] + away)[1:-1])
    bench.rows("front-left", "fly", 0.0022)
    bench.rows("front-left", "centre", *TWIN)
    for side in ("left", "right"):
        front, back, yoke = f"front-{side}", f"back-{side}", f"yoke-{side}"
        bench.rows(front, "mouth", *TWIN)
        bench.rows(front, "inseam", *TWIN)
        _outseam(bench, back)
        bench.rows(yoke, "seat", *TWIN)
        _pocket(bench, back)
    for side in ("back-left", "yoke-left"):
        bench.rows(side, "centre", *TWIN)
    bench.hems(HEM, 0.0150)
    band = bench.panels["band"]
    bench.add(hem(bench.worn["band"], band, "rim", denim, -place("band"), depth=0.016, thickness=0.0028))
    bench.faces()
    ring = np.linspace(-0.4985, 0.4985, 240)
    for up in (0.0020, legs.band[2] - 0.0022):
        bench.row("band", on_band(legs, ring, np.full(len(ring), up)))
    bench.row("band", on_band(legs, np.full(9, -0.4972), np.linspace(0.003, legs.band[2] - 0.003, 9)))
    for share in _LOOPS:
        belt_loop(bench, legs, share)
    button = on_band(legs, np.array(-0.482), np.array(legs.band[2] / 2))
    bench.stud("band", (float(button[0]), float(button[1])), brass, _BUTTON)
    for side in ("left", "right"):
        for along, edge in ((0.10, "mouth"), (0.93, "mouth")):
            bench.stud(f"front-{side}", _beside(bench, f"front-{side}", edge, along, 0.0105), copper, _STUD)
    return bench.model(NAME)


def _beside(bench: Bench, name: str, edge: str, share: float, away: float) -> tuple[float, float]:
    """A point of a panel ``away`` metres inside an edge, ``share`` of its length along it."""
    line = bench.panels[name].flat[bench.panels[name].edges[edge]]
    k = round(share * (len(line) - 1))
    way = line[min(k + 1, len(line) - 1)] - line[max(k - 1, 0)]
    way /= np.linalg.norm(way)
    return float(line[k, 0] - away * way[1]), float(line[k, 1] + away * way[0])


def _outseam(bench: Bench, name: str) -> None:
    """One row beside the upper part of the side seam, on the back."""
    panel = bench.panels[name]
    line = panel.flat[panel.edges["side-low"]]
    hip = line[:, 1] > line[:, 1].max() - 0.11
    bench.rows(name, "side-mid", 0.0020)
    inside = np.array([-0.0020 if name.endswith("right") else 0.0020, 0.0])
    bench.row(name, line[hip] + inside)


def _pocket(bench: Bench, name: str) -> None:
    """A back pocket with its point, laid along the yoke."""
    wide, high, point = _POCKET
    panel = bench.panels[name]
    seat = panel.flat[panel.edges["seat"]]
    way = (seat[-1] - seat[0]) / np.linalg.norm(seat[-1] - seat[0])
    way = way if way[0] > 0 else -way
    up = np.array([-way[1], way[0]])
    inner = -1.0 if name.endswith("right") else 1.0
    # The corner nearer to the centre seam keeps 4 cm from it, as the middle of the pocket lies behind the hip.
    middle = (seat[0] + seat[-1]) / 2 - 0.032 * up + inner * 0.020 * way
    u, v = np.meshgrid(np.linspace(-1, 1, 13), np.linspace(0, 1, 13))
    low = -high + point * np.abs(u)
    x = u * wide / 2 * (1 - 0.07 * (1 - v))
    flat = middle + x[..., None] * way + ((1 - v) * low)[..., None] * up
    bench.patch(name, flat, 0.0017, 0.0016, 0.0074)


def _coin(bench: Bench) -> None:
    """The small pocket on the right facing, whose lower part the front hides."""
    name = "pocket-right"
    panel = bench.panels[name]
    mouth = panel.flat[panel.edges["mouth"]]
    waist = panel.flat[panel.edges["waist"]]
    order = np.argsort(mouth[:, 0])
    x = np.linspace(mouth[:, 0].min() + 0.026, mouth[:, 0].max() - 0.024, 10)
    low = np.interp(x, mouth[order, 0], mouth[order, 1]) + 0.0012
    high = np.interp(x, np.sort(waist[:, 0]), waist[np.argsort(waist[:, 0]), 1]) - 0.022
    share = np.linspace(0, 1, 7)[:, None]
    flat = np.stack([np.broadcast_to(x, (7, 10)), low + share * np.maximum(high - low, 0.002)], axis=-1)
    bench.patch(name, flat, 0.0010, *TWIN, thick=0.0010, edges=("top",))
