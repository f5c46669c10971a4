"""A pair of low court trainers: leather on a cupsole, laced and tied."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from assets.generators import sneaker_laces as laces
from assets.generators import sneaker_last as last
from assets.generators import sneaker_sole as sole
from assets.generators import sneaker_upper as upper
from assets.generators.sneaker_surfaces import Looks
from assets.generators.solids import joined
from assets.model import Mesh, Model, Node, Primitive

NAME: Final = "sneakers"


def shoe(looks: Looks) -> list[Primitive]:
    """The left shoe in its own coordinates, one primitive a material."""
    quarters = upper.quarters()
    vamp, cap, stay = upper.vamp(), upper.toe_cap(), upper.eyestay()
    counter, tab = upper.counter(), upper.heel_tab()
    lining, ring = upper.lining(looks.lining)
    pad, rim = upper.tongue(looks.leather, looks.thread)
    rings, holes = laces.eyelets(looks.eyelet, looks.hole)
    tied, tips = laces.bow(looks.lace, looks.tip)
    seams = [
        rim,
        sole.stitched(looks.thread),
        upper.stitched(cap, "high", looks.thread),
        upper.stitched(cap, "high", looks.thread, away=0.0048),
        upper.stitched(stay, "low", looks.thread),
        upper.stitched(stay, "high", looks.thread, away=0.0036, ends=6),
        upper.stitched(counter, "high", looks.thread),
        upper.stitched(tab, "low", looks.thread),
    ]
    for piece in quarters:
        side = piece.cut[0]
        seams += [upper.stitched(piece, side, looks.thread), upper.stitched(piece, side, looks.thread, away=0.0048)]
    return [
        joined([upper.leather(piece, looks.leather) for piece in (vamp, *quarters, cap)] + [pad]),
        joined([upper.leather(piece, looks.suede) for piece in (stay, counter)] + [upper.facing(looks.suede)]),
        upper.leather(tab, looks.tab),
        joined([lining, upper.collar(looks.lining), sole.insole(ring, looks.lining)]),
        sole.rubber(looks.sole),
        sole.tread(looks.tread),
        joined(seams),
        rings,
        holes,
        joined([laces.crossings(looks.lace), tied]),
        tips,
    ]


def model(looks: Looks) -> Model:
    """Both shoes on the figure's level feet, metres; 1 UV unit a metre."""
    left = shoe(looks)
    parts = [joined([_placed(part, right=False), _placed(part, right=True)]) for part in left]
    mesh = Mesh(name=NAME, primitives=tuple(parts))
    node = Node(matrix=np.eye(4), name=NAME, mesh=0)
    return Model(name=NAME, nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")


def _placed(part: Primitive, *, right: bool) -> Primitive:
    points = part.positions.astype(np.float64)
    origin = last.placed(np.zeros(3), right=right)
    normals = last.placed(part.normals.astype(np.float64), right=right) - origin
    return replace(
        part,
        positions=np.ascontiguousarray(last.placed(points, right=right), dtype=np.float32),
        normals=np.ascontiguousarray(normals, dtype=np.float32),
        indices=np.ascontiguousarray(part.indices[:, ::-1]) if right else part.indices,
    )
