"""What a card renderer draws: frozen, renderer-neutral, and already decided.

Pictures cover the trimmed card exactly, top row first; corners are cut by the geometry. All pictures of one card have
one size. Millimetres from the card's middle, x right, y up, z towards the viewer of the front.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assets.foil import Foil
from assets.scene import Background, Frame, Target

Picture = NDArray[np.uint8]
"""uint8[h, w, 4], sRGB, straight alpha."""

Mask = NDArray[np.uint8]
"""uint8[h, w]; 255 is all of it."""


class CardMap(StrEnum):
    """The flat pictures of a card's front that other programs and presses take."""

    FOIL = "foil"  # 0..255: how much foil
    NORMAL = "normal"  # tangent space, OpenGL's convention (+Y up)
    HEIGHT = "height"  # 0..255 from the lowest to the highest
    DEPTH = "depth"  # 255 is the surface, 0 is :attr:`CardScene.depth_mm` behind it
    DIRECTION = "direction"  # red, green: unit vector across the grooves; blue: how much grating there is


@dataclass(frozen=True, kw_only=True, eq=False)
class Plane:
    """A part of the front that seems to lie ``depth_mm`` behind the surface."""

    name: str  # "art", "frame", "text", …
    picture: Picture
    depth_mm: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """A foil and where it is. ``intensity`` is decided already."""

    foil: Foil
    mask: Mask
    intensity: float


@dataclass(frozen=True, kw_only=True)
class Lamps:
    """The light of a card stand, see :class:`assets.card.Stand`."""

    preset: str = "studio"
    turn: float = 0.0  # degrees
    exposure: float = 0.0  # stops
    shadow: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class CardScene:
    """One card. ``front`` lists the planes of the front, lowest first, the last at depth 0 (frame and texts);
    together they are opaque. ``frames`` (two or more, or none) replace the planes called "art" under lenses.
    ``varnish`` is the roughness of the clear coat: 0.05 gloss, 0.25 satin, 0.55 matte. Colours are sRGB hex.
    ``digest`` names the content: equal digest, equal pixels.
    """

    width_mm: float
    height_mm: float
    radius_mm: float
    thickness_mm: float
    core: str
    core_line: str | None
    front: tuple[Plane, ...]
    back: Picture
    frames: tuple[Picture, ...]
    sheets: tuple[Sheet, ...]
    varnish: float
    lamps: Lamps
    background: Background
    digest: str

    @property
    def depth_mm(self) -> float:
        """How far behind the surface the deepest plane lies."""
        return max((plane.depth_mm for plane in self.front), default=0.0)


@dataclass(frozen=True, kw_only=True)
class CardView:
    """How the card is held, in degrees: ``yaw`` turns its right side away from the viewer, ``pitch`` its top side,
    ``roll`` counter-clockwise; applied roll, pitch, yaw. yaw = 180 shows the back. The camera stands still: the
    untilted card fills ``fill`` of the frame's tighter side, seen with ``fov`` degrees across its height.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    fill: float = 0.86
    fov: float = 16.0


class CardRenderer(Protocol):
    """Cards in, frames out; see :class:`assets.scene.Renderer`."""

    def cards(
        self, scene: CardScene, views: Iterator[CardView] | tuple[CardView, ...], target: Target
    ) -> Iterator[Frame]:
        """One frame for each view, in order. A yielded array is valid until the next one is asked for."""

    def card_map(self, scene: CardScene, kind: CardMap, width: int, height: int) -> NDArray[np.uint8]:
        """uint8[height, width] (FOIL, HEIGHT, DEPTH) or uint8[height, width, 3] (NORMAL, DIRECTION)."""
