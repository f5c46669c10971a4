"""The draped blazer as a model: lapels, collar, a lap with two buttons, flaps, breast welt, sleeve buttons, vent."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from assets.generators.drape_jacket import BLAZER
from assets.generators.garment import Draped
from assets.generators.jacket_lapel import MIRROR, Front, Turned, collar, lapel
from assets.generators.panels_jacket import SIDES
from assets.generators.sewn_jacket import LAID, Flap, bodies, buttons, lap, patch, vent
from assets.generators.solids import joined
from assets.model import Material, Mesh, Model, Node, Primitive, Texture

NAME: Final = "blazer"
ON_TOP: Final = "right"
TURNED: Final = Turned()
FRONT_BUTTONS: Final = ((0.0, -0.432), (0.0, -0.522))
POCKET: Final = Flap(at=(0.072, -0.535), long=0.125, deep=0.050, slant=0.006)
WELT: Final = Flap(at=(0.104, -0.226), long=0.086, deep=0.022, slant=-0.008)
SLEEVE_BUTTONS: Final = 4


def model(draped: Draped, normal: Texture | None = None) -> Model:
    """The garment, 1 UV unit per metre: shell, button, thread."""
    shell = Material(
        name="shell",
        base_color=(0.115, 0.140, 0.200, 1.0),
        metallic=0.0,
        roughness=0.86,
        normal_texture=normal,
        normal_scale=0.6,
        double_sided=True,
        sheen_color=(0.05, 0.05, 0.06),
        sheen_roughness=0.5,
    )
    horn = Material(name="button", base_color=(0.060, 0.042, 0.030, 1.0), metallic=0.0, roughness=0.32)
    thread = Material(name="thread", base_color=(0.085, 0.105, 0.155, 1.0), metallic=0.0, roughness=0.7)
    draft = BLAZER.draft
    left, right = (Front(draped=draped, draft=draft, hand=hand, on_top=hand == ON_TOP) for hand in SIDES)
    top = right if ON_TOP == "right" else left
    cloth: list[Primitive] = bodies(draped, shell)
    cloth.append(lap(top, shell, np.array(LAID[f"front-{ON_TOP}"])))
    cloth.append(vent(left, -0.50, 0.028, shell, np.array(LAID["back-left"])))
    cloth += [
        lapel(front, TURNED, shell, np.array([shift, 2.0]))
        for front, shift in zip((left, right), (0.3, 0.6), strict=True)
    ]
    cloth.append(collar((left, right), TURNED, shell, np.array([0.8, 1.8])))
    solids: list[Primitive] = []
    threads: list[Primitive] = []
    for number, front in enumerate((left, right)):
        cloth.append(
            patch(
                front, POCKET.flat(), shell, np.array([1.2 + 0.3 * number, 1.8]), lift=np.linspace(0.0050, 0.0018, 10)
            )
        )
        sleeve = next(p for p in draped.sewn.panels if p.name == f"sleeve-{front.hand}")
        at = np.array([(0.56 * draft.cuff, 0.030 + 0.017 * k - draft.sleeve) for k in range(SLEEVE_BUTTONS)])
        if front.hand == "right":
            at = at * MIRROR
        made = buttons(partial(draped.at, sleeve), at, horn, thread, radius=0.0075, over=0.0)
        solids += made[0]
        threads += made[1]
    cloth.append(patch(left, WELT.flat(round_=0.002), shell, np.array([1.8, 1.8])))
    made = buttons(top, np.array(FRONT_BUTTONS), horn, thread, radius=0.0110, over=0.0004)
    solids += made[0]
    threads += made[1]
    mesh = Mesh(name=NAME, primitives=(joined(cloth), joined(solids), joined(threads)))
    node = Node(matrix=np.eye(4), name=NAME, mesh=0)
    return Model(name=NAME, nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")
