"""`techpack.*`: the views, measures and looks of a design, and the pages that are composed of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import orjson
from numpy.typing import NDArray

from assets import framing, images, srgb, tech_pack_points, tech_pack_start
from assets.design import CameraSettings
from assets.errors import ContentError
from assets.measure import MeasureError, Surface, surface
from assets.measure_anchors import landmarks
from assets.measure_ways import ExtentWay, GirthWay, OpeningWay, spot, take
from assets.model import Material
from assets.pose import flatten
from assets.scene import Draw, Quality, Scene, Target
from assets.tech_pack import Callout, PointOfMeasure
from assets.tech_pack_points import Worn
from exporters import image, tech_pack
from farm.errors import JobFault
from farm.plan import Output, StepResult
from farm.steps import StepContext
from pipelines.steps.content import composed, drawn, renderer
from pipelines.steps.faults import faults
from pipelines.steps.techpack_content import gathered

if TYPE_CHECKING:
    from renderers.opengl import OpenGLRenderer

JSON = "application/json"
AVATAR = "@avatar"
MOST_LOOKS = 6
MOST_LISTED = 4000
"""Entries of the manifest that go into the file's meta."""


@faults("render.failed")
def flat(context: StepContext) -> StepResult:
    """The lines of one view, and how the world lies on their paper."""
    from renderers import flat_page  # GL belongs to the process that draws, never to a parent
    from renderers.flats import flat as lines_of

    want = context.step.params
    _, scene = drawn(context, want["design"], want["content"])
    shown = {draw.layer for draw in scene.draws}
    scene = _only(scene, shown - {AVATAR} or shown)
    context.check()
    width, height = want["paper"]
    page = flat_page.Page(width_mm=width, height_mm=height)
    made = lines_of(cast("OpenGLRenderer", renderer(context)), scene, want["view"], page=page, views=want["views"])
    place = flat_page.place(framing.drawn(scene.draws), want["view"])
    facts = {
        "view": made.view,
        "paper": [made.width_mm, made.height_mm],
        "scale": made.scale,
        "lines": [
            [line.kind.value, line.layer, line.closed, np.round(line.points, 3).tolist()] for line in made.lines
        ],
        "axes": place.axes[:2].tolist(),
        "middle": ((place.low + place.high) / 2)[:2].tolist(),
    }
    context.progress(1, 1)
    return _kept(context, facts)


@faults("render.failed")
def render(context: StepContext) -> StepResult:
    """One colour view, lossless."""
    want = context.step.params
    began = perf_counter()
    _, scene = drawn(context, want["design"], want["content"])
    camera = CameraSettings.model_validate_json(orjson.dumps(want["design"]["canvas"]["camera"]))
    aspect = want["width"] / want["height"]
    # The clothes fill the picture; of the form that they are worn on one sees what is near them.
    clothes = tuple(draw for draw in scene.draws if draw.layer != AVATAR) or scene.draws
    view = framing.view(clothes, want["view"], settings=camera, aspect=aspect)
    view = replace(
        view, camera=replace(view.camera, near=min(view.camera.near, 0.05), far=max(view.camera.far, 50.0))
    )
    target = Target(width=want["width"], height=want["height"], quality=Quality(want["quality"]))
    frame = next(iter(renderer(context).frames(scene, (view,), target)))
    context.check()
    digest, size = context.put(image.encode(frame, "png"), media_type="image/png")
    context.progress(1, 1)
    output = Output(name="{stem}.png", digest=digest, size=size, media_type="image/png", role="intermediate")
    return StepResult(outputs=(output,), metrics={"render_s": round(perf_counter() - began, 3)})


@faults("export.failed")
def measure(context: StepContext) -> StepResult:
    """Areas of cloth, points of measure, and where callouts point."""
    want = context.step.params
    worn = _worn(context, want)
    given = tuple(PointOfMeasure.model_validate_json(orjson.dumps(point)) for point in want["points"])
    named = tuple(Callout.model_validate_json(orjson.dumps(callout)) for callout in want["callouts"])
    clothes = [layer for layer in worn if layer.id != AVATAR]
    points = given or (tech_pack_points.points(clothes, want["sizes"]) if clothes else tech_pack_points.body(worn))
    measured = []
    for number, point in enumerate(points):
        context.check()
        try:
            measured.append(_measured(point, worn))
        except ContentError as error:
            path = f"tech_pack.points[{number}]"
            raise JobFault(error.code, f"{path} ({point.code}): {error}", {"path": path}) from error
    callouts = _pointed(context, named or tech_pack_start.callouts(clothes), worn) if worn else []
    return _kept(
        context,
        {
            "cloths": {layer.id: _cloths(layer) for layer in worn},
            "areas": {layer.id: _area(layer.surface.points, layer.surface.triangles) for layer in worn},
            "points": measured,
            "callouts": callouts,
        },
    )


def _worn(context: StepContext, want: Mapping[str, Any]) -> list[Worn]:
    """The layers that have a surface, with the landmarks of who wears them."""
    avatar = want["design"]["avatar"]
    figure = None if avatar is None else avatar["model"]["item"]
    body: Mapping[str, NDArray[np.float64]] = {}
    if figure is not None and want["design"]["layers"]:
        _, model = composed(context, {"avatar": {**avatar, "visible": True}, "layers": []}, want["content"])
        body = landmarks(flatten(model))
    items = {layer["id"]: layer["model"]["item"] for layer in want["design"]["layers"]}
    worn = []
    for number, (name, draws) in enumerate(_alone(context, want)):
        try:
            worn.append(
                Worn(id=name, draws=draws, surface=surface(draws), item=items.get(name), body=body, figure=figure)
            )
        except MeasureError as error:
            if error.code != "measure.empty":
                raise
            context.log(f"layer {name} has no surface to measure", level="warning")
        context.progress(number + 1)
    return worn


@faults("export.failed")
def looks(context: StepContext) -> StepResult:
    """The materials of each layer and their colours."""
    found: dict[str, list[list[str]]] = {}
    for number, (name, draws) in enumerate(_alone(context, context.step.params)):
        seen: dict[str, list[str]] = {}
        for draw in sorted(draws, key=lambda draw: -len(draw.primitive.positions)):
            material = draw.primitive.material
            seen.setdefault(material.name, [material.name, _hex(material)])
        found[name] = list(seen.values())[:MOST_LOOKS]
        context.progress(number + 1)
    return _kept(context, found)


@faults("export.failed")
def compose(context: StepContext) -> StepResult:
    """All pages; the file's meta says which page shows which sources."""
    want = context.step.params
    began = perf_counter()
    content = gathered(context)
    context.check()
    written = tech_pack.write(content)
    if written.missing:
        context.log(f"{len(written.missing)} letters have no font and are shown as boxes", level="warning")
    digest, size = context.put(written.data, media_type=tech_pack.MIME)
    listed = sum(len(page["sources"]) for page in written.manifest) <= MOST_LISTED
    pages = [{**page, "sources": list(page["sources"]) if listed else []} for page in written.manifest]
    output = Output(
        name="{stem}-techpack.pdf",
        digest=digest,
        size=size,
        media_type=tech_pack.MIME,
        meta={
            "pages": len(pages),
            "page": want["page"],
            "language": want["language"],
            "units": want["units"],
            "sources": dict(list(content.sources.items())[: 2 * MOST_LISTED]),
            "manifest": pages,
        },
    )
    context.progress(1, 1)
    return StepResult(outputs=(output,), metrics={"compose_s": round(perf_counter() - began, 3)})


def _alone(context: StepContext, want: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Draw, ...]]]:
    """Each layer by itself, in the units that the avatar says: nothing is cut away under another layer. The avatar,
    where there are no clothes.
    """
    document = want["design"]
    avatar = document["avatar"]
    hidden = None if avatar is None else {**avatar, "visible": False}
    for layer in document["layers"]:
        if not layer["opacity"]:
            continue
        context.check()
        _, model = composed(context, {"avatar": hidden, "layers": [layer]}, want["content"])
        yield layer["id"], tuple(draw for draw in flatten(model) if draw.layer == layer["id"])
    if not document["layers"] and avatar is not None:
        _, model = composed(context, {"avatar": {**avatar, "visible": True}, "layers": []}, want["content"])
        yield AVATAR, flatten(model)


def _pointed(context: StepContext, callouts: Sequence[Callout], worn: Sequence[Worn]) -> list[dict[str, Any]]:
    """Callouts with the points that they mean: on a layer's own drawing at rest, on the whole as it stands."""
    own = {layer.id: layer for layer in worn}
    whole: tuple[tuple[Draw, ...], Surface] | None = None
    found = []
    for number, callout in enumerate(callouts):
        try:
            if callout.layer is not None:
                if callout.layer not in own:
                    raise MeasureError(f"layer '{callout.layer}' has no surface to point at", code="measure.empty")
                at = spot(callout.place, own[callout.layer].draws, own[callout.layer].surface)
            else:
                whole = whole or _whole(context, worn)
                at = spot(callout.place, *whole)
        except ContentError as error:
            path = f"tech_pack.callouts[{number}].place"
            raise JobFault(error.code, f"{path}: {error}", {"path": path}) from error
        found.append({**callout.model_dump(mode="json"), "spot": at.tolist()})
    return found


def _whole(context: StepContext, worn: Sequence[Worn]) -> tuple[tuple[Draw, ...], Surface]:
    """All layers, as the design wears them."""
    want = context.step.params
    if want["worn"] is None:
        every = tuple(draw for layer in worn for draw in layer.draws)
        return every, worn[0].surface if len(worn) == 1 else surface(every)
    every = tuple(draw for _, draws in _alone(context, {**want, "design": want["worn"]}) for draw in draws)
    return every, surface(every)


def _measured(point: PointOfMeasure, worn: Sequence[Worn]) -> dict[str, Any]:
    """The point's value in the base size, and where its line lies."""
    entry: dict[str, Any] = {"point": point.model_dump(mode="json"), "cm": point.cm, "error": None, "shape": "way"}
    if point.way is None:
        return entry
    chosen = [layer for layer in worn if point.layer in {None, layer.id}]
    if not chosen:
        raise MeasureError("there is no surface to measure: give the value in 'cm'", code="measure.empty")
    if len(chosen) == 1:
        found = chosen[0].take(point.way)
    else:
        draws = tuple(draw for layer in chosen for draw in layer.draws)
        found = take(point.way, draws, surface(draws))
    if point.half:
        found = found.times(0.5)
    if point.cm is None:
        entry |= {"cm": found.cm, "error": found.error}
    match point.way:
        case GirthWay(normal=tuple()):
            entry["shape"] = "aslant"
        case GirthWay() | OpeningWay():
            entry["shape"] = "across"
        case ExtentWay(side="high"):
            entry["shape"] = "high"
        case ExtentWay(side="wide"):
            entry["shape"] = "wide"
    entry["line"] = np.round(found.line, 5).tolist()
    return entry


def _cloths(layer: Worn) -> dict[str, float]:
    """Square metres of each material of a layer, doubled where cloth lies double."""
    found: dict[str, float] = {}
    for draw in layer.draws:
        name = draw.primitive.material.name
        points = draw.primitive.positions.astype(np.float64) @ draw.matrix[:3, :3].T
        found[name] = found.get(name, 0.0) + _area(points, draw.primitive.indices.astype(np.int64))
    return {name: round(square, 4) for name, square in found.items()}


def _only(scene: Scene, layers: set[str]) -> Scene:
    """The scene with these layers alone, each as if it were opaque: a drawing knows no half lines."""
    kept = tuple(replace(draw, opacity=1.0) for draw in scene.draws if draw.layer in layers)
    name = hashlib.sha256(f"{scene.digest} {sorted(layers)}".encode()).hexdigest()
    return replace(scene, draws=kept, digest=name)


def _area(points: NDArray[np.float64], triangles: NDArray[np.int64]) -> float:
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def _hex(material: Material) -> str:
    """The colour that a material has from afar: its factor times the mean of its texture."""
    linear = np.array(material.base_color[:3])
    if material.base_color_texture is not None:
        pixels = images.decode(material.base_color_texture.image)
        step = max(1, max(pixels.shape[:2]) // 256)
        small = pixels[::step, ::step].astype(np.float64) / 255
        share = small[..., 3:] if small.shape[2] == 4 else np.ones((*small.shape[:2], 1))
        linear = linear * (srgb.light(small[..., :3]) * share).sum(axis=(0, 1)) / max(float(share.sum()), 1e-9)
    red, green, blue = (round(255 * float(value)) for value in srgb.codes(linear))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _kept(context: StepContext, facts: Any) -> StepResult:
    digest, size = context.put(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS), media_type=JSON)
    output = Output(name="{stem}.json", digest=digest, size=size, media_type=JSON, role="intermediate")
    return StepResult(outputs=(output,))
