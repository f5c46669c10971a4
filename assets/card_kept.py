"""Drawings of templates that are kept from card to card: a set of cards shares its frame and its back."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final

import numpy as np
from numpy.typing import NDArray

MAX_BYTES: Final = 96 * 1024 * 1024
"""Of one process: the frame and the back of three common cards at 24 px per mm."""

_HELD: Final[OrderedDict[Hashable, NDArray[np.uint8]]] = OrderedDict()
_LOCK: Final = threading.Lock()


def kept(key: Hashable, draw: Callable[[], NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """The drawing of that key, made by ``draw`` when it is not held. Not to be written to."""
    with _LOCK:
        if key in _HELD:
            _HELD.move_to_end(key)
            return _HELD[key]
    made = draw()
    made.flags.writeable = False
    with _LOCK:
        _HELD[key] = made
        while _HELD and sum(picture.nbytes for picture in _HELD.values()) > MAX_BYTES:
            _HELD.popitem(last=False)
    return made


def forget() -> None:
    """Lets go of all of them."""
    with _LOCK:
        _HELD.clear()
