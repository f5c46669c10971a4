"""Metres, centimetres or millimetres: told from how large a model is.

glTF says metres, and many exporters write centimetres or millimetres all the same. The rule, by the longest
side of the whole model in its own units:

=============== ============= ==========================================================
longest side    taken as      what that covers
=============== ============= ==========================================================
up to 10        metres        a playing card (0.09), a helmet (0.6), a person, a room
10 to 350       centimetres   a hat (28), a shirt (75), a person (up to 2.5 m with arms out)
350 to 10,000   millimetres   a dress (1,200), a person (1,750), furniture
over 10,000     as written    nothing that is worn; the warning says so
=============== ============= ==========================================================

What glTF says wins wherever it is plausible, so small real objects are never blown up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from assets.model import LightKind, Model, Node, NodeCamera, NodeLight
from assets.pose import flatten
from assets.transforms import Matrix

_METRES_UP_TO: Final = 10.0
_CENTIMETRES_UP_TO: Final = 350.0
_MILLIMETRES_UP_TO: Final = 10_000.0


def extent(model: Model) -> tuple[Matrix, Matrix]:
    """The lowest and the highest corner (float64[3] each) of the model at rest."""
    lows, highs = [], []
    for draw in flatten(model):
        # By columns: several times faster than a product of matrices that narrow.
        x, y, z = np.ascontiguousarray(draw.primitive.positions.T, np.float64)
        moved = [a * x + b * y + c * z + d for a, b, c, d in draw.matrix[:3]]
        lows.append([float(axis.min()) for axis in moved])
        highs.append([float(axis.max()) for axis in moved])
    return np.min(lows, axis=0), np.max(highs, axis=0)


def detect(size: float) -> float:
    """What to multiply by to get metres, from the longest side in the file's units."""
    if size <= _METRES_UP_TO:
        return 1.0
    if size <= _CENTIMETRES_UP_TO:
        return 0.01
    return 0.001 if size <= _MILLIMETRES_UP_TO else 1.0


def to_metres(model: Model) -> Model:
    """The model in metres: scaled by a new root node where it was detected to be in other units.

    A node above the file's own roots leaves animations and skins alone. ``unit_scale`` and a warning say what
    was decided.
    """
    low, high = extent(model)
    size = float((high - low).max())
    scale = detect(size)
    if scale == 1.0:
        if size <= _MILLIMETRES_UP_TO:
            return model
        message = f"the model is {size:,.0f} m large, which nothing that is worn is; it is used as it is"
        return replace(model, warnings=(*model.warnings, message))
    unit = "centimetres" if scale == 0.01 else "millimetres"
    message = f"the model is {size:,.1f} units large, so it was taken to be in {unit} and scaled to metres"
    return replace(scaled(model, scale), unit_scale=model.unit_scale * scale, warnings=(*model.warnings, message))


def scaled(model: Model, scale: float) -> Model:
    """The model under one more root node that scales it.

    Cameras and lamps do not feel their node's scale (glTF 2.0, 3.10.2), so their lengths are scaled here.
    """
    matrix = np.diag([scale, scale, scale, 1.0])
    root = Node(matrix=matrix, name="unit scale", children=model.roots)
    return replace(
        model,
        nodes=(*model.nodes, root),
        roots=(len(model.nodes),),
        cameras=tuple(_camera(camera, scale) for camera in model.cameras),
        lights=tuple(_light(light, scale) for light in model.lights),
    )


def _camera(camera: NodeCamera, scale: float) -> NodeCamera:
    return replace(
        camera,
        mag_x=camera.mag_x * scale,
        mag_y=camera.mag_y * scale,
        near=camera.near * scale,
        far=None if camera.far is None else camera.far * scale,
    )


def _light(light: NodeLight, scale: float) -> NodeLight:
    """A lamp at a hundredth of the distance needs a ten-thousandth of the candela; lux know no distance."""
    if light.kind is LightKind.DIRECTIONAL:
        return light
    reach = None if light.reach is None else light.reach * scale
    return replace(light, reach=reach, intensity=light.intensity * scale**2)
