"""What an owner says of an own item: a model that was uploaded, under a name that designs may use."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from assets.catalogue import OWN
from assets.design import Digest, ItemId
from farm.jobs import Spec

OWN_ID = rf"^{OWN}[a-z0-9][a-z0-9-]{{0,60}}$"
OwnId = Annotated[str, StringConstraints(pattern=OWN_ID)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]
Words = Annotated[tuple[Word, ...], Field(max_length=32, strict=False)]
Items = Annotated[tuple[ItemId, ...], Field(max_length=32, strict=False)]


class WornSpec(Spec):
    """How a garment is worn. What is said here is held to: a design that puts it on an avatar outside ``figures``, in
    a pose outside ``poses``, or under what its ``depth`` belongs over, is refused. What is left out is not looked at.
    """

    covers: Words = ()
    depth: Annotated[int, Field(ge=0, le=100)] = 0
    figures: Items = ()
    poses: Words = ()
    cloth: Annotated[str, StringConstraints(max_length=64)] = ""


class NewItem(Spec):
    """A model of the owner's as an item of the catalogue. ``blob`` is an uploaded GLB or glTF; ``id`` begins with
    "my-", so that it is never one of ours. ``name_ko`` left out is ``name_en``. ``licence`` is an SPDX expression.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "my-duffle-coat",
                "kind": "garment",
                "blob": "0" * 64,
                "name_en": "Duffle coat",
                "name_ko": "더플코트",
                "tags": ["coat", "outerwear", "wool"],
                "worn": {
                    "covers": ["shoulders", "upper arms", "chest", "back", "waist", "hips"],
                    "depth": 30,
                    "figures": ["mannequin-female"],
                },
            }
        }
    )

    id: OwnId
    kind: Literal["avatar", "garment", "stage"]
    blob: Digest
    name_en: Name
    name_ko: Name | None = None
    tags: Words = ()
    licence: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "LicenseRef-proprietary"
    size: Annotated[str, StringConstraints(max_length=16)] = ""
    worn: WornSpec | None = None


class GoneItem(Spec):
    """The command behind DELETE."""

    id: OwnId
