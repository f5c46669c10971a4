"""From a closed design to something to draw: reading, composing and keeping it warm between steps."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any, cast

import orjson

from assets import catalogue, compose, environments, gltf, images
from assets.design import Design, Ref
from assets.environments import Environment
from assets.fabric import Fabric, from_image
from assets.model import Model
from assets.scene import Renderer, Scene
from farm.plan import digest_of
from farm.steps import StepContext

KEPT_MODELS = 16
KEPT_DESIGNS = 4
KEPT_LIGHTS = 4


def _kept(resources: MutableMapping[str, Any], shelf: str) -> OrderedDict[str, Any]:
    return cast("OrderedDict[str, Any]", resources.setdefault(shelf, OrderedDict()))


def _remember(shelf: OrderedDict[str, Any], key: str, value: Any, most: int) -> None:
    shelf[key] = value
    shelf.move_to_end(key)
    while len(shelf) > most:
        shelf.popitem(last=False)


def load_model(context: StepContext, ref: Ref) -> Model:
    """The catalogue's model or the blob's, read once per worker while it is in use."""
    if ref.item is not None:
        return catalogue.model(ref.item)
    assert ref.blob is not None
    shelf = _kept(context.resources, "models")
    if ref.blob not in shelf:
        context.log(f"reading model {ref.blob[:12]}")
        _remember(shelf, ref.blob, gltf.read(context.blob(ref.blob), name=ref.blob[:12]), KEPT_MODELS)
    shelf.move_to_end(ref.blob)
    return cast("Model", shelf[ref.blob])


def load_fabric(context: StepContext, ref: Ref) -> Fabric:
    """The catalogue's fabric, or an uploaded image as one."""
    if ref.item is not None:
        return catalogue.fabric(ref.item)
    assert ref.blob is not None
    return from_image(images.probe(context.blob(ref.blob), name=ref.blob[:12]))


def composed(context: StepContext, document: Mapping[str, Any], content: Mapping[str, str]) -> tuple[Design, Model]:
    """The design and its one model: layers dressed, materials customised, what is covered removed."""
    # By JSON, as it came: in strict mode a Python list is no tuple.
    design = Design.model_validate_json(orjson.dumps({"name": "design", **document}))
    # Neither the canvas nor the texts change the model: a still and an export of one design share it.
    geometry = {
        "avatar": document["avatar"],
        "layers": [{k: v for k, v in layer.items() if k != "name"} for layer in document["layers"]],
        "content": {k: v for k, v in content.items() if k not in _light_keys(design)},
    }
    key = digest_of(geometry)
    shelf = _kept(context.resources, "designs")
    if key not in shelf:
        context.check()
        model = compose.compose(design, lambda ref: load_model(context, ref), lambda ref: load_fabric(context, ref))
        for warning in model.warnings:
            context.log(warning, level="warning")
        _remember(shelf, key, model, KEPT_DESIGNS)
    shelf.move_to_end(key)
    return design, cast("Model", shelf[key])


def _light_keys(design: Design) -> set[str]:
    """The content that only lights the design, or that it only stands on."""
    light, stage = design.canvas.lighting, design.canvas.stage
    blob = light.environment.blob if light.environment is not None else None
    worn = {*(layer.model for layer in design.layers), design.avatar.model if design.avatar else None}
    under = set() if stage is None or stage in worn else {f"item:{stage.item}", f"blob:{stage.blob}"}
    return {f"item:{light.studio}", f"blob:{blob}"} | under


def load_light(context: StepContext, design: Design) -> Environment | None:
    """The light of the file that the design names in the studio's place, read once per worker while it is in use."""
    ref = design.canvas.lighting.environment
    if ref is None or ref.blob is None:
        return None
    shelf = _kept(context.resources, "lights")
    if ref.blob not in shelf:
        _remember(shelf, ref.blob, environments.from_file(context.blob(ref.blob)), KEPT_LIGHTS)
    shelf.move_to_end(ref.blob)
    return cast("Environment", shelf[ref.blob])


def drawn(context: StepContext, document: Mapping[str, Any], content: Mapping[str, str]) -> tuple[Design, Scene]:
    """The design and its scene, the same object again while it is warm, so that the renderer's caches hold."""
    design, model = composed(context, document, content)
    shelf = _kept(context.resources, "scenes")
    key = digest_of([document, content])
    if key not in shelf:
        ref = design.canvas.stage
        stage = None if ref is None else load_model(context, ref)
        scene = compose.scene(model, design, load_light(context, design), stage)
        _remember(shelf, key, scene, KEPT_DESIGNS)
    shelf.move_to_end(key)
    return design, cast("Scene", shelf[key])


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What a process draws with, as ``resources["drawing"]``: a part of the device's name (None: a GPU, else the
    CPU), which of several such devices, and how many bytes of meshes and textures stay on it.
    """

    device: str | None = None
    number: int = 0
    cache_bytes: int = 1 << 30


def opened(resources: MutableMapping[str, Any]) -> Renderer:
    """The worker's renderer, made on first use in the process that draws with it."""
    if "renderer" not in resources:
        from renderers.opengl import open_renderer  # GL belongs to the process that draws, never to a parent

        with_ = cast("Drawing", resources.get("drawing") or Drawing())
        resources["renderer"] = open_renderer(device=with_.device, number=with_.number, cache_bytes=with_.cache_bytes)
    return cast("Renderer", resources["renderer"])


def renderer(context: StepContext) -> Renderer:
    """The step's renderer."""
    return opened(context.resources)


def titled(model: Model, name: str) -> Model:
    """The model under the design's name."""
    return replace(model, name=name)


def device(resources: MutableMapping[str, Any]) -> str:
    """The device class that goes into the cache's keys; opens the renderer if nobody has."""
    return opened(resources).device
