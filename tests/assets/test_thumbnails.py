"""The small pictures of the catalogue: whose they are, their size, and where they are found."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from assets import collection
from assets.collection import THUMBNAILS, listings

PICTURES = sorted(THUMBNAILS.glob("*.webp"))


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_a_picture_is_small_and_square(path: object) -> None:
    assert isinstance(path, type(PICTURES[0]))
    assert path.stat().st_size <= 8_000
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == ("WEBP", (256, 256))
        low, high = picture.convert("L").getextrema()
        assert high - low > 40  # something is to be seen


def test_every_picture_is_somebodys_and_known_by_its_address() -> None:
    assert {path.stem for path in PICTURES} <= set(listings())
    assert set(json.loads((THUMBNAILS / "index.json").read_bytes())) <= set(listings())
    for path in PICTURES:
        address = listings()[path.stem].thumbnail
        assert address is not None
        assert address.startswith(f"/api/v1/catalogue/{path.stem}/thumbnail?v=")
        assert collection.thumbnail(path.stem) == path.read_bytes()


def test_what_does_not_change_in_the_making_has_one() -> None:
    missing = {
        one.id for one in listings().values() if one.thumbnail is None and one.kind not in {"garment", "outfit"}
    }
    assert missing == set()


@pytest.mark.parametrize("name", ["nobody", "../fabrics/denim-color", "index", ""])
def test_what_is_no_item_has_no_picture(name: str) -> None:
    assert collection.thumbnail(name) is None
