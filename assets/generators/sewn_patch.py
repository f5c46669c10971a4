"""Pieces that are sewn flat onto a draped cloth: pockets, welts, plackets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets.generators.garment import Draped, face_of, hem, stitches, vertex_normals
from assets.generators.pattern import Panel, panel, sew
from assets.model import Material, Primitive

Array = NDArray[np.float64]

_TURNED: Final = 0.010


def patch(
    cloth: Draped,
    below: Panel,
    name: str,
    edges: Sequence[tuple[str, Array]],
    *,
    spacing: float = 0.010,
    lift: float = 0.0036,
    gaping: Sequence[str] = (),
    gape: float = 0.009,
) -> Draped:
    """A piece laid on the flat panel ``below``, its outline in that panel's metres, counter-clockwise, ``lift``
    metres above the cloth; its edges named in ``gaping`` are not sewn down and stand off by ``gape`` more.
    """
    lines = [(label, line, max(2, round(_long(line) / spacing))) for label, line in edges]
    piece = panel(name, lines, spacing)
    sewn = sew([piece], [])
    points, normals = cloth.at(below, piece.flat)
    high = np.full(len(points), lift)
    for label in gaping:
        line = piece.flat[piece.edges[label]]
        run = np.linspace(0, 1, len(line))
        far, near = cKDTree(line).query(piece.flat)
        high += gape * np.sin(np.pi * run[near]) * np.clip(1 - far / 0.035, 0, 1) ** 2
    points = points + high[:, None] * normals
    # Faces of the piece, one above the other: particles are its vertices in order.
    order = np.empty(sewn.count, dtype=np.int64)
    order[sewn.particle[name]] = np.arange(len(points))
    points = points[order]
    return Draped(sewn=sewn, points=points, normals=vertex_normals(points, sewn.triangles()))


def faces(piece: Draped, material: Material, shift: Array, *, thickness: float = 0.0024) -> list[Primitive]:
    """The piece with its edges turned under."""
    (panel_of,) = piece.sewn.panels
    parts = [face_of(piece, panel_of, material, shift)]
    return parts + [
        hem(piece, panel_of, edge, material, shift, depth=_TURNED, thickness=thickness) for edge in panel_of.edges
    ]


def rows(piece: Draped, edge: str, inset: Sequence[float], thread: Material) -> list[Primitive]:
    """Rows of stitches along an edge, ``inset`` metres inside it."""
    (panel_of,) = piece.sewn.panels
    return [stitches(piece, panel_of, beside(panel_of, edge, far), thread) for far in inset]


def beside(panel_of: Panel, edge: str, inset: float) -> Array:
    """The line ``inset`` metres inside an edge of a flat panel, float64[k, 2], a little shorter at both ends."""
    line = panel_of.flat[panel_of.edges[edge]]
    tangent = np.gradient(line, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    inner = line + inset * np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(inner, axis=0), axis=1))])
    ends = min(inset, 0.2 * run[-1])
    at = np.linspace(ends, run[-1] - ends, max(len(line), 4))
    return np.stack([np.interp(at, run, inner[:, i]) for i in range(2)], axis=1)


def _long(line: Array) -> float:
    return float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())
