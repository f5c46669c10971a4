"""The shadow of a card on an even wall behind it, parallel to the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from assets.card_scene import CardScene
from renderers import card_lamps
from renderers.card_geometry import Placement
from renderers.shot import Rectangle, overlap

_GAP: Final = 0.09  # from the card's hindmost corner to the wall, as a share of its height
_DARK: Final = 0.42
_SOFTEST: Final = 3.0  # standard deviations after which nothing is seen of an edge


@dataclass(frozen=True, kw_only=True, eq=False)
class CardShadow:
    """Uniforms of ``card_shadow.frag`` and the pixels that the shadow may cover."""

    uniforms: dict[str, object]
    rectangle: Rectangle


def shadow(scene: CardScene, place: Placement) -> CardShadow:
    """The shadow that the stand's key throws."""
    stand = card_lamps.stand(scene.lamps)
    lamp = stand.lamps[stand.key]
    key = card_lamps.place(lamp, scene.lamps.turn)
    wall = place.depth + _GAP * scene.height_mm
    spread = max(lamp.size, 0.012)
    corners = place.corners
    # From the lamp through each corner to the wall, then as the camera sees it.
    share = (key[2] + wall) / np.maximum(key[2] - corners[:, 2], 1.0)
    on = key + (corners - key) * share[:, None]
    reach = _SOFTEST * spread * float((np.linalg.norm(on - corners, axis=1)).max()) * 1.5 + 2
    low, high = on[:, :2].min(axis=0) - reach, on[:, :2].max(axis=0) + reach
    scale = 1 / (place.pixel * (place.distance + wall))
    left, right = place.centre[0] + scale * low[0], place.centre[0] + scale * high[0]
    top, bottom = place.centre[1] - scale * high[1], place.centre[1] - scale * low[1]
    x, y = int(np.floor(left)), int(np.floor(top))
    return CardShadow(
        uniforms={
            "u_key": tuple(place.to_face @ key),
            "u_world": tuple(float(n) for n in place.to_face.T.ravel()),
            "u_wall": (place.distance + wall, wall, spread, _DARK),
        },
        rectangle=(x, y, int(np.ceil(right)) - x, int(np.ceil(bottom)) - y),
    )


def around(outer: Rectangle, inner: Rectangle) -> list[Rectangle]:
    """``outer`` without ``inner``, as rectangles (left, top, width, height) of some size that do not overlap."""
    left, top, width, height = overlap(inner, outer)
    if width <= 0 or height <= 0:
        return [outer]
    right, bottom = outer[0] + outer[2], outer[1] + outer[3]
    found = [
        (outer[0], outer[1], outer[2], top - outer[1]),
        (outer[0], top + height, outer[2], bottom - top - height),
        (outer[0], top, left - outer[0], height),
        (left + width, top, right - left - width, height),
    ]
    return [one for one in found if one[2] > 0 and one[3] > 0]
