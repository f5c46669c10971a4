"""A tech pack as data: what a factory needs to know of a design, beyond how it looks.

Everything may be left out: points of measure, fabrics and colours are then found in the design itself. Texts may be
given once or in both languages; markup in them is text. Lengths are centimetres, whatever the pack is printed in.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from assets.design import Document, HexColour, ItemId, LayerId, Ref
from assets.measure_ways import AnyWay, LengthWay, Place
from assets.tech_pack_stitches import STITCHES

Short = Annotated[str, StringConstraints(min_length=1, max_length=400)]
Long = Annotated[str, StringConstraints(max_length=8000)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=12)]
Size = Annotated[str, StringConstraints(min_length=1, max_length=16)]
Cm = Annotated[float, Field(ge=0, le=2000, allow_inf_nan=False)]
Change = Annotated[float, Field(ge=-200, le=200, allow_inf_nan=False)]
Language = Literal["en", "ko"]
Units = Literal["metric", "imperial"]
Font = Literal["gothic", "barun-gothic", "square", "myeongjo"]
Section = Literal[
    "cover",
    "flats",
    "colour",
    "layers",
    "measures",
    "materials",
    "colourways",
    "construction",
    "labels",
    "fit",
    "notes",
    "fields",
    "revisions",
]
SECTIONS: Final[tuple[Section, ...]] = (
    "cover",
    "flats",
    "colour",
    "layers",
    "measures",
    "materials",
    "colourways",
    "construction",
    "labels",
    "fit",
    "notes",
    "fields",
    "revisions",
)
"""The pages of a pack in their usual order."""
MOST_ROWS: Final = 500
MOST_WAYS: Final = 100
"""Lengths over the surface: each is a search over the whole mesh."""


class Both(Document):
    """A text in both languages."""

    en: Short
    ko: Short


Words = Short | Both
"""A text, or the same text in both languages."""


def said(words: Words | None, language: Language) -> str:
    """The text in a language; "" for none."""
    if words is None:
        return ""
    return words if isinstance(words, str) else getattr(words, language)


class Grade(Document):
    """How a measure changes from size to size: ``step_cm`` each, or ``between``: one change for each pair of
    neighbours, the smallest first. With ``of_girth`` the rule is written for the whole girth, and a half measure gets
    half of it.
    """

    step_cm: Change = 0.0
    between: Annotated[tuple[Change, ...], Field(max_length=23, strict=False)] | None = None
    of_girth: bool = False


class PointOfMeasure(Document):
    """One line of the measurement table. Its value in the base size is ``cm``, or is measured on the mesh the way
    that ``way`` says, on ``layer`` or on the whole. A ``half`` measure is taken flat: half of what goes around is
    measured, and ``cm`` is that half. ``tolerance_cm`` is allowed either way.
    """

    code: Code
    name: Words
    how: Words | None = None
    cm: Cm | None = None
    way: AnyWay | None = None
    layer: LayerId | None = None
    half: bool = False
    tolerance_cm: Cm = 0.5
    grade: Grade = Grade()

    @model_validator(mode="after")
    def _valued(self) -> PointOfMeasure:
        if self.cm is None and self.way is None:
            msg = f"point {self.code!r} needs a value: give 'cm', or a 'way' to measure it"
            raise ValueError(msg)
        return self


class BillLine(Document):
    """One material. ``fabric`` names one of the catalogue, whose facts fill what is left out. Its usage is ``usage``
    in ``unit``, or is computed: ``area_m2`` (or the area of ``layer``'s cloth) and ``waste`` (0.15 is 15 per cent)
    over a cloth ``width_cm`` wide.
    """

    part: Literal["fabric", "lining", "interlining", "trim", "thread", "label", "packaging", "other"] = "fabric"
    name: Words
    fabric: ItemId | None = None
    layer: LayerId | None = None
    placement: Words | None = None
    supplier: Short | None = None
    reference: Short | None = None
    composition: Words | None = None
    weight_gsm: Annotated[float, Field(gt=0, le=5000, allow_inf_nan=False)] | None = None
    width_cm: Annotated[float, Field(ge=1, le=1000, allow_inf_nan=False)] | None = None
    area_m2: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] | None = None
    waste: Annotated[float, Field(ge=0, le=3, allow_inf_nan=False)] = 0.15
    usage: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = None
    unit: Literal["m", "m2", "piece", "g", "set"] = "piece"
    colour: HexColour | None = None
    note: Words | None = None


class Swatch(Document):
    """The colour of one part, with the studio's own name or reference ("PANTONE 19-1664 TCX")."""

    part: Words
    hex: HexColour
    reference: Short | None = None


class Colourway(Document):
    """One combination of colours."""

    name: Words
    code: Code | None = None
    swatches: Annotated[tuple[Swatch, ...], Field(min_length=1, max_length=64, strict=False)]


class Operation(Document):
    """One step of sewing: where, what, with which stitch (ISO 4915) and seam (ISO 4916)."""

    place: Words
    what: Words
    stitch: Annotated[str, StringConstraints(pattern=r"^[1-6][0-9]{2}$")] | None = None
    seam: Annotated[str, StringConstraints(max_length=24)] | None = None
    per_cm: Annotated[float, Field(gt=0, le=20, allow_inf_nan=False)] | None = None
    allowance_cm: Cm | None = None
    thread: Short | None = None
    note: Words | None = None
    layer: LayerId | None = None

    @model_validator(mode="after")
    def _known(self) -> Operation:
        if self.stitch is not None and self.stitch not in STITCHES:
            msg = f"there is no stitch {self.stitch} in ISO 4915; known are {', '.join(STITCHES)}"
            raise ValueError(msg)
        return self


class Callout(Document):
    """A number on the flats with a line to a ``place``, and what it says. One of a ``layer`` stands on the drawing of
    that layer alone, and nothing hides its place.
    """

    place: Place
    text: Words
    layer: LayerId | None = None
    views: Annotated[
        tuple[Literal["front", "back", "left"], ...], Field(min_length=1, max_length=3, strict=False)
    ] = ("front",)


class Label(Document):
    """A label, tag, or part of the packaging."""

    name: Words
    kind: Literal["label", "care", "tag", "packaging"] = "label"
    placement: Words | None = None
    size: Short | None = None
    material: Words | None = None
    text: Words | None = None
    quantity: Annotated[int, Field(ge=0, le=100_000)] = 1


class FitNote(Document):
    """What a fitting found, and what is to be done."""

    date: Short | None = None
    sample: Short | None = None
    finding: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    action: Annotated[str, StringConstraints(max_length=4000)] = ""
    points: Annotated[tuple[Code, ...], Field(max_length=32, strict=False)] = ()


class Revision(Document):
    """One line of the history."""

    revision: Code
    date: Short
    by: Short | None = None
    what: Annotated[str, StringConstraints(min_length=1, max_length=4000)]


class OwnField(Document):
    """A field of the studio's own."""

    name: Words
    value: Annotated[str, StringConstraints(max_length=4000)]


class Since(Document):
    """The pack that the factory has: its ``revision``, and the ``sources`` of its manifest. Pages that show something
    else now are marked.
    """

    revision: Code
    sources: Annotated[
        dict[
            Annotated[str, StringConstraints(max_length=120)],
            Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")],
        ],
        Field(max_length=8000),
    ]


class Brand(Document):
    """How the pack looks: a ``logo`` (an uploaded image), colours, a font, which ``pages`` come in which order."""

    name: Short | None = None
    logo: Ref | None = None
    colour: HexColour = "#1d2a44"
    accent: HexColour = "#c8102e"
    font: Font = "gothic"
    pages: Annotated[tuple[Section, ...], Field(min_length=1, max_length=13, strict=False)] = SECTIONS
    footer: Words | None = None

    @model_validator(mode="after")
    def _once(self) -> Brand:
        if len(set(self.pages)) != len(self.pages):
            msg = "name each of 'pages' once"
            raise ValueError(msg)
        if self.logo is not None and self.logo.blob is None:
            msg = "the logo is an uploaded image: give its 'blob'"
            raise ValueError(msg)
        return self


class TechPack(Document):
    """The whole document. ``sizes`` that are left out are those of the catalogue's figure that wears the design, and
    "M" alone without one; the ``base`` is the size that was measured: the figure's own, else the middle one.
    """

    style: Short | None = None
    season: Short | None = None
    date: Short | None = None
    revision: Code | None = None
    designer: Short | None = None
    factory: Short | None = None
    category: Words | None = None
    sizes: Annotated[tuple[Size, ...], Field(min_length=1, max_length=24, strict=False)] | None = None
    base: Size | None = None
    points: Annotated[tuple[PointOfMeasure, ...], Field(max_length=MOST_ROWS, strict=False)] = ()
    materials: Annotated[tuple[BillLine, ...], Field(max_length=MOST_ROWS, strict=False)] = ()
    colourways: Annotated[tuple[Colourway, ...], Field(max_length=64, strict=False)] = ()
    construction: Annotated[tuple[Operation, ...], Field(max_length=MOST_ROWS, strict=False)] = ()
    callouts: Annotated[tuple[Callout, ...], Field(max_length=60, strict=False)] = ()
    labels: Annotated[tuple[Label, ...], Field(max_length=MOST_ROWS, strict=False)] = ()
    fit_notes: Annotated[tuple[FitNote, ...], Field(max_length=MOST_ROWS, strict=False)] = ()
    revisions: Annotated[tuple[Revision, ...], Field(max_length=MOST_ROWS, strict=False)] = ()
    notes: Long = ""
    fields: Annotated[tuple[OwnField, ...], Field(max_length=100, strict=False)] = ()
    brand: Brand = Brand()
    since: Since | None = None

    @model_validator(mode="after")
    def _together(self) -> TechPack:
        if len(set(self.all_sizes)) != len(self.all_sizes):
            raise ValueError("name each size once")
        if self.base is not None and self.sizes is not None and self.base not in self.sizes:
            msg = f"the base size {self.base!r} is not one of 'sizes' ({', '.join(self.sizes)})"
            raise ValueError(msg)
        codes = [point.code for point in self.points]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            msg = f"each point of measure needs a code of its own; repeated: {', '.join(twice[:10])}"
            raise ValueError(msg)
        ways = [point for point in self.points if isinstance(point.way, LengthWay) and point.way.along == "surface"]
        if len(ways) > MOST_WAYS:
            msg = (
                f"{len(ways)} points are lengths over the surface; measure at most {MOST_WAYS} so, give others in cm"
            )
            raise ValueError(msg)
        for number, point in enumerate(self.points):
            between = point.grade.between
            if between is not None and len(between) != len(self.all_sizes) - 1:
                msg = (
                    f"points[{number}].grade.between has {len(between)} changes for {len(self.all_sizes)} sizes: "
                    f"name the 'sizes', and give one change from each to the next"
                )
                raise ValueError(msg)
        return self

    @property
    def all_sizes(self) -> tuple[str, ...]:
        """The sizes, one at least."""
        return self.sizes or (self.base or "M",)

    @property
    def base_size(self) -> str:
        """The size that the values are for: the middle one, unless it is said."""
        return self.base if self.base is not None else self.all_sizes[len(self.all_sizes) // 2]
