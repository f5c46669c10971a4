"""Short hashes of what a tech pack is made from, so that a factory sees what another revision changed.

A hash is over the source, never over pixels: the same design gives the same hashes on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from assets.design import Customisation
from assets.measure_points import kind_of
from assets.tech_pack import TechPack

VIEWS = ("front", "back", "left")
_SIDES = {"shoes": ("left", "front"), "bag": ("left", "front"), "hat": ("front", "left")}


def sides(item: str | None) -> tuple[str, str]:
    """From where a layer is drawn by itself: a shoe and a bag are known from the side."""
    return _SIDES.get(kind_of(item) or "", ("front", "back"))


def short(value: Any) -> str:
    """8 hex digits over the canonical JSON of a value."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:8]


def geometry(document: Mapping[str, Any]) -> dict[str, Any]:
    """A closed design without what does not change its form: colours, textures, light, names."""
    avatar = document["avatar"]
    return {
        "avatar": None if avatar is None else _shape(avatar),
        "layers": [_shape(layer) for layer in document["layers"]],
    }


def _shape(worn: Mapping[str, Any]) -> dict[str, Any]:
    plain = Customisation(variant=worn["material"].get("variant")).model_dump(mode="json")
    kept = {key: value for key, value in worn.items() if key not in {"material", "name", "effects"}}
    return {**kept, "material": plain}


def at_rest(shapes: Mapping[str, Any]) -> dict[str, Any]:
    """The form as it is measured and drawn piece by piece: on a body that is not posed, not seen, and stands where
    bodies stand: layers that were moved and turned with it come along.
    """
    avatar = shapes["avatar"]
    if avatar is None:
        return dict(shapes)
    moved = _moved(avatar)
    layers = [_stood(layer) if _moved(layer) == moved else layer for layer in shapes["layers"]]
    return {**shapes, "avatar": {**_stood(avatar), "pose": None, "visible": False}, "layers": layers}


def rests(shapes: Mapping[str, Any]) -> bool:
    """Whether the design stands as it is measured: neither posed nor moved."""
    unseen = {**shapes, "avatar": shapes["avatar"] and {**shapes["avatar"], "visible": False}}
    return at_rest(unseen) == unseen


def _moved(worn: Mapping[str, Any]) -> list[list[float]]:
    return [list(worn["transform"][key]) for key in ("position", "rotation")]


def _stood(worn: Mapping[str, Any]) -> dict[str, Any]:
    here = {"position": [0.0, 0.0, 0.0], "rotation": [0.0, 0.0, 0.0]}
    return {**worn, "transform": {**worn["transform"], **here}}


def alone(shapes: Mapping[str, Any], layer: Mapping[str, Any]) -> dict[str, Any]:
    """One layer of a form at rest."""
    return at_rest({**shapes, "layers": [layer]})


def models(document: Mapping[str, Any], content: Mapping[str, str]) -> dict[str, str]:
    """The digests of the models in it: what a step that reads no textures depends on."""
    worn = [*([document["avatar"]] if document["avatar"] else []), *document["layers"]]
    keys = {_key(part["model"]) for part in worn}
    return {key: value for key, value in content.items() if key in keys}


def _key(ref: Mapping[str, Any]) -> str:
    return f"item:{ref['item']}" if ref.get("item") is not None else f"blob:{ref['blob']}"


def of(
    document: Mapping[str, Any], content: Mapping[str, str], pack: TechPack, *, callouts: Sequence[Any], notes: str
) -> dict[str, str]:
    """Every row's and view's hash by key. ``pack`` is complete: with the points and materials that were found."""
    shapes = geometry(document)
    by_layer = {layer["id"]: [piece := alone(shapes, layer), models(piece, content)] for layer in shapes["layers"]}
    whole = [shapes, models(document, content)]
    found = {f"flat.{view}": short([view, whole]) for view in VIEWS}
    found |= {f"piece.{name}.{view}": short([view, form]) for name, form in by_layer.items() for view in VIEWS}
    found |= {f"render.{view}": short([view, document, content]) for view in VIEWS}
    for layer in document["layers"]:
        textures = layer["material"].get("texture")
        found[f"layer.{layer['id']}"] = short(
            [layer, content.get(_key(layer["model"])), content.get(_key(textures)) if textures else None]
        )

    def shape_of(name: str | None) -> Any:
        return by_layer.get(name, whole) if name is not None else whole

    for point in pack.points:
        measured = shape_of(point.layer) if point.way is not None else None
        found[f"point.{point.code}"] = short(
            [point.model_dump(mode="json"), list(pack.all_sizes), pack.base_size, measured]
        )
    for number, line in enumerate(pack.materials):
        cloth = shape_of(line.layer) if line.layer and line.usage is None and line.area_m2 is None else None
        found[f"material.{number}"] = short([line.model_dump(mode="json"), cloth])
    for number, callout in enumerate(callouts, start=1):
        found[f"callout.{number}"] = short([callout, shape_of(callout.get("layer"))])
    for key, rows in (
        ("colourway", pack.colourways),
        ("operation", pack.construction),
        ("label", pack.labels),
        ("fit", pack.fit_notes),
        ("field", pack.fields),
        ("revision", pack.revisions),
    ):
        for number, row in enumerate(rows):
            found[f"{key}.{number}"] = short(row.model_dump(mode="json"))
    found["notes"] = short(notes)
    facts = pack.model_dump(
        mode="json",
        include={"style", "season", "date", "revision", "designer", "factory", "category", "sizes", "base"},
    )
    found["pack"] = short(facts)
    return found
