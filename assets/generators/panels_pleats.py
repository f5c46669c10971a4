"""The paper pattern of a knife-pleated skirt: faces and returns between fold lines, and a straight waistband."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.spatial import Delaunay

from assets.generators.pattern import Panel, Sewn, panel, sew

Array = NDArray[np.float64]
Index = NDArray[np.int64]

TUCKED: Final = 0.012
"""Metres of the pleats that are caught in the waistband."""


@dataclass(frozen=True, kw_only=True)
class PleatDraft:
    """Lines of the draft, metres; depths are measured down from the waistband's lower edge.

    ``knots`` are depths and how much of each of ``count`` pleats is seen there; ``cloth`` is what a pleat takes,
    ``long`` how deep the hem is, ``stitched`` how far down the folds are sewn; ``waist`` the waistband's length and
    ``band`` its height.
    """

    count: int
    cloth: float
    knots: tuple[tuple[float, float], ...]
    long: float
    stitched: float
    waist: float
    band: float

    def seen(self, depth: Array) -> Array:
        """The visible width of a pleat at depths."""
        at, wide = zip(*self.knots, strict=True)
        return np.asarray(PchipInterpolator(at, wide)(np.clip(depth, at[0], at[-1])))

    def columns(self, depth: float) -> Array:
        """Where a pleat's columns are on the flat cloth, float64[7]: its outer fold, the middle of what is seen,
        where the next fold lies over it, the middle of what is hidden, the inner fold, the return's middle, the
        next fold.
        """
        wide = float(self.seen(np.array(depth)))
        under = (self.cloth - wide) / 2
        # The middle of the return runs along the grain; the folds lean to either side of it.
        outer, inner = -self.cloth / 4 + under / 2, 3 * self.cloth / 4 - under / 2
        hidden = outer + wide
        return np.array(
            [
                outer,
                outer + wide / 2,
                hidden,
                (hidden + inner) / 2,
                inner,
                3 * self.cloth / 4,
                outer + self.cloth,
            ]
        )


def draft(waist: float, high: float, hip: float, *, count: int = 24, long: float = 0.500) -> PleatDraft:
    """A skirt to above the knee for girths over the pleats, metres, at the waistband, 7 cm and 17 cm below it.

    Full pleats take three times what is seen of them; these are a little shallower, as those of wool are, and run
    apart under the hip.
    """
    seen = tuple(girth / count for girth in (waist, high, hip))
    hem = seen[2] * 1.24
    return PleatDraft(
        count=count,
        cloth=2.55 * seen[2],
        knots=((-TUCKED, seen[0]), (0.07, seen[1]), (0.17, seen[2] * 1.004), (0.32, seen[2] * 1.10), (long, hem)),
        long=long,
        stitched=0.105,
        waist=waist,
        band=0.036,
    )


def rows(pleats: PleatDraft, spacing: float) -> Array:
    """Depths of the rows; the first two lie in the waistband and at its edge."""
    return np.concatenate([[-TUCKED], np.linspace(0.0, pleats.long, max(6, round(pleats.long / spacing)) + 1)])


def _section(name: str, flat: Array, sides: tuple[str, str]) -> Panel:
    """A strip of the pleats: ``flat`` float64[rows, columns, 2], top row first, between two folds."""
    down, wide = flat.shape[:2]
    at = np.arange(down * wide).reshape(down, wide)
    a, b, c, d = (part.reshape(-1) for part in (at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]))
    # All diagonals run one way: six triangles meet at each point, which subdivision leaves in its place.
    one, two = np.stack([d, c, b], axis=1), np.stack([d, b, a], axis=1)
    points = flat.reshape(-1, 2)
    edges = {"hem": at[-1], sides[1]: at[::-1, -1], "tucked": at[0, ::-1], sides[0]: at[:, 0]}
    return Panel(name=name, flat=points, triangles=np.concatenate([one, two]), edges=edges, finder=Delaunay(points))


def cut(pleats: PleatDraft, spacing: float) -> Sewn:
    """All sections, folded nowhere yet, and the waistband, which is closed in itself over the left side."""
    depth = rows(pleats, spacing)
    across = np.stack([pleats.columns(float(t)) for t in depth])
    sections, seams = [], []
    for k in range(pleats.count):
        flat = np.stack([across + k * pleats.cloth, np.broadcast_to(-depth[:, None], across.shape)], axis=-1)
        sections += [
            _section(f"face-{k}", flat[:, :5], ("outer", "inner")),
            _section(f"return-{k}", flat[:, 4:], ("inner", "outer")),
        ]
        seams += [
            (f"face-{k}", "inner", f"return-{k}", "inner", True),
            (f"return-{k}", "outer", f"face-{(k + 1) % pleats.count}", "outer", True),
        ]
    half, high = pleats.waist / 2, pleats.band
    around, up = 2 * round(pleats.waist / 2 / 0.016), 2
    band = panel(
        "band",
        [
            ("foot", np.array([(-half, 0.0), (half, 0.0)]), around),
            ("end", np.array([(half, 0.0), (half, high)]), up),
            ("rim", np.array([(half, high), (-half, high)]), around),
            ("start", np.array([(-half, high), (-half, 0.0)]), up),
        ],
        high / 2,
    )
    return sew([*sections, band], [*seams, ("band", "start", "band", "end", True)])


def grid(pleats: PleatDraft, sewn: Sewn) -> Index:
    """The particles of the pleats: int64[count, 7, rows], the last column being the next pleat's first."""
    found = []
    for k in range(pleats.count):
        face = sewn.particle[f"face-{k}"].reshape(-1, 5)
        back = sewn.particle[f"return-{k}"].reshape(-1, 3)
        found.append(np.concatenate([face, back[:, 1:]], axis=1).T)
    return np.stack(found)
