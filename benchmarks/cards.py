"""What a holographic card costs beside a browser that draws one in CSS, and what overlapping buys in a loop.

Parts (`--parts`):

- `browser`: a still of 1024 x 1024, as the farm's step makes one: rendered with alpha, laid over a dark studio,
  encoded as PNG, in one warm process, the card composed already; over a screenshot of a CSS card in headless
  Chromium: the same planes and mask as pictures, a texture of the same foil, texts, three blended layers and a
  perspective tilt (`benchmarks/peers/card.html`), the page warm. Both get another tilt for every picture, and take
  turns. `ratio_browser` is the median over `--foils`; `ratio_cosmos` is that of cosmos. Chromium draws with what is
  faster here, Skia on the processor or SwiftShader; its PNG is the one it makes unless told otherwise.
  `ratio_browser_fast` is over one that it was told to compress less (`optimizeForSpeed`).
- `loop`: a loop of 3 s, 30 frames a second, 1080 x 1080, MP4, through the farm's own steps, parts and join, over the
  same frames rendered (and laid over the studio) alone plus encoded alone.
- `foils`: warm milliseconds a still of every foil there is; `face`: seconds to compose a card; `model`: to make
  its GLB from composed planes, maps drawn too.

Chromium comes with `make peers`; run as `python -m benchmarks.cards`; `--keep FOLDER` keeps the pictures.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from assets import catalogue, foil
from assets.card import CardDesign, FoilUse
from assets.card_build import build, density_for
from assets.card_model import model, texture_size
from assets.card_scene import CardMap, CardScene, CardView
from assets.design import Ref
from assets.scene import Background, Frame, Quality, Target
from benchmarks import report
from benchmarks.peers.chromium import RASTERS, Page
from benchmarks.peers.threejs import PeerError
from exporters import video
from exporters.gltf import write_glb
from exporters.image import encode
from farm.blob_disk import DiskBlobs
from farm.execution import run_eager
from farm.jobs import BlobInfo, Load
from pipelines.card import STUDIO, CardSpec, close
from pipelines.steps import card_paths
from pipelines.steps.card_backdrop import backdrop, before
from pipelines.steps.registry import STEPS
from renderers.opengl import OpenGLRenderer, open_renderer

_SIDE: Final = 1024
_LOOP: Final = {"kind": "tilt", "formats": ["mp4"], "duration": 3.0, "fps": 30, "width": 1080, "height": 1080}
_PAGE: Final = Path(__file__).with_name("peers") / "card.html"
_BEHIND: Final = Background(top=STUDIO.top, bottom=STUDIO.bottom)
_FIELDS: Final = {
    "title": "Aurora Ridge",
    "rules": "When this card enters play, draw two cards. 산 너머의 빛을 지켜라.",
}
_TILTS: Final = tuple((yaw, 0.6 * (yaw % 7) - 2) for yaw in (-22.0, -13.0, -6.0, 3.0, 9.0, 17.0, 24.0, 12.0))


def main() -> None:
    """Runs the parts; prints medians."""
    options = report.arguments(
        __doc__,
        parts="browser,foils,loop,face,model",
        foils="cosmos,linear-rainbow,cracked-ice,glitter",
        rounds=4,
        repeats=3,
        keep="",
    )
    if options.keep:
        Path(options.keep).mkdir(parents=True, exist_ok=True)
    parts = options.parts.split(",")
    renderer = open_renderer()
    figures: dict[str, Any] = {"device": renderer.device}
    runs: dict[str, Callable[[Any, OpenGLRenderer], dict[str, Any]]] = {
        "browser": _browser,
        "foils": _every_foil,
        "loop": _loop,
        "face": _face,
        "model": _model,
    }
    try:
        for part in parts:
            figures |= runs[part](options, renderer)
    except PeerError as error:
        sys.exit(f"benchmarks.cards: {error}")
    finally:
        renderer.close()
    report.finish(figures)


def _card(foil_id: str) -> CardDesign:
    return CardDesign(foils=(FoilUse(foil=foil_id),), fields=dict(_FIELDS))


def _picture(ref: Ref) -> bytes:
    return catalogue.picture(str(ref.item))


def _scene(foil_id: str, side: int = _SIDE) -> CardScene:
    card = _card(foil_id)
    return build(card, _picture, density_for(card, side, side))


class Ours:
    """Our still of a composed card."""

    def __init__(self, renderer: OpenGLRenderer, scene: CardScene) -> None:
        self._renderer, self._scene = renderer, scene
        self._behind = backdrop(_BEHIND, _SIDE, _SIDE)
        self.png = b""

    def still(self, yaw: float, pitch: float) -> float:
        """Seconds to a PNG."""
        began = perf_counter()
        for frame in self._renderer.cards(
            self._scene, (CardView(yaw=yaw, pitch=pitch),), Target(width=_SIDE, height=_SIDE)
        ):
            self.png = encode(before(frame, self._behind), "png")
        return perf_counter() - began


class Theirs:
    """The browser's still of a CSS card."""

    def __init__(self, page: Page, scene: CardScene) -> None:
        self._page = page
        self.png = b""
        depths = [plane.depth_mm for plane in _planes(scene)]
        page.evaluate(f"load({depths}, 110)")

    def still(self, yaw: float, pitch: float, *, fast: bool = False) -> float:
        """Seconds to a PNG, from telling the page its tilt."""
        began = perf_counter()
        self._page.evaluate(f"tilt({yaw}, {-pitch})")
        self.png = self._page.screenshot(fast=fast)
        return perf_counter() - began


def _planes(scene: CardScene) -> list[Any]:
    """The pictures below the foil; the frame lies above it, and the texts are the page's own."""
    return [plane for plane in scene.front if plane.name not in {"frame", "text"}]


def _files(renderer: OpenGLRenderer, scene: CardScene) -> dict[str, tuple[bytes, str]]:
    """What the page shows: the card's own pictures, its mask, and a picture of its foil's pattern."""
    height, width = scene.back.shape[:2]
    frames = [plane.picture for plane in scene.front if plane.name == "frame"]
    mask = np.full((height, width, 4), 255, np.uint8)
    mask[..., 3] = np.max([sheet.mask for sheet in scene.sheets], axis=0)
    pictures = {"/frame.png": frames[0], "/mask.png": mask, "/texture.png": _texture(renderer, scene)}
    pictures |= {f"/art-{place}.png": plane.picture for place, plane in enumerate(_planes(scene))}
    files = {path: (encode(np.ascontiguousarray(picture), "png"), "image/png") for path, picture in pictures.items()}
    return files | {"/": (_PAGE.read_bytes(), "text/html")}


def _texture(renderer: OpenGLRenderer, scene: CardScene) -> NDArray[np.uint8]:
    """The foil's cells as hues on black, as the texture that a page would come with."""
    height, width = scene.back.shape[:2]
    direction = renderer.card_map(scene, CardMap.DIRECTION, width, height).astype(np.float32) / 127.5 - 1
    hue = np.degrees(np.arctan2(direction[..., 1], direction[..., 0])) % 180
    shine = 110 * np.clip(direction[..., 2] * 0.5 + 0.5, 0, 1)
    hsv = np.dstack([hue, np.full_like(hue, 120), shine * (0.5 + 0.5 * np.cos(np.radians(4 * hue)) ** 2)])
    rgb = cv2.cvtColor(np.round(hsv).astype(np.uint8), cv2.COLOR_HSV2RGB)
    return np.dstack([rgb, np.full((height, width), 255, np.uint8)])


def _browser(options: Any, renderer: OpenGLRenderer) -> dict[str, Any]:
    ratios: dict[str, float] = {}
    fast: dict[str, float] = {}
    times: dict[str, tuple[float, float]] = {}
    first = _scene(options.foils.split(",")[0])
    raster = _quicker(options, renderer, first)
    for foil_id in options.foils.split(","):
        scene = _scene(foil_id)
        ours = Ours(renderer, scene)
        mine: list[float] = []
        peers: list[float] = []
        quick: list[float] = []
        with Page(_files(renderer, scene), side=_SIDE, raster=raster) as page:
            theirs = Theirs(page, scene)
            for number in range(options.rounds + 1):
                for yaw, pitch in _TILTS:
                    own, peer = ours.still(yaw, pitch), theirs.still(yaw, pitch)
                    hurried = theirs.still(yaw + 1, pitch, fast=True)
                    if number:  # the first round warms both
                        mine.append(own)
                        peers.append(peer)
                        quick.append(hurried)
                if options.keep and not number:
                    Path(options.keep, f"{foil_id}.png").write_bytes(ours.png)
                    Path(options.keep, f"{foil_id}-css.png").write_bytes(theirs.png)
        times[foil_id] = statistics.median(mine) * 1000, statistics.median(peers) * 1000
        ratios[foil_id] = statistics.median(mine) / statistics.median(peers)
        fast[foil_id] = statistics.median(mine) / statistics.median(quick)
        report.say(options, f"{foil_id:16} {times[foil_id][0]:7.1f} ms, browser {times[foil_id][1]:7.1f} ms")
    figures: dict[str, Any] = {"ratio_browser": round(statistics.median(ratios.values()), 3)}
    if "cosmos" in ratios:
        figures["ratio_cosmos"] = round(ratios["cosmos"], 3)
        figures["still_ms"], figures["browser_ms"] = (round(time, 1) for time in times["cosmos"])
    figures["ratio_browser_fast"] = round(statistics.median(fast.values()), 3)
    figures["ratios"] = {name: round(ratio, 3) for name, ratio in ratios.items()}
    return figures | {"browser_raster": raster}


def _quicker(options: Any, renderer: OpenGLRenderer, scene: CardScene) -> str:
    """The way of drawing that serves the browser best on this machine."""
    files, times = _files(renderer, scene), dict[str, float]()
    for raster in RASTERS:
        with Page(files, side=_SIDE, raster=raster) as page:
            theirs = Theirs(page, scene)
            times[raster] = statistics.median([theirs.still(yaw, pitch) for yaw, pitch in _TILTS][2:])
    report.say(options, ", ".join(f"Chromium with {name}: {time * 1000:.0f} ms" for name, time in times.items()))
    return min(times, key=lambda name: times[name])


def _every_foil(options: Any, renderer: OpenGLRenderer) -> dict[str, Any]:
    found = {}
    for foil_id in foil.names():
        ours = Ours(renderer, _scene(foil_id))
        times = [ours.still(yaw, pitch) for yaw, pitch in _TILTS][2:]
        found[foil_id] = round(statistics.median(times) * 1000, 1)
        if options.keep:
            Path(options.keep, f"{foil_id}.png").write_bytes(ours.png)
        report.say(options, f"{foil_id:16} {found[foil_id]:7.1f} ms")
    return {"foil_ms": found}


class _NoBlobs:
    """Such a card names items of the catalogue alone."""

    def blob(self, digest: str) -> BlobInfo:
        raise KeyError(digest)

    def load(self, lane: str) -> Load:
        raise KeyError(lane)


def _loop(options: Any, renderer: OpenGLRenderer) -> dict[str, Any]:
    document = _card("cosmos").model_dump(mode="json")
    spec = CardSpec.model_validate_json(report.json_bytes({"card": document, "outputs": [_LOOP]}))
    closed = close(spec, _NoBlobs(), "card")
    params = closed.plan.steps[0].params
    target = Target(width=params["width"], height=params["height"], quality=Quality(params["quality"]))
    scene = _scene("cosmos", target.width)
    frames = params["frames"]
    views = card_paths.views(params["path"], params["degrees"], 0, frames, frames)
    behind = backdrop(_BEHIND, target.width, target.height)
    alone_render, alone_encode, together = [], [], []
    resources: dict[str, Any] = {"renderer": renderer}
    with tempfile.TemporaryDirectory() as folder:
        store = DiskBlobs(Path(folder) / "blobs")

        def steps() -> float:
            began = perf_counter()
            (output,) = run_eager(closed, STEPS, blobs=store, scratch=Path(folder) / "steps", resources=resources)
            if output.meta["frames"] != frames:
                msg = f"{output.meta['frames']} frames were encoded instead of {frames}"
                raise RuntimeError(msg)
            return perf_counter() - began

        steps()  # the card is composed and its shaders compiled
        for number in range(options.repeats):
            began = perf_counter()
            kept = [before(frame, behind) for frame in renderer.cards(scene, views, target)]
            alone_render.append(perf_counter() - began)
            alone_encode.append(_encoded(iter(kept), Path(folder) / f"{number}.mp4", target))
            del kept
            together.append(steps())
            report.say(
                options,
                f"rendering {alone_render[-1]:.2f} s, encoding {alone_encode[-1]:.2f} s, steps {together[-1]:.2f} s",
            )
    ratios = [b / (r + e) for b, r, e in zip(together, alone_render, alone_encode, strict=True)]
    return {
        "ratio_loop": round(statistics.median(ratios), 3),
        "loop_s": round(statistics.median(together), 2),
        "loop_render_s": round(statistics.median(alone_render), 2),
        "loop_encode_s": round(statistics.median(alone_encode), 2),
        "loop_frames": frames,
    }


def _encoded(frames: Iterator[Frame], path: Path, target: Target) -> float:
    """Seconds from the first frame to the closed file."""
    began = perf_counter()
    writer = video.open_writer(path, "mp4", target.width, target.height, 30, quality=target.quality)
    for frame in frames:
        writer.write(frame)
    writer.close()
    return perf_counter() - began


def _face(options: Any, renderer: OpenGLRenderer) -> dict[str, Any]:  # noqa: ARG001 - as its neighbours
    times = []
    for _ in range(options.repeats + 1):
        began = perf_counter()
        _scene("cosmos")
        times.append(perf_counter() - began)
    report.say(options, f"composing a card {statistics.median(times[1:]):.3f} s")
    return {"compose_s": round(statistics.median(times[1:]), 3)}


def _model(options: Any, renderer: OpenGLRenderer) -> dict[str, Any]:
    scene = _scene("cosmos")
    size = texture_size(scene)
    times: list[float] = []
    made = b""
    maps: dict[CardMap, NDArray[np.uint8]]
    for _ in range(options.repeats + 1):
        began = perf_counter()
        maps = {kind: renderer.card_map(scene, kind, *size) for kind in CardMap if kind is not CardMap.DEPTH}
        made = write_glb(model(scene, maps), extras={})
        times.append(perf_counter() - began)
    if options.keep:
        Path(options.keep, "card.glb").write_bytes(made)
    report.say(options, f"a GLB of {len(made) / 1e6:.2f} MB {statistics.median(times[1:]):.3f} s")
    return {"glb_s": round(statistics.median(times[1:]), 3), "glb_mb": round(len(made) / 1e6, 2)}


if __name__ == "__main__":
    main()
