"""Many small draws of one material become one, and nobody sees it."""

from __future__ import annotations

import random

import numpy as np
import pytest
import trimesh

from assets import framing
from assets.design import CameraSettings
from assets.model import AlphaMode, Material, Primitive
from assets.scene import Background, Blend, Draw, Quality, Scene, Target
from renderers import batches, stage
from renderers.batches import FEWEST, batched
from renderers.opengl import OpenGLRenderer
from tests.renderers.conftest import at, ball, primitive

RED = Material(base_color=(0.5, 0.1, 0.1, 1), metallic=0.0)
BLUE = Material(base_color=(0.1, 0.1, 0.5, 1), metallic=0.0)


def scene(draws: list[Draw]) -> Scene:
    return Scene(draws=tuple(draws), digest="x", background=Background(top="#ffffff"))


def button(material: Material = RED) -> Primitive:
    mesh = trimesh.creation.box((1.0, 0.6, 0.3))
    mesh.unmerge_vertices()
    count = len(mesh.vertices)
    tangents = np.tile(np.array([1, 0, 0, 1], np.float32), (count, 1))
    return primitive(mesh, material, uv0=np.zeros((count, 2), np.float32), tangents=tangents)


def rows(count: int, *, material: Material = RED, one: Primitive | None = None, **more) -> list[Draw]:
    """Buttons side by side, each turned and stretched in its own way."""
    shared = one or button(material)
    found = []
    for i in range(count):
        turned = trimesh.transformations.rotation_matrix(0.3 * i, [0.2, 1, 0.5])
        matrix = at((i % 8) * 0.2, (i // 8) * 0.2, 0.0) @ turned @ np.diag([0.12, 0.12 + 0.01 * (i % 3), 0.12, 1])
        found.append(Draw(primitive=shared, matrix=matrix, **more))
    return found


def frame(renderer: OpenGLRenderer, of: Scene, quality: Quality = Quality.FINAL) -> np.ndarray:
    view = framing.view(of.draws, "three-quarter", settings=CameraSettings(), aspect=1)
    return next(iter(renderer.frames(of, (view,), Target(width=200, height=200, quality=quality)))).astype(int)


def test_a_thousand_buttons_are_one_draw() -> None:
    (one,) = batched(scene(rows(1000)))
    assert len(one.primitive.indices) == 12_000
    assert one.primitive.tangents is not None


def test_few_draws_stay_as_they_are() -> None:
    draws = rows(FEWEST - 1)
    assert batched(scene(draws)) == tuple(draws)


def test_equal_meshes_from_anywhere_go_together_and_other_materials_apart() -> None:
    draws = [Draw(primitive=button(m), matrix=at(i, 0, 0)) for i in range(FEWEST) for m in (RED, BLUE)]
    assert sorted(len(one.primitive.indices) for one in batched(scene(draws))) == [12 * FEWEST] * 2


@pytest.mark.parametrize(
    "apart",
    [
        {"opacity": 0.5},
        {"blend": Blend.MULTIPLY},
        {"material": Material(base_color=(1, 1, 1, 0.5), alpha_mode=AlphaMode.BLEND)},
        {"material": Material(extensions={"KHR_materials_transmission": {"transmissionFactor": 0.9}})},
    ],
)
def test_what_lets_light_through_stays_by_itself(apart: dict) -> None:
    draws = rows(2 * FEWEST, **apart)
    assert batched(scene(draws)) == tuple(draws)


def test_large_meshes_keep_their_own_level_of_detail() -> None:
    draws = [ball(RED, x=i) for i in range(FEWEST)]
    assert batched(scene(draws)) == tuple(draws)


def test_mirrored_ones_and_other_layers_are_not_mixed_in() -> None:
    mirrored = Draw(primitive=button(), matrix=np.diag([-0.1, 0.1, 0.1, 1.0]))
    draws = [*rows(FEWEST, layer="coat"), mirrored, *rows(FEWEST, layer="shirt")]
    found = batched(scene(draws))
    assert [one.layer for one in found] == ["coat", "", "shirt"]
    assert found[1] is mirrored


def test_a_batch_is_no_larger_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "LARGEST", 100)
    found = batched(scene(rows(50)))
    assert sum(len(one.primitive.indices) for one in found) == 600
    assert max(len(one.primitive.indices) for one in found) <= 100


def test_the_same_scene_has_the_same_batches() -> None:
    of = scene(rows(FEWEST))
    assert batched(of) is batched(of)


@pytest.mark.parametrize("quality", list(Quality))
def test_nobody_sees_that_they_are_one(
    renderer: OpenGLRenderer, monkeypatch: pytest.MonkeyPatch, quality: Quality
) -> None:
    draws = [*rows(48), ball(BLUE, x=0.7, y=0.5, z=-0.6)]
    one = frame(renderer, scene(draws), quality)
    monkeypatch.setattr(stage, "batched", lambda given: given.draws)
    many = frame(renderer, scene(draws), quality)
    apart = np.abs(one - many).max(axis=-1)
    assert (one[..., :3].min(axis=-1) < 250).sum() > 5_000  # there is something to see
    assert apart.mean() < 0.3
    assert (apart > 16).mean() < 0.005


def test_no_order_of_submission_shows(renderer: OpenGLRenderer) -> None:
    draws = rows(48)
    first = frame(renderer, scene(draws))
    shuffled = draws[:]
    random.Random(7).shuffle(shuffled)
    assert (frame(renderer, scene(shuffled)) == first).all()
