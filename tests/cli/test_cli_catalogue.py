"""`farm catalogue`, and outfits of it on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from api.cli.request import read
from assets.catalogue_outfits import design
from farm.errors import Refused
from tests.cli.conftest import Said

Run = Callable[..., Said]


def listed(farm: Run, *options: str) -> set[str]:
    said = farm("catalogue", "ls", *options, "-o", "ndjson")
    assert said.code == 0, said.err
    return {json.loads(row)["id"] for row in said.out.splitlines()}


def test_the_list_takes_the_filters_of_the_door(farm: Run) -> None:
    assert {"tee", "dress"} <= listed(farm, "--fits", "mannequin-male-s", "--kind", "garment")
    assert "tshirt" not in listed(farm, "--fits", "mannequin-male-s")
    assert listed(farm, "--q", "하운드투스") == {"houndstooth"}
    assert listed(farm, "--kind", "avatar", "--size", "122") == {"mannequin-child"}
    assert listed(farm, "--kind", "garment", "--covers", "thighs", "--depth", "10", "--pose", "walk") <= listed(farm)
    assert listed(farm, "--cloth", "silk-satin", "--tag", "dress") == {"dress"}
    assert listed(farm, "--fibre", "linen") == {"linen"}
    assert listed(farm, "--q", "no such thing") == set()


def test_a_table_of_fabrics_says_what_they_are_made_of(farm: Run) -> None:
    head, *rows = farm("catalogue", "ls", "--kind", "fabric").out.splitlines()
    assert head.split()[-3:] == ["WEIGHT", "COMPOSITION", "REPEAT"]
    assert any("460 g/m²" in row and "cotton 100 %" in row and "42 mm" in row for row in rows)


def test_one_item_is_shown_with_what_it_fits(farm: Run) -> None:
    words = farm("catalogue", "show", "tee").out
    for said in ("mannequin-male", "seated", "shoulders", "jersey", "XS, S, M, L, XL", "left-cuff"):
        assert said in words
    assert "care:" in farm("catalogue", "show", "denim").out
    assert "size mm:" in farm("catalogue", "show", "card-idol").out


def test_an_outfits_design_can_be_sent_as_it_is_shown(farm: Run) -> None:
    shown = json.loads(farm("catalogue", "show", "outfit-evening", "-o", "json").out)
    assert shown["design"] == design("outfit-evening")
    assert farm("check", "still", "-p", f"design={json.dumps(shown['design'])}").code == 0


def test_an_outfit_is_a_design_that_may_be_changed() -> None:
    plain = read("still", outfit="outfit-evening")
    assert plain.spec == {"design": design("outfit-evening")}
    changed = read(
        "still",
        outfit="outfit-evening",
        avatar="mannequin-female-l",
        params=["design.layers.0.material.colour=#102030"],
    ).spec["design"]
    assert changed["avatar"] == {"model": {"item": "mannequin-female-l"}, "pose": {"animation": "hands-on-hips"}}
    assert changed["layers"][0]["material"] == {"texture": {"item": "silk-satin"}, "colour": "#102030"}
    assert read("still", params=["outfit=outfit-evening"]).spec == plain.spec
    named = read("still", params=["design.name=Ad", "outfit=outfit-evening"]).spec["design"]
    assert (named["name"], named["layers"]) == ("Ad", design("outfit-evening")["layers"])


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["check", "still", "--outfit", "tee"], "no outfit 'tee'"),
        (["check", "card", "--outfit", "outfit-evening"], "wears no outfit"),
        (["check", "still", "--outfit", "outfit-evening", "-p", "avatar=nobody"], "nobody"),
        (["check", "still", "-p", "avatar=dress-form", "-p", "outfit=outfit-evening"], "of its own"),
        (["check", "still", "--avatar", "mannequin-child", "--wear", "tee"], "design.wrong_figure"),
    ],
)
def test_what_cannot_be_worn_is_said(farm: Run, argv: list[str], words: str) -> None:
    said = farm(*argv)
    assert (said.code, said.out) == (2, "")
    assert words in said.err


def test_an_outfit_on_top_of_clothes_is_refused() -> None:
    with pytest.raises(Refused, match="of its own"):
        read("still", params=["wear=tee", "outfit=outfit-evening"])
