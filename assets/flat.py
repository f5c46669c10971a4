"""A technical flat as data: the lines of a drawing, by kind, in millimetres of paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray


class LineKind(StrEnum):
    """What a line stands for, the heaviest first."""

    SILHOUETTE = "silhouette"  # the outline of a layer against what lies behind it
    BORDER = "border"  # an open edge: hem, neckline, vent
    FOLD = "fold"  # where a surface turns away within its own layer
    SEAM = "seam"  # where panels or materials meet
    CREASE = "crease"  # a sharp edge
    STITCH = "stitch"  # a row of thread


STROKES_MM: Mapping[LineKind, float] = MappingProxyType(
    {
        LineKind.SILHOUETTE: 0.7,
        LineKind.BORDER: 0.45,
        LineKind.FOLD: 0.35,
        LineKind.SEAM: 0.3,
        LineKind.CREASE: 0.25,
        LineKind.STITCH: 0.18,
    }
)
"""Stroke widths in millimetres of paper (2 pt for outlines, 1 pt for seams, as tech packs have them)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """``points`` float64[n, 2]: millimetres from the page's upper left corner, x right and y down. A closed line's
    last point is not its first one.
    """

    kind: LineKind
    points: NDArray[np.float64]
    closed: bool = False
    layer: str = ""

    @property
    def length(self) -> float:
        """Millimetres on the page."""
        ring = np.vstack([self.points, self.points[:1]]) if self.closed else self.points
        return float(np.linalg.norm(np.diff(ring, axis=0), axis=1).sum())


@dataclass(frozen=True, kw_only=True, eq=False)
class Flat:
    """A drawing on a page of ``width_mm`` x ``height_mm``; ``scale`` is paper to world (0.2 is 1:5)."""

    view: str
    width_mm: float
    height_mm: float
    scale: float
    lines: tuple[Line, ...]

    def of(self, kind: LineKind) -> tuple[Line, ...]:
        """The lines of one kind."""
        return tuple(line for line in self.lines if line.kind is kind)

    @property
    def scale_text(self) -> str:
        """As a drawing states it: "1:5", "2:1"."""
        return f"1:{round(1 / self.scale, 3):g}" if self.scale <= 1 else f"{round(self.scale, 3):g}:1"
