"""Technical flats: a design as the clean line drawing that a tech pack shows.

Outlines, folds, borders, seams and creases are edges of the mesh (contour edges after Appel, 1967); what is hidden
is found against a distance buffer of the same view, and what is left is joined to long lines, smoothed by a fraction
of a millimetre and cleared of specks. The projection is orthographic, straight from the side, at a stated scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets import framing
from assets.flat import Flat, Line, LineKind
from assets.scene import Scene
from renderers import flat_chains as chains
from renderers import flat_edges
from renderers.flat_chains import Chain
from renderers.flat_drawing import Drawing
from renderers.flat_edges import Segments, Sheet
from renderers.flat_mesh import Array, WeldedMesh, soup, weld
from renderers.flat_outline import outlines
from renderers.flat_page import Page, Raster, place, raster, scale_of
from renderers.flat_stitches import Stitches, pieces, stitches
from renderers.opengl import OpenGLRenderer

_ERROR = 0.3  # pixels of the working picture that dense meshes may be off by
_FOLD_LEAST, _FOLD_SEED = 0.0015, 0.004  # of the design's size: how deep a fold is where it ends, and at its deepest
_TRIM_SHARE = 0.15  # of these, for small pieces of their own
_TURNS_MM = 7.0  # that two layers' outlines may take turns in
_JOIN_MM, _BRIDGE_MM = 0.18, 0.5
_LEAP_MM, _LEAP_STRAIGHT = 4.0, -0.9  # a gap that a line leaps when it goes on straight behind it
_FACETED = 0.25  # share of sharp-shaded edges from which on a mesh is meant to have flat faces


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
    drawn = Drawing(paper, _fineness(mesh, sheet) / mm)
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
    return [*drawn.finished(), *_dashes(thread, sheet, paper, far)]


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


def _dashes(thread: Stitches, sheet: Sheet, paper: Raster, far: NDArray[np.float32]) -> list[Line]:
    xy, away = paper.project(thread.ends.reshape(-1, 3))
    seen = (away <= flat_edges.looked_up(far, xy) + 1e-3 * sheet.size).reshape(-1, 2).all(axis=1)
    pages = paper.to_page(xy).reshape(-1, 2, 2)
    return [
        Line(kind=LineKind.STITCH, points=pages[i], layer=sheet.seen.layers[thread.layer[i]])
        for i in np.flatnonzero(seen)
    ]
