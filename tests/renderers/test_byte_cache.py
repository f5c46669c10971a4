"""What stays on the device: at most so many bytes, and of those what was used last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import trimesh

from assets import framing
from assets.design import CameraSettings
from assets.model import Material
from assets.scene import Draw, Lighting, Quality, Scene, Target
from renderers.byte_cache import ByteCache
from renderers.opengl import OpenGLRenderer, open_renderer
from tests.renderers.conftest import at, primitive


@dataclass
class Piece:
    """Ten bytes of a device."""

    nbytes: int = 10
    released: bool = False

    def release(self) -> None:
        assert not self.released
        self.released = True


def test_the_least_recently_used_go_first() -> None:
    cache, pieces = ByteCache(25), {name: Piece() for name in "abcd"}
    for name in "abacd":  # a is asked for again after b
        cache.get(name, lambda name=name: pieces[name])  # type: ignore[misc]
        cache.trim()
    assert [name for name, piece in pieces.items() if piece.released] == ["a", "b"]
    assert cache.nbytes == 20
    assert (cache.hits, cache.misses) == (1, 4)


def test_what_a_frame_uses_stays_until_the_next_even_over_the_limit() -> None:
    cache, first = ByteCache(25), [Piece() for _ in range(4)]
    for i, piece in enumerate(first):
        cache.get(i, lambda piece=piece: piece)  # type: ignore[misc]
    cache.trim()
    assert cache.nbytes == 40
    cache.get("next", Piece)
    cache.trim()
    assert [piece.released for piece in first] == [True, True, True, False]
    assert cache.nbytes == 20


def test_closing_frees_everything() -> None:
    cache, piece = ByteCache(100), Piece()
    cache.get("a", lambda: piece)
    cache.clear()
    assert piece.released
    assert cache.nbytes == 0


def test_a_renderer_keeps_to_its_limit_and_draws_the_same_after_forgetting() -> None:
    target = Target(width=512, height=512, quality=Quality.DRAFT)

    def frame(renderer: OpenGLRenderer, radius: float) -> np.ndarray:
        mesh = trimesh.creation.icosphere(5, radius=radius)
        draw = Draw(primitive=primitive(mesh, Material()), matrix=at(0, 0, 0))
        scene = Scene(draws=(draw,), digest=str(radius), lighting=Lighting(ground_shadow=False))
        view = framing.view(scene.draws, "front", settings=CameraSettings(), aspect=1)
        return next(iter(renderer.frames(scene, (view,), target))).copy()

    small, large = open_renderer(cache_bytes=1), open_renderer()
    try:
        first = frame(small, 0.5)
        kept = []
        for i in range(1, 8):
            frame(small, 0.5 + i / 10)
            frame(large, 0.5 + i / 10)
            kept.append((small.cached_bytes, large.cached_bytes))
        assert max(held for held, _ in kept) < 1.2 * kept[0][0]  # one frame's own, which is in use
        assert kept[-1][1] > kept[0][1] + 4 * (kept[1][1] - kept[0][1])  # all of them
        assert (frame(small, 0.5) == first).all()
    finally:
        small.close()
        large.close()
