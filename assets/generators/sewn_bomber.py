"""The draped bomber as a model: a zip between its facings, slanted welts, a pocket on the sleeve, stitches."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.garment import Draped, stitches
from assets.generators.laid import laid, slab, within
from assets.generators.pattern import Panel
from assets.generators.sewn_patch import beside
from assets.generators.sewn_ribbed import faces, whole
from assets.generators.sewn_zip import teeth
from assets.generators.zipper import slider
from assets.model import Material, Model, Primitive, Texture

Array = NDArray[np.float64]

NAME: Final = "bomber"
_LAID: Final = {
    "front": (0.0, 0.0),
    "back": (0.8, 0.0),
    "sleeve-left": (1.6, 0.0),
    "sleeve-right": (2.2, 0.0),
    "band-front": (0.0, 0.8),
    "band-back": (0.8, 0.8),
    "cuff-left": (1.6, 0.8),
    "cuff-right": (2.2, 0.8),
    "collar": (0.0, 1.1),
}
"""Where each panel lies on the cloth, metres."""
TAPE: Final = 0.0070
"""Half of what shows of the zip's tape, metres."""
FACING: Final = (0.0052, 0.0230)
"""From where to where a facing lies beside the zip, metres."""
WELT: Final = ((0.178, -0.470), (0.128, -0.325), 0.024)
"""The left welt's lower and upper end on the front, and how wide it is, metres."""
SLEEVE: Final = (0.040, -0.150, -0.045)
"""The sleeve pocket: half its breadth, its lower and its upper edge on the sleeve, metres."""

_DOWN: Final = np.array([0.0, -1.0, 0.0])


def model(worn: Draped, normal: Texture | None = None, rib: tuple[Texture, Texture] | None = None) -> Model:
    """The garment, 1 UV unit per metre: shell, rib, thread, zip and its tape."""
    shell = Material(
        name="shell",
        base_color=(0.130, 0.140, 0.068, 1.0),
        metallic=0.0,
        roughness=0.44,
        normal_texture=normal,
        normal_scale=0.30,
        double_sided=True,
        sheen_color=(0.05, 0.05, 0.035),
        sheen_roughness=0.35,
    )
    ribbed = replace(
        shell,
        name="rib",
        base_color=(0.105, 0.114, 0.056, 1.0),
        base_color_texture=rib[0] if rib else None,
        roughness=0.9,
        normal_texture=rib[1] if rib else None,
        normal_scale=1.0,
    )
    thread = Material(name="thread", base_color=(0.20, 0.21, 0.11, 1.0), metallic=0.0, roughness=0.55)
    tape = Material(name="zip-tape", base_color=(0.030, 0.032, 0.020, 1.0), metallic=0.0, roughness=0.85)
    metal = Material(name="zip", base_color=(0.60, 0.58, 0.54, 1.0), metallic=1.0, roughness=0.30)
    by_name = {p.name: p for p in worn.sewn.panels}
    cloth, ribs, seams = faces(worn, shell, ribbed, _LAID, thread=thread, lip=0.0040)
    tapes, metals = _front(worn, by_name, tape, metal)
    for piece in pieces(worn):
        (own,) = piece.sewn.panels
        cloth.append(slab(piece, shell, np.zeros(2), thickness=0.0030, sunk=0.0012))
        for inset in (0.0022, 0.0080) if own.name.startswith("facing") else (0.0022,):
            edges = ("low", "right", "top", "left") if own.name == "sleeve-pocket" else ("right", "top", "left")
            seams.append(stitches(piece, own, within(piece, inset, edges), thread))
        if own.name == "sleeve-pocket":
            across, line = _zip_of(piece, own)
            tapes.append(slab(across, tape, np.zeros(2), thickness=0.0012, sunk=0.0012))
            at, out = piece.at(own, line)
            at = at + 0.0014 * out
            metals += [teeth(at, out, metal), _pull(at[-6], out[-6], metal)]
    sewn_on = [(f"sleeve-{side}", f"cap-{end}") for side in ("left", "right") for end in ("left", "right")]
    for name, edge in [*sewn_on, ("front", "shoulder-left"), ("front", "shoulder-right")]:
        seams.append(stitches(worn, by_name[name], beside(by_name[name], edge, 0.003), thread))
    return whole(NAME, (cloth, ribs, seams, tapes, metals))


def _front(
    worn: Draped, by_name: dict[str, Panel], tape: Material, metal: Material
) -> tuple[list[Primitive], list[Primitive]]:
    """The zip from the band's lower edge over the front and up the collar."""
    tapes, points, normals = [], [], []
    for name in ("band-front", "front", "collar"):
        panel = by_name[name]
        middle, low, high = _middle(panel)
        flat = _upright(middle, low + 0.0015, high - 0.0015 * (name == "collar"), TAPE, 0.006, 5)
        piece = laid("tape", worn, panel, flat, 0.0016)
        tapes.append(slab(piece, tape, np.zeros(2), thickness=0.0014, sunk=0.0012))
        line = np.stack([np.full(40, middle), np.linspace(low + 0.003, high - 0.002, 40)], axis=1)
        at, out = worn.at(panel, line)
        points.append(at)
        normals.append(out)
    path, outward = np.concatenate(points), np.concatenate(normals)
    for _ in range(6):
        for field in (path, outward):
            field[1:-1] = 0.5 * field[1:-1] + 0.25 * (field[:-2] + field[2:])
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    path = path + 0.0022 * outward
    # Closed: no teeth show above the slider, a centimetre under the collar's edge.
    return tapes, [
        teeth(path[:-8], outward[:-8], metal),
        _pull(path[-10], outward[-10], metal, path[-30] - path[-10]),
    ]


def _pull(at: Array, outward: Array, metal: Material, down: Array = _DOWN) -> Primitive:
    down = down - outward * (down @ outward)
    return slider(at + 0.0010 * outward, outward, down / np.linalg.norm(down), metal)


def _middle(panel: Panel) -> tuple[float, float, float]:
    """Where the middle of the front is on a panel, and its lower and upper end there, metres."""
    if panel.name != "collar":
        upper = panel.flat[panel.edges["neck" if panel.name == "front" else "top"]]
        lower = panel.flat[panel.edges["hem" if panel.name == "front" else "rim"]]
        return 0.0, float(lower[:, 1].mean()), float(upper[np.abs(upper[:, 0]).argmin(), 1])
    sewn_on = panel.flat[panel.edges["front"]]
    return float(sewn_on[:, 0].mean()), 0.0, float(panel.flat[:, 1].max())


def _upright(middle: float, low: float, high: float, half: float, every: float, columns: int) -> Array:
    """A strip's grid float64[rows, columns, 2] on the paper, ``half`` to each side of ``middle``."""
    rows = max(3, round((high - low) / every))
    x = middle + np.linspace(-half, half, columns)
    y = np.linspace(low, high, rows)
    return np.stack(np.broadcast_arrays(x, y[:, None]), axis=-1)


def pieces(worn: Draped) -> list[Draped]:
    """What lies on the shell: both facings, both welts, the pocket on the left sleeve."""
    by_name = {p.name: p for p in worn.sewn.panels}
    front = by_name["front"]
    _, low, high = _middle(front)
    near, far = FACING
    made = []
    for side in (1.0, -1.0):
        flat = _upright(side * (near + far) / 2, low + 0.002, high - 0.002, (far - near) / 2, 0.009, 5)
        made.append(laid("facing", worn, front, flat, 0.0036))
        (x0, y0), (x1, y1), wide = WELT
        start, end = np.array([side * x0, y0]), np.array([side * x1, y1])
        way = (end - start) / np.linalg.norm(end - start)
        right = np.array([way[1], -way[0]])
        t, s = np.meshgrid(np.linspace(0, 1, 18), np.linspace(-0.5, 0.5, 6), indexing="ij")
        flat = start + t[..., None] * (end - start) + wide * s[..., None] * right
        gape = 0.010 * np.sin(np.pi * t) * np.clip(0.5 + side * s, 0, 1) ** 2
        made.append(laid("welt", worn, front, flat, 0.0036 + gape))
    half, low, high = SLEEVE
    made.append(
        laid("sleeve-pocket", worn, by_name["sleeve-left"], _upright(0.0, low, high, half, 0.008, 11), 0.0034)
    )
    return made


def _zip_of(piece: Draped, own: Panel) -> tuple[Draped, Array]:
    """The tape and the line of the zip that slants over the sleeve's pocket."""
    half, _, high = SLEEVE
    ends = np.array([[-0.86 * half, high - 0.036], [0.86 * half, high - 0.018]])
    line = ends[0] + np.linspace(0, 1, 30)[:, None] * (ends[1] - ends[0])
    up = np.array([-(ends[1] - ends[0])[1], (ends[1] - ends[0])[0]])
    up = up / np.linalg.norm(up)
    t = np.linspace(0, 1, 12)
    flat = ends[0] + t[None, :, None] * (ends[1] - ends[0]) + np.linspace(-0.0050, 0.0050, 4)[:, None, None] * up
    return laid("tape", piece, own, flat, 0.0012), line
