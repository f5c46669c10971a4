"""The draped hoodie as a model: faces with true UVs, rib, hood with its casing, kangaroo pocket, cords."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from assets.generators import sewn_cord, sewn_patch, sewn_ribbed
from assets.generators.drape_hoodie import Hoodie
from assets.generators.garment import Draped, face_of, hem, stitches
from assets.model import Material, Model, Primitive, Texture

NAME: Final = "hoodie"
_LAID: Final = {
    "front": (0.0, 0.0),
    "back": (0.8, 0.0),
    "sleeve-left": (1.6, 0.0),
    "sleeve-right": (2.2, 0.0),
    "band-front": (0.0, 0.8),
    "band-back": (0.8, 0.8),
    "cuff-left": (1.6, 0.8),
    "cuff-right": (2.2, 0.8),
    "hood-left-under": (0.0, 1.4),
    "hood-left-upper": (0.6, 1.4),
    "hood-right-under": (1.2, 1.4),
    "hood-right-upper": (1.8, 1.4),
}
"""Where each panel lies on the cloth, metres."""
_CASING: Final = 0.026
POCKET: Final = ((0.172, 0.055), (0.098, 0.200))
"""The pocket's right lower and upper corner of its opening over the middle of its seam to the rib, metres."""


def model(worn: Hoodie, normal: Texture | None = None, rib: tuple[Texture, Texture] | None = None) -> Model:
    """The garment, 1 UV unit per metre: jersey, rib, thread, cord, metal."""
    jersey = Material(
        name="jersey",
        base_color=(0.135, 0.205, 0.285, 1.0),
        metallic=0.0,
        roughness=0.90,
        normal_texture=normal,
        normal_scale=0.7,
        double_sided=True,
        sheen_color=(0.05, 0.06, 0.07),
        sheen_roughness=0.6,
    )
    ribbed = replace(
        jersey,
        name="rib",
        base_color=(0.132, 0.202, 0.282, 1.0),
        base_color_texture=rib[0] if rib else None,
        normal_texture=rib[1] if rib else None,
        normal_scale=1.0,
    )
    thread = Material(name="thread", base_color=(0.22, 0.30, 0.38, 1.0), metallic=0.0, roughness=0.6)
    braid = Material(name="cord", base_color=(0.62, 0.60, 0.55, 1.0), metallic=0.0, roughness=0.8)
    metal = Material(name="metal", base_color=(0.55, 0.54, 0.52, 1.0), metallic=1.0, roughness=0.32)
    cloth, ribs, seams = sewn_ribbed.faces(worn.body, jersey, ribbed, _LAID, thread=thread)
    for p in worn.hood.sewn.panels:
        shift = -np.array(_LAID[p.name])
        cloth.append(face_of(worn.hood, p, jersey, shift))
        if p.name.endswith("upper"):
            cloth.append(hem(worn.hood, p, "high", jersey, shift, depth=0.018, thickness=0.0026))
            seams.append(stitches(worn.hood, p, sewn_patch.beside(p, "high", _CASING), thread))
            seams.append(stitches(worn.hood, p, sewn_patch.beside(p, "back", 0.004), thread))
        cloth.append(hem(worn.hood, p, "front", jersey, shift, depth=0.010, thickness=0.0026))
    pocket, rows = _pocket(worn.body, jersey, thread)
    cloth += pocket
    seams += rows
    cords, tips = [], []
    for middle, outward, line in worn.cords:
        cords.append(sewn_cord.cord(line, braid))
        tips += [sewn_cord.tip(line, metal), sewn_cord.eyelet(middle, outward, metal)]
    return sewn_ribbed.whole(NAME, (cloth, ribs, seams, cords, tips))


def _pocket(body: Draped, jersey: Material, thread: Material) -> tuple[list[Primitive], list[Primitive]]:
    (front,) = (p for p in body.sewn.panels if p.name == "front")
    low = front.flat[front.edges["hem"]][:, 1].mean()
    (wide, up), (narrow, high) = POCKET
    corners = [
        (-wide, 0.004), (wide, 0.004), (wide, up), (narrow, high), (-narrow, high), (-wide, up), (-wide, 0.004),
    ]  # fmt: skip
    at = np.array(corners) + np.array([0.0, low])
    names = ("bottom", "side-right", "opening-right", "top", "opening-left", "side-left")
    edges = [(name, at[k : k + 2]) for k, name in enumerate(names)]
    piece = sewn_patch.patch(body, front, "pocket", edges, gaping=("opening-right", "opening-left"))
    rows = [
        row
        for name in names[1:]
        for row in sewn_patch.rows(piece, name, (0.022,) if name.startswith("opening") else (0.003, 0.009), thread)
    ]
    rows += [
        row for name in names if name.startswith("opening") for row in sewn_patch.rows(piece, name, (0.003,), thread)
    ]
    return sewn_patch.faces(piece, jersey, np.zeros(2)), rows
