"""Flat pictures of a card's front for other programs and presses, from the same patterns as the rendered card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from assets.card_scene import CardMap, CardScene
from renderers.card_dress import Wardrobe
from renderers.card_sheets import VARNISH_MM
from renderers.programs import Programs, put
from renderers.targets import Canvases

_KINDS: Final[Mapping[CardMap, int]] = MappingProxyType(
    {CardMap.FOIL: 0, CardMap.NORMAL: 1, CardMap.HEIGHT: 2, CardMap.DIRECTION: 3}
)
_BARE: Final[Mapping[CardMap, tuple[int, int, int]]] = MappingProxyType(
    {
        CardMap.FOIL: (0, 0, 0),
        CardMap.NORMAL: (128, 128, 255),
        CardMap.HEIGHT: (0, 0, 0),
        CardMap.DIRECTION: (255, 128, 0),
    }
)
_TILE = 1024
_SHEETS_BLOCK = 2

Map = NDArray[np.uint8]


class CardMaps:
    """Draws maps with one context."""

    def __init__(
        self,
        context: moderngl.Context,
        programs: Programs,
        canvases: Canvases,
        wardrobe: Wardrobe,
        tick: Callable[[], None],
    ) -> None:
        self._context, self._programs, self._canvases = context, programs, canvases
        self._wardrobe, self._tick = wardrobe, tick

    def draw(self, scene: CardScene, kind: CardMap, width: int, height: int) -> Map:
        """See :meth:`assets.card_scene.CardRenderer.card_map`. Raises RendererError ``renderer.bad_card``."""
        dress = self._wardrobe.front(scene)
        if kind is CardMap.DEPTH:
            return _depth(scene, width, height)
        found = np.empty((height, width, 3), np.uint8)
        if not scene.sheets:
            found[:] = _BARE[kind]
            return _channels(found, kind)
        program = self._programs.screen("card_map.frag", dress.switches | {"KIND": _KINDS[kind]})
        sheets = self._context.buffer(dress.sheets.tobytes())
        self._context.enable_only(moderngl.NOTHING)
        try:
            sheets.bind_to_uniform_block(_SHEETS_BLOCK)
            slab = (scene.width_mm / 2, scene.height_mm / 2, scene.radius_mm, scene.thickness_mm / 2)
            put(program, **dress.uniforms, u_slab=slab, u_size=(width, height), u_height=highest(scene))
            for top in range(0, height, _TILE):
                for left in range(0, width, _TILE):
                    self._tick()
                    piece = (left, top, min(_TILE, width - left), min(_TILE, height - top))
                    found[top : top + piece[3], left : left + piece[2]] = self._tile(program, piece)
        finally:
            sheets.release()
        return _channels(found, kind)

    def _tile(self, program: moderngl.Program, piece: tuple[int, int, int, int]) -> Map:
        _, _, width, height = piece
        out = self._canvases.get("out", width, height)
        out.use(width, height)
        put(program, u_tile=tuple(float(n) for n in piece))
        self._programs.over_viewport(program)
        part = np.empty((height, width, 4), np.uint8)
        out.buffer.read_into(part.data, viewport=(0, 0, width, height), components=4)
        return part[..., :3]


def highest(scene: CardScene) -> float:
    """Millimetres between the lowest and the highest of all reliefs of a card, one on the other."""
    heights = (
        s.foil.relief.height_mm if s.foil.relief else VARNISH_MM if s.foil.varnish else 0.0 for s in scene.sheets
    )
    return float(sum(heights))


def _depth(scene: CardScene, width: int, height: int) -> Map:
    """How deep the plane lies that is seen at each pixel."""
    depth = np.full((height, width), scene.front[0].depth_mm, np.float32)
    for plane in scene.front[1:]:
        size = (width, height)
        shrinks = plane.picture.shape[1] > width
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        alpha = cv2.resize(plane.picture[..., 3], size, interpolation=how).astype(np.float32) / 255
        depth += (plane.depth_mm - depth) * alpha
    share = depth / max(scene.depth_mm, 1e-6)
    return np.asarray(np.rint(255 * (1 - share)), dtype=np.uint8)


def _channels(found: Map, kind: CardMap) -> Map:
    return np.ascontiguousarray(found[..., 0]) if kind in (CardMap.FOIL, CardMap.HEIGHT) else found
