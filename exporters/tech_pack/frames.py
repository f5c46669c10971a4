"""A flat in its frame on a page: its name, scale and hash, and codes in small discs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from exporters.tech_pack.content import PackContent, Seen
from exporters.tech_pack.marks import MM, Disc, Drawing, Text
from exporters.tech_pack.sheet import GREY, INK, Sheet
from exporters.tech_pack.words import word

CAPTION: Final = 6 * MM
GAP: Final = 5 * MM
BALLOON: Final = 2.5 * MM
RIM: Final = (7.5 * MM, 4 * MM)
_ENLARGED: Final = 1.8  # where no scale is told: a drawing for dimension lines may fill its frame

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A box on the page and the flat in its middle."""

    x: float
    y: float
    wide: float
    high: float
    seen: Seen
    most: float = 1.0

    @property
    def scale(self) -> float:
        """As it was drawn, or smaller where the box is; larger, up to ``most``, where there is room for it."""
        points = (
            np.concatenate([line.points for line in self.seen.flat.lines])
            if self.seen.flat.lines
            else np.zeros((1, 2))
        )
        size = np.maximum(np.abs(points - self._paper).max(axis=0) * 2 * MM, 1.0)
        return float(min(self.most, self.wide / size[0], self.high / size[1]))

    @property
    def corners(self) -> tuple[Array, Array]:
        """The drawing's upper left and lower right corner on the page."""
        lines = self.seen.flat.lines
        points = np.concatenate([line.points for line in lines]) if lines else self._paper[None]
        spots = (points - self._paper) * MM * self.scale + [self.x + self.wide / 2, self.y + self.high / 2]
        return np.asarray(spots.min(axis=0)), np.asarray(spots.max(axis=0))

    @property
    def _paper(self) -> Array:
        return np.array([self.seen.flat.width_mm, self.seen.flat.height_mm]) / 2

    def at(self, points: Array) -> Array:
        """World points float64[n, 3] on the page."""
        mm = self.seen.projection.on(self.seen.flat, points) - self._paper
        return np.asarray(mm * MM * self.scale + [self.x + self.wide / 2, self.y + self.high / 2])


def framed(
    seen: Seen, x: float, y: float, wide: float, high: float, *, rim: tuple[float, float] = RIM, most: float = 1.0
) -> Frame:
    """The frame of a flat in a box on the page, without its rim and the room for its caption."""
    inner = wide - 2 * rim[0], high - CAPTION - 2 * rim[1]
    return Frame(x=x + rim[0], y=y + rim[1], wide=inner[0], high=inner[1], seen=seen, most=most)


def place(
    sheet: Sheet,
    content: PackContent,
    view: str,
    drawn: tuple[str, Seen],
    x: float,
    wide: float,
    high: float,
    *,
    colour: str = "#000000",
    rim: tuple[float, float] = RIM,
    scaled: bool = True,
    layer: str = "",
) -> Frame:
    """A flat, given with the key of its source, in its frame, with the view's name, its scale and its hash."""
    key, seen = drawn
    frame = framed(seen, x, sheet.y, wide, high, rim=rim, most=1.0 if scaled else _ENLARGED)
    digest = content.sources.get(key, "")
    sheet.tile(x, sheet.y, wide, high)
    with sheet.element(
        "Figure",
        alt=f"{layer or content.name}: {word('flats', content.language)}, {word(view, content.language)}",
    ):
        sheet.put(
            Drawing(
                x=frame.x + frame.wide / 2,
                y=frame.y + frame.high / 2,
                flat=seen.flat,
                source=digest,
                scale=frame.scale,
                colour=colour,
            )
        )
    shown = seen.flat.scale * frame.scale
    ratio = f"1:{round(1 / shown, 1):g}" if shown <= 1 else f"{round(shown, 1):g}:1"
    shown_as = word(view, content.language)
    if scaled:
        shown_as = f"{shown_as}  ·  {word('scale', content.language)} {ratio}"
    caption(sheet, content, key, shown_as, x + 2 * MM, sheet.y + high - CAPTION, wide - 4 * MM)
    return frame


def caption(sheet: Sheet, content: PackContent, key: str, text: str, x: float, y: float, wide: float) -> None:
    """A view's name under it, and the hash of its source."""
    digest = content.sources.get(key, "")
    changed = content.changed(key)
    with sheet.element("Caption"):
        sheet.text(x, y + 4 * MM, text, size=8, bold=True, wide=wide - 24 * MM)
        sheet.text(
            x + wide - 22 * MM, y + 4 * MM, digest, size=6.5, bold=changed, colour=sheet.accent if changed else GREY,
            wide=22 * MM, align="right",
        )  # fmt: skip
    sheet.source(key, digest)


def letter(sheet: Sheet, text: str, x: float, y: float) -> None:
    """A code in a small disc."""
    size = 7.0
    while size > 3.5 and sheet.type.width(text, size, bold=True) > 1.7 * BALLOON:
        size -= 0.5
    with sheet.element("Span"):
        sheet.put(Disc(x=x, y=y, radius=BALLOON, stroke=sheet.accent, width=0.7))
        wide = sheet.type.width(text, size, bold=True)
        sheet.put(Text(x=x - wide / 2, y=y + 0.36 * size, text=text, size=size, bold=True, colour=INK))
