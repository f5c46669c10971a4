"""Animated values at many moments at once, for formats that interpolate in other ways than glTF does."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.model import Channel

JUST_BEFORE: Final = 1e-4
"""Seconds before a step at which a value is said again, for programs that go straight from key to key."""

_PARTS: Final = 4  # at least, of the way from key to key
_TURN: Final = np.radians(5.0)


def sampled(channel: Channel, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """The channel's values at times float64[k], as :func:`assets.pose.sample` has them: float64[k, width]."""
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


def key_times(channel: Channel, rate: float, *, between: bool) -> NDArray[np.float64]:
    """The channel's own times, those just before its steps, and with ``between`` others so that no two are more than
    1/``rate`` seconds, a quarter of the way from key to key, or a turn of five degrees apart.
    """
    own = np.unique(channel.times.astype(np.float64))
    if channel.interpolation == "STEP":
        return np.unique(np.concatenate([own, np.maximum(own[1:] - JUST_BEFORE, own[:-1])]))
    if not between or len(own) < 2:
        return own
    parts = np.maximum(_PARTS, np.ceil(np.diff(own) * rate - 1e-6)).astype(np.int64)
    if channel.path == "rotation":
        a, b = (sampled(channel, times) for times in (own[:-1], own[1:]))
        turns = 2 * np.arccos(np.clip(np.abs(np.einsum("ij,ij->i", a, b)), 0, 1))
        parts = np.maximum(parts, np.ceil(turns / _TURN)).astype(np.int64)
    which = np.repeat(np.arange(len(parts)), parts)
    step = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    inside: NDArray[np.float64] = own[which] + np.diff(own)[which] * step / parts[which]
    return np.append(inside, own[-1])


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
