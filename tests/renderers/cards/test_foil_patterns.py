"""The patterns of foils by themselves: bounded whatever they are asked for, still at any zoom, calm when small."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import moderngl
import numpy as np
import pytest

from assets.foil import PatternKind
from renderers.context import make_current, open_context
from renderers.programs import source

pytestmark = pytest.mark.gl

KINDS = get_args(PatternKind)
USUAL = {"size": 4.0, "angle": 0.3, "jitter": 0.6, "contrast": 0.7, "fill": 0.7, "ground": 0.2, "seed": 7.0}
EXTREMES = (
    {"size": 0.01, "jitter": 1.0, "fill": 1.0, "seed": 1023.0},
    {"size": 100.0, "jitter": 0.0, "contrast": 1.0, "fill": 0.0},
    {"size": 0.01, "angle": 62.8, "jitter": 0.0, "fill": 0.0, "ground": 1.0},
    {"size": 100.0, "angle": -62.8, "jitter": 1.0, "contrast": 1.0, "fill": 1.0, "ground": 0.0},
)
SHADER = """#version 430 core
{types}
{patterns}
uniform Pattern p;
uniform vec4 u_view;  // first place in mm, step in mm, footprint in mm
layout(location = 0) out vec4 f_first;
layout(location = 1) out vec4 f_second;
layout(location = 2) out vec4 f_third;
void main() {{
    Micro m = pattern_{kind}(p, u_view.xy + (gl_FragCoord.xy - 0.5) * u_view.z, u_view.w);
    f_first = vec4(m.along, m.grating, m.metal);
    f_second = vec4(m.shade, m.height, m.slope);
    f_third = vec4(m.film, m.flake, m.tilt);
}}
"""
FIELDS = (
    "along_x",
    "along_y",
    "grating",
    "metal",
    "shade",
    "height",
    "slope_x",
    "slope_y",
    "film",
    "flake",
    "tilt_x",
    "tilt_y",
)


class Bench:
    """Reads what a pattern gives on a grid of places."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._programs: dict[str, moderngl.Program] = {}

    def _program(self, kind: str) -> moderngl.Program:
        if kind not in self._programs:
            text = SHADER.format(types=source("foil_types.glsl"), patterns=source("foil_patterns.glsl"), kind=kind)
            corners = "vec2[3](vec2(-1, -1), vec2(3, -1), vec2(-1, 3))"
            vertex = f"#version 430 core\nvoid main() {{ gl_Position = vec4({corners}[gl_VertexID], 0, 1); }}"
            self._programs[kind] = self._context.program(vertex_shader=vertex, fragment_shader=text)
        return self._programs[kind]

    def read(
        self,
        kind: str,
        count: int,
        at: tuple[float, float],
        step: float,
        footprint: float | None = None,
        **numbers: float,
    ) -> dict[str, np.ndarray]:
        """``count`` x ``count`` places from ``at`` on, each ``step`` mm from the next."""
        program = self._program(kind)
        for name, value in {**USUAL, **numbers}.items():
            if f"p.{name}" in program:
                program[f"p.{name}"] = value
        program["u_view"] = (*at, step, step if footprint is None else footprint)
        textures = [self._context.texture((count, count), 4, dtype="f4") for _ in range(3)]
        frame = self._context.framebuffer(textures)
        frame.use()
        self._context.vertex_array(program, []).render(vertices=3)
        found = [np.frombuffer(texture.read(), np.float32).reshape(count, count, 4) for texture in textures]
        for one in (frame, *textures):
            one.release()
        return dict(zip(FIELDS, np.moveaxis(np.concatenate(found, -1), -1, 0), strict=True))


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    context = open_context()
    make_current(context)
    yield Bench(context)
    context.release()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("numbers", [USUAL, *EXTREMES])
@pytest.mark.parametrize("view", [((-31.5, -44.0), 0.9), ((-0.02, -0.02), 0.0005), ((-300.0, 250.0), 2.0)])
def test_whatever_it_is_asked_for_it_stays_within_bounds(bench, kind, numbers, view):
    found = bench.read(kind, 72, *view, **numbers)
    assert all(np.isfinite(values).all() for values in found.values())
    np.testing.assert_allclose(np.hypot(found["along_x"], found["along_y"]), 1, atol=1e-3)
    for name in ("grating", "metal", "height", "flake"):
        assert found[name].min() >= -1e-5, name
        assert found[name].max() <= 1 + 1e-5, name
    assert np.abs(found["film"]).max() <= 1.5
    assert found["shade"].min() >= 0
    assert found["shade"].max() <= 4.5
    assert max(np.abs(found["tilt_x"]).max(), np.abs(found["tilt_y"]).max()) <= 8


@pytest.mark.parametrize("kind", KINDS)
def test_a_place_is_the_same_however_the_picture_is_cut(bench, kind):
    whole = bench.read(kind, 64, (-8.0, -5.0), 0.125)
    part = bench.read(kind, 32, (-4.0, -1.0), 0.125)
    for name, values in whole.items():
        np.testing.assert_array_equal(values[32:, 32:], part[name], err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_zooming_in_shows_the_same_cells(bench, kind):
    near = bench.read(kind, 160, (-6.0, 4.0), 0.02)
    far = bench.read(kind, 40, (-6.0 + 0.03, 4.0 + 0.03), 0.08)
    fine = near["shade"].reshape(40, 4, 40, 4).mean((1, 3))
    assert np.abs(fine - far["shade"]).mean() < 0.1
    assert np.quantile(np.abs(fine - far["shade"]), 0.5) < 0.05


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("rays", "crosshatch", "flakes")])
def test_what_is_finer_than_a_pixel_is_calm(bench, kind):
    """Cells that are a tenth of a pixel wide: no pixel differs from its neighbour, so nothing can shimmer."""
    size = 0.02 if kind == "stars" else 0.1  # its swirls are larger
    found = bench.read(kind, 48, (-20.0, -20.0), 1.0, size=size)
    assert np.ptp(found["shade"]) < 0.02
    assert np.ptp(found["height"]) < 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_another_seed_is_another_sheet(bench, kind):
    if kind == "flow":
        one, other = (bench.read(kind, 48, (-20.0, -20.0), 0.8, seed=seed)["along_x"] for seed in (1.0, 2.0))
    else:
        one, other = (bench.read(kind, 48, (-20.0, -20.0), 0.8, seed=seed)["shade"] for seed in (1.0, 2.0))
    assert np.abs(one - other).mean() > 0.005


def test_a_thumbnail_of_glitter_has_as_many_flakes_as_a_large_picture(bench):
    covers = [
        bench.read("flakes", 96, (-20.0, -20.0), step, size=0.6)["flake"].mean()
        for step in (0.05, 0.2, 0.4, 0.8, 1.6)
    ]
    assert max(covers) - min(covers) < 0.2 * max(covers)


def test_shards_have_grooves_of_every_direction(bench):
    found = bench.read("cells", 96, (-31.0, -31.0), 0.65, contrast=0.5)
    turns = np.degrees(np.arctan2(found["along_y"], found["along_x"])) % 180
    shares = np.histogram(turns, bins=6, range=(0, 180))[0] / turns.size
    assert shares.min() > 0.05


def test_rings_of_crosshatch_and_sectors_of_rays_go_round_without_a_seam(bench):
    for kind in ("rays", "crosshatch"):
        sides = [bench.read(kind, 24, (-22.0, y), 0.002, angle=0.0, jitter=0.0) for y in (-0.0479, 0.0001)]
        jump = np.abs(sides[0]["height"][-1] - sides[1]["height"][0]).max()
        assert jump < 0.35, kind
