"""4x4 matrices: float64, column vectors, as in :mod:`assets.model`."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


def compose_trs(translation: Vector, rotation: Vector, scale: Vector) -> Matrix:
    """T @ R @ S. ``rotation`` is a quaternion (x, y, z, w) of any length; a zero one turns nothing."""
    matrix = np.eye(4)
    matrix[:3, :3] = quaternion_matrix(rotation) * scale
    matrix[:3, 3] = translation
    return matrix


def quaternion_matrix(rotation: Vector) -> Matrix:
    """The rotation of a quaternion (x, y, z, w), float64[3, 3]."""
    length = float(np.linalg.norm(rotation))
    if length < 1e-12:
        return np.eye(3)
    x, y, z, w = (float(value) / length for value in rotation)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def matrix_quaternion(rotation: Matrix) -> Vector:
    """The quaternion (x, y, z, w) of a rotation matrix (Shepperd's method)."""
    trace = float(np.trace(rotation))
    choices = np.array([*np.diag(rotation), trace])
    best = int(choices.argmax())
    q = np.empty(4)
    if best == 3:
        q[:] = (
            rotation[2, 1] - rotation[1, 2],
            rotation[0, 2] - rotation[2, 0],
            rotation[1, 0] - rotation[0, 1],
            1.0 + trace,
        )
    else:
        i, j, k = best, (best + 1) % 3, (best + 2) % 3
        q[i] = 1.0 - trace + 2.0 * rotation[i, i]
        q[j] = rotation[j, i] + rotation[i, j]
        q[k] = rotation[k, i] + rotation[i, k]
        q[3] = rotation[k, j] - rotation[j, k]
    return q / np.linalg.norm(q)


def decompose(matrix: Matrix) -> tuple[Vector, Vector, Vector]:
    """Translation, rotation (quaternion) and scale; a mirror becomes a negative X scale, shear is lost."""
    linear = matrix[:3, :3]
    scale = np.linalg.norm(linear, axis=0)
    if np.linalg.det(linear) < 0:
        scale[0] = -scale[0]
    rotation = linear / np.where(np.abs(scale) > 1e-12, scale, 1.0)
    if np.abs(scale).min() <= 1e-12:
        return matrix[:3, 3].copy(), np.array([0.0, 0.0, 0.0, 1.0]), scale
    return matrix[:3, 3].copy(), matrix_quaternion(rotation), scale


def euler_xyz(degrees: tuple[float, float, float]) -> Matrix:
    """float64[4, 4]: a turn about X, then Y, then Z (fixed axes)."""
    matrix = np.eye(4)
    for axis, angle in enumerate(degrees):
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        turn = np.eye(4)
        i, j = (axis + 1) % 3, (axis + 2) % 3
        turn[i, i], turn[i, j], turn[j, i], turn[j, j] = c, -s, s, c
        matrix = turn @ matrix
    return matrix


def apply(matrix: Matrix, points: NDArray[np.float32]) -> Matrix:
    """Points moved by an affine matrix: float64[n, 3]."""
    moved: Matrix = points @ matrix[:3, :3].T + matrix[:3, 3]
    return moved
