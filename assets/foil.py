"""What a foil is made of, as data: one TOML file a foil under ``assets/foils``, and no code.

A foil is a thin reflecting sheet on (a part of) a card. Its parts are physical: the metal, a diffraction grating, a
thin film, a relief, flakes, lenses; its ``pattern`` says how they change over the sheet. Lengths are millimetres or
nanometres, as their names say; angles are degrees, counter-clockwise from the card's x axis (right).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints, ValidationError

from assets.design import Degrees, Document, HexColour, ItemId, Unit
from assets.errors import CatalogueError

FOLDER: Final = Path(__file__).resolve().parent / "foils"

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Strength = Annotated[float, Field(ge=0, le=4, allow_inf_nan=False)]
Millimetre = Annotated[float, Field(ge=0.01, le=100, allow_inf_nan=False)]
Nanometre = Annotated[float, Field(ge=50, le=20_000, allow_inf_nan=False)]
Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]

PatternKind = Literal[
    "even",  # the same everywhere
    "lines",  # parallel bands, each with a groove direction of its own
    "rays",  # sectors about the middle
    "crosshatch",  # rays and rings, crossing
    "cells",  # Voronoi shards, as cracked ice
    "bubbles",  # discs of many sizes with rings of grooves
    "stars",  # points and four-rayed stars in drifting dust
    "scales",  # a lattice of small shapes, as on reverse holo cards
    "flakes",  # glitter
    "flow",  # grooves along a smooth field
]


class Metal(Document):
    """The sheet itself: its ``colour`` (sRGB, reflected at normal incidence), how rough it is (0 mirror, 1 matt;
    GGX's alpha is its square), and ``strength``, a factor on what it reflects, gratings and flakes too.
    """

    colour: HexColour = "#e9ebee"
    roughness: Unit = 0.3
    strength: Strength = 1.0


class Grating(Document):
    """Grooves ``spacing_nm`` apart: light leaves where ``spacing * (sin in + sin out) = order * wavelength``
    (the grating equation), summed over ``orders`` on both sides. ``spread`` is how far, in degrees, the grooves'
    direction scatters: little of it makes a thin bright streak, much a broad band; ``cross`` the share (0..1) of a
    second grating at right angles. ``strength`` is a factor on the light that the grooves send.

    Wide grooves (2000 nm and more) put the orders close together, so that many rainbows lie side by side; narrow
    ones (under 900 nm) show one broad rainbow, and at few tilts.
    """

    spacing_nm: Nanometre = 1200.0
    orders: Annotated[int, Field(ge=1, le=4)] = 2
    strength: Strength = 1.0
    spread: Annotated[float, Field(ge=0.5, le=60, allow_inf_nan=False)] = 8.0
    cross: Unit = 0.0


class Film(Document):
    """A transparent film ``thickness_nm`` thick (``variation_nm`` more or less over the pattern) of index ``ior``.
    ``strength`` is how much of the film's tint the sheet takes; 1 is all of it.
    """

    thickness_nm: Annotated[float, Field(ge=50, le=2000, allow_inf_nan=False)] = 380.0
    variation_nm: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 0.0
    ior: Annotated[float, Field(ge=1.1, le=3, allow_inf_nan=False)] = 1.7
    strength: Strength = 1.0


class Flakes(Document):
    """Glitter: flat flakes ``size_mm`` wide, tilted at random by about ``tilt`` degrees (standard deviation), up to
    ``cover`` (0..1) of them in their places. ``strength`` is a factor on their light.

    The patterns "stars" and "cells" have flakes of their own (each star, each splinter is one): there ``tilt`` and
    ``strength`` alone count. With the pattern "flakes" the pattern's size and fill are these.
    """

    size_mm: Millimetre = 0.35
    tilt: Annotated[float, Field(ge=0.5, le=60, allow_inf_nan=False)] = 14.0
    cover: Unit = 0.7
    strength: Strength = 1.0


class Relief(Document):
    """Embossing, ``height_mm`` from lowest to highest: by the pattern, by the art's brightness ("art"), or raised
    where the foil's mask is ("mask").
    """

    height_mm: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.02
    source: Literal["pattern", "art", "mask"] = "pattern"


class Lenses(Document):
    """Cylinder lenses ``pitch_mm`` wide that show another of the card's frames every ``angle`` / frames degrees, and
    begin again after ``angle`` degrees.
    """

    pitch_mm: Millimetre = 0.42
    angle: Annotated[float, Field(ge=5, le=90, allow_inf_nan=False)] = 36.0
    upright: bool = False  # lenses run top to bottom: the frames change as the card turns left and right


class Pattern(Document):
    """How the foil changes over the card (``foil_*.glsl``).

    ``size_mm``: width of a bar, splinter, sign, of a typical disc; of a cell of rays and crosshatch 20 mm from the
    middle; length of the slow waves of an even sheet; a galaxy's faint stars are a third of it wide, its swirls five
    times as long. ``angle``: degrees that turn all of it. ``jitter``: 0 regular, 1 as irregular as it goes (borders,
    sizes, directions of grooves). ``contrast``: how much cells differ in brightness, 0 not at all. ``fill``: how much
    of the sheet the figures take, 0..1; between them the grating is ``ground`` (0..1) as strong.
    """

    kind: PatternKind = "even"
    size_mm: Millimetre = 4.0
    angle: Degrees = 0.0
    jitter: Unit = 0.5
    contrast: Unit = 0.3
    fill: Unit = 1.0
    ground: Unit = 1.0


class Hue(Document):
    """Which hues the foil may show: ``start`` and ``range`` in degrees of the colour circle (OkLCh); 360 is the
    spectrum as physics gives it, less is pressed into that range, which begins at ``start``.
    """

    start: Annotated[float, Field(ge=0, le=360, allow_inf_nan=False)] = 0.0
    range: Annotated[float, Field(ge=1, le=360, allow_inf_nan=False)] = 360.0


class Foil(Document):
    """One foil. ``mask`` is where it goes unless a card says otherwise: a slot of the template, "not-SLOT", or "all".
    A file that has no ``[metal]`` is a foil without metal.
    """

    id: ItemId
    name_en: Text
    name_ko: Text
    summary: Text
    mask: ItemId = "all"
    intensity: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] = 1.0
    seed: Seed = 1
    hue: Hue = Hue()
    pattern: Pattern = Pattern()
    metal: Metal | None = Metal()
    grating: Grating | None = None
    film: Film | None = None
    flakes: Flakes | None = None
    relief: Relief | None = None
    lenses: Lenses | None = None
    varnish: bool = False  # a raised clear gloss in place of metal (spot gloss)


def names() -> tuple[str, ...]:
    """The ids of all foils, in alphabetical order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


@cache
def foil(foil_id: str) -> Foil:
    """The foil of that id. Raises CatalogueError ``foil.unknown``."""
    path = FOLDER / f"{foil_id}.toml"
    if foil_id not in names():
        msg = f"there is no foil {foil_id!r}; there are {', '.join(names())}"
        raise CatalogueError(msg, code="foil.unknown")
    return Foil.model_validate({"id": foil_id, "metal": None, **tomllib.loads(path.read_text(encoding="utf-8"))})


def customised(foil_id: str, parameters: Mapping[str, Any]) -> Foil:
    """The foil with some of its parameters replaced, by dotted names such as "grating.spacing_nm" or, the same,
    by objects within objects: {"grating": {"spacing_nm": 900}}.

    Raises CatalogueError ``foil.unknown``, ``foil.unknown_parameter`` (it names those that there are) and
    ``foil.bad_parameter``.
    """
    base = foil(foil_id)
    document = base.model_dump(mode="json")
    known = _parameters(document)
    for name, value in _dotted(parameters):
        if name not in known:
            msg = f"{foil_id} has no parameter {name!r}; it has {', '.join(sorted(known))}"
            raise CatalogueError(msg, code="foil.unknown_parameter", path=name)
        *parts, last = name.split(".")
        place = document
        for part in parts:
            place = place[part]
        place[last] = value
    try:
        return Foil.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise CatalogueError(f"{foil_id}: {name}: {first['msg']}", code="foil.bad_parameter", path=name) from error


def _dotted(parameters: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names and values; what lies in an object has the object's name before its own. Deeper than a foil is, nothing
    is unfolded.
    """
    waiting: list[tuple[str, Any, int]] = [(name, value, 0) for name, value in parameters.items()]
    while waiting:
        name, value, depth = waiting.pop(0)
        if isinstance(value, Mapping) and value and depth < _DEPTH:
            waiting[:0] = [(f"{name}.{inner}", one, depth + 1) for inner, one in value.items()]
        else:
            yield name, value


_DEPTH: Final = 3
_FIXED: Final = frozenset({"id", "name_en", "name_ko", "summary", "mask", "intensity", "seed"})
"""What is the foil's own, or has a field of its own where a card names the foil."""


def _parameters(document: Mapping[str, Any], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in document.items():
        if not prefix and key in _FIXED:
            continue
        if isinstance(value, Mapping):
            found |= _parameters(value, f"{prefix}{key}.")
        elif value is not None:
            found.add(f"{prefix}{key}")
    return found
