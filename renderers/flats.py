"""Technical flats: a design as the clean line drawing that a tech pack shows.

Outlines, folds, borders, seams and creases are edges of the mesh (contour edges after Appel, 1967); what is hidden
is found against a distance buffer of the same view, and what is left is joined to long lines, smoothed by a fraction
of a millimetre and cleared of specks. The projection is orthographic, straight from the side, at a stated scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets import framing
from assets.flat import Flat, Line, LineKind
from assets.scene import Scene
from renderers import flat_chains as chains
from renderers import flat_edges
from renderers.flat_chains import Chain
from renderers.flat_edges import Segments, Sheet
from renderers.flat_mesh import Array, WeldedMesh, soup, weld
from renderers.flat_outline import outlines
from renderers.flat_page import Page, Raster, place, raster, scale_of
from renderers.flat_stitches import Stitches, pieces, stitches
from renderers.opengl import OpenGLRenderer

_ERROR = 0.3  # pixels of the working picture that dense meshes may be off by
_FOLD_LEAST, _FOLD_SEED = 0.0015, 0.004  # of the design's size: how deep a fold is where it ends, and at its deepest
_TRIM_SHARE = 0.15  # of these, for small pieces of their own
_SHORTEST_MM: Mapping[LineKind, float] = {
    LineKind.SILHOUETTE: 2.0,
    LineKind.BORDER: 1.5,
    LineKind.FOLD: 3.5,
    LineKind.SEAM: 2.5,
    LineKind.CREASE: 4.0,
}
_TURNS_MM = 3.5  # that two layers' outlines may take turns in
_JOIN_MM, _BRIDGE_MM = 0.18, 0.5
_LEAP_MM, _LEAP_STRAIGHT = 4.0, -0.9  # a gap that a line leaps when it goes on straight behind it
_SMOOTH_MM: Mapping[LineKind, float] = {
    LineKind.SILHOUETTE: 0.4,
    LineKind.BORDER: 0.5,
    LineKind.FOLD: 0.6,
    LineKind.SEAM: 0.8,
    LineKind.CREASE: 0.4,
}
_SMOOTH_EDGE, _SMOOTH_SEAM, _SMOOTHEST_MM = (
    0.35,
    0.7,
    2.5,
)  # of the mesh's edges, so that a coarse mesh has curves too
_FACETED = 0.25  # share of sharp-shaded edges from which on a mesh is meant to have flat faces
_TOLERANCE_MM = 0.03
_CORNER = 32.0  # degrees that a line may turn at once without being rounded
_TOUCH_MM: Mapping[LineKind, float] = {  # a lighter line this near to a heavier one says nothing
    LineKind.SILHOUETTE: 0.3,
    LineKind.BORDER: 0.4,
    LineKind.FOLD: 0.6,
    LineKind.SEAM: 0.9,
    LineKind.CREASE: 0.7,
}
_CROSSING_MM = 1.0  # unless it only crosses it
_LEFT_OVER_MM = 6.0  # what is left of a line that ran along another one
_REACH_MM, _LOOK_BACK_MM, _CONE = 12.0, 4.0, 0.94  # how far and how straight ahead (cosine) a seam goes on
_ALONE = 2.0  # how much longer a line must be that touches no other


def flat(
    renderer: OpenGLRenderer,
    scene: Scene,
    view: str,
    *,
    page: Page | None = None,
    views: Sequence[str] = (),
    crease_degrees: float = 40.0,
) -> Flat:
    """The drawing of a scene from a side: "front", "back", "left", "right", "three-quarter", "top", ….

    ``views`` are others that get the same scale. ``crease_degrees`` is how sharp an edge must be to be drawn.
    Raises ContentError ``scene.empty``, ``view.unknown``, ``flat.does_not_fit``.
    """
    page = page or Page()
    scene = replace(scene, draws=framing.drawn(scene.draws))
    draws = scene.draws
    at = place(draws, view)
    scale = scale_of([at, *(place(draws, other) for other in views if other != view)], page)
    paper = raster(at, scale, page)
    seen = renderer.distances(scene, paper.view(), paper.width, paper.height)
    mesh = weld(soup(draws, seen.layers, _ERROR * paper.metre))
    xy, away = paper.project(mesh.points)
    sheet = Sheet(xy=xy, away=away, seen=seen, size=at.size)
    return Flat(
        view=view,
        width_mm=page.width_mm,
        height_mm=page.height_mm,
        scale=scale,
        lines=tuple(_lines(mesh, sheet, paper, crease_degrees)),
    )


def _lines(mesh: WeldedMesh, sheet: Sheet, paper: Raster, crease_degrees: float) -> list[Line]:
    mm = paper.pixels_per_mm
    parts = pieces(mesh)
    thread = stitches(mesh, parts)
    chosen = flat_edges.classify(mesh, sheet, crease_degrees)
    chosen = {kind: numbers[~thread.triangles[mesh.edges.faces[numbers, 0]]] for kind, numbers in chosen.items()}
    far = flat_edges.furthest_near(sheet.seen.metres)
    border = flat_edges.visible(mesh, sheet, chosen[LineKind.BORDER], far)
    contour = flat_edges.visible(mesh, sheet, chosen[LineKind.FOLD], far)
    drawn = _Drawn(paper, _fineness(mesh, sheet) / mm)
    for number, layer in enumerate(sheet.seen.layers):
        exact = _along(border, contour, layer=number)
        rings = outlines(sheet.seen, number, exact, smallest=0.5 * mm * mm, gap=round(_TURNS_MM * mm))
        drawn.add(LineKind.SILHOUETTE, layer, rings)
    # What is a piece of its own, a button on a placket, is drawn however little it stands out.
    shallow = np.where(parts.trims()[mesh.edges.faces[chosen[LineKind.FOLD], 0]], _TRIM_SHARE, 1.0) * sheet.size
    fold, depth = flat_edges.folds(mesh, sheet, chosen[LineKind.FOLD], far, _FOLD_LEAST * shallow)
    found = {
        LineKind.BORDER: flat_edges.visible(mesh, sheet, chosen[LineKind.BORDER], far, sunk=flat_edges.SUNK),
        LineKind.FOLD: fold,
        LineKind.SEAM: flat_edges.visible(mesh, sheet, chosen[LineKind.SEAM], far, sunk=flat_edges.SUNK),
        LineKind.CREASE: flat_edges.visible(mesh, sheet, chosen[LineKind.CREASE], far),
    }
    plain = {LineKind.BORDER: border, LineKind.SEAM: flat_edges.visible(mesh, sheet, chosen[LineKind.SEAM], far)}
    for kind, segments in found.items():
        for number, layer in enumerate(sheet.seen.layers):
            own = segments.layer == number
            lines = chains.chained(segments.ends[own], _JOIN_MM * mm)
            if kind is LineKind.FOLD:
                lines = _deep(lines, segments.ends[own], depth[own], _FOLD_SEED / _FOLD_LEAST)
            if kind in plain:
                lines = _surfacing(lines, _along(plain[kind], layer=number)[0])
            lines = chains.joined(lines, _BRIDGE_MM * mm)
            drawn.add(kind, layer, chains.joined(lines, _LEAP_MM * mm, sharpest=_LEAP_STRAIGHT))
    drawn.reach()
    return [*_met(drawn.lines), *_dashes(thread, sheet, paper, far)]


class _Drawn:
    """The lines so far, and where they lie, so that a lighter line does not run along a heavier one."""

    def __init__(self, paper: Raster, fineness_mm: float) -> None:
        self.lines: list[Line] = []
        self._paper = paper
        self._fineness_mm = fineness_mm
        self._apart = np.full((paper.height, paper.width), np.inf, dtype=np.float32)  # pixels to the next line
        self._ink = np.full((paper.height, paper.width), 255, dtype=np.uint8)

    def add(self, kind: LineKind, layer: str, found: Sequence[Chain]) -> None:
        mm = self._paper.pixels_per_mm
        fresh: list[Chain] = []
        for points, closed in found:
            rough = _SMOOTH_SEAM if kind is LineKind.SEAM else _SMOOTH_EDGE
            sigma = max(_SMOOTH_MM[kind], min(rough * self._fineness_mm, _SMOOTHEST_MM))
            soft = chains.smoothed(points, closed, sigma=sigma * mm, corner=_CORNER)
            shortest = _SHORTEST_MM[kind] * mm
            parts = self._free(soft, closed, _TOUCH_MM[kind] * mm)
            if len(parts) != 1 or parts[0][0] is not soft:
                parts = [part for part in parts if self._worth(part[0], _TOUCH_MM[kind] * mm)]
            fresh += [part for part in parts if chains.length(*part) >= shortest * self._alone(kind, *part)]
        for points, closed in fresh:
            ring = [np.round(points * 16).astype(np.int32).reshape(-1, 1, 2)]
            cv2.polylines(self._ink, ring, closed, 0, thickness=1, shift=4)
            short = chains.simplified(points, closed, _TOLERANCE_MM * mm)
            self.lines.append(Line(kind=kind, points=self._paper.to_page(short), closed=closed, layer=layer))
        if fresh:
            self._apart = np.asarray(cv2.distanceTransform(self._ink, cv2.DIST_L2, 3), np.float32)

    def reach(self) -> None:
        """Takes seams that end in the open to the line that they were about to meet: cloth that rolls over a seam
        hides its last bit, but a seam ends at a seam, a border or an outline.
        """
        mm = self._paper.pixels_per_mm
        middle = np.array([self._paper.width / 2, self._paper.height / 2])
        page = np.array([self._paper.page.width_mm / 2, self._paper.page.height_mm / 2])
        for i, line in enumerate(self.lines):
            if line.kind is not LineKind.SEAM or line.closed:
                continue
            points = line.points
            for _ in range(2):
                tip = (points[0] - page) * mm + middle
                inner = points[np.flatnonzero(np.linalg.norm(points - points[0], axis=1) >= _LOOK_BACK_MM)[:1]]
                way = points[0] - (inner[0] if len(inner) else points[-1])
                met = self._ahead(tip, way / max(float(np.linalg.norm(way)), 1e-9), _REACH_MM * mm)
                if met is not None:
                    points = np.vstack([(met - middle) / mm + page, points])
                points = points[::-1]
            self.lines[i] = replace(line, points=points)

    def _ahead(self, tip: Array, way: Array, far: float) -> Array | None:
        """The nearest inked pixel in a narrow cone ahead of a tip that no ink is at."""
        mm = self._paper.pixels_per_mm
        left, top = (max(int(v - far), 0) for v in tip)
        window = self._ink[top : int(tip[1] + far) + 1, left : int(tip[0] + far) + 1]
        y, x = np.nonzero(window == 0)
        offset = np.stack([x + left, y + top], axis=1) + 0.5 - tip
        distance = np.linalg.norm(offset, axis=1)
        along = offset @ way
        # Its own last pixels are at the tip, and behind it.
        if ((distance < 1.5 * mm) & (along > -0.3 * distance) & (distance > 3)).any():
            return None
        fits = np.flatnonzero((along > _CONE * distance) & (distance >= 1.5 * mm) & (distance <= far))
        if not len(fits):
            return None
        return np.asarray(tip + offset[fits[distance[fits].argmin()]])

    def _worth(self, points: Array, touch: float) -> bool:
        """Whether what is left of a cut line says something: it is long, and goes away from what it was cut by."""
        away = flat_edges.looked_up(self._apart, points).max()
        long = chains.length(points, closed=False) >= _LEFT_OVER_MM * self._paper.pixels_per_mm
        return bool(long and away >= 2 * touch)

    def _alone(self, kind: LineKind, points: Array, closed: bool) -> float:
        """What a line's least length is multiplied by: a short one that hangs in the air is dirt."""
        if closed or kind is LineKind.SILHOUETTE:
            return 1.0
        near = flat_edges.looked_up(self._apart, points[[0, -1]]) <= 1.5 * self._paper.pixels_per_mm
        return 1.0 if near.any() else _ALONE

    def _free(self, points: Array, closed: bool, touch: float) -> list[Chain]:
        """The parts of a line that lie apart from what is drawn already."""
        crossing = _CROSSING_MM * self._paper.pixels_per_mm
        ring = np.vstack([points, points[:1]]) if closed else points
        taken = flat_edges.looked_up(self._apart, ring) < touch
        if not taken.any():
            return [(points, closed)]
        run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
        steps = np.diff(np.concatenate([[0], taken.astype(np.int8), [0]]))
        for a, b in zip(np.flatnonzero(steps > 0), np.flatnonzero(steps < 0), strict=True):
            inner = a > 0 and b < len(ring)
            # A line that only crosses another, or ends at it, does not run along it.
            if run[b - 1] - run[a] <= (crossing + 2 * touch if inner else 1.6 * touch):
                taken[a:b] = False
        if not taken.any():
            return [(points, closed)]
        steps = np.diff(np.concatenate([[0], (~taken).astype(np.int8), [0]]))
        starts, ends = np.flatnonzero(steps > 0), np.flatnonzero(steps < 0)
        # Each part reaches into what it meets, so that no gap is left between them.
        return [(ring[max(a - 2, 0) : b + 2], False) for a, b in zip(starts, ends, strict=True) if b - a > 1]


def _fineness(mesh: WeldedMesh, sheet: Sheet) -> float:
    """The length of the mesh's typical edge in pixels; 0 for one of flat faces, which nothing is to round."""
    if not len(mesh.edges.ends) or mesh.edges.normal_split.mean() > _FACETED:
        return 0.0
    a, b = mesh.edges.ends.T
    length = np.linalg.norm(mesh.points[a] - mesh.points[b], axis=1)
    spread = float(np.ptp(sheet.xy, axis=0).max()) / sheet.size
    return float(np.median(length)) * spread


def _along(*segments: Segments, layer: int) -> tuple[Array, Array]:
    """Points about a pixel apart on a layer's visible edges, with their directions."""
    ends = np.concatenate([s.ends[s.layer == layer] for s in segments])
    way = ends[:, 1] - ends[:, 0]
    length = np.linalg.norm(way, axis=1)
    ends, way, length = ends[length > 1e-9], way[length > 1e-9], length[length > 1e-9]
    way = way / length[:, None]
    count = np.ceil(length).astype(np.int64) + 1
    number = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    edge = np.repeat(np.arange(len(ends)), count)
    at = number / np.maximum(count[edge] - 1, 1) * length[edge]
    return ends[edge, 0] + at[:, None] * way[edge], way[edge]


def _deep(lines: Sequence[Chain], ends: Array, depth: Array, least: float) -> list[Chain]:
    """The folds that are deep somewhere: what is shallow all along is the mesh's own unevenness. ``depth`` is that of
    each segment, and ``least`` the depth wanted, as multiples of what is drawn at all.
    """
    deepest: dict[tuple[float, float], float] = {}
    for pair, times in zip(np.round(ends, 3), depth, strict=True):
        for x, y in pair:
            deepest[x, y] = max(deepest.get((x, y), 0.0), times)
    return [line for line in lines if max(deepest.get((x, y), 0.0) for x, y in np.round(line[0], 3)) >= least]


def _surfacing(lines: Sequence[Chain], seen: Array) -> list[Chain]:
    """Lines from where they are seen first to where they are last: between, a seam may sink into the cloth and a
    border into what it lies on, but none goes on under the layer above.
    """
    if not len(seen):
        return []
    tree = cKDTree(seen)
    found: list[Chain] = []
    for points, closed in lines:
        fine = chains.resampled(points, closed, 1.0)
        open_air = np.isfinite(tree.query(fine, distance_upper_bound=1.5)[0])
        if open_air.all():
            found.append((points, closed))
        elif open_air.any():
            if closed:  # begins where it is hidden
                hidden = np.flatnonzero(~open_air)
                fine, open_air = np.roll(fine, -int(hidden[0]), axis=0), np.roll(open_air, -int(hidden[0]))
            at = np.flatnonzero(open_air)
            found.append((fine[at[0] : at[-1] + 1], False))
    return [line for line in found if len(line[0]) > 1]


def _met(lines: Sequence[Line]) -> list[Line]:
    """Lines of different kinds that go on into one another, where a seam turns into a fold, without a gap."""
    tips, ways, owner = [], [], []
    for i, line in enumerate(lines):
        if line.kind is LineKind.SILHOUETTE or line.closed:
            continue
        for points in (line.points, line.points[::-1]):
            inner = points[np.flatnonzero(np.linalg.norm(points - points[0], axis=1) >= 1.5)[:1]]
            way = points[0] - (inner[0] if len(inner) else points[-1])
            tips.append(points[0])
            ways.append(way / max(float(np.linalg.norm(way)), 1e-9))
            owner.append(i)
    if not tips:
        return list(lines)
    at, out = np.array(tips), np.array(ways)
    pairs = cKDTree(at).query_pairs(_LEAP_MM, output_type="ndarray")
    gap = at[pairs[:, 1]] - at[pairs[:, 0]]
    far = np.linalg.norm(gap, axis=1)
    ahead = np.minimum(
        np.einsum("ij,ij->i", gap, out[pairs[:, 0]]), -np.einsum("ij,ij->i", gap, out[pairs[:, 1]])
    ) / np.maximum(far, 1e-9)
    straight = np.einsum("ij,ij->i", out[pairs[:, 0]], out[pairs[:, 1]])
    fits = (far > 1e-6) & (ahead > -_LEAP_STRAIGHT) & (straight < _LEAP_STRAIGHT)
    found, used = list(lines), set()
    for a, b in pairs[fits][np.argsort(far[fits], kind="stable")].tolist():
        if a in used or b in used or owner[a] == owner[b]:
            continue
        used |= {a, b}
        line, end = found[owner[a]], at[b][None]
        first = np.array_equal(line.points[0], at[a])
        found[owner[a]] = replace(line, points=np.vstack([end, line.points] if first else [line.points, end]))
    return found


def _dashes(thread: Stitches, sheet: Sheet, paper: Raster, far: NDArray[np.float32]) -> list[Line]:
    xy, away = paper.project(thread.ends.reshape(-1, 3))
    seen = (away <= flat_edges.looked_up(far, xy) + 1e-3 * sheet.size).reshape(-1, 2).all(axis=1)
    pages = paper.to_page(xy).reshape(-1, 2, 2)
    return [
        Line(kind=LineKind.STITCH, points=pages[i], layer=sheet.seen.layers[thread.layer[i]])
        for i in np.flatnonzero(seen)
    ]
