"""Draws the contact sheet of studios and of what designs stand on: ``python -m tools.gallery.stages``."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image as Picture

from assets import catalogue, compose, framing
from assets.design import Avatar, Canvas, Design, Layer, LightingPreset, Pose, Ref
from assets.environments import STUDIOS
from assets.scene import Renderer, Target
from renderers.opengl import open_renderer
from tools.gallery.mannequins import GALLERY, Pixels, labelled

PLINTHS: Final = ("plinth-round", "plinth-steps", "floor-parquet")
SIZE: Final = (300, 400)
COLUMNS: Final = 4


def drawn(renderer: Renderer, studio: str, stage: str) -> Pixels:
    """A dressed mannequin on a stage in a studio: uint8[height, width, 3]."""
    design = Design(
        avatar=Avatar(model=Ref(item="mannequin-female"), pose=Pose(animation="relaxed")),
        layers=(Layer(id="dress", model=Ref(item="dress")),),
        canvas=Canvas(lighting=LightingPreset(studio=studio), stage=Ref(item=stage)),
    )
    model = compose.compose(
        design, lambda ref: catalogue.model(str(ref.item)), lambda ref: catalogue.fabric(str(ref.item))
    )
    scene = compose.scene(model, design, stage=catalogue.model(stage))
    width, height = SIZE
    view = framing.view(
        compose.subject(scene.draws), "three-quarter", settings=design.canvas.camera, aspect=width / height
    )
    view = framing.seeing(view, scene.draws)
    (frame,) = renderer.frames(scene, (view,), Target(width=width, height=height))
    return np.array(frame[..., :3])


def main() -> None:
    """Every studio with the round plinth, then every stage in the softbox."""
    renderer = open_renderer()
    try:
        pictures = [labelled(drawn(renderer, name, PLINTHS[0]), name) for name in STUDIOS]
        pictures += [labelled(drawn(renderer, "softbox", name), name) for name in PLINTHS[1:]]
    finally:
        renderer.close()
    blank = np.full_like(pictures[0], 255)
    pictures += [blank] * (-len(pictures) % COLUMNS)
    rows = [np.concatenate(pictures[at : at + COLUMNS], axis=1) for at in range(0, len(pictures), COLUMNS)]
    Picture.fromarray(np.concatenate(rows)).save(GALLERY / "stages.webp", "WEBP", quality=80, method=6)


if __name__ == "__main__":
    main()
