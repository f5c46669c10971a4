"""Where the camera stands: exact framing from the projected vertices.

A camera that looks along a fixed direction and may move freely sees a vertex inside a frame of half-angles
``tx, ty`` (tangents, already scaled by ``fill``) when ``|x - cx| <= tx (cz - z)`` and ``|y - cy| <= ty (cz - z)``
in its own axes (right, up, back). Both are linear, so the nearest camera that holds every vertex has a closed
form: no search, no bounding sphere, and the design really fills the asked part of the frame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, hypot, pi, radians, sin, tan
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from assets.design import CameraSettings
from assets.errors import ContentError
from assets.scene import Camera, Draw, View

VIEWS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "front": (0.0, 4.0),
        "back": (180.0, 4.0),
        "left": (90.0, 4.0),
        "right": (-90.0, 4.0),
        "side": (90.0, 4.0),
        "three-quarter": (35.0, 8.0),
        "top": (0.0, 90.0),
        "custom": (0.0, 0.0),  # replaced by the camera settings
    }
)
"""Azimuth and elevation in degrees. Azimuth counts from the front (+Z), counter-clockwise seen from above;
left and right are the wearer's."""

_TURNTABLE_ELEVATION = 4.0
_SMALLEST = 1e-4  # metres: a design without extent still gets a finite camera

Vector = NDArray[np.float64]
_Reach = Callable[[Vector], float]  # how far the design gets along a direction


@dataclass(frozen=True, kw_only=True)
class _Axes:
    """An orthonormal camera frame."""

    right: Vector
    up: Vector
    back: Vector


def bounds(draws: Sequence[Draw]) -> tuple[Vector, Vector]:
    """Lowest and highest corner of the drawn triangles in world metres, float64[3] each.

    Raises ContentError ``scene.empty`` when there is nothing to draw.
    """
    points = _world(draws)
    return points.min(axis=0), points.max(axis=0)


def view(draws: Sequence[Draw], name: str, *, settings: CameraSettings, aspect: float) -> View:
    """The named view (see VIEWS) of the design, filling ``settings.fill`` of a frame of ``aspect`` = w/h.

    Raises ContentError ``view.unknown`` for a name that VIEWS does not have, ``scene.empty`` for no draws.
    """
    if name not in VIEWS:
        message = f"there is no view '{name}'; use one of {', '.join(VIEWS)}"
        raise ContentError(message, code="view.unknown")
    azimuth, elevation = VIEWS[name]
    if name == "custom":
        azimuth, elevation = settings.azimuth, settings.elevation
    axes = _axes(azimuth, elevation)
    points = _world(draws)

    def reach(direction: Vector) -> float:
        return float((points @ direction).max())

    return View(camera=_fit(reach, axes, settings, aspect))


def turntable(
    draws: Sequence[Draw], *, frames: int, degrees: int, settings: CameraSettings, aspect: float
) -> tuple[View, ...]:
    """One view a frame from one camera that holds the design at every turn.

    Frame ``i`` is turned by ``degrees * i / frames``: the first frame would follow the last one without a
    doubled picture, so the loop has no jump.
    """
    points = _world(draws)
    low, high = points.min(axis=0), points.max(axis=0)
    pivot = np.array([(low[0] + high[0]) / 2, 0.0, (low[2] + high[2]) / 2])
    arm = np.hypot(points[:, 0] - pivot[0], points[:, 2] - pivot[2])
    height = points[:, 1]

    def reach(direction: Vector) -> float:
        # The furthest that any vertex gets along `direction` while it runs round the axis.
        swing = hypot(float(direction[0]), float(direction[2]))
        return float((height * direction[1] + arm * swing).max() + pivot @ direction)

    camera = _fit(reach, _axes(0.0, _TURNTABLE_ELEVATION), settings, aspect)
    centre = (float(pivot[0]), 0.0, float(pivot[2]))
    return tuple(View(camera=camera, turn=radians(degrees) * i / frames, pivot=centre) for i in range(frames))


def _world(draws: Sequence[Draw]) -> Vector:
    """Vertices that a triangle uses, in the world: float64[n, 3]."""
    parts = []
    for draw in draws:
        if draw.opacity <= 0 or len(draw.primitive.indices) == 0:
            continue
        positions = draw.primitive.positions
        used = np.zeros(len(positions), dtype=bool)
        used[draw.primitive.indices.ravel()] = True
        local = positions[used].astype(np.float64)
        parts.append(local @ draw.matrix[:3, :3].T + draw.matrix[:3, 3])
    if not parts:
        raise ContentError("the design has nothing to draw", code="scene.empty")
    return np.concatenate(parts)


def _axes(azimuth: float, elevation: float) -> _Axes:
    a, e = radians(azimuth), radians(elevation)
    return _Axes(
        right=np.array([cos(a), 0.0, -sin(a)]),
        up=np.array([-sin(a) * sin(e), cos(e), -cos(a) * sin(e)]),
        back=np.array([sin(a) * cos(e), sin(e), cos(a) * cos(e)]),
    )


def _fit(reach: _Reach, axes: _Axes, settings: CameraSettings, aspect: float) -> Camera:
    """The nearest camera with these axes that holds everything that ``reach`` knows of."""
    nearest, furthest = reach(axes.back), -reach(-axes.back)
    depth = max(nearest - furthest, _SMALLEST)
    if settings.orthographic:
        left, right = -reach(-axes.right), reach(axes.right)
        bottom, top = -reach(-axes.up), reach(axes.up)
        height = max(top - bottom, (right - left) / aspect, _SMALLEST) / settings.fill
        cx, cy, cz = (left + right) / 2, (bottom + top) / 2, nearest + max(depth, height)
        ortho: float | None = height
    else:
        ty = tan(radians(settings.fov) / 2) * settings.fill
        tx = ty * aspect
        right, left = reach(axes.right + tx * axes.back), reach(-axes.right + tx * axes.back)
        top, bottom = reach(axes.up + ty * axes.back), reach(-axes.up + ty * axes.back)
        cx, cy = (right - left) / 2, (top - bottom) / 2
        cz = max((right + left) / (2 * tx), (top + bottom) / (2 * ty), nearest + _SMALLEST)
        ortho = None
    eye = axes.right * cx + axes.up * cy + axes.back * cz
    target = eye - axes.back * max(cz - (nearest + furthest) / 2, _SMALLEST)
    # Room for the ground shadow behind the design; never so near that depth loses its precision.
    near = max((cz - nearest) * 0.5, cz * 1e-3, 1e-4)
    return Camera(
        eye=_triple(eye),
        target=_triple(target),
        up=_triple(axes.up),
        fov_y=min(radians(settings.fov), pi * 0.9),
        ortho_height=ortho,
        near=near,
        far=(cz - furthest) + 10 * max(depth, cz - nearest),
    )


def _triple(v: Vector) -> tuple[float, float, float]:
    return float(v[0]), float(v[1]), float(v[2])
