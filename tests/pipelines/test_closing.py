"""Closing a spec: what a worker will read is decided at the door."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from farm.errors import Refused
from farm.jobs import BlobInfo, Closed, Load
from pipelines.kinds import KINDS
from pipelines.turntable import segments

GLB = "a" * 64
PNG = "b" * 64
HDR = "d" * 64
DESIGN: dict[str, Any] = {
    "name": "Summer tee",
    "avatar": {"model": {"item": "dress-form"}},
    "layers": [
        {"id": "tee", "name": "Tee", "model": {"item": "tshirt"}, "material": {"colour": "#C8102E"}},
        {"id": "skirt", "model": {"item": "skirt"}, "material": {"texture": {"item": "denim"}}},
    ],
    "notes": "double stitch",
}


class Blobs:
    """Two blobs that the owner has."""

    def blob(self, digest: str) -> BlobInfo:
        types = {GLB: "model/gltf-binary", PNG: "image/png", HDR: "image/vnd.radiance"}
        if digest not in types:
            raise Refused("blob.unknown", "there is no such blob")
        return BlobInfo(digest=digest, size=10, media_type=types[digest])

    def load(self, lane: str) -> Load:
        raise AssertionError(f"nothing here asks how busy {lane} is")


def close(kind: str, stem: str | None = None, **spec: Any) -> Closed:
    found = KINDS[kind]
    import json

    return found.close(found.spec.model_validate_json(json.dumps({"design": DESIGN, **spec})), Blobs(), stem)


def hashes(closed: Closed) -> list[str]:
    return list(closed.plan.hashes().values())


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_closes_its_own_example(kind: str) -> None:
    import json

    found = KINDS[kind]
    closed = found.close(found.spec.model_validate_json(json.dumps(found.example)), Blobs(), None)
    assert closed.plan.steps
    assert json.loads(json.dumps(closed.spec)).keys() & {"design", "card"}


def test_a_still_may_be_taken_by_another_camera_than_the_designs() -> None:
    seen = close("still", camera={"orthographic": True, "fill": 0.9}).plan.steps[0].params["design"]["canvas"]
    assert (seen["camera"]["orthographic"], seen["camera"]["fill"]) == (True, 0.9)
    own = {**DESIGN, "canvas": {"camera": {"orthographic": True, "fill": 0.9}}}
    assert hashes(close("still", camera={"orthographic": True, "fill": 0.9})) == hashes(close("still", design=own))


def test_details_are_views_with_names_of_their_own() -> None:
    closed = close("still", views=["side", "detail:collar", "detail:left cuff@back", "detail:LEFT-cuff@back"])
    assert [step.params["view"] for step in closed.plan.steps][:2] == ["left", "detail:collar"]
    suffixes = [step.params["suffix"] for step in closed.plan.steps]
    assert suffixes == ["-side", "-detail-collar", "-detail-left-cuff-back", "-detail-left-cuff-back-2"]


def test_cameras_of_the_model_are_views_too() -> None:
    closed = close("still", views=["camera:Pack shot", "camera:0"])
    assert [step.params["view"] for step in closed.plan.steps] == ["camera:Pack shot", "camera:0"]
    assert [step.params["suffix"] for step in closed.plan.steps] == ["-camera-pack-shot", "-camera-0"]


def test_a_turntable_is_cut_into_segments_that_cover_every_frame_once() -> None:
    closed = close("turntable", formats=["webm", "mp4"], duration=5, fps=30)
    parts = [step for step in closed.plan.steps if step.name == "turntable.segment"]
    frames = [i for step in parts for i in range(step.params["start"], step.params["stop"])]
    assert frames == list(range(150))
    assert closed.plan.steps[0].params["at"] == {"front": 0, "right": 38, "back": 75, "left": 112}
    joins = [step for step in closed.plan.steps if step.name == "turntable.join"]
    assert [join.params["format"] for join in joins] == ["mp4", "webm"]
    assert all(join.needs == tuple(part.key for part in parts) for join in joins)


@pytest.mark.parametrize("duration", [3, 5, 10])
@pytest.mark.parametrize("fps", [24, 30, 60])
def test_key_pictures_of_a_film_stand_at_equal_distances(duration: int, fps: int) -> None:
    cuts = segments(duration * fps)
    (length,) = {stop - start for start, stop in cuts}
    assert length <= fps, "an encoder would put a key picture into the middle of a segment"
    assert 15 <= length <= 25


@pytest.mark.parametrize("frames", [1, 61, 97, 500])
def test_films_of_any_length_are_covered_once(frames: int) -> None:
    cuts = segments(frames)
    assert [frame for start, stop in cuts for frame in range(start, stop)] == list(range(frames))
    assert max(stop - start for start, stop in cuts) <= 25


def test_a_turntable_may_be_a_loop_too_and_a_gif_shows_every_second_of_sixty() -> None:
    closed = close("turntable", formats=["webp", "mp4", "gif", "apng"], duration=3, fps=60)
    part = next(step for step in closed.plan.steps if step.name == "turntable.segment")
    assert part.params["every"] == {"apng": 1, "gif": 2, "mp4": 1, "webp": 1}
    assert part.params["longest"] == {"apng": 720, "gif": 640, "webp": 960}
    joins = {step.key: step.params for step in closed.plan.steps if step.name == "turntable.join"}
    assert joins["join-gif"] == {"format": "gif", "fps": 30, "frames": 90}
    assert joins["join-webp"] == {"format": "webp", "fps": 60, "frames": 180}


@pytest.mark.parametrize("formats", [["mp4", "webp"], ["av1"], ["webm", "gif"]])
def test_loops_may_be_transparent_films_may_not(formats: list[str]) -> None:
    clear = {**DESIGN, "canvas": {"background": {"kind": "transparent"}}}
    closed = close("turntable", design=clear, formats=["webp", "apng", "gif"])
    assert closed.plan.steps[0].params["format"] == "webp"
    with pytest.raises(Refused, match="webp, apng or gif") as refused:
        close("turntable", design=clear, formats=formats)
    assert refused.value.code == "turntable.no_alpha"


def test_hardware_makes_a_film_in_one_piece_and_software_is_what_is_meant_unless_said() -> None:
    plain, wished = close("turntable"), close("turntable", encoder="hardware")
    assert len([step for step in plain.plan.steps if step.name == "turntable.segment"]) == 6
    (part,) = (step for step in wished.plan.steps if step.name == "turntable.segment")
    assert (part.params["start"], part.params["stop"], part.params["encoder"]) == (0, 150, "hardware")
    assert hashes(close("turntable", encoder="software")) == hashes(plain)
    loops = close("turntable", encoder="hardware", formats=["gif"])
    assert hashes(loops) == hashes(close("turntable", formats=["gif"]))


def test_names_and_notes_do_not_change_a_picture() -> None:
    renamed = {**DESIGN, "name": "Winter tee", "notes": "other"}
    renamed["layers"] = [{**DESIGN["layers"][0], "name": "Other"}, DESIGN["layers"][1]]
    assert hashes(close("still")) == hashes(close("still", design=renamed))
    assert hashes(close("still")) == hashes(close("still", stem="other"))


def test_an_invisible_layer_does_not_change_a_picture() -> None:
    hidden = {**DESIGN, "layers": [*DESIGN["layers"], {"id": "x", "model": {"blob": GLB}, "visible": False}]}
    assert hashes(close("still")) == hashes(close("still", design=hidden))


@pytest.mark.parametrize(
    "change",
    [
        {"width": 800},
        {"quality": "draft"},
        {"format": "webp"},
        {"views": ["back"]},
        {"design": {**DESIGN, "canvas": {"background": {"kind": "solid", "colour": "#ffffff"}}}},
        {"design": {**DESIGN, "layers": DESIGN["layers"][:1]}},
        {"design": {**DESIGN, "canvas": {"lighting": {"tone": "aces"}}}},
        {"design": {**DESIGN, "canvas": {"stage": {"item": "plinth-round"}}}},
        {"design": {**DESIGN, "canvas": {"lighting": {"environment": {"blob": HDR}}}}},
    ],
)
def test_what_changes_pixels_changes_the_hash(change: dict[str, Any]) -> None:
    assert set(hashes(close("still"))) & set(hashes(close("still", **change))) == set()


def test_a_file_of_light_is_kept_while_the_job_needs_it() -> None:
    closed = close("still", design={**DESIGN, "canvas": {"lighting": {"environment": {"blob": HDR}}}})
    assert closed.blobs == (HDR,)
    assert closed.plan.steps[0].params["content"][f"blob:{HDR}"] == HDR


def printed(**image: str) -> dict[str, Any]:
    return {
        **DESIGN,
        "layers": [{"id": "a", "model": {"item": "tshirt"}, "material": {"prints": [{"image": image}]}}],
    }


def test_a_print_is_kept_while_the_job_needs_it() -> None:
    closed = close("still", design=printed(blob=PNG))
    assert closed.blobs == (PNG,)
    assert closed.plan.steps[0].params["content"][f"blob:{PNG}"] == PNG
    assert set(hashes(closed)).isdisjoint(hashes(close("still")))


def test_the_canvas_does_not_change_a_model() -> None:
    light = {"exposure": 1.0, "environment": {"blob": HDR}}
    lit = {**DESIGN, "canvas": {"lighting": light, "stage": {"item": "floor-parquet"}}}
    assert hashes(close("model")) == hashes(close("model", design=lit))


def test_a_background_left_to_the_studio_is_the_same_as_asking_for_it() -> None:
    gradient = {"kind": "gradient", "top": "#26272b", "bottom": "#0d0d0f"}
    dark = {"lighting": {"studio": "rim"}}
    left, asked = ({**DESIGN, "canvas": canvas} for canvas in (dark, {**dark, "background": gradient}))
    assert hashes(close("still", design=left)) == hashes(close("still", design=asked))


def test_the_stem_is_the_asked_name_or_comes_from_the_design() -> None:
    assert close("still").stem == "Summer-tee"
    assert close("still", stem="sku-1").stem == "sku-1"
    assert close("model", stem="sku-1").plan.steps[0].params["stem"] == "sku-1"
    assert close("still", design={**DESIGN, "name": "../../등산복 / 1"}).stem == "등산복---1"


def test_a_bare_model_is_a_design() -> None:
    closed = close("still", design={"blob": GLB})
    assert closed.blobs == (GLB,)
    assert closed.plan.steps[0].params["design"]["layers"][0]["model"]["blob"] == GLB


@pytest.mark.parametrize(
    ("kind", "spec", "code", "path"),
    [
        ("still", {"design": {"item": "no-such-thing"}}, "catalogue.unknown_item", "design.layers[0].model"),
        ("still", {"design": {"item": "denim"}}, "catalogue.wrong_kind", "design.layers[0].model"),
        ("still", {"design": {"blob": "c" * 64}}, "blob.unknown", "design.layers[0].model"),
        ("still", {"design": {"blob": PNG}}, "design.wrong_media_type", "design.layers[0].model"),
        (
            "still",
            {"design": {"layers": [{"id": "a", "model": {"blob": GLB}, "material": {"texture": {"blob": GLB}}}]}},
            "design.wrong_media_type",
            "design.layers[0].material.texture",
        ),
        (
            "still",
            {"design": {**DESIGN, "canvas": {"lighting": {"studio": "tshirt"}}}},
            "catalogue.wrong_kind",
            "design.canvas.lighting.studio",
        ),
        (
            "still",
            {"design": {**DESIGN, "canvas": {"stage": {"item": "tshirt"}}}},
            "catalogue.wrong_kind",
            "design.canvas.stage",
        ),
        (
            "still",
            {"design": {**DESIGN, "canvas": {"stage": {"blob": PNG}}}},
            "design.wrong_media_type",
            "design.canvas.stage",
        ),
        (
            "still",
            {"design": {**DESIGN, "canvas": {"lighting": {"environment": {"blob": PNG}}}}},
            "design.wrong_media_type",
            "design.canvas.lighting.environment",
        ),
        (
            "still",
            {"design": {**DESIGN, "canvas": {"lighting": {"environment": {"item": "rim"}}}}},
            "catalogue.wrong_kind",
            "design.canvas.lighting.environment",
        ),
        (
            "still",
            {"design": {**DESIGN, "avatar": {"model": {"item": "mannequin-male"}}}},
            "design.wrong_figure",
            "design.layers[0].model",
        ),
        (
            "model",
            {
                "design": {
                    "avatar": {"model": {"item": "mannequin-female"}, "pose": {"animation": "seated"}},
                    "layers": [{"id": "dress", "model": {"item": "dress"}}],
                }
            },
            "design.wrong_pose",
            "design.avatar.pose.animation",
        ),
        (
            "still",
            {"design": printed(item="jersey")},
            "catalogue.wrong_kind",
            "design.layers[0].material.prints[0].image",
        ),
        (
            "still",
            {"design": printed(blob=GLB)},
            "design.wrong_media_type",
            "design.layers[0].material.prints[0].image",
        ),
        (
            "still",
            {"format": "jpeg", "design": {**DESIGN, "canvas": {"background": {"kind": "transparent"}}}},
            "export.jpeg_has_no_alpha",
            "format",
        ),
        (
            "turntable",
            {"design": {**DESIGN, "canvas": {"background": {"kind": "transparent"}}}},
            "turntable.no_alpha",
            "design.canvas.background",
        ),
    ],
)
def test_what_cannot_work_is_refused_at_the_door(kind: str, spec: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(Refused) as refused:
        close(kind, **spec)
    assert refused.value.code == code
    assert refused.value.data["path"] == path


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("still", {"width": 511}),
        ("still", {"width": 8193}),
        ("still", {"width": "1024"}),
        ("still", {"colour": "red"}),
        ("still", {"views": ["front", "front"]}),
        ("still", {"views": []}),
        ("still", {"design": {"layers": []}}),
        ("still", {"design": {"layers": [{"id": "a", "model": {"item": "tshirt"}, "visible": False}]}}),
        ("still", {"design": {"layers": [{"id": "a", "model": {"item": "tshirt", "blob": GLB}}]}}),
        ("still", {"camera": {"fov": 200}}),
        ("still", {"views": ["detail:"]}),
        ("still", {"views": ["camera:"]}),
        ("still", {"views": ["camera:" + "x" * 101]}),
        ("still", {"views": ["lens:0"]}),
        ("still", {"views": ["detail:collar@nowhere"]}),
        ("still", {"views": ["detail:../collar"]}),
        ("turntable", {"duration": 4}),
        ("turntable", {"fps": 25}),
        ("turntable", {"rotation": 180}),
        ("turntable", {"formats": ["mp4", "mp4"]}),
        ("model", {"formats": ["blend"]}),
        ("model", {"optimise": {"max_triangles": 1}}),
    ],
)
def test_specs_are_strict(kind: str, spec: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        close(kind, **spec)
