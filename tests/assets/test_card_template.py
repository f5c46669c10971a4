"""Templates are data: they are whole, they say what they have, and they grow to other sizes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from assets import card_template, catalogue
from assets.card import CardDesign, FoilUse
from assets.card_fit import Fit
from assets.card_outline import svg
from assets.card_template import Template, check, completed, template
from assets.design import Ref
from assets.errors import CardError, CatalogueError

ALL = card_template.names()


def document(name: str = "card-classic") -> dict[str, Any]:
    return json.loads((catalogue.DATA / "cards" / f"{name}.json").read_bytes())


def changed(**changes: Any) -> Template:
    return Template.model_validate_json(json.dumps({**document(), **changes}))


@pytest.mark.parametrize("name", ALL)
def test_texts_lie_in_the_safe_area(name: str) -> None:
    layout = template(name)
    for field in layout.fields:
        x, y, width, height = field.box_mm
        assert min(x, y) >= layout.safe_mm, field.name
        assert x + width <= layout.size_mm[0] - layout.safe_mm, field.name
        assert y + height <= layout.size_mm[1] - layout.safe_mm, field.name


@pytest.mark.parametrize("name", ALL)
def test_what_a_template_brings_exists(name: str) -> None:
    layout = template(name)
    assert {"title", "cost", "kind", "rules", "number", "rarity"} <= {field.name for field in layout.fields}
    for rarity in ("common", "uncommon", "rare", "epic", "legendary"):
        check(CardDesign(template=name, rarity=rarity))
    for ref in (*(layer.image for layer in layout.art.layers), *layout.art.frames):
        assert ref.item is not None
        assert len(catalogue.picture(ref.item)) < 250_000


def test_an_unknown_template_is_refused_by_name() -> None:
    with pytest.raises(CardError, match="card-classic") as caught:
        check(CardDesign(template="card-baroque"))
    assert (caught.value.code, caught.value.path) == ("card.unknown_template", "card.template")


def test_an_unknown_field_is_refused_and_the_known_ones_named() -> None:
    with pytest.raises(CardError, match="title, cost, kind") as caught:
        check(CardDesign(fields={"titel": "Fox"}))
    assert (caught.value.code, caught.value.path) == ("card.unknown_field", "card.fields.titel")


def test_a_mark_that_the_template_lacks_is_refused() -> None:
    with pytest.raises(CardError, match="crown") as caught:
        check(CardDesign(fields={"rarity": "moon"}))
    assert (caught.value.code, caught.value.path) == ("card.unknown_mark", "card.fields.rarity")
    check(CardDesign(fields={"rarity": "crown"}))


@pytest.mark.parametrize("mask", ["nowhere", "not-nowhere", "not-not-art"])
def test_an_unknown_place_for_foil_is_refused(mask: str) -> None:
    with pytest.raises(CardError, match="title") as caught:
        check(CardDesign(foils=(FoilUse(foil="cosmos"), FoilUse(foil="cosmos", mask=mask))))
    assert (caught.value.code, caught.value.path) == ("card.unknown_slot", "card.foils[1].mask")


def test_a_foil_s_error_names_its_place_in_the_card() -> None:
    cases = [
        (FoilUse(foil="tinsel"), "foil.unknown", "card.foils[0].foil"),
        (FoilUse(foil="cosmos", parameters={"grating.pitch": 1}), "foil.unknown_parameter", "grating.pitch"),
        (FoilUse(foil="cosmos", parameters={"pattern.size_mm": -1}), "foil.bad_parameter", "pattern.size_mm"),
    ]
    for use, code, end in cases:
        with pytest.raises(CatalogueError) as caught:
            check(CardDesign(foils=(use,)))
        assert caught.value.code == code
        assert caught.value.path.startswith("card.foils[0].")
        assert caught.value.path.endswith(end)


def test_lenses_need_frames_unless_the_art_is_the_template_s() -> None:
    lens = FoilUse(foil="lenticular")
    assert len(completed(CardDesign(foils=(lens,))).frames) >= 2
    own = CardDesign.model_validate({"art": ({"image": {"blob": "a" * 64}},), "foils": ({"foil": "lenticular"},)})
    with pytest.raises(CardError, match="two pictures or more") as caught:
        check(own)
    assert (caught.value.code, caught.value.path) == ("card.needs_frames", "card.frames")
    check(own.model_copy(update={"frames": (Ref(blob="b" * 64), Ref(blob="c" * 64))}))


def test_foils_come_from_the_rarity_unless_the_card_says_otherwise() -> None:
    assert completed(CardDesign(rarity="rare")).foils == template("card-classic").rarities["rare"].foils
    assert completed(CardDesign(rarity="rare", foils=())).foils == ()
    mine = (FoilUse(foil="glitter"),)
    assert completed(CardDesign(rarity="rare", foils=mine)).foils == mine


def test_a_completed_card_is_complete() -> None:
    once = completed(CardDesign(rarity="legendary", foils=(FoilUse(foil="lenticular"),)))
    assert completed(once) == once
    assert {ref.item for ref in once.refs()} >= {"art-summit-sky", "art-harbour-night"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"surprise": 1}, "surprise"),
        ({"art": {**document()["art"], "outline": "porthole"}}, "no outline porthole"),
        ({"slots": {"s": {"fields": ["nothing"]}}}, "no field nothing"),
        ({"slots": {"s": {"of": "art", "on": "nothing"}}}, "no field nothing"),
        ({"slots": {"s": {"of": "art", "fields": ["title"]}}}, "give one of"),
        ({"paints": {"gold": document()["paints"]["board"]}}, "gold is a colour and a paint"),
        ({"fields": [document()["fields"][0]] * 2}, "title is there twice"),
        ({"fields": [{**document()["fields"][0], "min_pt": 40}]}, "min_pt is larger"),
        ({"fields": [{**document()["fields"][0], "takes": ["moon"]}]}, "no field moon"),
        ({"frame": [{"kind": "rect", "box_mm": [0, 0, 1, 1], "fill": "url(x)"}]}, "pattern"),
        ({"frame": [{"kind": "rect", "box_mm": [0, 0, 1e9, 1]}]}, "less than or equal"),
        ({"frame": [{"kind": "rect", "box_mm": [0, 0, 1, 1], "fill": "puce@50"}]}, "no colour puce"),
        ({"frame": [{"kind": "outline", "name": "porthole"}]}, "no outline porthole"),
        ({"frame": [{"kind": "group", "clip": "porthole", "shapes": []}]}, "no outline porthole"),
        ({"outlines": {**document()["outlines"], "a": {"kind": "outline", "name": "window"}}}, "outline a must"),
        ({"slots": {"s": {"of": "art", "minus": ["s"]}}}, "less something itself"),
        ({"slots": {"s": {"of": "art", "minus": ["moon"]}}}, "no mask moon"),
        ({"slots": {"art": {"of": "art"}}}, "another meaning"),
    ],
)
def test_a_template_that_does_not_hold_together_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        changed(**changes)


def test_a_larger_card_grows_at_its_lines_alone() -> None:
    fit = Fit.of((63.0, 88.0), (126.0, 200.0), (31.5, 33.0))
    assert fit.scale == 2.0
    assert fit.point((5.0, 5.0)) == (10.0, 10.0)
    assert fit.point((5.0, 80.0)) == (10.0, 184.0)  # 24 mm more than scaled
    assert fit.point((31.5, 33.0)) == (63.0, 78.0)  # the line itself moves by half
    assert fit.box((5.0, 30.0, 10.0, 10.0)) == (10.0, 60.0, 20.0, 44.0)


def test_paths_are_read_as_svg_has_them() -> None:
    one = svg("M1 2 h3 v4 l-3 0 z m1 1 q1 0 2 2 c0 1 1 2 3 3")
    two = svg("M1,2 L4,2 L4,6 L1,6 Z M2,3 Q3,3 4,5 C4,6 5,7 7,8")
    assert one.getPoints(one.countPoints()) == two.getPoints(two.countPoints())
    for broken in ("L", "M1", "1 2", "M1 2 C1 2 3", "M1 2 Z 3 4"):
        with pytest.raises(ValueError, match=r"takes|begins"):
            svg(broken)
