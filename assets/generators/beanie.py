"""A ribbed knitted cap with a turned cuff and a small leather label, spread over the mannequin's own head."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from assets import catalogue
from assets.generators.drape_body import Body, body
from assets.generators.lofts import flattened, grid_normals, surface, unit
from assets.generators.solids import joined
from assets.model import Material, Mesh, Model, Node, Primitive

Array = NDArray[np.float64]

NAME: Final = "beanie"
FIGURE: Final = "mannequin-female"
BOX: Final = ((-0.17, 1.53, -0.17), (0.17, 1.84, 0.19))
CENTRE: Final = np.array([0.0, 1.655, 0.010])
TILT: Final = np.radians(13.0)
"""How much lower the cap sits at the nape than on the brow."""
GORES: Final = 8
RIBS: Final = 56
"""Round the cap: as many between two lines of decreases."""
CUFF: Final = 0.066
"""Metres that the turned cuff is high."""
GAP: Final = 0.0032
KNIT: Final = 0.0028
"""Metres that the knit is thick."""
RIM: Final = np.radians(101.0)
"""How far down from the pole the cap's edge is."""

_DEEP: Final = 0.0024  # from a rib's back to its groove
_HUG: Final = 0.55  # share of its thickness that the cuff has at its edge, where the knit is drawn in about the head
_PER_RIB: Final = 6


def head() -> Body:
    """The head that the cap is spread over."""
    return body(catalogue.model(FIGURE).meshes[0].primitives[0], *BOX)


def _directions(polar: Array, angle: Array) -> Array:
    """Unit vectors from the centre: ``polar`` 0 at the cap's pole, ``angle`` 0 at the front."""
    c, s = np.cos(TILT), np.sin(TILT)
    x, y, z = np.sin(polar) * np.sin(angle), np.cos(polar), np.sin(polar) * np.cos(angle)
    return np.stack([x, y * c + z * s, z * c - y * s], axis=-1)


def _loose(polar: Array, angle: Array) -> Array:
    """How far the knit's inner face is from the skin, metres: snug at the edge, with room and a slouch on top."""
    up = np.clip(1 - polar / np.radians(57.0), 0, 1)
    back = 0.5 - 0.5 * np.cos(angle)
    return np.asarray(GAP + 0.020 * up**1.2 + 0.006 * back * np.sin(np.pi * up))


def _shell(on: Body, polar: Array, angle: Array, off: Array | float) -> Array:
    """Points at a distance from the skin along each direction, smooth: float64[rows, columns, 3]. The last column is
    the first one again.
    """
    way = _directions(polar, angle)
    want = np.broadcast_to(off, polar.shape)
    low, high = np.full(polar.shape, 0.03), np.full(polar.shape, 0.03 + 0.20)
    for _ in range(26):
        middle = (low + high) / 2
        far, _ = on((CENTRE + way * middle[..., None]).reshape(-1, 3))
        inside = far.reshape(polar.shape) < want
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    reach = (low + high) / 2
    columns = polar.shape[1] - 1
    soft = gaussian_filter1d(reach[:, :-1], columns * 0.012, axis=1, mode="wrap")
    soft = gaussian_filter1d(soft, max(0.35 * len(soft) / 12, 0.5), axis=0, mode="nearest")
    soft = np.maximum(soft, reach[:, :-1] - 0.0006)
    reach = np.concatenate([soft, soft[:, :1]], axis=1)
    return np.asarray(CENTRE + way * reach[..., None])


def _rib(angle: Array, *, turned: bool = False) -> Array:
    """The relief of the ribs, -1 in a groove to 0 on a back."""
    phase = RIBS * angle / 2 + (np.pi / 2 if turned else 0.0)
    return np.asarray(np.abs(np.cos(phase)) ** 0.75 - 1)


def _angles() -> Array:
    return np.linspace(-np.pi, np.pi, RIBS * _PER_RIB + 1)


def crown(on: Body) -> tuple[Array, Array]:
    """The ribbed outside from under the cuff to the pole, and its normals: float64[rows, columns, 3] each."""
    polar, angle = np.meshgrid(
        np.concatenate([np.linspace(RIM - 0.42, 0.10, 22), [0.055, 0.020]]), _angles(), indexing="ij"
    )
    inner = _shell(on, polar, angle, _loose(polar, angle))
    fade = np.clip((polar - 0.02) / 0.28, 0, 1)
    gathered = np.abs(np.cos(GORES * angle / 2)) ** 0.6 - 1
    deep = _DEEP * _rib(angle) * fade + 0.0040 * gathered * np.exp(-((polar / 0.36) ** 2)) * np.clip(
        polar / 0.06, 0, 1
    )
    points = inner + _directions(polar, angle) * (KNIT + deep)[..., None]
    top = points[-1].mean(axis=0)
    points = np.concatenate([points, np.broadcast_to(top, points[:1].shape)])
    normals = grid_normals(points, around=True)
    normals[-1] = unit(normals[-2].mean(axis=0))
    if float((normals * (points - CENTRE)).sum()) < 0:
        normals = -normals
    return points, normals


def lining(on: Body) -> Array:
    """The inside, without ribs, from the edge to the pole: float64[rows, columns, 3]."""
    polar, angle = np.meshgrid(np.linspace(RIM, 0.02, 16), np.linspace(-np.pi, np.pi, 8 * GORES + 1), indexing="ij")
    points = _shell(on, polar, angle, _loose(polar, angle) - 0.0004)
    return np.concatenate([points, np.broadcast_to(points[-1].mean(axis=0), points[:1].shape)])


def cuff(on: Body) -> tuple[Array, Array]:
    """The turned cuff from the inside of the edge round its fold, up, over its own edge and down behind it."""
    fine = _angles()
    angle = np.broadcast_to(fine, (3, len(fine)))
    edge = RIM - np.array([0.0, 0.5, 1.0])[:, None] * (CUFF / 0.083) + 0 * angle
    base = _shell(on, edge, angle, GAP)
    low, mid, high = base
    out = unit(low - CENTRE)
    rise = unit(mid - low)
    normal = unit(out - rise * np.einsum("ij,ij->i", out, rise)[:, None])
    thick = 2 * KNIT + 0.0012
    hug = _HUG * thick
    # The fold: half a circle from the inside of the edge to the outside of the cuff.
    rows = [
        low + normal * (hug / 2 * (1 - np.cos(turn))) - rise * (hug / 2 * 0.8 * np.sin(turn))
        for turn in np.linspace(0, np.pi, 7)[:-1]
    ]
    share = np.linspace(0, 1, 15)[:, None, None]
    body_line = (
        (1 - share) ** 2 * low + 2 * share * (1 - share) * (2 * mid - 0.5 * low - 0.5 * high) + share**2 * high
    )
    above = unit(body_line - CENTRE)
    eased = np.clip(share / 0.6, 0, 1)
    full = hug + (thick - hug) * eased * eased * (3 - 2 * eased)
    rows.extend(body_line + above * (full + 0.0012 * np.sin(np.pi * share)))
    top, up = body_line[-1], unit(body_line[-1] - body_line[-2])
    rows += [
        top + above[-1] * (thick - 0.0016 * (1 - np.cos(turn))) + up * 0.0018 * np.sin(turn)
        for turn in np.linspace(0, np.pi, 6)[1:]
    ]
    rows.append(rows[-1] - up * 0.009)
    points = np.stack(rows)
    normals = grid_normals(points, around=True)
    if float((normals[8:16] * above[8:9]).sum()) < 0:
        normals = -normals
    strength = np.concatenate([np.linspace(0, 0.7, 6), np.linspace(0.75, 1, 15), [1.0, 0.8, 0.5, 0.2, 0.0], [0.0]])[
        :, None
    ]
    relief = _DEEP * 1.1 * _rib(angle[:1], turned=True) * strength
    points = points + normals * relief[..., None]
    normals = grid_normals(points, around=True)
    if float((normals[8:16] * above[8:9]).sum()) < 0:
        normals = -normals
    return points, normals


def _knit(points: Array, normals: Array, material: Material, start: float) -> Primitive:
    """A ribbed surface, gore by gore, each laid flat about its own middle."""
    columns = points.shape[1] - 1
    wide = columns // GORES
    parts = []
    for gore in range(GORES):
        mine = slice(gore * wide, (gore + 1) * wide + 1)
        rows, ways = points[:, mine], normals[:, mine]
        uv = flattened(rows) + np.array([0.12 * gore, start])
        parts.append(surface(rows, material, outward=ways, normals=ways, uv=uv))
    return joined(parts)


def label(points: Array, normals: Array, leather: Material) -> Primitive:
    """A patch of leather on the cuff, left of the brow; ``points`` and ``normals`` are the cuff's."""
    columns = points.shape[1] - 1
    middle = columns // 2 + int(columns * 28 / 360)
    half = int(columns * 0.022 / 0.56)
    picked = np.arange(middle - half, middle + half + 1, 3)
    rows = np.arange(10, 16)
    smooth = gaussian_filter1d(points[:, :-1], _PER_RIB, axis=1, mode="wrap")
    ways = unit(gaussian_filter1d(normals[:, :-1], _PER_RIB, axis=1, mode="wrap"))
    patch, way = smooth[np.ix_(rows, picked)], ways[np.ix_(rows, picked)]
    outer = patch + way * 0.0020
    ring = np.concatenate([outer[:1], outer, outer[-1:]])
    ring = np.concatenate([ring[:, :1], ring, ring[:, -1:]], axis=1)
    under = np.concatenate([way[:1], way, way[-1:]])
    under = np.concatenate([under[:, :1], under, under[:, -1:]], axis=1)
    sunk = np.zeros(ring.shape[:2])
    sunk[[0, -1]] = sunk[:, [0, -1]] = 0.0030
    return surface(ring - under * sunk[..., None], leather, outward=under)


def model(on: Body, knit: Material, leather: Material) -> Model:
    """The cap on the figure's head, metres; 1 UV unit a metre: knit, label."""
    top, top_normals = crown(on)
    fold, fold_normals = cuff(on)
    inside = lining(on)
    parts = (
        joined(
            [
                _knit(top, top_normals, knit, 0.0),
                _knit(fold, fold_normals, knit, 0.3),
                _knit(inside, unit(CENTRE - inside), knit, 0.6),
            ]
        ),
        label(fold, fold_normals, leather),
    )
    node = Node(matrix=np.eye(4), name=NAME, mesh=0)
    mesh = Mesh(name=NAME, primitives=parts)
    return Model(name=NAME, nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")
