"""Quads on a surface: turned outwards, subdivided, drawn onto a field and evenly spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets.generators.mannequin_cage import PARTS, Cage
from assets.generators.mannequin_field import Array, Field, project

Quads = NDArray[np.int64]
_HANDS: Final = (PARTS.index("hand-l"), PARTS.index("hand-r"))


@dataclass(frozen=True, kw_only=True, eq=False)
class Fine:
    """A subdivided cage: ``quads`` all face outwards; ``seams`` bool by edge in ``edges``."""

    points: Array
    quads: Quads
    part: NDArray[np.int64]
    seams: set[tuple[int, int]]


def oriented(quads: Quads, points: Array) -> Quads:
    """The quads of a closed surface turned so that all of them face outwards."""
    found = quads.copy()
    users: dict[tuple[int, int], list[int]] = {}
    for number, quad in enumerate(quads.tolist()):
        for k in range(4):
            a, b = quad[k], quad[(k + 1) % 4]
            users.setdefault((min(a, b), max(a, b)), []).append(number)
    seen = np.zeros(len(quads), dtype=bool)
    stack = [0]
    seen[0] = True
    while stack:
        number = stack.pop()
        quad = found[number].tolist()
        for k in range(4):
            a, b = quad[k], quad[(k + 1) % 4]
            for other in users[min(a, b), max(a, b)]:
                if seen[other]:
                    continue
                seen[other] = True
                theirs = found[other].tolist()
                at = theirs.index(a)
                if theirs[(at + 1) % 4] == b:
                    found[other] = found[other][::-1]
                stack.append(other)
    p = points[found]
    volume = float(np.einsum("ij,ij->i", p[:, 0], np.cross(p[:, 1], p[:, 2]) + np.cross(p[:, 2], p[:, 3])).sum())
    return found if volume > 0 else found[:, ::-1].copy()


def edges_of(quads: Quads) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """int64[e, 2], each once and sorted, and int64[m, 4]: which of them a quad's sides are."""
    sides = np.sort(np.stack([quads, np.roll(quads, -1, axis=1)], axis=2).reshape(-1, 2), axis=1)
    edges, inverse = np.unique(sides, axis=0, return_inverse=True)
    return edges, inverse.reshape(-1, 4)


def subdivided(fine: Fine) -> Fine:
    """One step of Catmull and Clark's rules ("Recursively generated B-spline surfaces on arbitrary topological
    meshes", 1978) on a closed surface.
    """
    points, quads = fine.points, fine.quads
    edges, sides = edges_of(quads)
    count = len(points)
    middle = points[quads].mean(axis=1)
    touching = np.zeros((len(edges), 3))
    np.add.at(touching, sides.reshape(-1), np.repeat(middle, 4, axis=0))
    on_edge = (points[edges].sum(axis=1) + touching) / 4
    valence = np.bincount(edges.reshape(-1), minlength=count).astype(np.float64)[:, None]
    near_edges, near_faces = np.zeros((count, 3)), np.zeros((count, 3))
    for k in range(2):
        np.add.at(near_edges, edges[:, k], points[edges].mean(axis=1))
    np.add.at(near_faces, quads.reshape(-1), np.repeat(middle, 4, axis=0))
    moved = (near_faces / valence + 2 * near_edges / valence + (valence - 3) * points) / valence
    first_edge, first_face = count, count + len(edges)
    face = first_face + np.arange(len(quads))
    side = first_edge + sides
    new = [np.stack([quads[:, k], side[:, k], face, side[:, k - 1]], axis=1) for k in range(4)]
    where = {(int(a), int(b)): first_edge + k for k, (a, b) in enumerate(edges)}
    seams = set()
    for a, b in fine.seams:
        m = where[a, b]
        seams |= {(a, m), (b, m)}
    return Fine(
        points=np.concatenate([moved, on_edge, middle]),
        quads=np.stack(new, axis=1).reshape(-1, 4),
        part=np.repeat(fine.part, 4),
        seams=seams,
    )


def fitted(made: Cage, field_: Field, *, levels: int = 2) -> Fine:
    """The cage subdivided onto the field's surface, its points evenly spread."""
    used, flat = np.unique(np.array(made.quads, dtype=np.int64), return_inverse=True)
    points = np.array(made.points)[used]
    where = {int(old): new for new, old in enumerate(used)}
    seams = {(where[a], where[b]) for a, b in made.seams}
    quads = oriented(flat.reshape(-1, 4), points)
    fine = Fine(points=points, quads=quads, part=np.array(made.part, dtype=np.int64), seams=seams)
    for step in range(levels):
        fine = subdivided(fine)
        twin = _twins(fine.points)
        settled = project(field_, fine.points, steps=6, most=0.008)
        settled = spread(settled, fine, field_, twin, rounds=6 if step else 4)
        fine = Fine(points=settled, quads=fine.quads, part=fine.part, seams=fine.seams)
    return fine


def _twins(points: Array) -> NDArray[np.int64]:
    """Which point is each one's mirror image: int64[n]."""
    _, twin = cKDTree(points).query(points * np.array([-1.0, 1.0, 1.0]))
    return np.asarray(twin, dtype=np.int64)


def normals_of(points: Array, quads: Quads) -> Array:
    """Unit normals at the points, weighted by area: float64[n, 3]."""
    p = points[quads]
    face = np.cross(p[:, 2] - p[:, 0], p[:, 3] - p[:, 1])
    total = np.zeros_like(points)
    np.add.at(total, quads.reshape(-1), np.repeat(face, 4, axis=0))
    unit: Array = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
    return unit


def spread(points: Array, fine: Fine, field_: Field, twin: NDArray[np.int64], *, rounds: int) -> Array:
    """The points moved along the surface towards the middle of their neighbours; little in the hands, whose
    tips would lose theirs.
    """
    quads = fine.quads
    edges, _ = edges_of(quads)
    pace = np.full((len(points), 1), 0.5)
    pace[np.unique(quads[np.isin(fine.part, _HANDS)])] = 0.08
    valence = np.bincount(edges.reshape(-1), minlength=len(points)).astype(np.float64)[:, None]
    for _ in range(rounds):
        total = np.zeros_like(points)
        np.add.at(total, edges[:, 0], points[edges[:, 1]])
        np.add.at(total, edges[:, 1], points[edges[:, 0]])
        move = total / valence - points
        normal = normals_of(points, quads)
        move -= normal * np.einsum("ij,ij->i", move, normal)[:, None]
        points = project(field_, points + pace * move, steps=2, most=0.004)
        points = (points + points[twin] * np.array([-1.0, 1.0, 1.0])) / 2
    return points
