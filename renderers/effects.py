"""Blur, drop shadow and glow of layers.

A layer is drawn once more for each effect, as coarse as the effect is soft, on a grid that is fixed to the picture
and with room about the tile, so that neither tiles nor sizes of the picture show. Effects have a depth: that of the
layer's nearest surface within their reach. So they fall on what is behind the layer and not on what is before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import ceil, floor, log2

import moderngl

from renderers.layers import LayerPass
from renderers.matrices import cropped
from renderers.programs import Programs, put
from renderers.screen import Screen
from renderers.shot import Rectangle, Shot
from renderers.stage import Group
from renderers.targets import Canvas, Canvases

_SOFTEST = 5.0  # texels of standard deviation; half of it at least, where the picture's own texels allow
_SHARPEST = 0.6  # pixels of standard deviation: an edge without steps
_KEPT = 4  # layers whose maps are kept from sample to sample
_SOURCE_UNIT = 14


class Kind(Enum):
    """What a blurred layer is for."""

    BLUR = "blur"
    SHADOW = "shadow"
    GLOW = "glow"


@dataclass(frozen=True, kw_only=True, eq=False)
class SoftLayer:
    """A layer as an effect sees it. ``colour`` holds premultiplied colours and ``near`` depths, of which ``used``
    texels from the first row on are the rectangle ``place`` of the picture, the top row first.
    """

    colour: moderngl.Texture
    near: moderngl.Texture
    place: Rectangle
    used: tuple[int, int]


class EffectPass:
    """Draws the maps of one context."""

    def __init__(
        self, context: moderngl.Context, programs: Programs, canvases: Canvases, screen: Screen, layers: LayerPass
    ) -> None:
        self._context, self._programs, self._canvases = context, programs, canvases
        self._screen, self._layers = screen, layers
        self._made: dict[str, tuple[tuple[Shot, Rectangle, int], SoftLayer]] = {}

    def soft(
        self,
        shot: Shot,
        area: Rectangle,
        number: int,
        kind: Kind,
        radius: float,
        offset: tuple[float, float] = (0, 0),
    ) -> SoftLayer:
        """Group ``number`` of the stage blurred by ``radius`` for one ``kind`` of effect, as far as it shows in
        ``area`` when it is moved by ``offset`` (both as shares of the picture's height). Valid until another view or
        area is drawn, or a fifth layer.
        """
        key = (shot, area, number)
        slot = f"{number % _KEPT}-{kind.value}"
        known = self._made.get(slot)
        if known is not None and known[0] == key:
            return known[1]
        made = self._draw(shot, area, shot.stage.groups[number], deviation(shot, radius), offset, slot)
        self._made[slot] = key, made
        return made

    def forget(self) -> None:
        """Lets go of the last view."""
        self._made.clear()

    def _draw(
        self,
        shot: Shot,
        area: Rectangle,
        group: Group,
        sigma: float,
        offset: tuple[float, float],
        slot: str,
    ) -> SoftLayer:
        size = shot.target.width, shot.target.height
        texel = 2 ** max(floor(log2(sigma / (_SOFTEST / 2))), 0)  # pixels
        margin = (ceil(3 * sigma / texel) + 1) * texel
        right, down = (share * shot.target.height for share in offset)
        left = floor((area[0] - right - margin) / texel) * texel
        top = floor((area[1] - down - margin) / texel) * texel
        width = ceil((area[0] + area[2] - right + margin - left) / texel)
        height = ceil((area[1] + area[3] - down + margin - top) / texel)
        place = left, top, width * texel, height * texel
        clip = cropped(shot.clip, size, place, (0.0, 0.0)) @ shot.turn
        drawn = self._layers.draw(shot, group, clip, (2 * width, 2 * height), "effect")
        colour, spare = (
            self._canvases.get(f"{role}-{slot}", width, height, channels="rgba16") for role in ("soft", "spare")
        )
        near, far = (self._canvases.get(f"{role}-{slot}", width, height, channels="r32") for role in ("near", "far"))
        self._context.enable_only(moderngl.NOTHING)
        colour.use(width, height)
        self._screen.resolve(drawn, 2, (width, height), (0, 0), 1.0)
        assert drawn.depth is not None
        near.use(width, height)
        self._nearest(drawn.depth, (width, height), (0, 0), 0)
        taps = ceil(3 * sigma / texel)
        for step, (a, b), (c, d) in (((1, 0), (colour, spare), (near, far)), ((0, 1), (spare, colour), (far, near))):
            b.use(width, height)
            self._soften(a, (width, height), step, sigma / texel)
            d.use(width, height)
            self._nearest(c.colour, (width, height), step, taps)
        self._smooth(near, slot, (width, height), sigma / texel)
        colour.colour.filter = (moderngl.LINEAR, moderngl.LINEAR)
        return SoftLayer(colour=colour.colour, near=near.colour, place=place, used=(width, height))

    def _soften(self, source: Canvas, size: tuple[int, int], step: tuple[int, int], sigma: float) -> None:
        program = self._programs.screen("soften.frag")
        source.colour.use(_SOURCE_UNIT)
        put(program, u_source=_SOURCE_UNIT, u_last=(size[0] - 1, size[1] - 1), u_step=step, u_sigma=sigma)
        self._programs.over_viewport(program)

    def _smooth(self, near: Canvas, slot: str, size: tuple[int, int], sigma: float) -> None:
        """Takes the steps out of nearest depths. They stay before the layer: each was the nearest of a window that
        holds all places to which the blur takes it.
        """
        sums = self._canvases.get(f"sums-{slot}", *size, channels="rg32")
        for source, target, switches in ((near, sums, {"ACROSS": 1}), (sums, near, {})):
            target.use(*size)
            program = self._programs.screen("nearest_soft.frag", switches)
            source.colour.use(_SOURCE_UNIT)
            put(program, u_source=_SOURCE_UNIT, u_last=(size[0] - 1, size[1] - 1), u_sigma=sigma)
            self._programs.over_viewport(program)

    def _nearest(self, source: moderngl.Texture, size: tuple[int, int], step: tuple[int, int], taps: int) -> None:
        program = self._programs.screen("nearest.frag", {"HALVED": 1} if step == (0, 0) else {})
        source.use(_SOURCE_UNIT)
        put(program, u_source=_SOURCE_UNIT, u_last=(size[0] - 1, size[1] - 1), u_step=step, u_taps=taps)
        self._programs.over_viewport(program)


def deviation(shot: Shot, radius: float) -> float:
    """The standard deviation in pixels of a blur that ends ``radius`` (a share of the height) from an edge."""
    return max(radius * shot.target.height / 2, _SHARPEST)


def reach(shot: Shot, group: Group) -> int:
    """Pixels that the effects of a group may draw beyond its surfaces."""
    effects = group.effects
    if effects is None:
        return 0
    most = 3 * deviation(shot, effects.blur) if effects.blur else 0.0
    if effects.glow is not None:
        most = max(most, 3 * deviation(shot, effects.glow.radius))
    if effects.shadow is not None:
        far = max(abs(share) for share in effects.shadow.offset) * shot.target.height
        most = max(most, far + 3 * deviation(shot, effects.shadow.radius))
    return ceil(most)


def placed(
    soft: SoftLayer, shot: Shot, area: Rectangle, shift: tuple[float, float], offset: tuple[float, float]
) -> tuple[float, float, float, float]:
    """Factors (x, y) and summands (x, y) from a sample's place in the canvas of ``area``, whose rows run from the
    bottom, to texels of the map.
    """
    grid = shot.sampling.grid
    texel = soft.place[2] / soft.used[0]
    right, down = (share * shot.target.height for share in offset)
    return (
        1 / (grid * texel),
        -1 / (grid * texel),
        (area[0] - shift[0] - right - soft.place[0]) / texel,
        (area[1] + area[3] + shift[1] - down - soft.place[1]) / texel,
    )
