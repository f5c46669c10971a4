"""Closing a card: what a worker will draw is decided at the door, and so is what it will not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assets import foil
from farm.errors import FarmError, Refused
from farm.jobs import Closed
from pipelines.card import KIND
from tests.pipelines.cards import CARD, GLB, MASK, PNG, Owner, card, close


def hashes(closed: Closed) -> list[str]:
    return list(closed.plan.hashes().values())


def names(closed: Closed) -> list[str]:
    return [step.params["name"] for step in closed.plan.steps if "name" in step.params]


def test_outputs_may_be_named_alone() -> None:
    assert hashes(close(outputs=["still", "model"])) == hashes(close(outputs=[{"kind": "still"}, {"kind": "model"}]))
    assert hashes(close()) == hashes(close(outputs=["still"]))


def test_every_file_of_a_job_has_a_name_of_its_own() -> None:
    outputs = [
        {"kind": "still", "side": "both"},
        {"kind": "still"},
        {"kind": "still", "side": "both", "format": "jpeg", "background": {"kind": "solid", "colour": "#ffffff"}},
        {"kind": "tilt", "formats": ["gif", "mp4", "apng"]},
        {"kind": "tilt"},
        "model",
        "print",
        {"kind": "maps", "maps": ["layers", "foil"]},
        {"kind": "maps", "maps": ["foil"], "dpi": 600},
        "share",
    ]
    closed = close(outputs=outputs)
    assert names(closed) == [
        "{stem}.png",
        "{stem}-back.png",
        "{stem}-2.png",
        "{stem}.jpg",
        "{stem}-back.jpg",
        "{stem}-tilt.png",
        "{stem}-tilt.gif",
        "{stem}-tilt.mp4",
        "{stem}-tilt-2.mp4",
        "{stem}.glb",
        "{stem}-print.pdf",
    ]
    maps = [step.params["maps"] for step in closed.plan.steps if step.name == "card.maps"]
    assert maps == [{"foil": "{stem}-foil.png", "layers": "{stem}-layers.json"}, {"foil": "{stem}-foil-2.png"}]
    (shared,) = (step.params["files"] for step in closed.plan.steps if step.name == "card.share")
    assert [file["name"] for file in shared] == [
        "{stem}-share-1200x630.png",
        "{stem}-share-1080x1080.png",
        "{stem}-share-1080x1920.png",
    ]
    assert closed.stem == "Ember-Fox"
    assert close(stem="row-7").stem == "row-7"


def test_a_loop_is_cut_into_parts_that_cover_every_frame_once() -> None:
    closed = close(outputs=[{"kind": "tilt", "formats": ["webp", "mp4"], "duration": 5, "fps": 24}])
    parts = [step for step in closed.plan.steps if step.name == "card.tilt"]
    assert [i for step in parts for i in range(step.params["start"], step.params["stop"])] == list(range(120))
    joins = [step for step in closed.plan.steps if step.name == "card.join"]
    assert [join.params["format"] for join in joins] == ["mp4", "webp"]
    assert all(join.needs == tuple(part.key for part in parts) for join in joins)


def test_what_has_no_soft_edges_gets_a_dark_studio_and_the_others_stay_transparent() -> None:
    def drawn(*formats: str, **changes: Any) -> tuple[str, list[str]]:
        closed = close(card=card(**changes), outputs=[{"kind": "tilt", "formats": formats}])
        params = closed.plan.steps[0].params
        return params["behind"]["kind"], params["opaque"]

    assert drawn("mp4", "webp", "gif") == ("gradient", ["gif", "mp4"])
    assert drawn("webp", "mp4", background={"kind": "solid", "colour": "#102030"}) == ("solid", ["mp4", "webp"])


@pytest.mark.parametrize(
    ("change", "outputs"),
    [
        ({"name": "Red fox"}, ["still", "tilt", {"kind": "maps", "maps": ["foil", "depth"]}, "share"]),
        ({"stand": {"exposure": 1.0}}, ["maps", "model", "print"]),
        ({"background": {"kind": "solid", "colour": "#ffffff"}}, ["maps", "model", "print", "share"]),
        (
            {"background": {"kind": "solid", "colour": "#ffffff"}},
            [{"kind": "still", "background": {"kind": "transparent"}}],
        ),
        ({"foils": [{"foil": "cosmos", "mask": "art", "parameters": {"grating.orders": 2}}]}, ["still"]),
    ],
)
def test_what_changes_no_pixel_changes_no_hash(change: dict[str, Any], outputs: list[Any]) -> None:
    if "foils" in change:
        change["foils"][0]["parameters"] = {"grating.orders": foil.foil("cosmos").grating.orders}  # type: ignore[union-attr]
    assert hashes(close(outputs=outputs)) == hashes(close(card=card(**change), outputs=outputs))


def test_a_name_that_is_printed_is_part_of_the_picture() -> None:
    plain, other = (card(fields={}, name=name) for name in ("Fox", "Wolf"))
    assert hashes(close(card=plain)) != hashes(close(card=other))


@pytest.mark.parametrize(
    "change",
    [
        {"foils": []},
        {"foils": [{"foil": "cosmos", "mask": "frame"}]},
        {"foils": [{"foil": "cosmos", "mask": "art", "seed": 99}]},
        {"foils": [{"foil": "cosmos", "mask": "art", "intensity": 0.31}]},
        {"foils": [{"foil": "cosmos", "mask": "art", "parameters": {"grating.spacing_nm": 911}}]},
        {"foils": [{"foil": "cosmos", "mask": {"blob": MASK}}]},
        {"fields": {"title": "Wolf"}},
        {"art": [{"image": {"blob": MASK}}]},
        {"art": [{"image": {"blob": PNG}, "zoom": 1.5}]},
        {"varnish": "matte"},
        {"stock": {"corner_radius_mm": 1.0}},
        {"stand": {"turn": 30}},
        {"background": {"kind": "solid", "colour": "#ffffff"}},
    ],
)
def test_what_changes_pixels_changes_the_hash(change: dict[str, Any]) -> None:
    assert hashes(close()) != hashes(close(card=card(**change)))


def test_a_closed_card_carries_its_foils_whole() -> None:
    use = {"foil": "cosmos", "parameters": {"grating.spacing_nm": 911}, "seed": 5}
    (decided,) = close(card=card(foils=[use])).plan.steps[0].params["foils"]
    whole = foil.foil("cosmos")
    assert (decided["grating"]["spacing_nm"], decided["seed"]) == (911, 5)
    assert decided["intensity"] == whole.intensity
    assert "name_en" not in decided
    assert foil.Foil.model_validate({**decided, "name_en": "x", "name_ko": "x", "summary": "x"})


def test_blobs_of_a_card_are_kept_once() -> None:
    again = card(
        art=[{"image": {"blob": PNG}}, {"image": {"blob": PNG}}], foils=[{"foil": "cosmos", "mask": {"blob": MASK}}]
    )
    assert sorted(close(card=again).blobs) == [PNG, MASK]


@pytest.mark.parametrize(
    ("spec", "code", "path"),
    [
        ({"card": card(template="tshirt")}, "card.unknown_template", "card.template"),
        ({"card": card(template="no-such")}, "card.unknown_template", "card.template"),
        ({"card": card(fields={"power": 3})}, "card.unknown_field", "card.fields.power"),
        ({"card": card(foils=[{"foil": "mithril"}])}, "foil.unknown", "card.foils[0].foil"),
        (
            {"card": card(foils=[{"foil": "cosmos", "parameters": {"grating.spacing": 900}}])},
            "foil.unknown_parameter",
            "card.foils[0].parameters.grating.spacing",
        ),
        (
            {"card": card(foils=[{"foil": "cosmos", "parameters": {"grating.spacing_nm": 1}}])},
            "foil.bad_parameter",
            "card.foils[0].parameters.grating.spacing_nm",
        ),
        (
            {"card": card(foils=[{"foil": "cosmos", "parameters": {"grating.spacing_nm": 10**400}}])},
            "foil.bad_parameter",
            "card.foils[0].parameters.grating.spacing_nm",
        ),
        ({"card": card(foils=[{"foil": "cosmos", "mask": "tail"}])}, "card.unknown_slot", "card.foils[0].mask"),
        ({"card": card(art=[{"image": {"blob": "e" * 64}}])}, "blob.unknown", "card.art[0].image"),
        ({"card": card(art=[{"image": {"blob": GLB}}])}, "design.wrong_media_type", "card.art[0].image"),
        ({"card": card(back={"item": "tshirt"})}, "catalogue.wrong_kind", "card.back"),
        ({"card": card(back={"item": "nothing"})}, "catalogue.unknown_item", "card.back"),
        (
            {"card": card(foils=[{"foil": "cosmos", "mask": {"blob": "e" * 64}}])},
            "blob.unknown",
            "card.foils[0].mask",
        ),
        (
            {"outputs": ["model", {"kind": "still", "format": "jpeg"}]},
            "export.jpeg_has_no_alpha",
            "outputs[1].format",
        ),
        (
            {"card": card(stock={"width_mm": 300, "height_mm": 300}), "outputs": [{"kind": "print", "dpi": 1200}]},
            "card.sheet_too_large",
            "outputs[0].dpi",
        ),
    ],
)
def test_what_cannot_be_made_is_refused_with_its_place(spec: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(Refused) as caught:
        close(**spec)
    assert caught.value.code == code
    assert caught.value.data["path"] == path
    assert len(caught.value.detail) > 20


def test_a_parameter_that_a_foil_has_not_is_answered_with_those_that_it_has() -> None:
    with pytest.raises(Refused, match=r"has no parameter 'grating\.spacing'.*grating\.spacing_nm"):
        close(card=card(foils=[{"foil": "cosmos", "parameters": {"grating.spacing": 900}}]))


@pytest.mark.parametrize(
    ("outputs", "place"),
    [
        ([], ("outputs",)),
        (["still"] * 17, ("outputs",)),
        (["stil"], ("outputs", 0)),
        ([{"kind": "still", "tilt": [0, 81]}], ("outputs", 0, "still", "tilt", 1)),
        ([{"kind": "still", "width": 255}], ("outputs", 0, "still", "width")),
        ([{"kind": "still", "height": 8193}], ("outputs", 0, "still", "height")),
        ([{"kind": "still", "surprise": 1}], ("outputs", 0, "still", "surprise")),
        ([{"kind": "tilt", "fps": 29}], ("outputs", 0, "tilt", "fps")),
        ([{"kind": "tilt", "duration": 11}], ("outputs", 0, "tilt", "duration")),
        ([{"kind": "tilt", "width": 1081}], ("outputs", 0, "tilt", "width")),
        ([{"kind": "tilt", "formats": ["mp4", "mp4"]}], ("outputs", 0, "tilt")),
        ([{"kind": "tilt", "path": "spin", "degrees": 20}], ("outputs", 0, "tilt")),
        ([{"kind": "tilt", "width": 3840, "duration": 10, "fps": 60}], ("outputs", 0, "tilt")),
        ([{"kind": "tilt", "width": 2160, "formats": ["apng"], "duration": 3}], ("outputs", 0, "tilt")),
        ([{"kind": "maps", "dpi": 71}], ("outputs", 0, "maps", "dpi")),
        ([{"kind": "maps", "maps": ["foil", "foil"]}], ("outputs", 0, "maps")),
        ([{"kind": "print", "dpi": 150}], ("outputs", 0, "print", "dpi")),
        ([{"kind": "print", "bleed_mm": -1}], ("outputs", 0, "print", "bleed_mm")),
        ([{"kind": "share", "sizes": ["100x100"]}], ("outputs", 0, "share", "sizes", 0)),
    ],
)
def test_outputs_are_bounded(outputs: list[Any], place: tuple[str | int, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        KIND.spec.model_validate_json(json.dumps({"card": CARD, "outputs": outputs}))
    assert place in {error["loc"] for error in caught.value.errors()}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("field", ["tilt", "duration", "degrees", "bleed_mm"])
def test_numbers_that_are_none_are_refused(number: str, field: str) -> None:
    value = f"[{number}, 0]" if field == "tilt" else number
    kind = {"tilt": "still", "bleed_mm": "print"}.get(field, "tilt")
    with pytest.raises(ValidationError):
        KIND.spec.model_validate_json(
            f'{{"card": {json.dumps(CARD)}, "outputs": [{{"kind": "{kind}", "{field}": {value}}}]}}'
        )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    parameters=st.dictionaries(
        st.sampled_from(
            ["grating.spacing_nm", "grating", "pattern.kind", "hue.range", "metal.colour", "varnish", "id", ""]
        )
        | st.text(max_size=10),
        JSON,
        max_size=3,
    ),
    field=JSON,
)
def test_whatever_is_sent_is_closed_or_refused(parameters: dict[str, Any], field: Any) -> None:
    document = card(foils=[{"foil": "cosmos", "parameters": parameters}], fields={"title": field})
    try:
        spec = KIND.spec.model_validate_json(json.dumps({"card": document}))
        closed = KIND.close(spec, Owner(), None)
    except (ValidationError, FarmError) as error:
        fault: Exception = error
    else:
        assert json.loads(json.dumps(closed.spec, allow_nan=False))["card"]
        assert hashes(closed)
        return
    if isinstance(fault, FarmError):
        assert fault.code.startswith(("foil.", "card."))
        assert fault.data["path"].startswith("card.")


def test_parameters_may_be_written_as_objects() -> None:
    dotted, nested = (
        card(foils=[{"foil": "cosmos", "parameters": parameters}])
        for parameters in (
            {"grating.spacing_nm": 911, "grating.orders": 2, "varnish": False},
            {"grating": {"spacing_nm": 911, "orders": 2}, "varnish": False},
        )
    )
    assert hashes(close(card=dotted)) == hashes(close(card=nested))
    with pytest.raises(Refused, match=r"has no parameter 'grating\.spacing'"):
        close(card=card(foils=[{"foil": "cosmos", "parameters": {"grating": {"spacing": 900}}}]))


def test_a_wrong_output_is_one_error() -> None:
    with pytest.raises(ValidationError) as caught:
        KIND.spec.model_validate_json(json.dumps({"card": CARD, "outputs": ["stil"]}))
    assert [error["loc"] for error in caught.value.errors()] == [("outputs", 0)]
