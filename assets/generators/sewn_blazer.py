"""The draped blazer as a model: lapels, collar, a lap with two buttons, flaps, breast welt, sleeve buttons, vent."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from assets.generators.drape_jacket import BLAZER
from assets.generators.garment import Draped
from assets.generators.jacket_lapel import MIRROR, Front, Turned, collar, lapel
from assets.generators.jacket_plate import FIRST_COLUMN, FIRST_ROW, LAST_COLUMN, LAST_ROW, Plate
from assets.generators.panels_jacket import SIDES
from assets.generators.sewn_jacket import LAID, Flap, bodies, buttons, lap, patch, vent
from assets.generators.solids import joined
from assets.model import Material, Mesh, Model, Node, Texture

NAME: Final = "blazer"
ON_TOP: Final = "right"
TURNED: Final = Turned()
FRONT_BUTTONS: Final = ((0.0, -0.432), (0.0, -0.522))
POCKET: Final = Flap(at=(0.072, -0.535), long=0.125, deep=0.050, slant=0.006)
WELT: Final = Flap(at=(0.104, -0.226), long=0.086, deep=0.022, slant=-0.008)
SLEEVE_BUTTONS: Final = 4
PICKED: Final = 0.0045  # metres from the edges to the stitches that hold them


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
    thread = Material(name="thread", base_color=(0.060, 0.075, 0.115, 1.0), metallic=0.0, roughness=0.7)
    draft = BLAZER.draft
    left, right = (Front(draped=draped, draft=draft, hand=hand, on_top=hand == ON_TOP) for hand in SIDES)
    top = right if ON_TOP == "right" else left
    laid = [lap(top, shell, np.array(LAID[f"front-{ON_TOP}"]))]
    stitched: list[tuple[Plate, tuple[int, ...]]] = [(laid[0], (LAST_COLUMN,))]
    laid.append(vent(left, -0.50, 0.028, shell, np.array(LAID["back-left"])))
    for number, front in enumerate((left, right)):
        leaf = lapel(front, TURNED, shell, np.array([0.3 + 0.3 * number, 2.0]))
        at = np.array([1.2 + 0.3 * number, 1.8])
        flap = patch(front, POCKET.flat(), shell, at, lift=np.linspace(0.0050, 0.0018, 10))
        stitched += [(leaf, (LAST_ROW,)), (flap, (FIRST_ROW, FIRST_COLUMN, LAST_COLUMN))]
    stitched += [
        (collar((left, right), TURNED, shell, np.array([0.8, 1.8])), (LAST_ROW,)),
        (patch(left, WELT.flat(round_=0.002), shell, np.array([1.8, 1.8])), ()),
    ]
    laid += [piece for piece, _ in stitched[1:]]
    solids, threads = buttons(top, np.array(FRONT_BUTTONS), horn, thread, radius=0.0110, over=0.0004)
    for front in (left, right):
        sleeve = next(p for p in draped.sewn.panels if p.name == f"sleeve-{front.hand}")
        places = np.array([(0.56 * draft.cuff, 0.030 + 0.017 * k - draft.sleeve) for k in range(SLEEVE_BUTTONS)])
        places = places if front.hand == "left" else places * MIRROR
        made = buttons(partial(draped.at, sleeve), places, horn, thread, radius=0.0075, over=0.0)
        solids += made[0]
        threads += made[1]
    threads += [piece.stitched(side, thread, away=PICKED) for piece, sides in stitched for side in sides]
    cloth = [*bodies(draped, shell), *(piece.cloth for piece in laid)]
    mesh = Mesh(name=NAME, primitives=(joined(cloth), joined(solids), joined(threads)))
    node = Node(matrix=np.eye(4), name=NAME, mesh=0)
    return Model(name=NAME, nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")
