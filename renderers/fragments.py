"""The surfaces that let light through: a list for each sample, filled in any order and sorted by depth.

Exact for intersecting and nested surfaces of any number, and the same whatever order they are submitted in. Only what
lies before everything opaque is kept; a picture without such surfaces never comes here.
"""

from __future__ import annotations

from collections.abc import Callable

import moderngl
import numpy as np

from renderers.errors import RendererError
from renderers.programs import Programs, put
from renderers.screen import OVER
from renderers.shot import Rectangle
from renderers.targets import Canvas

_HEADS, _NODES = 1, 2  # storage bindings of fragments.glsl
_NODE, _HEADER = 16, 16  # bytes
_FIRST, _MOST = 1 << 18, (1 << 23) - 1  # nodes; the most fill the smallest storage block that devices offer
_BEHIND_UNIT = 14


class Fragments:
    """The lists of one canvas at a time."""

    def __init__(self, context: moderngl.Context, programs: Programs) -> None:
        self._context, self._programs = context, programs
        self._heads: moderngl.Buffer | None = None
        self._nodes: moderngl.Buffer | None = None
        self._room = 0
        self._row = 0
        self._fitting = (0, 0), 1  # a size of canvas, and how many of its rows had room the last time

    def compose(
        self,
        size: tuple[int, int],
        window: Rectangle,
        collect: Callable[[Rectangle], None],
        lay: Callable[[], None],
        canvas: Canvas,
        *,
        everywhere: bool = False,
    ) -> None:
        """Lets ``collect`` fill the lists of ``canvas``, of which ``size`` texels are in use, and ``lay`` write them.

        Both work inside a band (left, bottom, width, height), which is the whole ``window`` unless its lists are
        longer than there is room for; then ``collect`` is called again for parts of it. ``lay`` is left out where
        the lists are empty, unless it is wanted ``everywhere``. Raises RendererError
        ``renderer.too_many_layers`` when not even one row has room.
        """
        width, height = size
        self._row = width
        self._reserve(width * height)
        if self._fitting[0] != size:
            self._fitting = size, height
        left, bottom, across, rows = window
        step = self._fitting[1]
        bands = [(low, min(low + step, bottom + rows)) for low in range(bottom, bottom + rows, step)]
        while bands:
            low, high = bands.pop()
            band = (left, low, across, high - low)
            made = self._collected(collect, band)
            if made < self._room:
                if made or everywhere:
                    canvas.use(width, height)
                    canvas.buffer.scissor = band
                    lay()
                continue
            self._empty()
            if self._room < _MOST:
                self._grow(made)
                bands.append((low, high))
            elif high - low > 1:
                middle = (low + high) // 2
                self._fitting = size, middle - low
                bands += [(middle, high), (low, middle)]
            else:
                message = f"more than {_MOST:,} see-through surfaces in one row of samples; merge or remove some"
                raise RendererError(message, code="renderer.too_many_layers", ours=False)

    def _collected(self, collect: Callable[[Rectangle], None], band: Rectangle) -> int:
        """How many fragments there are; what does not fit is left out."""
        assert self._nodes is not None
        self._nodes.write(bytes(_HEADER))
        try:
            collect(band)
        except BaseException:
            self._empty()
            raise
        self._context.memory_barrier(moderngl.SHADER_STORAGE_BARRIER_BIT)
        return int(np.frombuffer(self._nodes.read(4), np.uint32)[0])

    def offer(self, program: moderngl.Program, rank: int, blend: int = 0) -> None:
        """Tells a program where the lists are. Of two fragments at one depth the higher rank is nearer."""
        assert self._heads is not None
        assert self._nodes is not None
        self._heads.bind_to_storage_buffer(_HEADS)
        self._nodes.bind_to_storage_buffer(_NODES)
        put(program, u_list=(self._row, self._room, rank << 3 | blend, 0))

    def lay(self, *, depth: bool = False) -> None:
        """Lays the lists over what is in the canvas in use; with ``depth`` the nearest one's becomes the canvas's."""
        context = self._context
        if depth:
            context.enable_only(moderngl.BLEND | moderngl.DEPTH_TEST)
            context.depth_func = "1"
        else:
            context.enable_only(moderngl.BLEND)
        context.blend_func = OVER
        program = self._programs.screen("fragments.frag", {"DEPTH": 1} if depth else {})
        self.offer(program, 0)
        self._programs.over_viewport(program)
        context.depth_func = "<"

    def lay_over(self, behind: Canvas) -> None:
        """Writes ``behind`` with the lists over it, blend modes and all, to the canvas in use."""
        self._context.enable_only(moderngl.NOTHING)
        program = self._programs.screen("fragments.frag", {"BLENDED": 1})
        behind.colour.use(_BEHIND_UNIT)
        put(program, u_behind=_BEHIND_UNIT)
        self.offer(program, 0)
        self._programs.over_viewport(program)

    def release(self) -> None:
        """Frees the lists."""
        for buffer in (self._heads, self._nodes):
            if buffer is not None:
                buffer.release()
        self._heads = self._nodes = None
        self._room = 0

    def _reserve(self, heads: int) -> None:
        if self._heads is None or not heads <= self._heads.size // 4 <= 4 * heads:
            if self._heads is not None:
                self._heads.release()
            self._heads = self._context.buffer(bytes(4 * heads))
        if self._nodes is None:
            self._grow(_FIRST)

    def _empty(self) -> None:
        """After a run that did not fit; otherwise reading the lists empties them."""
        assert self._heads is not None
        self._heads.write(bytes(self._heads.size))

    def _grow(self, wanted: int) -> None:
        if self._nodes is not None:
            self._nodes.release()
        self._room = min(1 << max(wanted, 1).bit_length(), _MOST)
        self._nodes = self._context.buffer(reserve=_HEADER + _NODE * self._room)
