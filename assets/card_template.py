"""Templates of cards, as data: one JSON file a template under ``catalogue_data/cards``, and no code.

A template says how large the card is, what is drawn on its frame and its back, where art, texts and marks go, which
places ("slots") a foil may take, and what each rarity changes. :mod:`assets.card_face` draws it. This module draws
nothing, so that a card can be checked where no picture is ever made.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Final, Literal

from pydantic import Field as Setting
from pydantic import StringConstraints, model_validator

from assets.card import ArtLayer, CardDesign, FieldName, FoilUse
from assets.card_shapes import (
    Box,
    Colour,
    GroupShape,
    Key,
    Length,
    OutlineShape,
    Paint,
    Point,
    Shadow,
    Shape,
    Shapes,
    Stroke,
    TilePaint,
)
from assets.catalogue import DATA, ITEMS
from assets.design import Document, HexColour, ItemId, Ref
from assets.errors import CardError, CatalogueError
from assets.foil import Foil, customised

Rarity = Literal["common", "uncommon", "rare", "epic", "legendary"]
FontName = Literal["title", "title-light", "text", "text-bold", "label", "label-bold", "number"]
Points = Annotated[float, Setting(ge=2, le=200, allow_inf_nan=False)]
"""Typographic points, 1/72 inch."""

BUILT_IN: Final = frozenset({"all", "art", "frame", "title", "text", "figure"})
"""Masks that every template has; one may say itself what "title" is."""


class Art(Document):
    """Where the art goes: it fills the outline's bounds, and reaches up to ``margin_mm`` further where it lies deeper
    than the frame, so that there is something to see from the side. ``layers`` and ``frames`` are what a card without
    art, or without frames for its lenses, shows.
    """

    outline: Key
    margin_mm: Length = 2.0
    layers: Annotated[tuple[ArtLayer, ...], Setting(min_length=1, strict=False)]
    frames: Annotated[tuple[Ref, ...], Setting(min_length=2, strict=False)]


class Field(Document):
    """A text, a number or a mark of the card. It starts at ``size_pt`` and shrinks to ``min_pt`` where it has to; it
    takes at most ``lines`` lines, ``leading`` times the size apart. ``default`` is shown when the card gives nothing;
    "{name}" and "{rarity}" in it are the card's. ``halo`` is a line around the letters, for text over pictures.
    ``on`` are shapes drawn beneath the field only when it shows something; a field spreads over the boxes of those
    that it ``takes`` when all of them show nothing.
    """

    name: FieldName
    kind: Literal["text", "number", "mark"]
    box_mm: Box
    font: FontName = "text"
    size_pt: Points = 8.0
    min_pt: Points = 5.0
    align: Literal["left", "center", "right"] = "left"
    valign: Literal["top", "middle", "bottom"] = "middle"
    colour: Colour = "ink"
    lines: Annotated[int, Setting(ge=1, le=60)] = 1
    leading: Annotated[float, Setting(ge=0.8, le=3, allow_inf_nan=False)] = 1.3
    tracking: Annotated[float, Setting(ge=-0.2, le=1, allow_inf_nan=False)] = 0.0
    upper: bool = False
    slant: Annotated[float, Setting(ge=0, le=0.5, allow_inf_nan=False)] = 0.0
    halo: Stroke | None = None
    shadow: Shadow | None = None
    default: Annotated[str, StringConstraints(max_length=500)] = ""
    on: Shapes = ()
    takes: Annotated[tuple[FieldName, ...], Setting(max_length=8, strict=False)] = ()

    @model_validator(mode="after")
    def _shrinks(self) -> Field:
        if self.min_pt > self.size_pt:
            msg = "min_pt is larger than size_pt"
            raise ValueError(msg)
        return self


class Slot(Document):
    """A place for foil: a part of the front, the letters of some fields, or shapes; less what ``minus`` names. One
    that is ``on`` a field is there only when this shows something.
    """

    of: Literal["art", "frame", "text", "figure"] | None = None
    fields: Annotated[tuple[FieldName, ...], Setting(max_length=64, strict=False)] = ()
    shapes: Shapes = ()
    minus: Annotated[tuple[Key, ...], Setting(max_length=8, strict=False)] = ()
    on: FieldName | None = None

    @model_validator(mode="after")
    def _one(self) -> Slot:
        if sum((self.of is not None, bool(self.fields), bool(self.shapes))) != 1:
            msg = "give one of 'of', 'fields' and 'shapes'"
            raise ValueError(msg)
        return self


class RarityLook(Document):
    """What a rarity changes: colours of the palette, the mark that stands for it, and the foils it brings."""

    palette: dict[Key, HexColour] = Setting(default_factory=dict)
    mark: Key
    foils: Annotated[tuple[FoilUse, ...], Setting(max_length=4, strict=False)] = ()


class Back(Document):
    """The other side. It grows at ``grow_mm`` as the front does."""

    paper: Colour
    grow_mm: Point
    shapes: Shapes


class Template(Document):
    """A whole template. On a card of another size everything is scaled by what fits, and what room is left goes in at
    the lines ``grow_mm`` (x, y): what crosses them becomes longer, what lies beyond moves. Marks are drawn in a box
    of 1 by 1.
    """

    id: ItemId
    size_mm: Annotated[tuple[Length, Length], Setting(strict=False)]
    corner_radius_mm: Length
    thickness_mm: Length
    bleed_mm: Length
    safe_mm: Length
    grow_mm: Point
    paper: Colour
    palette: dict[Key, HexColour]
    paints: dict[Key, Paint] = Setting(default_factory=dict)
    outlines: dict[Key, Shape]
    art: Art
    frame: Shapes
    fields: Annotated[tuple[Field, ...], Setting(min_length=1, max_length=64, strict=False)]
    marks: Annotated[dict[Key, Shapes], Setting(max_length=64)] = Setting(default_factory=dict)
    slots: dict[Key, Slot] = Setting(default_factory=dict)
    rarities: dict[Rarity, RarityLook]
    back: Back

    @model_validator(mode="after")
    def _whole(self) -> Template:
        names = [field.name for field in self.fields]
        colours = {*self.palette, *self.paints}
        wrong = [
            *(f"field {name} is there twice" for name in set(names) if names.count(name) > 1),
            *(f"there is no outline {self.art.outline}" for _ in "1" if self.art.outline not in self.outlines),
            *(f"field {f.name}: no field {name}" for f in self.fields for name in f.takes if name not in names),
            *(
                f"slot {key}: no field {name}"
                for key, s in self.slots.items()
                for name in (*s.fields, *([s.on] if s.on else ()))
                if name not in names
            ),
            *(
                f"slot {key}: no mask {name}"
                for key, s in self.slots.items()
                for name in s.minus
                if name not in self.masks
            ),
            *(
                f"rarity {name}: no mark {look.mark}"
                for name, look in self.rarities.items()
                if look.mark not in self.marks
            ),
            *(f"{name} is a colour and a paint" for name in self.palette if name in self.paints),
            *(f"slot {key} has another meaning already" for key in self.slots if key in BUILT_IN - {"title"}),
            *(f"there is no colour {name}" for name in self._colours() if name[0] != "#" and name not in colours),
            *(f"there is no outline {name}" for name in self._outlines() if name not in self.outlines),
            *(
                f"outline {key} must be a shape"
                for key, shape in self.outlines.items()
                if shape.kind in {"outline", "group"}
            ),
            *(
                f"slot {key}: {name} is less something itself"
                for key, s in self.slots.items()
                for name in s.minus
                if name in self.slots and self.slots[name].minus
            ),
        ]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def _shapes(self) -> Iterator[Shape]:
        held = [*self.outlines.values(), *self.frame, *self.back.shapes]
        held += [shape for field in self.fields for shape in field.on]
        held += [shape for shapes in self.marks.values() for shape in shapes]
        held += [shape for slot in self.slots.values() for shape in slot.shapes]
        held += [shape for paint in self.paints.values() if isinstance(paint, TilePaint) for shape in paint.shapes]
        while held:
            shape = held.pop()
            yield shape
            if isinstance(shape, GroupShape):
                held += shape.shapes

    def _colours(self) -> set[str]:
        named = [self.paper, self.back.paper, *(field.colour for field in self.fields)]
        named += [
            stop for paint in self.paints.values() if not isinstance(paint, TilePaint) for _, stop in paint.stops
        ]
        for shape in self._shapes():
            named += [shape.fill] if shape.fill is not None else []
            named += [part.colour for part in (shape.stroke, shape.shadow) if part is not None]
        for field in self.fields:
            named += [part.colour for part in (field.halo, field.shadow) if part is not None]
        return {name.partition("@")[0] for name in named}

    def _outlines(self) -> set[str]:
        shapes = tuple(self._shapes())
        named = {shape.name for shape in shapes if isinstance(shape, OutlineShape)}
        return named | {shape.clip for shape in shapes if isinstance(shape, GroupShape) and shape.clip is not None}

    @property
    def masks(self) -> tuple[str, ...]:
        """Names of what a foil's mask may be, each also with "not-" before it."""
        return tuple(sorted(BUILT_IN | set(self.slots)))

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((field for field in self.fields if field.name == name), None)


def names() -> tuple[str, ...]:
    """The ids of all templates, in alphabetical order."""
    return tuple(sorted(key for key, item in ITEMS.items() if item.kind == "card-template"))


def template(template_id: str) -> Template:
    """The template of that id. Raises CardError ``card.unknown_template``, which names those that there are."""
    if template_id not in names():
        msg = f"there is no card template {template_id!r}; there are {', '.join(names())}"
        raise CardError(msg, code="card.unknown_template", path="card.template")
    return _read(template_id)


@cache
def _read(template_id: str) -> Template:
    return Template.model_validate_json((DATA / "cards" / f"{template_id}.json").read_bytes())


def completed(card: CardDesign) -> CardDesign:
    """The card with what its template brings where it gives nothing itself: art, foils of its rarity and, when a foil
    has lenses and the art is the template's too, frames.

    Raises CardError ``card.unknown_template``, CatalogueError of unknown foils.
    """
    layout = template(card.template)
    changes: dict[str, object] = {}
    uses = card.foils
    if uses is None:
        look = layout.rarities.get(card.rarity)
        uses = look.foils if look is not None else ()
        changes["foils"] = uses
    if not card.art:
        changes["art"] = layout.art.layers
        if not card.frames and any(_foil(use, place).lenses is not None for place, use in enumerate(uses)):
            changes["frames"] = layout.art.frames
    return card.model_copy(update=changes)


def check(card: CardDesign) -> None:
    """Refuses what can be told to be wrong without a picture: the template, names of fields, masks and marks, foils
    and their parameters, lenses without frames.

    Raises CardError ``card.unknown_template``, ``card.unknown_field``, ``card.unknown_mark``, ``card.unknown_slot``,
    ``card.needs_frames``; CatalogueError ``foil.unknown``, ``foil.unknown_parameter``, ``foil.bad_parameter``. Each
    error's path names the place.
    """
    layout = template(card.template)
    whole = completed(card)
    known = {field.name: field for field in layout.fields}
    for name, value in whole.fields.items():
        if name not in known:
            msg = f"{card.template} has no field {name!r}; it has {', '.join(known)}"
            raise CardError(msg, code="card.unknown_field", path=f"card.fields.{name}")
        if known[name].kind == "mark" and value != "" and value not in layout.marks:
            msg = f"{value!r} is no mark of {card.template}; it has {', '.join(sorted(layout.marks))}"
            raise CardError(msg, code="card.unknown_mark", path=f"card.fields.{name}")
    for place, use in enumerate(whole.foils or ()):
        foil = _foil(use, place)
        mask = foil.mask if use.mask is None else use.mask
        if isinstance(mask, str) and mask.removeprefix("not-") not in layout.masks:
            msg = (
                f"{card.template} has no place {mask!r} for a foil; it has {', '.join(layout.masks)}, "
                "and each with not- before it"
            )
            raise CardError(msg, code="card.unknown_slot", path=f"card.foils[{place}].mask")
        if foil.lenses is not None and len(whole.frames) < 2:
            msg = f"{use.foil} has lenses, which show frames: give two pictures or more in card.frames"
            raise CardError(msg, code="card.needs_frames", path="card.frames")


def foils(card: CardDesign) -> tuple[Foil, ...]:
    """The foils of a completed card with their parameters in place. Raises as :func:`check` does for foils."""
    return tuple(_foil(use, place) for place, use in enumerate(card.foils or ()))


def _foil(use: FoilUse, place: int) -> Foil:
    try:
        return customised(use.foil, use.parameters)
    except CatalogueError as error:
        where = f"card.foils[{place}]"
        if error.code == "foil.unknown":
            error.path = f"{where}.foil"
        else:
            error.path = f"{where}.parameters" + (f".{error.path}" if error.path else "")
        raise
