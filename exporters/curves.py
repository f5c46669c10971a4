"""The moments at which animated values are said, for formats that interpolate in other ways than glTF does."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.curves import sampled
from assets.model import Channel

JUST_BEFORE: Final = 1e-4
"""Seconds before a step at which a value is said again, for programs that go straight from key to key."""

_PARTS: Final = 4  # at least, of the way from key to key
_TURN: Final = np.radians(5.0)


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
