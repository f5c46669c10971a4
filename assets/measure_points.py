"""The points of measure that a technical designer takes of each kind of garment, where nobody named any.

Widths are taken flat and halved, lengths over the surface or straight; what cannot be found on a garment (a sleeve of
a sleeveless dress) is left out. Where each is taken follows ISO 8559 and the usual specification sheets: the chest
2.5 cm below the armhole, the body's length from the high point of the shoulder, rises with the waistband.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

import numpy as np

from assets import catalogue
from assets.errors import CatalogueError
from assets.measure import Array, MeasureError, Surface, girth, openings
from assets.measure_accessories import OTHERS
from assets.measure_anchors import UPWARDS, Anchors
from assets.measure_flat import closed, flat
from assets.measure_wanted import MOST_OPENINGS, Wanted, around, cm, over, straight
from assets.measure_ways import LengthWay, OpeningWay, Place

BELOW_M: Final = 0.0254
"""How far below the armhole or the crotch a width is taken: an inch."""
_EDGE_M: Final = 0.012
_CUT_AWAY_M: Final = 0.08
_PLEATED: Final = 2.5  # an edge that is so many times longer than a tape around it is pleated
_STRAIGHT: Final = 1.15  # of what should lie flat: longer, and the loop goes on up a vent or an open front

Kind = Literal["top", "dress", "jumpsuit", "trousers", "skirt", "shoes", "hat", "scarf", "bag"]
_KINDS: Final[Mapping[str, Kind]] = {
    "top": "top",
    "jacket": "top",
    "coat": "top",
    "dress": "dress",
    "jumpsuit": "jumpsuit",
    "trousers": "trousers",
    "shorts": "trousers",
    "skirt": "skirt",
    "shoes": "shoes",
    "hat": "hat",
    "scarf": "scarf",
    "bag": "bag",
}
_COLLARED: Final = frozenset({"collar", "button-up", "hood", "notched lapels", "coat", "zip", "round collar"})


def kind_of(item: str | None) -> Kind | None:
    """What the catalogue says that a garment is; None for an upload."""
    if item is None:
        return None
    try:
        tags = catalogue.item(item).tags
    except CatalogueError:
        return None
    return next((_KINDS[tag] for tag in tags if tag in _KINDS), None)


def collared(item: str | None) -> bool:
    """Whether something stands on the neckline, so that its depth is not measured."""
    return item is not None and bool(_COLLARED & set(catalogue.item(item).tags))


def wanted(kind: Kind, of: Surface, body: Mapping[str, Array], *, collar: bool = False) -> Iterator[Wanted]:
    """All that can be found on a garment of that kind."""
    if kind in {"shoes", "hat", "scarf", "bag"}:
        yield from OTHERS[kind](of)
        return
    at = Anchors(of, body)
    if kind in {"top", "dress", "jumpsuit"}:
        yield from _bodice(at, kind, collar=collar)
    if kind in {"trousers", "jumpsuit"}:
        yield from _legs(at, kind)
    if kind in {"skirt", "dress"}:
        yield from _skirt(at, kind)


def _bodice(at: Anchors, kind: Kind, *, collar: bool) -> Iterator[Wanted]:
    neck, nape, shoulder = at.neck(), at.nape(), at.shoulder()
    other = at.mirrored(neck)
    long = kind != "jumpsuit"
    if neck is not None and long and (hem := at.edge(float(neck[0]), front=True)) is not None:
        yield over(neck, hem, "Body length, front", "앞길이", "HPS to the hem", "옆목점에서 밑단까지")
    if nape is not None and long and (hem := at.edge(0.0, front=False)) is not None:
        yield over(nape, hem, "Body length, centre back", "뒤중심 길이", "Neck seam to the hem", "목 뒤에서 밑단까지")
    deep = _armhole(at)
    if deep is not None:
        yield around(
            at.level(float(deep[1]) - BELOW_M),
            "Chest width",
            "가슴너비",
            "2.5 cm below the armhole, flat",
            "진동 아래 2.5 cm, 평면",
            grade="chest",
        )
    waist = at.body.get("front waist point")
    if waist is not None and at.low[1] + 0.08 < waist[1]:
        yield around(
            at.level(float(waist[1])),
            "Waist width",
            "허리너비",
            "At the natural waist, flat",
            "허리선, 평면",
            grade="waist",
        )
    if kind == "top":
        yield from _bottom(at, "Hem width", "밑단너비", grade="chest")
    right = at.mirrored(shoulder)
    if shoulder is not None and right is not None:
        yield straight(
            shoulder,
            right,
            "Across shoulder",
            "어깨너비",
            "Shoulder point to shoulder point, straight",
            "어깨점에서 어깨점까지, 직선",
            "shoulder",
        )
    if neck is not None and other is not None:
        yield straight(
            neck, other, "Neck width", "목너비", "HPS to HPS, straight", "옆목점에서 옆목점까지", "neck", 0.5
        )
        front = at.top(front=True)
        if front is not None and not collar:
            level = Place(point=cm(np.array([front[0], neck[1], front[2]])))
            yield Wanted(
                en="Front neck drop",
                ko="앞목깊이",
                way=LengthWay(kind="length", start=level, end=Place(point=cm(front)), along="vertical"),
                how_en="HPS level to the neck edge, centre front",
                how_ko="옆목점 높이에서 앞중심 목선까지",
                tolerance_cm=0.5,
            )
    if shoulder is not None and deep is not None:
        yield straight(
            shoulder,
            deep,
            "Armhole, straight",
            "진동길이",
            "Shoulder point to underarm",
            "어깨점에서 겨드랑이까지",
            "armhole",
            0.5,
        )
    yield from _sleeve(at, shoulder)


def _armhole(at: Anchors) -> Array | None:
    """The lowest point of the left armhole, with a sleeve or without."""
    if at.underarm is not None:
        return at.underarm
    for hole in openings(at.of):
        if hole.centre[0] > 0.08 and hole.centre[1] > at.low[1] + 0.6 * (at.high[1] - at.low[1]):
            return np.asarray(hole.points[hole.points[:, 1].argmin()])
    return None


def _sleeve(at: Anchors, shoulder: Array | None) -> Iterator[Wanted]:
    line, cuff = at.arm(), at.cuff()
    if line is None or cuff is None or shoulder is None or at.underarm is None:
        return
    start, way, far = line
    yield over(
        shoulder, cuff, "Sleeve length", "소매길이", "Shoulder point to the cuff's edge", "어깨점에서 소맷부리까지"
    )
    down = float((at.underarm - start) @ way) + BELOW_M
    if far - down > 0.03:
        yield around(
            start + way * down,
            "Bicep width",
            "소매통",
            "2.5 cm below the armhole, across the sleeve",
            "진동 아래 2.5 cm, 소매에 수직",
            way=way,
            grade="upper arm",
            tolerance=0.5,
        )
    yield around(
        start + way * (far - _EDGE_M),
        "Sleeve opening",
        "소맷부리너비",
        "Across the sleeve at its edge",
        "소매 끝, 소매에 수직",
        way=way,
        grade="cuff",
        tolerance=0.5,
    )


def _legs(at: Anchors, kind: Kind) -> Iterator[Wanted]:
    crotch, inner, outer = at.crotch(), at.leg(outer=False), at.leg(outer=True)
    front, back, side = at.top(front=True), at.top(front=False), at.side()
    if crotch is None or inner is None or outer is None:
        return
    hip = at.body.get("side hip point")
    if kind == "trousers":
        yield around(
            np.array([0.0, float(min(front[1] if front is not None else at.high[1], at.high[1])) - _EDGE_M, 0.0]),
            "Waist width",
            "허리너비",
            "Along the top edge, flat",
            "허리단 윗선, 평면",
            grade="waist",
        )
    if hip is not None and hip[1] > crotch[1] + 0.02:
        yield around(
            at.level(float(hip[1])),
            "Hip width",
            "엉덩이너비",
            "At the fullest part, flat",
            "가장 넓은 곳, 평면",
            grade="hip",
        )
    if kind == "trousers" and front is not None and back is not None and side is not None:
        for end, en, ko in ((front, "Front rise", "앞밑위"), (back, "Back rise", "뒤밑위")):
            yield over(crotch, end, en, ko, "Crotch to the top edge", "밑위점에서 허리 윗선까지", 0.5, grade="rise")
        yield over(side, outer, "Outseam", "옆길이", "Top edge to the hem, at the side", "허리 윗선에서 밑단까지")
    yield over(crotch, inner, "Inseam", "안쪽 다리길이", "Crotch to the hem", "밑위점에서 밑단까지")
    x = float((inner[0] + outer[0]) / 2)
    top, low = float(crotch[1]), float(min(inner[1], outer[1]))
    yield around(
        at.level(top - BELOW_M, x=x),
        "Thigh width",
        "허벅지너비",
        "2.5 cm below the crotch",
        "밑위점 아래 2.5 cm",
        grade="thigh",
        tolerance=0.5,
    )
    knee = at.body.get("knee")
    if knee is not None and low + 0.05 < knee[1]:
        yield around(
            at.level(float(knee[1]), x=x),
            "Knee width",
            "무릎너비",
            "At the knee",
            "무릎 높이",
            grade="knee",
            tolerance=0.5,
        )
    yield around(
        at.level(low + 2 * _EDGE_M, x=x),
        "Leg opening",
        "밑단너비",
        "At the hem, across the leg",
        "밑단, 다리에 수직",
        grade="leg opening",
        tolerance=0.5,
    )


def _skirt(at: Anchors, kind: Kind) -> Iterator[Wanted]:
    hip = at.body.get("side hip point")
    if kind == "skirt":
        yield around(
            np.array([0.0, float(at.high[1]) - _EDGE_M, 0.0]),
            "Waist width",
            "허리너비",
            "Along the top edge, flat",
            "허리단 윗선, 평면",
            grade="waist",
        )
    if hip is not None and at.low[1] + 0.05 < hip[1]:
        yield around(
            at.level(float(hip[1])),
            "Hip width",
            "엉덩이너비",
            "At the hip, flat",
            "엉덩이 높이, 평면",
            grade="hip",
        )
    top, hem = at.top(front=False), at.edge(0.0, front=False)
    if kind == "skirt" and top is not None and hem is not None:
        yield over(
            top,
            hem,
            "Length, centre back",
            "뒤중심 길이",
            "Top edge to the hem",
            "허리 윗선에서 밑단까지",
        )
    yield from _bottom(at, "Hem width", "밑단너비", grade="hip", swings=True)


def _bottom(at: Anchors, en: str, ko: str, *, grade: str, swings: bool = False) -> Iterator[Wanted]:
    """The hem: along its edge where that is one loop, else flat just above it. What ``swings`` hangs in folds."""
    # An edge that is curved or slit at the sides is measured where cloth goes all round; fronts that are cut away, as
    # a jacket's are, are bridged.
    low = float(at.low[1])
    front = at.edge(0.0, front=True)
    ends = (at.edge(0.0, front=False), at.flank(), front if front is None or front[1] < low + _CUT_AWAY_M else None)
    y = max([low + 0.01, *(float(end[1]) for end in ends if end is not None)])
    y = min(y, low + 0.15) + 0.01
    whole = next((up for up in np.arange(y, y + 0.05, 0.01) if closed(at.of, at.level(float(up)), UPWARDS)), y)
    middle = at.level(float(whole))
    try:
        taped = girth(at.of, middle, near=middle).cm if swings else flat(at.of, middle, UPWARDS, near=middle).cm
    except MeasureError:  # nothing is at that level
        return
    most = _PLEATED if swings else _STRAIGHT
    for number, hole in enumerate(openings(at.of)[:MOST_OPENINGS], start=1):
        if hole.centre[1] < at.low[1] + 0.10 and 0.98 * taped < hole.measured.cm < most * taped:
            yield Wanted(
                en=en,
                ko=ko,
                way=OpeningWay(kind="opening", number=number),
                how_en="Along the edge, half of it",
                how_ko="가장자리 둘레의 절반",
                half=True,
                grade=grade,
            )
            return
    yield around(middle, en, ko, "Just above the edge, flat", "가장자리 바로 위, 평면", grade=grade)
