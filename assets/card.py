"""The card document: what a card community or a printer sends, as data.

A card is a template of the catalogue (geometry, frame, text fields, slots) filled with art and texts, a back, a
varnish, and foils on slots or masks. Lengths are millimetres from the top left corner of the trimmed card, x right,
y down. Strict and closed, as :mod:`assets.design`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from assets.design import AnyBackground, Degrees, Document, HexColour, ItemId, Name, Ref, TransparentBackground, Unit
from assets.foil import Seed

FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
FieldText = Annotated[str, StringConstraints(max_length=2000)]
Number = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]

MAX_FOILS = 4
MAX_FRAMES = 12
MAX_LAYERS = 5


class ArtLayer(Document):
    """One picture of the art. It fills the art's box; ``focus`` (shares of its width and height) is the point that
    stays in view where it is cropped, ``zoom`` enlarges it about that point. ``depth_mm`` is how far behind the
    frame it seems to lie as the card tilts (0: printed flat).
    """

    image: Ref
    focus: tuple[Unit, Unit] = (0.5, 0.5)
    zoom: Annotated[float, Field(ge=1, le=8, allow_inf_nan=False)] = 1.0
    depth_mm: Annotated[float, Field(ge=0, le=12, allow_inf_nan=False)] = 0.0


class Stock(Document):
    """The board: its size, corners, thickness, and the core that its edge shows (``core_line`` is the dark glue line
    in the middle of good stock). None takes what the template says.
    """

    width_mm: Annotated[float, Field(ge=20, le=300, allow_inf_nan=False)] | None = None
    height_mm: Annotated[float, Field(ge=20, le=300, allow_inf_nan=False)] | None = None
    corner_radius_mm: Annotated[float, Field(ge=0, le=20, allow_inf_nan=False)] | None = None
    thickness_mm: Annotated[float, Field(ge=0.1, le=5, allow_inf_nan=False)] | None = None
    core: HexColour = "#e6e2d8"
    core_line: HexColour | None = "#3c4a63"


class FoilUse(Document):
    """A foil on this card. ``mask`` is a slot of the template ("art", "frame", "title"), "all", "not-SLOT", or an
    image of the owner whose brightness times alpha is the mask, laid over the whole card. What is None is as the
    foil's file says. ``parameters`` replaces numbers of the foil by dotted name: {"grating.spacing_nm": 900}.
    """

    foil: ItemId
    mask: ItemId | Ref | None = None
    intensity: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    seed: Seed | None = None
    parameters: Annotated[dict[str, Any], Field(max_length=64)] = Field(default_factory=dict)


class Stand(Document):
    """The light: a photographer's card stand. ``turn`` moves the lamps about the card (degrees), ``exposure`` is in
    stops; ``shadow`` lets the card throw one on what is behind it.
    """

    preset: Literal["studio", "window", "spot"] = "studio"
    turn: Degrees = 0.0
    exposure: Annotated[float, Field(ge=-4, le=4, allow_inf_nan=False)] = 0.0
    shadow: bool = True


class CardDesign(Document):
    """A whole card. ``fields`` are the texts of the template's fields; ``frames`` are the pictures that lenses show
    one after the other (two at least), in the art's box. Where no foils are given (None) the template's for that
    rarity are taken; an empty list is a card without foil. :func:`assets.card_template.completed` fills in what the
    template brings.
    """

    name: Name = "card"
    template: ItemId = "card-classic"
    stock: Stock = Stock()
    art: Annotated[tuple[ArtLayer, ...], Field(max_length=MAX_LAYERS, strict=False)] = ()
    frames: Annotated[tuple[Ref, ...], Field(max_length=MAX_FRAMES, strict=False)] = ()
    fields: Annotated[dict[FieldName, FieldText | int | Number], Field(max_length=64)] = Field(default_factory=dict)
    rarity: Literal["common", "uncommon", "rare", "epic", "legendary"] = "common"
    back: Ref | None = None
    varnish: Literal["gloss", "satin", "matte"] = "gloss"
    foils: Annotated[tuple[FoilUse, ...], Field(max_length=MAX_FOILS, strict=False)] | None = None
    stand: Stand = Stand()
    background: AnyBackground = TransparentBackground(kind="transparent")

    @model_validator(mode="after")
    def _enough_frames(self) -> CardDesign:
        if len(self.frames) == 1:
            msg = "lenses need two frames or more"
            raise ValueError(msg)
        return self

    def refs(self) -> tuple[Ref, ...]:
        """Every reference to content, in document order, each once."""
        found = [layer.image for layer in self.art] + list(self.frames)
        found += [self.back] if self.back is not None else []
        found += [use.mask for use in self.foils or () if isinstance(use.mask, Ref)]
        return tuple(dict.fromkeys(found))
