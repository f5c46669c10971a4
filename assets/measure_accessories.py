"""The points of measure of what is no cloth on the body: shoes, hats, scarves, bags."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np

from assets.measure import Array, Surface, openings
from assets.measure_wanted import MOST_OPENINGS, Wanted, line, straight
from assets.measure_ways import ExtentWay, OpeningWay


def _shoes(of: Surface) -> Iterator[Wanted]:
    points = of.points[np.unique(of.triangles)]
    left = points[points[:, 0] > 0]
    if not len(left):
        left = points
    low, high = left.min(axis=0), left.max(axis=0)
    x, y = (low[0] + high[0]) / 2, low[1] + 0.01
    for en, ko, start, end in (
        ("Outsole length", "아웃솔 길이", (x, y, low[2]), (x, y, high[2])),
        ("Outsole width", "아웃솔 너비", (low[0], y, 0.1), (high[0], y, 0.1)),
        ("Height", "높이", (low[0], low[1], low[2]), (low[0], high[1], low[2])),
    ):
        yield straight(np.array(start), np.array(end), en, ko, "Left shoe", "왼쪽 한 짝", "", 0.3)


def _hat(of: Surface) -> Iterator[Wanted]:
    low, high = of.box
    rims = [
        (number, hole)
        for number, hole in enumerate(openings(of)[:MOST_OPENINGS], start=1)
        if 40 < hole.measured.cm < 75
    ]
    lowest = min((float(hole.centre[1]) for _, hole in rims), default=0.0)
    held = [(number, hole) for number, hole in rims if hole.centre[1] < min(lowest + 0.01, (low[1] + high[1]) / 2)]
    if held:
        number = min(held, key=lambda one: one[1].measured.cm)[0]
        yield Wanted(
            en="Head opening",
            ko="머리둘레",
            way=OpeningWay(kind="opening", number=number),
            how_en="Around, inside",
            how_ko="안쪽 둘레",
        )
    for en, ko, side, how_en, how_ko in (
        ("Height", "높이", "high", "Lowest to highest point", "최저점에서 최고점까지"),
        ("Width", "너비", "wide", "Side to side", "좌우"),
        ("Depth", "앞뒤 길이", "deep", "Front to back", "앞뒤"),
    ):
        way = ExtentWay.model_validate({"kind": "extent", "side": side})
        yield Wanted(en=en, ko=ko, way=way, how_en=how_en, how_ko=how_ko, tolerance_cm=0.5)


def _scarf(of: Surface) -> Iterator[Wanted]:
    del of
    way = ExtentWay(kind="extent")
    yield Wanted(
        en="Drop as worn",
        ko="착용 길이",
        way=way,
        how_en="Highest to lowest point; not its full length",
        how_ko="최고점에서 최저점까지 (전체 길이 아님)",
        tolerance_cm=2.0,
    )


def _bag(of: Surface) -> Iterator[Wanted]:
    low, high = of.box
    points = of.points[np.unique(of.triangles)]
    near = [points[np.abs(points[:, 1] - y) < 0.01][:, 2] for y in _levels(low, high)]
    wide = np.array([float(np.ptp(level)) if len(level) else 0.0 for level in near])
    if not len(wide):
        return
    body = _levels(low, high)[wide > 0.8 * wide.max()]
    for en, ko, way, how_en, how_ko in (
        ("Body width", "몸판 너비", ExtentWay(kind="extent", side="deep"), "Side to side", "좌우"),
        (
            "Body height",
            "몸판 높이",
            line((0.0, body.min() - 0.01, 0.0), (0.0, body.max() + 0.01, 0.0)),
            "Without the handles",
            "손잡이 제외",
        ),
        (
            "Height with handles",
            "손잡이 포함 높이",
            ExtentWay(kind="extent"),
            "As it hangs",
            "걸린 상태",
        ),
    ):
        yield Wanted(en=en, ko=ko, way=way, how_en=how_en, how_ko=how_ko)


def _levels(low: Array, high: Array) -> Array:
    return np.arange(float(low[1]) + 0.01, float(high[1]), 0.01)


OTHERS: Final[Mapping[str, Callable[[Surface], Iterator[Wanted]]]] = {
    "shoes": _shoes,
    "hat": _hat,
    "scarf": _scarf,
    "bag": _bag,
}
"""How each kind is measured."""
