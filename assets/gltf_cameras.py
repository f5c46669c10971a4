"""Cameras and lamps of a glTF. Nobody's picture depends on a broken one, so it is left out with a warning."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from assets.errors import ModelError
from assets.gltf_json import Document, Item
from assets.gltf_passthrough import Passthrough
from assets.model import LightKind, NodeCamera, NodeLight

LIGHTS: Final = "KHR_lights_punctual"
_FLAT: Final = math.pi / 2
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Listed(Generic[T]):
    """What could be read of a list, and where each of the file's ``count`` entries went."""

    items: tuple[T, ...]
    places: Mapping[int, int]
    count: int


def read_cameras(document: Document, through: Passthrough) -> Listed[NodeCamera]:
    """The file's cameras (glTF 2.0, 3.10)."""
    items = document.root.items("cameras", document.limits.cameras)
    return _listed(document, items, lambda item: _camera(item, through))


def read_lights(document: Document, through: Passthrough) -> Listed[NodeLight]:
    """The file's lamps (KHR_lights_punctual)."""
    extension = document.root.extension(LIGHTS)
    items = extension.items("lights", document.limits.lights) if extension is not None else ()
    return _listed(document, items, lambda item: _light(item, through))


def _listed(document: Document, items: tuple[Item, ...], read: Callable[[Item], T]) -> Listed[T]:
    found: list[T] = []
    places: dict[int, int] = {}
    for place, item in enumerate(items):
        try:
            found.append(read(item))
        except ModelError as error:
            document.warn(f"{item.path} cannot be used and is left out ({error})")
            continue
        places[place] = len(found) - 1
    return Listed(items=tuple(found), places=places, count=len(items))


def _camera(item: Item, through: Passthrough) -> NodeCamera:
    kind = item.text("type")
    lens = item.item(kind) if kind in {"perspective", "orthographic"} else None
    if lens is None:
        raise item.fail("type", "perspective or orthographic, with an object of that name")
    near = lens.number("znear", 0.01, low=0)
    far = lens.number("zfar", 0.0, low=0, high=1e12) if "zfar" in lens else 0.0
    more = through.of(item)
    name, end = item.text("name"), far if far > near else None
    if kind == "orthographic":
        x, y = lens.number("xmag", 1.0), lens.number("ymag", 1.0)
        if not x or not y:
            raise lens.fail("xmag", "not zero, and ymag neither")
        return NodeCamera(
            mag_x=abs(x), mag_y=abs(y), near=near, far=end, name=name, extensions=more, extras=item.extras
        )
    fov = lens.number("yfov", 0.0, low=1e-4, high=math.pi - 1e-4)
    aspect = lens.number("aspectRatio", 1.0, low=1e-4, high=1e4) if "aspectRatio" in lens else None
    return NodeCamera(
        fov_y=fov, aspect=aspect, near=max(near, 1e-6), far=end, name=name, extensions=more, extras=item.extras
    )


def _light(item: Item, through: Passthrough) -> NodeLight:
    kind = item.text("type")
    if kind not in set(LightKind):
        raise item.fail("type", "directional, point or spot")
    r, g, b = item.numbers("color", 3, (1.0, 1.0, 1.0), low=0)
    spot = (item.item("spot") if kind == LightKind.SPOT else None) or Item({}, item.path)
    outer = spot.number("outerConeAngle", math.pi / 4, low=1e-4, high=_FLAT)
    return NodeLight(
        kind=LightKind(kind),
        color=(r, g, b),
        intensity=item.number("intensity", 1.0, low=0, high=1e12),
        reach=item.number("range", 1.0, low=1e-9) if "range" in item else None,
        inner_cone=min(spot.number("innerConeAngle", 0.0, low=0, high=_FLAT), math.nextafter(outer, 0)),
        outer_cone=outer,
        name=item.text("name"),
        extensions=through.of(item),
        extras=item.extras,
    )
