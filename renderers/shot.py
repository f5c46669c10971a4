"""What the passes of one view share."""

from __future__ import annotations

from dataclasses import dataclass

import moderngl
import numpy as np
from numpy.typing import NDArray

from assets.scene import Blend, Target, View
from renderers.matrices import Matrix
from renderers.occlusion import Occlusion
from renderers.sampling import Sampling
from renderers.shadows import Ground
from renderers.stage import Column, Stage, rectangle
from renderers.surfaces import Behind

Rectangle = tuple[int, int, int, int]
"""Left, top, width, height in pixels of the picture."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shot:
    """One view of one stage, ready to be drawn tile by tile."""

    stage: Stage
    view: View
    target: Target
    sampling: Sampling
    turn: Matrix
    clip: Matrix  # world to clip of the whole picture
    column: Column
    fineness: float
    ground: Ground | None
    ground_map: moderngl.Texture | None
    occlusion: Occlusion | None
    veiled: bool  # see-through surfaces cast shadows
    behind: Behind | None = None

    @property
    def laid(self) -> bool:
        """True if the design is drawn onto a copy of what is under it, because that decides how it looks."""
        return self.behind is not None or any(group.blend is not Blend.NORMAL for group in self.stage.groups)


def overlap(a: Rectangle, b: Rectangle) -> Rectangle:
    """What two rectangles share; of no width or height when they are apart."""
    left, top = max(a[0], b[0]), max(a[1], b[1])
    right, bottom = min(a[0] + a[2], b[0] + b[2]), min(a[1] + a[3], b[1] + b[3])
    return left, top, max(right - left, 0), max(bottom - top, 0)


def window(clip: Matrix, points: NDArray[np.float64], size: tuple[int, int], by: int) -> Rectangle:
    """Left, bottom, width, height in texels of what points may cover in a canvas of ``size``, ``by`` wider."""
    left, top, width, height = rectangle(clip, points, size, by)
    return left, size[1] - top - height, width, height
