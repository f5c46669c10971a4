"""What designs stand on: plinths and a floor whose top is the ground, in pictures and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from assets import catalogue, compose, framing
from assets.design import CameraSettings, Canvas, Design, Layer, Ref
from assets.environments import STUDIOS
from assets.generators import stages
from assets.pose import flatten
from assets.scene import Scene

LAYER = Layer(id="tee", model=Ref(item="tee"))
STAGES = sorted(entry.id for entry in catalogue.ITEMS.values() if entry.kind == "stage")


def scene(stage: str | None, **canvas: object) -> Scene:
    design = Design(
        layers=(LAYER,),
        canvas=Canvas(stage=None if stage is None else Ref(item=stage), **canvas),  # type: ignore[arg-type]
    )
    model = compose.compose(
        design, lambda ref: catalogue.model(str(ref.item)), lambda ref: catalogue.fabric(str(ref.item))
    )
    return compose.scene(model, design, stage=None if stage is None else catalogue.model(stage))


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_ends_at_the_ground_and_looks_out(name: str) -> None:
    draws = flatten(catalogue.model(name))
    low, high = framing.bounds(draws)
    assert high[1] == pytest.approx(0, abs=1e-4)
    assert -0.3 < low[1] < -0.02
    for draw in draws:
        part = draw.primitive
        corner = part.positions[part.indices].astype(np.float64)
        face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        assert (np.einsum("ij,ij->i", face, part.normals[part.indices].sum(axis=1)) >= 0).all()


@pytest.mark.parametrize("name", STAGES)
def test_a_design_stands_on_its_stage(name: str) -> None:
    found = scene(name)
    under = [draw for draw in found.draws if draw.layer == compose.STAGE]
    worn = [draw for draw in found.draws if draw.layer != compose.STAGE]
    assert under
    assert worn
    assert framing.bounds(under)[1][1] == pytest.approx(framing.bounds(worn)[0][1], abs=1e-4)


def test_a_picture_holds_a_plinth_and_not_a_floor() -> None:
    """A shirt is no higher than a plinth is wide, so that a floor under it is judged by a whole figure."""
    avatar = flatten(catalogue.model("mannequin-female"))
    for name, held in (("plinth-round", True), ("plinth-steps", True), ("floor-parquet", False)):
        under = compose._under(catalogue.model(name), avatar)
        assert (compose.subject(avatar + under) == avatar + under) is held
    assert compose.subject(avatar) == avatar


def test_a_view_is_widened_to_what_is_about_the_design() -> None:
    avatar = flatten(catalogue.model("mannequin-female"))
    whole = avatar + compose._under(catalogue.model("floor-parquet"), avatar)
    view = framing.view(avatar, "three-quarter", settings=CameraSettings(fov=60), aspect=1)
    seen = framing.seeing(view, whole)
    eye, target = np.array(view.camera.eye), np.array(view.camera.target)
    ahead = (target - eye) / np.linalg.norm(target - eye)
    deep = (framing.drawn_points(whole) - eye) @ ahead
    assert deep.min() < view.camera.near
    assert seen.camera.far >= deep.max()
    assert seen.camera.near <= max(deep.min(), 0.02 * float(np.linalg.norm(target - eye)))
    assert (seen.camera.eye, seen.camera.fov_y) == (view.camera.eye, view.camera.fov_y)


@pytest.mark.parametrize("name", STUDIOS)
def test_a_design_without_a_background_gets_the_studio_s(name: str) -> None:
    found = scene(None, lighting={"studio": name})
    assert (found.background.top, found.background.bottom) == STUDIOS[name].backdrop


def test_the_baked_stages_are_the_ones_that_are_made() -> None:
    for made in (stages.plinth_round(), stages.plinth_steps(), stages.floor_parquet()):
        held = catalogue.model(made.name)
        for ours, baked in zip(made.meshes[0].primitives, held.meshes[0].primitives, strict=True):
            assert np.abs(ours.positions - baked.positions).max() < 1e-4
            assert np.array_equal(ours.indices, baked.indices)
