"""A garment bound to the figure that it was draped on: which skin each part of its cloth goes with, and how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assets import catalogue, catalogue_garments, catalogue_mannequins, fitting_skin, fitting_ties, regions, stance
from assets.fitting_cloth import Cloth, cloth_of, sheet
from assets.fitting_skin import Skin
from assets.fitting_ties import ROUNDS, Packed, Ties
from assets.model import Mesh, Model, Node, Primitive
from assets.pose import drawing, flatten
from assets.transforms import apply

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_MINE: Final = 0.5  # of a point's weights, from which on it belongs to an arm
_SLICE, _SLICES = 0.03, 7  # metres, and how many from the crotch down: a skirt has cloth across the middle in each
_MIDDLE: Final = 0.012  # metres either side of the middle
_AHEAD: Final = 0.7  # cosine to front or back that cloth across the middle has at least
_ABOVE, _BELOW = 0.06, 0.10  # metres about the crotch between which cloth becomes a skirt


@dataclass(frozen=True, kw_only=True, eq=False)
class Bound:
    """``ties`` to the skin; ``skirt`` float64[controls] is how much each control hangs about both legs. Of the welded
    vertices: ``sleeve`` bool is what goes with an arm, ``outer`` bool the outer layer of the cloth. What is ``loose``
    is hardly stretched to another figure.
    """

    cloth: Cloth
    ties: Ties
    skirt: Array
    sleeve: Mask
    outer: Mask
    loose: bool

    def along(self, field: NDArray[Any]) -> NDArray[Any]:
        """A field of the welded vertices, [welded, k], with what inner layers and small parts have of it taken from
        the outer layer under them.
        """
        found = field.copy()
        takes = self.ties.takes.astype(field.dtype)
        found[self.ties.inner] = np.einsum("ik,ikj->ij", takes, field[self.ties.beside])
        return found

    def spread(self, field: NDArray[Any]) -> NDArray[Any]:
        """A field of the controls, [controls, k], at all welded vertices, [welded, k]."""
        return self.along(self.cloth.spread(field))

    def graded(self, moves: Array) -> Array:
        """How the controls move as the skin's points do, float64[points, 3]: near it with it, far from it alike."""
        mine = fitting_ties.mean(moves, self.ties.near, self.ties.share)
        if self.loose:
            return _bowed(self.cloth.centres, self.ties.hold, mine)
        return self.cloth.smoothed(mine, self.ties.hold, ROUNDS)


@lru_cache(maxsize=32)
def bound(item: str) -> Bound:
    """The catalogue's garment bound to the figure that it was draped on. Kept."""
    entry = catalogue.item(item)
    base = catalogue.model(entry.draped_on)
    path = catalogue.DATA / baked_at(item)
    held = fitting_ties.read(path.read_bytes(), made_of(item)) if path.exists() else None
    ties = fitting_ties.unpacked(packed(item) if held is None else held)
    cloth = cloth_of(sheet(parts(laid(item))), ties.welded, ties.control, ties.links)
    arms = ties.weights[:, joints_of(base, "shoulder", "elbow", "wrist")].sum(axis=1, keepdims=True)
    made = Bound(
        cloth=cloth,
        ties=ties,
        skirt=_skirt(cloth, stance.skin_of(base).extras["landmarks"]["crotch point"][1]),
        sleeve=np.zeros(cloth.count, dtype=bool),
        outer=fitting_ties.outer(ties.control, ties.lies),
        loose=_entry(item).loose,
    )
    return replace(made, sleeve=made.spread(arms)[:, 0] > _MINE)


def tied() -> Iterator[str]:
    """The garments that are bound to a figure."""
    return (entry.id for entry in catalogue_garments.GARMENTS if catalogue_mannequins.figure(entry.draped_on))


def baked_at(item: str) -> str:
    """Where a garment's ties are kept, under :data:`assets.catalogue.DATA`."""
    return f"ties/{item}.npz"


def made_of(item: str) -> str:
    """What a garment's ties are found from: they are found anew while what is kept is of something else."""
    return f"{fitting_ties.VERSION} {catalogue.digest(item)} {catalogue.digest(catalogue.item(item).draped_on)}"


def packed(item: str) -> Packed:
    """A garment's ties, found."""
    entry = catalogue.item(item)
    base = catalogue.model(entry.draped_on)
    follows = _entry(item).follows
    return fitting_ties.found(
        sheet(parts(laid(item))),
        base_skin(entry.draped_on, level=entry.level_feet),
        fitting_skin.shares(base),
        stiff=entry.level_feet,
        follows=joints_of(base, follows) if follows else [],
    )


@lru_cache(maxsize=32)
def laid(item: str) -> Model:
    """The catalogue's garment with each mesh where it stands: its nodes move nothing."""
    model = catalogue.model(item)
    if all(np.array_equal(node.matrix, np.eye(4)) for node in model.nodes) and len(drawing(model)) == len(
        model.meshes
    ):
        return model
    meshes = []
    for draw in flatten(model):
        part = draw.primitive
        linear = draw.matrix[:3, :3]
        # Inverse transpose for normals; a mirrored node's triangles were turned round already.
        normals = part.normals @ np.linalg.inv(linear)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        placed = replace(
            part,
            positions=apply(draw.matrix, part.positions).astype(np.float32),
            normals=normals.astype(np.float32),
            extras=regions.moved(part.extras, part.positions, apply(draw.matrix, part.positions).astype(np.float32)),
        )
        meshes.append(Mesh(name=draw.name, primitives=(placed,)))
    nodes = tuple(Node(matrix=np.eye(4), name=mesh.name, mesh=place) for place, mesh in enumerate(meshes))
    return replace(model, nodes=nodes, roots=tuple(range(len(nodes))), meshes=tuple(meshes))


def parts(model: Model) -> tuple[Primitive, ...]:
    """Every primitive, in the order in which a garment's vertices are numbered."""
    return tuple(part for mesh in model.meshes for part in mesh.primitives)


@lru_cache(maxsize=8)
def base_skin(figure: str, *, level: bool) -> Skin:
    """The skin of a figure at rest, on level feet or as it comes."""
    body = catalogue.model(figure)
    return fitting_skin.skin(body, stance.moves(stance.level(body)) if level else None)


def joints_of(body: Model, *stems: str) -> list[int]:
    """The numbers of the joints whose names begin so."""
    names = [body.nodes[joint].name for joint in body.skins[0].joints]
    return [place for place, name in enumerate(names) if name.startswith(stems)]


def mirrored(body: Model) -> list[int]:
    """Of each joint the number of the one on the other side, its own in the middle."""
    names = [body.nodes[joint].name for joint in body.skins[0].joints]
    other = {"l": "r", "r": "l"}
    found = []
    for name in names:
        stem, dash, side = name.rpartition("-")
        found.append(names.index(f"{stem}-{other[side]}") if dash and side in other else names.index(name))
    return found


def _entry(item: str) -> catalogue_garments.Entry:
    return next(one for one in catalogue_garments.GARMENTS if one.id == item)


def _bowed(points: Array, weight: Array, moves: Array) -> Array:
    """Moves of points, float64[n, 3], as nearly as one polynomial of second degree over all space has them: it
    lengthens, bends and swells cloth as a whole, and nothing of it against what lies beside it.
    """
    x, y, z = (points - points.mean(axis=0)).T
    terms = np.stack([np.ones(len(x)), x, y, z, x * x, y * y, z * z, x * y, y * z, z * x], axis=1)
    heavy = (weight[:, None] * terms).T
    return np.asarray(terms @ np.linalg.solve(heavy @ terms, heavy @ moves))


def _skirt(cloth: Cloth, crotch: float) -> Array:
    """How much each control hangs about both legs, 0 to 1: of cloth that goes across the middle in every slice from
    the crotch down to its hem, or far enough. Trousers do so only where their legs meet.
    """
    x, y = cloth.centres[:, 0], cloth.centres[:, 1]
    number = np.floor((crotch - 0.02 - y) / _SLICE).astype(np.int64)
    last = min(int(number.max()) - 1, _SLICES)
    across = (np.abs(x) < _MIDDLE) & (np.abs(cloth.facing[:, 2]) > _AHEAD * np.linalg.norm(cloth.facing, axis=1))
    if last < 1 or not np.isin(np.arange(last), number[across]).all():
        return np.zeros(len(y))
    ease = np.clip((crotch + _ABOVE - y) / (_ABOVE + _BELOW), 0, 1)
    return np.asarray(ease * ease * (3 - 2 * ease))
