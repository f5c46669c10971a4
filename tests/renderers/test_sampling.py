"""How many samples a picture gets, by its quality, its size and the backend that draws it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from assets import framing
from assets.design import CameraSettings
from assets.model import Material
from assets.scene import Background, Quality, Scene, Target
from renderers import opengl
from renderers.opengl import OpenGLRenderer, open_renderer
from renderers.sampling import sampling, tiles
from tests.renderers.conftest import ball

SIZES = [(512, 512), (2048, 2048), (3000, 2000), (4096, 4096), (8192, 8192)]


def samples(width: int, height: int, quality: Quality, *, software: bool) -> int:
    found = sampling(Target(width=width, height=height, quality=quality), software=software)
    return found.grid**2 * len(found.shifts)


@pytest.mark.parametrize(("size", "final"), list(zip(SIZES, (16, 16, 8, 4, 4), strict=True)))
def test_a_cpu_takes_fewer_samples_of_large_pictures(size: tuple[int, int], final: int) -> None:
    assert [samples(*size, quality, software=True) for quality in Quality] == [1, 4, final]


@pytest.mark.parametrize("size", SIZES)
def test_a_gpu_takes_as_many_at_any_size(size: tuple[int, int]) -> None:
    assert [samples(*size, quality, software=False) for quality in Quality] == [4, 4, 16]


@pytest.mark.parametrize("software", [True, False])
@pytest.mark.parametrize("quality", list(Quality))
def test_every_sample_has_a_row_and_a_column_of_its_own(quality: Quality, software: bool) -> None:
    found = sampling(Target(width=100, height=100, quality=quality), software=software)
    for axis in (0, 1):
        cells = [(i + 0.5) / found.grid - shift[axis] for shift in found.shifts for i in range(found.grid)]
        assert len({round(cell, 6) for cell in cells}) == len(cells)


@pytest.mark.parametrize("software", [True, False])
@pytest.mark.parametrize("size", [*SIZES, (3840, 2160), (1, 9000)])
def test_tiles_cover_every_pixel_once(size: tuple[int, int], software: bool) -> None:
    width, height = size
    seen = np.zeros((height, width), np.uint8)
    for x, y, w, h in tiles(Target(width=width, height=height), software=software):
        seen[y : y + h, x : x + w] += 1
    assert (seen == 1).all()


def test_a_gpu_draws_a_4k_frame_in_one_piece() -> None:
    assert len(tiles(Target(width=3840, height=2160), software=False)) == 1
    assert len(tiles(Target(width=3840, height=2160), software=True)) > 1


@pytest.fixture
def as_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenGLRenderer]:
    """This machine's device, treated as if it were a GPU."""
    monkeypatch.setattr(opengl, "is_software", lambda _: False)
    opened = open_renderer()
    yield opened
    opened.close()


def frame(renderer: OpenGLRenderer, target: Target) -> np.ndarray:
    draws = (ball(Material(base_color=(0.5, 0.1, 0.1, 1), metallic=0.0)),)
    scene = Scene(draws=draws, digest="ball", background=Background(top="#ffffff"))
    view = framing.view(draws, "front", settings=CameraSettings(), aspect=target.width / target.height)
    return next(iter(renderer.frames(scene, (view,), target))).copy()


def test_a_gpus_draft_has_smooth_edges_and_is_the_same_each_time(
    renderer: OpenGLRenderer, as_gpu: OpenGLRenderer
) -> None:
    target = Target(width=160, height=120, quality=Quality.DRAFT)
    jagged, smooth = frame(renderer, target), frame(as_gpu, target)
    final = frame(renderer, Target(width=160, height=120, quality=Quality.FINAL)).astype(int)
    assert np.abs(smooth - final).mean() < np.abs(jagged - final).mean()
    assert (frame(as_gpu, target) == smooth).all()


def test_larger_tiles_change_hardly_a_pixel(renderer: OpenGLRenderer, as_gpu: OpenGLRenderer) -> None:
    """A few, for places in a tile are rounded apart."""
    target = Target(width=2100, height=1200, quality=Quality.PREVIEW)
    apart = np.abs(frame(renderer, target).astype(int) - frame(as_gpu, target)).max(axis=-1)
    assert (apart > 0).sum() < 100
    assert (apart > 1).sum() < 10
