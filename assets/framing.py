"""Where the camera stands: exact framing from the projected vertices.

A camera that looks along a fixed direction and may move freely sees a vertex inside a frame of half-angles
``tx, ty`` (tangents, already scaled by ``fill``) when ``|x - cx| <= tx (cz - z)`` and ``|y - cy| <= ty (cz - z)``
in its own axes (right, up, back). Both are linear, so the nearest camera that holds every vertex has a closed
form: no search, no bounding sphere, and the design really fills the asked part of the frame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import atan, cos, hypot, radians, sin, sqrt, tan
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from assets import regions
from assets.design import CameraSettings
from assets.errors import ContentError
from assets.model import AlphaMode, Material
from assets.scene import Camera, Draw, View

VIEWS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "front": (0.0, 4.0),
        "back": (180.0, 4.0),
        "left": (90.0, 4.0),
        "right": (-90.0, 4.0),
        "side": (90.0, 4.0),
        "three-quarter": (35.0, 8.0),
        "three-quarter-back": (145.0, 8.0),
        "top": (0.0, 90.0),
        "custom": (0.0, 0.0),  # replaced by the camera settings
    }
)
"""Azimuth and elevation in degrees. Azimuth counts from the front (+Z), counter-clockwise seen from above;
left and right are the wearer's. ``detail:REGION`` is a view too, see :func:`view`."""

DETAIL = "detail:"
"""What the name of a view of a region starts with."""

_DETAIL_SIDES = ("front", "three-quarter", "left", "right", "back")  # where a detail may be seen from, best first
_PREFERRED = 1.2  # how much more of a region must be seen from a later one of these
_TURNTABLE_ELEVATION = 4.0
_SMALLEST = 1e-6  # of the design's size: what has no extent still gets a finite camera
_POINT = 1e-4  # metres: the size of a design without any
_DEEPEST = 0.25  # of the design's depth: no camera is nearer to it than this
_LONGEST = 1e-3  # of the asked lens's angle
_CLOSEST = 0.02  # of the distance to a detail: what is nearer to the camera is cut away

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
    points = drawn_points(draws)
    return points.min(axis=0), points.max(axis=0)


def view(draws: Sequence[Draw], name: str, *, settings: CameraSettings, aspect: float) -> View:
    """The named view (see VIEWS) of the design, filling ``settings.fill`` of a frame of ``aspect`` = w/h.

    ``detail:REGION`` is filled by a region (:mod:`assets.regions`), seen from the side that shows most of it, or
    from the one that ``detail:REGION@VIEW`` names. Raises ContentError ``view.unknown`` for a name that VIEWS
    does not have, ``view.no_region``, ``scene.empty`` for no draws.
    """
    points = drawn_points(draws)
    region, side = points, name
    if name.startswith(DETAIL):
        wanted, _, side = name.removeprefix(DETAIL).partition("@")
        found = regions.find(draws, wanted)
        region = found.points
        side = side or _best_side(found.facing)
    axes = _axes(*_angles(side, settings))
    whole = _reach(points) if region is not points else None
    return View(camera=_fit(_reach(region), axes, settings, aspect, whole))


def _angles(name: str, settings: CameraSettings) -> tuple[float, float]:
    if name not in VIEWS:
        message = f"there is no view '{name}'; use one of {', '.join(VIEWS)}, or {DETAIL} and the name of a region"
        raise ContentError(message, code="view.unknown")
    return (settings.azimuth, settings.elevation) if name == "custom" else VIEWS[name]


def _best_side(facing: Vector) -> str:
    """The side that most of a region's area looks to. Its back counts little: cloth is seen on both sides, but its
    right side is meant.
    """
    best, most = _DETAIL_SIDES[0], -1.0
    for side in _DETAIL_SIDES:
        towards = facing @ _axes(*VIEWS[side]).back
        seen = float(np.maximum(towards, 0.0).sum() + 0.1 * np.maximum(-towards, 0.0).sum())
        if seen > most * _PREFERRED:
            best, most = side, seen
    return best


def _reach(points: Vector) -> _Reach:
    return lambda direction: float((points @ direction).max())


def turntable(
    draws: Sequence[Draw], *, frames: int, degrees: int, settings: CameraSettings, aspect: float
) -> tuple[View, ...]:
    """One view a frame from one camera that holds the design at every turn.

    Frame ``i`` is turned by ``degrees * i / frames``: the first frame would follow the last one without a
    doubled picture, so the loop has no jump.
    """
    points = drawn_points(draws)
    low, high = points.min(axis=0), points.max(axis=0)
    pivot = np.array([(low[0] + high[0]) / 2, 0.0, (low[2] + high[2]) / 2])
    arm = np.hypot(points[:, 0] - pivot[0], points[:, 2] - pivot[2])
    height = points[:, 1]

    def reach(direction: Vector) -> float:
        # The furthest that any vertex gets along `direction` while it runs round the axis.
        swing = hypot(float(direction[0]), float(direction[2]))
        return float((height * direction[1] + arm * swing).max() + pivot @ direction)

    camera = _fit(reach, _axes(0.0, _TURNTABLE_ELEVATION), settings, aspect, None)
    centre = (float(pivot[0]), 0.0, float(pivot[2]))
    return tuple(View(camera=camera, turn=radians(degrees) * i / frames, pivot=centre) for i in range(frames))


def seeing(seen: View, draws: Sequence[Draw]) -> View:
    """The view with its near and far planes moved apart to hold all of ``draws``, such as the floor about a design.
    They may turn about the view's axis.
    """
    low, high = bounds(draws)
    camera = seen.camera
    eye, target = np.array(camera.eye), np.array(camera.target)
    ahead = (target - eye) / np.linalg.norm(target - eye)
    pivot = np.array(seen.pivot)
    across = float(np.hypot(*np.maximum(np.abs(low - pivot), np.abs(high - pivot))[[0, 2]]))
    swing = across * hypot(float(ahead[0]), float(ahead[2]))
    rise = sorted((float(low[1] - eye[1]) * float(ahead[1]), float(high[1] - eye[1]) * float(ahead[1])))
    flat = float((pivot - eye)[[0, 2]] @ ahead[[0, 2]])
    near, far = flat - swing + rise[0], flat + swing + rise[1]
    closest = _CLOSEST * float(np.linalg.norm(target - eye))
    return replace(seen, camera=replace(camera, near=min(camera.near, max(near, closest)), far=max(camera.far, far)))


def drawn(draws: Sequence[Draw]) -> tuple[Draw, ...]:
    """The draws that there is something to see of."""
    return tuple(
        draw
        for draw in draws
        if draw.opacity > 0 and len(draw.primitive.indices) > 0 and not _unseen(draw.primitive.material)
    )


def drawn_points(draws: Sequence[Draw]) -> Vector:
    """Vertices that a drawn triangle uses, in the world: float64[n, 3].

    Raises ContentError ``scene.empty`` when there is nothing to draw.
    """
    parts = []
    for draw in drawn(draws):
        positions = draw.primitive.positions
        used = np.zeros(len(positions), dtype=bool)
        used[draw.primitive.indices.ravel()] = True
        local = positions[used].astype(np.float64)
        parts.append(local @ draw.matrix[:3, :3].T + draw.matrix[:3, 3])
    if not parts:
        raise ContentError("the design has nothing to draw", code="scene.empty")
    return np.concatenate(parts)


def _unseen(material: Material) -> bool:
    """True for collision shapes and the like, which are drawn with no alpha at all."""
    gone = material.alpha_mode is AlphaMode.BLEND and material.base_color[3] <= 0
    return gone or (material.alpha_mode is AlphaMode.MASK and material.base_color[3] < material.alpha_cutoff)


def _axes(azimuth: float, elevation: float) -> _Axes:
    a, e = radians(azimuth), radians(elevation)
    return _Axes(
        right=np.array([cos(a), 0.0, -sin(a)]),
        up=np.array([-sin(a) * sin(e), cos(e), -cos(a) * sin(e)]),
        back=np.array([sin(a) * cos(e), sin(e), cos(a) * cos(e)]),
    )


def _fit(reach: _Reach, axes: _Axes, settings: CameraSettings, aspect: float, whole: _Reach | None) -> Camera:
    """The nearest camera with these axes that holds everything that ``reach`` knows of. ``whole`` is what else
    there is to see, when that is more.
    """
    nearest, furthest = reach(axes.back), -reach(-axes.back)
    left, right = -reach(-axes.right), reach(axes.right)
    bottom, top = -reach(-axes.up), reach(axes.up)
    size = max(right - left, top - bottom, nearest - furthest)
    least = _SMALLEST * size if size > 0 else _POINT
    depth = max(nearest - furthest, least)
    front, end = (whole(axes.back), -whole(-axes.back)) if whole else (nearest, furthest)
    if settings.orthographic:
        height = max(top - bottom, (right - left) / aspect, least) / settings.fill
        cx, cy, cz = (left + right) / 2, (bottom + top) / 2, front + max(depth, height)
        ortho: float | None = height
        half = radians(settings.fov) / 2
    else:
        half, cx, cy, cz = _stand(reach, axes, settings, aspect, least)
        ortho = None
    eye = axes.right * cx + axes.up * cy + axes.back * cz
    target = eye - axes.back * max(cz - (nearest + furthest) / 2, least)
    away = cz - nearest
    # Half way, never nearer: depth loses its precision. What stands before a detail is seen, unless it is too near.
    near = max((cz - front) * 0.5, away * (_CLOSEST if whole else 0.0))
    return Camera(
        eye=_triple(eye),
        target=_triple(target),
        up=_triple(axes.up),
        fov_y=2 * half,
        ortho_height=ortho,
        near=near,
        # Room for the ground shadow behind the design.
        far=(cz - min(end, furthest)) + 10 * max(depth, away),
    )


def _stand(
    reach: _Reach, axes: _Axes, settings: CameraSettings, aspect: float, least: float
) -> tuple[float, float, float, float]:
    """Half the vertical angle of a perspective camera, and its place along right, up and back.

    The nearest camera for a rod that points at it would touch its tip and see little else: a design that deep is
    seen from further away through a longer lens.
    """
    nearest, furthest = reach(axes.back), -reach(-axes.back)
    mx, my = ((reach(axis) - reach(-axis)) / 2 for axis in (axes.right, axes.up))
    mz = (nearest + furthest) / 2

    def nearest_place(tangent: float) -> tuple[float, float, float]:
        ty = tangent * settings.fill
        tx = ty * aspect
        # Measured from the middle of the design, so that a place far from the origin costs no digits.
        right, left = (reach(axes.right * s + tx * axes.back) - s * mx - tx * mz for s in (1, -1))
        top, bottom = (reach(axes.up * s + ty * axes.back) - s * my - ty * mz for s in (1, -1))
        away = max((right + left) / (2 * tx), (top + bottom) / (2 * ty))
        return mx + (right - left) / 2, my + (top - bottom) / 2, mz + away

    widest = tan(radians(settings.fov) / 2)
    wanted = nearest + max(_DEEPEST * (nearest - furthest), least)
    x, y, z = nearest_place(widest)
    if z >= wanted:
        return atan(widest), x, y, z
    low, high = widest * _LONGEST, widest
    if nearest_place(low)[2] < wanted:  # a line from its very end
        return atan(widest), mx, my, wanted
    for _ in range(40):
        middle = sqrt(low * high)
        low, high = (middle, high) if nearest_place(middle)[2] >= wanted else (low, middle)
    return atan(low), *nearest_place(low)


def _triple(v: Vector) -> tuple[float, float, float]:
    return float(v[0]), float(v[1]), float(v[2])
