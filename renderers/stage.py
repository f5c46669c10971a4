"""A scene on the device: each draw with its surface, its extent, and the mesh for a given fineness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import tan
from weakref import WeakKeyDictionary

import moderngl
import numpy as np
from numpy.typing import NDArray

from assets.model import AlphaMode, Primitive
from assets.scene import Blend, Camera, Draw, Effects, Quality, Scene, Target, View
from renderers import meshes, order
from renderers.batches import batched
from renderers.byte_cache import ByteCache
from renderers.matrices import Matrix
from renderers.meshes import GpuMesh
from renderers.simplify import step
from renderers.surfaces import Surface

_PIXELS = {Quality.DRAFT: 0.5, Quality.PREVIEW: 0.5, Quality.FINAL: 0.25}
"""The error that a level of detail may have, in pixels of the picture."""
_COARSEST = 0.0001
"""And its bound in small pictures, as a share of the design's size: layers of cloth lie half a millimetre apart."""
_FEW, _DIRECTIONS, _CHUNK = 512, 320, 65_536
_hulls: WeakKeyDictionary[Primitive, NDArray[np.float64]] = WeakKeyDictionary()


@dataclass(frozen=True, kw_only=True, eq=False)
class Item:
    """One draw with what the device needs for it."""

    draw: Draw
    surface: Surface
    hull: NDArray[np.float64]  # float64[k, 3], world metres before the turn
    heights: tuple[float, float]  # lowest and highest vertex, world metres
    rank: int  # see :func:`renderers.order.ranks`
    number: int  # its place in :attr:`Stage.items`

    @property
    def casts(self) -> bool:
        """True if it hides the studio from what is near it."""
        material = self.draw.primitive.material
        glass = material.alpha_mode is AlphaMode.BLEND and material.base_color[3] < 0.5
        glass = glass or self.surface.finish.transmission > 0.5
        return self.draw.opacity >= 0.5 and not glass

    @property
    def blocks(self) -> bool:
        """True if some of it lets nothing of the key through."""
        return self.draw.opacity >= 1 and self.surface.has_solid_part and not self.surface.passage

    @property
    def veils(self) -> bool:
        """True if some of it lets a part of the key through."""
        return self.draw.opacity < 1 or self.surface.blended or self.surface.passage > 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Group:
    """Draws that go over what is behind them as a whole."""

    items: tuple[Item, ...]
    opacity: float
    blend: Blend
    effects: Effects | None

    @property
    def rank(self) -> int:
        """Where it goes among what lies in the same plane."""
        return max(item.rank for item in self.items)


@dataclass(frozen=True, kw_only=True)
class Column:
    """The upright cylinder that the design stays in while it turns; metres."""

    x: float
    z: float
    radius: float
    bottom: float
    top: float


class Stage:
    """The draws of one scene, in an order of their own. Cheap to make: everything large is in the cache."""

    def __init__(self, scene: Scene, *, context: moderngl.Context, cache: ByteCache, anisotropic: bool) -> None:
        self.scene = scene
        self._context, self._cache = context, cache
        draws = batched(scene)
        self.layers = order.layers(draws)
        numbered = sorted(zip(order.ranks(draws), draws, strict=True), key=lambda pair: order.content(pair[1]))
        self.items = tuple(
            Item(
                draw=draw,
                surface=Surface(
                    draw.primitive,
                    context=context,
                    cache=cache,
                    anisotropic=anisotropic,
                    tone=scene.lighting.tone,
                ),
                hull=_hull(draw.primitive) @ draw.matrix[:3, :3].T + draw.matrix[:3, 3],
                heights=_heights(draw),
                rank=rank,
                number=number,
            )
            for number, (rank, draw) in enumerate(numbered)
        )
        # Layers over one with effects are apart from what those fall on.
        first = min(
            (i for i, layer in enumerate(self.layers) if any(d.effects for d in draws if d.layer == layer)),
            default=None,
        )
        over = set() if first is None else set(self.layers[first + 1 :])
        self.plain = tuple(i for i in self.items if _is_plain(i.draw) and i.draw.layer not in over)
        self.groups = _groups([i for i in self.items if i not in set(self.plain)])

    def mesh(self, item: Item, error: float) -> GpuMesh:
        """The item's mesh with an error of at most ``error`` world metres."""
        scale = float(np.linalg.norm(item.draw.matrix[:3, :3], ord=2))
        level = step(error / max(scale, 1e-9))
        primitive = item.draw.primitive
        return self._cache.get(
            ("mesh", meshes.digest(primitive), level), lambda: GpuMesh(self._context, primitive, level)
        )

    def points(self) -> NDArray[np.float64]:
        """Points that hold the whole design, float64[k, 3]; empty when nothing is drawn."""
        return np.concatenate([i.hull for i in self.items]) if self.items else np.zeros((0, 3))

    def column(self, view: View) -> Column:
        """The cylinder about the view's axis, or about the middle of a design that is not turned."""
        points = self.points()
        low, high = points.min(axis=0), points.max(axis=0)
        x, z = (low[0] + high[0]) / 2, (low[2] + high[2]) / 2
        if view.turn:
            x, z = view.pivot[0], view.pivot[2]
        bottom, top = min(i.heights[0] for i in self.items), max(i.heights[1] for i in self.items)
        radius = float(np.hypot(points[:, 0] - x, points[:, 2] - z).max())
        return Column(
            x=float(x),
            z=float(z),
            radius=max(radius, 1e-3),
            bottom=bottom,
            top=max(top, bottom + 1e-3),
        )

    def fineness(self, camera: Camera, target: Target, column: Column) -> float:
        """The error that meshes may have in the world, for the nearest place that the design gets to at any turn."""
        coarsest = _COARSEST * max(column.top - column.bottom, column.radius)
        pixels = _PIXELS[target.quality]
        if camera.ortho_height is not None:
            return min(pixels * camera.ortho_height / target.height, coarsest)
        eye = np.array(camera.eye)
        aside = max(float(np.hypot(eye[0] - column.x, eye[2] - column.z)) - column.radius, 0.0)
        above = max(eye[1] - column.top, column.bottom - eye[1], 0.0)
        distance = max(float(np.hypot(aside, above)), camera.near)
        return min(pixels * 2 * distance * tan(camera.fov_y / 2) / target.height, coarsest)


def rectangle(
    clip: Matrix, points: NDArray[np.float64], size: tuple[int, int], margin: int = 1
) -> tuple[int, int, int, int]:
    """Left, top, width, height in pixels of what the points cover, wider by ``margin``; the whole picture when
    some lie behind the camera; zero width when none is in it.
    """
    width, height = size
    placed = points @ clip[:, :3].T + clip[:, 3]
    if not len(points):
        return 0, 0, 0, 0
    if placed[:, 3].min() <= 1e-6:
        return 0, 0, width, height
    x = (placed[:, 0] / placed[:, 3] + 1) / 2 * width
    y = (1 - placed[:, 1] / placed[:, 3]) / 2 * height
    left, right = (int(np.clip(v, 0, width)) for v in (np.floor(x.min()) - margin, np.ceil(x.max()) + margin))
    top, bottom = (int(np.clip(v, 0, height)) for v in (np.floor(y.min()) - margin, np.ceil(y.max()) + margin))
    return left, top, right - left, bottom - top


def _groups(items: Sequence[Item]) -> tuple[Group, ...]:
    """Items of one layer with one opacity, blend and effects become one group."""
    groups: list[Group] = []
    layers: list[tuple[str, float, Blend, Effects | None]] = []
    for item in items:
        draw = item.draw
        key = (draw.layer, draw.opacity, draw.blend, draw.effects)
        if key in layers:
            at = layers.index(key)
            old = groups[at]
            groups[at] = replace(old, items=(*old.items, item))
        else:
            layers.append(key)
            groups.append(Group(items=(item,), opacity=draw.opacity, blend=draw.blend, effects=draw.effects))
    return tuple(groups)


def _is_plain(draw: Draw) -> bool:
    return draw.opacity >= 1 and draw.blend is Blend.NORMAL and draw.effects is None


def _hull(primitive: Primitive) -> NDArray[np.float64]:
    """Few points whose convex hull holds all drawn vertices (and is hardly larger)."""
    known = _hulls.get(primitive)
    if known is None:
        points = _drawn(primitive)
        known = _hulls[primitive] = (_extremes(points) if len(points) > _FEW else points).astype(np.float64)
    return known


def _drawn(primitive: Primitive) -> NDArray[np.float32]:
    """The vertices that a triangle uses."""
    used = np.zeros(len(primitive.positions), dtype=bool)
    used[primitive.indices.ravel()] = True
    return primitive.positions[used]


def _heights(draw: Draw) -> tuple[float, float]:
    """The lowest and highest drawn vertex, world metres; exact, for the ground lies there."""
    y = _drawn(draw.primitive).astype(np.float64) @ draw.matrix[1, :3] + draw.matrix[1, 3]
    return float(y.min()), float(y.max())


def _extremes(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """The outermost points along many directions, moved out by what the directions between them may miss."""
    low, high = points.min(axis=0), points.max(axis=0)
    middle = (low + high) / 2
    i = np.arange(_DIRECTIONS)
    y = 1 - (2 * i + 1) / _DIRECTIONS
    r, a = np.sqrt(1 - y * y), i * (np.pi * (3 - np.sqrt(5)))
    around = np.stack([r * np.cos(a), y, r * np.sin(a)]).astype(np.float32)
    best = np.full(_DIRECTIONS, -np.inf, np.float32)
    at = np.zeros(_DIRECTIONS, np.int64)
    for start in range(0, len(points), _CHUNK):
        # One row for each direction: the furthest is found several times faster along rows.
        reach = around.T @ (points[start : start + _CHUNK] - middle).T
        first = reach.argmax(axis=1)
        further = reach[i, first] > best
        at[further] = first[further] + start
        best = np.maximum(best, reach[i, first])
    ends = np.concatenate([points.argmin(axis=0), points.argmax(axis=0)])
    # Between directions up to 0.17 away a vertex may stand out by 1 - cos(0.17) of the largest radius.
    outer = points[at] + around.T * np.float32(0.015 * best.max())
    return np.concatenate([outer, points[ends]])
