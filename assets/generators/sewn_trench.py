"""The draped trench coat as a model: wide lapels, two rows of buttons, belt with buckle, storm flap and shield,
epaulettes, straps at the wrists, slanted pockets, a vent.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.drape_jacket import TRENCH
from assets.generators.fastenings import buckle, button
from assets.generators.garment import Draped
from assets.generators.jacket_belt import band, closed, loop, tail, taut
from assets.generators.jacket_lapel import MIRROR, Front, Turned, collar, drawn, lapel
from assets.generators.jacket_plate import (
    FIRST_COLUMN,
    FIRST_ROW,
    LAST_COLUMN,
    LAST_ROW,
    Plate,
    ease,
    plate,
    quad,
    resting,
    unit,
)
from assets.generators.panels_jacket import SIDES
from assets.generators.sewn_jacket import LAID, bodies, buttons, lap, patch, vent
from assets.generators.solids import joined
from assets.model import Material, Mesh, Model, Node, Primitive, Texture

Array = NDArray[np.float64]

NAME: Final = "trench-coat"
ON_TOP: Final = "right"
TURNED: Final = Turned(
    gorge=0.17, lapel=(0.108, 0.004), notch=0.054, end=(0.050, 68.0), stand=0.032, cover=(0.028, 0.044), belly=0.008
)
ROWS: Final = (-0.365, -0.520, -0.640)
"""Heights of the buttons, two in each row."""
APART: Final = 0.064
EDGED: Final = 0.0065  # metres from the edges to their stitches
BELT: Final = 0.044  # metres that it is wide
HEM_OF_STRAP: Final = 0.058  # metres from the cuff up to the strap's middle
SHIELD: Final = (-0.235, -0.030)  # where the shield on the back ends, and how much lower it does in the middle


def _across_back(draped: Draped, flat: Array) -> tuple[Array, Array]:
    """Points and normals of the back: x is the way from its middle, the wearer's left positive."""
    draft = TRENCH.draft
    at = np.stack([draft.half - np.abs(flat[:, 0]), flat[:, 1]], axis=1)
    points, normals = np.empty((len(at), 3)), np.empty((len(at), 3))
    for hand, held in (("left", flat[:, 0] >= 0), ("right", flat[:, 0] < 0)):
        piece = next(p for p in draped.sewn.panels if p.name == f"back-{hand}")
        if held.any():
            points[held], normals[held] = draped.at(piece, at[held] if hand == "left" else at[held] * MIRROR)
    return points, normals


def _shield(draped: Draped, shell: Material, shift: Array) -> Plate:
    """The cape on the back, loose at its lower edge."""
    draft = TRENCH.draft
    (neck, drop), (tip, low) = draft.neck, draft.shoulder
    arm = draft.armhole[draft.armhole[:, 1].argmin() :]
    across, up = np.linspace(-1, 1, 41), np.linspace(0, 1, 14)
    u = np.abs(across) * (tip - 0.004)
    top = np.where(
        u < neck, -drop * np.sqrt(np.clip(1 - u / neck, 0, 1)) - 0.004, low * (u - neck) / (tip - neck) - 0.001
    )
    bottom = SHIELD[0] + SHIELD[1] * (1 - across**2)
    y = bottom + (top - bottom) * up[:, None]
    wide = draft.half - np.maximum(np.interp(y, arm[:, 1], arm[:, 0]), draft.seams[1]) - 0.004
    flat = np.stack([across * wide, y], axis=-1)
    points, n = resting(partial(_across_back, draped), flat, 0.0075 - 0.0045 * ease(up)[:, None])
    return plate(points, n, flat * [-1.0, -1.0] + shift, shell, thickness=0.0026)


def _storm_flap(front: Front, shell: Material, shift: Array) -> Plate:
    """The flap over the chest of the front on top, from the shoulder down, loose at its lower edge."""
    draft, shape = front.draft, drawn(front.draft, TURNED)
    (tip, low), neck = draft.shoulder, draft.neck[0]
    arm = draft.armhole[: draft.armhole[:, 1].argmin() + 1][::-1]
    across, up = np.linspace(0, 1, 22), np.linspace(0, 1, 18)
    top = np.stack([neck + 0.040 + across * (tip - 0.005 - neck - 0.040), np.zeros(22)], axis=1)
    top[:, 1] = low * (top[:, 0] - neck) / (tip - neck) - 0.002
    bottom = -0.262 + 0.052 * across + 0.012 * np.sin(np.pi * across)
    y = bottom + (top[:, 1] - bottom) * up[:, None]
    outer = np.interp(y[:, -1], arm[:, 1], arm[:, 0]) - 0.004
    # Towards the middle it goes under the lapel.
    inner = np.minimum(top[0, 0], np.interp(y[:, 0], [-0.262, shape.corner[1]], [0.004, 0.100]))
    x = inner[:, None] + across * (outer - inner)[:, None]
    flat = np.stack([x, y], axis=-1)
    sign = -1.0 if front.hand == "right" else 1.0
    points, n = resting(front, flat, 0.0048 - 0.0025 * ease(up)[:, None])
    return plate(points, n, flat * [sign, -1.0] + shift, shell, thickness=0.0026)


def _shoulder(draped: Draped, hand: str, flat: Array) -> tuple[Array, Array]:
    """Points and normals about a shoulder's seam: x inward from its tip, y before the seam, behind it negative."""
    draft = TRENCH.draft
    tip, neck = np.array(draft.shoulder), np.array([draft.neck[0], 0.0])
    way = (neck - tip) / np.linalg.norm(neck - tip)
    down = np.array([way[1], -way[0]])
    down *= -np.sign(down[1])
    points, normals = np.empty((len(flat), 3)), np.empty((len(flat), 3))
    for name, held in (("front", flat[:, 1] >= 0), ("back", flat[:, 1] < 0)):
        piece = next(p for p in draped.sewn.panels if p.name == f"{name}-{hand}")
        at = tip + flat[held, :1] * way + np.abs(flat[held, 1:]) * down
        if name == "back":
            at = np.array([draft.half, 0.0]) + at * MIRROR
        if held.any():
            points[held], normals[held] = draped.at(piece, at if hand == "left" else at * MIRROR)
    return points, normals


def _epaulette(draped: Draped, hand: str, shell: Material, shift: Array) -> tuple[Plate, tuple[Array, Array]]:
    """The strap on a shoulder, pointed towards the neck, and where its button sits."""
    along, across = np.linspace(0, 1, 22), np.linspace(-1, 1, 11)
    long, wide = 0.062, 0.024 - 0.004 * along
    x = np.broadcast_to(along * long, (11, 22)).copy()
    x += (1 - np.abs(across))[:, None] * 0.015 * ease((along - 0.5) / 0.5)
    flat = np.stack([x, across[:, None] * wide], axis=-1)
    ground = partial(_shoulder, draped, hand)
    points, n = resting(ground, flat, 0.0034 + 0.0030 * ease(along / 0.6))
    n = unit(n.mean(axis=0, keepdims=True) * 0.6 + n * 0.4)
    at, way = ground(np.array([[long - 0.004, 0.0]]))
    return plate(points, n, flat + shift, shell, thickness=0.0028), (at + 0.0062 * way, way)


def _strap(draped: Draped, hand: str, shell: Material, horn: Material, shift: Array) -> tuple[Plate, Primitive]:
    """The strap about a wrist, and its buckle."""
    draft = TRENCH.draft
    sleeve = next(p for p in draped.sewn.panels if p.name == f"sleeve-{hand}")
    y = np.linspace(-0.012, 0.012, 5) + HEM_OF_STRAP - draft.sleeve
    half = np.interp(y, [-draft.sleeve, 0.0], [draft.cuff, draft.biceps])
    share = np.linspace(-1, 1, 61)
    flat = np.stack([half[:, None] * share, np.repeat(y[:, None], len(share), axis=1)], axis=-1)
    points, n = resting(partial(draped.at, sleeve), flat, 0.0045)
    ring = plate(points, n, flat * [1.0, -1.0] + shift, shell, thickness=0.0026, sides=(FIRST_ROW, LAST_ROW))
    place = 38 if hand == "left" else 22
    up = points[4, place] - points[0, place]
    return ring, buckle(points[2, place] + 0.0022 * n[2, place], n[2, place], up, horn, wide=0.030, high=0.036)


def model(draped: Draped, normal: Texture | None = None) -> Model:
    """The garment, 1 UV unit per metre: shell, button, buckle, thread."""
    shell = Material(
        name="shell",
        base_color=(0.47, 0.365, 0.235, 1.0),
        metallic=0.0,
        roughness=0.80,
        normal_texture=normal,
        normal_scale=0.6,
        double_sided=True,
        sheen_color=(0.04, 0.035, 0.03),
        sheen_roughness=0.5,
    )
    horn = Material(name="button", base_color=(0.085, 0.052, 0.030, 1.0), metallic=0.0, roughness=0.30)
    frame = Material(name="buckle", base_color=(0.10, 0.062, 0.036, 1.0), metallic=0.0, roughness=0.35)
    thread = Material(name="thread", base_color=(0.33, 0.245, 0.15, 1.0), metallic=0.0, roughness=0.7)
    draft = TRENCH.draft
    left, right = (Front(draped=draped, draft=draft, hand=hand, on_top=hand == ON_TOP) for hand in SIDES)
    top = right if ON_TOP == "right" else left
    edge = lap(top, shell, np.array(LAID[f"front-{ON_TOP}"]))
    laid = [vent(left, -0.70, 0.035, shell, np.array(LAID["back-left"]))]
    stitched: list[tuple[Plate, tuple[int, ...]]] = [
        (edge, (LAST_COLUMN,)),
        (collar((left, right), TURNED, shell, np.array([0.9, 3.0])), (LAST_ROW,)),
        (_shield(draped, shell, np.array([1.6, 3.0])), (FIRST_ROW,)),
        (_storm_flap(top, shell, np.array([2.2, 3.0])), (FIRST_ROW,)),
    ]
    buckles: list[Primitive] = []
    seats: list[tuple[Array, Array]] = []
    for number, front in enumerate((left, right)):
        strap, seat = _epaulette(draped, front.hand, shell, np.array([2.6, 3.0 + 0.2 * number]))
        ring, wrist_buckle = _strap(draped, front.hand, shell, frame, np.array([1.4, 4.0 + 0.2 * number]))
        welt = patch(front, POCKET, shell, np.array([2.0 + 0.3 * number, 4.0]), lift=0.0036)
        stitched += [
            (lapel(front, TURNED, shell, np.array([0.3 + 0.3 * number, 3.0])), (LAST_ROW,)),
            (strap, (FIRST_ROW, LAST_ROW)),
            (ring, (FIRST_ROW, LAST_ROW)),
            (welt, (FIRST_COLUMN, LAST_COLUMN)),
        ]
        seats.append(seat)
        buckles.append(wrist_buckle)
    trunk = [draped.sewn.particle[p.name] for p in draped.sewn.panels if not p.name.startswith("sleeve")]
    height = float(top(np.array([[0.0, TRENCH.belt[0] if TRENCH.belt else 0.0]]))[0][0, 1])
    belt = taut(np.concatenate([draped.points[np.concatenate(trunk)], edge.cloth.positions]), height, BELT)
    stitched.append((band(belt, shell, np.array([0.0, 5.0])), (FIRST_ROW, LAST_ROW)))
    laid.append(tail(belt, 0.004, 0.170, shell, np.array([1.2, 5.0])))
    laid += [
        loop(belt, belt.girth * share, shell, np.array([1.6 + 0.1 * share, 5.0]))
        for share in (0.20, 0.40, 0.60, 0.80)
    ]
    buckles.append(closed(belt, 0.0, frame))
    cloth = [*bodies(draped, shell), *(piece.cloth for piece in laid), *(piece.cloth for piece, _ in stitched)]
    places = np.array([(x, y) for y in ROWS for x in (-APART, APART)])
    held, sewn_on = buttons(top, places, horn, thread, radius=0.0125, over=0.0006)
    for at, way in seats:
        one, its_thread = button(at[0], unit(way[0]), horn, thread, radius=0.0080)
        held.append(one)
        sewn_on.append(its_thread)
    sewn_on += [piece.stitched(side, thread, away=EDGED) for piece, sides in stitched for side in sides]
    mesh = Mesh(name=NAME, primitives=tuple(joined(part) for part in (cloth, held, buckles, sewn_on)))
    node = Node(matrix=np.eye(4), name=NAME, mesh=0)
    return Model(name=NAME, nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")


POCKET: Final = quad(((0.150, -0.640), (0.184, -0.628), (0.134, -0.478), (0.100, -0.490)), 18, 6)
"""A slanted welt on the flat front."""
