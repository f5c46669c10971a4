"""Grade rules of points of measure that nobody graded: as data, from the size tables that the figures are made to.

A width of a garment grows with the girth of the body that it goes around; how much of it is :data:`RULES`. A rise
grows with the depth of the hips, which goes with the thigh. Lengths do not change, for the figures' stature does not
from size to size (EN 13402-3 keeps height apart from girth).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from assets.catalogue_mannequins import figure
from assets.generators.mannequin_sizes import FIGURES
from assets.tech_pack import Grade

RULES: Final[Mapping[str, tuple[str, float]]] = MappingProxyType(
    {
        "chest": ("bust", 1.0),
        "waist": ("waist", 1.0),
        "hip": ("hip", 1.0),
        "upper arm": ("upper_arm", 1.0),
        "cuff": ("upper_arm", 0.5),
        "thigh": ("thigh", 1.0),
        "knee": ("calf", 1.0),
        "leg opening": ("calf", 0.5),
        "shoulder": ("shoulder", 1.0),
        "neck": ("neck", 0.32),
        "armhole": ("upper_arm", 0.25),
        "rise": ("thigh", 0.2),
    }
)
"""What a point grows with: a measure of the body, and a share of its change. Girths are for the whole girth."""
_STRAIGHT: Final = frozenset({"shoulder", "neck", "armhole", "rise"})


def size_of(item: str | None) -> tuple[tuple[str, ...], str] | None:
    """The sizes of the catalogue's figure that an item is one of, and its own; None for what is none."""
    found = None if item is None else figure(item)
    if found is None:
        return None
    return found.sizes, next(size for size in found.sizes if found.item_id(size) == item)


def grade(rule: str, item: str | None, sizes: Sequence[str]) -> Grade:
    """How a point of measure changes over these sizes of a figure: not at all where there is no table for them."""
    found = None if item is None else figure(item)
    table = None if found is None else FIGURES.get(found.id.removeprefix("mannequin-"))
    if not rule or table is None or any(size not in table for size in sizes) or len(sizes) < 2:
        return Grade()
    measure, share = RULES[rule]
    values = [getattr(table[size], measure) for size in sizes]
    changes = tuple(round(share * (b - a), 3) for a, b in pairwise(values))
    return Grade(between=changes, of_girth=rule not in _STRAIGHT)
