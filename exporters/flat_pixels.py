"""A flat as pixels: the same lines, drawn anti-aliased in black on white or on nothing."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from assets.flat import STROKES_MM, Flat, LineKind
from assets.scene import Frame
from exporters.errors import ExportError

MOST_PIXELS = 8192
_FINER = 2  # drawn so much larger, then averaged
_SHIFT = 6  # bits of a pixel's fraction
_BLEED = 1.4  # pixels by which OpenCV's anti-aliased shapes are too wide


def pixels(flat: Flat, *, dpi: float, transparent: bool = False) -> Frame:
    """The drawing at ``dpi``: uint8[h, w, 4], top row first.

    Raises ExportError ``export.image_too_large`` when the page is larger than 8192 pixels a side at that.
    """
    per_mm = dpi / 25.4
    width, height = (max(round(side * per_mm), 1) for side in (flat.width_mm, flat.height_mm))
    if max(width, height) > MOST_PIXELS:
        message = (
            f"at {dpi:g} dpi the page takes {width} x {height} px, and at most {MOST_PIXELS} are possible: "
            "ask for fewer dpi or a smaller page"
        )
        raise ExportError("export.image_too_large", message)
    ink = np.zeros((height * _FINER, width * _FINER), dtype=np.uint8)
    per_mm *= _FINER
    for kind in reversed(LineKind):
        thick = max(STROKES_MM[kind] * per_mm - _BLEED, 0.05)
        for line in flat.of(kind):
            points = np.vstack([line.points, line.points[:1]]) if line.closed else line.points
            # OpenCV counts from the middle of the first pixel.
            _stroke(ink, points * per_mm - 0.5, thick)
    ink = np.asarray(cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    frame = np.empty((height, width, 4), dtype=np.uint8)
    if transparent:
        frame[..., :3] = 0
        frame[..., 3] = ink
    else:
        frame[..., :3] = 255 - ink[..., None]
        frame[..., 3] = 255
    return frame


def _stroke(ink: NDArray[np.uint8], points: NDArray[np.float64], width: float) -> None:
    """One line with round joins and ends. Quads and discs, for OpenCV's own lines have whole, odd widths only."""
    step = np.diff(points, axis=0)
    length = np.linalg.norm(step, axis=1)
    step, start = step[length > 1e-9], points[:-1][length > 1e-9]
    side = np.stack([-step[:, 1], step[:, 0]], axis=1) / length[length > 1e-9][:, None] * (width / 2)
    quads = np.stack([start + side, start + step + side, start + step - side, start - side], axis=1)
    for quad in np.round(quads * (1 << _SHIFT)).astype(np.int32):
        cv2.fillConvexPoly(ink, quad, 255, lineType=cv2.LINE_AA, shift=_SHIFT)
    radius = round(width / 2 * (1 << _SHIFT))
    for x, y in np.round(points * (1 << _SHIFT)).astype(np.int32).tolist():
        cv2.circle(ink, (x, y), radius, 255, thickness=-1, lineType=cv2.LINE_AA, shift=_SHIFT)
