"""Small separate pieces of a garment: stitches, hundreds of them, drawn as the dashes that they are, and trims."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from renderers.flat_mesh import Array, Index, WeldedMesh, islands

_TRIM = 0.08  # of the layer's size: no panel is as small
_LONGEST = 0.008  # of the layer's size (5 mm of a skirt)
_SLENDER = 2.0  # at least so much longer than wide
_FEWEST = 24  # in one layer; fewer are buttons, rivets or dirt


@dataclass(frozen=True, kw_only=True, eq=False)
class Stitches:
    """``ends`` float64[k, 2, 3] world metres; ``layer`` int64[k]; ``triangles`` bool[m] are those that they are
    made of.
    """

    ends: Array
    layer: Index
    triangles: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pieces:
    """The connected pieces of a mesh: ``label`` int64[m] is the piece of each triangle, ``owner`` int64[k] the layer
    of each piece, ``share`` float64[k] its size as a share of its layer's.
    """

    label: Index
    owner: Index
    share: Array

    def trims(self) -> NDArray[np.bool_]:
        """The triangles of buttons, buckles, eyelets and the like, bool[m]."""
        return np.asarray((self.share <= _TRIM)[self.label])


def pieces(mesh: WeldedMesh) -> Pieces:
    """What of the mesh hangs together."""
    label = islands(mesh)
    count = int(label.max(initial=-1)) + 1
    owner = np.zeros(count, dtype=np.int64)
    owner[label] = mesh.layer
    piece = np.repeat(label, 3)
    corners = mesh.points[mesh.triangles.reshape(-1)]
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    np.minimum.at(low, piece, corners)
    np.maximum.at(high, piece, corners)
    size = np.linalg.norm(np.where(np.isfinite(high), high - low, np.inf), axis=1)
    return Pieces(label=label, owner=owner, share=size / np.maximum(_layer_sizes(mesh), 1e-12)[owner])


def stitches(mesh: WeldedMesh, among: Pieces) -> Stitches:
    """The stitches of every layer that has a good number of them."""
    label, owner, count = among.label, among.owner, len(among.owner)
    corners = mesh.points[mesh.triangles.reshape(-1)]
    axis, centre, half, slender = _axes(corners, np.repeat(label, 3), count)
    fits = (among.share <= _LONGEST) & slender
    often = np.bincount(owner[fits], minlength=int(mesh.layer.max(initial=0)) + 1) >= _FEWEST
    chosen = fits & often[owner]
    ends = np.stack([centre - half[:, None] * axis, centre + half[:, None] * axis], axis=1)[chosen]
    return Stitches(ends=ends, layer=owner[chosen], triangles=chosen[label])


def _layer_sizes(mesh: WeldedMesh) -> Array:
    found = np.zeros(int(mesh.layer.max(initial=0)) + 1)
    for layer in np.unique(mesh.layer):
        points = mesh.points[mesh.triangles[mesh.layer == layer].reshape(-1)]
        found[layer] = np.linalg.norm(np.ptp(points, axis=0))
    return found


def _axes(corners: Array, piece: Index, count: int) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
    """Each piece's longest axis, centre, half length along it, and whether it is slender."""
    number = np.maximum(np.bincount(piece, minlength=count), 1)[:, None]
    centre = np.zeros((count, 3))
    np.add.at(centre, piece, corners)
    centre /= number
    offset = corners - centre[piece]
    spread = np.zeros((count, 3, 3))
    np.add.at(spread, piece, offset[:, :, None] * offset[:, None, :])
    values, vectors = np.linalg.eigh(spread / number[:, :, None])
    axis = vectors[:, :, 2]
    along = np.einsum("ij,ij->i", offset, axis[piece])
    half = np.zeros(count)
    np.maximum.at(half, piece, np.abs(along))
    slender = values[:, 2] >= _SLENDER**2 * np.maximum(values[:, 1], 0)
    return axis, centre, half, slender & (half > 0)
