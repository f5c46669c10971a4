"""What is measured of each garment of the catalogue where nobody says: everything is found, and makes sense."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from assets import catalogue, compose
from assets.catalogue_garments import GARMENTS
from assets.design import Design, Ref
from assets.measure import Surface, girth, sections, surface
from assets.measure_anchors import landmarks
from assets.measure_paths import path
from assets.measure_points import wanted
from assets.measure_ways import GirthWay, LengthWay, take
from assets.pose import flatten
from assets.tech_pack import said
from assets.tech_pack_grades import RULES, grade, size_of
from assets.tech_pack_points import Worn, body, points
from assets.tech_pack_sizes import graded

LONG = os.environ.get("FARM_LONG") == "1"
long = pytest.mark.skipif(not LONG, reason="geodesics over every garment take minutes: FARM_LONG=1")
SIZES = ("XS", "S", "M", "L", "XL")

TOP = {
    "Body length, front": (58, 80),
    "Chest width": (44, 62),
    "Across shoulder": (35, 43),
    "Neck width": (13, 19),
    "Armhole, straight": (16, 28),
    "Hem width": (42, 75),
}
LONG_SLEEVE = {"Sleeve length": (57, 68), "Sleeve opening": (9, 16), "Bicep width": (15, 23)}
SHORT_SLEEVE = {"Sleeve length": (20, 30), "Sleeve opening": (13, 18), "Bicep width": (15, 20)}
LEGS = {
    "Hip width": (48, 52),
    "Thigh width": (26, 32),
    "Leg opening": (16, 29),
}
TROUSERS = {**LEGS, "Waist width": (36, 41), "Front rise": (30, 37), "Back rise": (33, 40)}
EXPECTED = {
    "tshirt": {"Chest width": (44, 52), "Sleeve opening": (12, 18), "Neck width": (12, 19)},
    "skirt": {"Waist width": (34, 39), "Length, centre back": (57, 64), "Hem width": (70, 90)},
    "tee": {**TOP, **SHORT_SLEEVE, "Front neck drop": (4, 9)},
    "polo": {**TOP, **SHORT_SLEEVE},
    **{name: {**TOP, **LONG_SLEEVE} for name in ("long-sleeve", "shirt", "hoodie", "sweater", "blouse", "bomber")},
    "blazer": {**TOP, **LONG_SLEEVE, "Waist width": (40, 48)},
    "trench-coat": {**TOP, **LONG_SLEEVE, "Body length, front": (95, 110)},
    "dress": {"Body length, front": (100, 118), "Waist width": (36, 42), "Hem width": (110, 150)},
    "jumpsuit": {**LEGS, "Inseam": (58, 68), "Waist width": (36, 42)},
    "jeans": {**TROUSERS, "Inseam": (62, 70), "Outseam": (93, 102)},
    "trousers": {**TROUSERS, "Inseam": (60, 68), "Outseam": (89, 97)},
    "shorts": {**TROUSERS, "Inseam": (10, 16), "Outseam": (39, 46)},
    "pleated-skirt": {"Waist width": (37, 42), "Length, centre back": (50, 58)},
    "a-line-skirt": {"Waist width": (36, 40), "Hip width": (48, 52), "Hem width": (66, 78)},
    "sneakers": {"Outsole length": (26, 32), "Outsole width": (9, 13)},
    "hat": {"Head opening": (53, 58)},
    "beanie": {"Head opening": (48, 56)},
    "scarf": {"Drop as worn": (50, 80)},
    "tote-bag": {"Body width": (32, 40), "Body height": (33, 42)},
}
"""Centimetres in size M of the female figure: what such garments measure in the size charts of shops."""


def worn(item: str, figure: str) -> Worn:
    """The garment as it is measured on a figure."""
    made = {"avatar": {"model": {"item": figure}, "visible": False}, "layers": [{"id": "a", "model": {"item": item}}]}
    design = Design.model_validate_json(json.dumps({"name": "x", **made}))

    def load(ref: Ref) -> object:
        return catalogue.model(ref.item or "")

    model = compose.compose(design, load, lambda ref: catalogue.fabric(ref.item or ""))  # type: ignore[arg-type]
    draws = tuple(draw for draw in flatten(model) if draw.layer == "a")
    marks = landmarks(flatten(catalogue.model(figure)))
    return Worn(id="a", draws=draws, surface=surface(draws), item=item, body=marks, figure=figure)


def values(layer: Worn, sizes: tuple[str, ...] = SIZES) -> dict[str, float]:
    found = {}
    for point in points([layer], sizes):
        assert point.way is not None
        taken = layer.take(point.way)
        share = 0.5 if point.half else 1.0
        assert taken.error * share <= 1.0, (layer.item, point.name, taken.error)
        found[said(point.name, "en")] = taken.cm * share
    return found


def plausible(item: str) -> None:
    entry = next(one for one in GARMENTS if one.id == item)
    found = values(worn(item, entry.draped_on))
    for name, (low, high) in EXPECTED[item].items():
        assert low <= found[name] <= high, (item, name, found[name])


def test_every_garment_is_expected_here() -> None:
    assert set(EXPECTED) == {one.id for one in GARMENTS}


@pytest.mark.parametrize("item", ["tee", "trousers", "sneakers", "hat", "tote-bag"])
def test_a_garment_is_measured_as_a_technical_designer_would(item: str) -> None:
    plausible(item)


@long
@pytest.mark.parametrize("item", sorted(EXPECTED))
def test_every_garment_is_measured_as_a_technical_designer_would(item: str) -> None:
    plausible(item)


@long
@pytest.mark.parametrize("item", ["tee", "shirt", "blazer", "jeans", "trousers", "shorts", "polo", "sweater"])
def test_grades_are_what_the_garment_measures_in_other_sizes(item: str) -> None:
    """The rule's value in XS and XL, and the garment fitted to those figures: within a centimetre and a half."""
    base = worn(item, "mannequin-female")
    for size in ("XS", "XL"):
        other = values(worn(item, f"mannequin-female-{size.lower()}"))
        for point in points([base], SIZES):
            name = said(point.name, "en")
            assert point.way is not None
            value = base.take(point.way).cm * (0.5 if point.half else 1.0)
            ruled = graded(value, point.grade, SIZES, "M", half=point.half)[SIZES.index(size)]
            assert other[name] == pytest.approx(ruled, abs=1.5), (item, size, name)


@pytest.mark.parametrize("item", ["tee", "tote-bag"] if LONG else ["tote-bag"])
def test_what_lies_about_any_way_is_measured_or_left_out(item: str) -> None:
    """Turned over, shrunk, far away, torn to shreds, and taken for another kind of garment."""
    random = np.random.default_rng(7)
    whole = surface(flatten(catalogue.model(item)))
    body_marks = landmarks(flatten(catalogue.model("mannequin-female")))
    for case in range(12 if LONG else 1):
        turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
        moved = whole.points @ turn.T * random.uniform(0.02, 3.0) + random.normal(size=3) * (case % 2)
        kept = random.random(len(whole.triangles)) < (1.0 if LONG and case % 3 else 0.04)
        torn = Surface(points=moved, triangles=whole.triangles[kept])
        for kind in ("top", "dress", "jumpsuit", "trousers", "skirt", "shoes", "hat", "bag"):
            for marks in (body_marks, {}):
                assert all(np.isfinite(one.tolerance_cm) for one in wanted(kind, torn, marks))


def test_rules_are_steps_of_the_figures_table() -> None:
    chest = grade("chest", "mannequin-female", SIZES)
    assert (chest.between, chest.of_girth) == ((4.0, 4.0, 4.0, 4.0), True)
    assert graded(50.0, chest, SIZES, "M", half=True) == (46.0, 48.0, 50.0, 52.0, 54.0)
    assert grade("shoulder", "mannequin-male-xl", ("L", "XL")).between == (0.7,)
    for none in (("", "mannequin-female"), ("chest", "dress-form"), ("chest", None)):
        assert grade(*none, SIZES).between is None
    assert grade("chest", "mannequin-female", ("36", "38")).between is None
    assert size_of("mannequin-male-xs") == (SIZES, "XS")
    assert (size_of("dress-form"), size_of(None)) == (None, None)
    assert {measure for measure, _ in RULES.values()} <= {"bust", "waist", "hip", "upper_arm", "thigh", "calf"} | {
        "shoulder",
        "neck",
    }


STEPS = ("-xs", "-s", "", "-l", "-xl")
FIGURES = [f"mannequin-{kind}{size}" for kind in ("female", "male", "neutral") for size in ("-xs", "", "-xl")]


@pytest.mark.parametrize("figure", [*FIGURES[::4], "mannequin-child"])
def test_lengths_of_bodies_are_within_a_centimetre(figure: str) -> None:
    lengths(figure)


@long
@pytest.mark.parametrize(
    "figure", [f"mannequin-{kind}{size}" for kind in ("female", "male", "neutral") for size in STEPS]
)  # fmt: skip
def test_lengths_and_girths_of_all_bodies_are_within_a_centimetre(figure: str) -> None:
    lengths(figure)
    draws = flatten(catalogue.model(figure))
    of, table = surface(draws), draws[0].primitive.extras["measures"]
    for name in ("bust", "waist", "hip", "neck", "thigh", "calf", "upper_arm"):
        taken = take(GirthWay(kind="girth", girth=name, around="tape"), draws, of)
        assert taken.cm == pytest.approx(table[name]["cm"], abs=0.5), name


def lengths(figure: str) -> None:
    """Stature, arm and inside leg against the table that the figure was made to; the back over the surface against
    the outline of a cut through its middle, which is found in another way.
    """
    draws = flatten(catalogue.model(figure))
    of, table = surface(draws), draws[0].primitive.extras["measures"]
    layer = Worn(id=figure, draws=draws, surface=of)
    found = {said(point.name, "en"): point.way for point in body([layer])}
    arm, leg = found["Arm length"], found["Inside leg height"]
    assert isinstance(arm, LengthWay)
    assert isinstance(leg, LengthWay)
    assert layer.take(arm).cm == pytest.approx(table["arm"]["cm"], abs=1.0)
    assert layer.take(leg).cm == pytest.approx(table["crotch"]["cm"], abs=1.0)
    marks = landmarks(draws)
    cut = np.concatenate([one.segments for one in sections(of, np.array([0.002, 0, 0]), np.array([1.0, 0, 0]))])
    top, low = marks["cervicale"][1], marks["back waist point"][1]
    behind = cut[
        (cut[:, :, 2] < -0.01).all(axis=1) & (cut[:, :, 1] < top).all(axis=1) & (cut[:, :, 1] > low).all(axis=1)
    ]
    outline = 100 * float(np.linalg.norm(behind[:, 1] - behind[:, 0], axis=1).sum())
    ends = behind.reshape(-1, 3)
    way = path(of, ends[ends[:, 1].argmax()], ends[ends[:, 1].argmin()])
    assert way.cm == pytest.approx(outline, abs=1.0)
    assert girth(of, np.array([0.0, low, 0.0])).error < 0.2
