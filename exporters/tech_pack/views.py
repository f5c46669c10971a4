"""Pages that show the design: flats with callouts, where it is measured, and in colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from exporters.tech_pack.content import CalloutAt, PackContent, Seen, Taken
from exporters.tech_pack.marks import MM, Disc, Drawing, Photo, Stroke, Text
from exporters.tech_pack.sheet import GREY, INK, Sheet
from exporters.tech_pack.table import Cell, Column, Row, height, table
from exporters.tech_pack.words import word

_CAPTION: Final = 6 * MM
_GAP: Final = 5 * MM
_BALLOON: Final = 2.5 * MM
_SHARES: Final = (0.5, 0.38, 0.62, 0.27, 0.73, 0.17, 0.83, 0.1, 0.9, 0.04, 0.96)
_MOST_DRAWN: Final = 16  # lines on one diagram
_PALE: Final = "#8b919c"

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """A box on the page and the flat in its middle."""

    x: float
    y: float
    wide: float
    high: float
    seen: Seen

    @property
    def scale(self) -> float:
        """As it was drawn, or smaller where the box is."""
        points = (
            np.concatenate([line.points for line in self.seen.flat.lines])
            if self.seen.flat.lines
            else np.zeros((1, 2))
        )
        size = np.maximum(np.abs(points - self._paper).max(axis=0) * 2 * MM, 1.0)
        return float(min(1.0, self.wide / size[0], self.high / size[1]))

    @property
    def _paper(self) -> Array:
        return np.array([self.seen.flat.width_mm, self.seen.flat.height_mm]) / 2

    def at(self, points: Array) -> Array:
        """World points float64[n, 3] on the page."""
        mm = self.seen.projection.on(self.seen.flat, points) - self._paper
        return np.asarray(mm * MM * self.scale + [self.x + self.wide / 2, self.y + self.high / 2])


def flats(sheet: Sheet, content: PackContent) -> None:
    """Front and back on one page; on the next the side, and what the callouts say."""
    numbered = list(enumerate(content.callouts, start=1))
    wide = (sheet.column - _GAP) / 2
    high = min(sheet.room - 2 * MM, 150 * MM)
    shown = [view for view in ("front", "back", "left") if view in content.flats]
    for number, view in enumerate(shown):
        if number == 2:
            sheet.turn()
        frame = _place(sheet, content, view, sheet.left + (number % 2) * (wide + _GAP), wide, high)
        _balloons(sheet, frame, [(n, callout) for n, callout in numbered if view in callout.views])
    if not numbered:
        return
    columns, rows = _callouts(content)
    title = word("source", content.language)
    if len(shown) % 2:
        with sheet.columned(sheet.left + wide + _GAP, sheet.right):
            if height(sheet, columns, rows, source=title) + 12 * MM < sheet.room:
                sheet.heading(word("callouts", content.language))
                table(sheet, columns, rows, source=title)
                return
    sheet.turn()
    sheet.heading(word("callouts", content.language))
    table(sheet, columns, rows, source=title)


def _callouts(content: PackContent) -> tuple[list[Column], list[Row]]:
    """What the numbers say, as a table."""
    say = content.language
    rows = [
        Row(
            cells=(str(number), callout.text, ", ".join(word(view, say) for view in callout.views)),
            **content.row(f"callout.{number}"),
        )
        for number, callout in enumerate(content.callouts, start=1)
    ]
    columns = [
        Column(title=word("number", say), least=10, most=12, bold=True),
        Column(title=word("text", say), least=40, most=200, grow=1),
        Column(title=word("view", say), least=16, most=45),
    ]
    return columns, rows


def diagram(sheet: Sheet, content: PackContent) -> None:
    """Dimension lines with the codes of the points, on the front and, for what lies behind, on the back; a page for
    each layer where there are many.
    """
    views = [view for view in ("front", "back") if view in content.flats]
    drawn = [taken for taken in content.points if taken.line is not None]
    if not drawn or not views:
        return
    for group in _groups(drawn):
        sides: dict[str, list[Taken]] = {view: [] for view in views}
        for taken in group:
            sides[_side(taken, content, views)].append(taken)
        shown = [view for view in views if sides[view]]
        high = min(sheet.room - 2 * MM, 150 * MM)
        wide = (sheet.column - _GAP * (len(shown) - 1)) / len(shown)
        for number, view in enumerate(shown):
            x = sheet.left + number * (wide + _GAP)
            frame = _place(sheet, content, view, x, wide, high, colour=_PALE, rim=(17 * MM, 13 * MM), scaled=False)
            _dimensions(sheet, frame, sides[view])
            for taken in sides[view]:
                key = f"point.{taken.point.code}"
                sheet.source(key, content.sources.get(key, ""))
        sheet.turn()


def _groups(drawn: Sequence[Taken]) -> list[Sequence[Taken]]:
    """Lines that share a diagram: all, or where that is too many those of one layer, at most :data:`_MOST_DRAWN`."""
    if len(drawn) <= _MOST_DRAWN:
        return [drawn]
    layers: dict[str | None, list[Taken]] = {}
    for taken in drawn:
        layers.setdefault(taken.point.layer, []).append(taken)
    return [
        found[first : first + _MOST_DRAWN] for found in layers.values() for first in range(0, len(found), _MOST_DRAWN)
    ]


def colour(sheet: Sheet, content: PackContent) -> None:
    """The renders side by side."""
    shown = [view for view in ("front", "back", "left") if view in content.pictures]
    if not shown:
        return
    wide = (sheet.column - _GAP * (len(shown) - 1)) / len(shown)
    ratio = max(content.pictures[view].shape[0] / content.pictures[view].shape[1] for view in shown)
    high = min(wide * ratio, sheet.room - _CAPTION - 4 * MM)
    wide = min(wide, high / ratio)
    step = (sheet.column - wide * len(shown)) / max(len(shown) - 1, 1) + wide
    for number, view in enumerate(shown):
        x = sheet.left + number * step if len(shown) > 1 else sheet.left
        photo(sheet, content, f"render.{view}", view, x, sheet.y, wide, high)
        _caption(sheet, content, f"render.{view}", word(view, content.language), x, sheet.y + high, wide)
    sheet.y += high + _CAPTION + 4 * MM


def photo(
    sheet: Sheet, content: PackContent, source: str, view: str, x: float, y: float, wide: float, high: float
) -> None:
    """A render in a thin frame, as large as fits, said in words to those who cannot see it."""
    picture = content.pictures[view]
    ratio = picture.shape[1] / picture.shape[0]
    fits_wide, fits_high = min(wide, high * ratio), min(high, wide / ratio)
    left, top = x + (wide - fits_wide) / 2, y + (high - fits_high) / 2
    digest = content.sources.get(source, "")
    with sheet.element("Figure", alt=f"{content.name}: {word(view, content.language)}"):
        sheet.put(Photo(x=left, y=top, wide=fits_wide, high=fits_high, key=view, source=digest))
    sheet.tile(left, top, fits_wide, fits_high)
    sheet.source(source, digest)


def layers(sheet: Sheet, content: PackContent) -> None:
    """What the design is made of, from the inside out."""
    from assets.tech_pack_sizes import area

    say = content.language
    rows = []
    for layer in content.layers:
        looks = layer.looks or (("", ""),)
        for number, (material, colour_hex) in enumerate(looks):
            first = number == 0
            size = area(layer.area_m2, content.units) if layer.area_m2 and first else ""
            cells = (
                layer.id if first else "",
                layer.name if first else "",
                layer.model if first else "",
                material,
                Cell(text=colour_hex, chip=colour_hex or None),
                size,
            )
            rows.append(Row(cells=cells, **content.row(f"layer.{layer.id}")))
    columns = [
        Column(title=word("layer", say), least=20, most=50, bold=True),
        Column(title=word("name", say), least=25, most=80, grow=1),
        Column(title=word("model", say), least=25, most=60),
        Column(title=word("material", say), least=25, most=60, grow=0.5),
        Column(title=word("colours", say), least=22, most=30),
        Column(title=word("area", say), least=18, most=26, align="right"),
    ]
    table(sheet, columns, rows, source=word("source", say))


def _place(
    sheet: Sheet,
    content: PackContent,
    view: str,
    x: float,
    wide: float,
    high: float,
    *,
    colour: str = "#000000",
    rim: tuple[float, float] = (7.5 * MM, 4 * MM),
    scaled: bool = True,
) -> _Frame:
    """A flat in its frame, with the view's name, its scale and its hash."""
    seen = content.flats[view]
    frame = _Frame(
        x=x + rim[0], y=sheet.y + rim[1], wide=wide - 2 * rim[0], high=high - _CAPTION - 2 * rim[1], seen=seen
    )
    digest = content.sources.get(f"flat.{view}", "")
    sheet.tile(x, sheet.y, wide, high)
    with sheet.element(
        "Figure", alt=f"{content.name}: {word('flats', content.language)}, {word(view, content.language)}"
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
    caption = word(view, content.language)
    if scaled:
        caption = f"{caption}  ·  {word('scale', content.language)} {ratio}"
    _caption(sheet, content, f"flat.{view}", caption, x + 2 * MM, sheet.y + high - _CAPTION, wide - 4 * MM)
    return frame


def _caption(sheet: Sheet, content: PackContent, key: str, text: str, x: float, y: float, wide: float) -> None:
    digest = content.sources.get(key, "")
    changed = content.changed(key)
    with sheet.element("Caption"):
        sheet.text(x, y + 4 * MM, text, size=8, bold=True, wide=wide - 24 * MM)
        sheet.text(
            x + wide - 22 * MM, y + 4 * MM, digest, size=6.5, bold=changed, colour=sheet.accent if changed else GREY,
            wide=22 * MM, align="right",
        )  # fmt: skip
    sheet.source(key, digest)


def _balloons(sheet: Sheet, frame: _Frame, callouts: Sequence[tuple[int, CalloutAt]]) -> None:
    """Numbers at the sides of the drawing, in the order of height, with lines that do not cross on one side."""
    if not callouts:
        return
    spots = frame.at(np.array([callout.spot for _, callout in callouts]))
    middle = frame.x + frame.wide / 2
    order = sorted(range(len(callouts)), key=lambda at: (spots[at][1], spots[at][0]))
    left: list[int] = []
    right: list[int] = []
    for at in order:
        on_left = spots[at][0] < middle - 1 or (abs(spots[at][0] - middle) <= 1 and len(left) <= len(right))
        (left if on_left else right).append(at)
    for side, x in ((left, frame.x - 4.5 * MM), (right, frame.x + frame.wide + 4.5 * MM)):
        if not side:
            continue
        step = min(max(2.6 * _BALLOON, 0.0), frame.high / len(side))
        wanted = [float(np.clip(spots[at][1], frame.y, frame.y + frame.high)) for at in side]
        heights = _spread(wanted, step, frame.y, frame.y + frame.high)
        for at, y in zip(side, heights, strict=True):
            _balloon(sheet, str(callouts[at][0]), x, y, spots[at])


def _spread(wanted: list[float], step: float, low: float, high: float) -> list[float]:
    """Heights in order, at least ``step`` apart, near to where they are wanted."""
    found = list(wanted)
    for at in range(1, len(found)):
        found[at] = max(found[at], found[at - 1] + step)
    over = found[-1] - high
    if over > 0:
        found[-1] = high
        for at in range(len(found) - 2, -1, -1):
            found[at] = min(found[at], found[at + 1] - step)
    return [max(value, low) for value in found]


def _balloon(sheet: Sheet, text: str, x: float, y: float, spot: Array) -> None:
    with sheet.decoration():
        sheet.put(
            Stroke(points=((x, y), (float(spot[0]), float(spot[1]))), width=0.5, colour=sheet.accent),
            Disc(x=float(spot[0]), y=float(spot[1]), radius=0.9, fill=sheet.accent, stroke=sheet.accent),
        )
    _letter(sheet, text, x, y)


def _letter(sheet: Sheet, text: str, x: float, y: float) -> None:
    """A code in a small disc."""
    size = 7.0
    while size > 3.5 and sheet.type.width(text, size, bold=True) > 1.7 * _BALLOON:
        size -= 0.5
    with sheet.element("Span"):
        sheet.put(Disc(x=x, y=y, radius=_BALLOON, stroke=sheet.accent, width=0.7))
        wide = sheet.type.width(text, size, bold=True)
        sheet.put(Text(x=x - wide / 2, y=y + 0.36 * size, text=text, size=size, bold=True, colour=INK))


def _side(taken: Taken, content: PackContent, views: Sequence[str]) -> str:
    """The view from which the middle of a line is seen: behind the design's middle is the back."""
    if "back" not in views or taken.line is None or taken.shape != "way":
        return views[0]
    others = [point.line[:, 2] for point in content.points if point.line is not None and point.shape != "way"]
    middle = float(np.mean([(z.min() + z.max()) / 2 for z in others])) if others else 0.0
    return "back" if float(taken.line[len(taken.line) // 2, 2]) < middle - 0.02 else views[0]


def _dimensions(sheet: Sheet, frame: _Frame, taken: Sequence[Taken]) -> None:
    """One line for each, thin, with arrows; those of the whole design stand outside it."""
    places: list[Array] = []
    out = {"high": 0, "wide": 0}
    lines = [(one, _line(frame, one, out)) for one in taken]
    for one, line in lines:
        with sheet.decoration():
            if one.shape in {"high", "wide"}:
                _extensions(sheet, frame, one, line)
            sheet.put(Stroke(points=tuple((float(x), float(y)) for x, y in line), width=0.7, colour=sheet.accent))
            for tip, back in ((line[0], line[min(1, len(line) - 1)]), (line[-1], line[max(len(line) - 2, 0)])):
                sheet.put(_arrow(tip, back, sheet.accent))
    for one, line in lines:
        spot = _free(line, places)
        places.append(spot)
        _letter(sheet, one.point.code, float(spot[0]), float(spot[1]))


def _extensions(sheet: Sheet, frame: _Frame, taken: Taken, line: Array) -> None:
    """Hair lines from the design to a dimension that stands outside it."""
    assert taken.line is not None
    ends = frame.at(taken.line)
    for tip in line:
        axis = 1 if taken.shape == "high" else 0
        start = ends[np.abs(ends[:, axis] - tip[axis]).argmin()]
        points = ((float(start[0]), float(start[1])), (float(tip[0]), float(tip[1])))
        sheet.put(Stroke(points=points, width=0.3, colour=GREY, dash=(1.5, 1.5)))


def _line(frame: _Frame, taken: Taken, out: dict[str, int]) -> Array:
    """float64[n, 2] on the page."""
    assert taken.line is not None
    at = frame.at(taken.line)
    low, high = at.min(axis=0), at.max(axis=0)
    if taken.shape == "across":
        y = float(at[:, 1].mean())
        return np.array([[low[0], y], [high[0], y]])
    if taken.shape == "high":
        out["high"] += 1
        x = frame.x + frame.wide + (2.5 + 6 * (out["high"] - 1)) * MM if out["high"] <= 2 else frame.x - 4 * MM
        return np.array([[x, low[1]], [x, high[1]]])
    if taken.shape == "wide":
        out["wide"] += 1
        y = frame.y + frame.high + (3 + 5 * (out["wide"] - 1)) * MM if out["wide"] <= 2 else frame.y - 4 * MM
        return np.array([[low[0], y], [high[0], y]])
    kept = at[np.unique(np.linspace(0, len(at) - 1, min(len(at), 60)).round().astype(int))]
    return np.asarray(kept)


def _free(line: Array, taken: Sequence[Array]) -> Array:
    """A place along a line for its code that is clear of the other codes, as well as may be."""
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    best, most = line[0], -1.0
    for share in _SHARES:
        spot = np.array([np.interp(share * run[-1], run, line[:, axis]) for axis in (0, 1)])
        away = min((float(np.linalg.norm(spot - other)) for other in taken), default=np.inf)
        if away >= 2.1 * _BALLOON:
            return spot
        if away > most:
            best, most = spot, away
    return np.asarray(best)


def _arrow(tip: Array, back: Array, colour: str) -> Stroke:
    way = back - tip
    way = way / max(float(np.linalg.norm(way)), 1e-9)
    aside = np.array([-way[1], way[0]])
    corners = (tip, tip + way * 4.2 + aside * 1.4, tip + way * 4.2 - aside * 1.4)
    return Stroke(points=tuple((float(x), float(y)) for x, y in corners), width=0.3, colour=colour, fill=colour)
