"""Sizes and durations as people type them: 8MiB, 500kB, 10m."""

from __future__ import annotations

import re

from api.cli.request import bad

_SIZES = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "k": 2**10,
    "m": 2**20,
    "g": 2**30,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
}
_DURATIONS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_AMOUNT = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)")


def _parsed(text: str, units: dict[str, float] | dict[str, int], example: str) -> float:
    match = _AMOUNT.fullmatch(text.strip().lower())
    if match is None or match[2] not in units:
        raise bad(f"{text!r} is none: give it as {example}")
    return float(match[1]) * units[match[2]]


def size(text: str) -> int:
    """Bytes: ``8MiB`` and ``8M`` are powers of two, ``8MB`` of ten. Raises Refused ``request.invalid``."""
    found = int(_parsed(text, _SIZES, "8MiB, 500kB or a number of bytes"))
    if found < 1:
        raise bad("give one byte or more")
    return found


def duration(text: str) -> float:
    """Seconds: ``90s``, ``10m``, ``2h``. Raises Refused ``request.invalid``."""
    return _parsed(text, _DURATIONS, "90s, 10m or 2h")
