"""What a tech pack says where nobody said anything: materials, colours and callouts of the design itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from assets import catalogue, regions
from assets.errors import ContentError
from assets.measure_ways import Place
from assets.tech_pack import MOST_ROWS, BillLine, Both, Callout, Colourway, Swatch
from assets.tech_pack_points import Worn, named
from assets.tech_pack_sources import sides

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
    "end": "끝단",
}
MATERIALS_KO: Final[Mapping[str, str]] = {
    "thread": "실",
    "tipping": "배색",
    "button": "단추",
    "rivet": "리벳",
    "zip": "지퍼",
    "tape": "테이프",
    "buckle": "버클",
    "cord": "끈",
    "metal": "금속 장식",
    "eyelet": "아일렛",
    "lace": "신발끈",
    "tip": "팁",
    "label": "라벨",
    "ribbon": "리본",
    "sole": "밑창",
    "tread": "트레드",
    "heel": "뒤축",
    "tab": "탭",
    "lining": "안감",
    "leather": "가죽",
    "suede": "스웨이드",
    "rib": "시보리",
    "jersey": "저지",
    "denim": "데님",
    "shell": "겉감",
    "knit": "니트",
    "felt": "펠트",
    "wool": "울",
    "canvas": "캔버스",
    "crepe": "크레이프",
    "gabardine": "개버딘",
}
_TRIMS: Final = frozenset(
    {"button", "rivet", "zip", "buckle", "cord", "metal", "eyelet", "lace", "ribbon", "sole", "tab", "snap", "hook"}
)
_HIDES: Final = frozenset({"leather", "suede", "lining-leather"})
"""What is not sold by the running metre."""
_MOST_CALLOUTS: Final = 60
_FACING: Final = 0.3
_ROUND: Final = frozenset({"hem", "collar", "neckline", "belt", "waistband", "ribbon"})


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
            seen: Literal["front", "back", "left"] = "back" if behind else "front"
            if sides(layer.item)[0] == "left":
                seen = "left"
            # What goes all round has its middle inside the body: it is pointed at where one sees it.
            at: Literal["centre", "front"] = "front" if bare in _ROUND else "centre"
            found.append(Callout(place=Place(region=name, at=at), text=both, views=(seen,), layer=layer.id))
    return tuple(found[:_MOST_CALLOUTS])


def _behind(layer: Worn, name: str) -> bool:
    """Whether a detail is seen from behind alone: most of it faces there."""
    facing = regions.find(layer.draws, name).facing
    return bool(facing[:, 2].sum() < -_FACING * np.linalg.norm(facing, axis=1).sum())


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a layer is made of: its ``looks`` are (material, hex), the largest first; ``cloths`` the square metres of
    each material that has some; ``fabric`` the catalogue's id of the main one, where it is known.
    """

    id: str
    name: str
    looks: Sequence[tuple[str, str]] = ()
    fabric: str | None = None
    cloths: Mapping[str, float] = field(default_factory=dict)


def materials(layers: Sequence[Made]) -> tuple[BillLine, ...]:
    """A line for each material of each layer: cloth with its area, thread and trims by name."""
    found: list[BillLine] = []
    for layer in layers:
        main = True
        for look, colour in layer.looks or ((layer.name, None),):
            part = _part(look)
            if part is None:
                continue
            cloth = part in {"fabric", "lining"}
            first = cloth and part == "fabric" and main
            fabric = layer.fabric if first else None
            main = main and not first
            shown = look.replace("-", " ").capitalize()
            square = round(layer.cloths.get(look, 0.0), 4) if cloth else 0.0
            found.append(
                BillLine(
                    part=part,
                    name=fabric or (Both(en=shown[:400], ko=_korean(look)) if look else layer.name),
                    fabric=fabric,
                    layer=layer.id if cloth else None,
                    placement=layer.name,
                    width_cm=150.0 if cloth and look not in _HIDES else None,
                    area_m2=square or None,
                    colour=colour,
                )
            )
    return tuple(found[:MOST_ROWS])


def _part(look: str) -> Literal["fabric", "lining", "thread", "trim", "label"] | None:
    """What a bill of materials calls a material by that name; None for what is none, as a buttonhole."""
    words = set(look.casefold().replace("_", "-").replace(" ", "-").split("-"))
    if "hole" in words:
        return None
    if "thread" in words:
        return "thread"
    if "label" in words:
        return "label"
    if "lining" in words:
        return "lining"
    return "trim" if words & _TRIMS else "fabric"


def _korean(look: str) -> str:
    """A material's name in Korean, word by word; as it is where one is not known."""
    words = look.split("-")
    known = [MATERIALS_KO.get(word) for word in words]
    return " ".join(word for word in known if word) if all(known) else look


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
            if _part(material) is not None:
                by_hex.setdefault(value, []).append(material)
        for value, materials_ in by_hex.items():
            named = ", ".join(material for material in materials_ if material)
            swatches.append(Swatch(part=f"{name}: {named}"[:400] if named else name, hex=value))
    swatches = swatches[:64]
    if not swatches:
        return ()
    return (Colourway(name=Both(en="As designed", ko="디자인 원본"), swatches=tuple(swatches)),)
