"""How far each pixel's surface is: the depth of a view in metres, for drawings and for checks.

No level of detail, no samples, no shading: a pixel tells of the surface at its centre.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import moderngl
import numpy as np
from numpy.typing import NDArray

from assets.scene import View
from renderers.matrices import column_major, turned, world_to_clip
from renderers.programs import Programs, put
from renderers.stage import Item, Stage


@dataclass(frozen=True, kw_only=True, eq=False)
class Distances:
    """``metres`` float32[h, w] along the camera's axis, inf where nothing is; ``layer`` int16[h, w] is the index
    in :attr:`layers` of whose surface it is, -1 where nothing is. Top row first.
    """

    metres: NDArray[np.float32]
    layer: NDArray[np.int16]
    layers: tuple[str, ...]


class DistancePass:
    """Draws distances with one context."""

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context
        self._programs = Programs(context)

    def draw(self, stage: Stage, view: View, size: tuple[int, int], *, both_sides: bool) -> Distances:
        """The distances of a picture of ``size`` = width, height. ``both_sides`` shows the inside of single-sided
        surfaces too.
        """
        width, height = size
        layers = stage.layers
        context = self._context
        colour = context.texture(size, 2, dtype="f4")
        depth = context.depth_renderbuffer(size)
        buffer = context.framebuffer([colour], depth)
        try:
            buffer.use()
            buffer.viewport = buffer.scissor = (0, 0, width, height)
            buffer.clear(np.inf, -1.0, 0.0, 0.0, depth=1.0)
            owners = {layer: float(i) for i, layer in enumerate(layers)}
            for item in stage.items:
                self._item(item, view, width / height, owners, both_sides=both_sides)
            data = np.frombuffer(buffer.read(components=2, dtype="f4"), np.float32).reshape(height, width, 2)
        finally:
            context.enable_only(moderngl.NOTHING)
            context.front_face = "ccw"
            buffer.release()
            colour.release()
            depth.release()
        data = data[::-1]
        return Distances(metres=data[..., 0].copy(), layer=data[..., 1].astype(np.int16), layers=layers)

    def _item(self, item: Item, view: View, aspect: float, owners: Mapping[str, float], *, both_sides: bool) -> None:
        context = self._context
        primitive, surface = item.draw.primitive, item.surface
        switches = surface.depth_switches()
        program = self._programs.get("distance.vert", "distance.frag", switches)
        model = turned(view) @ item.draw.matrix
        eye = np.array(view.camera.eye, np.float64)
        ahead = np.array(view.camera.target, np.float64) - eye
        ahead /= np.linalg.norm(ahead)
        away = np.append(ahead @ model[:3, :3], ahead @ (model[:3, 3] - eye))
        program["u_clip"].write(column_major(world_to_clip(view.camera, aspect) @ model))  # type: ignore[union-attr]
        put(program, u_away=tuple(away), u_owner=owners[item.draw.layer])
        surface.bind_cut(program)
        context.enable_only(moderngl.DEPTH_TEST)
        if not both_sides and not surface.material.double_sided:
            context.enable(moderngl.CULL_FACE)
            context.front_face = "ccw"  # posing turns the triangles of what is mirrored round
        parts = [(context.buffer(np.ascontiguousarray(primitive.positions, np.float32)), "3f", "in_position")]
        if switches:
            name = "uv1" if switches.get("UV1") else "uv0"
            parts.append(
                (context.buffer(np.ascontiguousarray(getattr(primitive, name), np.float32)), "2f", f"in_{name}")
            )
        triangles = context.buffer(np.ascontiguousarray(primitive.indices, np.uint32))
        array = context.vertex_array(program, parts, triangles, index_element_size=4)
        try:
            array.render()
        finally:
            array.release()
            triangles.release()
            for part in parts:
                part[0].release()

    def release(self) -> None:
        """Frees the programs."""
        self._programs.release()
