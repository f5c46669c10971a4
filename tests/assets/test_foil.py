"""Foils as data: every file loads, what a card may change is named, and every number has bounds."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from assets import foil
from assets.card_template import BUILT_IN
from assets.errors import CatalogueError

NAMES = (
    "cold-foil",
    "cosmos",
    "cracked-ice",
    "etched",
    "galaxy",
    "glitter",
    "gold-secret",
    "lenticular",
    "linear-rainbow",
    "pearl",
    "radial-crosshatch",
    "refractor",
    "reverse-holo",
    "spot-gloss",
)
NOT_NUMBERS = ("far", None, [], {}, True)


def numbers(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Every number of a foil that a card may change, by its dotted name."""
    for key, value in document.items():
        if isinstance(value, Mapping):
            yield from numbers(value, f"{prefix}{key}.")
        elif isinstance(value, int | float) and not isinstance(value, bool) and (prefix or key == "seed"):
            yield f"{prefix}{key}", value


def changeable(name: str) -> list[str]:
    return [key for key, _ in numbers(foil.foil(name).model_dump()) if key != "seed"]


def test_there_are_the_fourteen_that_card_shops_know():
    assert foil.names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_foil_says_what_it_is_in_both_languages_and_where_it_goes(name):
    found = foil.foil(name)
    assert found.id == name
    assert any("가" <= letter <= "힣" for letter in found.name_ko)
    assert found.summary.endswith(".")
    assert found.mask.removeprefix("not-") in BUILT_IN


@pytest.mark.parametrize("name", NAMES)
def test_a_foil_has_the_metal_that_its_file_names_and_no_other(name):
    written = tomllib.loads((foil.FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    assert (foil.foil(name).metal is not None) == ("metal" in written)


def test_no_two_foils_are_the_same():
    bodies = [foil.foil(name).model_dump(exclude={"id", "name_en", "name_ko", "summary", "mask"}) for name in NAMES]
    assert all(one != other for i, one in enumerate(bodies) for other in bodies[:i])


@pytest.mark.parametrize("name", ["glass", "", "../materials", "Cosmos", "cosmos.toml"])
def test_an_unknown_foil_is_refused_with_the_names_that_there_are(name):
    with pytest.raises(CatalogueError, match="there are cold-foil, cosmos") as caught:
        foil.foil(name)
    assert caught.value.code == "foil.unknown"


def test_a_parameter_takes_the_place_of_the_files():
    changed = foil.customised("cosmos", {"grating.spacing_nm": 900, "pattern.size_mm": 3.5, "hue.range": 120.0})
    assert changed.grating is not None
    assert (changed.grating.spacing_nm, changed.pattern.size_mm, changed.hue.range) == (900.0, 3.5, 120.0)
    assert foil.foil("cosmos").pattern.size_mm != 3.5


@pytest.mark.parametrize(
    "name", ["grating.spacing", "spacing_nm", "flakes.size_mm", "grating", "id", "mask", "intensity", "seed", "", "."]
)
def test_an_unknown_parameter_is_named_with_those_that_there_are(name):
    with pytest.raises(CatalogueError, match=r"grating\.spacing_nm") as caught:
        foil.customised("linear-rainbow", {name: 1.0})
    assert (caught.value.code, caught.value.path) == ("foil.unknown_parameter", name)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_every_number_is_bounded_above_and_below(name):
    for key in changeable(name):
        for value in (1e9, -1e9, math.inf, -math.inf, math.nan, 10**400, -(10**400)):
            with pytest.raises(CatalogueError) as caught:
                foil.customised(name, {key: value})
            assert (caught.value.code, caught.value.path) == ("foil.bad_parameter", key)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_number_is_refused_by_name(name):
    for key in changeable(name):
        for value in NOT_NUMBERS:
            with pytest.raises(CatalogueError) as caught:
                foil.customised(name, {key: value})
            assert caught.value.code == "foil.bad_parameter"
            assert key in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [("pattern.kind", "plaid"), ("metal.colour", "silver"), ("metal.colour", "#12345g"), ("grating.orders", 1.5)],
)
def test_words_are_checked_as_numbers_are(key, value):
    with pytest.raises(CatalogueError) as caught:
        foil.customised("cosmos", {key: value})
    assert (caught.value.code, caught.value.path) == ("foil.bad_parameter", key)


@pytest.mark.parametrize("seed", [-1, 2**31, 1.5])
def test_a_seed_is_a_whole_number_of_31_bits(seed):
    with pytest.raises(ValidationError):
        foil.Foil.model_validate({**foil.foil("cosmos").model_dump(), "seed": seed})


def test_a_field_that_there_is_not_is_no_part_of_a_foil():
    with pytest.raises(ValidationError):
        foil.Foil.model_validate({**foil.foil("cosmos").model_dump(), "glow": 1.0})


def test_the_foil_that_the_page_shows_how_to_write_is_one():
    page = (Path(__file__).parents[2] / "docs" / "cards.md").read_text(encoding="utf-8")
    written = tomllib.loads(page.split("```toml\n")[1].split("```")[0])
    assert foil.Foil.model_validate({"id": "frost", "metal": None, **written}).pattern.kind == "cells"
    assert all(f"`{name}`" in page for name in foil.names())
