"""What a tech pack says where nobody said anything: materials, colours and callouts of the design itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from assets import catalogue, regions
from assets.errors import ContentError
from assets.measure_ways import Place
from assets.tech_pack import BillLine, Both, Callout, Colourway, Swatch
from assets.tech_pack_points import Worn, named

NAMES_KO: Final[Mapping[str, str]] = {
    "collar": "칼라",
    "neck": "목",
    "neckline": "목선",
    "hood": "후드",
    "cords": "조임끈",
    "lapel": "라펠",
    "placket": "앞단",
    "storm flap": "스톰 플랩",
    "shield": "레인 실드",
    "belt": "벨트",
    "zip": "지퍼",
    "fly": "앞여밈",
    "waistband": "허리단",
    "pocket": "주머니",
    "front pockets": "앞주머니",
    "back pocket": "뒷주머니",
    "breast pocket": "가슴 주머니",
    "sleeve pocket": "소매 주머니",
    "cuff": "소맷부리",
    "vent": "트임",
    "hem": "밑단",
    "toe": "앞코",
    "laces": "신발끈",
    "heel": "뒤축",
    "ribbon": "리본",
    "bow": "리본 매듭",
    "crown": "크라운",
    "brim": "챙",
    "label": "라벨",
    "bag": "가방 몸판",
    "handles": "손잡이",
}
_MOST_CALLOUTS: Final = 60
_BEHIND_M: Final = 0.015


def callouts(worn: Sequence[Worn]) -> tuple[Callout, ...]:
    """The details that the layers name, on each layer's own drawing; of a left and a right one the left."""
    found: list[Callout] = []
    for layer in worn:
        names = named(layer.draws)
        for name in names:
            plain = name.removeprefix("right-")
            if plain != name and f"left-{plain}" in names:
                continue
            bare = name.removeprefix("left-").removeprefix("right-").replace("-", " ").replace("_", " ").strip()
            both = Both(en=bare.capitalize() or name, ko=NAMES_KO.get(bare, bare.capitalize() or name))
            try:
                behind = _behind(layer, name)
            except ContentError:
                continue
            views: tuple[Literal["front", "back", "left"], ...] = ("back",) if behind else ("front",)
            found.append(Callout(place=Place(region=name), text=both, views=views, layer=layer.id))
    return tuple(found[:_MOST_CALLOUTS])


def _behind(layer: Worn, name: str) -> bool:
    """Whether a detail is seen from behind alone."""
    low, high = regions.find(layer.draws, name).box
    first, last = layer.surface.box
    return bool(high[2] < (first[2] + last[2]) / 2 - _BEHIND_M or (low[2] + high[2]) / 2 < first[2] * 0.6)


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
