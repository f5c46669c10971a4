"""The draped shirt as a model: collar, placket, pocket, cuffs, buttons, stitches, UVs from the paper pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.collar import Fall, fall
from assets.generators.drape_shirt import PLACKET
from assets.generators.garment import Draped, face_of, hem
from assets.generators.laid import laid, spread, within
from assets.generators.panels_shirt import ShirtDraft
from assets.generators.solids import joined
from assets.generators.tailor import THICK, Tailor
from assets.model import Material, Mesh, Model, Node, Texture

Array = NDArray[np.float64]

NAME: Final = "shirt"
SHOWN: Final = 7
"""Buttons down the front, the collar stand's among them."""
_LAID: Final = {
    "front": (0.0, 0.0),
    "back": (0.65, 0.0),
    "yoke": (0.0, 0.45),
    "sleeve-left": (1.3, 0.0),
    "sleeve-right": (1.75, 0.0),
    "cuff-left": (1.3, -0.60),
    "cuff-right": (1.75, -0.60),
    "stand": (0.65, 0.25),
    "placket": (0.0, 0.0),
    "pocket": (0.0, 0.0),
    "fall": (0.65, 0.45),
    "slit-left": (1.3, 0.0),
    "slit-right": (1.75, 0.0),
}
"""Where each piece lies on the cloth, metres."""

_HEMMED: Final = 0.008
_BUTTONS: Final = (-0.058, 0.083)
"""Metres from the neck's seam down to the first button under the stand's, and from there on to each next one."""
_POCKET: Final = (0.086, -0.172, 0.104, 0.118, 0.016)
"""Its middle, its upper edge, width, height and how much its corner points down, metres."""
_SLIT: Final = (0.024, 0.125)
_LAPS: Final = 0.024  # metres that a cuff's end lies over its other one


def placket(tailor: Tailor, shirt: ShirtDraft) -> None:
    """The strip down the middle of the front, and its buttons."""
    x = np.linspace(-PLACKET, PLACKET, 7)
    neck, tail = shirt.neckline(0)[::-1], shirt.tail(0)
    top, low = np.interp(np.abs(x), *neck.T), np.interp(x, *tail.T)
    share = np.linspace(0, 1, 90)[:, None]
    flat = np.stack([np.broadcast_to(x, (90, 7)), low + share * (top - low)], axis=-1)
    piece = laid("placket", tailor.draped, tailor.panels["front"], flat, THICK)
    tailor.put(piece)
    for edge in ("left", "right"):
        tailor.sewn(piece, within(piece, 0.0050, (edge,)))
    start, step = _BUTTONS
    for k in range(SHOWN - 1):
        tailor.fasten(piece, np.array([0.0, top[3] + start - k * step]), np.array([0.0, 1.0]))


def pocket(tailor: Tailor) -> None:
    """The patch pocket on the wearer's left."""
    middle, top, wide, high, point = _POCKET
    across = np.linspace(-1, 1, 19)
    low = top - high - point * (1 - np.abs(across)) + 0.004 * np.clip(np.abs(across) - 0.9, 0, 1) / 0.1
    share = np.linspace(0, 1, 19)[:, None]
    x = np.broadcast_to(middle + across * wide / 2, (19, 19))
    piece = laid(
        "pocket", tailor.draped, tailor.panels["front"], np.stack([x, low + share * (top - low)], axis=-1), THICK
    )
    tailor.put(piece)
    tailor.sewn(piece, within(piece, 0.0025, ("left", "low", "right")))
    tailor.sewn(
        piece, np.array([(middle + hand * (wide / 2 - 0.003), top - 0.024) for hand in np.linspace(1, -1, 20)])
    )


def stand(tailor: Tailor, shirt: ShirtDraft) -> None:
    """The end of the collar's stand that laps over, and the topmost button."""
    panel, (high, _) = tailor.panels["stand"], shirt.stand
    low = panel.flat[panel.edges["start"][-1]]
    radius = (low @ low) / (2 * low[1])
    half = radius * np.arctan2(abs(low[0]), radius - low[1])
    u = np.linspace(-0.050, 0.0165, 24)
    corner = np.clip((u - (u[-1] - 0.010)) / 0.010, 0, 1)
    tops = (high - 0.0006) - 0.010 * (1 - np.sqrt(1 - corner**2))
    share = np.linspace(0, 1, 10)[:, None]
    y = 0.0004 + share * (tops - 0.0004)
    turn = np.where(u < 0, half + u, u - half) / radius
    flat = np.stack([(radius - y) * np.sin(turn), radius - (radius - y) * np.cos(turn)], axis=-1)
    own = np.stack([np.broadcast_to(u, y.shape), y], axis=-1)
    piece = laid("stand", tailor.draped, panel, flat, THICK, own=own)
    tailor.put(piece)
    tailor.sewn(piece, within(piece, 0.0025, ("low", "right")))
    tailor.fasten(piece, np.array([0.0, 0.5 * high]), np.array([1.0, 0.0]))


def cuff(tailor: Tailor, shirt: ShirtDraft, hand: str) -> None:
    """A cuff, its end over the other one, with two buttons."""
    side = 1.0 if hand == "left" else -1.0
    panel = tailor.panels[f"cuff-{hand}"]
    half, high = shirt.cuff
    end = side * (half / 2 + 0.5 * _SLIT[0])
    u = np.linspace(0, 2 * half + _LAPS, 64)
    lift = THICK * (1 + 1.15 * np.clip((u - 2 * half + 0.008) / 0.008, 0, 1))
    x = end - side * (u[-1] - u)
    y = np.linspace(0.0002, high, 9)[:, None] * np.ones_like(u)
    wrapped = (x + half) % (2 * half) - half
    flat = np.stack([np.broadcast_to(wrapped, y.shape), y], axis=-1)
    rise = np.broadcast_to(lift, y.shape)
    if side < 0:
        flat, rise = flat[:, ::-1], rise[:, ::-1]
    piece = spread(laid(f"cuff-{hand}", tailor.draped, panel, flat, rise))
    tailor.put(piece, thickness=0.0022, lined=True)
    tailor.sewn(piece, within(piece, 0.0035))
    for share in (0.30, 0.70):
        (own,) = piece.sewn.panels
        edge = own.flat[own.edges["right" if side > 0 else "left"]].mean(axis=0)[0]
        tailor.fasten(piece, np.array([edge - side * 0.011, share * high]), np.array([1.0, 0.0]))


def slit(tailor: Tailor, shirt: ShirtDraft, hand: str) -> None:
    """The placket of a sleeve's slit, above the cuff's end, with a small button."""
    side = 1.0 if hand == "left" else -1.0
    wide, long = _SLIT
    across = np.linspace(-1, 1, 7)
    low = -shirt.sleeve
    top = low + long - 0.010 * np.abs(across)
    rise = np.linspace(0, 1, 22)[:, None]
    x = np.broadcast_to(side * shirt.wrist / 2 + across * wide / 2, (22, 7))
    strip = laid(
        f"slit-{hand}",
        tailor.draped,
        tailor.panels[f"sleeve-{hand}"],
        np.stack([x, low + rise * (top - low)], -1),
        THICK,
    )
    tailor.put(strip)
    tailor.sewn(strip, within(strip, 0.0025, ("right", "top", "left")))
    tailor.fasten(strip, np.array([side * shirt.wrist / 2, low + 0.058]), np.array([0.0, 1.0]), radius=0.0046)


def collar(tailor: Tailor, shape: Fall) -> None:
    """The collar's fall over its stand."""
    draped, panel = tailor.draped, tailor.panels["stand"]
    ids = draped.sewn.particle["stand"]
    foot = np.concatenate([panel.edges["left"], panel.edges["back"][1:], panel.edges["right"][1:]])
    rim = panel.edges["rim"][::-1]
    under = np.concatenate([draped.sewn.particle[name] for name in ("front", "yoke")])
    piece = fall(draped.points[ids[rim]], draped.points[ids[foot]], draped, under, shape)
    tailor.put(piece, thickness=0.0018, lined=True)
    tailor.sewn(piece, within(piece, 0.0050, ("left", "low", "right")))


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a shirt is finished with: its name, colour and roughness, the fall of its collar, and whether it has a
    pocket and plackets on its sleeves.
    """

    name: str
    color: tuple[float, float, float]
    roughness: float
    sheen: tuple[float, float, float]
    fall: Fall
    pocket: bool
    slits: bool


SHIRT: Final = Look(
    name=NAME,
    color=(0.33, 0.47, 0.66),
    roughness=0.82,
    sheen=(0.04, 0.04, 0.045),
    fall=Fall(),
    pocket=True,
    slits=True,
)
BLOUSE: Final = Look(
    name="blouse",
    color=(0.52, 0.25, 0.24),
    roughness=0.56,
    sheen=(0.10, 0.06, 0.06),
    fall=Fall(back=0.050, point=0.060, spread=0.012, gap=0.003, rounded=0.030),
    pocket=False,
    slits=False,
)


def _shell(normal: Texture | None, look: Look) -> Material:
    return Material(
        name="shell",
        base_color=(*look.color, 1.0),
        metallic=0.0,
        roughness=look.roughness,
        normal_texture=normal,
        normal_scale=0.6,
        double_sided=True,
        sheen_color=look.sheen,
        sheen_roughness=0.5,
    )


def model(shirt: ShirtDraft, draped: Draped, normal: Texture | None = None, look: Look = SHIRT) -> Model:
    """The garment, 1 UV unit per metre: shell, thread, buttons and their holes."""
    tailor = Tailor(draped, _shell(normal, look), _LAID)
    for p in draped.sewn.panels:
        shift = -np.array(_LAID[p.name])
        if p.name.startswith("cuff"):
            continue  # made double below
        tailor.made["shell"].append(face_of(draped, p, tailor.shell, shift))
        if p.name in {"front", "back"}:
            tailor.made["shell"].append(hem(draped, p, "hem", tailor.shell, shift, depth=_HEMMED, thickness=0.0014))
            tailor.along(p.name, "hem", _HEMMED - 0.0015, every=0.0055)
    for edge in ("front-left", "front-right", "back-left", "back-right"):
        tailor.along("yoke", edge, 0.0016)
    placket(tailor, shirt)
    if look.pocket:
        pocket(tailor)
    stand(tailor, shirt)
    collar(tailor, look.fall)
    for hand in ("left", "right"):
        cuff(tailor, shirt, hand)
        if look.slits:
            slit(tailor, shirt, hand)
    mesh = Mesh(name=look.name, primitives=tuple(joined(parts) for parts in tailor.made.values()))
    node = Node(matrix=np.eye(4), name=look.name, mesh=0)
    return Model(name=look.name, nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")
