"""Passes over whole rectangles: samples to pixels, and copies."""

from __future__ import annotations

from types import MappingProxyType

import moderngl

from assets.scene import Blend
from renderers.programs import Programs, put
from renderers.targets import Canvas

OVER = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
"""Premultiplied colour over what is there."""

_SOURCE_UNIT, _EDGES_UNIT = 14, 15
BLENDS = MappingProxyType({Blend.NORMAL: 0, Blend.MULTIPLY: 1, Blend.SCREEN: 2, Blend.OVERLAY: 3, Blend.ADD: 4})
"""The numbers of blend.glsl."""


class Screen:
    """The passes of one context. Each draws into the canvas in use."""

    def __init__(self, context: moderngl.Context, programs: Programs) -> None:
        self._context, self._programs = context, programs

    def resolve(
        self,
        samples: Canvas,
        grid: int,
        size: tuple[int, int],
        origin: tuple[int, int],
        weight: float,
        *,
        edges: Canvas | None = None,
    ) -> None:
        """Adds the means of ``grid`` x ``grid`` samples times ``weight`` to the canvas in use, rows turned over;
        where there are no ``edges`` the weight is 1.
        """
        program = self._programs.screen("resolve.frag", {"GRID": grid} | ({"EDGES": 1} if edges else {}))
        samples.colour.use(_SOURCE_UNIT)
        if edges is not None:
            edges.colour.use(_EDGES_UNIT)
            put(program, u_edges=_EDGES_UNIT)
        put(program, u_samples=_SOURCE_UNIT, u_size=size, u_origin=origin, u_weight=weight)
        self._programs.over_viewport(program)

    def copy(self, source: Canvas, mapping: tuple[int, int, int, int]) -> None:
        """Copies texels; ``mapping`` is that of ``copy.frag``."""
        program = self._programs.screen("copy.frag")
        source.colour.use(_SOURCE_UNIT)
        put(program, u_source=_SOURCE_UNIT, u_map=mapping)
        self._programs.over_viewport(program)

    def copy_depth(self, source: Canvas, *, fill: tuple[float, float, float, float] = (0.0,) * 4) -> None:
        """Copies the depth to the canvas in use; its colours become ``fill``."""
        assert source.depth is not None
        self._context.enable_only(moderngl.DEPTH_TEST)
        self._context.depth_func = "1"
        program = self._programs.screen("depth_copy.frag")
        source.depth.use(_SOURCE_UNIT)
        put(program, u_source=_SOURCE_UNIT, u_fill=fill)
        self._programs.over_viewport(program)
        self._context.depth_func = "<"

    def straight(self, source: Canvas) -> None:
        """Writes premultiplied colours with straight alpha."""
        self._context.enable_only(moderngl.NOTHING)
        program = self._programs.screen("straight.frag")
        source.colour.use(_SOURCE_UNIT)
        put(program, u_source=_SOURCE_UNIT)
        self._programs.over_viewport(program)
