"""Finding a region by the name that somebody gave it."""

from __future__ import annotations

import numpy as np
import pytest

from assets import catalogue, regions
from assets.errors import ContentError
from assets.model import Material
from assets.pose import flatten
from assets.scene import Draw
from tests.assets.test_framing import square


def box(region: regions.Region) -> list[float]:
    return [round(float(value), 3) for corner in region.box for value in corner]


def test_layers_nodes_and_materials_are_regions() -> None:
    draws = [square(0, 0, layer="tee", name="Body", material=Material(name="jersey")), square(5, 0, name="pocket")]
    assert regions.names(draws) == ("Body", "jersey", "pocket", "tee")
    for name in ("tee", "body", "JERSEY"):
        assert box(regions.find(draws, name))[0] == -0.05


@pytest.mark.parametrize("name", ["cuff l", "Cuffs_L", "LCuff", "cuff.L"])
def test_spelling_does_not_matter(name: str) -> None:
    draws = [square(1, 0, name="cuff_R"), square(-1, 0, name="Cuff-L")]
    assert box(regions.find(draws, name))[0] == -1.05


def test_of_two_cuffs_one_is_the_detail() -> None:
    draws = [square(-1, 0, name="Cuff_R"), square(1, 0, name="Cuff_L"), square(1.05, 0, name="Cuff_L_button")]
    assert box(regions.find(draws, "cuff"))[0::3] == [0.95, 1.1]


def test_an_exact_name_goes_before_one_that_has_the_words() -> None:
    draws = [square(3, 0, name="collar lining"), square(0, 0, name="collar")]
    assert box(regions.find(draws, "collar"))[0] == -0.05


def test_parts_that_lie_together_are_one_detail() -> None:
    draws = [square(0, 0, name="placket", side=0.3), square(0.2, 0, name="placket button", side=0.3)]
    assert box(regions.find(draws, "plackets"))[3] == 0.15  # exact
    assert (
        box(regions.find([square(0.0, 0, name="a placket"), square(0.12, 0, name="b placket")], "placket"))[0]
        == -0.05
    )


def test_the_outermost_layer_is_meant_unless_the_layer_is_named() -> None:
    draws = [square(0, 0, name="hem", layer="skirt"), square(0, 1, name="hem", layer="tee")]
    assert box(regions.find(draws, "hem"))[1] == 0.95
    assert box(regions.find(draws, "skirt hem"))[1] == -0.05


def test_boxes_of_a_primitive_are_regions() -> None:
    wide = square(
        0, 0, side=1.0, extras={"regions": {"corner": [[-1, -1, -1], [1, 1, 1]], "off": [[5, 5, 5], [6, 6, 6]]}}
    )
    assert box(regions.find([wide], "corner"))[3] == 0.5
    with pytest.raises(ContentError):
        regions.find([wide], "off")


@pytest.mark.parametrize(
    "extras",
    [
        7,
        ["a"],
        {"a": 1},
        {"a": [[0, 0], [1, 1]]},
        {"a": [[0, 0, "x"], [1, 1, 1]]},
        {"a": [[0, 0, float("nan")], [1, 1, 1]]},
    ],
)
def test_application_data_that_is_no_box_is_passed_over(extras: object) -> None:
    assert regions.names([square(0, 0, name="n", extras={"regions": extras})]) == ("n",)


def _draws(item: str) -> tuple[Draw, ...]:
    return flatten(catalogue.model(item))


@pytest.mark.parametrize(("item", "region"), [(i, r) for i, entry in catalogue.ITEMS.items() for r in entry.regions])
def test_every_region_of_the_catalogue_is_a_part_of_its_garment(item: str, region: str) -> None:
    """A small one of what is worn on the trunk or the legs; of a hat, a band goes all round."""
    draws = _draws(item)
    found = regions.find(draws, region)
    whole = np.concatenate([draw.primitive.positions for draw in draws])
    share = np.ptp(found.points, axis=0).prod() / np.ptp(whole, axis=0).prod()
    entry = catalogue.item(item)
    small = bool(entry.covers) and set(entry.covers) <= {"head", "neck", "feet"}
    assert 0 < share < (0.8 if small or entry.depth == 40 else 0.3)
