"""All that a pack prints, found and measured: what the pages are laid out from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.flat import Flat
from assets.tech_pack import BillLine, Colourway, Language, PointOfMeasure, TechPack, Units


@dataclass(frozen=True, kw_only=True, eq=False)
class Projection:
    """World metres to a flat's paper: ``axes`` float64[2, 3] (right, up), ``middle`` of the design along them, paper
    millimetres a metre.
    """

    axes: NDArray[np.float64]
    middle: NDArray[np.float64]
    mm: float

    def on(self, flat: Flat, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Millimetres from the paper's upper left corner, float64[n, 2]."""
        seen = (points @ self.axes.T - self.middle) * self.mm
        return np.asarray(seen * [1, -1] + [flat.width_mm / 2, flat.height_mm / 2])


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """A flat and how the world lies on it."""

    flat: Flat
    projection: Projection


@dataclass(frozen=True, kw_only=True)
class LayerFacts:
    """A layer of the design: its ``looks`` are (material, hex)."""

    id: str
    name: str
    model: str
    looks: tuple[tuple[str, str], ...] = ()
    area_m2: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Taken:
    """A point of measure with its value in the base size. ``error`` is None where the value was given; ``line``
    float64[n, 3] is where it was measured, ``shape`` how that is drawn: across, aslant,
    way, high, wide.
    """

    point: PointOfMeasure
    cm: float
    error: float | None = None
    shape: str = "way"
    line: NDArray[np.float64] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class CalloutAt:
    """A callout's text and the world point that it means: on a ``layer``'s own drawing, or on that of the whole."""

    text: str
    spot: NDArray[np.float64]
    views: tuple[str, ...]
    layer: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class PackContent:
    """``flats`` are of the whole design by view, ``pieces`` of its layers by themselves, at rest, by id and view:
    none where the whole is that drawing already. ``sources`` are the short hashes of every row and view by key
    ("flat.front", "piece.tee.back", "point.A", "material.3").
    """

    name: str
    pack: TechPack
    language: Language = "en"
    units: Units = "metric"
    page: str = "a4"
    flats: Mapping[str, Seen] = field(default_factory=dict)
    pieces: Mapping[str, Mapping[str, Seen]] = field(default_factory=dict)
    pictures: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    logo: NDArray[np.uint8] | None = None
    layers: tuple[LayerFacts, ...] = ()
    points: tuple[Taken, ...] = ()
    materials: tuple[BillLine, ...] = ()
    colourways: tuple[Colourway, ...] = ()
    callouts: tuple[CalloutAt, ...] = ()
    notes: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)

    def changed(self, key: str) -> bool:
        """Whether a source is another one than the factory has."""
        since = self.pack.since
        return since is not None and since.sources.get(key) != self.sources.get(key, "")

    def named(self, layer: str | None) -> str:
        """What a layer is called; "" for the whole design."""
        return next((one.name or one.id for one in self.layers if one.id == layer), layer or "")

    def drawn(self, layer: str | None) -> dict[str, tuple[str, Seen]]:
        """The drawings that show a layer best, by view, with the keys of their sources."""
        own = self.pieces.get(layer or "")
        if own:
            return {view: (f"piece.{layer}.{view}", seen) for view, seen in own.items()}
        return {view: (f"flat.{view}", self.flats[view]) for view in ("front", "back") if view in self.flats}

    def row(self, key: str) -> dict[str, Any]:
        """What a table's row says of its source: its hash, and whether it has changed."""
        return {"source": (key, self.sources.get(key, "")), "changed": self.changed(key)}
