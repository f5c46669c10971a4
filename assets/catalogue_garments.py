"""The garments of the catalogue: ids, names, what they cover and what they are made for. Nothing is read here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

Corner = tuple[float, float, float]
Box = tuple[Corner, Corner]

FIGURES: Final = ("mannequin-female", "mannequin-male", "mannequin-neutral")
"""The figures that share one body, so that what is draped on one of them fits the others in all sizes."""
POSES: Final = ("a-pose", "relaxed", "walk", "hands-on-hips", "seated", "t-pose")
STANDING: Final = ("a-pose", "relaxed", "walk", "hands-on-hips", "t-pose")
"""The poses of what hangs free about both legs."""


class Entry(NamedTuple):
    """One garment.

    ``covers`` names the body regions that it hides, ``depth`` how far out it is worn: 10 next to the skin (trousers,
    skirts, shirts that are tucked in), 20 over that, 30 outerwear, 40 what is carried or wound about that.
    ``draped_on`` is the avatar on which it was draped, ``figures`` are the avatars (of any size) that it is made to
    fit, and ``poses`` theirs in which it may be shown. ``cloth`` is the fabric that its main material is
    meant to be of. ``level_feet`` says that it is worn on feet that stand flat, ``follows`` names the one
    joint of the mannequin that it goes with as a whole ("head"), "" of what bends with the body. ``regions`` are its
    details, lowest and highest corner in metres; left is the wearer's. ``layered`` cloth is
    folded on itself, as pleats are: in a pose its layers move as one. ``loose`` cloth is wound about the body and not
    cut for it: on another figure it is hardly stretched.
    """

    id: str
    name_en: str
    name_ko: str
    tags: tuple[str, ...]
    covers: tuple[str, ...]
    depth: int
    regions: Mapping[str, Box] = MappingProxyType({})
    draped_on: str = "mannequin-female"
    figures: tuple[str, ...] = FIGURES
    poses: tuple[str, ...] = POSES
    cloth: str = ""
    level_feet: bool = False
    follows: str = ""
    layered: bool = False
    loose: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        """Its baked model, relative to the catalogue's data."""
        return (f"models/{self.id}.npz",)


GARMENTS: Final = (
    Entry(
        "tshirt",
        "T-shirt",
        "티셔츠",
        ("top", "t-shirt", "jersey", "short sleeve", "crew neck"),
        covers=("shoulders", "upper arms", "chest", "back", "waist"),
        depth=20,
        regions={
            "collar": ((-0.10, 1.46, -0.10), (0.10, 1.57, 0.08)),
            "left-cuff": ((0.19, 1.29, -0.10), (0.29, 1.35, 0.10)),
            "right-cuff": ((-0.29, 1.29, -0.10), (-0.19, 1.35, 0.10)),
            "hem": ((-0.29, 0.97, -0.17), (0.29, 1.05, 0.17)),
        },
        draped_on="dress-form",
        figures=("dress-form",),
        poses=(),
        cloth="jersey",
    ),
    Entry(
        "skirt",
        "A-line skirt",
        "A라인 스커트",
        ("skirt", "a-line", "knee length", "waistband"),
        covers=("waist", "hips", "thighs"),
        depth=10,
        regions={
            "waistband": ((-0.2, 1.13, -0.17), (0.2, 1.19, 0.17)),
            "hem": ((-0.24, 0.55, -0.18), (0.24, 0.62, 0.18)),
        },
        draped_on="dress-form",
        figures=("dress-form",),
        poses=(),
        cloth="denim",
    ),
    Entry(
        "tee",
        "Crew neck T-shirt",
        "크루넥 티셔츠",
        ("top", "t-shirt", "jersey", "short sleeve", "crew neck", "mannequin"),
        covers=("shoulders", "upper arms", "chest", "back", "waist"),
        depth=20,
        regions={
            "collar": ((-0.09, 1.42, -0.11), (0.09, 1.52, 0.07)),
            "left-cuff": ((0.255, 1.20, -0.09), (0.345, 1.31, 0.07)),
            "right-cuff": ((-0.345, 1.20, -0.09), (-0.255, 1.31, 0.07)),
            "hem": ((-0.20, 0.87, -0.15), (0.20, 0.95, 0.15)),
        },
        cloth="jersey",
    ),
    Entry(
        "long-sleeve",
        "Long-sleeved T-shirt",
        "긴소매 티셔츠",
        ("top", "t-shirt", "jersey", "long sleeve", "crew neck", "mannequin"),
        covers=("shoulders", "upper arms", "forearms", "chest", "back", "waist"),
        depth=20,
        regions={
            "collar": ((-0.09, 1.42, -0.11), (0.09, 1.52, 0.07)),
            "left-cuff": ((0.43, 0.91, -0.08), (0.53, 1.00, 0.04)),
            "right-cuff": ((-0.53, 0.91, -0.08), (-0.43, 1.00, 0.04)),
            "hem": ((-0.20, 0.87, -0.15), (0.20, 0.95, 0.15)),
        },
        cloth="jersey",
    ),
    Entry(
        "dress",
        "Sleeveless dress",
        "민소매 원피스",
        ("dress", "sleeveless", "a-line", "knee length", "scoop neck", "mannequin"),
        covers=("chest", "back", "waist", "hips", "thighs"),
        depth=20,
        regions={
            "neckline": ((-0.13, 1.34, -0.14), (0.13, 1.52, 0.13)),
            "hem": ((-0.30, 0.42, -0.20), (0.30, 0.52, 0.20)),
        },
        poses=STANDING,
        cloth="silk-satin",
        layered=True,
    ),
    Entry(
        "pleated-skirt",
        "Pleated skirt",
        "플리츠 스커트",
        ("skirt", "pleated", "knife pleats", "above the knee", "waistband"),
        covers=("waist", "hips", "thighs"),
        depth=10,
        regions={
            "waistband": ((-0.20, 1.08, -0.16), (0.20, 1.14, 0.16)),
            "zip": ((0.12, 1.04, -0.05), (0.18, 1.09, 0.06)),
            "hem": ((-0.32, 0.56, -0.30), (0.32, 0.63, 0.30)),
        },
        poses=STANDING,
        cloth="twill",
        layered=True,
    ),
    Entry(
        "a-line-skirt",
        "A-line skirt with darts",
        "A라인 다트 스커트",
        ("skirt", "a-line", "knee length", "darts", "waistband"),
        covers=("waist", "hips", "thighs"),
        depth=10,
        regions={
            "waistband": ((-0.20, 1.08, -0.16), (0.20, 1.14, 0.16)),
            "zip": ((0.12, 1.04, -0.05), (0.18, 1.09, 0.06)),
            "hem": ((-0.30, 0.51, -0.30), (0.30, 0.57, 0.30)),
        },
        poses=STANDING,
        cloth="wool-felt",
        layered=True,
    ),
    Entry(
        "blazer",
        "Single-breasted blazer",
        "싱글 블레이저",
        ("jacket", "blazer", "tailored", "single-breasted", "notched lapels", "long sleeve", "flap pockets"),
        covers=("shoulders", "upper arms", "forearms", "chest", "back", "waist", "hips"),
        depth=30,
        regions={
            "collar": ((-0.14, 1.42, -0.14), (0.14, 1.60, 0.08)),
            "left-lapel": ((0.0, 1.16, 0.0), (0.16, 1.44, 0.17)),
            "right-lapel": ((-0.16, 1.16, 0.0), (0.0, 1.44, 0.17)),
            "breast-pocket": ((0.08, 1.29, 0.0), (0.20, 1.35, 0.16)),
            "left-pocket": ((0.05, 0.93, 0.0), (0.22, 1.03, 0.18)),
            "right-pocket": ((-0.22, 0.93, 0.0), (-0.05, 1.03, 0.18)),
            "left-cuff": ((0.43, 0.92, -0.10), (0.55, 1.02, 0.06)),
            "right-cuff": ((-0.55, 0.92, -0.10), (-0.43, 1.02, 0.06)),
            "vent": ((-0.05, 0.83, -0.20), (0.05, 1.03, -0.08)),
            "hem": ((-0.27, 0.82, -0.20), (0.27, 0.90, 0.20)),
        },
        cloth="herringbone",
    ),
    Entry(
        "trench-coat",
        "Trench coat",
        "트렌치코트",
        ("coat", "trench coat", "double-breasted", "belt", "epaulettes", "storm flap", "knee length", "long sleeve"),
        covers=("shoulders", "upper arms", "forearms", "chest", "back", "waist", "hips", "thighs"),
        depth=30,
        regions={
            "collar": ((-0.15, 1.41, -0.15), (0.15, 1.60, 0.08)),
            "belt": ((-0.22, 1.08, -0.20), (0.22, 1.15, 0.20)),
            "storm-flap": ((-0.20, 1.24, 0.0), (-0.02, 1.34, 0.20)),
            "shield": ((-0.20, 1.24, -0.20), (0.20, 1.32, -0.04)),
            "left-cuff": ((0.41, 0.92, -0.11), (0.56, 1.05, 0.07)),
            "right-cuff": ((-0.56, 0.92, -0.11), (-0.41, 1.05, 0.07)),
            "hem": ((-0.36, 0.50, -0.26), (0.36, 0.60, 0.28)),
        },
        poses=STANDING,
        cloth="twill",
    ),
    Entry(
        "sneakers",
        "Leather sneakers",
        "가죽 스니커즈",
        ("shoes", "sneakers", "trainers", "low-top", "laces", "cupsole", "pair"),
        covers=("feet",),
        depth=10,
        regions={
            "left-toe": ((0.05, 0.03, 0.15), (0.18, 0.12, 0.24)),
            "left-laces": ((0.05, 0.09, 0.03), (0.16, 0.20, 0.16)),
            "left-heel": ((0.04, 0.03, -0.09), (0.14, 0.15, -0.02)),
            "right-toe": ((-0.18, 0.03, 0.15), (-0.05, 0.12, 0.24)),
            "right-laces": ((-0.16, 0.09, 0.03), (-0.05, 0.20, 0.16)),
            "right-heel": ((-0.14, 0.03, -0.09), (-0.04, 0.15, -0.02)),
        },
        cloth="leather",
        level_feet=True,
        layered=True,
    ),
    Entry(
        "shirt",
        "Button-up shirt",
        "버튼업 셔츠",
        ("top", "shirt", "button-up", "collar", "long sleeve", "cuffs", "chest pocket", "oxford", "yoke"),
        covers=("shoulders", "upper arms", "forearms", "chest", "back", "waist", "hips"),
        depth=20,
        regions={
            "collar": ((-0.13, 1.40, -0.12), (0.13, 1.57, 0.11)),
            "placket": ((-0.02, 0.83, 0.05), (0.02, 1.46, 0.18)),
            "pocket": ((0.03, 1.21, 0.05), (0.14, 1.36, 0.16)),
            "left-cuff": ((0.44, 0.88, -0.09), (0.56, 1.01, 0.06)),
            "right-cuff": ((-0.56, 0.88, -0.09), (-0.44, 1.01, 0.06)),
            "hem": ((-0.24, 0.78, -0.20), (0.24, 0.93, 0.20)),
        },
        poses=STANDING,
        cloth="oxford",
    ),
    Entry(
        "hoodie",
        "Hoodie",
        "후드 티셔츠",
        ("top", "hoodie", "sweatshirt", "hood", "kangaroo pocket", "drawstring", "rib", "long sleeve", "casual"),
        covers=("shoulders", "upper arms", "forearms", "chest", "back", "waist"),
        depth=30,
        regions={
            "hood": ((-0.26, 1.24, -0.26), (0.26, 1.60, 0.12)),
            "cords": ((-0.12, 1.16, 0.05), (0.12, 1.48, 0.22)),
            "pocket": ((-0.20, 0.95, 0.05), (0.20, 1.18, 0.22)),
            "left-cuff": ((0.43, 0.88, -0.09), (0.56, 1.00, 0.06)),
            "right-cuff": ((-0.56, 0.88, -0.09), (-0.43, 1.00, 0.06)),
            "hem": ((-0.24, 0.86, -0.20), (0.24, 0.97, 0.20)),
        },
        cloth="jersey",
    ),
    Entry(
        "jeans",
        "Straight-leg jeans",
        "스트레이트 청바지",
        ("trousers", "jeans", "denim", "straight leg", "five pockets", "high rise", "belt loops", "rivets"),
        covers=("waist", "hips", "thighs", "calves"),
        depth=10,
        regions={
            "waistband": ((-0.17, 1.04, -0.14), (0.17, 1.12, 0.14)),
            "fly": ((-0.02, 0.90, 0.05), (0.06, 1.06, 0.14)),
            "front-pockets": ((-0.20, 0.97, 0.0), (0.20, 1.07, 0.14)),
            "left-back-pocket": ((0.01, 0.84, -0.20), (0.18, 1.04, -0.02)),
            "right-back-pocket": ((-0.18, 0.84, -0.20), (-0.01, 1.04, -0.02)),
            "left-hem": ((0.02, 0.12, -0.14), (0.18, 0.22, 0.14)),
            "right-hem": ((-0.18, 0.12, -0.14), (-0.02, 0.22, 0.14)),
        },
        cloth="denim-mid",
    ),
    Entry(
        "trousers",
        "Tailored trousers",
        "테일러드 팬츠",
        ("trousers", "tailored", "pressed crease", "straight leg", "ankle length", "slant pockets", "wool", "formal"),
        covers=("waist", "hips", "thighs", "calves"),
        depth=10,
        regions={
            "waistband": ((-0.17, 1.04, -0.14), (0.17, 1.12, 0.14)),
            "fly": ((-0.02, 0.90, 0.05), (0.06, 1.06, 0.14)),
            "left-pocket": ((0.08, 0.88, 0.0), (0.22, 1.07, 0.14)),
            "right-pocket": ((-0.22, 0.88, 0.0), (-0.08, 1.07, 0.14)),
            "left-back-pocket": ((0.01, 0.94, -0.20), (0.18, 1.02, -0.02)),
            "right-back-pocket": ((-0.18, 0.94, -0.20), (-0.01, 1.02, -0.02)),
            "left-hem": ((0.01, 0.15, -0.14), (0.20, 0.23, 0.14)),
            "right-hem": ((-0.20, 0.15, -0.14), (-0.01, 0.23, 0.14)),
        },
        cloth="herringbone",
    ),
    Entry(
        "shorts",
        "Chino shorts",
        "치노 반바지",
        ("shorts", "chino", "twill", "above the knee", "slant pockets", "belt loops"),
        covers=("waist", "hips", "thighs"),
        depth=10,
        regions={
            "waistband": ((-0.17, 1.04, -0.14), (0.17, 1.12, 0.14)),
            "fly": ((-0.02, 0.90, 0.05), (0.06, 1.06, 0.14)),
            "left-pocket": ((0.08, 0.88, 0.0), (0.22, 1.07, 0.14)),
            "right-pocket": ((-0.22, 0.88, 0.0), (-0.08, 1.07, 0.14)),
            "left-back-pocket": ((0.01, 0.94, -0.20), (0.18, 1.02, -0.02)),
            "right-back-pocket": ((-0.18, 0.94, -0.20), (-0.01, 1.02, -0.02)),
            "left-hem": ((0.0, 0.65, -0.18), (0.22, 0.74, 0.14)),
            "right-hem": ((-0.22, 0.65, -0.18), (0.0, 0.74, 0.14)),
        },
        poses=STANDING,
        cloth="twill",
    ),
    Entry(
        "jumpsuit",
        "Sleeveless jumpsuit",
        "민소매 점프수트",
        ("jumpsuit", "sleeveless", "scoop neck", "wide leg", "ankle length", "slant pockets"),
        covers=("chest", "back", "waist", "hips", "thighs", "calves"),
        depth=20,
        regions={
            "neckline": ((-0.13, 1.34, -0.14), (0.13, 1.52, 0.13)),
            "waistband": ((-0.18, 1.03, -0.15), (0.18, 1.13, 0.15)),
            "left-pocket": ((0.08, 0.88, 0.0), (0.22, 1.07, 0.14)),
            "right-pocket": ((-0.22, 0.88, 0.0), (-0.08, 1.07, 0.14)),
            "left-hem": ((0.0, 0.15, -0.16), (0.22, 0.24, 0.16)),
            "right-hem": ((-0.22, 0.15, -0.16), (0.0, 0.24, 0.16)),
        },
        cloth="twill",
    ),
    Entry(
        "hat",
        "Felt fedora",
        "펠트 페도라",
        ("hat", "fedora", "brim", "felt", "ribbon", "headwear"),
        covers=("head",),
        depth=40,
        regions={
            "ribbon": ((-0.12, 1.63, -0.12), (0.12, 1.71, 0.14)),
            "bow": ((0.07, 1.63, -0.05), (0.11, 1.70, 0.09)),
            "crown": ((-0.10, 1.69, -0.11), (0.10, 1.80, 0.13)),
            "brim": ((-0.17, 1.61, 0.08), (0.17, 1.69, 0.19)),
        },
        cloth="wool-felt",
        follows="head",
    ),
    Entry(
        "sweater",
        "Cable-knit sweater",
        "케이블 니트 스웨터",
        ("top", "sweater", "jumper", "cable knit", "chunky", "wool", "crew neck", "rib", "long sleeve"),
        covers=("shoulders", "upper arms", "forearms", "chest", "back", "waist"),
        depth=20,
        regions={
            "collar": ((-0.12, 1.42, -0.12), (0.12, 1.57, 0.10)),
            "left-cuff": ((0.43, 0.88, -0.09), (0.56, 1.00, 0.06)),
            "right-cuff": ((-0.56, 0.88, -0.09), (-0.43, 1.00, 0.06)),
            "hem": ((-0.24, 0.86, -0.20), (0.24, 0.97, 0.20)),
        },
        cloth="cable-knit",
    ),
    Entry(
        "beanie",
        "Ribbed beanie",
        "골지 비니",
        ("hat", "beanie", "knit", "rib", "wool", "turned cuff", "headwear"),
        covers=("head",),
        depth=40,
        regions={
            "cuff": ((-0.12, 1.58, -0.12), (0.12, 1.73, 0.14)),
            "label": ((0.02, 1.65, 0.05), (0.09, 1.72, 0.14)),
            "crown": ((-0.10, 1.72, -0.11), (0.10, 1.82, 0.10)),
        },
        cloth="rib-knit",
        follows="head",
    ),
    Entry(
        "blouse",
        "Blouse with full sleeves",
        "벌룬 소매 블라우스",
        (
            "top",
            "blouse",
            "button-up",
            "round collar",
            "long sleeve",
            "full sleeves",
            "bishop sleeves",
            "crepe",
            "yoke",
        ),
        covers=("shoulders", "upper arms", "forearms", "chest", "back", "waist", "hips"),
        depth=20,
        regions={
            "collar": ((-0.13, 1.40, -0.12), (0.13, 1.57, 0.11)),
            "placket": ((-0.02, 0.86, 0.05), (0.02, 1.46, 0.18)),
            "left-cuff": ((0.44, 0.88, -0.09), (0.56, 1.01, 0.06)),
            "right-cuff": ((-0.56, 0.88, -0.09), (-0.44, 1.01, 0.06)),
            "hem": ((-0.24, 0.80, -0.20), (0.24, 0.94, 0.20)),
        },
        poses=STANDING,
        cloth="silk-satin",
    ),
    Entry(
        "polo",
        "Polo shirt",
        "폴로 셔츠",
        ("top", "polo", "polo shirt", "pique", "collar", "placket", "short sleeve", "rib cuffs", "tipped"),
        covers=("shoulders", "upper arms", "chest", "back", "waist", "hips"),
        depth=20,
        regions={
            "collar": ((-0.13, 1.40, -0.12), (0.13, 1.57, 0.11)),
            "placket": ((-0.02, 1.26, 0.03), (0.02, 1.45, 0.16)),
            "left-cuff": ((0.25, 1.19, -0.11), (0.36, 1.32, 0.08)),
            "right-cuff": ((-0.36, 1.19, -0.11), (-0.25, 1.32, 0.08)),
            "hem": ((-0.23, 0.84, -0.18), (0.23, 0.95, 0.18)),
        },
        cloth="pique",
    ),
    Entry(
        "scarf",
        "Wool scarf",
        "울 머플러",
        ("scarf", "muffler", "wool", "wound", "fringes", "accessory"),
        covers=("neck",),
        depth=40,
        regions={
            "neck": ((-0.16, 1.40, -0.20), (0.16, 1.60, 0.16)),
            "left-end": ((0.0, 0.94, 0.08), (0.18, 1.10, 0.22)),
            "right-end": ((-0.18, 0.89, 0.08), (0.0, 1.05, 0.22)),
        },
        poses=STANDING,
        cloth="tweed",
        layered=True,
        loose=True,
    ),
    Entry(
        "bomber",
        "Bomber jacket",
        "보머 재킷",
        ("jacket", "bomber", "flight jacket", "zip", "rib", "nylon", "sleeve pocket", "outerwear", "casual"),
        covers=("shoulders", "upper arms", "forearms", "chest", "back", "waist"),
        depth=30,
        regions={
            "collar": ((-0.13, 1.44, -0.13), (0.13, 1.60, 0.10)),
            "zip": ((-0.02, 0.88, 0.04), (0.02, 1.53, 0.20)),
            "left-pocket": ((0.10, 1.02, 0.02), (0.24, 1.20, 0.20)),
            "right-pocket": ((-0.24, 1.02, 0.02), (-0.10, 1.20, 0.20)),
            "sleeve-pocket": ((0.20, 1.16, -0.10), (0.40, 1.38, 0.06)),
            "left-cuff": ((0.43, 0.88, -0.09), (0.57, 1.00, 0.06)),
            "right-cuff": ((-0.57, 0.88, -0.09), (-0.43, 1.00, 0.06)),
            "hem": ((-0.24, 0.86, -0.20), (0.24, 0.99, 0.20)),
        },
        cloth="silk-satin",
    ),
    Entry(
        "tote-bag",
        "Canvas tote bag",
        "캔버스 토트백",
        ("bag", "tote", "canvas", "shoulder", "handles", "accessory"),
        covers=("shoulders",),
        depth=40,
        regions={
            "bag": ((0.12, 0.74, -0.23), (0.32, 1.16, 0.19)),
            "handles": ((0.08, 1.14, -0.16), (0.24, 1.50, 0.14)),
            "label": ((0.20, 0.82, -0.02), (0.32, 0.92, 0.12)),
        },
        poses=("a-pose", "t-pose"),
        cloth="oxford",
        follows="chest",
        layered=True,
    ),
)
