"""`card.still`, `card.share`, `card.maps`, `card.model`, `card.print`: a card's files that do not move."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any, Final

import numpy as np
import orjson

from assets import catalogue
from assets.card_scene import CardMap, CardScene, CardView
from assets.scene import Background, Frame, Quality, Target
from exporters import card_print, card_sheet, gltf, image, share, validate
from farm.plan import Output, StepResult
from farm.steps import StepContext
from pipelines.steps import card_content
from pipelines.steps.card_backdrop import backdrop, before
from pipelines.steps.card_content import background, composed, device, for_picture
from pipelines.steps.faults import faults

MM_PER_INCH: Final = 25.4
LAYERS: Final = "layers"
PDF: Final = "application/pdf"
BACK: Final = 180.0


@faults("render.failed")
def still(context: StepContext) -> StepResult:
    """One picture of one side."""
    want = context.step.params
    began = perf_counter()
    scene = for_picture(context, want, want["width"], want["height"])
    composed_at = perf_counter()
    yaw, pitch = want["tilt"]
    view = CardView(yaw=yaw + (BACK if want["side"] == "back" else 0.0), pitch=pitch)
    frame = _drawn(context, scene, view, want["width"], want["height"])
    behind = background(want["background"])
    if behind != Background():
        frame = before(frame, backdrop(behind, want["width"], want["height"]))
    drew = perf_counter()
    facts = {"side": want["side"], "tilt": want["tilt"]}
    output = _put_picture(context, frame, want["name"], facts)
    context.progress(1, 1)
    metrics = {
        "compose_s": round(composed_at - began, 3),
        "render_s": round(drew - composed_at, 3),
        "encode_s": round(perf_counter() - drew, 3),
        "device_mb": round(device(context).cached_bytes / 1e6, 1),
    }
    return StepResult(outputs=(output,), metrics=metrics)


@faults("render.failed")
def shares(context: StepContext) -> StepResult:
    """Pictures of posts' sizes, laid out from one picture of the front and one of the back."""
    want = context.step.params
    side = want["side"]
    scene = for_picture(context, want, side, side)
    scene = replace(scene, lamps=replace(scene.lamps, shadow=False))  # the layout draws it where the card lies
    yaw, pitch = want["tilt"]
    front = _drawn(context, scene, CardView(yaw=yaw, pitch=pitch), side, side).copy()
    back = _drawn(context, scene, CardView(yaw=BACK - yaw, pitch=pitch), side, side)
    outputs = []
    for done, file in enumerate(want["files"], start=1):
        context.check()
        frame = share.compose(front, file["width"], file["height"], back=back)
        outputs.append(_put_picture(context, frame, file["name"], {"tilt": want["tilt"]}))
        context.progress(done, len(want["files"]))
    return StepResult(outputs=tuple(outputs))


def _drawn(context: StepContext, scene: CardScene, view: CardView, width: int, height: int) -> Frame:
    target = Target(width=width, height=height, quality=Quality(context.step.params["quality"]))
    frame = next(iter(device(context).cards(scene, (view,), target)))
    context.check()
    return frame


def _put_picture(context: StepContext, frame: Frame, name: str, facts: Mapping[str, Any]) -> Output:
    want = context.step.params
    data = image.encode(frame, want["format"], quality=want["compression"] or 90)
    media_type = image.MIME[want["format"]]
    digest, size = context.put(data, media_type=media_type)
    meta = {"width": frame.shape[1], "height": frame.shape[0], "quality": want["quality"], **facts}
    return Output(name=name, digest=digest, size=size, media_type=media_type, meta=meta)


@faults("render.failed")
def maps(context: StepContext) -> StepResult:
    """Every map that was asked for, as a PNG; "layers" as one a plane and a list of them."""
    want = context.step.params
    scene = composed(context, want, want["dpi"] / MM_PER_INCH)
    outputs: list[Output] = []
    for done, (name, file) in enumerate(want["maps"].items(), start=1):
        if name == LAYERS:
            outputs += _layers(context, scene, file)
        else:
            drawn = device(context).card_map(scene, CardMap(name), want["width"], want["height"])
            facts = {"map": name, "dpi": want["dpi"], "width": want["width"], "height": want["height"]}
            if name == CardMap.DEPTH:
                facts["depth_mm"] = round(scene.depth_mm, 3)
            outputs.append(_put_png(context, drawn, file, facts))
        context.progress(done, len(want["maps"]))
    return StepResult(outputs=tuple(outputs))


def _layers(context: StepContext, scene: CardScene, file: str) -> list[Output]:
    """The planes of the front, lowest first, and what a program needs to lay them over each other again."""
    want = context.step.params
    start = re.sub(r"s(-\d+)?\.json$", "", file)
    end = file.removeprefix(f"{start}s").removesuffix(".json")
    outputs, rows = [], []
    for at, plane in enumerate(scene.front, start=1):
        name = f"{start}-{at}-{plane.name}{end}.png"
        facts = {"layer": plane.name, "depth_mm": round(plane.depth_mm, 3), "dpi": want["dpi"]}
        outputs.append(_put_png(context, plane.picture, name, facts))
        shown = name.replace("{stem}", want["stem"])
        rows.append({"file": shown, "name": plane.name, "depth_mm": round(plane.depth_mm, 3)})
    height, width = scene.front[0].picture.shape[:2]
    listed = {
        "width": width,
        "height": height,
        "width_mm": scene.width_mm,
        "height_mm": scene.height_mm,
        "corner_radius_mm": scene.radius_mm,
        "dpi": want["dpi"],
        "layers": rows,
    }
    data = orjson.dumps(listed, option=orjson.OPT_INDENT_2)
    digest, size = context.put(data, media_type="application/json")
    outputs.insert(
        0, Output(name=file, digest=digest, size=size, media_type="application/json", meta={"layers": len(rows)})
    )
    return outputs


def _put_png(context: StepContext, pixels: np.ndarray[Any, np.dtype[np.uint8]], name: str, facts: Any) -> Output:
    data = image.encode(_rgba(pixels), "png", density=context.step.params["dpi"])
    digest, size = context.put(data, media_type="image/png")
    return Output(name=name, digest=digest, size=size, media_type="image/png", meta=facts)


def _rgba(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> Frame:
    """A grey or RGB map as the frame that the encoder takes."""
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        return pixels
    colour = np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels
    return np.dstack([colour, np.full(pixels.shape[:2], 255, np.uint8)])


@faults("export.failed")
def model(context: StepContext) -> StepResult:
    """The card as a GLB, checked after it was written."""
    from assets.card_model import model as modelled
    from assets.card_model import texture_size

    want = context.step.params
    began = perf_counter()
    card, _ = card_content.described(want)
    density = want["texture"] / max(want["size_mm"])
    scene = composed(context, want, density)
    width, height = texture_size(scene, height=round(density * want["size_mm"][1]))
    drawn = {
        kind: device(context).card_map(scene, kind, width, height)
        for kind in (CardMap.FOIL, CardMap.NORMAL, CardMap.HEIGHT, CardMap.DIRECTION)
    }
    context.check()
    # What an owner brings has the owner's terms; the catalogue's own art is free.
    licence = catalogue.LICENCE if all(key.startswith("item:") for key in want["content"]) else ""
    design = {"name": want["title"], **want["card"]}
    whole = modelled(scene, drawn, height=height, name=want["title"], design=design, licence=licence)
    data = gltf.write_glb(whole, extras={"card": want["title"], "template": card.template})
    validate.check({"card.glb": data}, "glb")
    digest, length = context.put(data, media_type="model/gltf-binary")
    context.progress(1, 1)
    output = Output(
        name=want["name"],
        digest=digest,
        size=length,
        media_type="model/gltf-binary",
        meta={"texture": [width, height]},
    )
    return StepResult(outputs=(output,), metrics={"seconds": round(perf_counter() - began, 3)})


@faults("export.failed")
def print_file(context: StepContext) -> StepResult:
    """The PDF for a press: both sides with bleed, and a plate for each foil."""
    want = context.step.params
    began = perf_counter()
    bleed, dpi = want["bleed_mm"], want["dpi"]
    scene = composed(context, want, dpi / MM_PER_INCH, bleed_mm=bleed)
    composed_at = perf_counter()
    context.check()
    sheet = card_sheet.sheet(scene, bleed_mm=bleed, dpi=dpi, title=want["title"], plate_bits=want["plate_bits"])
    digest, size = context.put(card_print.write(sheet), media_type=PDF)
    context.progress(1, 1)
    width, height = sheet.pixels
    meta = {"dpi": dpi, "bleed_mm": bleed, "width": width, "height": height, "plates": list(sheet.plates)}
    output = Output(name=want["name"], digest=digest, size=size, media_type=PDF, meta=meta)
    metrics = {"compose_s": round(composed_at - began, 3), "encode_s": round(perf_counter() - composed_at, 3)}
    return StepResult(outputs=(output,), metrics=metrics)
