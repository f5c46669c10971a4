"""Studios: the light that a design stands in, made by formula.

A studio is a graded surround and a few soft panels, painted into an equirectangular map of linear radiance.
The key panel is known apart as well, because a renderer lets it cast shadows: :func:`ambient` is the studio
without the key's diffuse share, and :func:`key_light` is that share as one direction and one irradiance.
Radiance is relative: 1.0 seen directly, or reflected by a white matt surface, is display white before tone mapping.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, radians, sin, tan
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from assets.errors import CatalogueError

Rgb = tuple[float, float, float]
Radiance = NDArray[np.float32]
"""float32[h, w, 3], equirectangular, +Y up, top row first. Column ``(i + 0.5) / w`` looks to azimuth
``2 pi u - pi`` counted from +Z towards +X; row ``(j + 0.5) / h`` to elevation ``pi / 2 - pi v``."""

HEIGHT = 256
WIDTH = 2 * HEIGHT


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A soft rectangular light. Angles in degrees; ``azimuth`` from the front towards the wearer's left (+X);
    ``soft`` is the share of each half side over which the edge fades.
    """

    azimuth: float
    elevation: float
    width: float
    height: float
    radiance: Rgb
    soft: float = 0.35


@dataclass(frozen=True, kw_only=True)
class Studio:
    """Panels in a surround that is graded from straight up over the horizon to straight down."""

    key: Panel
    panels: tuple[Panel, ...]
    zenith: Rgb
    horizon: Rgb
    nadir: Rgb


@dataclass(frozen=True, kw_only=True)
class KeyLight:
    """The key as a distant light: ``direction`` points towards it; ``irradiance`` is what a surface that faces
    it receives, divided by pi, so that it is also the radiance of a white matt surface there.
    """

    direction: tuple[float, float, float]
    irradiance: Rgb


STUDIOS: Mapping[str, Studio] = MappingProxyType(
    {
        # A big octabox from the upper left of the picture, a broad fill from the right, two strips that draw
        # the outline from behind, and a soft overhead; light grey cyclorama.
        "softbox": Studio(
            key=Panel(azimuth=-38, elevation=42, width=52, height=52, radiance=(3.55, 3.47, 3.36)),
            panels=(
                Panel(azimuth=62, elevation=18, width=60, height=70, radiance=(0.78, 0.81, 0.86)),
                Panel(azimuth=-128, elevation=22, width=20, height=80, radiance=(3.2, 3.2, 3.25)),
                Panel(azimuth=132, elevation=22, width=20, height=80, radiance=(2.6, 2.65, 2.75)),
                Panel(azimuth=0, elevation=86, width=60, height=40, radiance=(1.5, 1.5, 1.5)),
            ),
            zenith=(0.50, 0.51, 0.53),
            horizon=(0.44, 0.44, 0.45),
            nadir=(0.34, 0.33, 0.32),
        ),
    }
)


def studio(name: str) -> Radiance:
    """Everything that is seen in the studio, key included. Raises CatalogueError for an unknown name."""
    light = _studio(name)
    return _paint(light, (*light.panels, light.key))


def ambient(name: str) -> Radiance:
    """The studio without its key: the light that needs no shadow. Raises CatalogueError for an unknown name."""
    light = _studio(name)
    return _paint(light, light.panels)


@lru_cache(maxsize=16)
def key_light(name: str) -> KeyLight:
    """The key that :func:`ambient` leaves out. Raises CatalogueError for an unknown name."""
    direction, solid = directions(HEIGHT)
    radiance = (studio(name) - ambient(name)).astype(np.float64)
    towards = _direction(_studio(name).key.azimuth, _studio(name).key.elevation)
    cosine = np.clip(direction @ towards, 0, None) * solid
    total = np.einsum("hwc,hw->c", radiance, cosine) / pi
    return KeyLight(
        direction=(float(towards[0]), float(towards[1]), float(towards[2])),
        irradiance=(float(total[0]), float(total[1]), float(total[2])),
    )


@lru_cache(maxsize=4)
def directions(height: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit direction float64[h, 2h, 3] and solid angle float64[h, 2h] (steradians) of each texel of a map."""
    u = (np.arange(2 * height) + 0.5) / (2 * height)
    v = (np.arange(height) + 0.5) / height
    azimuth, elevation = 2 * pi * u - pi, pi / 2 - pi * v
    x = np.cos(elevation)[:, None] * np.sin(azimuth)[None, :]
    y = np.repeat(np.sin(elevation)[:, None], 2 * height, axis=1)
    z = np.cos(elevation)[:, None] * np.cos(azimuth)[None, :]
    rows = np.sin(elevation + pi / height / 2) - np.sin(elevation - pi / height / 2)
    solid = np.repeat((rows * (pi / height))[:, None], 2 * height, axis=1)
    return np.stack([x, y, z], axis=-1), solid


def _studio(name: str) -> Studio:
    if name not in STUDIOS:
        message = f"there is no studio '{name}'; use one of {', '.join(STUDIOS)}"
        raise CatalogueError(message, code="studio.unknown")
    return STUDIOS[name]


def _direction(azimuth: float, elevation: float) -> NDArray[np.float64]:
    a, e = radians(azimuth), radians(elevation)
    return np.array([cos(e) * sin(a), sin(e), cos(e) * cos(a)])


def _paint(light: Studio, panels: tuple[Panel, ...]) -> Radiance:
    direction, _ = directions(HEIGHT)
    up = direction[..., 1:2]
    above, below = np.clip(up, 0, 1) ** 0.8, np.clip(-up, 0, 1) ** 0.5
    horizon = np.array(light.horizon)
    radiance = horizon + above * (np.array(light.zenith) - horizon) + below * (np.array(light.nadir) - horizon)
    for panel in panels:
        radiance = radiance + _mask(panel, direction)[..., None] * np.array(panel.radiance)
    return np.asarray(radiance, dtype=np.float32)


def _mask(panel: Panel, direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of each direction the panel fills, 0..1."""
    a = radians(panel.azimuth)
    centre = _direction(panel.azimuth, panel.elevation)
    right = np.array([cos(a), 0.0, -sin(a)])
    up = np.cross(centre, right)
    ahead = direction @ centre
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.abs((direction @ right) / ahead) / tan(radians(panel.width) / 2)
        y = np.abs((direction @ up) / ahead) / tan(radians(panel.height) / 2)
    edge = _fade(x, panel.soft) * _fade(y, panel.soft)
    return np.where(ahead > 1e-6, edge, 0.0)


def _fade(distance: NDArray[np.float64], soft: float) -> NDArray[np.float64]:
    t = np.clip((1 - distance) / soft, 0, 1)
    smooth: NDArray[np.float64] = t * t * (3 - 2 * t)
    return smooth
