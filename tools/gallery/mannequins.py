"""Draws the contact sheets of the mannequins in sizes, poses and finishes: ``python -m tools.gallery.mannequins``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from assets import catalogue, compose
from assets.catalogue_mannequins import MANNEQUINS
from assets.design import Avatar, Customisation, Design, Pose, Ref
from assets.fabric import Fabric
from assets.generators.mannequin_rig import POSES
from assets.generators.mannequin_sizes import FIGURES
from assets.mannequin import FINISHES
from assets.pose import flatten
from assets.scene import Background, Camera, Lighting, Quality, Renderer, Scene, Target, View
from renderers.opengl import open_renderer

GALLERY: Final = Path(__file__).parents[2] / "docs" / "gallery"
PAPER: Final = Background(top="#c9c8c4", bottom="#e3e2de")
TALL: Final = 1.98
"""Metres of height that every picture shows: all figures to one scale."""
LABEL: Final = 20
FONT: Final = ("DejaVuSans.ttf", 11)

Pixels = NDArray[np.uint8]


def drawn(
    renderer: Renderer, item: str, *, pose: str, finish: str = FINISHES[0], azimuth: float, width: int, height: int
) -> Pixels:
    """One figure from ``azimuth`` degrees (0 the front, 90 its left): uint8[height, width, 3]."""
    avatar = Avatar(model=Ref(item=item), pose=Pose(animation=pose), material=Customisation(variant=finish))
    made = compose.compose(Design(avatar=avatar), lambda ref: catalogue.model(str(ref.item)), no_cloth)
    draws = flatten(made)
    turn = np.radians(azimuth)
    low, high = draws[0].primitive.positions.min(axis=0), draws[0].primitive.positions.max(axis=0)
    middle = (float(low[0] + high[0]) / 2, TALL / 2 - 0.06, float(low[2] + high[2]) / 2)
    eye = (middle[0] + 6 * float(np.sin(turn)), middle[1] + 0.25, middle[2] + 6 * float(np.cos(turn)))
    scene = Scene(draws=draws, digest=compose.digest(draws), lighting=Lighting(studio="softbox"), background=PAPER)
    view = View(camera=Camera(eye=eye, target=middle, ortho_height=TALL))
    (frame,) = renderer.frames(scene, (view,), Target(width=width, height=height, quality=Quality.FINAL))
    return np.array(frame[..., :3])


def no_cloth(ref: Ref) -> Fabric:
    """A mannequin wears no fabric. Raises ValueError."""
    msg = f"{ref} is not a mannequin's"
    raise ValueError(msg)


def labelled(pixels: Pixels, text: str) -> Pixels:
    """The picture with a line of text under it."""
    canvas = Picture.new("RGB", (pixels.shape[1], pixels.shape[0] + LABEL), "#ffffff")
    canvas.paste(Picture.fromarray(pixels))
    pen = ImageDraw.Draw(canvas)
    pen.text(
        (pixels.shape[1] / 2, pixels.shape[0] + LABEL / 2), text, "#333333", ImageFont.truetype(*FONT), anchor="mm"
    )
    return np.asarray(canvas)


def rows(pictures: list[list[Pixels]], name: str) -> None:
    """Writes rows of pictures as one small WebP."""
    sheet = np.concatenate([np.concatenate(row, axis=1) for row in pictures], axis=0)
    Picture.fromarray(sheet).save(GALLERY / name, "WEBP", quality=80, method=6)


def main() -> None:
    """Both sheets."""
    renderer = open_renderer()
    try:
        sizes = []
        for figure in MANNEQUINS[:2]:
            row = []
            for size in figure.sizes:
                pixels = drawn(renderer, figure.item_id(size), pose="a-pose", azimuth=0, width=320, height=480)
                girths = FIGURES[figure.id.removeprefix("mannequin-")][size]
                row.append(
                    labelled(
                        pixels,
                        f"{figure.name_en.split()[-1]} {size}: {girths.bust:g}-{girths.waist:g}-{girths.hip:g}",
                    )
                )
            sizes.append(row)
        others = [
            ("mannequin-neutral", 0.0, "neutral M"),
            ("mannequin-neutral", 35.0, "neutral M"),
            ("mannequin-neutral", 180.0, "neutral M"),
            ("mannequin-child", 0.0, "child 122"),
            ("mannequin-child", 35.0, "child 122"),
        ]
        sizes.append(
            [
                labelled(drawn(renderer, item, pose="a-pose", azimuth=turn, width=320, height=480), text)
                for item, turn, text in others
            ]
        )
        rows(sizes, "mannequins-sizes.webp")
        poses = [
            [
                labelled(drawn(renderer, item, pose=pose, azimuth=turn, width=wide, height=460), pose)
                for pose, turn, wide in zip(
                    POSES, (20, 30, 55, 15, 50, 0), (280, 175, 265, 220, 220, 440), strict=True
                )
            ]
            for item in ("mannequin-female", "mannequin-male")
        ]
        looks = zip(FINISHES, ("female", "male", "female", "male", "female", "male", "female"), strict=True)
        poses.append(
            [
                labelled(
                    drawn(
                        renderer, f"mannequin-{who}", pose="relaxed", finish=look, azimuth=25, width=wide, height=460
                    ),
                    look,
                )
                for (look, who), wide in zip(looks, (229, 229, 229, 229, 228, 228, 228), strict=True)
            ]
        )
        rows(poses, "mannequins-poses.webp")
    finally:
        renderer.close()


if __name__ == "__main__":
    main()
