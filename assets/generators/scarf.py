"""A woollen scarf wound once round the neck, both ends hanging in front, with fringes.

Its middle line runs over the figure's skin at a height that grows as one turn comes to lie on the other; the folded
cloth is swept along it and kept off the skin.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d

from assets import catalogue
from assets.generators.drape_body import Body, body
from assets.generators.lofts import grid_normals, runs, surface, tube, unit
from assets.generators.solids import joined
from assets.model import Material, Mesh, Model, Node, Primitive

Array = NDArray[np.float64]

NAME: Final = "scarf"
FIGURE: Final = "mannequin-female"
BOX: Final = ((-0.26, 0.86, -0.22), (0.26, 1.64, 0.26))
ROWS: Final = 190
ACROSS: Final = 30
THICK: Final = 0.0042
"""Metres that the brushed wool is thick."""
FRINGE: Final = 0.070
STRANDS: Final = 30
"""At each end."""

_FOLDS: Final = 2.6
# Left to right of the figure, up, forward; off the skin; width as folded; depth of the folds. Metres, from one end
# to the other.
_LINE: Final = (
    (0.082, 1.035, 0.110, 0.016, 0.150, 0.0030),
    (0.081, 1.120, 0.115, 0.016, 0.142, 0.0036),
    (0.080, 1.220, 0.130, 0.016, 0.132, 0.0042),
    (0.079, 1.310, 0.140, 0.016, 0.122, 0.0050),
    (0.078, 1.380, 0.105, 0.016, 0.112, 0.0060),
    (0.078, 1.440, 0.055, 0.015, 0.104, 0.0064),
    (0.077, 1.488, 0.000, 0.014, 0.100, 0.0064),
    (0.060, 1.514, -0.060, 0.014, 0.100, 0.0064),
    (0.000, 1.524, -0.100, 0.014, 0.100, 0.0064),
    (-0.062, 1.513, -0.055, 0.015, 0.100, 0.0064),
    (-0.080, 1.496, -0.005, 0.018, 0.102, 0.0066),
    (-0.060, 1.474, 0.040, 0.024, 0.108, 0.0070),
    (0.000, 1.458, 0.070, 0.031, 0.112, 0.0074),
    (0.060, 1.472, 0.045, 0.036, 0.108, 0.0070),
    (0.088, 1.500, -0.005, 0.036, 0.102, 0.0066),
    (0.066, 1.523, -0.068, 0.036, 0.100, 0.0064),
    (0.000, 1.534, -0.118, 0.036, 0.100, 0.0064),
    (-0.066, 1.520, -0.068, 0.037, 0.100, 0.0064),
    (-0.086, 1.492, 0.000, 0.040, 0.100, 0.0064),
    (-0.082, 1.440, 0.062, 0.040, 0.106, 0.0064),
    (-0.078, 1.375, 0.120, 0.034, 0.114, 0.0060),
    (-0.076, 1.300, 0.150, 0.024, 0.122, 0.0050),
    (-0.074, 1.210, 0.140, 0.018, 0.132, 0.0042),
    (-0.072, 1.100, 0.125, 0.016, 0.142, 0.0036),
    (-0.070, 0.985, 0.115, 0.016, 0.152, 0.0030),
)


def skin() -> Body:
    """The neck, shoulders and chest that the scarf lies on."""
    return body(catalogue.model(FIGURE).meshes[0].primitives[0], *BOX)


def _middle(on: Body) -> tuple[Array, Array, Array]:
    """The middle line float64[rows, 3], its normals, and for each row its height off the skin, width and folds."""
    table = np.array(_LINE)
    spline = CubicSpline(runs(table[:, :3]), table, bc_type="natural")
    fine = spline(np.linspace(0, spline.x[-1], 4000))
    way = runs(fine[:, :3])
    at = np.linspace(0, way[-1], ROWS)
    row = np.stack([np.interp(at, way, fine[:, i]) for i in range(6)], axis=1)
    line, facts = row[:, :3], row[:, 3:]
    hanging = line[:, 1] < 1.33
    for _ in range(8):
        far, out = on(line)
        need = facts[:, 0] - far
        need = np.where(hanging, np.clip(need, 0, None), need)
        line = line + 0.7 * out * need[:, None]
        line = gaussian_filter1d(line, 1.5, axis=0, mode="nearest")
    _, out = on(line)
    out[hanging] = unit(out[hanging] * [0.6, 0.0, 1.0])
    out = unit(gaussian_filter1d(out, 5.0, axis=0, mode="nearest"))
    tangent = unit(np.gradient(line, axis=0))
    out = unit(out - tangent * np.einsum("ij,ij->i", out, tangent)[:, None])
    return line, out, facts


def folded(on: Body) -> tuple[Array, Array]:
    """The middle layer of the cloth float64[rows, across, 3] and its normals."""
    line, out, facts = _middle(on)
    tangent = unit(np.gradient(line, axis=0))
    side = np.cross(out, tangent)
    way = runs(line)
    w = np.linspace(-1, 1, ACROSS)
    off, wide, deep = (facts[:, i][:, None] for i in range(3))
    drift = 0.55 * np.sin(way / 0.075)[:, None] + 0.35 * np.sin(way / 0.031 + 1.0)[:, None]
    fold = np.cos(np.pi * _FOLDS * w[None] + 0.5 + drift) + 0.35 * np.sin(
        np.pi * 1.6 * _FOLDS * w[None] + way[:, None] / 0.06
    )
    curl = -0.9 * np.abs(w[None]) ** 5
    lift = deep * (fold + curl * 1.4)
    points = line[:, None] + side[:, None] * (wide / 2 * w)[..., None] + out[:, None] * lift[..., None]
    # What is furthest down the slope of the shoulders has nothing under it and falls.
    lower = np.clip(w[None] * -np.sign(side[:, 1:2]) * np.clip(1.5 * np.abs(side[:, 1:2]), 0, 1), 0, 1)
    points[..., 1] -= 0.020 * lower**2 * np.clip((line[:, 1:2] - 1.40) / 0.06, 0, 1)
    least = np.clip(off - 0.005 + 0.55 * lift, 0.0075, None)
    for _ in range(6):
        far, gradient = on(points.reshape(-1, 3))
        need = np.clip(least - far.reshape(least.shape), 0, None)
        push = gaussian_filter1d(gaussian_filter1d(need, 1.2, axis=0, mode="nearest"), 1.0, axis=1, mode="nearest")
        points = points + np.maximum(push, 0.5 * need)[..., None] * gradient.reshape(points.shape)
    points = gaussian_filter1d(points, 0.8, axis=0, mode="nearest")
    normals = grid_normals(points)
    if float((normals * out[:, None]).sum()) < 0:
        normals = -normals
    return points, normals


def wool(points: Array, normals: Array, material: Material) -> Primitive:
    """The cloth with its thickness: both faces and rounded rims, UVs as it lies unfolded."""
    half = THICK / 2
    edge = [unit(points[:, 0] - points[:, 1]), unit(points[:, -1] - points[:, -2])]
    columns, ways = [], []
    first, last = normals[:, 0], normals[:, -1]
    for turn in np.linspace(np.pi / 2, 0, 4)[1:]:
        ways.append(edge[0] * np.cos(turn) + first * np.sin(turn))
        columns.append(points[:, 0] + half * ways[-1])
    outer = [points[:, i] + half * normals[:, i] for i in range(ACROSS)]
    columns = [*columns[::-1], *outer]
    ways = [*ways[::-1], *(normals[:, i] for i in range(ACROSS))]
    for turn in np.linspace(np.pi / 2, -np.pi / 2, 7)[1:-1]:
        ways.append(edge[1] * np.cos(turn) + last * np.sin(turn))
        columns.append(points[:, -1] + half * ways[-1])
    columns += [points[:, i] - half * normals[:, i] for i in range(ACROSS - 1, -1, -1)]
    ways += [-normals[:, i] for i in range(ACROSS - 1, -1, -1)]
    turn = -np.pi / 4
    ways.append(edge[0] * np.cos(turn) + first * np.sin(turn))
    columns.append(points[:, 0] + half * ways[-1])
    ways.append(ways[0])
    columns.append(columns[0])
    grid, facing = np.stack(columns, axis=1), np.stack(ways, axis=1)
    across = np.concatenate(
        [np.zeros((len(grid), 1)), np.linalg.norm(np.diff(grid, axis=1), axis=2).cumsum(axis=1)], 1
    )
    across = across - across[:, ACROSS // 2 + 2][:, None]
    down = runs(points[:, ACROSS // 2])
    uv = np.stack([across, np.broadcast_to(down[:, None], across.shape)], axis=-1)
    cloth = surface(grid, material, outward=facing, normals=facing, uv=uv)
    ends = []
    for row, sign in ((0, -1.0), (-1, 1.0)):
        rim = np.stack([points[row] + half * normals[row], points[row] - half * normals[row]])
        away = sign * unit(points[row] - points[row - 2 if row else 2]).mean(axis=0)
        ends.append(surface(rim, material, outward=np.broadcast_to(away, rim.shape)))
    return joined([cloth, *ends])


def fringes(points: Array, material: Material) -> Primitive:
    """Twisted strands along both ends, each with its knot."""
    rng = np.random.default_rng(17)
    parts = []
    angle = np.linspace(0, 2 * np.pi, 5, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    for row, before in ((points[0], points[2]), (points[-1], points[-3])):
        fall = unit((row - before).mean(axis=0) + np.array([0.0, -0.004, 0.0]))
        way = runs(row)
        at = (np.arange(STRANDS) + 0.5) / STRANDS * way[-1]
        tops = np.stack([np.interp(at, way, row[:, i]) for i in range(3)], axis=1)
        for top in tops:
            sway = 0.004 * rng.standard_normal(3) * [1.0, 0.0, 0.6]
            long = FRINGE * (1 + 0.05 * rng.standard_normal())
            down = np.array([-0.004, 0.004, 0.010, 0.30 * long, 0.65 * long, long])
            share = (down.clip(0) / long) ** 1.5
            path = top + down[:, None] * unit(fall + np.array([0.0, -0.8, 0.0])) + share[:, None] * sway
            radius = np.array([0.0014, 0.0026, 0.0019, 0.0018, 0.0018, 0.0013])[:, None, None]
            parts.append(tube(path, np.broadcast_to([0.0, 0.0, 1.0], path.shape), ring * radius, material))
    return joined(parts)


def model(on: Body, cloth: Material) -> Model:
    """The scarf on the figure, metres; 1 UV unit a metre: wool, fringes of the same yarn."""
    points, normals = folded(on)
    mesh = Mesh(name=NAME, primitives=(joined([wool(points, normals, cloth), fringes(points, cloth)]),))
    node = Node(matrix=np.eye(4), name=NAME, mesh=0)
    return Model(name=NAME, nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")
