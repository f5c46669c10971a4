"""Where a design stands on a drawing's page: straight from the side, centred, at a scale that a ruler can read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from assets import framing
from assets.errors import ContentError
from assets.scene import Camera, Draw, View
from renderers.flat_mesh import Array

MARGIN_MM = 8.0
SMALLEST_MM, LARGEST_MM = 20.0, 2000.0

_DENSITY = 14.0  # pixels of the working picture a millimetre of paper
_MOST_PIXELS = 4096
_EDGE = 6  # pixels about the design


@dataclass(frozen=True, kw_only=True)
class Page:
    """What is drawn on: millimetres, and paper to world (None: the largest of :func:`scales` that fits)."""

    width_mm: float = 210.0
    height_mm: float = 297.0
    scale: float | None = None

    def __post_init__(self) -> None:
        for side in (self.width_mm, self.height_mm):
            if not SMALLEST_MM <= side <= LARGEST_MM:
                message = f"a page of {side:g} mm is not possible; use {SMALLEST_MM:g} to {LARGEST_MM:g} mm a side"
                raise ContentError(message, code="flat.bad_page")


@dataclass(frozen=True, kw_only=True, eq=False)
class Place:
    """The design as the page sees it. ``axes`` float64[3, 3] has the rows right, up and towards the viewer; ``low``
    and ``high`` are the extents along them in world metres.
    """

    axes: Array
    low: Array
    high: Array

    @property
    def size(self) -> float:
        """The design's largest extent, metres; never 0."""
        return max(float((self.high - self.low).max()), 1e-6)


@dataclass(frozen=True, kw_only=True, eq=False)
class Raster:
    """The working picture: ``width`` x ``height`` pixels of ``metre`` world metres each, about the design."""

    place: Place
    width: int
    height: int
    metre: float
    scale: float
    page: Page

    @property
    def pixels_per_mm(self) -> float:
        """Pixels a millimetre of paper."""
        return 1 / (1000 * self.scale * self.metre)

    def view(self) -> View:
        """The camera that draws exactly this picture."""
        place = self.place
        middle = (place.low + place.high) / 2
        room = 0.05 * place.size
        right, up, back = place.axes
        eye = right * middle[0] + up * middle[1] + back * (place.high[2] + 2 * room)
        target = eye - back * place.size
        return View(
            camera=Camera(
                eye=(float(eye[0]), float(eye[1]), float(eye[2])),
                target=(float(target[0]), float(target[1]), float(target[2])),
                up=(float(up[0]), float(up[1]), float(up[2])),
                ortho_height=self.height * self.metre,
                near=room,
                far=float(place.high[2] - place.low[2]) + 4 * room,
            )
        )

    def project(self, points: Array) -> tuple[Array, Array]:
        """World points float64[n, 3] as pixels float64[n, 2] and as metres from the camera."""
        place = self.place
        seen = points @ place.axes.T
        middle = (place.low + place.high) / 2
        x = (seen[:, 0] - middle[0]) / self.metre + self.width / 2
        y = self.height / 2 - (seen[:, 1] - middle[1]) / self.metre
        return np.stack([x, y], axis=1), place.high[2] + 0.1 * place.size - seen[:, 2]

    def to_page(self, pixels: Array) -> Array:
        """Pixels as millimetres of the page."""
        middle = np.array([self.width / 2, self.height / 2])
        return np.asarray((pixels - middle) / self.pixels_per_mm + [self.page.width_mm / 2, self.page.height_mm / 2])


def place(draws: Sequence[Draw], view: str) -> Place:
    """The design from a side that :data:`assets.framing.VIEWS` names, without its elevation where it is small.

    Raises ContentError ``view.unknown``, ``scene.empty``.
    """
    if view not in framing.VIEWS or view == "custom":
        known = ", ".join(name for name in framing.VIEWS if name != "custom")
        raise ContentError(f"there is no flat of '{view}'; use one of {known}", code="view.unknown")
    azimuth, elevation = np.radians(framing.VIEWS[view])
    if elevation < np.radians(5):
        elevation = 0.0  # a drawing to measure on looks straight
    sa, ca, se, ce = np.sin(azimuth), np.cos(azimuth), np.sin(elevation), np.cos(elevation)
    axes = np.array([[ca, 0, -sa], [-sa * se, ce, -ca * se], [sa * ce, se, ca * ce]])
    seen = framing.drawn_points(draws) @ axes.T
    return Place(axes=axes, low=seen.min(axis=0), high=seen.max(axis=0))


def scales() -> Iterator[float]:
    """Paper to world, largest first: 1000:1 to 1:100000 in steps that a ruler can read."""
    for power in (2, 1, 0):
        yield from (step * 10.0**power for step in (10, 5, 2))
    for power in range(5):
        yield from (
            1 / (step * 10.0**power)
            for step in ((1, 2, 3, 4, 5, 6, 8) if not power else (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8))
        )


def scale_of(places: Sequence[Place], page: Page) -> float:
    """The scale at which all of them fit on the page, one for all, so that front and back can be laid together.

    Raises ContentError ``flat.does_not_fit`` when the page's own scale is too large.
    """
    wide = max(float(p.high[0] - p.low[0]) for p in places) * 1000
    tall = max(float(p.high[1] - p.low[1]) for p in places) * 1000
    room = page.width_mm - 2 * MARGIN_MM, page.height_mm - 2 * MARGIN_MM
    most = min(room[0] / max(wide, 1e-6), room[1] / max(tall, 1e-6))
    if page.scale is not None:
        if page.scale > most * 1.0001:
            message = (
                f"at {page.scale:g} the design takes {wide * page.scale:.0f} x {tall * page.scale:.0f} mm, and the "
                f"page has room for {room[0]:.0f} x {room[1]:.0f}; use a scale up to {most:.4g}, or a larger page"
            )
            raise ContentError(message, code="flat.does_not_fit")
        return page.scale
    return next((scale for scale in scales() if scale <= most), most)


def raster(at: Place, scale: float, page: Page) -> Raster:
    """The working picture of a design at a scale: as fine as its largest side allows."""
    wide, tall = (float(v) for v in (at.high - at.low)[:2])
    most = _MOST_PIXELS - 2 * _EDGE
    metre = max(1 / (1000 * scale * _DENSITY), wide / most, tall / most)
    return Raster(
        place=at,
        width=ceil(wide / metre) + 2 * _EDGE,
        height=ceil(tall / metre) + 2 * _EDGE,
        metre=metre,
        scale=scale,
        page=page,
    )
