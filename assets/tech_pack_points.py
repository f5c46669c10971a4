"""The points of measure of a design that names none, with codes: those of each garment's kind, or of the body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, product
from string import ascii_uppercase
from types import MappingProxyType
from typing import Final

import numpy as np

from assets import measure_points, regions, tech_pack_grades
from assets.errors import ContentError
from assets.measure import Array, Measured, Surface, openings
from assets.measure_ways import AnyWay, ExtentWay, GirthWay, LengthWay, OpeningWay, Place, girths, take
from assets.scene import Draw
from assets.tech_pack import Both, PointOfMeasure

GIRTHS_KO: Final[Mapping[str, str]] = MappingProxyType(
    {
        "neck": "목둘레",
        "bust": "가슴둘레",
        "underbust": "밑가슴둘레",
        "waist": "허리둘레",
        "hip": "엉덩이둘레",
        "thigh": "허벅지둘레",
        "calf": "종아리둘레",
        "upper_arm": "위팔둘레",
    }
)
OPENINGS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "collar": ("Collar opening", "칼라 둘레"),
        "neckline": ("Neck opening", "목선 둘레"),
        "neck": ("Neck opening", "목둘레"),
        "hem": ("Hem width", "밑단너비"),
        "left-cuff": ("Sleeve opening, left", "왼쪽 소맷부리너비"),
        "right-cuff": ("Sleeve opening, right", "오른쪽 소맷부리너비"),
        "cuff": ("Sleeve opening", "소맷부리너비"),
        "waistband": ("Waist width", "허리너비"),
        "left-hem": ("Leg opening, left", "왼쪽 밑단너비"),
        "right-hem": ("Leg opening, right", "오른쪽 밑단너비"),
    }
)
"""Regions that have an edge to measure along, as uploads name them; pockets and buttons have none."""
_EDGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "top": ("Top opening", "위쪽 트임 둘레"),
        "bottom": ("Bottom opening", "아래쪽 트임 둘레"),
        "top, left": ("Top opening, left", "위쪽 트임 둘레 (왼쪽)"),
        "side, left": ("Side opening, left", "옆 트임 둘레 (왼쪽)"),
        "bottom, left": ("Bottom opening, left", "아래쪽 트임 둘레 (왼쪽)"),
    }
)
_LEAST_CM: Final = 15.0
_UNNAMED: Final = 12
_END: Final = 0.25  # of the height: what counts as the top and the bottom
_CENTRAL: Final = 0.15
_BODY_LENGTHS: Final = (
    ("Back waist length", "등길이", "cervicale", "back waist point", "surface"),
    ("Arm length", "팔길이", "shoulder point", "wrist", "straight"),
    ("Inside leg height", "안쪽 다리높이", "crotch point", "sole level", "vertical"),
)
_MOST_POINTS: Final = 240
_TRUSTED_CM: Final = 0.5  # a way over the surface that is less sure is measured straight


@dataclass(frozen=True, kw_only=True, eq=False)
class Worn:
    """One layer as it is measured: alone, at rest, with nothing cut from it. ``item`` is the catalogue's id of its
    model; ``body`` the landmarks, and ``figure`` the catalogue's id, of who wears it.
    """

    id: str
    draws: tuple[Draw, ...]
    surface: Surface
    item: str | None = None
    body: Mapping[str, Array] = field(default_factory=dict)
    figure: str | None = None
    held: dict[str, Measured] = field(default_factory=dict)

    def take(self, way: AnyWay) -> Measured:
        """The measurement, taken once. Raises as :func:`assets.measure_ways.take`."""
        key = way.model_dump_json()
        if key not in self.held:
            self.held[key] = take(way, self.draws, self.surface)
        return self.held[key]


def points(worn: Sequence[Worn], sizes: Sequence[str] = ("M",)) -> tuple[PointOfMeasure, ...]:
    """What is measured of each layer, graded over the sizes where the figure's table has them."""
    codes = _codes()
    found: list[PointOfMeasure] = []
    for layer in worn:
        kind = measure_points.kind_of(layer.item)
        found += _named(layer, codes) if kind is None else _known(layer, kind, codes, sizes)
    return tuple(found[:_MOST_POINTS])


def _known(
    layer: Worn, kind: measure_points.Kind, codes: Iterator[str], sizes: Sequence[str]
) -> Iterator[PointOfMeasure]:
    collar = measure_points.collared(layer.item)
    for one in measure_points.wanted(kind, layer.surface, layer.body, collar=collar):
        way = _best(layer, one.way)
        if way is not None:
            bridged = way != one.way  # straight, where the way over the surface was asked for
            yield PointOfMeasure(
                code=next(codes),
                name=Both(en=one.en, ko=one.ko),
                how=Both(
                    en=f"{one.how_en}, straight" if bridged else one.how_en,
                    ko=f"{one.how_ko}, 직선" if bridged else one.how_ko,
                ),
                way=way,
                layer=layer.id,
                half=one.half,
                tolerance_cm=one.tolerance_cm,
                grade=tech_pack_grades.grade(one.grade, layer.figure, sizes),
            )


def _best(layer: Worn, way: AnyWay) -> AnyWay | None:
    """The way, or straight where the surface between the two ends is not joined; None for what cannot be measured."""
    taken = _taken(layer, way)
    if isinstance(way, LengthWay) and way.along == "surface" and (taken is None or taken.error > _TRUSTED_CM):
        way = way.model_copy(update={"along": "straight"})
        taken = _taken(layer, way)
    return way if taken is not None and taken.cm > 0 else None


def _named(layer: Worn, codes: Iterator[str]) -> Iterator[PointOfMeasure]:
    """Of what nobody knows: how long and how wide it is, and the openings that it names."""
    yield PointOfMeasure(
        code=next(codes),
        name=Both(en="Length, highest to lowest point", ko="총길이 (최고점–최저점)"),
        way=ExtentWay(kind="extent", side="high"),
        layer=layer.id,
        tolerance_cm=1.0,
    )
    low, high = layer.surface.box
    middle = GirthWay(kind="girth", height_cm=round(50 * float(low[1] + high[1]), 1), around="flat")
    if _taken(layer, middle) is not None:
        yield PointOfMeasure(
            code=next(codes),
            name=Both(en="Width half way up", ko="중간 높이 너비"),
            how=Both(en="Level, flat", ko="수평, 평면"),
            way=middle,
            layer=layer.id,
            half=True,
            tolerance_cm=1.0,
        )
    edges = [name for name in named(layer.draws) if name in OPENINGS]
    if not edges:
        yield from _unnamed(layer, codes)
    for name in edges:
        way = OpeningWay(kind="opening", region=name)
        if _taken(layer, way) is None:
            continue
        flat = name not in {"collar", "neck", "neckline"}
        en, ko = OPENINGS[name]
        yield PointOfMeasure(
            code=next(codes),
            name=Both(en=en, ko=ko),
            how=Both(
                en="Along the edge, half of it" if flat else "Along the edge",
                ko="가장자리 둘레의 절반" if flat else "가장자리를 따라",
            ),
            way=way,
            layer=layer.id,
            half=flat,
        )


def _unnamed(layer: Worn, codes: Iterator[str]) -> Iterator[PointOfMeasure]:
    """The largest openings where none has a name, called by where they are: a pair by its left one, each once."""
    low, high = layer.surface.box
    size = np.maximum(high - low, 1e-9)
    seen: set[str] = set()
    for number, hole in enumerate(openings(layer.surface, least_cm=_LEAST_CM)[:_UNNAMED], start=1):
        across = 2 * float(hole.centre[0] - (low[0] + high[0]) / 2) / float(size[0])
        height = float(hole.centre[1] - low[1]) / float(size[1])
        end = "top" if height > 1 - _END else "bottom" if height < _END else "side"
        if abs(across) < _CENTRAL and end != "side":
            key = end
        elif across >= _CENTRAL:
            key = f"{end}, left"
        else:
            continue
        if key in seen:
            continue
        seen.add(key)
        en, ko = _EDGES[key]
        yield PointOfMeasure(
            code=next(codes),
            name=Both(en=en, ko=ko),
            how=Both(en="Along the edge", ko="가장자리를 따라"),
            way=OpeningWay(kind="opening", number=number),
            layer=layer.id,
        )


def body(worn: Sequence[Worn]) -> tuple[PointOfMeasure, ...]:
    """Where there are no clothes: how high the body is, its lengths, and the girths that it names."""
    if not worn:
        return ()
    codes = _codes()
    high = Both(en="Height, as it stands", ko="전체 높이")
    found = [PointOfMeasure(code=next(codes), name=high, way=ExtentWay(kind="extent"), tolerance_cm=0.5)]
    for en, ko, start, end, along in _BODY_LENGTHS:
        way = LengthWay.model_validate(
            {"kind": "length", "start": Place(landmark=start), "end": Place(landmark=end), "along": along}
        )
        if _taken(worn[0], way) is not None:
            found.append(PointOfMeasure(code=next(codes), name=Both(en=en, ko=ko), way=way, tolerance_cm=0.5))
    for name in girths(worn[0].draws):
        shown = f"{name.replace('_', ' ').capitalize()} girth"
        found.append(
            PointOfMeasure(
                code=next(codes),
                name=Both(en=shown, ko=GIRTHS_KO.get(name, name)),
                way=GirthWay(kind="girth", girth=name, around="tape"),
                tolerance_cm=0.5,
            )
        )
    return tuple(found[:_MOST_POINTS])


def named(draws: Sequence[Draw]) -> tuple[str, ...]:
    """The details that the primitives name, each once, in their order."""
    found: dict[str, None] = {}
    for draw in draws:
        boxes = draw.primitive.extras.get(regions.KEY)
        if isinstance(boxes, Mapping):
            found |= dict.fromkeys(str(name) for name in list(boxes)[:64] if 0 < len(str(name)) <= 80)
    return tuple(found)


def _taken(layer: Worn, way: AnyWay) -> Measured | None:
    try:
        return layer.take(way)
    except ContentError:
        return None


def _codes() -> Iterator[str]:
    """A to Z, AA to ZZ, and so on, without I and O, which read as figures."""
    for long in count(1):
        for letters in product(ascii_uppercase.translate({ord("I"): None, ord("O"): None}), repeat=long):
            yield "".join(letters)
