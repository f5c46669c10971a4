"""Yarns laid along curves: knitted loops, lace threads, stitches.

A curve is drawn as a row of close round beads on a periodic square; at each pixel the highest bead stays, and with
it where on its yarn the pixel lies. The loops of a weft knit follow x = t + a sin 2t, y = h cos t, z = d cos 2t
(Wadekar, Goel, Amanatides, Dion, Kamien and Breen, "Geometric modeling of knitted fabrics using helicoid scaffolds",
2020, which goes back to Peirce 1947).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.fabric_swatch import Array

_LEVELS: Final = 1 << 20  # of height that are told apart
_CHUNK: Final = 1 << 21  # pixels of beads that are laid at a time


@dataclass(frozen=True, kw_only=True, eq=False)
class Curves:
    """Beads in order along their yarns: ``x``, ``y`` and ``z`` in pixels (z up), ``radius`` in pixels, ``run`` the
    length along the yarn in pixels, ``yarn`` its number. All float64[n], the last int64[n].
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    z: NDArray[np.float64]
    radius: NDArray[np.float64]
    run: NDArray[np.float64]
    yarn: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Laid:
    """What shows at each pixel, [s, s]: ``bead`` the index of its bead, -1 for none; ``height`` in pixels, -inf for
    none; ``across`` -1..1 over the yarn's breadth, left of its direction positive; ``run`` in pixels along it.
    """

    bead: NDArray[np.int64]
    height: Array
    across: Array
    run: Array


def joined(parts: list[Curves]) -> Curves:
    """Several drawn together."""
    fields = ("x", "y", "z", "radius", "run", "yarn")
    return Curves(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in fields})


def curve(points: NDArray[np.float64], radius: float, yarn: int, *, step: float = 0.6, start: float = 0.0) -> Curves:
    """A polyline float64[k, 3] in pixels as beads ``step`` pixels apart."""
    leg = np.linalg.norm(np.diff(points[:, :2], axis=0), axis=1)
    run = np.concatenate([[0.0], np.cumsum(leg)])
    at = np.arange(0, run[-1], step)
    x, y, z = (np.interp(at, run, points[:, k]) for k in range(3))
    return Curves(
        x=x, y=y, z=z, radius=np.full(len(at), radius), run=at + start, yarn=np.full(len(at), yarn, dtype=np.int64)
    )


def lay(curves: Curves, size: int, *, flat: float = 1.0) -> Laid:
    """Draws the beads on a periodic square of ``size`` pixels. ``flat`` is a yarn's height over its breadth."""
    reach = int(np.ceil(curves.radius.max())) + 1
    low = float((curves.z - 1).min())
    high = float((curves.z + flat * curves.radius).max()) + 1
    scale = _LEVELS / (high - low)
    best = np.zeros(size * size, dtype=np.int64)
    offsets = np.arange(-reach, reach + 1)
    dy, dx = (o.reshape(-1) for o in np.meshgrid(offsets, offsets, indexing="ij"))
    near = dx * dx + dy * dy <= (reach + 0.5) ** 2
    dy, dx = dy[near], dx[near]
    column, row = np.floor(curves.x).astype(np.int64), np.floor(curves.y).astype(np.int64)
    many = max(1, _CHUNK // len(dx))
    for first in range(0, len(column), many):
        part = slice(first, first + many)
        px, py = column[part, None] + dx, row[part, None] + dy
        far = (px + 0.5 - curves.x[part, None]) ** 2 + (py + 0.5 - curves.y[part, None]) ** 2
        left = curves.radius[part, None] ** 2 - far
        bead, offset = np.nonzero(left > 0)
        z = curves.z[part][bead] + flat * np.sqrt(left[bead, offset])
        level = ((z - low) * scale).astype(np.int64)
        key = (level << 32) | (bead + first + 1)
        np.maximum.at(best, (py[bead, offset] % size) * size + px[bead, offset] % size, key)
    found = (best & 0xFFFFFFFF) - 1
    none = found < 0
    bead = np.where(none, 0, found)
    height = np.where(none, -np.inf, (best >> 32) / scale + low)
    # Where on the yarn: the pixel's offset from its bead, turned into the bead's direction.
    tx, ty = np.gradient(curves.x), np.gradient(curves.y)
    long = np.hypot(tx, ty) + 1e-9
    jump = long > 4 * np.median(long)  # the end of a yarn
    tx[jump], ty[jump], long[jump] = 1.0, 0.0, 1.0
    tx, ty = tx / long, ty / long
    rows, columns = np.divmod(np.arange(size * size), size)
    ox, oy = columns + 0.5 - curves.x[bead], rows + 0.5 - curves.y[bead]
    ox, oy = (ox + size / 2) % size - size / 2, (oy + size / 2) % size - size / 2
    across = (ty[bead] * ox - tx[bead] * oy) / curves.radius[bead]
    run = curves.run[bead] + tx[bead] * ox + ty[bead] * oy
    shape = (size, size)
    return Laid(
        bead=found.reshape(shape),
        height=height.reshape(shape).astype(np.float32),
        across=np.clip(across, -1, 1).reshape(shape).astype(np.float32),
        run=run.reshape(shape).astype(np.float32),
    )
