"""Where a card and its camera are: the axes of the face that is seen, the rays of the pixels, the outline."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin, tan

import cv2
import numpy as np
from numpy.typing import NDArray

from assets.card_scene import CardScene, CardView
from assets.scene import Target
from renderers.errors import RendererError
from renderers.shot import Rectangle

Floats = NDArray[np.float64]
_MARGIN = 2.0  # pixels about the outline that its soft edge may take


@dataclass(frozen=True, kw_only=True, eq=False)
class Placement:
    """One view of a card, in the axes of the face that is seen: x right, y up, z out of that face, millimetres from
    the card's middle. ``ray`` float64[3, 3] has as rows the direction through the picture's upper left corner, and
    what a pixel to the right and a pixel down add to it. ``outline`` float64[n, 2] holds the card in pixels,
    ``middle`` (left, top, width, height) are some that it covers all of; of no size when it is held too much askew.
    ``to_face`` takes the viewer's axes there; in those ``corners`` float64[8, 3] are the body's. ``pixel`` is the
    width of one at a distance of 1, ``centre`` the picture's middle in pixels.
    """

    back: bool
    eye: Floats
    ray: Floats
    to_face: Floats
    distance: float
    outline: Floats
    middle: Rectangle
    corners: Floats
    pixel: float
    centre: Floats

    @property
    def depth(self) -> float:
        """How far the hindmost corner lies behind the card's middle."""
        return float(-self.corners[:, 2].min())

    @property
    def rectangle(self) -> Rectangle:
        """Left, top, width, height of the pixels that the card may cover."""
        low, high = np.floor(self.outline.min(axis=0)), np.ceil(self.outline.max(axis=0))
        return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


def placement(scene: CardScene, view: CardView, target: Target) -> Placement:
    """Raises RendererError ``renderer.bad_view`` for a camera that cannot be."""
    angles = (view.yaw, view.pitch, view.roll)
    if not (np.isfinite(angles).all() and 1 <= view.fov <= 60 and 0.02 <= view.fill <= 2):
        message = (
            "a card is seen with 1 to 60 degrees across, fills 0.02 to 2 of the frame, and is held at some angle"
        )
        raise RendererError(message, code="renderer.bad_view", ours=False)
    height = max(scene.height_mm, scene.width_mm * target.height / target.width) / view.fill
    distance = height / 2 / tan(radians(view.fov) / 2)
    turn = _turn(view)
    eye = turn.T @ np.array([0.0, 0.0, distance])
    back = bool(eye[2] < 0)
    to_face = np.diag([-1.0, 1.0, -1.0]) @ turn.T if back else turn.T
    pixel = height / target.height / distance
    ray = np.array(
        [
            [-pixel * target.width / 2, pixel * target.height / 2, -1.0],
            [pixel, 0.0, 0.0],
            [0.0, -pixel, 0.0],
        ]
    )
    half = np.array([scene.width_mm, scene.height_mm, scene.thickness_mm]) / 2
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * half @ turn.T
    depth = np.maximum(distance - corners[:, 2], distance / 100)
    centre = np.array([target.width, target.height]) / 2
    seen = corners[:, :2] / depth[:, None] / pixel * [1, -1] + centre
    wide = (seen[:, None] + np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]]) * _MARGIN).reshape(-1, 2)
    outline = cv2.convexHull(wide.astype(np.float32)).reshape(-1, 2).astype(np.float64)
    face_eye = to_face @ np.array([0.0, 0.0, distance])
    return Placement(
        back=back,
        eye=face_eye,
        ray=ray @ to_face.T,
        to_face=to_face,
        distance=distance,
        outline=outline,
        middle=_middle(seen, 0.35 * scene.radius_mm / (pixel * float(depth.min())) + _MARGIN),
        corners=corners,
        pixel=pixel,
        centre=centre,
    )


def _middle(seen: Floats, border: float) -> Rectangle:
    """Pixels well inside the card, from where its eight corners are (those of low x first, then of low y)."""
    corners = seen.reshape(2, 2, 2, 2)
    low, high = corners.reshape(2, 4, 2)[..., 0], corners.transpose(1, 0, 2, 3).reshape(2, 4, 2)[..., 1]
    left, right = sorted(low, key=np.mean)
    top, bottom = sorted(high, key=np.mean)
    x, y = int(np.ceil(left.max() + border)), int(np.ceil(top.max() + border))
    return x, y, max(int(right.min() - border) - x, 0), max(int(bottom.min() - border) - y, 0)


def _turn(view: CardView) -> Floats:
    """From the card's axes to the world's: roll, then pitch, then yaw."""
    y, p, r = radians(view.yaw), radians(view.pitch), radians(view.roll)
    yaw = np.array([[cos(y), 0, sin(y)], [0, 1, 0], [-sin(y), 0, cos(y)]])
    pitch = np.array([[1, 0, 0], [0, cos(p), sin(p)], [0, -sin(p), cos(p)]])
    roll = np.array([[cos(r), -sin(r), 0], [sin(r), cos(r), 0], [0, 0, 1]])
    return np.asarray(yaw @ pitch @ roll)
