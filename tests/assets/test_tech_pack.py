"""The tech pack as data: graded sizes, how lengths are written, what is refused, and hashes of sources."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from assets import catalogue, tech_pack_sources
from assets.design import Customisation, Design
from assets.measure import MeasureError, surface
from assets.measure_ways import ExtentWay, GirthWay, LengthWay, OpeningWay, Place, girths, spot, take
from assets.pose import flatten
from assets.tech_pack import BillLine, Grade, TechPack, said
from assets.tech_pack_colours import nearest
from assets.tech_pack_points import Worn, body, points
from assets.tech_pack_sizes import area, cloth, graded, inches, length, tolerance, weight
from assets.tech_pack_start import Made, callouts, colourways, materials, with_facts

POINT = {"code": "A", "name": "x", "cm": 1}
FAR = {"kind": "length", "start": {"point": [0, 0, 0]}, "end": {"point": [1, 1, 1]}}
SIZES = ("XS", "S", "M", "L", "XL")


def pack(**facts: Any) -> TechPack:
    return TechPack.model_validate_json(json.dumps(facts))


def tee() -> Worn:
    draws = flatten(catalogue.model("tshirt"))
    return Worn(id="tee", draws=draws, surface=surface(draws))


def test_grades_go_up_and_down_from_the_base_size() -> None:
    assert graded(50, Grade(step_cm=2), SIZES, "M") == (46, 48, 50, 52, 54)
    assert graded(50, Grade(between=(1, 2, 3, 4)), SIZES, "M") == (47, 48, 50, 53, 57)
    assert graded(50, Grade(between=(1, 2, 3, 4)), SIZES, "XS") == (50, 51, 53, 56, 60)
    assert graded(1, Grade(step_cm=2), SIZES, "M")[0] == 0


def test_a_half_measure_gets_half_of_a_rule_for_the_whole_girth() -> None:
    rule = Grade(step_cm=5, of_girth=True)
    assert graded(46.65, rule, ("S", "M", "L"), "M", half=True) == pytest.approx((44.15, 46.65, 49.15))
    assert graded(93.3, rule, ("S", "M", "L"), "M") == pytest.approx((88.3, 93.3, 98.3))
    # Half of what is exact is rounded, not half of what was rounded.
    assert length(93.3 / 2, "metric") == "46.7"
    assert [length(v, "metric") for v in graded(46.65, rule, ("S", "M", "L"), "M", half=True)] == [
        "44.2",
        "46.7",
        "49.2",
    ]


@pytest.mark.parametrize(
    ("cm", "text"),
    [(2.54, "1"), (46.65, "18 3/8"), (1.27, "1/2"), (0, "0"), (0.1, "0"), (-1.27, "-1/2"), (2.54 * 7.0625, "7 1/8")],
)
def test_inches_are_written_in_eighths(cm: float, text: str) -> None:
    assert inches(cm) == text


def test_units_of_cloth() -> None:
    assert (cloth(0.9144, "imperial"), cloth(1.345, "metric")) == ("1.00 yd", "1.35 m")
    assert (area(1, "metric"), area(0.83612736, "imperial")) == ("1.00 m²", "1.00 yd²")
    assert (weight(180, "metric"), weight(180, "imperial")) == ("180 g/m²", "5.3 oz/yd²")
    assert (tolerance(0.5, "metric"), tolerance(0.1, "imperial"), tolerance(1, "imperial")) == (
        "±0.5",
        "±1/8",
        "±3/8",
    )


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("#c8102e", "crimson"),
        ("#ffffff", "white"),
        ("#808080", "gray"),
        ("#1b1b6f", "midnightblue"),
        ("#000001", "black"),
    ],
)
def test_the_nearest_colour_by_name(value: str, name: str) -> None:
    assert nearest(value) == name


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"points": [{"code": "A", "name": "x"}]}, "give 'cm', or a 'way'"),
        ({"points": [{"code": "A", "name": "x", "cm": 1}, {"code": "A", "name": "y", "cm": 1}]}, "repeated: A"),
        ({"sizes": ["S", "M"], "base": "L"}, "is not one of 'sizes'"),
        ({"sizes": ["S", "S"]}, "name each size once"),
        (
            {"sizes": ["S", "M"], "points": [{"code": "A", "name": "x", "cm": 1, "grade": {"between": [1, 2]}}]},
            "one change from each to the next",
        ),
        ({"construction": [{"place": "a", "what": "b", "stitch": "399"}]}, "no stitch 399 in ISO 4915"),
        ({"brand": {"pages": ["cover", "cover"]}}, "once"),
        ({"brand": {"logo": {"item": "denim"}}}, "give its 'blob'"),
        ({"points": [{"code": "A", "name": "x", "cm": -1}]}, "greater than or equal to 0"),
        ({"points": [{"code": "A", "name": "x", "cm": 1}] * 501}, "at most 500"),
        ({"colourways": [{"name": "x", "swatches": [{"part": "y", "hex": "red"}]}]}, "pattern"),
        (
            {"points": [{"code": "A", "name": "x", "way": {"kind": "girth"}}]},
            "exactly one of 'height_cm'",
        ),
        ({"callouts": [{"place": {"region": "hem", "landmark": "x"}, "text": "t"}]}, "exactly one of"),
        ({"points": [{"code": f"{n}", "name": "x", "way": FAR} for n in range(101)]}, "at most 100"),
        ({"unknown": 1}, "Extra inputs"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_to_change(facts: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        pack(**facts)


def test_texts_may_be_given_in_both_languages() -> None:
    made = pack(category={"en": "Tops", "ko": "상의"})
    assert (said(made.category, "en"), said(made.category, "ko"), said(None, "ko"), said("x", "ko")) == (
        "Tops",
        "상의",
        "",
        "x",
    )
    assert pack(sizes=["S", "M", "L"]).base_size == "M"


def test_a_design_brings_its_own_materials_and_colours() -> None:
    looks = (("jersey", "#c8102e"), ("rib", "#c8102e"), ("thread", "#ffffff"))
    plain, cloth = (
        with_facts(line)
        for line in materials(
            [Made(id="a", name="Tee", looks=looks[:1]), Made(id="b", name="Skirt", fabric="denim", looks=looks[:1])]
        )
    )
    assert (said(plain.name, "en"), plain.colour, plain.layer) == ("Jersey", "#c8102e", "a")
    assert (said(cloth.name, "ko"), cloth.composition) == ("인디고 데님", "100% cotton")
    (way,) = colourways([("Tee", looks)])
    assert [(swatch.part, swatch.hex) for swatch in way.swatches] == [
        ("Tee: jersey, rib", "#c8102e"),
        ("Tee: thread", "#ffffff"),
    ]
    assert colourways([]) == ()


def test_a_bill_has_a_line_for_each_material() -> None:
    looks = [
        (name, "#102030")
        for name in ("leather", "thread", "eyelet-hole", "lining", "sole", "zip-tape", "rib", "label")
    ]
    made = Made(id="a", name="Shoe", looks=looks, cloths={"leather": 0.2, "lining": 0.1, "rib": 0.05})
    lines = [with_facts(line) for line in materials([made])]
    assert [(line.part, said(line.name, "en"), said(line.name, "ko")) for line in lines] == [
        ("fabric", "Leather", "가죽"),
        ("thread", "Thread", "실"),
        ("lining", "Lining", "안감"),
        ("trim", "Sole", "밑창"),
        ("trim", "Zip tape", "지퍼 테이프"),
        ("fabric", "Rib", "시보리"),
        ("label", "Label", "라벨"),
    ]
    assert [line.area_m2 for line in lines] == [0.2, None, 0.1, None, None, 0.05, None]
    assert [line.width_cm for line in lines] == [None, None, 150.0, None, None, 150.0, None]


def test_ways_are_taken_on_a_garment() -> None:
    worn = tee()

    def cm(way: Any) -> float:
        return take(way, worn.draws, worn.surface).cm

    high = ExtentWay(kind="extent")
    assert cm(high) == pytest.approx(57.66, abs=0.1)
    assert cm(OpeningWay(kind="opening", region="left-cuff")) == pytest.approx(34.4, abs=0.5)
    assert cm(GirthWay(kind="girth", height_cm=125)) > cm(GirthWay(kind="girth", height_cm=125, around="tape"))
    front = {"start": Place(region="collar", at="front"), "end": Place(region="hem", at="front")}
    ways = [cm(LengthWay(kind="length", along=along, **front)) for along in ("vertical", "straight", "surface")]  # type: ignore[arg-type]
    assert ways == sorted(ways)
    assert 35 < ways[0] < 60

    def at(place: Place) -> list[float]:
        return spot(place, worn.draws, worn.surface).tolist()

    assert at(Place(region="left-cuff"))[0] > 0 > at(Place(region="right-cuff"))[0]
    assert at(Place(point=(1, 2, 3))) == pytest.approx([0.01, 0.02, 0.03])
    assert at(Place(region="collar", at="back"))[1] > at(Place(region="collar", at="front"))[1] > 1.45
    assert at(Place(region="collar", at="back"))[0] == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(
    ("way", "told"),
    [
        (OpeningWay(kind="opening", region="hem", number=9), "no number 9"),
        (GirthWay(kind="girth", girth="bust"), "no girth 'bust'"),
        (LengthWay(kind="length", start=Place(landmark="nape"), end=Place(point=(0, 0, 0))), "no landmark 'nape'"),
        (GirthWay(kind="girth", height_cm=900), "nothing is cut there"),
    ],
)
def test_what_cannot_be_measured_is_named(way: Any, told: str) -> None:
    worn = tee()
    with pytest.raises(MeasureError, match=told):
        take(way, worn.draws, worn.surface)


@pytest.mark.parametrize("item", ["mannequin-female", "mannequin-female-xs", "mannequin-male-xl", "mannequin-child"])
def test_bodies_are_measured_as_their_tables_say(item: str) -> None:
    """Girths within half a centimetre, height exact: what the figures were made to."""
    draws = flatten(catalogue.model(item))
    of = surface(draws)
    extras = draws[0].primitive.extras
    table = extras["measures"]
    assert set(girths(draws)) >= {"bust", "waist", "hip", "neck", "thigh", "calf", "upper_arm"}
    for name in set(girths(draws)) & set(table):
        taken = take(GirthWay(kind="girth", girth=name, around="tape"), draws, of)
        assert taken.cm == pytest.approx(table[name]["cm"], abs=0.5), name
    high, low = (Place(landmark=name) for name in ("vertex", "sole level"))
    stature = take(LengthWay(kind="length", start=low, end=high, along="vertical"), draws, of)
    assert stature.cm == pytest.approx(table["stature"]["cm"], abs=0.2)
    assert len(body([Worn(id=item, draws=draws, surface=of)])) == 4 + len(girths(draws))
    assert body([]) == ()


@pytest.mark.parametrize("said", [None, [1, 2], {"centre": [0, 0, 0]}, {"centre": "x", "across": 1, "along": []}])
def test_planes_that_are_none_are_named(said: Any) -> None:
    draws = tuple(
        replace(draw, primitive=replace(draw.primitive, extras={"girths": {"bust": said}}))
        for draw in flatten(catalogue.model("skirt"))
    )
    with pytest.raises(MeasureError, match="'bust'"):
        take(GirthWay(kind="girth", girth="bust"), draws, surface(draws))


def test_an_upload_brings_its_size_and_the_openings_that_it_names() -> None:
    found = points([tee()])
    assert [(point.code, said(point.name, "en"), point.half) for point in found] == [
        ("A", "Length, highest to lowest point", False),
        ("B", "Width half way up", True),
        ("C", "Collar opening", False),
        ("D", "Sleeve opening, left", True),
        ("E", "Sleeve opening, right", True),
        ("F", "Hem width", True),
    ]


def test_details_are_called_out_where_one_sees_them() -> None:
    def called(item: str) -> dict[str, tuple[str, str, str]]:
        draws = flatten(catalogue.model(item))
        worn = Worn(id=item, draws=draws, surface=surface(draws), item=item)
        found = callouts([worn])
        assert {one.layer for one in found} == {item}
        return {said(one.text, "en"): (said(one.text, "ko"), one.views[0], one.place.at) for one in found}

    jeans = called("jeans")
    assert jeans["Back pocket"] == ("뒷주머니", "back", "centre")
    assert jeans["Waistband"] == ("허리단", "front", "front")
    assert list(jeans).count("Hem") == 1
    assert {view for _, view, _ in called("tote-bag").values()} == {"left"}


def test_openings_without_names_are_called_by_where_they_are() -> None:
    bare = tuple(
        replace(draw, primitive=replace(draw.primitive, extras={})) for draw in flatten(catalogue.model("tshirt"))
    )
    worn = Worn(id="a", draws=bare, surface=surface(bare))
    found = {said(point.name, "en"): point for point in points([worn])}
    assert list(found)[2:] == ["Bottom opening", "Top opening", "Side opening, left"]
    sleeve = found["Side opening, left"]
    assert sleeve.way is not None
    assert worn.take(sleeve.way).cm == pytest.approx(34.4, abs=0.5)


def test_fabrics_of_the_catalogue_fill_in_their_facts() -> None:
    line = with_facts(BillLine(name="Denim", fabric="denim"))
    assert (line.composition, line.weight_gsm) == ("100% cotton", 460)
    own = with_facts(BillLine(name="Denim", fabric="denim", composition="98% cotton, 2% elastane", weight_gsm=300))
    assert (own.composition, own.weight_gsm) == ("98% cotton, 2% elastane", 300)


def document(**tee_changes: Any) -> dict[str, Any]:
    material = dict.fromkeys(("variant", "colour", "texture", "repeat", "roughness", "metalness", "sheen"))
    layers = [
        {"id": name, "name": name, "model": {"item": item, "blob": None}, "material": material, "effects": None}
        for name, item in (("tee", "tshirt"), ("skirt", "skirt"))
    ]
    layers[0] |= tee_changes
    return {"avatar": None, "layers": layers, "canvas": {}, "name": "n", "notes": ""}


def test_sources_change_only_where_they_should() -> None:
    made = pack(
        points=[
            {"code": "A", "name": "x", "way": {"kind": "extent"}, "layer": "tee"},
            {"code": "B", "name": "x", "way": {"kind": "extent"}, "layer": "skirt"},
            {"code": "C", "name": "x", "cm": 3},
        ],
        materials=[{"name": "a", "layer": "tee"}, {"name": "b", "layer": "skirt"}],
    )

    def of(design: dict[str, Any], content: dict[str, str] | None = None, given: TechPack = made) -> dict[str, str]:
        held = content or {"item:tshirt": "1", "item:skirt": "2"}
        return tech_pack_sources.of(design, held, given, callouts=[], notes="")

    before = of(document())

    def changed(after: dict[str, str]) -> set[str]:
        return {key for key in before | after if before.get(key) != after.get(key)}

    views = {f"{kind}.{view}" for kind in ("flat", "render") for view in ("front", "back", "left")}
    red = {**document()["layers"][0]["material"], "colour": "#ff0000"}
    assert changed(of(document(material=red))) == {"layer.tee", "render.front", "render.back", "render.left"}
    other = of(document(), {"item:tshirt": "9", "item:skirt": "2"})
    pieces = {f"piece.tee.{view}" for view in ("front", "back", "left")}
    assert changed(other) == {*views, *pieces, "layer.tee", "point.A", "material.0"}
    longer = made.model_copy(update={"points": (*made.points[:2], made.points[2].model_copy(update={"cm": 4.0}))})
    assert changed(of(document(), given=longer)) == {"point.C"}
    assert all(len(value) == 8 for value in before.values())


def test_what_is_moved_as_a_whole_is_measured_where_bodies_stand() -> None:
    look = {
        "avatar": {
            "model": {"item": "mannequin-male"},
            "transform": {"position": [1, 0, 2], "rotation": [0, 90, 0], "scale": [1.1, 1.1, 1.1]},
            "pose": {"animation": "walk"},
        },
        "layers": [
            {"id": "tee", "model": {"item": "tee"}, "transform": {"position": [1, 0, 2], "rotation": [0, 90, 0]}},
            {"id": "hat", "model": {"item": "hat"}, "transform": {"position": [0, 0.01, 0]}},
        ],
    }
    document = Design.model_validate_json(json.dumps(look)).model_dump(mode="json")
    rest = Design.model_validate_json(json.dumps(tech_pack_sources.at_rest(tech_pack_sources.geometry(document))))
    assert rest.avatar is not None
    assert (rest.avatar.pose, rest.avatar.visible) == (None, False)
    still = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    assert (rest.avatar.transform.position, rest.avatar.transform.rotation) == still
    assert rest.avatar.transform.scale == (1.1, 1.1, 1.1)
    assert (rest.layers[0].transform.position, rest.layers[0].transform.rotation) == still
    assert rest.layers[1].transform.position == (0.0, 0.01, 0.0)


def test_a_shape_is_a_design_without_what_does_not_change_its_form() -> None:
    look = {
        "avatar": {"model": {"item": "mannequin-male"}, "material": {"variant": "wood", "colour": "#102030"}},
        "layers": [
            {
                "id": "tee",
                "model": {"item": "tee"},
                "material": {"texture": {"item": "denim"}, "prints": [{"image": {"blob": "0" * 64}}]},
            }
        ],
    }
    document = Design.model_validate_json(json.dumps(look)).model_dump(mode="json")
    shape = Design.model_validate_json(json.dumps(tech_pack_sources.geometry(document)))
    assert shape.avatar is not None
    assert shape.avatar.material == Customisation(variant="wood")
    assert shape.layers[0].material == Customisation()
    assert shape.layers[0].model.item == "tee"
