"""The cameras that a model brings, where they stand, and the views from them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from assets.errors import ContentError
from assets.framing import drawn_points
from assets.model import Model
from assets.pose import flatten, worlds
from assets.scene import Camera, View

CAMERA: Final = "camera:"
"""What the name of a view from a camera of the model starts with."""
_SHOWN: Final = 10
_NEAREST: Final = 1e-4
_FARTHEST: Final = 1e6  # metres; a depth buffer has no infinity


def cameras(
    model: Model, *, aspect: float = 1.0, animation: int | None = None, time: float = 0.0
) -> tuple[tuple[str, Camera], ...]:
    """Every camera in the model's scene with its name, in the order of the tree.

    ``aspect`` is the picture's width through its height: a camera that is made for a narrower picture shows the
    same height in it, one for a wider picture the same width, so that nothing it frames is cut. ``animation`` and
    ``time`` are those of :func:`assets.pose.flatten`, with its errors.
    """
    found = []
    for place, matrix in worlds(model, animation=animation, time=time).items():
        node = model.nodes[place]
        if node.camera is None:
            continue
        lens = model.cameras[node.camera]
        # A scale on a camera's node changes nothing but where it stands (glTF 2.0, 3.10.2).
        axes = matrix[:3, :3]
        size = np.linalg.norm(axes, axis=0)
        if not (size > 1e-12).all():
            continue
        eye, up, look = matrix[:3, 3], axes[:, 1] / size[1], -axes[:, 2] / size[2]
        near = max(lens.near, _NEAREST)
        far = min(lens.far, _FARTHEST) if lens.far is not None else _FARTHEST
        shape = lens.aspect if lens.fov_y is not None else lens.mag_x / lens.mag_y
        wide = max(1.0, (shape or aspect) / aspect)
        camera = Camera(
            eye=(float(eye[0]), float(eye[1]), float(eye[2])),
            target=(float(eye[0] + look[0]), float(eye[1] + look[1]), float(eye[2] + look[2])),
            up=(float(up[0]), float(up[1]), float(up[2])),
            near=near,
            far=max(far, 2 * near),
        )
        if lens.fov_y is not None:
            camera = replace(camera, fov_y=2 * math.atan(math.tan(lens.fov_y / 2) * wide))
        else:
            camera = replace(camera, ortho_height=2 * lens.mag_y * wide)
        found.append((node.name or lens.name or f"camera {node.camera}", camera))
    return tuple(found)


def view(model: Model, name: str, *, aspect: float) -> View:
    """What a camera of the model sees: ``camera:NAME``, or ``camera:0`` for the first in the order of the tree.

    Its depth range is narrowed to what there is to see, which costs nothing of the picture and saves precision.
    Raises ContentError ``view.no_camera``, or ``scene.empty`` when there is nothing to draw.
    """
    wanted = name.removeprefix(CAMERA)
    found = cameras(model, aspect=aspect)
    chosen = next((camera for known, camera in found if known == wanted), None)
    if chosen is None and wanted.isascii() and wanted.isdigit() and int(wanted) < len(found):
        chosen = found[int(wanted)][1]
    if chosen is None:
        names = ", ".join(repr(known) for known, _ in found[:_SHOWN]) or "none"
        msg = f"the design has no camera {wanted!r}; it has {names}"
        raise ContentError(msg, code="view.no_camera")
    eye, look = np.array(chosen.eye), np.array(chosen.target) - np.array(chosen.eye)
    depth = (drawn_points(flatten(model)) - eye) @ look
    nearest, furthest = float(depth.min()), float(depth.max())
    if furthest <= chosen.near:
        return View(camera=chosen)
    # Half way to the design, never nearer than the author said; behind it there is room for its shadow.
    near = max(chosen.near, nearest * 0.5, furthest * 1e-4)
    far = min(chosen.far, furthest + 10 * max(furthest - nearest, near))
    return View(camera=replace(chosen, near=near, far=max(far, near * 1.001)))
