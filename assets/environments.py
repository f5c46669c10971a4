"""Studios: the light that a design stands in, made by formula.

A studio is a graded surround and a few soft panels, painted into an equirectangular map of linear radiance.
The key panel is known apart as well, because a renderer lets it cast shadows: :func:`ambient` is the studio
without the key's diffuse share, and :func:`key_light` is that share as one direction and one irradiance.
Radiance is relative: 1.0 seen directly, or reflected by a white matt surface, is display white before tone mapping.

A file of measured light (``.hdr``, ``.exr``) becomes the same thing: :func:`read`, then :func:`from_radiance`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, radians, sin, tan
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from assets.errors import CatalogueError
from assets.radiance import decode
from assets.sphere import Radiance, directions, lamp

Rgb = tuple[float, float, float]
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
    """Panels in a surround that is graded from straight up over the horizon to straight down. ``backdrop`` is the
    vertical gradient, top and bottom as ``#rrggbb``, that suits the light where a design asks for no background.
    """

    key: Panel
    panels: tuple[Panel, ...]
    zenith: Rgb
    horizon: Rgb
    nadir: Rgb
    backdrop: tuple[str, str] = ("#f4f4f2", "#d9d8d4")


@dataclass(frozen=True, kw_only=True)
class KeyLight:
    """The key as a distant light: ``direction`` points towards it; ``irradiance`` is what a surface that faces
    it receives, divided by pi, so that it is also the radiance of a white matt surface there.
    """

    direction: tuple[float, float, float]
    irradiance: Rgb


_NO_KEY = KeyLight(direction=(0.0, 1.0, 0.0), irradiance=(0.0, 0.0, 0.0))

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
        # Light without a colour from all round, and as much of it towards the front as matt cloth must get for a
        # hex to come out as that hex: for matching fabric.
        "neutral": Studio(
            key=Panel(azimuth=-30, elevation=40, width=60, height=60, radiance=(0.75, 0.75, 0.75)),
            panels=(
                Panel(azimuth=50, elevation=20, width=70, height=70, radiance=(0.28, 0.28, 0.28)),
                Panel(azimuth=180, elevation=30, width=120, height=60, radiance=(0.55, 0.55, 0.55)),
            ),
            zenith=(1.085, 1.085, 1.085),
            horizon=(1.005, 1.005, 1.005),
            nadir=(0.86, 0.86, 0.86),
            backdrop=("#cfcfcd", "#b9b9b7"),
        ),
        # A clear late morning: a low warm sun over the left shoulder, blue sky, light stone under foot.
        "daylight": Studio(
            key=Panel(azimuth=-42, elevation=44, width=13, height=13, radiance=(92.0, 84.0, 73.0), soft=0.5),
            panels=(
                Panel(azimuth=-42, elevation=44, width=60, height=60, radiance=(0.5, 0.47, 0.42), soft=1.0),
                Panel(azimuth=150, elevation=16, width=150, height=30, radiance=(0.22, 0.24, 0.27), soft=1.0),
            ),
            zenith=(0.20, 0.29, 0.46),
            horizon=(0.42, 0.46, 0.51),
            nadir=(0.27, 0.25, 0.22),
            backdrop=("#dde6ee", "#d8d3c8"),
        ),
        # Two tall strips from behind draw the outline out of the dark; a weak key keeps the front readable.
        "rim": Studio(
            key=Panel(azimuth=-30, elevation=40, width=34, height=34, radiance=(5.0, 5.0, 5.1)),
            panels=(
                Panel(azimuth=-132, elevation=18, width=24, height=84, radiance=(8.0, 8.2, 8.6), soft=0.3),
                Panel(azimuth=134, elevation=18, width=24, height=84, radiance=(8.6, 8.2, 7.8), soft=0.3),
                Panel(azimuth=70, elevation=8, width=24, height=80, radiance=(0.35, 0.38, 0.44)),
            ),
            zenith=(0.05, 0.05, 0.06),
            horizon=(0.085, 0.085, 0.095),
            nadir=(0.05, 0.05, 0.05),
            backdrop=("#26272b", "#0d0d0f"),
        ),
        # A catwalk: a hard front key from the rig, a row of spots overhead, coloured light from the wings, dark hall.
        "runway": Studio(
            key=Panel(azimuth=-16, elevation=46, width=14, height=14, radiance=(62.0, 60.0, 57.0), soft=0.5),
            panels=(
                Panel(azimuth=24, elevation=40, width=14, height=14, radiance=(12.0, 12.2, 12.6), soft=0.5),
                Panel(azimuth=180, elevation=58, width=22, height=22, radiance=(9.0, 9.0, 9.4), soft=0.5),
                Panel(azimuth=-100, elevation=14, width=22, height=50, radiance=(1.2, 0.72, 1.5), soft=0.6),
                Panel(azimuth=100, elevation=14, width=22, height=50, radiance=(0.6, 0.95, 1.7), soft=0.6),
                Panel(azimuth=0, elevation=-8, width=80, height=12, radiance=(0.5, 0.48, 0.46), soft=0.8),
            ),
            zenith=(0.05, 0.05, 0.07),
            horizon=(0.12, 0.12, 0.15),
            nadir=(0.22, 0.21, 0.21),
            backdrop=("#17171c", "#2b2a2e"),
        ),
        # A clamshell: a big octabox above the lens, a reflector right below, white flats on both sides. Nearly no
        # shadow, a light from everywhere in front, a darker surround behind that keeps the outline.
        "beauty": Studio(
            key=Panel(azimuth=-6, elevation=48, width=58, height=44, radiance=(3.30, 3.22, 3.14)),
            panels=(
                Panel(azimuth=0, elevation=-34, width=70, height=36, radiance=(1.05, 1.00, 0.96)),
                Panel(azimuth=-84, elevation=10, width=44, height=90, radiance=(1.12, 1.10, 1.10)),
                Panel(azimuth=84, elevation=10, width=44, height=90, radiance=(1.12, 1.10, 1.10)),
                Panel(azimuth=180, elevation=52, width=36, height=24, radiance=(3.4, 3.3, 3.2)),
            ),
            zenith=(0.48, 0.46, 0.46),
            horizon=(0.40, 0.38, 0.38),
            nadir=(0.36, 0.33, 0.32),
            backdrop=("#f6ebe6", "#e3d2cb"),
        ),
        # Half an hour before sunset: the sun low and orange from the side, a glow about it, the sky opposite
        # already blue, the ground warm.
        "golden-hour": Studio(
            key=Panel(azimuth=-58, elevation=21, width=12, height=12, radiance=(97.0, 62.0, 31.0), soft=0.5),
            panels=(
                Panel(azimuth=-58, elevation=16, width=110, height=50, radiance=(1.05, 0.62, 0.30), soft=1.0),
                Panel(azimuth=100, elevation=24, width=120, height=70, radiance=(0.34, 0.36, 0.46), soft=1.0),
                Panel(azimuth=150, elevation=20, width=26, height=26, radiance=(3.4, 2.3, 1.5), soft=0.9),
            ),
            zenith=(0.16, 0.20, 0.32),
            horizon=(0.46, 0.34, 0.27),
            nadir=(0.24, 0.17, 0.12),
            backdrop=("#e8cdb4", "#c59a78"),
        ),
        # A street of signs after rain: a magenta tube on one side, a cyan one on the other, a violet one behind, and
        # one plain shop window in front that keeps colours readable.
        "night-neon": Studio(
            key=Panel(azimuth=-24, elevation=34, width=40, height=30, radiance=(3.6, 3.3, 3.5)),
            panels=(
                Panel(azimuth=-96, elevation=10, width=16, height=84, radiance=(8.5, 0.9, 5.2), soft=0.4),
                Panel(azimuth=98, elevation=12, width=16, height=84, radiance=(0.5, 5.2, 7.6), soft=0.4),
                Panel(azimuth=-150, elevation=30, width=50, height=8, radiance=(5.0, 1.2, 9.0), soft=0.5),
                Panel(azimuth=152, elevation=24, width=46, height=8, radiance=(0.8, 4.2, 8.0), soft=0.5),
                Panel(azimuth=20, elevation=-40, width=110, height=30, radiance=(0.30, 0.16, 0.40), soft=0.9),
            ),
            zenith=(0.020, 0.022, 0.045),
            horizon=(0.090, 0.060, 0.130),
            nadir=(0.045, 0.035, 0.075),
            backdrop=("#171327", "#2a1c3c"),
        ),
    }
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Environment:
    """All the light of a scene: ``whole`` is what is seen, ``ambient`` the same without the key. ``digest`` names
    the content for caches.
    """

    digest: str
    whole: Radiance
    ambient: Radiance
    key: KeyLight


def backdrop(name: str) -> tuple[str, str]:
    """The gradient, top and bottom as ``#rrggbb``, that suits a studio. Raises CatalogueError for an unknown name."""
    return _studio(name).backdrop


def named(name: str) -> Environment:
    """A studio as an environment. Raises CatalogueError for an unknown name."""
    return Environment(digest=name, whole=studio(name), ambient=ambient(name), key=key_light(name))


def read(data: bytes) -> Radiance:
    """The light of a Radiance ``.hdr`` or an OpenEXR ``.exr`` file: float32[h, 2h, 3], finite, reduced to at most
    :data:`HEIGHT` rows, which keeps its energy. Its middle looks to the front (+Z). Raises ImageError, see
    :func:`assets.radiance.decode`.
    """
    pixels = decode(data)
    if pixels.shape[0] <= HEIGHT:
        return pixels
    return np.asarray(cv2.resize(pixels, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), dtype=np.float32)


def from_file(data: bytes) -> Environment:
    """The environment of a ``.hdr`` or ``.exr`` file. Raises ImageError, see :func:`read`."""
    return from_radiance(read(data), digest=hashlib.sha256(data).hexdigest())


def from_radiance(whole: Radiance, *, digest: str) -> Environment:
    """Splits a map into its key (see :func:`assets.sphere.lamp`) and the rest; a map without a lamp (an overcast
    sky, a furnace) gets a key of no irradiance.
    """
    direction, solid = directions(whole.shape[0])
    over = lamp(whole)
    strength = np.einsum("hwc,hw->hw", over.astype(np.float64), solid)
    if not strength.any():
        return Environment(digest=digest, whole=whole, ambient=whole, key=_NO_KEY)
    towards = np.einsum("hw,hwc->c", strength, direction)
    towards /= np.linalg.norm(towards)
    rest = np.asarray(whole - over, dtype=np.float32)
    return Environment(digest=digest, whole=whole, ambient=rest, key=_key(over, towards))


@lru_cache(maxsize=8)
def studio(name: str) -> Radiance:
    """Everything that is seen in the studio, key included; read-only. Raises CatalogueError for an unknown name."""
    light = _studio(name)
    return _paint(light, (*light.panels, light.key))


@lru_cache(maxsize=8)
def ambient(name: str) -> Radiance:
    """The studio without its key: the light that needs no shadow; read-only. Raises CatalogueError as above."""
    light = _studio(name)
    return _paint(light, light.panels)


@lru_cache(maxsize=16)
def key_light(name: str) -> KeyLight:
    """The key that :func:`ambient` leaves out. Raises CatalogueError for an unknown name."""
    towards = _direction(_studio(name).key.azimuth, _studio(name).key.elevation)
    return _key(studio(name) - ambient(name), towards)


def _key(radiance: Radiance, towards: NDArray[np.float64]) -> KeyLight:
    direction, solid = directions(radiance.shape[0])
    cosine = np.clip(direction @ towards, 0, None) * solid
    total = np.einsum("hwc,hw->c", radiance.astype(np.float64), cosine) / pi
    return KeyLight(
        direction=(float(towards[0]), float(towards[1]), float(towards[2])),
        irradiance=(float(total[0]), float(total[1]), float(total[2])),
    )


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
    painted = np.asarray(radiance, dtype=np.float32)
    painted.flags.writeable = False  # callers share it
    return painted


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
