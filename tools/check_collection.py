"""Checks the collection: every garment on every figure, size and pose that it declares, and every outfit.

``python -m tools.check_collection [ID …] [--poses a-pose,walk] [--sizes M,XL] [--figures …]`` prints a table and
exits with 1 if anything fails. What must hold:

- no cloth deeper than 0.5 mm under skin where a camera outside could see it;
- prints within 0.8 and 1.25 of their size on 95 % of the cloth in every figure and size, on three quarters of it
  in poses, on half of it seated (shoes and hats are pulled over a last: no print is measured on them);
- no open edge in sight but those that lie on another layer: where cloth ends it is turned in;
- no face that looks away from its normals.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets import (
    catalogue,
    catalogue_garments,
    catalogue_mannequins,
    catalogue_outfits,
    compose,
    fitting,
    fitting_skin,
    stance,
)
from assets.design import Design
from assets.fitting_bind import bound, joints_of, parts
from assets.fitting_skin import Skin
from assets.generators import sewn_checks
from assets.generators.solids import joined
from assets.model import Model, Primitive
from assets.pose import flatten, posed
from assets.rays import Grid
from assets.scene import Draw
from assets.transforms import apply
from assets.trimmings import trimmings

Array = NDArray[np.float64]

DEEP: Final = 0.0005
"""Metres under the skin that no cloth may be where it is seen."""
TRUE: Final = 0.95
"""Share of a garment's cloth on which prints keep their size, as it is made in every figure and size."""
FOLDED: Final = 0.75
"""The same in poses: where a limb bends, cloth goes with the skin, and no folds come that were not there."""
SEATED: Final = 0.50
"""The same seated, where hips and knees bend by a right angle."""
TURNED: Final = 0.002
"""Share of the area that may look away from its normals: folded corners."""
OPEN: Final = 0.025
"""Metres of open edge on the outer layer that are let pass: where three seams meet, the end of a lace."""

_LIFT: Final = 0.0004  # metres over the skin from which a camera is looked for
_REACH: Final = 2.2  # metres within which something may be in the way
_SIDES: Final = 8
_DRAWN: Final = 0.008  # metres from a vertex of the drawn skin within which skin is drawn
_SHARED: Final = 0.15  # of the weights of skin: with less of an arm it is no limb's, with less of others no trunk's
_LAYER: Final = 0.009  # metres beside an open edge within which the cloth lies that it is sewn or turned on to
_SAMPLES: Final = np.array([(4, 1, 1), (1, 4, 1), (1, 1, 4), (2, 2, 2)]) / 6.0
_HEIGHTS: Final = (-10.0, 12.0, 45.0)  # degrees of the cameras over the horizon


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one combination measured: ``deep`` metres of the deepest penetration in sight, ``seen`` how many points go
    deeper than :data:`DEEP`, ``true`` the share of prints true to size, ``open`` metres of open edge, ``turned`` the
    share of faces that look the wrong way.
    """

    what: str
    avatar: str
    pose: str
    deep: float
    seen: int
    true: float
    open: float
    turned: float

    @property
    def faults(self) -> tuple[str, ...]:
        """What does not hold."""
        found = {
            "penetration": self.deep > DEEP,
            "print": self.true < {"a-pose": TRUE, "seated": SEATED}.get(self.pose, FOLDED),
            "open edge": self.open > OPEN,
            "normals": self.turned > TURNED,
        }
        return tuple(name for name, bad in found.items() if bad)


def combinations(
    ids: Iterable[str] = (), *, figures: Iterable[str] = (), sizes: Iterable[str] = (), poses: Iterable[str] = ()
) -> Iterator[tuple[tuple[str, ...], str, str, str]]:
    """Every declared combination: what is worn, the name of it, the avatar and the pose; only those asked for."""
    wanted = set(ids)
    for one in catalogue_garments.GARMENTS:
        if (not wanted or one.id in wanted) and catalogue_mannequins.figure(one.draped_on) is not None:
            for avatar, pose in _shown(one.figures, one.poses, set(figures), set(sizes), set(poses)):
                yield (one.id,), one.id, avatar, pose
    for look in catalogue_outfits.OUTFITS:
        pieces = tuple(piece.item for piece in look.pieces)
        if (wanted and look.id not in wanted) or catalogue_mannequins.figure(look.figure) is None:
            continue
        items = [catalogue.item(piece) for piece in pieces]
        made_for = tuple(figure for figure in items[0].figures if all(figure in item.figures for item in items))
        shown = tuple(pose for pose in items[0].poses if all(pose in item.poses for item in items))
        for avatar, pose in _shown(made_for, shown, set(figures), set(sizes), set(poses)):
            yield pieces, look.id, avatar, pose


def _shown(
    figures: tuple[str, ...], poses: tuple[str, ...], some: set[str], sizes: set[str], asked: set[str]
) -> Iterator[tuple[str, str]]:
    for entry in catalogue_mannequins.MANNEQUINS:
        if entry.id not in figures or (some and entry.id not in some):
            continue
        for size in entry.sizes:
            if not sizes or size in sizes:
                yield from ((entry.item_id(size), pose) for pose in poses if not asked or pose in asked)


def check(pieces: tuple[str, ...], what: str, avatar: str, pose: str) -> Finding:
    """One combination, composed as the farm composes it."""
    design = Design.model_validate(
        {
            "avatar": {"model": {"item": avatar}, "pose": {"animation": pose}},
            "layers": tuple({"id": item, "model": {"item": item}} for item in pieces),
        }
    )
    made = compose.compose(
        design, lambda ref: catalogue.model(str(ref.item)), lambda ref: catalogue.fabric(str(ref.item))
    )
    draws = flatten(made)
    corners = np.concatenate([_corners(draw) for draw in draws])
    (body,) = [draw.primitive for draw in draws if draw.layer == compose.AVATAR] or [None]
    figure = fitting.standing(posed(catalogue.model(avatar), animation=pose, time=0.0), pieces)
    deep, seen = 0.0, 0
    for item in pieces if body is not None else ():
        for points, skin, drawn in _beside(item, figure, body):
            under, count = visible(points, skin, drawn, corners)
            deep, seen = max(deep, under), seen + count
    sheets = [_sheet(item, parts(fitting.fitted(item, figure))) for item in pieces]
    return Finding(
        what=what,
        avatar=avatar,
        pose=pose,
        deep=deep,
        seen=seen,
        true=min((sewn_checks.true_to_size(sheet, 1.0) for sheet in sheets if sheet is not None), default=1.0),
        open=max(open_edges(item) for item in pieces),
        turned=max(sewn_checks.turned(part) for item in pieces for part in parts(fitting.fitted(item, figure))),
    )


def _corners(draw: Draw) -> Array:
    return apply(draw.matrix, draw.primitive.positions)[draw.primitive.indices.astype(np.int64)]


def _beside(item: str, figure: Model, body: Primitive) -> Iterator[tuple[Array, Skin, cKDTree]]:
    """The outer layer of a garment, the skin that must not come through it, and what of it is drawn.

    Of sleeves that is the arms' skin, of the rest the trunk's: a hand on a hip, or an arm at the side, is in front of
    the cloth and not through it.
    """
    held = bound(item)
    points = np.concatenate([part.positions for part in parts(fitting.fitted(item, figure))]).astype(np.float64)
    outer, sleeve = (mask[held.cloth.welded] for mask in (held.outer, held.sleeve))
    arms = joints_of(figure, "shoulder", "elbow", "wrist")
    whole = fitting_skin.skin(figure, stance.moves(figure))
    drawn = cKDTree(body.positions)
    share = fitting_skin.shares(figure)[:, arms].sum(axis=1)
    for cloth, mine in ((outer & sleeve, share > _SHARED), (outer & ~sleeve, share < 1 - _SHARED)):
        if cloth.any():
            yield points[cloth], Skin(points=whole.points[mine], normals=whole.normals[mine]), drawn


def visible(points: Array, skin: Skin, drawn: cKDTree, corners: Array) -> tuple[float, int]:
    """How deep under the skin points lie over which a camera sees it, and how many deeper than :data:`DEEP`. Of the
    skin what is ``drawn`` (its vertices) can be seen; ``corners`` float64[m, 3, 3] are all triangles that may be in
    the way.
    """
    far, _ = skin.tree.query(points)
    near = np.flatnonzero(far < 0.02)
    if not len(near):
        return 0.0, 0
    height, out = skin.over(points[near])
    below = np.flatnonzero((height < -DEEP) & (height > -0.02))
    if not len(below):
        return 0.0, 0
    over = points[near][below] + out[below] * (_LIFT - height[below])[:, None]
    # Only where skin is drawn right there: what was cut under the cloth hides nothing.
    real = drawn.query(over)[0] < _DRAWN
    over, depth = over[real], -height[below][real]
    seen = seen_from_outside(over, corners)
    return (float(depth[seen].max()), int(seen.sum())) if seen.any() else (0.0, 0)


def seen_from_outside(points: Array, corners: Array) -> NDArray[np.bool_]:
    """Which points a camera somewhere around sees past the triangles."""
    found = np.zeros(len(points), dtype=bool)
    both = np.concatenate([corners, corners[:, ::-1]])
    normals = np.cross(both[:, 1] - both[:, 0], both[:, 2] - both[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
    grid = Grid(both, normals, cell=0.03)
    for azimuth in np.arange(_SIDES) * 2 * np.pi / _SIDES:
        for height in np.radians(_HEIGHTS):
            hidden = np.flatnonzero(~found)
            if not len(hidden):
                return found
            way = np.array([np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height)])
            ways = np.tile(way, (len(hidden), 1))
            distance, _ = grid.first_hit(points[hidden], ways, np.full(len(hidden), _REACH))
            found[hidden[np.isinf(distance)]] = True
    return found


def _entry(item: str) -> catalogue_garments.Entry:
    return next(one for one in catalogue_garments.GARMENTS if one.id == item)


def _sheet(item: str, whole: tuple[Primitive, ...]) -> Primitive | None:
    """The garment's cloth, without trimmings; None of what is not made of cloth."""
    if not catalogue.item(item).cloth or catalogue.item(item).level_feet or _entry(item).follows:
        return None
    kept = trimmings(catalogue.model(item))
    cloth = [part for part in whole if part.uv0 is not None and id(part.material) not in kept]
    return joined(cloth) if cloth else None


@cache
def open_edges(item: str) -> float:
    """Metres of raw edge: open edges of the garment, its seams closed, with no other layer of it beside them, that a
    camera sees.
    """
    cloth = bound(item).cloth
    places = np.zeros((cloth.count, 3))
    places[cloth.welded] = cloth.points
    corner = cloth.welded[cloth.triangles]
    a, b = corner.ravel(), np.roll(corner, -1, axis=1).ravel()
    known, uses = np.unique(np.minimum(a, b) * cloth.count + np.maximum(a, b), return_counts=True)
    alone = known[uses == 1]
    a, b = alone // cloth.count, alone % cloth.count
    if not len(a):
        return 0.0
    samples = (places[corner][:, None] * _SAMPLES[None, :, :, None]).sum(axis=2)
    owner = np.repeat(np.arange(len(corner)), len(_SAMPLES))
    tree = cKDTree(samples.reshape(-1, 3))
    beside = tree.query_ball_point((places[a] + places[b]) / 2, _LAYER, return_sorted=False)
    around = _rings(corner, cloth.count)
    raw = []
    for place, (one, two, near) in enumerate(zip(a, b, beside, strict=True)):
        own = set().union(*(around[next_to] for next_to in around[one] | around[two]))
        if not any(own.isdisjoint(corner[owner[spot]].tolist()) for spot in near):
            raw.append(place)
    if not raw:
        return 0.0
    ends, middles = (places[a[raw]], places[b[raw]]), (places[a[raw]] + places[b[raw]]) / 2
    looks = np.zeros_like(places)
    looks[cloth.welded] = cloth.normals
    body = catalogue.model(catalogue.item(item).draped_on).meshes[0].primitives[0]
    corners = np.concatenate([places[corner], body.positions[body.indices].astype(np.float64)])
    seen = np.zeros(len(raw), dtype=bool)
    for side in (_LIFT, -_LIFT):
        seen |= seen_from_outside(middles + side * looks[a[raw]], corners)
    return float(np.linalg.norm(ends[0] - ends[1], axis=1)[seen].sum())


def _rings(corner: NDArray[np.int64], count: int) -> list[set[int]]:
    """The vertices about each, and itself."""
    found: list[set[int]] = [{place} for place in range(count)]
    for triangle in corner.tolist():
        for place in triangle:
            found[place].update(triangle)
    return found


def main() -> int:
    """The table; 1 if something fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*")
    for name in ("figures", "sizes", "poses"):
        parser.add_argument(f"--{name}", default="")
    options = parser.parse_args()
    chosen: dict[str, Any] = {
        name: tuple(part for part in getattr(options, name).split(",") if part)
        for name in ("figures", "sizes", "poses")
    }
    bad = total = 0
    for pieces, what, avatar, pose in combinations(options.ids, **chosen):
        found = check(pieces, what, avatar, pose)
        total += 1
        bad += bool(found.faults)
        sys.stdout.write(
            f"{what:18} {avatar:22} {pose:14} deepest {found.deep * 1000:5.2f} mm ({found.seen:4}) "
            f"prints {found.true:.3f} open {found.open * 1000:5.1f} mm turned {found.turned:.4f} "
            f"{', '.join(found.faults) or 'ok'}\n"
        )
        sys.stdout.flush()
    sys.stdout.write(f"{total} combinations, {bad} with faults\n")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
