"""All draws of a rectangle for one sample position: what is solid, then what lets light through, by depth."""

from __future__ import annotations

import moderngl

from assets.scene import Blend
from renderers.fragments import Fragments
from renderers.matrices import Matrix, cropped
from renderers.programs import Programs, put
from renderers.screen import BLENDS, Screen
from renderers.shot import Rectangle, Shot
from renderers.stage import Group
from renderers.surface_pass import SurfacePass
from renderers.surfaces import Part
from renderers.targets import Canvas, Canvases

_LAYER_UNIT, _DEPTH_UNIT = 14, 15
_Band = tuple[int, int, int, int]


class Samples:
    """Draws them for one context."""

    def __init__(
        self, context: moderngl.Context, programs: Programs, canvases: Canvases, screen: Screen, surfaces: SurfacePass
    ) -> None:
        self._context, self._programs, self._canvases = context, programs, canvases
        self._screen, self._surfaces = screen, surfaces
        self._lists = Fragments(context, programs)
        self._inner = Fragments(context, programs)  # of one layer, while the others' lists are being filled

    def draw(self, shot: Shot, area: Rectangle, piece: Rectangle, shift: tuple[float, float], out: Canvas) -> Canvas:
        """A canvas of ``grid`` texels a pixel, bottom row first, that holds ``area`` at one shift. When the shot
        is :attr:`Shot.laid` it has what is in ``out``, the canvas of ``piece``, under it.
        """
        context = self._context
        stage, grid = shot.stage, shot.sampling.grid
        width, height = area[2] * grid, area[3] * grid
        clip = cropped(shot.clip, (shot.target.width, shot.target.height), area, shift) @ shot.turn
        canvas = self._canvases.get("samples", width, height, depth=True)
        canvas.use(width, height)
        canvas.buffer.clear(0, 0, 0, 0, depth=1.0, viewport=(0, 0, width, height))
        if shot.laid:
            context.enable_only(moderngl.NOTHING)
            self._screen.copy(out, (area[0] - piece[0], area[1] - piece[1], area[3], grid))
        self._surfaces.draw(shot, stage.plain, clip, Part.SOLID)
        if not stage.groups and not any(item.surface.blended for item in stage.plain):
            return canvas

        def collect(band: _Band) -> None:
            self._collect(shot, clip, canvas, (width, height), band)

        if all(group.blend is Blend.NORMAL for group in stage.groups):
            self._lists.compose((width, height), collect, self._lists.lay, canvas)
            return canvas
        mixed = self._canvases.get("mixed", width, height)
        self._lists.compose((width, height), collect, lambda: self._lists.lay_over(canvas), mixed, everywhere=True)
        return mixed

    def release(self) -> None:
        """Frees the lists."""
        self._lists.release()
        self._inner.release()

    def _collect(self, shot: Shot, clip: Matrix, canvas: Canvas, size: tuple[int, int], band: _Band) -> None:
        """Puts what lies before the solid surfaces into the lists: surfaces by themselves, layers as a whole."""
        canvas.seal(*size, band)
        self._surfaces.draw(shot, shot.stage.plain, clip, Part.CLEAR, self._lists)
        for group in shot.stage.groups:
            layer = self._layer(shot, group, clip, canvas, size)
            canvas.seal(*size, band)
            self._context.enable_only(moderngl.NOTHING)
            program = self._programs.screen("layer_fragment.frag")
            assert layer.depth is not None
            layer.colour.use(_LAYER_UNIT)
            layer.depth.use(_DEPTH_UNIT)
            put(program, u_layer=_LAYER_UNIT, u_depth=_DEPTH_UNIT, u_opacity=group.opacity)
            self._lists.offer(program, group.rank, BLENDS[group.blend])
            self._programs.over_viewport(program)

    def _layer(self, shot: Shot, group: Group, clip: Matrix, canvas: Canvas, size: tuple[int, int]) -> Canvas:
        """The group alone, as far as nothing solid hides it, with the depth of its nearest surface."""
        width, height = size
        layer = self._canvases.get("layer", width, height, depth=True)
        layer.use(width, height)
        layer.buffer.clear(0, 0, 0, 0, depth=1.0, viewport=(0, 0, width, height))
        self._screen.copy_depth(canvas)
        self._surfaces.draw(shot, group.items, clip, Part.SOLID)
        if any(item.surface.blended for item in group.items):

            def collect(band: _Band) -> None:
                layer.seal(width, height, band)
                self._surfaces.draw(shot, group.items, clip, Part.CLEAR, self._inner)

            self._inner.compose(size, collect, lambda: self._inner.lay(depth=True), layer)
        return layer
