"""The outfits of the catalogue: whole looks from its garments, as data. Nothing is read here."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from assets.errors import CatalogueError


class Piece(NamedTuple):
    """A garment of a look; ``fabric`` and ``colour`` ("#rrggbb") take the place of its own where they are given."""

    item: str
    fabric: str = ""
    colour: str = ""

    @property
    def layer(self) -> dict[str, Any]:
        """The layer of a design document that wears it."""
        found: dict[str, Any] = {"id": self.item, "model": {"item": self.item}}
        material: dict[str, Any] = {"texture": {"item": self.fabric}} if self.fabric else {}
        if self.colour:
            material["colour"] = self.colour
        return {**found, "material": material} if material else found


class Entry(NamedTuple):
    """One look: the avatar that shows it (in any of its sizes) and its pieces from the inside out. ``pose`` and
    ``finish`` are the avatar's; "" for how it comes.
    """

    id: str
    name_en: str
    name_ko: str
    tags: tuple[str, ...]
    figure: str
    pieces: tuple[Piece, ...]
    pose: str = ""
    finish: str = ""
    studio: str = "softbox"

    @property
    def design(self) -> dict[str, Any]:
        """The look as a design document (:class:`assets.design.Design`), ready for JSON."""
        avatar: dict[str, Any] = {"model": {"item": self.figure}}
        if self.pose:
            avatar["pose"] = {"animation": self.pose}
        if self.finish:
            avatar["material"] = {"variant": self.finish}
        return {
            "name": self.name_en,
            "avatar": avatar,
            "layers": [piece.layer for piece in self.pieces],
            "canvas": {"lighting": {"studio": self.studio}},
        }

    @property
    def fabrics(self) -> tuple[str, ...]:
        """The fabrics that its pieces are given, each once."""
        return tuple(dict.fromkeys(piece.fabric for piece in self.pieces if piece.fabric))


OUTFITS: Final = (
    Entry(
        "outfit-atelier",
        "Atelier: T-shirt and denim skirt",
        "아틀리에: 티셔츠와 데님 스커트",
        ("outfit", "women", "dress form", "casual"),
        figure="dress-form",
        pieces=(Piece("skirt", "denim"), Piece("tshirt", "jersey")),
    ),
    Entry(
        "outfit-evening",
        "Evening: satin dress",
        "이브닝: 새틴 원피스",
        ("outfit", "women", "evening", "formal"),
        figure="mannequin-female",
        pieces=(Piece("dress", "silk-satin"),),
        pose="hands-on-hips",
    ),
)


def design(outfit: str) -> dict[str, Any]:
    """An outfit's design document. Raises CatalogueError ``catalogue.unknown_item``."""
    found = next((look for look in OUTFITS if look.id == outfit), None)
    if found is None:
        msg = f"the catalogue has no outfit {outfit!r}; it has {', '.join(look.id for look in OUTFITS)}"
        raise CatalogueError(msg)
    return found.design
