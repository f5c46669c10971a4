"""Equal scenes give equal bytes: in another process, on other threads, after other scenes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from assets import framing
from assets.design import CameraSettings
from assets.model import Material
from assets.scene import Background, Draw, Quality, Scene, Target
from renderers.opengl import OpenGLRenderer, open_renderer
from tests.renderers import features
from tests.renderers.cards import test_parts as card_parts
from tests.renderers.conftest import ball
from tests.renderers.test_golden import SCENES

pytestmark = pytest.mark.gl

PLAIN = (ball(Material(metallic=0, base_color=(0.6, 0.1, 0.1, 1)), x=-0.4), ball(Material(roughness=0.2), x=0.5))
EVERYTHING = tuple(draw for name in ("glass", "effects", "layers", "veils") for draw in SCENES[name][1])
DRAWS: dict[str, tuple[Draw, ...]] = {"plain": PLAIN, "everything": EVERYTHING}


def hashes(renderer: OpenGLRenderer) -> Iterator[str]:
    """One for each scene, over frames of two qualities and backgrounds."""
    for name, draws in DRAWS.items():
        state = hashlib.sha256()
        views = framing.turntable(draws, frames=2, degrees=90, settings=CameraSettings(), aspect=1)
        for background, quality in ((Background(top="#ffffff"), Quality.FINAL), (Background(), Quality.PREVIEW)):
            scene = Scene(draws=draws, digest=name, background=background)
            for frame in renderer.frames(scene, views, Target(width=64, height=64, quality=quality)):
                state.update(frame.tobytes())
        yield f"{name} {state.hexdigest()}"


SCRIPT = """
import sys
sys.path.insert(0, ".")
from renderers.opengl import open_renderer
from tests.renderers.test_determinism import hashes
renderer = open_renderer()
for line in hashes(renderer):
    print(line)
renderer.close()
"""


def test_the_same_input_gives_the_same_bytes_in_another_process_whatever_its_threads():
    found = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "LP_NUM_THREADS": threads, "PYTHONHASHSEED": threads},
            capture_output=True,
            check=True,
            text=True,
            timeout=240,
        ).stdout
        for threads in ("1", "2", "4")
    }
    assert len(found) == 1
    assert len(found.pop().splitlines()) == len(DRAWS)


def test_what_was_drawn_before_does_not_show(renderer):
    """Larger and smaller pictures, other designs and a full cache leave canvases, lists and maps behind."""
    fresh = open_renderer(cache_bytes=1)
    try:
        alone = list(hashes(fresh))
    finally:
        fresh.close()
    for name, draws in DRAWS.items():
        views = framing.turntable(draws, frames=1, degrees=90, settings=CameraSettings(), aspect=1)
        scene = Scene(draws=tuple(replace(d, layer="all", opacity=0.7) for d in draws), digest=name)
        for size in (40, 90):
            list(renderer.frames(scene, views, Target(width=size, height=size)))
    assert list(hashes(renderer)) == alone


def test_cards_and_designs_drawn_by_turns_do_not_show_in_each_other(renderer):
    """A worker draws both with one context: what a garment's textures were read with must not stay for a card's."""
    rows = (features.stripes(4), features.checks(4), features.bumps(4, 2.0), features.swirl())
    maps = [Material(base_color_texture=features.texture(pixels)) for pixels in rows]
    full = replace(
        maps[0],
        metallic_roughness_texture=maps[1].base_color_texture,
        normal_texture=maps[2].base_color_texture,
        occlusion_texture=maps[3].base_color_texture,
        emissive_texture=maps[1].base_color_texture,
    )
    draws = (features.globe(full), *(features.globe(one, place=1.2 * i) for i, one in enumerate(maps, 1)))
    views = framing.turntable(draws, frames=1, degrees=90, settings=CameraSettings(), aspect=1)

    def design(one: OpenGLRenderer) -> bytes:
        scene = Scene(draws=draws, digest="textured")
        return b"".join(frame.tobytes() for frame in one.frames(scene, views, Target(width=96, height=96)))

    fresh = open_renderer()
    try:
        alone = card_parts.hashes(fresh)
    finally:
        fresh.close()
    before = design(renderer)
    assert card_parts.hashes(renderer) == alone
    assert design(renderer) == before
