"""Where a design is measured: dimension lines with the codes of the points over the pale flats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from exporters.tech_pack.content import PackContent, Taken
from exporters.tech_pack.frames import BALLOON, GAP, Array, Frame, letter, place
from exporters.tech_pack.marks import MM, Stroke
from exporters.tech_pack.sheet import GREY, Sheet

_SHARES: Final = (0.5, 0.38, 0.62, 0.27, 0.73, 0.17, 0.83, 0.1, 0.9, 0.04, 0.96)
_MOST_DRAWN: Final = 16  # lines on one diagram
_LEAST: Final = 84 * MM  # a diagram that shares its page with its table
_PALE: Final = "#8b919c"


def diagrams(sheet: Sheet, content: PackContent, taken: Sequence[Taken], *, under: float = 0.0) -> None:
    """Dimension lines with the codes of points of one layer, on the front and, of what lies behind, on the back;
    more pages where there are many. ``under`` points are left below the last one where it is large enough then, else
    the page is turned.
    """
    drawn = [one for one in taken if one.line is not None]
    for first in range(0, len(drawn), _MOST_DRAWN):
        last = first + _MOST_DRAWN >= len(drawn)
        _diagram(sheet, content, drawn[first : first + _MOST_DRAWN], under if last else 0.0)


def _diagram(sheet: Sheet, content: PackContent, group: Sequence[Taken], under: float) -> None:
    layers = {one.point.layer for one in group}
    layer = layers.pop() if len(layers) == 1 else None
    views = content.drawn(layer)
    if not views:
        return
    sides: dict[str, list[Taken]] = {view: [] for view in views}
    for one in group:
        sides[_side(one, group, list(views))].append(one)
    shown = [view for view in views if sides[view]]
    high = min(sheet.room - 2 * MM, 150 * MM)
    both = 0 < under <= sheet.room - _LEAST
    if both:
        high = min(high, sheet.room - under)
    wide = (sheet.column - GAP * (len(shown) - 1)) / len(shown)
    for number, view in enumerate(shown):
        x = sheet.left + number * (wide + GAP)
        frame = place(
            sheet,
            content,
            view,
            views[view],
            x,
            wide,
            high,
            colour=_PALE,
            rim=(17 * MM, 13 * MM),
            scaled=False,
            layer=content.named(layer),
        )
        _dimensions(sheet, frame, sides[view])
        for one in sides[view]:
            key = f"point.{one.point.code}"
            sheet.source(key, content.sources.get(key, ""))
    if both:
        sheet.y += high + 4 * MM
    else:
        sheet.turn()


def _side(taken: Taken, group: Sequence[Taken], views: Sequence[str]) -> str:
    """The view from which a line is seen best: one that runs to the front from the side, one whose middle is behind
    that of what goes round from the back.
    """
    if "left" in views and taken.line is not None:
        wide, _, deep = np.ptp(taken.line, axis=0)
        other = next((view for view in views if view != "left"), views[0])
        return "left" if deep > wide or (views[0] == "left" and deep == wide) else other
    if "back" not in views or taken.line is None or taken.shape != "way":
        return views[0]
    others = [one.line[:, 2] for one in group if one.line is not None and one.shape != "way"]
    middle = float(np.mean([(z.min() + z.max()) / 2 for z in others])) if others else 0.0
    return "back" if float(taken.line[len(taken.line) // 2, 2]) < middle - 0.02 else views[0]


def _dimensions(sheet: Sheet, frame: Frame, taken: Sequence[Taken]) -> None:
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
        letter(sheet, one.point.code, float(spot[0]), float(spot[1]))


def _extensions(sheet: Sheet, frame: Frame, taken: Taken, line: Array) -> None:
    """Hair lines from the design to a dimension that stands outside it."""
    assert taken.line is not None
    ends = frame.at(taken.line)
    for tip in line:
        axis = 1 if taken.shape == "high" else 0
        start = ends[np.abs(ends[:, axis] - tip[axis]).argmin()]
        points = ((float(start[0]), float(start[1])), (float(tip[0]), float(tip[1])))
        sheet.put(Stroke(points=points, width=0.3, colour=GREY, dash=(1.5, 1.5)))


def _line(frame: Frame, taken: Taken, out: dict[str, int]) -> Array:
    """float64[n, 2] on the page."""
    assert taken.line is not None
    at = frame.at(taken.line)
    low, high = at.min(axis=0), at.max(axis=0)
    drawn = frame.corners
    if taken.shape == "across":
        y = float(at[:, 1].mean())
        return np.array([[low[0], y], [high[0], y]])
    if taken.shape == "aslant":
        middle = (low + high) / 2
        across = np.linalg.svd(at - at.mean(axis=0), full_matrices=False)[2][0]
        far = (at - middle) @ across
        return np.array([middle + across * far.min(), middle + across * far.max()])
    if taken.shape == "high":
        out["high"] += 1
        aside = (5 + 6 * ((out["high"] - 1) // 2)) * MM  # right and left in turn
        x = drawn[1][0] + aside if out["high"] % 2 else drawn[0][0] - aside
        x = float(np.clip(x, frame.x - 12 * MM, frame.x + frame.wide + 12 * MM))
        return np.array([[x, low[1]], [x, high[1]]])
    if taken.shape == "wide":
        out["wide"] += 1
        aside = (5 + 5 * ((out["wide"] - 1) // 2)) * MM
        y = drawn[1][1] + aside if out["wide"] % 2 else drawn[0][1] - aside
        y = float(np.clip(y, frame.y - 10 * MM, frame.y + frame.high + 10 * MM))
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
        if away >= 2.1 * BALLOON:
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
