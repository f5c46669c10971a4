"""Animated values between their keys (glTF 2.0, appendix C)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assets.model import Channel


def sampled(channel: Channel, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """The channel's values at times float64[k], seconds: float64[k, width]; before its first key and after its last
    those. Quaternions are of unit length.
    """
    own = channel.times.astype(np.float64)
    keys = channel.values.astype(np.float64).reshape(len(own), -1, channel.values.shape[1])
    middle = keys.shape[1] // 2  # of CUBICSPLINE's in-tangent, value, out-tangent
    after = np.clip(np.searchsorted(own, times, side="right"), 1, max(len(own) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(own) - 1)
    span = own[after] - own[before]
    u = np.clip((times - own[before]) / np.where(span > 0, span, 1.0), 0.0, 1.0)[:, None]
    a, b = keys[before, middle], keys[after, middle]
    turns = channel.path == "rotation"
    ended = times >= own[-1]
    if channel.interpolation == "STEP":
        found = np.where(ended[:, None], b, a)
    elif channel.interpolation == "CUBICSPLINE":
        wide = span[:, None]
        found = (
            (2 * u**3 - 3 * u**2 + 1) * a
            + wide * (u**3 - 2 * u**2 + u) * keys[before, 2]
            + (-2 * u**3 + 3 * u**2) * b
            + wide * (u**3 - u**2) * keys[after, 0]
        )
    elif turns:
        found = _slerp(_unit(a), _unit(b), u)
    else:
        found = a + u * (b - a)
    return _unit(found) if turns else found


def _unit(quaternions: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(quaternions, axis=1, keepdims=True)
    fine = lengths > 1e-12
    turned: NDArray[np.float64] = np.where(
        fine, quaternions / np.where(fine, lengths, 1.0), np.array([0.0, 0.0, 0.0, 1.0])
    )
    return turned


def _slerp(a: NDArray[np.float64], b: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.float64]:
    cosine = np.einsum("ij,ij->i", a, b)[:, None]
    b = np.where(cosine < 0, -b, b)  # the shorter way round
    cosine = np.abs(cosine)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    near = cosine > 0.9995
    sine = np.where(near, 1.0, np.sin(angle))
    curved = (np.sin((1 - u) * angle) * a + np.sin(u * angle) * b) / sine
    found: NDArray[np.float64] = np.where(near, a + u * (b - a), curved)
    return found
