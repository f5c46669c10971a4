"""The mannequins of the catalogue: ids, names and sizes. Nothing is read here."""

from __future__ import annotations

from typing import Final, NamedTuple

BODY: Final = "models/mannequin-body.npz"
SIZES: Final = ("XS", "S", "M", "L", "XL")
BASE: Final = "M"


class Entry(NamedTuple):
    """One figure. Of its sizes the middle one goes by the figure's own id, the others by ``id-xs`` to ``id-xl``."""

    id: str
    name_en: str
    name_ko: str
    tags: tuple[str, ...]
    sizes: tuple[str, ...] = SIZES
    base: str = BASE
    body: str = BODY

    @property
    def files(self) -> tuple[str, ...]:
        """The figure's own file and the one it shares with others, relative to the catalogue's data."""
        return (f"models/{self.id}.npz", self.body)

    def item_id(self, size: str) -> str:
        """The catalogue's id of the figure in a size."""
        return self.id if size == self.base else f"{self.id}-{size.lower()}"


MANNEQUINS: Final = (
    Entry("mannequin-female", "Mannequin, female", "여성 마네킹", ("mannequin", "female", "abstract", "poseable")),
    Entry("mannequin-male", "Mannequin, male", "남성 마네킹", ("mannequin", "male", "abstract", "poseable")),
    Entry("mannequin-neutral", "Mannequin, neutral", "중성 마네킹", ("mannequin", "neutral", "abstract", "poseable")),
    Entry(
        "mannequin-child",
        "Mannequin, child",
        "아동 마네킹",
        ("mannequin", "child", "abstract", "poseable"),
        sizes=("122",),
        base="122",
        body="models/mannequin-body-child.npz",
    ),
)


_FIGURES: Final = {one.item_id(size): one for one in MANNEQUINS for size in one.sizes}


def figure(item_id: str) -> Entry | None:
    """The figure that the item is a size of; None for what is no mannequin."""
    return _FIGURES.get(item_id)
