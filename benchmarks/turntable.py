"""What overlapping buys: a turntable rendered while it is encoded, against rendering alone plus encoding alone.

The same frames in the same process: 1080p, 30 frames a second, MP4. Below 1.0 the encoder works while the renderer
does. Run as `python -m benchmarks.turntable`.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from assets import catalogue, compose, framing
from assets.design import Design
from assets.scene import Frame, Quality, Target
from benchmarks import report
from exporters import video
from renderers.opengl import open_renderer

DESIGN = {
    "avatar": {"model": {"item": "dress-form"}},
    "layers": [
        {"id": "skirt", "model": {"item": "skirt"}, "material": {"texture": {"item": "denim"}}},
        {"id": "tee", "model": {"item": "tshirt"}, "material": {"colour": "#c8102e"}},
    ],
}
TARGET = Target(width=1920, height=1080, quality=Quality.PREVIEW)
FPS = 30


def encode(frames: Iterator[Frame], path: Path) -> float:
    """Seconds from the first frame to the closed file."""
    began = perf_counter()
    writer = video.open_writer(path, "mp4", TARGET.width, TARGET.height, FPS, quality=TARGET.quality)
    for frame in frames:
        writer.write(frame)
    writer.close()
    return perf_counter() - began


def main() -> None:
    """Alternates the three runs; prints medians."""
    options = report.arguments(__doc__, frames=150, repeats=3)
    design = Design.model_validate_json(report.json_bytes(DESIGN))
    model = compose.compose(design, lambda r: catalogue.model(str(r.item)), lambda r: catalogue.fabric(str(r.item)))
    scene = compose.scene(model, design)
    views = framing.turntable(
        scene.draws,
        frames=options.frames,
        degrees=360,
        settings=design.canvas.camera,
        aspect=TARGET.width / TARGET.height,
    )
    renderer = open_renderer()
    for _ in renderer.frames(scene, views[:3], TARGET):
        pass
    alone_render, alone_encode, together = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.repeats):
            began = perf_counter()
            kept = [frame.copy() for frame in renderer.frames(scene, views, TARGET)]
            alone_render.append(perf_counter() - began)
            alone_encode.append(encode(iter(kept), Path(folder) / f"alone-{number}.mp4"))
            del kept
            together.append(encode(renderer.frames(scene, views, TARGET), Path(folder) / f"both-{number}.mp4"))
            report.say(
                options,
                f"rendering {alone_render[-1]:.2f} s, encoding {alone_encode[-1]:.2f} s, both {together[-1]:.2f} s",
            )
        probed = video.probe(Path(folder) / "both-0.mp4")
    if probed.frames != options.frames:
        msg = f"{probed.frames} frames were encoded instead of {options.frames}"
        raise RuntimeError(msg)
    ratios = [b / (r + e) for b, r, e in zip(together, alone_render, alone_encode, strict=True)]
    report.finish(
        {
            "ratio_alone": round(statistics.median(ratios), 3),
            "render_s": round(statistics.median(alone_render), 3),
            "encode_s": round(statistics.median(alone_encode), 3),
            "together_s": round(statistics.median(together), 3),
            "frames": options.frames,
            "device": renderer.device,
        }
    )


if __name__ == "__main__":
    main()
