"""Drawing surfaces: what is solid of them from the front, what lets light through into lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import moderngl
import numpy as np
from numpy.typing import NDArray

from renderers.fragments import Fragments
from renderers.matrices import Matrix, column_major
from renderers.programs import Programs, put
from renderers.shot import Shot
from renderers.stage import Item
from renderers.surfaces import Part

_STEEPEST: Final = 1e30


class SurfacePass:
    """Draws items with their materials."""

    def __init__(self, context: moderngl.Context, programs: Programs) -> None:
        self._context, self._programs = context, programs

    def draw(
        self, shot: Shot, items: Sequence[Item], clip: Matrix, part: Part, lists: Fragments | None = None
    ) -> None:
        """Draws ``part`` of the items into the canvas in use; ``clip`` takes world metres before the turn to it.
        What is CLEAR goes into ``lists``, in any order.
        """
        context = self._context
        camera = shot.view.camera
        eye = np.array(camera.eye, dtype=np.float64)
        back = eye - np.array(camera.target)
        back /= np.linalg.norm(back)
        if part is Part.CLEAR:
            items = [i for i in items if i.surface.blended]
        else:
            items = [i for i in items if i.surface.has_solid_part]
            items = sorted(items, key=lambda i: (float((eye - _centre(i, shot.turn)) @ back), i.rank))
        context.enable_only(moderngl.DEPTH_TEST)
        context.depth_func = "<="  # a print that lies on the very triangles of its cloth, in a later layer, is seen
        seen = (*(back if camera.ortho_height is not None else eye), 0.0 if camera.ortho_height is not None else 1.0)
        for item in items:
            matrix = item.draw.matrix
            if _outside(clip, item.hull):
                continue
            stage = shot.stage
            mesh = stage.mesh(item, shot.fineness)
            program = item.surface.program(
                self._programs,
                part,
                ambient=shot.occlusion is not None,
                behind=shot.behind,
                veiled=shot.veiled,
            )
            if "Light" in program:
                program["Light"].binding = 0  # type: ignore[union-attr]
            model = shot.turn @ matrix
            program["u_clip"].write(column_major(clip @ matrix))  # type: ignore[union-attr]
            if "u_model" in program:
                program["u_model"].write(column_major(model))  # type: ignore[union-attr]
            if "u_normal" in program:
                program["u_normal"].write(_normal_matrix(model))  # type: ignore[union-attr]
            put(program, u_eye=seen)
            if item.surface.material.double_sided:
                context.disable(moderngl.CULL_FACE)
            else:
                context.enable(moderngl.CULL_FACE)
                context.front_face = "ccw"  # posing turns the triangles of what is mirrored round
            if lists is not None:
                lists.offer(program, item.rank)
            baked = shot.occlusion
            ambient = None
            if baked is not None:
                ambient = baked.key + item.number.to_bytes(4, "big")  # one mesh may stand in many places
                mesh.ambient(ambient, baked.shares[item.number])
            mesh.array(program, ambient=ambient).render()
        context.depth_func = "<"
        context.front_face = "ccw"
        context.disable(moderngl.CULL_FACE)


def _centre(item: Item, turn: Matrix) -> NDArray[np.float64]:
    middle = (item.hull.min(axis=0) + item.hull.max(axis=0)) / 2
    return np.asarray(turn[:3, :3] @ middle + turn[:3, 3])


def _outside(clip: Matrix, points: NDArray[np.float64]) -> bool:
    """True if all points lie beyond one side of the view."""
    placed = points @ clip[:, :3].T + clip[:, 3]
    w = placed[:, 3:]
    return bool((placed[:, :3] > w).all(axis=0).any() or (placed[:, :3] < -w).all(axis=0).any())


def _normal_matrix(model: Matrix) -> bytes:
    linear = model[:3, :3]
    try:
        inverse = np.linalg.inv(linear)
    except np.linalg.LinAlgError:
        inverse = np.eye(3)
    largest = np.abs(inverse).max()
    if largest > _STEEPEST:  # next to singular: the direction is all that counts, and it must fit into a float
        inverse = inverse / largest if np.isfinite(largest) else np.eye(3)
    return np.ascontiguousarray(inverse, dtype=np.float32).tobytes()  # transposed twice: column major
