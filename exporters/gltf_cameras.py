"""Cameras and lamps of a glTF that is being written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from assets.model import LightKind, NodeCamera, NodeLight

LIGHTS: Final = "KHR_lights_punctual"

Json = dict[str, Any]


def camera_json(camera: NodeCamera) -> Json:
    """A camera as glTF 2.0 (3.10) writes it; what it does not allow is moved to what it does."""
    near = max(0.0, camera.near)
    far = camera.far if camera.far is not None and camera.far > near else None
    lens: Json
    if camera.fov_y is not None:
        kind = "perspective"
        near = max(near, 1e-6)
        lens = {"yfov": camera.fov_y, "znear": near}
        if camera.aspect is not None:
            lens["aspectRatio"] = camera.aspect
        if far is not None:
            lens["zfar"] = far
    else:
        kind = "orthographic"
        lens = {
            "xmag": camera.mag_x,
            "ymag": camera.mag_y,
            "znear": near,
            "zfar": far if far is not None else near + 1000.0,  # unlike a perspective one it must end
        }
    return named(camera.name) | {"type": kind, kind: lens} | carried(camera.extensions, camera.extras)


def light_json(light: NodeLight) -> Json:
    """A lamp as KHR_lights_punctual writes it."""
    entry: Json = named(light.name) | {
        "type": light.kind.value,
        "color": list(light.color),
        "intensity": light.intensity,
    }
    if light.reach is not None and light.kind is not LightKind.DIRECTIONAL:
        entry["range"] = light.reach
    if light.kind is LightKind.SPOT:
        outer = min(light.outer_cone, math.pi / 2)
        entry["spot"] = {"innerConeAngle": min(light.inner_cone, math.nextafter(outer, 0)), "outerConeAngle": outer}
    return entry | carried(light.extensions, light.extras)


def named(name: str) -> Json:
    """``name`` where there is one."""
    return {"name": name} if name else {}


def carried(extensions: Mapping[str, Any], extras: Mapping[str, Any]) -> Json:
    """What travels through us unread, where there is any."""
    entry: Json = {}
    if extensions:
        entry["extensions"] = dict(extensions)
    if extras:
        entry["extras"] = dict(extras)
    return entry
