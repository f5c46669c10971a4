"""Draws the contact sheets of the fabrics, on a ball and on the T-shirt: ``python -m tools.gallery.fabrics``.

``--apart DIR`` writes the pictures one by one as well, under the fabrics' ids, for a look at each; words name some of
the fabrics, and then no sheet is written. ``--shuffled DIR`` writes ball and shirt side by side under numbers in an
order that ``--seed`` decides, and which is which into ``key.json``, to test whether somebody else can name them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from assets import catalogue, compose, framing
from assets.catalogue_fabrics import FABRICS, Entry
from assets.customise import customise
from assets.design import CameraSettings, Customisation, Design, Ref
from assets.fabric import Fabric
from assets.model import AlphaMode, Material, Mesh, Model, Node, Primitive
from assets.scene import Background, Draw, Lighting, Renderer, Scene, Target
from renderers.opengl import open_renderer

GALLERY: Final = Path(__file__).parents[2] / "docs" / "gallery"
PAPER: Final = Background(top="#f4f4f2", bottom="#d9d8d4")
BALLS_MM: Final = (40, 60, 80, 120, 160, 200, 500)
"""How wide a ball may be: the one that shows a little more than two tiles."""
UNDER: Final = Material(base_color=(0.5, 0.33, 0.25, 1), metallic=0.0, roughness=0.6)
COLUMNS: Final = 7
MARGIN, LABEL = 6, 34
FONTS: Final = (("NanumGothic.ttf", 13), ("DejaVuSans.ttf", 10))
"""For names, in Latin and Korean, and for notes; of fonts-nanum and fonts-dejavu-core, which setup installs."""

Pixels = NDArray[np.uint8]


def ball(wide_mm: float, material: Material) -> Primitive:
    """A ball on the ground whose UVs are metres from the point that faces us, true along every line through it."""
    count, radius = 128, wide_mm / 2000
    side = np.linspace(-1, 1, count + 1)
    x, y = np.meshgrid(side, side)
    square, circle = np.maximum(np.abs(x), np.abs(y)), np.hypot(x, y)
    share = np.where(circle > 0, square / np.maximum(circle, 1e-9), 0)  # the square's rings become circles
    x, y = x * share, y * share
    angle = np.hypot(x, y) * np.pi * 0.96  # the last of the back is not seen
    bend = np.sin(angle) / np.maximum(np.hypot(x, y), 1e-9)
    normals = np.stack([x * bend, y * bend, np.cos(angle)], axis=-1).reshape(-1, 3)
    flat = np.stack([x, -y], axis=-1).reshape(-1, 2) * np.pi * 0.96 * radius
    corner = np.arange(count * count) // count * (count + 1) + np.arange(count * count) % count
    one, two = corner + 1, corner + count + 2
    triangles = np.concatenate([np.stack([corner, one, two]), np.stack([corner, two, corner + count + 1])], axis=1).T
    return Primitive(
        positions=(normals * radius + [0, radius, 0]).astype(np.float32),
        normals=normals.astype(np.float32),
        indices=np.ascontiguousarray(triangles, dtype=np.uint32),
        uv0=flat.astype(np.float32),
        material=material,
    )


def ball_width(fabric: Fabric) -> int:
    """Millimetres."""
    return min(BALLS_MM, key=lambda mm: abs(mm - 1.5 * fabric.repeat_mm))


def on_ball(renderer: Renderer, fabric: Fabric, size: int) -> Pixels:
    """The fabric on a ball; one that lets light through is drawn over a smaller ball."""
    wide = ball_width(fabric)
    plain = Model(
        nodes=(Node(mesh=0, matrix=np.eye(4)),), roots=(0,), meshes=(Mesh(primitives=(ball(wide, Material()),)),)
    )
    worn = customise(plain, Customisation(colour="#ffffff"), fabric, uv_metres=1.0)
    draws = [Draw(primitive=worn.meshes[0].primitives[0], matrix=np.eye(4))]
    if fabric.alpha_mode is not AlphaMode.OPAQUE:
        inside = np.eye(4)
        inside[1, 3] = 0.05 * wide / 1000
        draws.append(Draw(primitive=ball(0.9 * wide, UNDER), matrix=inside))
    view = framing.view(tuple(draws), "front", settings=CameraSettings(fov=20), aspect=1.0)
    scene = Scene(draws=tuple(draws), digest=f"ball {fabric.name}", lighting=Lighting(), background=PAPER)
    return next(renderer.frames(scene, (view,), Target(width=size, height=size))).copy()


def on_shirt(renderer: Renderer, name: str, size: int) -> Pixels:
    """The fabric on the T-shirt, worn by the dress form."""
    document = {
        "avatar": {"model": {"item": "dress-form"}},
        "layers": [{"id": "shirt", "model": {"item": "tshirt"}, "material": {"texture": {"item": name}}}],
        "canvas": {"background": {"kind": "gradient", "top": PAPER.top, "bottom": PAPER.bottom}},
    }
    design = Design.model_validate(document)

    def load(ref: Ref) -> Model:
        return catalogue.model(str(ref.item))

    scene = compose.scene(compose.compose(design, load, lambda ref: catalogue.fabric(str(ref.item))), design)
    shirt = tuple(draw for draw in scene.draws if draw.layer == "shirt")
    view = framing.view(shirt, "three-quarter", settings=CameraSettings(fov=20, fill=0.98), aspect=1.0)
    return next(renderer.frames(scene, (view,), Target(width=size, height=size))).copy()


def pictures(
    renderer: Renderer, entries: tuple[Entry, ...], size: int
) -> Iterator[tuple[Entry, Fabric, Pixels, Pixels]]:
    """Each fabric on the ball and on the shirt."""
    for entry in entries:
        fabric = catalogue.fabric(entry.id)
        yield entry, fabric, on_ball(renderer, fabric, size), on_shirt(renderer, entry.id, size)


def sheet(tiles: list[tuple[str, str, Pixels]], cell: int) -> Picture.Image:
    """Pictures in rows, each with its name and a line in grey under it."""
    rows = -(-len(tiles) // COLUMNS)
    page = Picture.new(
        "RGB", (COLUMNS * (cell + MARGIN) + MARGIN, rows * (cell + LABEL + MARGIN) + MARGIN), (255, 255, 255)
    )
    pen = ImageDraw.Draw(page)
    name_font, note_font = (ImageFont.truetype(*font) for font in FONTS)
    for k, (name, note, pixels) in enumerate(tiles):
        x = MARGIN + k % COLUMNS * (cell + MARGIN)
        y = MARGIN + k // COLUMNS * (cell + LABEL + MARGIN)
        small = Picture.fromarray(pixels[..., :3]).resize((cell, cell), Picture.Resampling.LANCZOS)
        page.paste(small, (x, y))
        pen.text((x + 2, y + cell + 2), name, fill=(20, 20, 22), font=name_font)
        pen.text((x + 2, y + cell + 18), note, fill=(110, 110, 114), font=note_font)
    return page


def shuffle(folder: Path, entries: tuple[Entry, ...], balls: list[Pixels], shirts: list[Pixels], seed: int) -> None:
    """The pictures without their names, and the key apart from them."""
    folder.mkdir(parents=True, exist_ok=True)
    order = np.random.default_rng(seed).permutation(len(entries))
    for number, k in enumerate(order, 1):
        both = np.concatenate([balls[k], shirts[k]], axis=1)[..., :3]
        Picture.fromarray(both).save(folder / f"{number:02d}.png")
    key = {f"{number:02d}": entries[k].id for number, k in enumerate(order, 1)}
    (folder / "key.json").write_text(json.dumps(key, indent=1) + "\n")


def main() -> None:
    """Draws and writes."""
    asked = argparse.ArgumentParser(description="Contact sheets of the fabrics.")
    asked.add_argument("fabrics", nargs="*")
    asked.add_argument("--apart", type=Path)
    asked.add_argument("--shuffled", type=Path)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--size", type=int, default=512)
    told = asked.parse_args()
    entries = tuple(entry for entry in FABRICS if not told.fabrics or entry.id in told.fabrics)
    renderer = open_renderer()
    balls: list[tuple[str, str, Pixels]] = []
    shirts: list[tuple[str, str, Pixels]] = []
    for entry, fabric, round_one, worn in pictures(renderer, entries, told.size):
        made_of = ", ".join(f"{fibre} {share:g} %" for fibre, share in fabric.composition.items())
        balls.append(
            (
                f"{entry.name_en} · {entry.name_ko}",
                f"ball {ball_width(fabric)} mm, tile {fabric.repeat_mm:g} mm",
                round_one,
            )
        )
        shirts.append((f"{entry.name_en} · {entry.name_ko}", f"{fabric.weight_gsm:g} g/m², {made_of}", worn))
        if told.apart is not None:
            told.apart.mkdir(parents=True, exist_ok=True)
            Picture.fromarray(round_one[..., :3]).save(told.apart / f"{entry.id}-ball.png")
            Picture.fromarray(worn[..., :3]).save(told.apart / f"{entry.id}-shirt.png")
    renderer.close()
    if told.shuffled is not None:
        shuffle(
            told.shuffled,
            entries,
            [round_one for _, _, round_one in balls],
            [worn for _, _, worn in shirts],
            told.seed,
        )
    if told.fabrics:
        return
    GALLERY.mkdir(exist_ok=True)
    sheet(balls, 264).save(GALLERY / "fabrics-sphere.webp", quality=84, method=6)
    sheet(shirts, 264).save(GALLERY / "fabrics-tshirt.webp", quality=84, method=6)


if __name__ == "__main__":
    main()
