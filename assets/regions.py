"""Regions of a design by name: what a picture of a detail is a picture of.

A region is a layer, a node, a material, or a box that a primitive names in its ``extras``:
``{"regions": {"collar": [[x, y, z], [x, y, z]]}}``, lowest and highest corner in the primitive's own space.
The catalogue's garments carry such boxes (:data:`assets.catalogue.ITEMS`), and so does what is exported of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assets.errors import ContentError
from assets.scene import Draw

KEY: Final = "regions"
"""The name in a primitive's ``extras``."""

_MOST: Final = 64  # boxes that one primitive may name; more is no description of a garment
_LISTED: Final = 20
_APART: Final = 0.5  # parts further apart than this share of the largest one are not one detail
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+|\d+")

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Region:
    """``points`` float64[n, 3] world metres, of the triangles that belong to it; ``facing`` float64[m, 3] are those
    triangles' normals, as long as their areas.
    """

    name: str
    points: Array
    facing: Array

    @property
    def box(self) -> tuple[Array, Array]:
        """Lowest and highest corner."""
        return self.points.min(axis=0), self.points.max(axis=0)


def names(draws: Sequence[Draw]) -> tuple[str, ...]:
    """Every name that :func:`find` knows, sorted, each once."""
    return tuple(sorted({name for draw in draws if _drawn(draw) for name, _ in _named(draw) if name}))


def find(draws: Sequence[Draw], name: str) -> Region:
    """The region called ``name``.

    Case, punctuation, plurals and the order of words do not count. An exact name goes before one that only has the
    words in it ("cuff" finds "Cuff_L"), or has them with its layer's ("tee hem"). Where several parts go by the name,
    those that lie together are meant: with the outermost layer's, and of a left and a right cuff the wearer's
    left. Raises ContentError ``view.no_region``.
    """
    wanted = set(_words(name))
    exact: dict[tuple[int, str], list[tuple[Draw, _Box | None]]] = {}
    loose: dict[tuple[int, str], list[tuple[Draw, _Box | None]]] = {}
    layers: dict[str, int] = {}
    for draw in draws:
        if not _drawn(draw):
            continue
        order = layers.setdefault(draw.layer, len(layers))
        for known, box in _named(draw):
            words = set(_words(known))
            if words == wanted:
                exact.setdefault((order, known), []).append((draw, box))
            elif wanted and words & wanted and wanted <= words | set(_words(draw.layer)):
                loose.setdefault((order, known), []).append((draw, box))
    for found in (exact, loose):
        parts = [(key[0], part) for key in sorted(found) if (part := _region(key[1], found[key])) is not None]
        if parts:
            return _together(name, parts)
    raise ContentError(_missing(draws, name), code="view.no_region")


def moved(extras: Mapping[str, Any], before: NDArray[np.float32], after: NDArray[np.float32]) -> Mapping[str, Any]:
    """Application data whose boxes went with the points that they hold, float32[n, 3] before and after a pose."""
    boxes = _boxes(extras.get(KEY))
    if not boxes:
        return extras
    found = {}
    for name, box in boxes.items():
        low, high = np.array(box.low, np.float32), np.array(box.high, np.float32)
        inside: NDArray[np.bool_] = np.all((before >= low) & (before <= high), axis=1)
        if inside.any():
            held = after[inside].astype(np.float64)
            found[name] = [held.min(axis=0).tolist(), held.max(axis=0).tolist()]
    return {**extras, KEY: found}


def shifted(extras: Mapping[str, Any], by: Array) -> Mapping[str, Any]:
    """Application data whose boxes went with all of the points that they are among, ``by`` float64[3]."""
    boxes = _boxes(extras.get(KEY))
    if not boxes:
        return extras
    found = {name: [(np.add(corner, by)).tolist() for corner in (box.low, box.high)] for name, box in boxes.items()}
    return {**extras, KEY: found}


@dataclass(frozen=True, kw_only=True)
class _Box:
    """A box in a primitive's own space."""

    low: tuple[float, ...]
    high: tuple[float, ...]


def _drawn(draw: Draw) -> bool:
    return draw.opacity > 0 and len(draw.primitive.indices) > 0


def _named(draw: Draw) -> Iterable[tuple[str, _Box | None]]:
    yield draw.layer.removeprefix("@"), None
    yield draw.name, None
    yield draw.primitive.material.name, None
    yield from _boxes(draw.primitive.extras.get(KEY)).items()


def _boxes(extras: Any) -> dict[str, _Box]:
    """The boxes in application data, which may hold anything: what is none is passed over."""
    found: dict[str, _Box] = {}
    if not isinstance(extras, Mapping):
        return found
    for name, corners in list(extras.items())[:_MOST]:
        if not isinstance(name, str) or not isinstance(corners, list | tuple) or len(corners) != 2:
            continue
        if not all(isinstance(corner, list | tuple) and len(corner) == 3 for corner in corners):
            continue
        values = [value for corner in corners for value in corner]
        if all(isinstance(value, int | float) and abs(value) < 1e9 for value in values):
            found[name] = _Box(low=tuple(map(float, corners[0])), high=tuple(map(float, corners[1])))
    return found


def _words(name: str) -> tuple[str, ...]:
    """Lower-case words, sorted, a plural as its singular: "Cuffs_L", "cuff l" and "LCuff" are the same."""
    words = (word.casefold() for word in _WORD.findall(name))
    return tuple(sorted(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words))


def _region(name: str, parts: Sequence[tuple[Draw, _Box | None]]) -> Region | None:
    points, facing = [], []
    for draw, box in parts:
        positions = draw.primitive.positions
        triangles = draw.primitive.indices
        if box is not None:
            low, high = np.array(box.low, np.float32), np.array(box.high, np.float32)
            inside: NDArray[np.bool_] = np.all((positions >= low) & (positions <= high), axis=1)
            triangles = triangles[inside[triangles].all(axis=1)]
        if len(triangles) == 0:
            continue
        corners = positions[triangles].astype(np.float64) @ draw.matrix[:3, :3].T + draw.matrix[:3, 3]
        points.append(corners.reshape(-1, 3))
        facing.append(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) / 2)
    if not points:
        return None
    return Region(name=name, points=np.concatenate(points), facing=np.concatenate(facing))


def _together(name: str, parts: Sequence[tuple[int, Region]]) -> Region:
    """Of the outermost layer's parts (each with the number of its layer), the one that lies furthest to the
    wearer's left (+X), with all that lie near it.
    """
    sizes = [float(np.ptp(part.box, axis=0).max()) for _, part in parts]
    reach = _APART * max(sizes)

    def rank(i: int) -> tuple[int, float, float]:
        order, part = parts[i]
        return order, round(float(sum(corner[0] for corner in part.box)), 4), sizes[i]

    first = max(range(len(parts)), key=rank)
    kept, waiting = [parts[first][1]], [part for i, (_, part) in enumerate(parts) if i != first]
    grew = True
    while grew:
        near = [part for part in waiting if any(_gap(part, other) <= reach for other in kept)]
        kept += near
        waiting = [part for part in waiting if not any(part is other for other in near)]
        grew = bool(near)
    return Region(
        name=name,
        points=np.concatenate([part.points for part in kept]),
        facing=np.concatenate([part.facing for part in kept]),
    )


def _gap(a: Region, b: Region) -> float:
    """The distance of two boxes; 0 if they touch."""
    apart = np.maximum(np.maximum(a.box[0] - b.box[1], b.box[0] - a.box[1]), 0.0)
    return float(np.linalg.norm(apart))


def _missing(draws: Sequence[Draw], name: str) -> str:
    known = names(draws)
    near = get_close_matches(name, known, n=1)
    listed = ", ".join(known[:_LISTED]) + (f" and {len(known) - _LISTED} more" if len(known) > _LISTED else "")
    guess = f"; did you mean '{near[0]}'" if near else ""
    return f"the design has no region '{name}'; it has {listed or 'none that are named'}{guess}"
