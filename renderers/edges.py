"""More samples where they are seen: passes after the first shade only pixels that the first found an edge in.

Inside a smoothly shaded surface four samples have the mean of sixteen; outlines, folds and fine patterns get all of
them. What is not an edge is kept from being shaded by the depth buffer, which costs next to nothing.
"""

from __future__ import annotations

import moderngl

from renderers.programs import Programs, put
from renderers.shot import Shot
from renderers.targets import Canvas, Canvases

CONTRAST = 10 / 255
"""Samples of a pixel and its corners that differ by more, in any channel, are an edge."""

_UNIT = 14


def adaptive(shot: Shot) -> bool:
    """True if what the first pass sees tells about the others: all is solid, and nothing shows through."""
    stage = shot.stage
    several = len(shot.sampling.shifts) > 1
    return several and not shot.laid and not stage.groups and not any(i.surface.blended for i in stage.items)


class EdgePass:
    """Finds edges and keeps everything else from being drawn, for one context."""

    def __init__(self, context: moderngl.Context, programs: Programs, canvases: Canvases) -> None:
        self._context, self._programs, self._canvases = context, programs, canvases

    def find(self, samples: Canvas, grid: int, size: tuple[int, int]) -> Canvas:
        """A canvas that is 1 at edges, a texel for each of ``size`` pixels, bottom row first like ``samples``."""
        edges = self._canvases.get("edges", *size)
        edges.use(*size)
        self._context.enable_only(moderngl.NOTHING)
        program = self._programs.screen("edges.frag", {"GRID": grid})
        samples.colour.use(_UNIT)
        put(program, u_samples=_UNIT, u_contrast=CONTRAST)
        self._programs.over_viewport(program)
        return edges

    def keep(self, edges: Canvas, grid: int) -> None:
        """Lets only edges be drawn into the canvas in use, which becomes empty."""
        self._context.enable_only(moderngl.DEPTH_TEST)
        self._context.depth_func = "1"
        program = self._programs.screen("edges_depth.frag", {"GRID": grid})
        edges.colour.use(_UNIT)
        put(program, u_edges=_UNIT)
        self._programs.over_viewport(program)
        self._context.depth_func = "<"
