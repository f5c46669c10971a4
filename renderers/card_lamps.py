"""The lamps of a card stand: near the card, so that what they throw moves over it as it tilts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, pi, radians, sin
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.card_scene import Lamps
from renderers.errors import RendererError

Matrix3 = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Lamp:
    """A rectangle of light that looks at the card's middle. Angles in degrees: ``azimuth`` counter-clockwise from
    the viewer's right, ``off`` from the axis to the viewer; ``share`` is what it adds to a white matt card at rest
    (display white is 1), in the lamp's colour.
    """

    azimuth: float
    off: float
    distance_mm: float
    width_mm: float
    height_mm: float
    share: float
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class CardStand:
    """Lamps in a dark surround that is graded from below to above."""

    lamps: tuple[Lamp, ...]
    above: tuple[float, float, float]
    below: tuple[float, float, float]


_WARM, _COOL = (1.0, 0.95, 0.88), (0.9, 0.96, 1.0)

STANDS: Final[Mapping[str, CardStand]] = MappingProxyType(
    {
        "studio": CardStand(
            lamps=(
                Lamp(azimuth=122, off=38, distance_mm=430, width_mm=210, height_mm=210, share=0.52),
                Lamp(azimuth=-8, off=58, distance_mm=420, width_mm=40, height_mm=300, share=0.08, colour=_COOL),
                Lamp(azimuth=68, off=24, distance_mm=360, width_mm=12, height_mm=12, share=0.12, colour=_WARM),
                Lamp(azimuth=165, off=29, distance_mm=340, width_mm=12, height_mm=12, share=0.10),
                Lamp(azimuth=248, off=26, distance_mm=380, width_mm=12, height_mm=12, share=0.10, colour=_COOL),
                Lamp(azimuth=330, off=31, distance_mm=350, width_mm=12, height_mm=12, share=0.10, colour=_WARM),
            ),
            above=(0.10, 0.105, 0.115),
            below=(0.03, 0.03, 0.034),
        ),
    }
)


def stand(lamps: Lamps) -> CardStand:
    """The preset's lamps. Raises RendererError ``renderer.bad_card`` for one that there is not."""
    if lamps.preset not in STANDS:
        message = f"there is no card stand '{lamps.preset}'; there are {', '.join(STANDS)}"
        raise RendererError(message, code="renderer.bad_card", ours=False)
    return STANDS[lamps.preset]


def rows(lamps: Lamps, to_face: Matrix3) -> NDArray[np.float32]:
    """Four rows for each lamp, float32[4 n, 4], in the axes of the face: place and half width, axis across and
    half height, axis along and nothing, radiance and nothing.
    """
    found = []
    for lamp in stand(lamps).lamps:
        around, off = radians(lamp.azimuth + lamps.turn), radians(lamp.off)
        towards = np.array([sin(off) * cos(around), sin(off) * sin(around), cos(off)])
        across = np.array([-sin(around), cos(around), 0.0])
        along = np.cross(towards, across)
        solid = lamp.width_mm * lamp.height_mm / lamp.distance_mm**2
        radiance = np.array(lamp.colour) * lamp.share * pi / (solid * cos(off)) * 2.0**lamps.exposure
        found += [
            [*(to_face @ towards * lamp.distance_mm), lamp.width_mm / 2],
            [*(to_face @ across), lamp.height_mm / 2],
            [*(to_face @ along), 0.0],
            [*radiance, 0.0],
        ]
    return np.array(found, dtype=np.float32)
