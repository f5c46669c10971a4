"""What hats, caps, scarves and bags are made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from assets.generators.fabric_knits import jersey
from assets.generators.fabric_naps import felt as felted
from assets.generators.fabric_skins import leather as calf
from assets.generators.fabric_swatch import Swatch, grid
from assets.generators.fabric_wovens import chino
from assets.generators.fabric_wovens import tweed as woven
from assets.generators.sneaker_surfaces import relief
from assets.model import Material


def felt() -> Material:
    """Camel fur felt."""
    return Material(
        name="felt",
        base_color=(0.40, 0.275, 0.165, 1.0),
        metallic=0.0,
        roughness=0.93,
        double_sided=True,
        normal_texture=relief("felt", felted(256), 70.0),
        normal_scale=0.3,
        sheen_color=(0.16, 0.12, 0.08),
        sheen_roughness=0.45,
    )


def grosgrain(size: int = 64) -> Swatch:
    """Ribs across the ribbon, 1 mm each."""
    u, v = grid(size)
    height = (0.16 * np.abs(np.sin(np.pi * 8 * v)) ** 0.7 + 0.01 * np.sin(2 * np.pi * 16 * u)).astype(np.float32)
    flat = np.ones((size, size), np.float32)
    return Swatch(color=np.ones((size, size, 3), np.float32), height=height, roughness=0.7 * flat)


def ribbon() -> Material:
    """Espresso grosgrain."""
    return Material(
        name="ribbon",
        base_color=(0.095, 0.058, 0.042, 1.0),
        metallic=0.0,
        roughness=0.62,
        double_sided=True,
        normal_texture=relief("grosgrain", grosgrain(), 8.0),
        sheen_color=(0.05, 0.045, 0.04),
        sheen_roughness=0.4,
    )


def leather() -> Material:
    """The calf of a sweatband."""
    return Material(
        name="lining-leather",
        base_color=(0.25, 0.135, 0.07, 1.0),
        metallic=0.0,
        roughness=0.5,
        double_sided=True,
        normal_texture=relief("leather", calf(256), 40.0),
        normal_scale=0.5,
    )


def wool(colour: tuple[float, float, float], *, coarse: float = 2.0) -> Material:
    """Knitted wool, its stitches ``coarse`` times as large as a fine jersey's."""
    repeat = 30.0 * coarse
    return Material(
        name="knit",
        base_color=(*colour, 1.0),
        metallic=0.0,
        roughness=0.95,
        double_sided=True,
        normal_texture=relief("knit", jersey(512), repeat, 50),
        normal_scale=2.0,
        sheen_color=(0.5 * colour[0], 0.5 * colour[1], 0.5 * colour[2]),
        sheen_roughness=0.5,
    )


def patch() -> Material:
    """The leather of a label."""
    return replace(leather(), name="label", base_color=(0.30, 0.155, 0.075, 1.0))


def tweed() -> Material:
    """Brushed wool in a rust red."""
    return Material(
        name="wool",
        base_color=(0.33, 0.085, 0.050, 1.0),
        metallic=0.0,
        roughness=0.95,
        double_sided=True,
        normal_texture=relief("tweed", woven(256), 90.0, 50),
        normal_scale=1.2,
        sheen_color=(0.16, 0.06, 0.045),
        sheen_roughness=0.5,
    )


def canvas() -> Material:
    """Unbleached cotton canvas."""
    return Material(
        name="canvas",
        base_color=(0.56, 0.485, 0.37, 1.0),
        metallic=0.0,
        roughness=0.92,
        double_sided=True,
        normal_texture=relief("canvas", chino(256), 48.0, 55),
        normal_scale=1.0,
    )


def thread() -> Material:
    """Cotton thread in the brown of the label."""
    return Material(name="thread", base_color=(0.17, 0.095, 0.055, 1.0), metallic=0.0, roughness=0.7)
