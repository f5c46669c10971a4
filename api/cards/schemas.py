"""What a card looks like on the wire: what clients send, what commands carry, what everybody reads."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from farm.jobs import Spec
from pipelines.card_outputs import Outputs

Rarity = Literal["common", "uncommon", "rare", "epic", "legendary"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Template = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
Number = Annotated[str, StringConstraints(min_length=1, max_length=32)]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
Whole = Annotated[int, Field(ge=-(2**53), le=2**53)]
Text = Annotated[str, StringConstraints(max_length=2000)]
Real = Annotated[float, Field(ge=-(2**53), le=2**53, allow_inf_nan=False)]
Value = Text | bool | Whole | Real
FoilName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
CardId = Annotated[str, StringConstraints(min_length=36, max_length=36)]

MAX_FIELDS = 64


def _few(fields: dict[str, Any]) -> dict[str, Any]:
    if len(fields) > MAX_FIELDS:
        msg = f"a card has at most {MAX_FIELDS} fields"
        raise ValueError(msg)
    return fields


Fields = Annotated[dict[Key, Value], AfterValidator(_few)]
FieldChanges = Annotated[dict[Key, Value | None], AfterValidator(_few)]


class NewCard(Spec):
    """A card to make. ``fields`` are what the template shows: texts, numbers, switches; "art" and "back" are
    pictures, "blob:" and the digest of one of your blobs, or an item of the catalogue. ``foil`` is a foil's name or
    "none"; left out, the template's own for that rarity is taken. What a template does not show is kept, and not
    printed.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "Fox",
                "template": "card-classic",
                "fields": {"hp": 60},
                "rarity": "rare",
                "foil": "cosmos",
            }
        }
    )

    name: Name
    template: Template
    fields: Fields = Field(default_factory=dict)
    rarity: Rarity = "common"
    number: Number | None = None
    foil: FoilName | None = None


class CardChanges(Spec):
    """A merge patch (RFC 7396): what is absent stays; a null in ``fields`` removes that field."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "Red fox", "fields": {"hp": 70, "note": None}}})

    name: Name | None = None
    template: Template | None = None
    fields: FieldChanges | None = None
    rarity: Rarity | None = None
    number: Number | None = None
    foil: FoilName | None = None

    @model_validator(mode="after")
    def _something(self) -> CardChanges:
        if not self.model_fields_set:
            msg = "name at least one thing to change"
            raise ValueError(msg)
        for name in self.model_fields_set - {"number", "foil"}:
            if getattr(self, name) is None:
                msg = f"{name} cannot be null: leave it out to keep it"
                raise ValueError(msg)
        return self


class Target(Spec):
    """Which card, and which of its versions the caller has seen (``If-Match``); None for any."""

    id: CardId
    versions: Annotated[tuple[int, ...], Field(strict=False)] | None = None


class UpdateCard(Target):
    """The command behind PATCH."""

    changes: CardChanges


class DeleteCard(Target):
    """The command behind DELETE."""


class Pictured(Spec):
    """The command behind a thumbnail: which job made the picture of a card. Changes nothing that a client sees."""

    id: CardId
    picture: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    job: CardId


class Renders(Spec):
    """What to make of a card, as the ``outputs`` of a job of kind "card"."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"outputs": ["still", {"kind": "tilt", "formats": ["mp4"]}, "model"]}}
    )

    outputs: Outputs
    priority: Annotated[int, Field(ge=-10, le=10)] = 0


class Card(msgspec.Struct, kw_only=True, frozen=True):
    """A card as it is read."""

    id: str
    name: str
    template: str
    fields: dict[str, Any]
    rarity: str
    number: str | None
    foil: str | None
    version: int
    created_at: datetime
    updated_at: datetime
