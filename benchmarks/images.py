"""Writing a PNG: ours over Pillow's level 6, time and size, for 1080p frames: mostly backdrop, cut out, full of a
print, a card before its studio.

Run as ``python -m benchmarks.images``.
"""

from __future__ import annotations

import io
from time import perf_counter, process_time

import numpy as np
from PIL import Image

from assets import catalogue, compose, framing
from assets.card import CardDesign, FoilUse
from assets.card_build import build, density_for
from assets.card_scene import CardView
from assets.design import Design
from assets.scene import Background, Frame, Target
from benchmarks import report
from exporters import image
from pipelines.card import STUDIO
from pipelines.steps.card_backdrop import backdrop, before
from renderers.opengl import open_renderer

DESIGNS = {
    "dressed form": {
        "avatar": {"model": {"item": "dress-form"}},
        "layers": [
            {"id": "skirt", "model": {"item": "skirt"}, "material": {"texture": {"item": "denim"}}},
            {"id": "tee", "model": {"item": "tshirt"}, "material": {"colour": "#c8102e"}},
        ],
    },
    "clear behind": {
        "avatar": {"model": {"item": "mannequin-female"}},
        "layers": [{"id": "dress", "model": {"item": "dress"}}],
        "canvas": {"background": {"kind": "transparent"}},
    },
    "a print": {
        "avatar": {"model": {"item": "mannequin-female"}},
        "layers": [{"id": "dress", "model": {"item": "dress"}, "material": {"texture": {"item": "houndstooth"}}}],
    },
}
VIEWS = {"a print": "detail:dress"}


def drawn() -> dict[str, Frame]:
    """The pictures, uint8[1080, 1920, 4]."""
    renderer = open_renderer()
    found = {}
    for name, document in DESIGNS.items():
        design = Design.model_validate_json(report.json_bytes(document))
        model = compose.compose(
            design, lambda r: catalogue.model(str(r.item)), lambda r: catalogue.fabric(str(r.item))
        )
        scene = compose.scene(model, design)
        view = framing.view(scene.draws, VIEWS.get(name, "front"), settings=design.canvas.camera, aspect=16 / 9)
        found[name] = np.array(next(renderer.frames(scene, (view,), Target(width=1920, height=1080))))
    card = CardDesign(foils=(FoilUse(foil="cosmos"),), fields={"title": "Aurora Ridge"})
    drawn_card = build(card, lambda ref: catalogue.picture(str(ref.item)), density_for(card, 1920, 1080))
    frame = next(renderer.cards(drawn_card, (CardView(yaw=-22, pitch=3),), Target(width=1920, height=1080)))
    studio = backdrop(Background(top=STUDIO.top, bottom=STUDIO.bottom), 1920, 1080)
    found["a card"] = np.array(before(frame, studio))
    renderer.close()
    return found


def pillow(frame: Frame) -> bytes:
    """Pillow as it comes: zlib's level 6."""
    out = io.BytesIO()
    held = Image.fromarray(frame if not image.is_opaque(frame) else np.ascontiguousarray(frame[..., :3]))
    held.save(out, "PNG", compress_level=6)
    return out.getvalue()


def main() -> None:
    """Alternates both sides; prints the worst picture's ratios of the medians over rounds. ``ratio_cpu`` counts the
    processor's time of all threads, which other work on the machine hardly changes.
    """
    options = report.arguments(__doc__, repeats=7)
    ratios, work, sizes = [], [], []
    for name, frame in drawn().items():
        ours, theirs = [], []
        small = large = 0
        for _ in range(int(options.repeats)):
            began = perf_counter(), process_time()
            small = len(image.encode(frame, "png"))
            middle = perf_counter(), process_time()
            large = len(pillow(frame))
            ended = perf_counter(), process_time()
            ours.append([b - a for a, b in zip(began, middle, strict=True)])
            theirs.append([b - a for a, b in zip(middle, ended, strict=True)])
        (a, a_cpu), (b, b_cpu) = (np.median(side, axis=0) for side in (ours, theirs))
        ratios.append(a / b)
        work.append(a_cpu / b_cpu)
        sizes.append(small / large)
        report.say(
            options,
            f"{name}: {a * 1e3:.1f} ms of {b * 1e3:.1f} ms ({a_cpu * 1e3:.1f} of {b_cpu * 1e3:.1f} ms of processor), "
            f"{small:,} of {large:,} bytes",
        )
    figures = {"ratio_pillow": ratios, "ratio_cpu": work, "ratio_size": sizes}
    report.finish({name: round(float(max(values)), 3) for name, values in figures.items()})


if __name__ == "__main__":
    main()
