"""How far two models look apart, as our own renderer shows them."""

from __future__ import annotations

from typing import Any

from skimage.color import deltaE_ciede2000, rgb2lab

from assets import framing
from assets.design import CameraSettings
from assets.model import Model
from assets.pose import flatten
from assets.scene import Background, Renderer, Scene, Target


def apart(renderer: Renderer, ours: Model, theirs: Model, view: str = "three-quarter", **moment: Any) -> float:
    """Mean ΔE (CIEDE2000) over those of 256² pixels where either picture shows anything: the background, which is
    alike, would hide a difference. ``moment`` poses ours.
    """
    whole = flatten(ours, **moment)
    seen = framing.view(whole, view, settings=CameraSettings(), aspect=1)
    frames = []
    for number, draws in enumerate((whole, flatten(theirs))):
        scene = Scene(draws=draws, digest=f"{id(draws)} {number}", background=Background(top="#ffffff"))
        frames.append(next(renderer.frames(scene, (seen,), Target(width=256, height=256)))[..., :3] / 255)
    shown = (frames[0] < 0.999).any(axis=-1) | (frames[1] < 0.999).any(axis=-1)
    assert shown.any()
    return float(deltaE_ciede2000(*(rgb2lab(frame) for frame in frames))[shown].mean())
