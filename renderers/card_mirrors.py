"""What the lobes of a card mirror of its lamps, once a view: a table for each lobe over the plane of the face.

A mirror that leans by a slope sees about what a level one sees some way off in the same plane, so that coats, metal,
embossings and flakes all read one place of a table in place of all lamps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import moderngl
import numpy as np
from numpy.typing import NDArray

from assets.card_scene import CardScene
from renderers import card_lamps
from renderers.card_geometry import Placement
from renderers.programs import Programs, put
from renderers.targets import Canvas, Canvases

SIDE: Final = 128  # texels of a table's side
_STEP: Final = 1.0  # mm


@dataclass(frozen=True, kw_only=True, eq=False)
class Mirrors:
    """The tables side by side, how large a part of the plane each holds (float[n, 2], half width and height in mm),
    and what a slope moves, float64[2, 2], mm.
    """

    canvas: Canvas
    reach: list[tuple[float, float]]
    shift: NDArray[np.float64]


class MirrorPass:
    """Draws them with one context. The lamps' block must be bound."""

    def __init__(self, context: moderngl.Context, programs: Programs, canvases: Canvases) -> None:
        self._context, self._programs, self._canvases = context, programs, canvases

    def draw(
        self, scene: CardScene, place: Placement, beyond: tuple[float, ...], switches: dict[str, int]
    ) -> Mirrors:
        """One table for each lobe, each of the card and as much ``beyond`` it (mm) as a slope may move."""
        canvas = self._canvases.get("mirrors", SIDE * len(beyond), SIDE, channels="4x32")
        program = self._programs.screen(
            "card_mirror.frag", {**switches, "LOBES": len(beyond), "SIDE": f"float({SIDE})"}
        )
        stand = card_lamps.stand(scene.lamps)
        gain = 2.0**scene.lamps.exposure
        self._context.enable_only(moderngl.NOTHING)
        put(
            program,
            u_eye=tuple(place.eye),
            u_above=tuple(gain * c for c in stand.above),
            u_below=tuple(gain * c for c in stand.below),
            u_up=tuple(place.to_face[:, 1]),
        )
        reach = []
        for i, more in enumerate(beyond):
            half = (scene.width_mm / 2 + more, scene.height_mm / 2 + more)
            canvas.buffer.use()
            canvas.buffer.viewport = canvas.buffer.scissor = (i * SIDE, 0, SIDE, SIDE)
            count = stand.coated if i == 0 else len(stand.lamps)
            put(program, u_lobe=i, u_count=count, u_face=(*half, scene.thickness_mm / 2))
            self._programs.over_viewport(program)
            reach.append(half)
        return Mirrors(canvas=canvas, reach=reach, shift=shift(scene, place))


def shift(scene: CardScene, place: Placement) -> NDArray[np.float64]:
    """How far off in the plane a level mirror sees what one that leans sees, in mm by a unit of slope: the inverse
    of how the slope that a lamp needs changes over the plane, in the mean of the lamps.
    """
    stand = card_lamps.stand(scene.lamps)
    steps = []
    for lamp in stand.lamps:
        at = place.to_face @ card_lamps.place(lamp, scene.lamps.turn)
        if at[2] > 0.1 * lamp.distance_mm:  # what lies near the plane says nothing about the others
            needed = [
                _needed(at, place.eye, q) for q in _STEP * np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]])
            ]
            steps.append(np.stack([needed[0] - needed[1], needed[2] - needed[3]], axis=-1) / (2 * _STEP))
    mean = np.mean(steps, axis=0) if steps else np.zeros((2, 2))
    if abs(np.linalg.det(mean)) < 1e-7:
        return np.asarray(np.eye(2) * place.distance)
    return np.asarray(np.linalg.inv(mean))


def _needed(lamp: NDArray[np.float64], eye: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """The slope of a mirror at ``q`` that shows the lamp to the eye."""
    to_lamp, to_eye = lamp - q, eye - q
    half = to_lamp / np.linalg.norm(to_lamp) + to_eye / np.linalg.norm(to_eye)
    return np.asarray(-half[:2] / max(half[2], 0.05))
