"""Which edges of a mesh a drawing shows, and how much of each can be seen."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians

import cv2
import numpy as np
from numpy.typing import NDArray

from assets.flat import LineKind
from renderers.distances import Distances
from renderers.flat_mesh import Array, Index, WeldedMesh

_SMOOTH = 1.6  # how much sharper an edge must be to be drawn where the shading goes smoothly over it
_ASIDE = np.array([1.0e-3, 0.7e-3])  # pixels over the design's depth
_MOST_SEAMS = 20.0  # of the square root of a layer's area: texture charts cut finer than this are no pattern
_BIAS = 1.5e-4  # of the design's size: nearer than this to the nearest surface is on it
SUNK = 3e-3  # as much for a seam, which thread pulls into the cloth
_SIDEWAYS = 3.0  # pixels to the side of an edge where the surface behind a fold is looked for


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """The drawing's own pixels: ``xy`` float64[n, 2] and ``away`` float64[n] (metres) of each welded vertex, and the
    distances that were drawn of them. ``size`` is the design's, in metres.
    """

    xy: Array
    away: Array
    seen: Distances
    size: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Segments:
    """Straight visible pieces in pixels: ``ends`` float64[k, 2, 2], ``layer`` int64[k]."""

    ends: Array
    layer: Index

    def __len__(self) -> int:
        return len(self.ends)


def classify(mesh: WeldedMesh, sheet: Sheet, crease_degrees: float) -> dict[LineKind, Index]:
    """The numbers of the edges of each kind, seen or not. An edge may be of several kinds."""
    edges = mesh.edges
    two = edges.count == 2
    # Seen from a hair aside, so that no triangle of a regular mesh is exactly on edge and neither front nor back.
    xy = sheet.xy + sheet.away[:, None] / sheet.size * _ASIDE
    a, b = xy[edges.ends[:, 0]], xy[edges.ends[:, 1]]
    along = b - a
    sides = np.zeros((2, len(along)))
    for side in range(2):
        third = _third(mesh, side)
        offset = xy[third] - a
        sides[side] = along[:, 0] * offset[:, 1] - along[:, 1] * offset[:, 0]
    contour = two & (sides[0] * sides[1] > 0)
    straight = _straightness(mesh)
    limit = np.where(
        edges.normal_split, cos(radians(crease_degrees)), cos(radians(min(crease_degrees * _SMOOTH, 150)))
    )
    sharp = two & (straight < limit)
    apart = two & (mesh.part[edges.faces[:, 0]] != mesh.part[edges.faces[:, 1]])
    seam = apart | (two & edges.uv_split & _cut_by_hand(mesh)) | (edges.count > 2)
    return {
        LineKind.BORDER: np.flatnonzero(edges.count == 1),
        LineKind.FOLD: np.flatnonzero(contour),
        LineKind.SEAM: np.flatnonzero(seam),
        LineKind.CREASE: np.flatnonzero(sharp & ~seam),
    }


def _cut_by_hand(mesh: WeldedMesh) -> NDArray[np.bool_]:
    """For each edge, whether the texture charts of its layer can be the panels of a pattern. Where software has cut
    them into scraps, their borders are no seams.
    """
    edges = mesh.edges
    owner = mesh.layer[edges.faces[:, 0]]
    ends = mesh.points[edges.ends]
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1) * edges.uv_split
    corners = mesh.points[mesh.triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    most = _MOST_SEAMS * np.sqrt(np.bincount(mesh.layer, weights=area))
    return np.asarray((np.bincount(owner, weights=length, minlength=len(most)) <= most)[owner])


def _third(mesh: WeldedMesh, side: int) -> Index:
    """The corner of each edge's triangle that is not on the edge (any, where there is no such triangle)."""
    ends = mesh.edges.ends
    corners = mesh.triangles[mesh.edges.faces[:, side]]
    on_it = (corners == ends[:, :1]) | (corners == ends[:, 1:])
    return np.asarray(corners[np.arange(len(corners)), (~on_it).argmax(axis=1)])


def _straightness(mesh: WeldedMesh) -> Array:
    """The cosine between the triangles of each edge, whichever way each is wound; 1 where there is one only."""
    edges = mesh.edges
    first, second = edges.faces.T
    cosine = np.einsum("ij,ij->i", mesh.normals[first], mesh.normals[second])
    # Two triangles that are wound alike run along their edge in opposite directions.
    same = _runs(mesh, 0) == _runs(mesh, 1)
    cosine[same] *= -1
    cosine[second < 0] = 1.0
    return np.asarray(cosine)


def _runs(mesh: WeldedMesh, side: int) -> NDArray[np.bool_]:
    """Whether the triangle runs from the edge's first end to its second."""
    corners = mesh.triangles[mesh.edges.faces[:, side]]
    at = (corners == mesh.edges.ends[:, :1]).argmax(axis=1)
    following = corners[np.arange(len(corners)), (at + 1) % 3]
    return np.asarray(following == mesh.edges.ends[:, 1])


@dataclass(frozen=True, kw_only=True, eq=False)
class _Samples:
    """Points along edges, about one a pixel: ``edge`` int64[s] counts the edges given, ``share`` 0..1 along them."""

    edge: Index
    share: Array
    xy: Array
    away: Array


def _sampled(mesh: WeldedMesh, sheet: Sheet, chosen: Index) -> _Samples:
    a, b = mesh.edges.ends[chosen].T
    length = np.linalg.norm(sheet.xy[b] - sheet.xy[a], axis=1)
    count = np.maximum(np.ceil(length).astype(np.int64) + 1, 2)
    edge = np.repeat(np.arange(len(chosen)), count)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    share = number / (count[edge] - 1)
    xy = sheet.xy[a][edge] * (1 - share)[:, None] + sheet.xy[b][edge] * share[:, None]
    away = sheet.away[a][edge] * (1 - share) + sheet.away[b][edge] * share
    return _Samples(edge=edge, share=share, xy=xy, away=away)


def looked_up(image: NDArray[np.float32] | NDArray[np.uint8], xy: Array) -> Array:
    """The pixel under each point; the nearest one for points outside."""
    height, width = image.shape
    x = np.clip(np.floor(xy[:, 0]).astype(np.int64), 0, width - 1)
    y = np.clip(np.floor(xy[:, 1]).astype(np.int64), 0, height - 1)
    return image[y, x].astype(np.float64)


def furthest_near(metres: NDArray[np.float32]) -> NDArray[np.float32]:
    """The greatest distance about each pixel. A line on a slope, and one on an outline, lies behind its own pixel's
    centre by as much as a neighbour's does: what is no further than that is seen.
    """
    return np.asarray(cv2.dilate(metres, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE), np.float32)


def visible(
    mesh: WeldedMesh, sheet: Sheet, chosen: Index, far: NDArray[np.float32], *, sunk: float = _BIAS
) -> Segments:
    """The visible pieces of the chosen edges. ``far`` is :func:`furthest_near` of the sheet; ``sunk`` is how deep, as
    a share of the design's size, an edge may lie under what hides it and still be seen.
    """
    samples = _sampled(mesh, sheet, chosen)
    seen = samples.away <= looked_up(far, samples.xy) + sunk * sheet.size
    return _pieces(mesh, chosen, samples, seen)


def folds(
    mesh: WeldedMesh, sheet: Sheet, chosen: Index, far: NDArray[np.float32], least: Array
) -> tuple[Segments, Array]:
    """The visible pieces of contour edges behind which the surface lies deeper by at least ``least`` metres
    (float64[k], for each edge), and how many times as much for each piece.
    """
    samples = _sampled(mesh, sheet, chosen)
    seen = samples.away <= looked_up(far, samples.xy) + _BIAS * sheet.size
    a, b = mesh.edges.ends[chosen].T
    along = sheet.xy[b] - sheet.xy[a]
    length = np.maximum(np.linalg.norm(along, axis=1), 1e-12)
    normal = np.stack([along[:, 1], -along[:, 0]], axis=1) / length[:, None]
    inside = sheet.xy[_third(mesh, 0)[chosen]] - sheet.xy[a]
    normal[np.einsum("ij,ij->i", normal, inside) > 0] *= -1
    beyond = looked_up(sheet.seen.metres, samples.xy + _SIDEWAYS * normal[samples.edge])
    deeper = np.minimum(beyond - samples.away, 10 * sheet.size)
    seen &= deeper >= least[samples.edge]
    pieces = _pieces(mesh, chosen, samples, seen)
    depth = np.zeros(len(chosen))
    np.maximum.at(depth, samples.edge[seen], (deeper / least[samples.edge])[seen])
    return pieces, depth[samples.edge[_runs_of(samples, seen)[0]]]


def _runs_of(samples: _Samples, seen: NDArray[np.bool_]) -> tuple[Index, Index]:
    """First and last sample of each run of visible ones within one edge."""
    new = np.ones(len(seen), dtype=bool)
    new[1:] = samples.edge[1:] != samples.edge[:-1]
    before = np.zeros(len(seen), dtype=bool)
    before[1:] = seen[:-1]
    starts = np.flatnonzero(seen & (new | ~before))
    last = np.ones(len(seen), dtype=bool)
    last[:-1] = new[1:]
    after = np.zeros(len(seen), dtype=bool)
    after[:-1] = seen[1:]
    ends = np.flatnonzero(seen & (last | ~after))
    return starts, ends


def _pieces(mesh: WeldedMesh, chosen: Index, samples: _Samples, seen: NDArray[np.bool_]) -> Segments:
    starts, ends = _runs_of(samples, seen)
    pieces = np.stack([samples.xy[starts], samples.xy[ends]], axis=1)
    layer = mesh.layer[mesh.edges.faces[chosen[samples.edge[starts]], 0]]
    return Segments(ends=pieces, layer=layer)
