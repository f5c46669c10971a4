"""A design becomes one model: avatar and layers in place, materials customised, what is covered taken away."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assets import (
    catalogue,
    catalogue_mannequins,
    environments,
    fitting,
    fitting_bind,
    fitting_layers,
    framing,
    placement,
    resting_hands,
)
from assets.customise import customise
from assets.design import (
    Avatar,
    Design,
    GradientBackground,
    Layer,
    LayerEffects,
    Pose,
    Ref,
    SolidBackground,
    Transform,
)
from assets.dressing import dress
from assets.environments import Environment
from assets.errors import ModelError
from assets.fabric import Fabric
from assets.merging import Part, merge
from assets.model import Image, Model
from assets.pose import flatten, posed
from assets.scene import Background, Blend, Draw, DropShadow, Effects, Glow, Lighting, Scene
from assets.transforms import Matrix, euler_xyz
from assets.units import extent, scaled
from assets.variants import chosen

AVATAR: Final = "@avatar"
"""The avatar's layer id; no layer of a design can have it."""
STAGE: Final = "@stage"
"""The layer id of what the design stands on."""
_FLOOR: Final = 1.3  # times the design's height: what is wider is a floor, which a picture need not hold


def compose(design: Design, load: Callable[[Ref], Model], fabric: Callable[[Ref], Fabric]) -> Model:
    """One model with a root node for the avatar and each visible layer, in the order they are worn.

    What garments cover of the avatar, and outer layers of inner ones, is cut or pushed under the cloth (see
    :mod:`assets.covering`); see-through layers cut nothing. The catalogue's garments are fitted to the mannequin that
    wears them (see :mod:`assets.fitting`), whatever its size and pose. Loaded models are not changed. A layer whose
    opacity or blend mode is not the default, or that has effects, says so in its root node's ``extras``.
    Raises what ``load`` and ``fabric`` raise, and ModelError ``model.empty`` when nothing is visible,
    ``model.no_variant`` or ``model.no_animation`` where a layer asks for one that its model does not have.
    """
    parts: list[Part] = []
    see_through: set[str] = set()
    bounds: tuple[Matrix, Matrix] | None = None
    avatar, body, worn = design.avatar, None, fitting.worn(design)
    if avatar is not None:
        matrix = place(avatar.transform)
        body = _posed(load(avatar.model), avatar.pose)
        if avatar.model.item is not None and catalogue_mannequins.figure(avatar.model.item) is not None:
            body = resting_hands.laid(body, worn.values())
        if worn:
            fitting.prepared(worn.values(), body, rest=fitting.rested(body) if _at_rest(design, worn) else None)
        body = fitting.standing(body, worn.values())
        bounds = _moved_bounds(body, matrix)
        if avatar.visible:
            model = _printed(_customised(body, avatar, fabric), avatar, load, fabric)
            parts.append(Part(model=model, matrix=matrix, layer=AVATAR, name="avatar"))
    for layer in design.layers:
        if not layer.visible or layer.opacity == 0:
            continue
        model = load(layer.model)
        if body is not None and layer.id in worn:
            model = fitting.fitted(worn[layer.id], body)
        model = _printed(_customised(_posed(model, layer.pose), layer, fabric), layer, load, fabric)
        matrix = place(layer.transform)
        if bounds is not None:
            model = harmonise(model, matrix, bounds)
        plain = layer.opacity == 1 and layer.blend is Blend.NORMAL
        if not plain or (layer.effects is not None and layer.effects.blur > 0):
            see_through.add(layer.id)
        extras: dict[str, Any] = {} if plain else {"opacity": layer.opacity, "blend": layer.blend.value}
        if layer.effects is not None:
            extras["effects"] = layer.effects.model_dump(mode="json")
        parts.append(Part(model=model, matrix=matrix, layer=layer.id, name=layer.name or layer.id, extras=extras))
    if not parts:
        raise ModelError("nothing to draw: make a layer or the avatar visible", code="model.empty")
    merged = merge(tuple(parts), name=design.name)
    order = tuple(part.layer for part in parts)
    scale = 1.0
    if bounds is not None:
        scale = float(np.clip((bounds[1] - bounds[0]).max() / 1.7, 0.05, 2.0))
    rest = None if body is None else _resting(design, body, worn)
    folded = frozenset(layer for layer, item in worn.items() if item in fitting_layers.SKIRTS)
    swings = () if rest is None else worn.items()
    return dress(
        merged,
        order,
        body=AVATAR,
        see_through=frozenset(see_through),
        scale=scale,
        rest=rest,
        folded=folded,
        shoes=frozenset(layer for layer, item in worn.items() if catalogue.item(item).level_feet),
        hanging=frozenset(layer for layer, item in swings if fitting_bind.bound(item).skirt.any()),
        eased=frozenset(worn),
        carried=frozenset(layer for layer, item in worn.items() if item in fitting_layers.CARRIED),
    )


def _at_rest(design: Design, worn: Mapping[str, str]) -> bool:
    """Whether what covers what is looked up at rest: if all that is seen is the catalogue's, where it belongs and
    posed.
    """
    avatar = design.avatar
    assert avatar is not None
    seen = [layer for layer in design.layers if layer.visible and layer.opacity > 0]
    whole = avatar.visible and avatar.pose is not None and all(layer.id in worn for layer in seen)
    return whole and avatar.transform == Transform() and all(layer.transform == Transform() for layer in seen)


def _resting(design: Design, body: Model, worn: Mapping[str, str]) -> dict[str, Model] | None:
    """The shapes of the avatar and its layers at rest, if they are looked at."""
    if not _at_rest(design, worn):
        return None
    rest = fitting.standing(fitting.rested(body), worn.values(), prints=False)
    return {AVATAR: rest, **{layer: fitting.fitted(item, rest, prints=False) for layer, item in worn.items()}}


def place(transform: Transform) -> Matrix:
    """The matrix of a layer's transform: scale, then turns about X, Y and Z, then position."""
    matrix = euler_xyz(transform.rotation) @ np.diag([*transform.scale, 1.0])
    matrix[:3, 3] = transform.position
    return matrix


def harmonise(model: Model, matrix: Matrix, bounds: tuple[Matrix, Matrix]) -> Model:
    """A layer in the avatar's units, where its own size misled the reader.

    A hat in millimetres is 280 units large and reads as a 2.8 m hat in centimetres. Beside an avatar that shows:
    a layer more than 2.5 times the avatar's size that, 10, 100 or 1,000 times smaller, lies within the avatar's
    surroundings, is scaled so.
    """
    low, high = _moved_bounds(model, matrix)
    size = float((bounds[1] - bounds[0]).max())
    if (high - low).max() <= 2.5 * size and np.abs([low, high]).max() <= 4 * size + np.abs(bounds).max():
        return model
    linear, position = matrix[:3, :3], matrix[:3, 3]
    for factor in (0.1, 0.01, 0.001):
        small = scaled(model, factor)
        inner_low, inner_high = (low - position) * factor + position, (high - position) * factor + position
        assert linear.shape == (3, 3)
        fits = (inner_low >= bounds[0] - 0.3 * size).all() and (inner_high <= bounds[1] + 0.3 * size).all()
        if fits and (inner_high - inner_low).max() >= 0.02 * size:
            message = f"beside the avatar the model is {1 / factor:,.0f} times too large, so it was scaled to fit"
            return replace(small, unit_scale=model.unit_scale * factor, warnings=(*model.warnings, message))
    return model


def _moved_bounds(model: Model, matrix: Matrix) -> tuple[Matrix, Matrix]:
    low, high = extent(model)
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    moved = corners @ matrix[:3, :3].T + matrix[:3, 3]
    return moved.min(axis=0), moved.max(axis=0)


def _posed(model: Model, pose: Pose | None) -> Model:
    return model if pose is None else posed(model, animation=pose.animation, time=pose.time)


def _customised(model: Model, worn: Avatar | Layer, fabric: Callable[[Ref], Fabric]) -> Model:
    ref, how = worn.model, worn.material
    if how.variant is not None:
        model = chosen(model, how.variant)
    cloth = fabric(how.texture) if how.texture is not None else None
    known = catalogue.ITEMS.get(ref.item) if ref.item is not None else None
    sewn = known is not None and known.kind == "garment"
    return customise(model, how, cloth, uv_metres=known.uv_metres if known is not None else 0.0, sewn=sewn)


def _printed(
    model: Model, worn: Avatar | Layer, load: Callable[[Ref], Model], fabric: Callable[[Ref], Fabric]
) -> Model:
    """With the layer's prints; their places are those of the model as it was made, whoever wears it and however."""
    prints = worn.material.prints
    if not prints:
        return model
    known = catalogue.ITEMS.get(worn.model.item) if worn.model.item is not None else None
    found = placement.spots(load(worn.model), prints, uv_metres=known.uv_metres if known is not None else 0.0)
    pictures = (fabric(one.image).base_color for one in prints)
    return placement.printed(model, tuple(zip(prints, found, pictures, strict=True)))


def scene(model: Model, design: Design, environment: Environment | None = None, stage: Model | None = None) -> Scene:
    """What a renderer draws of a composed model: posed, with the design's opacity, blending, effects, light and
    background.

    ``environment`` is the light of the file that the design names in the studio's place, ``stage`` what it stands
    on: its y = 0 comes to the design's lowest point.
    """
    layers = {layer.id: layer for layer in design.layers}
    draws = tuple(
        replace(
            draw,
            opacity=layers[draw.layer].opacity,
            blend=layers[draw.layer].blend,
            effects=effects(layers[draw.layer].effects),
        )
        if draw.layer in layers
        else draw
        for draw in flatten(model)
    )
    if stage is not None:
        draws += _under(stage, draws)
    canvas = design.canvas
    light = canvas.lighting
    background = Background()
    if canvas.background is None:
        top, bottom = environments.backdrop(light.studio)
        background = Background(top=top, bottom=bottom)
    elif isinstance(canvas.background, SolidBackground):
        background = Background(top=canvas.background.colour)
    elif isinstance(canvas.background, GradientBackground):
        background = Background(top=canvas.background.top, bottom=canvas.background.bottom)
    return Scene(
        draws=draws,
        digest=digest(draws),
        lighting=Lighting(
            studio=light.studio,
            environment=environment,
            rotation=math.radians(light.rotation),
            exposure=light.exposure,
            ground_shadow=light.ground_shadow,
            tone=light.tone,
        ),
        background=background,
    )


def _under(stage: Model, draws: tuple[Draw, ...]) -> tuple[Draw, ...]:
    lift = np.eye(4)
    seen = framing.drawn(draws)
    lift[1, 3] = framing.bounds(seen)[0][1] if seen else 0.0
    return tuple(replace(draw, matrix=lift @ draw.matrix, layer=STAGE) for draw in flatten(stage))


def subject(draws: tuple[Draw, ...]) -> tuple[Draw, ...]:
    """What a picture of the scene is framed by: the design and a plinth under it, but not a floor."""
    design = tuple(draw for draw in draws if draw.layer != STAGE)
    stage = tuple(draw for draw in draws if draw.layer == STAGE)
    if not stage or not framing.drawn(design):
        return draws
    (low, high), (left, right) = framing.bounds(design), framing.bounds(stage)
    return design if (right - left).max() > _FLOOR * (high - low).max() else draws


def effects(given: LayerEffects | None) -> Effects | None:
    """A layer's effects as a renderer takes them; None when there is nothing to see of them."""
    if given is None:
        return None
    shadow, glow = given.shadow, given.glow
    found = Effects(
        blur=given.blur,
        shadow=None
        if shadow is None or shadow.opacity == 0
        else DropShadow(colour=shadow.colour, opacity=shadow.opacity, radius=shadow.radius, offset=shadow.offset),
        glow=None
        if glow is None or glow.opacity == 0
        else Glow(colour=glow.colour, opacity=glow.opacity, radius=glow.radius),
    )
    return None if found == Effects() else found


def digest(draws: tuple[Draw, ...]) -> str:
    """SHA-256 (hex) of everything that draws look like; names and application data do not count."""
    total = hashlib.sha256()
    for draw in draws:
        _feed(total, draw)
    return total.hexdigest()


_UNSEEN: Final = frozenset({"name", "extras", "targets", "joints", "weights", "variants", "attributes"})


def _feed(total: Any, value: Any) -> None:
    """Hashes a value by content, each with its type and length, so that no two ways of writing collide."""
    if isinstance(value, Image):
        total.update(f"image {value.digest};".encode())
    elif isinstance(value, np.ndarray):
        array: NDArray[Any] = np.ascontiguousarray(value)
        total.update(f"array {array.dtype.str} {array.shape};".encode())
        total.update(array.reshape(-1).view(np.uint8))
    elif is_dataclass(value) and not isinstance(value, type):
        total.update(f"{type(value).__name__}{{".encode())
        for field in fields(value):
            if field.name not in _UNSEEN:
                total.update(f"{field.name}=".encode())
                _feed(total, getattr(value, field.name))
        total.update(b"}")
    elif isinstance(value, tuple | list):
        total.update(f"list {len(value)};".encode())
        for element in value:
            _feed(total, element)
    elif isinstance(value, Mapping):
        total.update(f"map {len(value)};".encode())
        for key in sorted(value):
            total.update(f"{key!r}:".encode())
            _feed(total, value[key])
    else:
        total.update(f"{value!r};".encode())
