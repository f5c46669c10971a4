"""The job kind `flat`: what is drawn is decided at the door; a step leaves an SVG and a PNG of the same lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from PIL import Image
from pydantic import ValidationError

from farm.blob_disk import DiskBlobs
from farm.errors import JobFault, Refused
from farm.execution import run_eager
from farm.plan import Output
from pipelines import flat, still
from pipelines.steps.registry import STEPS
from tests.pipelines.test_closing import Blobs, close, hashes

DESIGN: dict[str, Any] = {
    "avatar": {"model": {"item": "dress-form"}},
    "layers": [
        {"id": "skirt", "model": {"item": "skirt"}},
        {"id": "tee", "model": {"item": "tshirt"}},
        {"id": "off", "model": {"item": "tshirt"}, "visible": False},
    ],
}


def drawn(**spec: Any) -> Any:
    return close("flat", design=DESIGN, **spec).plan.steps[0].params["layers"]


def test_front_and_back_are_drawn_by_default_without_the_avatar() -> None:
    closed = close("flat", design=DESIGN)
    assert [step.params["view"] for step in closed.plan.steps] == ["front", "back"]
    assert {tuple(step.params["views"]) for step in closed.plan.steps} == {("front", "back")}
    assert drawn() == ["skirt", "tee"]
    assert closed.plan.steps[0].params["design"]["avatar"] is not None  # it says in which units the clothes are


def test_layers_are_drawn_as_asked() -> None:
    assert drawn(layers=["tee"]) == ["tee"]
    assert drawn(with_avatar=True) == ["@avatar", "skirt", "tee"]
    bare = {"avatar": {"model": {"item": "dress-form"}}}
    assert close("flat", design=bare).plan.steps[0].params["layers"] == ["@avatar"]


@pytest.mark.parametrize(
    ("spec", "code", "path"),
    [
        ({"layers": ["tee", "hat"]}, "flat.unknown_layer", "layers[1]"),
        ({"layers": ["off"]}, "flat.unknown_layer", "layers[0]"),
        ({"dpi": 600, "width_mm": 1000}, "export.image_too_large", "dpi"),
        ({"with_avatar": False, "design": {"avatar": DESIGN["avatar"]}}, "flat.nothing_to_draw", "with_avatar"),
    ],
)
def test_what_cannot_be_drawn_is_refused_at_the_door(spec: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(Refused) as caught:
        close("flat", **{"design": DESIGN, **spec})
    assert (caught.value.code, caught.value.data["path"]) == (code, path)


@pytest.mark.parametrize(
    "spec",
    [
        {"views": ["custom"]},
        {"views": ["left", "side"]},
        {"formats": ["pdf"]},
        {"formats": ["svg", "svg"]},
        {"scale": 0},
        {"width_mm": 10},
        {"page": "a0"},
    ],
)
def test_a_spec_that_is_not_valid_says_where(spec: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        flat.FlatSpec.model_validate_json(json.dumps({"design": DESIGN, **spec}))


def test_names_and_light_draw_nothing_again_but_scales_do() -> None:
    lit = {**DESIGN, "name": "other", "canvas": {"lighting": {"studio": "softbox", "exposure": 1.0}}}
    plain = hashes(close("flat", design=DESIGN))
    assert plain == hashes(close("flat", design=lit))
    assert set(plain).isdisjoint(hashes(close("flat", design=DESIGN, scale=5)))
    only_svg = hashes(close("flat", design=DESIGN, formats=["svg"]))
    assert only_svg == hashes(close("flat", design=DESIGN, formats=["svg"], dpi=150))


def made(tmp_path: Path, **spec: Any) -> tuple[DiskBlobs, list[Output]]:
    store = DiskBlobs(tmp_path / "blobs")
    closed = flat.KIND.close(flat.FlatSpec.model_validate_json(json.dumps(spec)), Blobs(), None)
    return store, run_eager(
        closed, STEPS, blobs=store, scratch=tmp_path / "steps", on_progress=lambda *_: None, on_log=lambda *_: None
    )


@pytest.mark.gl
def test_a_drawing_is_an_svg_and_a_png_of_the_same_page(tmp_path: Path) -> None:
    store, outputs = made(tmp_path, design={"item": "skirt"}, views=["front"], dpi=100, page="letter")
    assert [output.name for output in outputs] == ["design-flat-front.svg", "design-flat-front.png"]
    assert [output.media_type for output in outputs] == ["image/svg+xml", "image/png"]
    assert outputs[0].meta["scale"].startswith("1:")
    assert outputs[0].meta["lines"]["silhouette"] == 1
    with store.open(outputs[0].digest) as file:
        root = ET.fromstring(file.read())
    assert root.get("width") == "215.9mm"
    with store.open(outputs[1].digest) as file, Image.open(file) as picture:
        assert picture.size == (850, 1100)
        assert picture.info["dpi"] == pytest.approx((100, 100), abs=0.1)
        assert picture.convert("L").getextrema() == (0, 255)


@pytest.mark.gl
def test_a_still_of_a_detail_is_named_after_it_and_an_unknown_one_is_the_jobs_fault(tmp_path: Path) -> None:
    def shot(view: str) -> list[Output]:
        spec = {"design": {"item": "tshirt"}, "views": [view, "back"], "preset": "thumbnail", "quality": "draft"}
        closed = still.KIND.close(still.StillSpec.model_validate_json(json.dumps(spec)), Blobs(), "tee")
        store = DiskBlobs(tmp_path / "blobs")
        return run_eager(
            closed, STEPS, blobs=store, scratch=tmp_path / "s", on_progress=lambda *_: None, on_log=lambda *_: None
        )

    assert [output.name for output in shot("detail:left cuff")] == ["tee-detail-left-cuff.png", "tee-back.png"]
    with pytest.raises(JobFault, match="did you mean 'collar'") as caught:
        shot("detail:colar")
    assert caught.value.code == "view.no_region"


@pytest.mark.gl
def test_a_scale_that_does_not_fit_is_the_jobs_fault(tmp_path: Path) -> None:
    with pytest.raises(JobFault) as caught:
        made(tmp_path, design={"item": "skirt"}, views=["front"], scale=1)
    assert caught.value.code == "flat.does_not_fit"
