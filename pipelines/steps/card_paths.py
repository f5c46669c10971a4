"""How a card is moved in a loop. Every path is closed and smooth, and begins where it is slowest, so that the step
from the last frame to the first is no larger than its neighbours.
"""

from __future__ import annotations

from math import cos, pi, sin, tau
from typing import Final

from assets.card_scene import CardView

LEAN: Final = 0.65
"""How far an orbit nods, as a share of how far it sways: a card is read from the front."""
SWAY_PITCH: Final = 4.0
NOD_YAW: Final = -6.0
SPIN_PITCH: Final = 5.0
_LINGER: Final = 0.35
"""How much slower than on average an orbit begins."""
_FACES, _FRONT = 0.45, 0.35
"""How much slower than on average a spin passes both faces, and how much slower still the front, where most changes;
at the edges, and at the back, it is faster by the same.
"""


def view(path: str, degrees: float, frame: int, frames: int) -> CardView:
    """How the card is held in frame ``frame`` (from 0) of ``frames``; frame ``frames`` is frame 0 again.

    Degrees of yaw and pitch; ``degrees`` is how far it leans, and for a spin how far it turns.
    """
    at = frame / frames
    turn = tau * at
    if path == "sway":
        return CardView(yaw=degrees * cos(turn), pitch=SWAY_PITCH)
    if path == "nod":
        return CardView(yaw=NOD_YAW, pitch=degrees * cos(turn))
    if path == "orbit":
        around = turn - _LINGER * sin(turn)
        return CardView(yaw=degrees * cos(around), pitch=LEAN * degrees * sin(around))
    # The speed is 1 - faces * cos(2 turn) - front * cos(turn) of the mean.
    eased = at - _FACES * sin(2 * turn) / (4 * pi) - _FRONT * sin(turn) / tau
    return CardView(yaw=degrees * eased, pitch=SPIN_PITCH)


def views(path: str, degrees: float, start: int, stop: int, frames: int) -> tuple[CardView, ...]:
    """Those of the frames ``start`` to ``stop``, each by its own number, whatever part of the loop it is drawn in."""
    return tuple(view(path, degrees, frame, frames) for frame in range(start, stop))
