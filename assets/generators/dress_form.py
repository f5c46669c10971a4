"""The dress form: a linen-covered torso with seams and piping, a turned neck cap, a pole and a tripod."""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np

from assets.generators import torso
from assets.generators.solids import Array, grid_triangles, joined, lathe, primitive, sweep
from assets.model import Material, Mesh, Model, Node, Primitive, Texture

HEIGHT: Final = 1.68
_ROWS: Final = 78
_ROUND: Final = 0.012  # radius of the lower edge
_SEAMS: Final = 8  # centre front and back, two princess seams in front and behind, two sides
_PRINCESS: Final = 0.46  # share of the way from the centre to the side, through the bust point
_GROOVE: Final = ((-0.0045, 0.0), (-0.0014, 0.00035), (0.0, 0.0016), (0.0014, 0.00035), (0.0045, 0.0))


def model(linen: Texture | None = None, weave: Texture | None = None) -> Model:
    """The whole form, 1.68 m tall on y = 0. ``linen`` and ``weave`` are the cover's colour and normal maps."""
    cover = Material(
        name="linen cover",
        base_color=(0.93, 0.86, 0.74, 1.0),
        base_color_texture=linen,
        normal_texture=weave,
        normal_scale=0.8,
        metallic=0.0,
        roughness=0.92,
        sheen_color=(0.05, 0.05, 0.045),
        sheen_roughness=0.6,
    )
    piping = Material(name="piping", base_color=(0.38, 0.33, 0.26, 1.0), metallic=0.0, roughness=0.8)
    wood = Material(name="walnut", base_color=(0.095, 0.042, 0.020, 1.0), metallic=0.0, roughness=0.36)
    brass = Material(name="brass", base_color=(0.78, 0.58, 0.30, 1.0), metallic=1.0, roughness=0.28)
    body = Mesh(name="torso", primitives=(joined(_cover(cover)), joined(_piping(piping))))
    stand = Mesh(name="stand", primitives=(joined([*_cap(wood), *_tripod(wood)]), joined(_pole(brass))))
    root = Node(matrix=np.eye(4), name="dress-form", children=(1, 2))
    nodes = (root, Node(matrix=np.eye(4), name="torso", mesh=0), Node(matrix=np.eye(4), name="stand", mesh=1))
    return Model(name="dress-form", nodes=nodes, roots=(0,), meshes=(body, stand), copyright="CC0-1.0")


def _heights() -> Array:
    """Rows at even distances along the silhouette, so that the shoulder slope is as fine as the waist."""
    y = np.linspace(torso.BOTTOM + _ROUND, torso.NECK_TOP, 2000)
    lines = np.stack([torso.surface(y, np.full_like(y, t)) for t in np.linspace(0, 2 * np.pi, 24, endpoint=False)])
    speed = np.linalg.norm(np.diff(lines, axis=1), axis=2).max(axis=0)
    run = np.concatenate([[0.0], np.cumsum(speed)])
    return np.interp(np.linspace(0, run[-1], _ROWS), run, y)


def _seam_shares() -> Array:
    """Where the seams are, as shares of the girth from the left side (+X) over the front."""
    side, p = 0.25, _PRINCESS * 0.25
    return np.array([0.0, side - p, side, side + p, 0.5, 0.75 - p, 0.75, 0.75 + p, 1.0])


def _cover(material: Material) -> list[Primitive]:
    heights = _heights()
    theta = np.linspace(-np.pi, 3 * np.pi, 2880)
    shares = _seam_shares()
    rows: list[list[tuple[Array, Array, Array]]] = []
    base = 0.0
    previous: Array | None = None
    lower = [(torso.BOTTOM, 0.62), (torso.BOTTOM, 1 - 2.2 * _ROUND / 0.16), (torso.BOTTOM, 1 - _ROUND / 0.16)]
    lower += [(torso.BOTTOM + _ROUND * (1 - np.cos(a)), 1 - _ROUND * (1 - np.sin(a)) / 0.16) for a in (0.4, 0.8, 1.2)]
    for y, shrink in [*lower, *((float(h), 1.0) for h in heights)]:
        ring = torso.surface(np.full_like(theta, y), theta)
        run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
        zero = np.interp(0.0, theta, run)
        total = np.interp(2 * np.pi, theta, run) - zero
        row = []
        for left, right in itertools.pairwise(shares.tolist()):
            inner = np.linspace(0, 1, 8)[1:-1]
            at = np.concatenate(
                [
                    left * total + np.array([g[0] for g in _GROOVE[2:]]),
                    left * total + 0.0045 + inner * ((right - left) * total - 0.009),
                    right * total + np.array([g[0] for g in _GROOVE[:3]]),
                ]
            )
            deep = np.concatenate([[g[1] for g in _GROOVE[2:]], 0 * inner, [g[1] for g in _GROOVE[:3]]])
            t = np.interp(at + zero, run, theta)
            yy = np.full_like(t, y)
            outward = torso.normals(yy, t)
            points = (torso.surface(yy, t) - outward * deep[:, None]) * [shrink, 1, shrink]
            # The gore's own middle is where its UVs start, so that the cloth's grain runs straight down it.
            row.append((points, at - (left + right) / 2 * total, outward))
        middle = row[1][0].mean(axis=0)
        base += 0.0 if previous is None else float(np.linalg.norm(middle - previous))
        previous = middle
        rows.append([(p, np.stack([a, np.full_like(a, -base)], axis=1), o) for p, a, o in row])
    parts = []
    for gore in range(_SEAMS):
        points = np.stack([row[gore][0] for row in rows])
        uv = np.stack([row[gore][1] for row in rows])
        normals = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1))
        # Across a seam the two gores' differences are one-sided; the skin's own normal joins them smoothly.
        for edge in (0, -1):
            normals[len(lower) :, edge] = np.stack([row[gore][2][edge] for row in rows[len(lower) :]])
        columns = points.shape[1]
        triangles = grid_triangles(len(rows), columns)
        parts.append(primitive(points.reshape(-1, 3), normals.reshape(-1, 3), uv.reshape(-1, 2), triangles, material))
    return parts


def _piping(material: Material) -> list[Primitive]:
    """Cords around the armhole plates and the neck."""
    cords = []
    for side in (0.0, np.pi):
        turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
        y, z = 1.4175 + 0.066 * np.sin(turn), -0.016 + 0.052 * np.cos(turn)
        theta = side + np.linspace(-1.45, 1.45, 600)
        path = []
        for height, depth in zip(y, z, strict=True):
            ring = torso.surface(np.full_like(theta, height), theta)
            order = np.argsort(ring[:, 2])
            t = float(np.interp(depth, ring[order, 2], theta[order]))
            path.append(
                torso.surface(np.array(height), np.array(t)) + 0.0008 * torso.normals(np.array(height), np.array(t))
            )
        cords.append(sweep(np.array(path), np.full((72, 2), 0.0021), material, columns=6, closed=True))
    theta = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    y = 1.574 - 0.014 * np.sin(theta)
    path_neck = torso.surface(y, theta) + 0.0008 * torso.normals(y, theta)
    cords.append(sweep(path_neck, np.full((72, 2), 0.0017), material, columns=6, closed=True))
    y = np.full_like(theta, torso.BOTTOM + 0.014)
    cords.append(
        sweep(
            torso.surface(y, theta) + 0.0006 * torso.normals(y, theta),
            np.full((72, 2), 0.0021),
            material,
            columns=6,
            closed=True,
        )
    )
    return cords


def _turned(points: list[tuple[float, float]]) -> Array:
    return np.array(points)


def _arc(x: float, y: float, r: float, start: float, stop: float, steps: int = 8) -> list[tuple[float, float]]:
    return [(x + r * np.cos(a), y + r * np.sin(a)) for a in np.radians(np.linspace(start, stop, steps))]


def _cap(material: Material) -> list[Primitive]:
    top = torso.NECK_TOP
    ring = torso.surface(np.full(4, top), np.array([0.0, np.pi / 2, np.pi, 3 * np.pi / 2]))
    half_x, middle = float(ring[0, 0]), float(ring[1, 2] + ring[3, 2]) / 2
    half_z = float(ring[1, 2] - ring[3, 2]) / 2
    lip = [(1.02 + 0.06 * np.cos(a), top + 0.003 + 0.008 * np.sin(a)) for a in np.linspace(-1.4, 1.4, 7)]
    dome = [(0.96, top + 0.0125), (0.70, top + 0.0175), (0.40, top + 0.0205), (0.24, top + 0.0215)]
    disc = _turned([(0.0, top - 0.005), (1.03, top - 0.005), (1.03, top - 0.005), *lip, *dome])
    knob = _turned(
        [(0.0135, top + 0.020), (0.0105, top + 0.023), (0.0085, top + 0.028), (0.0080, top + 0.031),
         *_arc(0.0, top + 0.0445, 0.0155, -56, 90, 14)]
    )  # fmt: skip
    return [
        lathe(disc, material, axis=(0.0, middle), columns=48, aspect=(half_x, half_z)),
        lathe(knob, material, axis=(0.0, middle), columns=28),
    ]


def _pole(material: Material) -> list[Primitive]:
    high = torso.BOTTOM + 0.02
    clamp = [(0.0126, 0.392), (0.019, 0.392), (0.019, 0.392), (0.0205, 0.396)]
    clamp += [(0.0205, 0.420), (0.019, 0.424), (0.019, 0.424), (0.0126, 0.424)]
    flange = [(0.0126, -0.042), (0.026, -0.042), (0.026, -0.042), (0.0275, -0.039)]
    flange += [(0.0275, -0.026), (0.034, -0.0215), (0.034, -0.0195)]
    return [
        lathe(_turned([(0.0125, 0.30), (0.0125, high)]), material, columns=28),
        lathe(_turned(clamp), material, columns=28),
        lathe(_turned([(r, high + y) for r, y in flange]), material, columns=28),
    ]


def _tripod(material: Material) -> list[Primitive]:
    drop = [(0.0, 0.142), *_arc(0.0, 0.160, 0.018, -80, -20, 5), (0.020, 0.160), (0.031, 0.166), (0.036, 0.178)]
    drum = [(0.038, 0.195), (0.038, 0.255), (0.036, 0.268), (0.029, 0.278), (0.0245, 0.284), (0.027, 0.292)]
    vase = [(0.0275, 0.298), (0.024, 0.306), (0.0195, 0.316), (0.0185, 0.335), (0.0215, 0.352), (0.023, 0.360)]
    collar = [(0.021, 0.372), (0.018, 0.380), (0.018, 0.380), (0.0124, 0.380)]
    hub = _turned([*drop, *drum, *vase, *collar])
    parts = [lathe(hub, material, columns=36)]
    for leg in range(3):
        angle = np.radians(90 + 120 * leg)
        t = np.linspace(0, 1, 40)
        # A cabriole: out from the hub, over the knee, down, and flat onto a small pad.
        p = np.array([(0.020, 0.232), (0.105, 0.250), (0.160, 0.150), (0.190, 0.018), (0.290, 0.0175)])
        binomial = np.array([1, 4, 6, 4, 1])
        basis = np.stack([binomial[k] * t**k * (1 - t) ** (4 - k) for k in range(5)], axis=1)
        flat = basis @ p
        path = np.stack([flat[:, 0] * np.cos(angle), flat[:, 1], flat[:, 0] * np.sin(angle)], axis=1)
        wide = 0.0165 * (1 - 0.42 * t)
        tall = 0.0215 * (1 - 0.52 * t)
        tip = np.sqrt(np.clip(1 - ((t - 0.955) / 0.045).clip(0, 1) ** 2, 1e-4, 1))
        parts.append(sweep(path, np.stack([wide * tip, tall * tip], axis=1), material, columns=14))
        pad = _turned([(0.0, 0.0), (0.015, 0.0), (0.017, 0.002), (0.017, 0.006), (0.0145, 0.009), (0.012, 0.012)])
        at = path[-4]
        parts.append(lathe(pad, material, axis=(float(at[0]), float(at[2])), columns=20))
    return parts
