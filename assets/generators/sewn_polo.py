"""The draped polo as a model: rib collar and cuffs, placket with three buttons, vents, UVs from the paper pattern."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.collar import Fall, fall
from assets.generators.drape_polo import PLACKET, TURNED
from assets.generators.garment import Draped, face_of, hem
from assets.generators.laid import laid, parted, ring, slab, spread, within
from assets.generators.panels_polo import PoloDraft
from assets.generators.solids import joined
from assets.generators.tailor import Tailor
from assets.model import Material, Mesh, Model, Node, Primitive, Texture

Array = NDArray[np.float64]

NAME: Final = "polo"
SHOWN: Final = 3
_LAID: Final = {
    "front": (0.0, 0.0),
    "back": (0.65, 0.0),
    "sleeve-left": (1.3, 0.0),
    "sleeve-right": (1.75, 0.0),
    "cuff-left": (0.0, 0.3),
    "cuff-right": (0.4, 0.3),
    "stand": (0.0, 0.5),
    "fall": (0.5, 0.5),
    "placket": (0.0, 0.0),
}
"""Where each piece lies on the cloth, metres."""
RINGS: Final = (0.0055, 0.0077, 0.0100, 0.0122)
"""Metres from the ribs' edges to where each of two stripes begins and ends."""
_BUTTONS: Final = (0.018, 0.055)
"""Metres from the neck's seam down to the first button, and from each to the next."""
_THICK: Final = 0.0015
_VENTS: Final = ("vent-left", "vent-right")
_FALL: Final = Fall(
    back=0.050, point=0.064, spread=0.030, gap=0.0015, roll=0.0032, clear=0.0036, knit=True, rings=RINGS, rows=19
)
_CREAM: Final = (0.72, 0.69, 0.60, 1.0)
_GREEN: Final = (0.055, 0.170, 0.125, 1.0)


def _pique(normal: Texture | None) -> Material:
    return Material(
        name="shell",
        base_color=_GREEN,
        metallic=0.0,
        roughness=0.88,
        normal_texture=normal,
        normal_scale=0.7,
        double_sided=True,
        sheen_color=(0.03, 0.05, 0.04),
        sheen_roughness=0.5,
    )


def _rib(normal: Texture | None) -> Material:
    return Material(
        name="rib", base_color=_GREEN, metallic=0.0, roughness=0.9, normal_texture=normal, double_sided=True
    )


def placket(tailor: Tailor, polo: PoloDraft) -> None:
    """The strip from the neck down the front, its buttons, and the square of stitches at its foot."""
    wide, long = PLACKET
    x = np.linspace(-wide, wide, 7)
    top = np.interp(np.abs(x), *polo.neckline(0)[::-1].T)
    low = -polo.drops[0] - long
    share = np.linspace(0, 1, 26)[:, None]
    flat = np.stack([np.broadcast_to(x, (26, 7)), low + share * (top - low)], axis=-1)
    piece = laid("placket", tailor.draped, tailor.panels["front"], flat, _THICK)
    tailor.put(piece, thickness=_THICK)
    tailor.sewn(piece, within(piece, 0.0022, ("left", "low", "right")))
    across = np.linspace(1, -1, 12)[:, None] * [wide - 0.0022, 0.0]
    tailor.sewn(piece, across + np.array([0.0, low + 0.016]))
    first, step = _BUTTONS
    for k in range(SHOWN):
        tailor.fasten(piece, np.array([0.0, top[3] - first - k * step]), np.array([0.0, 1.0]))


def _striped(piece: Draped, rib: Material, tipping: Material, seen: NDArray[np.bool_]) -> tuple[Primitive, Primitive]:
    """A rib's slab and, apart, the cells of it (``seen``) that are knitted in another colour."""
    (panel,) = piece.sewn.panels
    whole = slab(piece, rib, -np.array(_LAID[panel.name]), thickness=0.0022, lined=True)
    return parted(whole, seen, tipping)


def collar(tailor: Tailor, rib: Material, tipping: Material) -> tuple[Primitive, Primitive]:
    """The collar's fall and its stripes."""
    draped, panel = tailor.draped, tailor.panels["stand"]
    ids = draped.sewn.particle["stand"]
    foot = np.concatenate([panel.edges["left"], panel.edges["back"][1:], panel.edges["right"][1:]])
    rim = panel.edges["rim"][::-1]
    under = np.concatenate([draped.sewn.particle[name] for name in ("front", "back")])
    piece = fall(draped.points[ids[rim]], draped.points[ids[foot]], draped, under, _FALL)
    return _striped(piece, rib, tipping, ring(piece) % 2 * (ring(piece) < len(RINGS)) > 0)


def cuff(tailor: Tailor, polo: PoloDraft, hand: str, rib: Material, tipping: Material) -> tuple[Primitive, Primitive]:
    """A sleeve's rib and its stripes."""
    wide, high = polo.cuff
    x = np.linspace(-wide, wide, 65)
    y = np.array([0.0, *RINGS, 0.6 * high, 0.8 * high, high])
    flat = np.stack(np.broadcast_arrays(x, y[:, None]), axis=-1)
    piece = spread(laid(f"cuff-{hand}", tailor.draped, tailor.panels[f"cuff-{hand}"], flat, 0.0008))
    row = np.tile(np.repeat(np.arange(len(y) - 1), len(x) - 1), 2)
    return _striped(piece, rib, tipping, (row % 2 > 0) & (row < len(RINGS)))


def model(polo: PoloDraft, draped: Draped, normal: Texture | None = None, ribbed: Texture | None = None) -> Model:
    """The garment, 1 UV unit per metre: shell, rib, stripes, thread, buttons and their holes."""
    tailor = Tailor(draped, _pique(normal), _LAID)
    shell, rib = tailor.made["shell"], _rib(ribbed)
    tipping = Material(name="thread-tipping", base_color=_CREAM, metallic=0.0, roughness=0.85)
    made = [collar(tailor, rib, tipping)]
    made += [cuff(tailor, polo, hand, rib, tipping) for hand in ("left", "right")]
    ribs = [face_of(draped, tailor.panels["stand"], rib, -np.array(_LAID["stand"])), *(one for one, _ in made)]
    tips = [stripe for _, stripe in made]
    for p in draped.sewn.panels:
        shift = -np.array(_LAID[p.name])
        if p.name in {"front", "back", "sleeve-left", "sleeve-right"}:
            shell.append(face_of(draped, p, tailor.shell, shift))
        if p.name in {"front", "back"}:
            shell.append(hem(draped, p, "hem", tailor.shell, shift, depth=TURNED))
            tailor.along(p.name, "hem", TURNED - 0.002)
            for vent in _VENTS:
                shell.append(hem(draped, p, vent, tailor.shell, shift, depth=0.010))
                tailor.along(p.name, vent, 0.008)
    placket(tailor, polo)
    parts = {**tailor.made, "rib": ribs, "thread-tipping": tips}
    mesh = Mesh(name=NAME, primitives=tuple(joined(found) for found in parts.values()))
    node = Node(matrix=np.eye(4), name=NAME, mesh=0)
    return Model(name=NAME, nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")
