"""What a tech pack says where nobody said anything: measures, materials, colours, callouts of the design itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, product
from string import ascii_uppercase
from typing import Final

from assets import catalogue, regions
from assets.errors import ContentError
from assets.measure import Surface, openings
from assets.measure_ways import ExtentWay, GirthWay, LengthWay, OpeningWay, Place, Side, girths, take
from assets.scene import Draw
from assets.tech_pack import BillLine, Both, Callout, Colourway, PointOfMeasure, Swatch

NAMES_KO: Final[Mapping[str, str]] = {
    "collar": "칼라",
    "neck": "목",
    "hem": "밑단",
    "left-cuff": "왼쪽 소맷부리",
    "right-cuff": "오른쪽 소맷부리",
    "cuff": "소맷부리",
    "waistband": "허리단",
    "pocket": "주머니",
}
GIRTHS_KO: Final[Mapping[str, str]] = {
    "neck": "목둘레",
    "bust": "가슴둘레",
    "underbust": "밑가슴둘레",
    "waist": "허리둘레",
    "hip": "엉덩이둘레",
    "thigh": "허벅지둘레",
    "calf": "종아리둘레",
    "upper_arm": "위팔둘레",
}
_WAYS: Final[tuple[tuple[str, str, Side, str, str], ...]] = (
    ("collar", "hem", "back", "Centre back length", "뒤중심 총장"),
    ("collar", "left-cuff", "left", "Sleeve length from centre back", "뒤중심 소매 길이 (화장)"),
    ("waistband", "hem", "back", "Centre back length", "뒤중심 길이"),
)
"""Lengths over the surface between regions that a garment names: from, to, at which side of it, names."""
_MOST_POINTS: Final = 60
_MOST_CALLOUTS: Final = 14
_UNNAMED: Final = 4  # openings that are measured where none has a name


@dataclass(frozen=True, kw_only=True, eq=False)
class Worn:
    """One layer as it is measured: alone, with nothing cut from it."""

    id: str
    name: str
    draws: tuple[Draw, ...]
    surface: Surface


def points(worn: Sequence[Worn]) -> tuple[PointOfMeasure, ...]:
    """Length, width, and each opening that can be found, of each layer."""
    codes = _codes()
    found: list[PointOfMeasure] = []
    for layer in worn:
        found += _points(layer, codes, many=len(worn) > 1)
    return tuple(found[:_MOST_POINTS])


def _points(layer: Worn, codes: Iterator[str], *, many: bool) -> Iterator[PointOfMeasure]:
    def named(en: str, ko: str) -> Both:
        return Both(en=f"{layer.name[:200]}: {en}", ko=f"{layer.name[:200]}: {ko}") if many else Both(en=en, ko=ko)

    low, high = layer.surface.box
    yield PointOfMeasure(
        code=next(codes),
        name=named("Length, highest to lowest point", "총길이 (최고점–최저점)"),
        way=ExtentWay(kind="extent", side="high"),
        layer=layer.id,
        tolerance_cm=1.0,
    )
    middle = GirthWay(kind="girth", height_cm=round(50 * float(low[1] + high[1]), 1))
    if _possible(layer, middle):
        yield PointOfMeasure(
            code=next(codes),
            name=named("Width half way up, flat", "중간 높이 너비"),
            how=Both(en="Half of the cloth around, level", ko="수평 둘레의 절반"),
            way=middle,
            layer=layer.id,
            half=True,
            tolerance_cm=1.0,
        )
    holes = openings(layer.surface)
    known = [name for name in _boxes(layer.draws) if _possible(layer, OpeningWay(kind="opening", region=name))]
    for name in known:
        way = OpeningWay(kind="opening", region=name)
        flat = name not in {"collar", "neck"}
        shown, korean = name.replace("-", " "), NAMES_KO.get(name, name)
        yield PointOfMeasure(
            code=next(codes),
            name=named(
                f"{shown.capitalize()} {'width' if flat else 'opening'}", f"{korean} {'너비' if flat else '둘레'}"
            ),
            how=Both(
                en="Along the edge, half of it" if flat else "Along the edge",
                ko="가장자리 둘레의 절반" if flat else "가장자리를 따라",
            ),
            way=way,
            layer=layer.id,
            half=flat,
        )
    for start, end, at, en, ko in _WAYS:
        over = LengthWay(kind="length", start=Place(region=start, at="back"), end=Place(region=end, at=at))
        if {start, end} <= set(known) and _possible(layer, over):
            yield PointOfMeasure(
                code=next(codes),
                name=named(en, ko),
                how=Both(en="Over the surface", ko="표면을 따라"),
                way=over,
                layer=layer.id,
                tolerance_cm=1.0,
            )
    for number in range(1, 1 + min(len(holes), _UNNAMED) if not known else 1):
        yield PointOfMeasure(
            code=next(codes),
            name=named(f"Opening {number}", f"트임 {number} 둘레"),
            how=Both(en="Along the edge", ko="가장자리를 따라"),
            way=OpeningWay(kind="opening", number=number),
            layer=layer.id,
        )


def body(worn: Sequence[Worn]) -> tuple[PointOfMeasure, ...]:
    """Where there are no clothes: how high the body is, and the girths that it names."""
    if not worn:
        return ()
    codes = _codes()
    high = Both(en="Height, as it stands", ko="전체 높이")
    found = [PointOfMeasure(code=next(codes), name=high, way=ExtentWay(kind="extent"), tolerance_cm=0.5)]
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


def _possible(layer: Worn, way: GirthWay | OpeningWay | LengthWay) -> bool:
    try:
        take(way, layer.draws, layer.surface)
    except ContentError:
        return False
    return True


def _codes() -> Iterator[str]:
    """A to Z, AA to ZZ, and so on, without I and O, which read as figures."""
    for long in count(1):
        for letters in product(ascii_uppercase.translate({ord("I"): None, ord("O"): None}), repeat=long):
            yield "".join(letters)


def _boxes(draws: Sequence[Draw]) -> tuple[str, ...]:
    """The regions that the primitives name, each once, in their order."""
    found: dict[str, None] = {}
    for draw in draws:
        named = draw.primitive.extras.get(regions.KEY)
        if isinstance(named, Mapping):
            found |= dict.fromkeys(str(name) for name in list(named)[:64] if 0 < len(str(name)) <= 80)
    return tuple(found)


def callouts(worn: Sequence[Worn]) -> tuple[Callout, ...]:
    """The details that the layers name."""
    found: dict[str, Callout] = {}
    for layer in worn:
        for name in _boxes(layer.draws):
            shown = name.replace("-", " ").replace("_", " ").strip().capitalize() or name
            both = Both(en=shown, ko=NAMES_KO.get(name, shown))
            found.setdefault(name, Callout(place=Place(region=name), text=both, views=("front",)))
    return tuple(found.values())[:_MOST_CALLOUTS]


def materials(layers: Sequence[tuple[str, str, str | None, Sequence[tuple[str, str]]]]) -> tuple[BillLine, ...]:
    """A line for each layer, given as (id, name, fabric of the catalogue, its looks)."""
    found = []
    for id_, name, fabric, looks in layers:
        material = ", ".join(dict.fromkeys(look for look, _ in looks if look))[:300]
        found.append(
            BillLine(
                part="fabric",
                name=fabric or material or name,
                fabric=fabric,
                layer=id_,
                placement=name,
                width_cm=150.0,
                colour=looks[0][1] if looks else None,
            )
        )
    return tuple(found)


def with_facts(line: BillLine) -> BillLine:
    """The line with what the catalogue knows of its fabric, where it says nothing itself."""
    if line.fabric is None:
        return line
    item, cloth = catalogue.item(line.fabric), catalogue.fabric(line.fabric)
    made = " ".join(f"{share:g}% {fibre}" for fibre, share in cloth.composition.items())
    changes: dict[str, object] = {}
    if line.composition is None and made:
        changes["composition"] = made
    if line.weight_gsm is None and cloth.weight_gsm > 0:
        changes["weight_gsm"] = cloth.weight_gsm
    if line.name == line.fabric:
        changes["name"] = Both(en=item.name_en, ko=item.name_ko)
    return line.model_copy(update=changes)


def colourways(layers: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> tuple[Colourway, ...]:
    """The one that the design is shown in, from (layer's name, its looks)."""
    swatches: list[Swatch] = []
    for name, looks in layers:
        by_hex: dict[str, list[str]] = {}
        for material, value in looks:
            by_hex.setdefault(value, []).append(material)
        for value, materials_ in by_hex.items():
            named = ", ".join(material for material in materials_ if material)
            swatches.append(Swatch(part=f"{name}: {named}"[:400] if named else name, hex=value))
    swatches = swatches[:64]
    if not swatches:
        return ()
    return (Colourway(name=Both(en="As designed", ko="디자인 원본"), swatches=tuple(swatches)),)
