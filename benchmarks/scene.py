"""The scene of the frame benchmarks, the same for every side; it needs only what a worker needs."""

from __future__ import annotations

from typing import Final

from assets import framing
from assets.design import CameraSettings
from assets.scene import Background, Draw, Quality, Scene, Target, View

FULL: Final = Target(width=1920, height=1080, quality=Quality.FINAL)
THUMBNAIL: Final = Target(width=512, height=512, quality=Quality.PREVIEW)
BACKGROUND: Final = "#f4f4f2"


def scene_of(draws: tuple[Draw, ...]) -> Scene:
    """What both draw."""
    return Scene(draws=draws, digest="benchmark", background=Background(top=BACKGROUND))


def view_of(draws: tuple[Draw, ...], target: Target) -> View:
    """A camera that holds the design at every turn."""
    aspect = target.width / target.height
    return framing.turntable(draws, frames=1, degrees=360, settings=CameraSettings(), aspect=aspect)[0]
