"""The range of fabrics: how each is made, and what a bill of materials and a material say of it.

Weights are those of cloths that shops sell under these names, in grams for a square metre; compositions are per cent
of mass by the generic names of ISO 2076. ``repeat_mm`` is the side of the tile on the cloth: 1024 pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from assets.generators import (
    fabric_files,
    fabric_knits,
    fabric_naps,
    fabric_prints,
    fabric_skins,
    fabric_worked,
    fabric_wovens,
)
from assets.generators.fabric_swatch import SIZE, Swatch, even

WASH_30: Final = "machine wash 30 °C"
WASH_40: Final = "machine wash 40 °C"
GENTLE: Final = "gentle wash 30 °C"
HAND: Final = "hand wash cold"
DRY_CLEAN: Final = "dry clean"
NO_TUMBLE: Final = "do not tumble dry"
FLAT: Final = "dry flat"
COOL_IRON: Final = "iron at low heat"
IRON: Final = "iron at medium heat"
WIPE: Final = "wipe clean"
NO_IRON: Final = "do not iron"
INSIDE_OUT: Final = "wash inside out"


@dataclass(frozen=True, kw_only=True, eq=False)
class Recipe:
    """``make`` draws the swatch at a size; ``facts`` are what :func:`assets.fabric.from_facts` reads; ``quality`` is
    that of the normals' JPEG. ``reach`` is how wide a
    light or dark spot may be (share of the tile); 0 leaves all, for what is wide in a pattern is meant.
    """

    make: Callable[[int], Swatch]
    facts: Mapping[str, Any]
    quality: int = 28
    reach: float = 0.035


def _cloth(
    make: Callable[[int], Swatch], repeat_mm: float, weight_gsm: float, composition: dict[str, float],
    care: tuple[str, ...], quality: int = 28, reach: float = 0.035, **looks: Any,
) -> Recipe:  # fmt: skip
    facts = {
        "repeat_mm": repeat_mm, "weight_gsm": weight_gsm, "composition": composition, "care": list(care),
        "sheen_color": [0.0, 0.0, 0.0], "sheen_roughness": 0.0, **looks,
    }  # fmt: skip
    return Recipe(make=make, facts=MappingProxyType(facts), quality=quality, reach=reach)


def _fuzz(red: float, green: float, blue: float, roughness: float) -> dict[str, Any]:
    return {"sheen_color": [red, green, blue], "sheen_roughness": roughness}


RANGE: Final[Mapping[str, Recipe]] = MappingProxyType(
    {
        "jersey": _cloth(
            fabric_knits.jersey, 30, 160, {"cotton": 100}, (WASH_40, IRON), **_fuzz(0.05, 0.05, 0.05, 0.45)
        ),
        "denim": _cloth(fabric_wovens.denim_raw, 42, 460, {"cotton": 100}, (INSIDE_OUT, WASH_30, IRON)),
        "linen": _cloth(
            fabric_wovens.linen, 50, 190, {"linen": 100}, (WASH_40, IRON), **_fuzz(0.03, 0.03, 0.028, 0.6)
        ),
        "houndstooth": _cloth(
            fabric_wovens.houndstooth, 120, 330, {"wool": 100}, (DRY_CLEAN, COOL_IRON), reach=0.0,
            **_fuzz(0.05, 0.05, 0.05, 0.5)
        ),
        "poplin": _cloth(fabric_wovens.poplin, 30, 115, {"cotton": 100}, (WASH_40, IRON)),
        "oxford": _cloth(fabric_wovens.oxford, 34, 150, {"cotton": 100}, (WASH_40, IRON)),
        "twill": _cloth(
            fabric_wovens.chino, 32, 260, {"cotton": 98, "elastane": 2}, (WASH_30, IRON),
            **_fuzz(0.03, 0.026, 0.02, 0.5),
        ),
        "silk-satin": _cloth(
            fabric_wovens.satin, 24, 86, {"silk": 100}, (DRY_CLEAN, COOL_IRON), anisotropy=0.7, ior=2.8, quality=40
        ),
        "wool-felt": _cloth(
            fabric_naps.felt, 70, 420, {"wool": 100}, (DRY_CLEAN, COOL_IRON), **_fuzz(0.06, 0.06, 0.06, 0.6)
        ),
        "tweed": _cloth(
            fabric_wovens.tweed, 90, 400, {"wool": 100}, (DRY_CLEAN, COOL_IRON), **_fuzz(0.04, 0.035, 0.03, 0.5)
        ),
        "rib-knit": _cloth(
            fabric_knits.rib, 48, 330, {"wool": 100}, (HAND, FLAT), reach=0.0, **_fuzz(0.06, 0.06, 0.06, 0.5)
        ),
        "cable-knit": _cloth(
            fabric_knits.cable, 126, 620, {"wool": 100}, (HAND, FLAT), reach=0.0, **_fuzz(0.05, 0.05, 0.05, 0.5)
        ),
        "leather": _cloth(fabric_skins.leather, 55, 760, {"leather": 100}, (WIPE, NO_IRON)),
        "pique": _cloth(
            fabric_knits.pique, 32, 220, {"cotton": 100}, (WASH_40, IRON), **_fuzz(0.03, 0.035, 0.03, 0.5)
        ),
        "denim-mid": _cloth(fabric_wovens.denim_mid, 42, 420, {"cotton": 100}, (INSIDE_OUT, WASH_30, IRON)),
        "denim-light": _cloth(
            fabric_wovens.denim_light, 42, 390, {"cotton": 99, "elastane": 1}, (INSIDE_OUT, WASH_30, IRON)
        ),
        "corduroy": _cloth(
            fabric_naps.corduroy, 50, 340, {"cotton": 100}, (INSIDE_OUT, WASH_30, NO_TUMBLE), reach=0.0,
            **_fuzz(0.10, 0.07, 0.04, 0.4),
        ),
        "chiffon": _cloth(
            fabric_wovens.chiffon, 26, 48, {"polyester": 100}, (HAND, COOL_IRON), alpha_mode="BLEND",
            translucency=0.3, translucency_color=[0.93, 0.68, 0.70],
        ),
        "velvet": _cloth(
            fabric_naps.velvet, 50, 310, {"viscose": 82, "silk": 18}, (DRY_CLEAN, NO_IRON), reach=0.1,
            **_fuzz(0.80, 0.25, 0.33, 0.30),
        ),
        "herringbone": _cloth(
            fabric_wovens.herringbone, 76, 310, {"wool": 100}, (DRY_CLEAN, COOL_IRON), **_fuzz(0.03, 0.03, 0.03, 0.5)
        ),
        "fleece": _cloth(
            fabric_naps.fleece, 64, 280, {"polyester": 100}, (WASH_30, NO_IRON), **_fuzz(0.12, 0.12, 0.11, 0.6)
        ),
        "suede": _cloth(
            fabric_naps.suede, 60, 620, {"leather": 100}, (WIPE, NO_IRON), reach=0.1, **_fuzz(0.16, 0.11, 0.07, 0.5)
        ),
        "vinyl": _cloth(
            fabric_skins.vinyl, 80, 430, {"polyurethane": 70, "polyester": 30}, (WIPE, NO_IRON), reach=0.0,
            clearcoat=1.0, clearcoat_roughness=0.04, quality=60,
        ),
        "quilted-nylon": _cloth(
            fabric_worked.quilted, 100, 210, {"polyamide": 58, "polyester": 42}, (GENTLE, NO_IRON), reach=0.0,
            quality=50,
        ),
        "sequins": _cloth(
            fabric_worked.sequins, 60, 380, {"polyester": 100}, (HAND, NO_IRON), reach=0.0, quality=40
        ),
        "lace": _cloth(
            fabric_worked.lace, 80, 110, {"cotton": 55, "polyamide": 45}, (HAND, FLAT), reach=0.0,
            alpha_mode="BLEND",
        ),
        "striped-poplin": _cloth(
            fabric_prints.stripes, 27.3, 118, {"cotton": 100}, (WASH_40, IRON), reach=0.0
        ),
        "gingham": _cloth(fabric_prints.gingham, 27.3, 120, {"cotton": 100}, (WASH_40, IRON), reach=0.0),
        "polka-dots": _cloth(fabric_prints.polka_dots, 29.1, 118, {"cotton": 100}, (WASH_40, IRON), reach=0.0),
        "camouflage": _cloth(
            fabric_prints.camouflage, 360, 230, {"cotton": 65, "polyester": 35}, (WASH_40, IRON), reach=0.0,
            quality=50,
        ),
        "tie-dye": _cloth(
            fabric_prints.tie_dye, 420, 165, {"cotton": 100}, (WASH_30, IRON), reach=0.0, quality=50
        ),
    }
)  # fmt: skip


def files(name: str, size: int = SIZE) -> dict[str, bytes]:
    """The baked files of one fabric of the range, by their names under the catalogue's data."""
    recipe = RANGE[name]
    swatch = recipe.make(size)
    return fabric_files.files(
        name, even(swatch, recipe.reach) if recipe.reach else swatch, recipe.facts, quality=recipe.quality
    )
