"""The catalogue as it is listed and searched, and its outfits."""

from __future__ import annotations

import json

import pytest

from assets import catalogue, catalogue_outfits, collection, compatibility, foil
from assets.catalogue_outfits import OUTFITS
from assets.collection import Wanted, listings
from assets.design import Design
from assets.errors import CatalogueError


def ids(**wanted: object) -> set[str]:
    asked = Wanted(**wanted)  # type: ignore[arg-type]  # by name
    return {one.id for one in listings().values() if asked.matches(one)}


def test_everything_is_listed_once_with_both_names_and_a_digest() -> None:
    assert set(listings()) == {*catalogue.ITEMS, *foil.names(), *(look.id for look in OUTFITS)}
    assert len(listings()) == len(catalogue.ITEMS) + len(foil.names()) + len(OUTFITS)
    for one in listings().values():
        assert one.kind in collection.KINDS
        assert one.name_en
        assert any("가" <= letter <= "힣" for letter in one.name_ko)
        assert len(one.digest) == 64
        assert not one.mine
    assert len({one.digest for one in listings().values()}) == len(listings())


def test_fabrics_say_what_a_bill_of_materials_needs() -> None:
    for item in ids(kind="fabric"):
        cloth = listings()[item].fabric
        assert cloth is not None
        assert cloth == collection.Cloth(
            weight_gsm=catalogue.fabric(item).weight_gsm,
            composition=catalogue.fabric(item).composition,
            repeat_mm=catalogue.fabric(item).repeat_mm,
            care=catalogue.fabric(item).care,
        )
        assert cloth.weight_gsm > 0
        assert cloth.repeat_mm > 0
        assert sum(cloth.composition.values()) == pytest.approx(100)


@pytest.mark.parametrize(
    ("wanted", "there", "absent"),
    [
        ({"kind": "garment"}, {"tee", "tshirt"}, {"denim", "mannequin-male"}),
        ({"tag": "Knit"}, {"jersey"}, {"denim"}),
        ({"text": "indigo denim"}, {"denim"}, {"denim-light", "jersey"}),
        ({"text": "데님"}, {"denim", "denim-light"}, {"jersey"}),
        ({"text": "여성 마네킹"}, {"mannequin-female-xl"}, {"mannequin-male"}),
        ({"text": "\u1103\u1166\u1102\u1175\u11b7"}, {"denim"}, {"jersey"}),  # decomposed, as some systems type it
        ({"text": "mannequin female"}, {"mannequin-female"}, {"mannequin-male"}),
        ({"size": "xl"}, {"mannequin-male-xl", "tee"}, {"mannequin-male", "tshirt", "denim"}),
        ({"kind": "avatar", "size": "122"}, {"mannequin-child"}, {"mannequin-female"}),
        ({"fits": "mannequin-neutral-xs"}, {"tee", "outfit-evening"}, {"tshirt", "denim", "mannequin-neutral"}),
        ({"fits": "dress-form"}, {"tshirt", "skirt", "outfit-atelier"}, {"tee"}),
        ({"kind": "garment", "pose": "seated"}, {"tee"}, {"dress", "tshirt"}),
        ({"covers": "Thighs"}, {"skirt", "dress"}, {"tee"}),
        ({"kind": "garment", "depth": 10}, {"skirt"}, {"tee"}),
        ({"cloth": "jersey"}, {"tee", "outfit-atelier"}, {"dress", "jersey"}),
        ({"fibre": "Wool"}, {"tweed", "houndstooth"}, {"denim", "tee"}),
        ({"licence": "CC0-1.0"}, {"tee", "cosmos"}, set()),
    ],
)  # fmt: skip
def test_a_search_finds_what_it_says(wanted: dict[str, object], there: set[str], absent: set[str]) -> None:
    found = ids(**wanted)
    assert there <= found
    assert not absent & found


def test_what_nobody_has_is_not_found() -> None:
    for wanted in (
        {"kind": "boat"},
        {"text": "tee denim"},
        {"size": "XXXL"},
        {"fits": "nobody"},
        {"depth": 99},
        {"licence": "MIT"},
    ):
        assert ids(**wanted) == set(), wanted
    assert ids() == set(listings())
    with pytest.raises(CatalogueError, match="no item 'boat'") as caught:
        collection.listing("boat")
    assert caught.value.code == "catalogue.unknown_item"


def test_one_item_has_details_that_lists_leave_out() -> None:
    layout = collection.listing("card-idol").details
    assert layout is not None
    assert layout["size_mm"] == [63.0, 88.0]
    assert {"name": "title", "kind": "text", "takes": []} in layout["fields"]
    parameters = collection.listing("cosmos").details
    assert parameters is not None
    assert parameters["grating"]["spacing_nm"] > 0
    assert all(one.details is None for one in listings().values())


def test_sizes_of_a_garment_are_those_of_its_figures() -> None:
    assert [size.name for size in listings()["tee"].sizes] == ["XS", "S", "M", "L", "XL"]
    assert listings()["tshirt"].sizes == ()
    assert [size.item for size in listings()["mannequin-male-s"].sizes][:2] == [
        "mannequin-male-xs",
        "mannequin-male-s",
    ]


@pytest.mark.parametrize("look", OUTFITS, ids=lambda look: look.id)
def test_an_outfit_is_a_design_that_the_farm_takes(look: catalogue_outfits.Entry) -> None:
    design = Design.model_validate_json(json.dumps(catalogue_outfits.design(look.id)))
    assert list(compatibility.faults(design)) == []
    assert design.avatar is not None
    assert design.avatar.model.item in catalogue.ITEMS
    for piece, layer in zip(look.pieces, design.layers, strict=True):
        assert catalogue.item(piece.item).kind == "garment"
        assert layer.model.item == piece.item
        assert not piece.fabric or catalogue.item(piece.fabric).kind == "fabric"
    if look.finish:
        assert look.finish in catalogue.model(look.figure).variants
    assert catalogue.item(look.studio).kind == "studio"
    assert look.figure in (listings()[look.id].worn or collection.Worn()).figures


def test_outfits_are_called_so_and_nothing_else_is() -> None:
    assert all(look.id.startswith("outfit-") for look in OUTFITS)
    assert not any(item.startswith("outfit-") for item in catalogue.ITEMS)
    with pytest.raises(CatalogueError, match="no outfit 'tee'"):
        catalogue_outfits.design("tee")
