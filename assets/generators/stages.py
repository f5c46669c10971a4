"""What designs stand on: a round plinth, a stepped one, a floor of parquet. Their tops are at y = 0."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import cKDTree

from assets.generators.solids import joined, primitive
from assets.generators.textures import tiled
from assets.generators.weave import Swatch
from assets.model import Material, Mesh, Model, Node, Primitive

Array = NDArray[np.float64]

ROUND: Final = (0.52, 0.14)
"""Radius and height of the round plinth, metres."""
STEPS: Final = ((0.44, -0.11, 0.0), (0.66, -0.22, -0.11))
"""Half a side, lowest and highest of each step, metres."""
FLOOR: Final = (1.9, 0.03)
BEVEL: Final = 0.006

_ARC: Final = 5  # rows of a bevel


def circle(radius: float, count: int = 128) -> Array:
    """A closed outline without its last point, counter-clockwise seen from above: float64[n, 2] of x and z."""
    turn = np.arange(count) / count * 2 * np.pi
    return radius * np.stack([np.cos(turn), -np.sin(turn)], axis=1)


def square(half: float, corner: float, count: int = 9) -> Array:
    """A square with round corners, as :func:`circle`."""
    parts = []
    for quarter in range(4):
        turn = (quarter + np.linspace(0, 1, count)) * np.pi / 2
        middle = (half - corner) * np.sqrt(2) * np.array([np.cos((quarter + 0.5) * np.pi / 2), 0.0])
        middle[1] = (half - corner) * np.sqrt(2) * np.sin((quarter + 0.5) * np.pi / 2)
        parts.append(middle + corner * np.stack([np.cos(turn), np.sin(turn)], axis=1))
    return np.concatenate(parts) * [1.0, -1.0]


def prism(
    outline: Array, low: float, high: float, material: Material, *, repeat: float = 0.0, bevel: float = BEVEL
) -> Primitive:
    """A convex outline between two heights, open below, its upper edge rounded; UVs in metres, plane above and
    unrolled at the side, where they are stretched to a whole number of ``repeat`` metres so that no seam shows.
    """
    ring = np.concatenate([outline, outline[:1]])
    along = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    out = np.stack([-along[:, 1], along[:, 0]], axis=1)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    out = np.concatenate([out, out[:1]])
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
    if repeat:
        run *= max(round(run[-1] / repeat), 1) * repeat / run[-1]
    rows: list[tuple[float, float, float]] = [(0.0, low, 0.0)]
    rows += [(bevel * (1 - np.cos(a)), high - bevel * (1 - np.sin(a)), a) for a in np.linspace(0, np.pi / 2, _ARC)]
    points, normals, uv = [], [], []
    for inward, height, lean in rows:
        at = ring - out * inward
        points.append(np.stack([at[:, 0], np.full(len(at), height), at[:, 1]], axis=1))
        normals.append(
            np.stack([out[:, 0] * np.cos(lean), np.full(len(at), np.sin(lean)), out[:, 1] * np.cos(lean)], axis=1)
        )
        uv.append(np.stack([run, np.full(len(at), high - height + 0.5 * inward)], axis=1))
    count = len(ring)
    i, j = np.meshgrid(np.arange(len(rows) - 1), np.arange(count - 1), indexing="ij")
    a = (i * count + j).reshape(-1)
    wall = np.concatenate([np.stack([a, a + 1, a + count + 1], 1), np.stack([a, a + count + 1, a + count], 1)])
    side = primitive(np.concatenate(points), np.concatenate(normals), np.concatenate(uv), wall, material)
    rim = points[-1][:-1]
    top = np.concatenate([rim, [[0.0, high, 0.0]]])
    fan = np.stack([np.arange(len(rim)), np.roll(np.arange(len(rim)), -1), np.full(len(rim), len(rim))], axis=1)
    cap = primitive(top, np.tile([0.0, 1.0, 0.0], (len(top), 1)), top[:, [0, 2]], fan, material)
    return joined([side, cap])


def microcement(size: int = 512) -> Swatch:
    """Trowelled cement: clouds of several sizes and faint strokes, 0.9 m a repeat."""
    cloud = sum(weight * _noise(size, (sigma, sigma), seed) for seed, (sigma, weight) in enumerate(_CLOUDS, 41))
    stroke = _noise(size, (3.0, 40.0), 51)
    tone = 0.66 + 0.020 * cloud + 0.008 * stroke
    height = 0.00012 * cloud + 0.00004 * stroke
    return Swatch(
        color=tone[..., None] * np.array([1.0, 0.985, 0.96]),
        height=height,
        roughness=np.full((size, size), 0.7),
        repeat_mm=900.0,
    )


def terrazzo(size: int = 512) -> Swatch:
    """Chips of marble in pale cement, ground flat, 0.5 m a repeat."""
    repeat = 0.5
    draw = np.random.default_rng(61)
    seeds = draw.random((1500, 2)) * repeat
    v, u = np.meshgrid(
        (np.arange(size) + 0.5) / size * repeat, (np.arange(size) + 0.5) / size * repeat, indexing="ij"
    )
    far, near = cKDTree(seeds, boxsize=repeat).query(np.stack([u.ravel(), v.ravel()], axis=1), k=2)
    chip = draw.random(len(seeds)) < 0.52
    colours = np.array(
        [(0.42, 0.40, 0.38), (0.78, 0.70, 0.62), (0.62, 0.47, 0.40), (0.55, 0.60, 0.57), (0.9, 0.89, 0.86)]
    )
    tints = colours[draw.integers(0, len(colours), len(seeds))] * (0.92 + 0.16 * draw.random((len(seeds), 1)))
    shrink = 0.0016 + 0.0035 * draw.random(len(seeds))
    inside = chip[near[:, 0]] & (far[:, 1] - far[:, 0] > shrink[near[:, 0]])
    cement = (0.83 + 0.012 * _noise(size, (6.0, 6.0), 62))[..., None] * np.array([1.0, 0.985, 0.965])
    color = np.where(inside.reshape(size, size, 1), tints[near[:, 0]].reshape(size, size, 3), cement)
    color = np.stack([gaussian_filter(color[..., i], 0.5, mode="wrap") for i in range(3)], axis=-1)
    return Swatch(
        color=color,
        height=0.00001 * _noise(size, (2.0, 2.0), 63),
        roughness=np.full((size, size), 0.35),
        repeat_mm=repeat * 1000,
    )


def parquet(size: int = 1024) -> Swatch:
    """Oak in chevrons: four columns of twelve staves, cut at 45 degrees, 1.2 m a repeat."""
    repeat, columns, staves = 1.2, 4, 12
    v, u = np.meshgrid(
        (np.arange(size) + 0.5) / size * repeat, (np.arange(size) + 0.5) / size * repeat, indexing="ij"
    )
    wide = repeat / columns
    column = np.floor(u / wide).astype(int)
    lean = np.where(column % 2 == 0, 1.0, -1.0)
    within = u - column * wide
    pitch = repeat / staves
    step = (v - lean * (within - wide / 2)) / pitch
    stave = np.floor(step).astype(int) % staves
    number = column * staves + stave
    edge = np.minimum(np.minimum(step % 1, 1 - step % 1) * pitch / np.sqrt(2), np.minimum(within, wide - within))
    draw = np.random.default_rng(71)
    tone, shift = draw.standard_normal(columns * staves), draw.random((columns * staves, 2)) * size
    along = (lean * v + within) / np.sqrt(2)
    across = (step % 1) * pitch / np.sqrt(2)
    grain = _noise(size, (1.6, 90.0), 72) + 0.8 * _noise(size, (7.0, 160.0), 73)
    rows = across / repeat * size * 3.0 + shift[number, 0]
    drawn = along / repeat * size * 1.4 + shift[number, 1]
    wood = map_coordinates(grain, [rows, drawn], order=1, mode="grid-wrap")
    value = 1 + 0.055 * tone[number] + 0.045 * wood
    gap = np.clip(edge / 0.0011, 0, 1)
    color = np.array([0.66, 0.50, 0.345]) * value[..., None] * (0.45 + 0.55 * gap)[..., None]
    color = np.clip(color * (1 + 0.02 * tone[number][..., None] * np.array([1.0, 0.0, -1.0])), 0, 1)
    return Swatch(
        color=color,
        height=0.0004 * gap + 0.00003 * wood,
        roughness=np.full((size, size), 0.45),
        repeat_mm=repeat * 1000,
    )


_CLOUDS: Final = ((70.0, 1.0), (28.0, 0.8), (9.0, 0.5), (2.0, 0.25))


def _noise(size: int, sigma: tuple[float, float], seed: int) -> Array:
    """Periodic noise of unit variance, smoothed by ``sigma`` pixels down and across."""
    field = gaussian_filter(np.random.default_rng(seed).standard_normal((size, size)), sigma, mode="wrap")
    return np.asarray(field / field.std())


def _material(name: str, swatch: Swatch, roughness: float) -> Material:
    color, normal = tiled(name, swatch)
    return Material(name=name, base_color_texture=color, normal_texture=normal, metallic=0.0, roughness=roughness)


def _model(name: str, *parts: Primitive) -> Model:
    node = Node(matrix=np.eye(4), name=name, mesh=0)
    return Model(
        name=name, nodes=(node,), roots=(0,), meshes=(Mesh(name=name, primitives=parts),), copyright="CC0-1.0"
    )


def plinth_round() -> Model:
    """A drum of grey cement."""
    (radius, height), swatch = ROUND, microcement()
    cement = _material("microcement", swatch, 0.62)
    return _model(
        "plinth-round", prism(circle(radius), -height, 0.0, cement, repeat=swatch.repeat_mm / 1000, bevel=0.01)
    )


def plinth_steps() -> Model:
    """Two square steps of terrazzo."""
    swatch = terrazzo()
    stone = _material("terrazzo", swatch, 0.3)
    steps = (prism(square(half, 0.02), low, high, stone, repeat=swatch.repeat_mm / 1000) for half, low, high in STEPS)
    return _model("plinth-steps", joined(list(steps)))


def floor_parquet() -> Model:
    """A round floor of oak with a brass rim."""
    radius, height = FLOOR
    brass = Material(name="brass", base_color=(0.80, 0.62, 0.33, 1.0), metallic=1.0, roughness=0.3)
    wood = prism(circle(radius - 0.012), -0.012, 0.0, _material("oak", parquet(), 0.42), bevel=0.001)
    return _model("floor-parquet", wood, prism(circle(radius), -height, -0.001, brass, bevel=0.004))
