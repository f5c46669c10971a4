"""The points of measure that a technical designer takes of each kind of garment, where nobody named any.

Widths are taken flat and halved, lengths over the surface or straight; what cannot be found on a garment (a sleeve of
a sleeveless dress) is left out. Where each is taken follows ISO 8559 and the usual specification sheets: the chest
2.5 cm below the armhole, the body's length from the high point of the shoulder, rises with the waistband.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from assets import catalogue
from assets.errors import CatalogueError
from assets.measure import Array, MeasureError, Surface, girth, openings
from assets.measure_anchors import UPWARDS, Anchors
from assets.measure_flat import closed, flat
from assets.measure_ways import AnyWay, ExtentWay, GirthWay, LengthWay, OpeningWay, Place

BELOW_M: Final = 0.0254
"""How far below the armhole or the crotch a width is taken: an inch."""
MOST_OPENINGS: Final = 64
"""As many as a way may name by number."""
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


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One point of measure before it has a code: names in both languages, how it is taken, and by which measure of
    the body it grows from size to size (a key of :data:`assets.tech_pack_grades.RULES`, "" for one that does not).
    """

    en: str
    ko: str
    way: AnyWay
    how_en: str
    how_ko: str
    half: bool = False
    tolerance_cm: float = 1.0
    grade: str = ""


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
        yield from _OTHERS[kind](of)
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
        yield _over(neck, hem, "Body length, front", "앞길이", "HPS to the hem", "옆목점에서 밑단까지")
    if nape is not None and long and (hem := at.edge(0.0, front=False)) is not None:
        yield _over(
            nape, hem, "Body length, centre back", "뒤중심 길이", "Neck seam to the hem", "목 뒤에서 밑단까지"
        )
    deep = _armhole(at)
    if deep is not None:
        yield _around(
            at.level(float(deep[1]) - BELOW_M),
            "Chest width",
            "가슴너비",
            "2.5 cm below the armhole, flat",
            "진동 아래 2.5 cm, 평면",
            grade="chest",
        )
    waist = at.body.get("front waist point")
    if waist is not None and at.low[1] + 0.08 < waist[1]:
        yield _around(
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
        yield _straight(
            shoulder,
            right,
            "Across shoulder",
            "어깨너비",
            "Shoulder point to shoulder point, straight",
            "어깨점에서 어깨점까지, 직선",
            "shoulder",
        )
    if neck is not None and other is not None:
        yield _straight(
            neck, other, "Neck width", "목너비", "HPS to HPS, straight", "옆목점에서 옆목점까지", "neck", 0.5
        )
        front = at.top(front=True)
        if front is not None and not collar:
            level = Place(point=_cm(np.array([front[0], neck[1], front[2]])))
            yield Wanted(
                en="Front neck drop",
                ko="앞목깊이",
                way=LengthWay(kind="length", start=level, end=Place(point=_cm(front)), along="vertical"),
                how_en="HPS level to the neck edge, centre front",
                how_ko="옆목점 높이에서 앞중심 목선까지",
                tolerance_cm=0.5,
            )
    if shoulder is not None and deep is not None:
        yield _straight(
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
    yield _over(
        shoulder, cuff, "Sleeve length", "소매길이", "Shoulder point to the cuff's edge", "어깨점에서 소맷부리까지"
    )
    down = float((at.underarm - start) @ way) + BELOW_M
    if far - down > 0.03:
        yield _around(
            start + way * down,
            "Bicep width",
            "소매통",
            "2.5 cm below the armhole, across the sleeve",
            "진동 아래 2.5 cm, 소매에 수직",
            way=way,
            grade="upper arm",
            tolerance=0.5,
        )
    yield _around(
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
        yield _around(
            np.array([0.0, float(min(front[1] if front is not None else at.high[1], at.high[1])) - _EDGE_M, 0.0]),
            "Waist width",
            "허리너비",
            "Along the top edge, flat",
            "허리단 윗선, 평면",
            grade="waist",
        )
    if hip is not None and hip[1] > crotch[1] + 0.02:
        yield _around(
            at.level(float(hip[1])),
            "Hip width",
            "엉덩이너비",
            "At the fullest part, flat",
            "가장 넓은 곳, 평면",
            grade="hip",
        )
    if kind == "trousers" and front is not None and back is not None and side is not None:
        for end, en, ko in ((front, "Front rise", "앞밑위"), (back, "Back rise", "뒤밑위")):
            yield _over(crotch, end, en, ko, "Crotch to the top edge", "밑위점에서 허리 윗선까지", 0.5, grade="rise")
        yield _over(side, outer, "Outseam", "옆길이", "Top edge to the hem, at the side", "허리 윗선에서 밑단까지")
    yield _over(crotch, inner, "Inseam", "안쪽 다리길이", "Crotch to the hem", "밑위점에서 밑단까지")
    x = float((inner[0] + outer[0]) / 2)
    top, low = float(crotch[1]), float(min(inner[1], outer[1]))
    yield _around(
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
        yield _around(
            at.level(float(knee[1]), x=x),
            "Knee width",
            "무릎너비",
            "At the knee",
            "무릎 높이",
            grade="knee",
            tolerance=0.5,
        )
    yield _around(
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
        yield _around(
            np.array([0.0, float(at.high[1]) - _EDGE_M, 0.0]),
            "Waist width",
            "허리너비",
            "Along the top edge, flat",
            "허리단 윗선, 평면",
            grade="waist",
        )
    if hip is not None and at.low[1] + 0.05 < hip[1]:
        yield _around(
            at.level(float(hip[1])),
            "Hip width",
            "엉덩이너비",
            "At the hip, flat",
            "엉덩이 높이, 평면",
            grade="hip",
        )
    top, hem = at.top(front=False), at.edge(0.0, front=False)
    if kind == "skirt" and top is not None and hem is not None:
        yield _over(
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
    yield _around(middle, en, ko, "Just above the edge, flat", "가장자리 바로 위, 평면", grade=grade)


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
        yield _straight(np.array(start), np.array(end), en, ko, "Left shoe", "왼쪽 한 짝", "", 0.3)


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
            _line((0.0, body.min() - 0.01, 0.0), (0.0, body.max() + 0.01, 0.0)),
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


_OTHERS: Final[Mapping[str, Callable[[Surface], Iterator[Wanted]]]] = {
    "shoes": _shoes,
    "hat": _hat,
    "scarf": _scarf,
    "bag": _bag,
}


def _cm(point: Array) -> tuple[float, float, float]:
    x, y, z = (round(100 * float(part), 2) + 0.0 for part in point)
    return x, y, z


def _line(start: tuple[float, ...], end: tuple[float, ...]) -> LengthWay:
    ends = (Place(point=_cm(np.array(start))), Place(point=_cm(np.array(end))))
    return LengthWay(kind="length", start=ends[0], end=ends[1], along="straight")


def _over(
    start: Array, end: Array, en: str, ko: str, how_en: str, how_ko: str, tolerance: float = 1.0, *, grade: str = ""
) -> Wanted:
    return Wanted(
        en=en,
        ko=ko,
        way=LengthWay(kind="length", start=Place(point=_cm(start)), end=Place(point=_cm(end))),
        how_en=how_en,
        how_ko=how_ko,
        tolerance_cm=tolerance,
        grade=grade,
    )


def _straight(
    start: Array, end: Array, en: str, ko: str, how_en: str, how_ko: str, grade: str = "", tolerance: float = 1.0
) -> Wanted:
    return Wanted(
        en=en,
        ko=ko,
        way=_line(tuple(start), tuple(end)),
        how_en=how_en,
        how_ko=how_ko,
        tolerance_cm=tolerance,
        grade=grade,
    )


def _around(
    at: Array,
    en: str,
    ko: str,
    how_en: str,
    how_ko: str,
    *,
    way: Array = UPWARDS,
    grade: str = "",
    tolerance: float = 1.0,
) -> Wanted:
    x, y, z = (round(float(part), 4) + 0.0 for part in way)
    normal = None if (x, y, z) == (0.0, 1.0, 0.0) else (x, y, z)
    return Wanted(
        en=en,
        ko=ko,
        way=GirthWay(kind="girth", place=Place(point=_cm(at)), normal=normal, around="flat"),
        how_en=how_en,
        how_ko=how_ko,
        half=True,
        tolerance_cm=tolerance,
        grade=grade,
    )
