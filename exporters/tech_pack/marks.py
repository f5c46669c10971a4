"""What stands on a page, as data: laid out first, painted later, when the number of pages is known.

Points (1/72 inch) from the page's upper left corner, x right and y down. ``element`` is the mark's place in the
document's structure (:class:`Element`), -1 for what is repeated on every page and means nothing to a reader.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from assets.flat import Flat

MM: Final = 72 / 25.4
DECORATION: Final = -1


@dataclass(frozen=True, kw_only=True)
class Text:
    """One line; ``x`` is its left end, ``y`` its baseline."""

    x: float
    y: float
    text: str
    size: float
    bold: bool = False
    colour: str = "#000000"


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    wide: float
    high: float
    fill: str | None = None
    stroke: str | None = None
    width: float = 0.4


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """A line through points."""

    points: tuple[tuple[float, float], ...]
    width: float = 0.4
    colour: str = "#000000"
    dash: tuple[float, ...] = ()
    fill: str | None = None


@dataclass(frozen=True, kw_only=True)
class Disc:
    """A filled circle about ``x``, ``y``."""

    x: float
    y: float
    radius: float
    fill: str = "#ffffff"
    stroke: str = "#000000"
    width: float = 0.6


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawing:
    """A flat with its paper's middle at ``x``, ``y``, ``scale`` times as large; ``source`` is its hash."""

    x: float
    y: float
    flat: Flat
    source: str
    scale: float = 1.0
    colour: str = "#000000"

    def __repr__(self) -> str:
        return f"Drawing({self.x:.2f}, {self.y:.2f}, {self.flat.view}, {self.source}, {self.scale:.4f})"


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A picture by its key in the content; ``source`` is its hash."""

    x: float
    y: float
    wide: float
    high: float
    key: str
    source: str


Mark = Text | Box | Stroke | Disc | Drawing | Photo


@dataclass(kw_only=True)
class Element:
    """One node of the structure: a PDF ``role`` (H1, P, Table, TR, TH, TD, Figure, …) under its ``parent``."""

    role: str
    parent: int
    alt: str = ""
    kids: list[Any] = field(default_factory=list)


@dataclass(kw_only=True)
class Page:
    """One page. ``sources`` are the hashes of what it shows, by key, in the order of their showing."""

    section: str
    title: str
    marks: list[tuple[int, Mark]] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    first: bool = False


@dataclass(frozen=True, kw_only=True)
class Bookmark:
    """An entry of the outline: which page (from 0) and how deep."""

    title: str
    page: int
    depth: int = 0
