"""Camera and light matrices: float64[4, 4], column vectors, OpenGL clip space."""

from __future__ import annotations

from math import cos, sin, tan

import numpy as np
from numpy.typing import NDArray

from assets.scene import Camera, View

Matrix = NDArray[np.float64]


def turned(view: View) -> Matrix:
    """The turn of the design about the vertical axis through the view's pivot."""
    c, s = cos(view.turn), sin(view.turn)
    matrix = np.eye(4)
    matrix[:3, :3] = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    pivot = np.array(view.pivot)
    matrix[:3, 3] = pivot - matrix[:3, :3] @ pivot
    return matrix


def look(eye: NDArray[np.float64], back: NDArray[np.float64], up: NDArray[np.float64]) -> Matrix:
    """World to a camera at ``eye`` that looks against ``back``."""
    z = back / np.linalg.norm(back)
    x = np.cross(up, z)
    if np.linalg.norm(x) < 1e-9:  # looking along `up`: any right angle will do
        x = np.cross([0.0, 0.0, -1.0] if abs(z[1]) > 0.5 else [0.0, 1.0, 0.0], z)
    x /= np.linalg.norm(x)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([x, np.cross(z, x), z])
    matrix[:3, 3] = -matrix[:3, :3] @ eye
    return matrix


def world_to_clip(camera: Camera, aspect: float) -> Matrix:
    """World to clip space of the whole picture."""
    eye, target = np.array(camera.eye), np.array(camera.target)
    return _projection(camera, aspect) @ look(eye, eye - target, np.array(camera.up))


def _projection(camera: Camera, aspect: float) -> Matrix:
    near, far = camera.near, camera.far
    matrix = np.zeros((4, 4))
    if camera.ortho_height is not None:
        half = camera.ortho_height / 2
        matrix[0, 0], matrix[1, 1], matrix[3, 3] = 1 / (half * aspect), 1 / half, 1
        matrix[2, 2], matrix[2, 3] = -2 / (far - near), -(far + near) / (far - near)
        return matrix
    f = 1 / tan(camera.fov_y / 2)
    matrix[0, 0], matrix[1, 1], matrix[3, 2] = f / aspect, f, -1
    matrix[2, 2], matrix[2, 3] = -(far + near) / (far - near), -2 * far * near / (far - near)
    return matrix


def cropped(
    clip: Matrix, size: tuple[int, int], rectangle: tuple[int, int, int, int], shift: tuple[float, float]
) -> Matrix:
    """A clip matrix that shows only a rectangle (left, top, width, height; pixels) of a picture of ``size``,
    moved by ``shift`` pixels (right, up) for one sample of several.
    """
    width, height = size
    left, top, w, h = rectangle
    crop = np.eye(4)
    crop[0, 0], crop[1, 1] = width / w, height / h
    crop[0, 3] = (width - 2 * left - w + 2 * shift[0]) / w
    crop[1, 3] = (2 * top + h - height + 2 * shift[1]) / h
    return np.asarray(crop @ clip)


def column_major(matrix: Matrix) -> bytes:
    """As a uniform wants it."""
    return np.ascontiguousarray(matrix.T, dtype=np.float32).tobytes()
