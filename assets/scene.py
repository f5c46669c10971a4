"""What a renderer draws: frozen, renderer-neutral, and already decided.

A :class:`Scene` is flat: posed triangles with world matrices, one environment, one background. Cameras are
apart in :class:`View`, because a turntable draws one scene from many of them.
Axes and units are those of :mod:`assets.model`. Angles are radians unless a name says degrees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from assets.model import Primitive

if TYPE_CHECKING:  # a scene as data needs no decoder of light
    from assets.environments import Environment

Frame = NDArray[np.uint8]
"""uint8[h, w, 4], sRGB with straight (not premultiplied) alpha, top row first."""


class Blend(StrEnum):
    """How a layer goes over what is behind it (W3C compositing names)."""

    NORMAL = "normal"
    MULTIPLY = "multiply"
    SCREEN = "screen"
    OVERLAY = "overlay"
    ADD = "add"


class Tone(StrEnum):
    """How scene light becomes display light."""

    NEUTRAL = "neutral"  # Khronos PBR Neutral: a fabric's colour is the one that was asked for
    ACES = "aces"  # the film look of ACES (Hill's fit), as other viewers offer it


class Quality(StrEnum):
    """What a frame may cost; closed into the spec at intake and part of every hash."""

    DRAFT = "draft"  # no AA to speak of, small shadow map
    PREVIEW = "preview"  # good AA, for thumbnails and turntables
    FINAL = "final"  # the best stills


@dataclass(frozen=True, kw_only=True)
class DropShadow:
    """A layer's silhouette behind it. ``radius`` is how far its edge fades out on either side, ``offset`` how far
    it lies to the right and down; shares of the picture's height. ``colour`` is sRGB hex.
    """

    colour: str = "#000000"
    opacity: float = 0.35
    radius: float = 0.02
    offset: tuple[float, float] = (0.0, 0.01)


@dataclass(frozen=True, kw_only=True)
class Glow:
    """Light about a layer, strongest at its edge and gone ``radius`` (a share of the picture's height) from it."""

    colour: str = "#ffffff"
    opacity: float = 0.75
    radius: float = 0.02


@dataclass(frozen=True, kw_only=True)
class Effects:
    """What is done to a layer as a whole. ``blur`` is how far its edges fade out on either side, as a share of the
    picture's height, so that all sizes of a picture look alike. A shadow and a glow lie behind the layer, on all that
    is behind it and on the layers under it, and not on what is before it or on layers over it.
    """

    blur: float = 0.0
    shadow: DropShadow | None = None
    glow: Glow | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Draw:
    """One primitive at one place. ``matrix`` float64[4, 4] takes its vertices to the world.

    ``layer`` groups draws; ``opacity``, ``blend`` and ``effects`` hold for the layer as a whole, so that an outfit at
    half opacity does not show its own inside. ``name`` is that of the node, or of its mesh.
    """

    primitive: Primitive
    matrix: NDArray[np.float64]
    layer: str = ""
    name: str = ""
    opacity: float = 1.0
    blend: Blend = Blend.NORMAL
    effects: Effects | None = None


@dataclass(frozen=True, kw_only=True)
class Background:
    """None colours are transparent. Colours are sRGB hex "#rrggbb" (0..255 code values, shown untouched).

    ``top`` alone is solid; ``top`` and ``bottom`` are a vertical gradient.
    """

    top: str | None = None
    bottom: str | None = None


@dataclass(frozen=True, kw_only=True)
class Lighting:
    """A named studio (``assets.environments``), or an environment in its place; its turn about +Y and its exposure
    in stops.
    """

    studio: str = "softbox"
    environment: Environment | None = None
    rotation: float = 0.0
    exposure: float = 0.0
    ground_shadow: bool = True
    tone: Tone = Tone.NEUTRAL


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """Draws in the order of their layers, bottom first. ``digest`` names the content for GPU caches: equal
    digest, equal draws.
    """

    draws: tuple[Draw, ...]
    digest: str
    lighting: Lighting = Lighting()
    background: Background = Background()


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A pinhole or an orthographic camera. ``fov_y`` is the full vertical angle (radians); ``ortho_height``
    is the visible height in metres and, when set, makes the camera orthographic.
    """

    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    up: tuple[float, float, float] = (0.0, 1.0, 0.0)
    fov_y: float = 0.5235987755982988
    ortho_height: float | None = None
    near: float = 0.01
    far: float = 100.0


@dataclass(frozen=True, kw_only=True)
class View:
    """A camera, and how far the design has turned about the vertical axis (radians, counter-clockwise seen
    from above) through ``pivot`` while the light and the ground stand still.
    """

    camera: Camera
    turn: float = 0.0
    pivot: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Target:
    """The picture's size in pixels and what it may cost."""

    width: int
    height: int
    quality: Quality = Quality.FINAL


class Renderer(Protocol):
    """Scene in, frames out. Not thread-safe: one renderer belongs to one thread of one process."""

    @property
    def device(self) -> str:
        """The device class that goes into hashes, such as "llvmpipe (LLVM 15.0.6, 256 bits)"."""

    @property
    def cached_bytes(self) -> int:
        """Bytes of meshes and textures that stay on the device between frames."""

    def frames(self, scene: Scene, views: Iterator[View] | tuple[View, ...], target: Target) -> Iterator[Frame]:
        """One frame for each view, in order. A yielded array is valid until the next one is asked for."""

    def close(self) -> None:
        """Frees the device's memory; the renderer cannot be used afterwards."""
