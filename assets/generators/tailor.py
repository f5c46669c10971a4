"""Sewing pieces, stitches and buttons on a draped garment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators import buttons
from assets.generators.garment import Draped, inset, stitches
from assets.generators.laid import slab
from assets.model import Material, Primitive

Array = NDArray[np.float64]

THICK: Final = 0.0016
"""Metres of a folded piece of shirting."""


class Tailor:
    """The parts of one garment as they are made, ``made`` by material: cloth, thread, buttons and their holes."""

    def __init__(self, draped: Draped, shell: Material, places: Mapping[str, tuple[float, float]]) -> None:
        """Starts with nothing sewn on; ``places`` says where on the cloth each piece is cut, metres."""
        self.draped, self.shell, self._places = draped, shell, places
        self.panels = {p.name: p for p in draped.sewn.panels}
        paler = [1.2 * channel + 0.02 for channel in shell.base_color[:3]]
        self.thread = Material(
            name="thread", base_color=(paler[0], paler[1], paler[2], 1.0), metallic=0.0, roughness=0.6
        )
        self.button = Material(name="button", base_color=(0.80, 0.78, 0.73, 1.0), metallic=0.0, roughness=0.28)
        self.hole = Material(name="button-hole", base_color=(0.10, 0.10, 0.10, 1.0), metallic=0.0, roughness=0.9)
        materials = (shell, self.thread, self.button, self.hole)
        self.made: dict[str, list[Primitive]] = {material.name: [] for material in materials}

    def sewn(self, on: Draped, line: Array, *, every: float = 0.0042, wide: float = 0.0006) -> None:
        """A row of stitches along a line of the first panel or of the one piece of ``on``."""
        (panel,) = on.sewn.panels
        self.made["thread"].append(stitches(on, panel, line, self.thread, every=every, wide=wide))

    def along(self, name: str, edge: str, away: float, *, every: float = 0.0045) -> None:
        """A row of stitches beside an edge of a panel."""
        panel = self.panels[name]
        line = inset(panel, edge, away)
        self.made["thread"].append(stitches(self.draped, panel, line, self.thread, every=every, wide=0.0006))

    def put(self, piece: Draped, *, thickness: float = THICK, lined: bool = False, sunk: float = 0.0012) -> None:
        """A piece as a slab."""
        (panel,) = piece.sewn.panels
        shift = -np.array(self._places[panel.name])
        self.made[self.shell.name].append(slab(piece, self.shell, shift, thickness=thickness, lined=lined, sunk=sunk))

    def fasten(self, on: Draped, flat: Array, way: Array, *, radius: float = 0.0056) -> None:
        """A button with its buttonhole, which runs along ``way`` of the piece's pattern."""
        (panel,) = on.sewn.panels
        at, out = on.at(panel, np.stack([flat, flat + 0.002 * way]))
        spot, normal, up = at[0], out[0], at[1] - at[0]
        body, holes = buttons.button(spot + 0.0009 * normal, normal, up, self.button, self.hole, radius=radius)
        self.made["button"].append(body)
        self.made["button-hole"].append(holes)
        self.made["thread"].append(buttons.cross(spot + 0.0009 * normal, normal, up, self.thread, radius=radius))
        self.made["thread"].append(buttons.buttonhole(spot, normal, up, self.thread, long=2.8 * radius))
