"""How a measurement is taken, as data, and taking it: a tape around, an opening's edge, a way from here to there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import numpy as np
from pydantic import Field, model_validator

from assets import regions
from assets.design import Document, Name
from assets.measure import Array, Measured, MeasureError, Opening, Surface, extent, girth, openings
from assets.measure_flat import flat
from assets.measure_paths import path
from assets.scene import Draw

Side = Literal["centre", "front", "back", "left", "right", "top", "bottom"]
Share = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]
Centimetres = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]

LANDMARKS: Final = "landmarks"
GIRTHS: Final = "girths"
"""The names in a primitive's ``extras`` of points, and of planes to measure in; both as the model stands at rest."""
_SIDES: Final[Mapping[str, tuple[int, int]]] = {
    "front": (2, 1),
    "back": (2, -1),
    "left": (0, 1),
    "right": (0, -1),
    "top": (1, 1),
    "bottom": (1, -1),
}
_ASIDE: Final = 0.12  # of a region's width: what counts as the middle of a side
_CENTRAL_M: Final = 0.03
_AXES: Final = {"wide": 0, "high": 1, "deep": 2}


class Place(Document):
    """A point: a side of a ``region`` of the design ("hem" at its "front", at its edge; left
    is the wearer's), a ``landmark`` that
    the model brings, or a ``point`` in centimetres of the world (feet on 0, +z to the front).
    """

    region: Name | None = None
    at: Side = "centre"
    landmark: Name | None = None
    point: tuple[Centimetres, Centimetres, Centimetres] | None = None

    @model_validator(mode="after")
    def _one(self) -> Place:
        if sum(given is not None for given in (self.region, self.landmark, self.point)) != 1:
            msg = "give exactly one of 'region', 'landmark' and 'point'"
            raise ValueError(msg)
        return self


class GirthWay(Document):
    """Around, at a ``height_cm`` or a ``place``, level unless a ``normal`` says how the plane is turned (down an arm,
    say); or in the plane of a ``girth`` that the model brings: as a "tape" lies over hollows, along the "cloth" into
    every fold, or "flat", around the outside of all layers as a garment lies on a table.
    """

    kind: Literal["girth"]
    height_cm: Centimetres | None = None
    place: Place | None = None
    girth: Name | None = None
    normal: tuple[Share, Share, Share] | None = None
    around: Literal["tape", "cloth", "flat"] = "cloth"

    @model_validator(mode="after")
    def _one(self) -> GirthWay:
        if sum(given is not None for given in (self.height_cm, self.place, self.girth)) != 1:
            msg = "give exactly one of 'height_cm', 'place' and 'girth'"
            raise ValueError(msg)
        if self.normal is not None and (self.girth is not None or not any(abs(part) > 1e-3 for part in self.normal)):
            msg = (
                "a 'normal' turns the plane at a height or a place, and is no zero vector: leave it out, or change it"
            )
            raise ValueError(msg)
        return self


class OpeningWay(Document):
    """Around the edge of the largest opening in a ``region``, or of the ``number``-th largest of all (1 is first)."""

    kind: Literal["opening"]
    region: Name | None = None
    number: Annotated[int, Field(ge=1, le=64)] = 1


class LengthWay(Document):
    """From ``start`` to ``end``: over the "surface", "straight" as the crow flies, or "vertical"."""

    kind: Literal["length"]
    start: Place
    end: Place
    along: Literal["surface", "straight", "vertical"] = "surface"


class ExtentWay(Document):
    """How "wide", "high" or "deep" the whole is."""

    kind: Literal["extent"]
    side: Literal["wide", "high", "deep"] = "high"


AnyWay = Annotated[GirthWay | OpeningWay | LengthWay | ExtentWay, Field(discriminator="kind")]


def take(way: AnyWay, draws: Sequence[Draw], of: Surface) -> Measured:
    """The measurement on the surface ``of`` these draws. Raises MeasureError, or ContentError ``view.no_region``."""
    match way:
        case GirthWay(girth=str(name)):
            centre, normal = _plane(name, draws)
            return _girth(way, of, centre, normal, centre)
        case GirthWay():
            near = None if way.place is None else spot(way.place, draws, of)
            at = near if near is not None else np.array([0.0, (way.height_cm or 0.0) / 100, 0.0])
            return _girth(way, of, at, np.array(way.normal or (0.0, 1.0, 0.0)), near)
        case OpeningWay():
            return _opening(way, draws, of)
        case LengthWay():
            return _length(way, draws, of)
        case ExtentWay():
            return extent(of, _AXES[way.side])


def _girth(way: GirthWay, of: Surface, at: Array, normal: Array, near: Array | None) -> Measured:
    if way.around == "flat":
        return flat(of, at, normal, near=near)
    return girth(of, at, normal, near=near, cloth=way.around == "cloth")


def spot(place: Place, draws: Sequence[Draw], of: Surface) -> Array:
    """Where a place is, float64[3] metres."""
    if place.point is not None:
        return np.array(place.point) / 100
    if place.landmark is not None:
        return _landmark(place.landmark, draws)
    assert place.region is not None
    points = regions.find(draws, place.region).points
    if place.at == "centre":
        return np.asarray((points.min(axis=0) + points.max(axis=0)) / 2)
    axis, sign = _SIDES[place.at]
    if axis == 1:
        return np.asarray(points[(sign * points[:, 1]).argmax()])
    low, high = of.box
    return _edge(points, axis, sign, (low + high) / 2)


def _edge(points: Array, axis: int, sign: int, centre: Array) -> Array:
    """The side of a region, where it is furthest from the middle of the whole: the front of a hem is its lowest point
    in the middle of the front, and not the tip of a fold above it. ``axis`` is 0 or 2.
    """
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    across = 2 - axis
    aside = np.abs(points[:, across] - middle[across])
    half = sign * (points[:, axis] - middle[axis]) >= 0
    near = half & (aside <= max(_ASIDE * float(np.ptp(points[:, across])), float(aside[half].min()) + 1e-6))
    outward = middle - centre
    size = float(np.linalg.norm(outward))
    found = points[near]
    if size < _CENTRAL_M:  # the region is the whole: its side is what stands out most
        return np.asarray(found[(sign * found[:, axis]).argmax()])
    return np.asarray(found[(found @ (outward / size) - 0.5 * aside[near]).argmax()])


def _opening(way: OpeningWay, draws: Sequence[Draw], of: Surface) -> Measured:
    found = openings(of) if way.region is None else _within(of, regions.find(draws, way.region).points)
    if len(found) < way.number:
        where = f"in the region '{way.region}'" if way.region else "in all"
        msg = f"there are {len(found)} openings {where}, so there is no number {way.number}: give the value in 'cm'"
        raise MeasureError(msg, code="measure.no_opening")
    return found[way.number - 1].measured


def _within(of: Surface, points: Array) -> tuple[Opening, ...]:
    """The openings whose middle lies in the box about a region's points, the largest first."""
    low, high = points.min(axis=0) - 0.02, points.max(axis=0) + 0.02
    return tuple(opening for opening in openings(of) if ((opening.centre >= low) & (opening.centre <= high)).all())


def _length(way: LengthWay, draws: Sequence[Draw], of: Surface) -> Measured:
    start, end = spot(way.start, draws, of), spot(way.end, draws, of)
    if way.along == "surface":
        return path(of, start, end)
    line = np.stack([start, end])
    metres = abs(float(end[1] - start[1])) if way.along == "vertical" else float(np.linalg.norm(end - start))
    return Measured(cm=100 * metres, error=0.0, line=line)


def _landmark(name: str, draws: Sequence[Draw]) -> Array:
    draw, point = _named(name, draws, LANDMARKS, "landmark")
    return np.asarray(draw.matrix[:3, :3] @ _vector(point, name) + draw.matrix[:3, 3])


def _plane(name: str, draws: Sequence[Draw]) -> tuple[Array, Array]:
    """Where a girth is taken: a point inside, and the plane's normal."""
    draw, plane = _named(name, draws, GIRTHS, "girth")
    facts = plane if isinstance(plane, Mapping) else {}
    centre, across, along = (_vector(facts.get(key), name) for key in ("centre", "across", "along"))
    turned = draw.matrix[:3, :3]
    normal = np.cross(turned @ across, turned @ along)
    if np.linalg.norm(normal) < 1e-9:
        raise MeasureError(f"the model's '{name}' names no plane: give a height instead", code="measure.no_landmark")
    return np.asarray(turned @ centre + draw.matrix[:3, 3]), np.asarray(normal)


def girths(draws: Sequence[Draw]) -> tuple[str, ...]:
    """The girths that a body names, in its order."""
    found: dict[str, None] = {}
    for draw in draws:
        known = draw.primitive.extras.get(GIRTHS)
        if isinstance(known, Mapping):
            found |= dict.fromkeys(str(name) for name in list(known)[:64] if 0 < len(str(name)) <= 80)
    return tuple(found)


def _named(name: str, draws: Sequence[Draw], key: str, what: str) -> tuple[Draw, Any]:
    """What the first draw that knows a name says of it. Raises MeasureError ``measure.no_landmark``."""
    known: list[str] = []
    for draw in draws:
        found: Any = draw.primitive.extras.get(key)
        if isinstance(found, Mapping):
            known += [str(one) for one in found]
            if name in found:
                return draw, found[name]
    shown = ", ".join(sorted(set(known))[:20]) or "none"
    raise MeasureError(f"the model has no {what} '{name}'; it has {shown}", code="measure.no_landmark")


def _vector(value: Any, name: str) -> Array:
    """Application data may hold anything. Raises MeasureError where it is no point."""
    plain = isinstance(value, list | tuple) and len(value) == 3
    if not plain or not all(isinstance(part, int | float) and abs(part) < 1e6 for part in value):
        raise MeasureError(f"the model's '{name}' is no point: give a 'point' instead", code="measure.no_landmark")
    return np.array(value, np.float64)
