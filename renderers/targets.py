"""Framebuffers that are kept and used again for pictures of the same or a smaller size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import moderngl

CHANNELS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "rgba8": (4, "f1"),
        "rgba16": (4, "f2"),
        "levels": (4, "f1"),  # with room for smaller levels of itself
        "rg32": (2, "f4"),
        "4x32": (4, "f4"),
        "r32": (1, "f4"),
        "r8": (1, "f1"),
    }
)
"""Count and moderngl's type (f1 normalised bytes, f2 and f4 floats)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Canvas:
    """A colour texture, its depth when it has one, and the framebuffer over both."""

    colour: moderngl.Texture
    depth: moderngl.Texture | None
    buffer: moderngl.Framebuffer
    sealed: moderngl.Framebuffer | None  # over the depth alone, which it does not change

    def use(self, width: int, height: int) -> None:
        """Draws into the lower left ``width`` x ``height`` texels."""
        self.buffer.use()
        self.buffer.viewport = (0, 0, width, height)
        self.buffer.scissor = (0, 0, width, height)

    def seal(self, width: int, height: int, band: tuple[int, int, int, int]) -> None:
        """Draws like :meth:`use`, inside ``band`` (left, bottom, width, height), but neither colour nor depth;
        surfaces are still tested against the depth.
        """
        assert self.sealed is not None
        self.sealed.use()
        self.sealed.viewport = (0, 0, width, height)
        self.sealed.scissor = band

    def release(self) -> None:
        """Frees everything."""
        self.buffer.release()
        if self.sealed is not None:
            self.sealed.release()
        self.colour.release()
        if self.depth is not None:
            self.depth.release()


class Canvases:
    """Canvases by role. One that is too small, or far too large, is replaced."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._kept: dict[str, Canvas] = {}

    def get(self, role: str, width: int, height: int, *, channels: str = "rgba8", depth: bool = False) -> Canvas:
        """A canvas of at least this size with the ``channels`` of CHANNELS. Maps (all but "rgba") are read by
        0..1 over the whole canvas, so they get exactly this size and linear filtering.
        """
        kept = self._kept.get(role)
        if kept is not None:
            w, h = kept.colour.size
            exact = not channels.startswith("rgba")
            if (w, h) == (width, height) if exact else w >= width and h >= height and w * h <= 4 * width * height:
                return kept
            kept.release()
        count, dtype = CHANNELS[channels]
        colour = self._context.texture((width, height), count, dtype=dtype)
        mode = moderngl.NEAREST if channels.startswith("rgba") else moderngl.LINEAR
        colour.filter = (mode, mode)
        colour.repeat_x = colour.repeat_y = False
        z = self._context.depth_texture((width, height)) if depth else None
        if z is not None:
            z.compare_func = ""
            z.filter = (moderngl.NEAREST, moderngl.NEAREST)
        sealed = self._context.framebuffer(depth_attachment=z) if z is not None else None
        if sealed is not None:
            sealed.depth_mask = False
        made = Canvas(colour=colour, depth=z, buffer=self._context.framebuffer([colour], z), sealed=sealed)
        self._kept[role] = made
        return made

    def release(self) -> None:
        """Frees them all."""
        for canvas in self._kept.values():
            canvas.release()
        self._kept.clear()
