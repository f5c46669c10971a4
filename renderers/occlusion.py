"""What the design hides from the studio: for each vertex, and for the ground about it.

Depth maps from directions spread over the sphere tell which vertices see out that way; the cosine-weighted share is
baked once for a design and turns with it, so that frames pay one vertex attribute for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from math import pi, sqrt

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from renderers import meshes
from renderers.matrices import Matrix, column_major, look
from renderers.programs import Programs, put
from renderers.stage import Column, Item, Stage
from renderers.targets import Canvases

_DIRECTIONS = 72
_FEWEST, _MANY = 12, 200_000  # directions for the densest designs; vertices that get all of them
_SIDE = 192  # texels a side of a depth map
_DARKEST = 0.35  # what the deepest fold still gets, by light that walls reflect
_REACHES = ((0.015, 0.5), (0.05, 0.4), (0.15, 0.3), (0.45, 0.2))  # of the design's height; what they take
_HALF = 0.5  # alpha of a blended surface that counts as hiding
_UNIT_CLIP = np.array([[2, 0, 0, -1], [0, 2, 0, -1], [0, 0, 2, -1], [0, 0, 0, 1.0]])

F32 = NDArray[np.float32]


class Occlusion:
    """The baked shares of one arrangement of draws. ``contact`` darkens the ground over ``area`` (x, z, side)."""

    def __init__(
        self,
        context: moderngl.Context,
        programs: Programs,
        canvases: Canvases,
        stage: Stage,
        column: Column,
        *,
        tick: Callable[[], None],
    ) -> None:
        self.key = key(stage)
        half = column.radius * 1.1 + 0.2 * (column.top - column.bottom)
        self.area = (column.x - half, column.z - half, 2 * half)
        points, normals, ends = _gathered(stage.items)
        radius = sqrt(column.radius**2 + ((column.top - column.bottom) / 2) ** 2)
        centre = np.array([column.x, (column.top + column.bottom) / 2, column.z])
        texel = 2.1 * radius / _SIDE
        lifted = points + normals * (1.2 * texel)
        seen, most = np.zeros(len(points), np.float32), np.full(len(points), 1e-6, np.float32)
        # Dense scans are smooth enough with fewer directions, and would take long with all of them.
        for direction in _sphere(max(_FEWEST, min(_DIRECTIONS, _DIRECTIONS * _MANY // len(points)))):
            tick()
            to_map = _map_matrix(centre, direction, 1.05 * radius)
            depth = _depths(context, programs, canvases, stage, to_map, texel)
            weight = np.clip(normals @ direction.astype(np.float32), 0, None)
            facing = np.flatnonzero(weight > 0.02)
            share = _visible(depth, lifted[facing], to_map, 0.2 * texel / (2.1 * radius))
            seen[facing] += weight[facing] * share
            most[facing] += weight[facing]
        shares = _DARKEST + (1 - _DARKEST) * np.clip(seen / most, 0, 1)
        self.shares = [shares[start:end] for start, end in ends]
        lost = self._contact(context, programs, canvases, stage, column)
        self.contact = context.texture((_SIDE, _SIDE), 1, (lost * 255 + 0.5).astype(np.uint8).tobytes())
        self.contact.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self.contact.repeat_x = self.contact.repeat_y = False
        self.nbytes = int(shares.nbytes) + _SIDE * _SIDE

    def _contact(
        self, context: moderngl.Context, programs: Programs, canvases: Canvases, stage: Stage, column: Column
    ) -> F32:
        """What the ground loses, from how high above it the design hangs: near things darken it sharply, higher
        ones softly. Smooth by construction, which a handful of directions is not.
        """
        tall = column.top - column.bottom
        side = self.area[2]
        # Seen from below, texel (i, j) of the ground's map lies at x + (j + 0.5) / n, z + (i + 0.5) / n.
        to_map = np.eye(4)
        to_map[0, [0, 3]] = 1 / side, -self.area[0] / side
        to_map[1] = [0, 0, 1 / side, -self.area[1] / side]
        to_map[2] = [0, 1 / (1.02 * tall), 0, 0.01 - column.bottom / (1.02 * tall)]
        height = _depths(context, programs, canvases, stage, to_map, side / _SIDE) - 0.01
        kept = np.ones((_SIDE, _SIDE), np.float32)
        for reach, share in _REACHES:
            over = np.clip(1.5 - height / reach, 0, 1).astype(np.float32)
            sigma = max(reach * tall / side * _SIDE * 0.5, 0.8)
            kept *= 1 - np.float32(share) * cv2.GaussianBlur(over, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
        return np.asarray((1 - kept) * _fading(), dtype=np.float32)

    def release(self) -> None:
        """Frees the ground's map."""
        self.contact.release()


def key(stage: Stage) -> bytes:
    """A name for the arrangement: which meshes, where, and which of them hide others."""
    state = hashlib.blake2b(digest_size=20)
    for item in stage.items:
        state.update(meshes.digest(item.draw.primitive))
        state.update(np.ascontiguousarray(item.draw.matrix, np.float64).tobytes())
        state.update(b"casts" if item.casts else b"-")
        for image in item.surface.cut_images():
            state.update(image.encode())
    return state.digest()


def _gathered(items: tuple[Item, ...]) -> tuple[F32, F32, list[tuple[int, int]]]:
    """All vertices and unit normals in the world, and where each item's begin and end."""
    points, normals, ends, count = [], [], [], 0
    for item in items:
        primitive, matrix = item.draw.primitive, item.draw.matrix
        points.append(primitive.positions @ matrix[:3, :3].T.astype(np.float32) + matrix[:3, 3].astype(np.float32))
        across = primitive.normals @ np.linalg.pinv(matrix[:3, :3]).astype(np.float32)
        normals.append(across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9))
        ends.append((count, count + len(primitive.positions)))
        count = ends[-1][1]
    return np.concatenate(points), np.concatenate(normals), ends


def _fading() -> F32:
    """1 in the middle of the ground's map, 0 from its inner circle on, so that it has no visible end."""
    at = (np.arange(_SIDE, dtype=np.float32) + 0.5) / _SIDE * 2 - 1
    t = np.clip((0.96 - np.hypot(at[:, None], at[None, :])) / 0.5, 0, 1)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def _sphere(count: int) -> NDArray[np.float64]:
    """Evenly spread unit directions (Fibonacci lattice)."""
    i = np.arange(count)
    y = 1 - (2 * i + 1) / count
    r, a = np.sqrt(1 - y * y), i * (pi * (3 - sqrt(5)))
    return np.stack([r * np.cos(a), y, r * np.sin(a)], axis=1)


def _map_matrix(centre: NDArray[np.float64], direction: NDArray[np.float64], radius: float) -> Matrix:
    """World to 0..1 of a map seen from ``direction``; depth grows away from there."""
    scale = np.diag([0.5 / radius, 0.5 / radius, -0.5 / radius, 1.0])
    scale[:3, 3] = 0.5
    return scale @ look(centre, direction, np.array([0.0, 1.0, 0.0]))


def _depths(
    context: moderngl.Context, programs: Programs, canvases: Canvases, stage: Stage, to_map: Matrix, texel: float
) -> F32:
    canvas = canvases.get("occlusion", _SIDE, _SIDE, channels="r32", depth=True)
    canvas.use(_SIDE, _SIDE)
    canvas.buffer.clear(2.0, 0.0, 0.0, 0.0, depth=1.0)
    context.enable_only(moderngl.DEPTH_TEST)
    for item in stage.items:
        if item.casts:
            program = programs.get("depth.vert", "moments.frag", item.surface.alpha_switches())
            program["u_clip"].write(column_major(_UNIT_CLIP @ to_map @ item.draw.matrix))  # type: ignore[union-attr]
            item.surface.bind_alpha(program)
            put(program, u_least=min(item.surface.opaque_alpha, _HALF))
            stage.mesh(item, texel).array(program).render()
    read = canvas.buffer.read(components=1, dtype="f4")
    return np.frombuffer(read, np.float32).reshape(_SIDE, _SIDE)


def _visible(depth: F32, points: F32, to_map: Matrix, bias: float) -> F32:
    """The share of the four nearest texels in whose direction nothing is before the point, 0..1."""
    placed = points @ to_map[:3, :3].T.astype(np.float32) + to_map[:3, 3].astype(np.float32)
    x, y = (placed[:, i] * _SIDE - np.float32(0.5) for i in (0, 1))
    left, low = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
    fx, fy = x - left, y - low
    padded = np.pad(depth, 1, constant_values=2.0)
    total = np.zeros(len(points), np.float32)
    for dx, wx in ((0, 1 - fx), (1, fx)):
        for dy, wy in ((0, 1 - fy), (1, fy)):
            column, row = np.clip(left + dx + 1, 0, _SIDE + 1), np.clip(low + dy + 1, 0, _SIDE + 1)
            total += wx * wy * (padded[row, column] >= placed[:, 2] - bias)
    return total
