"""What an entry of the catalogue says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from assets import catalogue_garments

Corner = catalogue_garments.Corner
Kind = Literal["avatar", "garment", "fabric", "studio", "stage", "card-template", "card-art"]
LICENCE: Final = "CC0-1.0"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One entry. ``files`` are its baked files, relative to :data:`assets.catalogue.DATA`.

    ``uv_metres`` is metres on the cloth per UV unit (garments; 0 elsewhere). ``covers`` names the body regions
    that a garment hides, ``depth`` how far out it is worn: 10 next to the skin, 20 over that, 30 outerwear.
    ``regions`` are its details, lowest and highest corner in metres (:mod:`assets.regions`); left is the wearer's.
    ``size`` is a mannequin's, "" of everything else. A garment's ``draped_on`` to ``level_feet`` are those of
    :class:`assets.catalogue_garments.Entry`.
    """

    id: str
    kind: Kind
    name_en: str
    name_ko: str
    tags: tuple[str, ...]
    files: tuple[str, ...] = ()
    licence: str = LICENCE
    uv_metres: float = 0.0
    covers: tuple[str, ...] = ()
    depth: int = 0
    regions: Mapping[str, tuple[Corner, Corner]] = field(default_factory=dict)
    size: str = ""
    draped_on: str = ""
    figures: tuple[str, ...] = ()
    poses: tuple[str, ...] = ()
    cloth: str = ""
    level_feet: bool = False
