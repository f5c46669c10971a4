"""The job kind `techpack`: what is read is decided at the door; the steps leave one PDF; a change redraws little."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from pypdf import PdfReader

from farm.blob_disk import DiskBlobs
from farm.errors import JobFault, Refused
from farm.execution import Execution, run_eager
from farm.plan import Output
from pipelines import techpack
from pipelines.steps.registry import STEPS
from tests.pipelines.test_closing import HDR, PNG, Blobs, close

DESIGN: dict[str, Any] = {
    "name": "Summer set",
    "avatar": {"model": {"item": "dress-form"}},
    "layers": [
        {"id": "skirt", "model": {"item": "skirt"}},
        {"id": "tee", "name": "티셔츠", "model": {"item": "tshirt"}, "material": {"colour": "#c8102e"}},
    ],
}
VIEWS = ("front", "back", "left")


def test_a_pack_is_views_measures_looks_and_pages() -> None:
    closed = close("techpack", design=DESIGN)
    lanes = {step.key: step.lane for step in closed.plan.steps}
    views = {f"{kind}-{view}": "render" for kind in ("flat", "render") for view in VIEWS}
    pieces = {f"piece-{number}-{view}": "render" for number in (0, 1) for view in ("front", "back")}
    assert lanes == {**views, **pieces, "measure": "export", "looks": "export", "compose": "export"}
    assert set(closed.plan.steps[-1].needs) == set(lanes) - {"compose"}


def test_what_a_brand_leaves_out_is_not_drawn() -> None:
    pages = {"brand": {"pages": ["cover", "materials"]}}
    keys = [step.key for step in close("techpack", design=DESIGN, tech_pack=pages).plan.steps]
    assert keys == ["render-front", "measure", "looks", "compose"]


def hashes(**spec: Any) -> dict[str, str]:
    return close("techpack", **{"design": DESIGN, **spec}).plan.hashes()


def changed(a: dict[str, str], b: dict[str, str]) -> set[str]:
    return {key for key in a if a[key] != b[key]}


def test_another_colour_draws_no_flat_again_and_measures_nothing() -> None:
    blue = json.loads(json.dumps(DESIGN))
    blue["layers"][1]["material"]["colour"] = "#1b2a49"
    assert changed(hashes(), hashes(design=blue)) == {*(f"render-{view}" for view in VIEWS), "looks", "compose"}


def test_texts_languages_and_pages_only_compose_again() -> None:
    for spec in ({"language": "ko"}, {"page": "letter"}, {"units": "imperial"}, {"tech_pack": {"notes": "x"}}):
        assert changed(hashes(), hashes(**spec)) == {"compose"}
    renamed = {**DESIGN, "name": "other", "notes": "n"}
    assert changed(hashes(), hashes(design=renamed)) == {"compose"}
    moved = json.loads(json.dumps(DESIGN))
    moved["layers"][0]["transform"] = {"position": [0.0, 0.01, 0.0]}
    assert changed(hashes(), hashes(design=moved)) == set(hashes()) - {"piece-1-front", "piece-1-back"}


def test_one_layer_that_is_not_posed_is_its_own_drawing() -> None:
    alone = {**DESIGN, "layers": DESIGN["layers"][:1]}
    assert not any(key.startswith("piece") for key in hashes(design=alone))
    posed = {"model": {"item": "mannequin-female"}, "pose": {"animation": "walk"}}
    walking = {"avatar": posed, "layers": [{"id": "tee", "model": {"item": "tee"}}]}
    assert {key for key in hashes(design=walking) if key.startswith("piece")} == {"piece-0-front", "piece-0-back"}
    turned = json.loads(json.dumps({**alone, "avatar": {"model": {"item": "dress-form"}}}))
    for part in (turned["avatar"], *turned["layers"]):
        part["transform"] = {"rotation": [0.0, 90.0, 0.0]}
    assert any(key.startswith("piece") for key in hashes(design=turned))
    assert hashes(design=turned)["measure"] == hashes(design=alone)["measure"]


def test_a_pose_changes_neither_measures_nor_drawings_of_pieces() -> None:
    def worn(pose: str) -> dict[str, Any]:
        avatar = {"model": {"item": "mannequin-female"}, "pose": {"animation": pose}}
        return {"avatar": avatar, "layers": [{"id": one, "model": {"item": one}} for one in ("jeans", "tee")]}

    flats = {f"flat-{view}" for view in VIEWS}
    touched = changed(hashes(design=worn("walk")), hashes(design=worn("relaxed")))
    assert touched == {*flats, *(f"render-{view}" for view in VIEWS), "looks", "compose"}


@pytest.mark.parametrize(
    ("avatar", "given", "sizes", "base"),
    [
        ("mannequin-female", {}, ["XS", "S", "M", "L", "XL"], "M"),
        ("mannequin-male-xl", {}, ["XS", "S", "M", "L", "XL"], "XL"),
        ("mannequin-male-xl", {"sizes": ["L", "XL"]}, ["L", "XL"], "XL"),
        ("mannequin-male-xl", {"sizes": ["44", "46", "48"]}, ["44", "46", "48"], None),
        ("mannequin-male-xl", {"base": "S"}, ["XS", "S", "M", "L", "XL"], "S"),
        ("mannequin-child", {}, ["122"], "122"),
        ("dress-form", {"base": "38"}, ["38"], "38"),
    ],
)
def test_sizes_that_nobody_named_are_the_figures(
    avatar: str, given: dict[str, Any], sizes: list[str], base: str | None
) -> None:
    closed = close("techpack", design={"avatar": {"model": {"item": avatar}}}, tech_pack=given)
    assert (closed.spec["tech_pack"]["sizes"], closed.spec["tech_pack"]["base"]) == (sizes, base)


@pytest.mark.parametrize(
    ("pack", "code", "path"),
    [
        (
            {"points": [{"code": "A", "name": "x", "cm": 1, "layer": "hat"}]},
            "techpack.unknown_layer",
            "tech_pack.points[0].layer",
        ),
        ({"materials": [{"name": "x", "layer": "hat"}]}, "techpack.unknown_layer", "tech_pack.materials[0].layer"),
        (
            {"materials": [{"name": "x", "fabric": "nylon"}]},
            "catalogue.unknown_item",
            "tech_pack.materials[0].fabric",
        ),
        ({"materials": [{"name": "x", "fabric": "tshirt"}]}, "catalogue.wrong_kind", "tech_pack.materials[0].fabric"),
        ({"brand": {"logo": {"blob": "c" * 64}}}, "blob.unknown", "tech_pack.brand.logo"),
        ({"brand": {"logo": {"blob": HDR}}}, "design.wrong_media_type", "tech_pack.brand.logo"),
    ],
)
def test_what_is_not_there_is_refused_at_the_door(pack: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(Refused) as caught:
        close("techpack", design=DESIGN, tech_pack=pack)
    assert (caught.value.code, caught.value.data["path"]) == (code, path)


def test_a_logo_is_kept_with_the_job() -> None:
    closed = close("techpack", design=DESIGN, tech_pack={"brand": {"logo": {"blob": PNG}}})
    assert PNG in closed.blobs


@pytest.mark.parametrize("spec", [{"page": "a3"}, {"language": "fr"}, {"units": "ells"}, {"picture_px": 100}])
def test_a_spec_that_is_not_valid_says_where(spec: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        techpack.TechPackSpec.model_validate_json(json.dumps({"design": DESIGN, **spec}))
    assert caught.value.errors()[0]["loc"] == tuple(spec)


def made(tmp_path: Path, **spec: Any) -> tuple[bytes, Output]:
    store = DiskBlobs(tmp_path / "blobs")
    facts = {"design": DESIGN, "picture_px": 256, "quality": "draft", **spec}
    closed = techpack.close(techpack.TechPackSpec.model_validate_json(json.dumps(facts)), Blobs())
    (output,) = run_eager(
        closed, STEPS, blobs=store, scratch=tmp_path / "steps", on_progress=lambda *_: None, on_log=lambda *_: None
    )
    with store.open(output.digest) as opened:
        return opened.read(), output


@pytest.mark.gl
def test_a_design_alone_makes_a_whole_pack(tmp_path: Path) -> None:
    data, output = made(tmp_path, language="ko")
    assert output.name == "Summer-set-techpack.pdf"
    assert output.media_type == "application/pdf"
    found = PdfReader(io.BytesIO(data), strict=True)
    assert output.meta["pages"] == len(found.pages)
    outline = [entry.title for entry in found.outline]
    assert outline == [
        "표지",
        "도식화",
        "컬러 렌더링",
        "레이어 목록",
        "측정 항목",
        "자재 명세서",
        "컬러웨이",
    ]
    text = "\n".join(page.extract_text() for page in found.pages)
    assert "가슴너비" in text
    assert "#C8102E" in text
    assert set(output.meta["sources"]) >= {"flat.front", "render.left", "layer.tee", "point.A", "material.1"}


@pytest.mark.gl
def test_since_marks_what_a_new_colour_touches_and_nothing_else(tmp_path: Path) -> None:
    red = {**DESIGN, "layers": DESIGN["layers"][1:]}
    _, before = made(tmp_path, design=red, tech_pack={"materials": [{"name": "Jersey", "layer": "tee"}]})
    blue = json.loads(json.dumps(red))
    blue["layers"][0]["material"]["colour"] = "#1b2a49"
    since = {"revision": "A", "sources": before.meta["sources"]}
    pack = {"materials": [{"name": "Jersey", "layer": "tee"}], "since": since}
    _, after = made(tmp_path, design=blue, tech_pack=pack)
    marked = {page["section"] for page in after.meta["manifest"] if page["changed"]}
    assert marked == {"cover", "colour", "layers", "colourways"}


@pytest.mark.gl
@pytest.mark.parametrize(
    ("pack", "code", "path"),
    [
        (
            {"points": [{"code": "A", "name": "x", "way": {"kind": "opening", "region": "pocket"}}]},
            "view.no_region",
            "tech_pack.points[0]",
        ),
        (
            {"points": [{"code": "A", "name": "x", "way": {"kind": "girth", "height_cm": 900}, "layer": "tee"}]},
            "measure.no_section",
            "tech_pack.points[0]",
        ),
        (
            {"callouts": [{"place": {"landmark": "nape"}, "text": "x"}]},
            "measure.no_landmark",
            "tech_pack.callouts[0].place",
        ),
    ],
)
def test_what_cannot_be_measured_is_named(tmp_path: Path, pack: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(JobFault) as caught:
        made(tmp_path, tech_pack={**pack, "brand": {"pages": ["materials"]}})
    assert (caught.value.code, caught.value.data["path"]) == (code, path)


def test_a_seated_design_is_measured_as_it_stands_and_pointed_at_as_it_sits(tmp_path: Path) -> None:
    place = {"region": "left-pocket"}
    way = {"kind": "length", "start": {"region": "waistband"}, "end": place, "along": "vertical"}
    pack = {
        "points": [{"code": "A", "name": "Side", "way": way}],
        "callouts": [{"place": place, "text": "worn"}, {"place": place, "text": "alone", "layer": "trousers"}],
    }

    def facts(pose: str | None) -> dict[str, Any]:
        avatar = {"model": {"item": "mannequin-female"}, "pose": pose and {"animation": pose}}
        design = {"avatar": avatar, "layers": [{"id": "trousers", "model": {"item": "trousers"}}]}
        step = next(
            step for step in close("techpack", design=design, tech_pack=pack).plan.steps if step.key == "measure"
        )
        store = DiskBlobs(tmp_path / "blobs")
        context = Execution(
            step=step,
            scratch=tmp_path,
            inputs={},
            resources={},
            blobs=store,
            report=lambda *_: None,
            write_log=lambda *_: None,
        )
        with store.open(STEPS[step.name](context).outputs[0].digest) as opened:
            found: dict[str, Any] = json.loads(opened.read())
        return found

    standing, seated = facts(None), facts("seated")
    assert seated["points"] == standing["points"]
    assert standing["callouts"][0]["spot"] == standing["callouts"][1]["spot"] == seated["callouts"][1]["spot"]
    moved = [abs(a - b) for a, b in zip(*(one["callouts"][0]["spot"] for one in (standing, seated)), strict=True)]
    assert max(moved) > 0.1


@pytest.mark.gl
def test_a_body_alone_is_a_pack_too(tmp_path: Path) -> None:
    data, _ = made(tmp_path, design={"name": "form", "avatar": {"model": {"item": "dress-form"}}})
    assert len(PdfReader(io.BytesIO(data)).pages) >= 4


@pytest.mark.gl
def test_a_layer_that_nobody_sees_is_listed_and_not_measured(tmp_path: Path) -> None:
    design = json.loads(json.dumps(DESIGN))
    design["layers"].append({"id": "ghost", "model": {"item": "skirt"}, "opacity": 0.0})
    data, output = made(tmp_path, design=design, tech_pack={"brand": {"pages": ["layers", "measures"]}})
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    assert "ghost" in text
    assert "ghost:" not in text
    assert "layer.ghost" in output.meta["sources"]
    ghostly = {"points": [{"code": "A", "name": "x", "way": {"kind": "extent"}, "layer": "ghost"}]}
    with pytest.raises(JobFault) as caught:
        made(tmp_path / "again", design=design, tech_pack={**ghostly, "brand": {"pages": ["materials"]}})
    assert caught.value.code == "measure.empty"
