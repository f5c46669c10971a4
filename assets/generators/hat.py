"""A fedora: blocked felt with a pinched crown and a snap brim, a ribbon with a flat bow, a leather sweatband."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.hat_ribbon import Place, bow, ribbon
from assets.generators.lofts import grid_normals, runs, surface, unit
from assets.generators.solids import joined
from assets.model import Material, Mesh, Model, Node, Primitive

Array = NDArray[np.float64]

NAME: Final = "hat"
MIDDLE: Final = (0.0, 1.6500, 0.0100)
"""The middle of the head where the hat's band goes round, metres, on the figure that it was made for."""
HALF: Final = (0.0790, 0.0968)
"""Half the band's oval, across and along."""
TILT: Final = np.radians(5.0)
"""How much higher the band is on the brow than at the nape."""
TALL: Final = 0.1255
FELT: Final = 0.0022
BRIM: Final = 0.060
SWEAT: Final = 0.026

_COLUMNS: Final = 112
_SQUARE: Final = 4.6  # a higher one has a sharper edge to its crown
_TAPER: Final = 0.10


def ring(angle: Array) -> Array:
    """The band's oval, float64[..., 2]: x and z, an angle of 0 at the front, rising to the left."""
    x, z = np.sin(angle), np.cos(angle)
    blunt = (np.abs(x) ** 2.2 + np.abs(z) ** 2.2) ** (-1 / 2.2)
    return np.stack([HALF[0] * x * blunt, HALF[1] * z * blunt], axis=-1)


def _profile(rows: int) -> tuple[Array, Array]:
    """How far in (1 to 0) and how high (0 to 1) the crown is from the band over its edge to the middle."""
    t = np.linspace(0, np.pi / 2, 2000)
    inward, high = np.cos(t) ** (2 / _SQUARE), np.sin(t) ** (2 / _SQUARE)
    way = runs(np.stack([inward * 0.088, high * TALL], axis=1))
    at = np.linspace(0, way[-1], rows)
    return np.interp(at, way, inward), np.interp(at, way, high)


def crown(angle: Array, inward: Array, high: Array) -> Array:
    """Points of the crown in the hat's own frame, float64[..., 3]."""
    x, z = np.moveaxis(ring(angle), -1, 0)
    share = inward * (1 - _TAPER * high**1.5)
    x, z = x * share, z * share * (1 - 0.02 * high)
    y = TALL * high
    top = high**8
    # The dent: along the middle, deepest towards the front, gone before it reaches the back.
    along = np.clip((z + 0.072) / 0.150, 0, 1)
    valley = 0.0225 * np.sin(np.pi * along**1.35) ** 0.9 * np.exp(-((x / 0.0265) ** 2))
    y = y - valley * top + 0.006 * top * np.clip(z / 0.08, -1, 1)
    # The pinch: a hollow on both sides of the front, high up.
    for side in (-1.0, 1.0):
        pull = np.exp(-(((x - side * 0.052) / 0.021) ** 2) - ((z - 0.060) / 0.024) ** 2 - ((high - 0.92) / 0.34) ** 2)
        x = x - side * 0.0155 * pull
        z = z - 0.0050 * pull
        y = y - 0.0040 * pull * top
    return np.stack([x, y, z], axis=-1)


def brim(angle: Array, out: Array) -> Array:
    """Points of the brim's middle layer, ``out`` 0 at the crown to 1 at its edge: float64[..., 3]."""
    x, z = np.moveaxis(ring(angle), -1, 0)
    way = unit(np.stack([x / HALF[0] ** 2, z / HALF[1] ** 2], axis=-1))
    front, side = np.cos(angle), np.abs(np.sin(angle))
    wide = BRIM * (1 + 0.05 * front)
    fall = 0.006 - 0.020 * np.clip(front, 0, 1) ** 1.5 + 0.010 * np.clip(-front, 0, 1)
    curl = 0.010 * side**2 + 0.006 * np.clip(-front, 0, 1) - 0.004 * np.clip(front, 0, 1)
    y = fall * out + curl * out**2.6 + 0.0022 * np.clip(1 - out / 0.10, 0, 1) ** 2
    return np.stack([x + way[..., 0] * wide * out, y, z + way[..., 1] * wide * out], axis=-1)


def placed(points: Array) -> Array:
    """From the hat's own frame onto the head."""
    c, s = np.cos(TILT), np.sin(TILT)
    x, y, z = np.moveaxis(points, -1, 0)
    return np.asarray(np.stack([x, y * c + z * s, z * c - y * s], axis=-1) + np.array(MIDDLE))


def _angles(columns: int = _COLUMNS) -> Array:
    return np.linspace(-np.pi, np.pi, columns + 1)


def _wall(angle: Array, rows: int = 40) -> tuple[Array, Array]:
    inward, high = _profile(rows)
    a, i = np.meshgrid(angle, inward)
    _, h = np.meshgrid(angle, high)
    points = crown(a, i, h)
    normals = grid_normals(points, around=True)
    normals[-1] = unit(normals[-2].mean(axis=0))
    if float((normals[:10] * points[:10] * [1.0, 0.0, 1.0]).sum()) < 0:
        normals = -normals
    return points, normals


def _felt_crown(material: Material) -> Primitive:
    angle = _angles()
    points, normals = _wall(angle)
    inner = points - FELT * normals
    parts = []
    # The wall unrolled and the top in plan, parted at the crown's edge where the cloth turns.
    turn = int(np.argmax(_profile(len(points))[0] < 0.93))
    around = np.stack([runs(np.stack([row[:, 0], row[:, 2]], axis=1)) for row in points[: turn + 1]])
    around = around - around[:, -1:] / 2
    rise = np.linalg.norm(np.diff(points[: turn + 1], axis=0), axis=2).mean(axis=1).cumsum()
    wall_uv = np.stack([around, -np.broadcast_to(np.append(0.0, rise)[:, None], around.shape)], axis=-1)
    for shell, facing in ((points, normals), (inner, -normals)):
        for rows in (slice(turn + 1), slice(turn, None)):
            uv = shell[rows][..., [0, 2]] + [0.0, 0.3] if rows.start else wall_uv
            parts.append(surface(shell[rows], material, outward=facing[rows], normals=facing[rows], uv=uv))
    return joined(parts)


def _felt_brim(material: Material) -> Primitive:
    angle = _angles()
    out = np.array([0.0, 0.05, 0.12, 0.22, 0.34, 0.47, 0.60, 0.72, 0.83, 0.92, 1.0])
    a, o = np.meshgrid(angle, out)
    middle = brim(a, o)
    normals = grid_normals(middle, around=True)
    if normals[..., 1].sum() < 0:
        normals = -normals
    rim, up = middle[-1], normals[-1]
    away = unit(rim - middle[-2])
    lip = [rim + FELT / 2 * (up * np.cos(t) + away * np.sin(t)) for t in np.linspace(0, np.pi, 7)]
    edge = [up * np.cos(t) + away * np.sin(t) for t in np.linspace(0, np.pi, 7)]
    rows = np.concatenate([middle + FELT / 2 * normals, lip[1:-1], (middle - FELT / 2 * normals)[::-1]])
    ways = np.concatenate([normals, edge[1:-1], -normals[::-1]])
    return surface(rows, material, outward=ways, normals=ways, uv=rows[..., [0, 2]] + [0.5, 0.3])


def _sweatband(material: Material) -> Primitive:
    angle = _angles(72)
    rows = np.linspace(-0.001, SWEAT, 4)
    a, r = np.meshgrid(angle, rows)
    points = crown(a, 1 + 0 * a, np.clip(r / TALL, 0, 1))
    points[..., 1] = r
    level = points * [1.0, 0.0, 1.0]
    points = points - unit(level) * (FELT + 0.0007)
    return surface(points, material, outward=-unit(level), around=True)


def model(felt: Material, band: Material, leather: Material) -> Model:
    """The hat on the figure's head, metres; 1 UV unit a metre: felt, ribbon, sweatband."""
    place = Place(crown=lambda a, y: crown(a, 1 - 0 * a, y / TALL), tall=TALL)
    parts = [
        joined([_felt_crown(felt), _felt_brim(felt)]),
        joined([ribbon(place, band), bow(place, band)]),
        _sweatband(leather),
    ]
    mesh = Mesh(name=NAME, primitives=tuple(_worn(part) for part in parts))
    node = Node(matrix=np.eye(4), name=NAME, mesh=0)
    return Model(name=NAME, nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")


def _worn(part: Primitive) -> Primitive:
    points = placed(part.positions.astype(np.float64))
    normals = placed(part.normals.astype(np.float64)) - placed(np.zeros(3))
    return replace(
        part,
        positions=np.ascontiguousarray(points, dtype=np.float32),
        normals=np.ascontiguousarray(normals, dtype=np.float32),
    )
