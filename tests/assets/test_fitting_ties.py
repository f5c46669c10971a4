"""What ties garments to figures is baked beside them, and is what would be found anew."""

from __future__ import annotations

import numpy as np
import pytest

from assets import catalogue, fitting_bind, fitting_ties


def baked(item: str) -> fitting_ties.Packed | None:
    return fitting_ties.read((catalogue.DATA / fitting_bind.baked_at(item)).read_bytes(), fitting_bind.made_of(item))


@pytest.mark.parametrize("item", sorted(fitting_bind.tied()))
def test_every_garment_has_ties_of_the_models_that_are_there(item: str) -> None:
    """Run ``python -m assets.generators ties-`` after a garment or a mannequin was made anew."""
    assert baked(item) is not None


def test_nothing_else_is_baked() -> None:
    assert {path.stem for path in (catalogue.DATA / "ties").iterdir()} == set(fitting_bind.tied())


@pytest.mark.parametrize("item", ["shorts", "sneakers", "hat"])
def test_what_is_baked_is_what_is_found(item: str) -> None:
    """But for entries that rounding on another machine takes one step further."""
    held, found = baked(item), fitting_bind.packed(item)
    assert held is not None
    assert list(held) == list(found)
    for name, array in found.items():
        assert held[name].dtype == array.dtype
        assert held[name].shape == array.shape
        same = np.isclose(held[name].astype(np.float64), array, rtol=0, atol=1 if name in COARSE else 0)
        assert same.mean() > 0.999, name


COARSE = {"share", "hold", "weights", "off", "takes"}


def test_ties_of_something_else_are_not_taken() -> None:
    packed = fitting_bind.packed("hat")
    data = fitting_ties.write(packed, "the hat")
    assert fitting_ties.read(data, "another hat") is None
    read = fitting_ties.read(data, "the hat")
    assert read is not None
    assert all(np.array_equal(read[name], array) for name, array in packed.items())
    assert fitting_ties.write(read, "the hat") == data


def test_shares_and_weights_are_whole() -> None:
    ties = fitting_bind.bound("shorts").ties
    for shares in (ties.share, ties.takes, ties.weights):
        assert shares.sum(axis=1) == pytest.approx(1, abs=1e-6)
        assert shares.min() >= 0
    assert (np.diff(ties.links, axis=1) > 0).all()


def test_a_field_of_the_controls_is_spread_over_all_of_a_garment() -> None:
    """Buttons and stitches too: a field that is the same everywhere stays so, and one that rises stays near
    what it is at each vertex.
    """
    held = fitting_bind.bound("shorts")
    assert held.spread(np.ones((len(held.cloth.centres), 1))) == pytest.approx(1, abs=1e-6)
    assert (held.ties.control < 0).any()
    there = held.spread(held.cloth.centres)
    assert np.percentile(np.linalg.norm(there - held.cloth.places, axis=1), 99) < 0.02


def test_more_points_than_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="too many to tie"):
        fitting_ties._short(np.array([70_000]))
