"""Cards on the command line: art and foils by their names, outputs by the suffix of the file."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from api.cli.request import read
from farm.errors import Refused
from tests.cli.conftest import Doors, Said

Run = Callable[..., Said]


@pytest.fixture
def art(tmp_path: Path) -> Path:
    path = tmp_path / "fox.png"
    Image.new("RGB", (600, 400), "#c86428").save(path)
    return path


def test_a_picture_is_a_card_of_that_art(art: Path) -> None:
    request = read("card", art, params=["foil=cosmos, glitter", "card.fields.cost=3", "outputs=still,model"])
    assert request.stem == "fox"
    assert request.spec == {
        "card": {
            "name": "fox",
            "art": [{"image": {"file": str(art)}}],
            "foils": [{"foil": "cosmos"}, {"foil": "glitter"}],
            "fields": {"cost": 3},
        },
        "outputs": ["still", "model"],
    }


def test_a_card_document_may_stand_alone(tmp_path: Path, art: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text(json.dumps({"template": "card-classic", "art": [{"image": {"file": "fox.png"}}]}))
    spec = read("card", path, params=["art=art-moth-moth", "outputs[0].kind=tilt", "outputs[0].fps=24"]).spec
    assert spec["card"]["art"] == [{"image": {"file": str(art)}}, {"image": {"item": "art-moth-moth"}}]
    assert spec["outputs"] == [{"kind": "tilt", "fps": 24}]


def test_what_a_card_has_not_is_said() -> None:
    with pytest.raises(Refused, match=r"a card has no field 'wear'; it has card, outputs, .*, art, foil"):
        read("card", params=["wear=tshirt"])
    with pytest.raises(Refused, match=r"there is no file nowhere\.png"):
        read("card", params=["art=nowhere.png"])


def test_art_that_is_not_taken_is_answered_with_what_is(tmp_path: Path) -> None:
    path = tmp_path / "fox.tiff"
    Image.new("RGB", (40, 40)).save(path)
    with pytest.raises(Refused, match=r"fox\.tiff: a card's art is a PNG, JPEG or WebP file"):
        read("card", path)


def test_a_plan_of_a_card(farm: Run, art: Path) -> None:
    said = farm("plan", "card", str(art), "-p", "foil=cosmos", "-p", "outputs=still,tilt,print", "-o", "json")
    assert said.code == 0, said.err
    # 90 frames in segments of equal length, of at most 50.
    assert [step["does"] for step in json.loads(said.out)] == [
        "card.still",
        *["card.tilt"] * 2,
        "card.join",
        "card.print",
    ]


def test_a_parameter_that_a_foil_has_not_is_named(farm: Run, art: Path) -> None:
    said = farm("check", "card", str(art), "-p", "foil=cosmos", "-p", "card.foils[0].parameters.spacing=900")
    assert said.code == 2
    assert "card.foils[0].parameters.spacing" in said.err
    assert "grating.spacing_nm" in said.err


def test_a_set_of_cards_is_one_batch(farm: Run, doors: Doors, tmp_path: Path, art: Path) -> None:
    path = tmp_path / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = [["sku", "art", "foil", "card.fields.title"], ["F1", "fox.png", "cosmos", "불여우"]]
        csv.writer(file).writerows(rows)
    said = farm("submit", "card", "--csv", str(path), "--output-name", "{sku}")
    assert said.code == 0, said.err
    ((row,),) = doors.batch_lines
    assert row["output_name"] == "F1"
    card = row["spec"]["card"]
    assert (card["foils"], card["fields"]) == ([{"foil": "cosmos"}], {"title": "불여우"})
    assert len(card["art"][0]["image"]["blob"]) == 64


def test_foils_are_in_the_catalogue(farm: Run) -> None:
    rows = json.loads(farm("catalogue", "ls", "--kind", "foil", "-o", "json").out)
    assert "cosmos" in {row["id"] for row in rows}
    assert all(row["name_en"] and row["name_ko"] for row in rows)
    shown = json.loads(farm("catalogue", "show", "cosmos", "-o", "json").out)
    assert shown["grating"]["spacing_nm"] > 0


@pytest.mark.gl
def test_the_suffix_says_the_output(farm: Run, tmp_path: Path, art: Path) -> None:
    out = tmp_path / "new" / "fox.avif"
    size = ("-p", "outputs[0].width=256", "-p", "outputs[0].height=256", "-p", "outputs[0].kind=still")
    said = farm("run", "card", str(art), "-p", "foil=cosmos", "-o", str(out))
    assert (said.code, said.out) == (0, f"{out}\n"), said.err
    with Image.open(out) as picture:
        assert (picture.format, picture.size) == ("AVIF", (1024, 1024))
    said = farm("run", "card", str(art), *size, "-o", str(tmp_path / "small"))
    assert said.code == 0, said.err
    with Image.open(tmp_path / "small" / "fox.png") as picture:
        assert picture.size == (256, 256)
