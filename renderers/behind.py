"""What bodies that transmit light show through themselves: all that is solid, drawn once a view.

The whole picture at once, with smaller levels of itself, so that a rough body scatters the same light in whichever
tile it lies. Other bodies that transmit, blended surfaces and layers are not in it (as the glTF extension advises).
"""

from __future__ import annotations

from collections.abc import Callable

import moderngl
import numpy as np

from renderers.matrices import cropped
from renderers.sampling import tiles
from renderers.screen import Screen
from renderers.shot import Rectangle, Shot
from renderers.surface_pass import SurfacePass
from renderers.surfaces import Behind, Part
from renderers.targets import Canvases
from renderers.underlay import Underlay

_MOST = 1 << 24  # texels; a larger picture is shrunk by a power of two
_UPSIDE_DOWN = np.diag([1.0, -1.0, 1.0, 1.0])  # the texture's first row is the picture's top


class BehindPass:
    """Draws it for one context."""

    def __init__(
        self,
        context: moderngl.Context,
        canvases: Canvases,
        screen: Screen,
        surfaces: SurfacePass,
        underlay: Underlay,
        tick: Callable[[], None],
    ) -> None:
        self._context, self._canvases, self._tick = context, canvases, tick
        self._screen, self._surfaces, self._underlay = screen, surfaces, underlay

    def draw(self, shot: Shot) -> Behind | None:
        """The view without what transmits; None when nothing does."""
        stage = shot.stage
        if not any(item.surface.transmits for item in stage.items):
            return None
        items = [item for item in stage.plain if not item.surface.transmits]
        size = shot.target.width, shot.target.height
        grid = shot.sampling.grid
        shrink = 1
        while size[0] * size[1] * (grid / shrink) ** 2 > _MOST:
            shrink *= 2
        width, height = (max(side * grid // shrink, 1) for side in size)
        whole = self._canvases.get("behind", width, height, channels="levels")
        pieces = tiles(shot.target)
        for piece in pieces:
            if len(pieces) > 1:
                self._tick()
            left, top, w, h = piece
            under = self._canvases.get("behind-under", w, h, channels="rgba16")
            under.use(w, h)
            under.buffer.clear(0, 0, 0, 0, viewport=(0, 0, w, h))
            self._underlay.draw(shot, piece)
            canvas = self._canvases.get("samples", w * grid, h * grid, depth=True)
            canvas.use(w * grid, h * grid)
            canvas.buffer.clear(0, 0, 0, 0, depth=1.0, viewport=(0, 0, w * grid, h * grid))
            self._context.enable_only(moderngl.NOTHING)
            self._screen.copy(under, (0, 0, h, grid))
            self._surfaces.draw(shot, items, cropped(shot.clip, size, piece, (0.0, 0.0)) @ shot.turn, Part.SOLID)
            place: Rectangle = left * grid // shrink, top * grid // shrink, w * grid // shrink, h * grid // shrink
            whole.use(width, height)
            whole.buffer.viewport = whole.buffer.scissor = place
            self._context.enable_only(moderngl.NOTHING)
            self._screen.resolve(canvas, shrink, place[2:], place[:2], 1.0)
        whole.colour.build_mipmaps()
        # A last texel that the picture fills in part only is left out.
        part = grid * size[0] / (width * shrink), grid * size[1] / (height * shrink)
        return Behind(texture=whole.colour, part=part, clip=_UPSIDE_DOWN @ shot.clip)
