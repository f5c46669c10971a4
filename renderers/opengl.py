"""The OpenGL renderer: a scene and views in, frames out, on whatever device EGL offers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from assets.card_scene import CardMap, CardScene, CardView
from assets.scene import Frame, Scene, Target, View
from renderers.byte_cache import ByteCache
from renderers.card_painter import CardPainter
from renderers.context import is_software, make_current, open_context
from renderers.distances import DistancePass, Distances
from renderers.errors import RendererError
from renderers.picture import Painter
from renderers.sampling import LARGEST
from renderers.stage import Stage

RENDERER_VERSION = 2
"""Part of every hash of what this renderer makes; raised with each change of its pixels."""

CACHE_BYTES = 1 << 30


def open_renderer(
    *,
    device: str | None = None,
    number: int = 0,
    cache_bytes: int = CACHE_BYTES,
    tick: Callable[[], None] | None = None,
) -> OpenGLRenderer:
    """A renderer with a fresh context; call it after a fork, never at import.

    ``device`` is a part of the wanted GL_RENDERER (None: the hardware devices, else the CPU's), ``number`` counts
    among those that have it, round and round.
    ``cache_bytes`` bounds the meshes and textures that stay on the device between scenes. ``tick`` is called
    between the tiles of large pictures. Raises RendererError ``renderer.no_gl``.
    """
    return OpenGLRenderer(device=device, number=number, cache_bytes=cache_bytes, tick=tick)


class OpenGLRenderer:
    """See :class:`assets.scene.Renderer`. One thread, one process."""

    def __init__(self, *, device: str | None, number: int, cache_bytes: int, tick: Callable[[], None] | None) -> None:
        self._context = open_context(device, number)
        self._device = str(self._context.info["GL_RENDERER"])
        self._cache = ByteCache(cache_bytes)
        self._painter = Painter(self._context, self._cache, tick or _nothing, software=is_software(self._device))
        self._distances: DistancePass | None = None
        self._tick = tick or _nothing
        self._cards: CardPainter | None = None
        self._closed = False

    @property
    def device(self) -> str:
        """The device class that goes into hashes."""
        return self._device

    @property
    def cached_bytes(self) -> int:
        """Bytes of meshes and textures on the device."""
        return self._cache.nbytes

    def frames(self, scene: Scene, views: Iterator[View] | tuple[View, ...], target: Target) -> Iterator[Frame]:
        """One frame for each view, in order. A yielded array is valid until the next one is asked for.

        Raises RendererError ``renderer.bad_target``, ``renderer.closed``; ContentError for an unknown studio.
        """
        self._check(target.width, target.height)
        return self._frames(scene, views, target)

    def distances(self, scene: Scene, view: View, width: int, height: int, *, both_sides: bool = True) -> Distances:
        """How far each pixel's surface is, in metres along the camera's axis, at full detail.

        ``both_sides`` shows the inside of single-sided surfaces too. Raises RendererError
        ``renderer.bad_target``, ``renderer.closed``.
        """
        self._check(width, height)
        stage = self._stage(scene)
        if self._distances is None:
            self._distances = DistancePass(self._context)
        try:
            return self._distances.draw(stage, view, (width, height), both_sides=both_sides)
        finally:
            self._cache.trim()

    def cards(
        self, scene: CardScene, views: Iterator[CardView] | tuple[CardView, ...], target: Target
    ) -> Iterator[Frame]:
        """See :class:`assets.card_scene.CardRenderer`.

        Raises RendererError ``renderer.bad_target``, ``renderer.bad_card``, ``renderer.bad_view`` and
        ``renderer.closed``.
        """
        self._check(target.width, target.height)
        return self._card_frames(scene, views, target)

    def card_map(self, scene: CardScene, kind: CardMap, width: int, height: int) -> NDArray[np.uint8]:
        """See :class:`assets.card_scene.CardRenderer`. Raises as :meth:`cards`."""
        self._check(width, height)
        try:
            return self._card_painter().card_map(scene, kind, width, height)
        finally:
            self._cache.trim()

    def _card_painter(self) -> CardPainter:
        make_current(self._context)
        if self._cards is None:
            self._cards = CardPainter(self._context, self._cache, self._tick, software=is_software(self._device))
        return self._cards

    def _card_frames(
        self, scene: CardScene, views: Iterator[CardView] | tuple[CardView, ...], target: Target
    ) -> Iterator[Frame]:
        painter = self._card_painter()
        frame: Frame = np.empty((target.height, target.width, 4), dtype=np.uint8)
        try:
            for view in views:
                make_current(self._context)
                painter.paint(scene, view, target, frame)
                yield frame
        finally:
            if not self._closed:
                make_current(self._context)
                self._cache.trim()

    def _check(self, width: int, height: int) -> None:
        if self._closed:
            raise RendererError("the renderer is closed", code="renderer.closed", ours=True)
        if not (1 <= width <= LARGEST and 1 <= height <= LARGEST):
            message = f"a picture of {width} x {height} is not possible; use 1 to {LARGEST} a side"
            raise RendererError(message, code="renderer.bad_target", ours=False)

    def _stage(self, scene: Scene) -> Stage:
        make_current(self._context)
        return Stage(scene, context=self._context, cache=self._cache, anisotropic=not is_software(self._device))

    def _frames(self, scene: Scene, views: Iterator[View] | tuple[View, ...], target: Target) -> Iterator[Frame]:
        stage = self._stage(scene)
        frame: Frame = np.empty((target.height, target.width, 4), dtype=np.uint8)
        try:
            for view in views:
                make_current(self._context)
                self._painter.paint(stage, view, target, frame)
                yield frame
        finally:
            if not self._closed:
                make_current(self._context)
                self._cache.trim()

    def close(self) -> None:
        """Frees the device's memory."""
        if not self._closed:
            self._closed = True
            make_current(self._context)
            self._painter.release()
            if self._distances is not None:
                self._distances.release()
            if self._cards is not None:
                self._cards.release()
            self._cache.clear()
            self._context.release()


def _nothing() -> None:
    """No tick."""
