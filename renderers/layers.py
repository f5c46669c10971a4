"""One layer drawn by itself, before it is laid over what is behind it."""

from __future__ import annotations

from renderers.fragments import Fragments
from renderers.matrices import Matrix
from renderers.screen import Screen
from renderers.shot import Rectangle, Shot
from renderers.stage import Group
from renderers.surface_pass import SurfacePass
from renderers.surfaces import Part
from renderers.targets import Canvas, Canvases


class LayerPass:
    """Draws layers for one context."""

    def __init__(self, canvases: Canvases, screen: Screen, surfaces: SurfacePass, lists: Fragments) -> None:
        self._canvases, self._screen, self._surfaces, self._lists = canvases, screen, surfaces, lists

    def draw(
        self,
        shot: Shot,
        group: Group,
        clip: Matrix,
        size: tuple[int, int],
        role: str,
        *,
        inside: Rectangle | None = None,
        under: Canvas | None = None,
    ) -> Canvas:
        """The group in the canvas of ``role``, of which ``size`` texels are used: colour, and depth of the nearest
        surface. Only what is ``inside`` (left, bottom, width, height) is drawn. ``under`` hides what lies behind it.
        """
        inside = inside or (0, 0, *size)
        width, height = size
        layer = self._canvases.get(role, width, height, depth=True)
        layer.use(width, height)
        layer.buffer.clear(0, 0, 0, 0, depth=1.0, viewport=inside)
        layer.buffer.scissor = inside
        if under is not None:
            self._screen.copy_depth(under)
        self._surfaces.draw(shot, group.items, clip, Part.SOLID)
        if any(item.surface.blended for item in group.items):

            def collect(band: Rectangle) -> None:
                layer.seal(width, height, band)
                self._surfaces.draw(shot, group.items, clip, Part.CLEAR, self._lists)

            self._lists.compose(size, inside, collect, lambda: self._lists.lay(depth=True), layer)
        return layer
