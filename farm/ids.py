"""Identifiers: UUIDv7 as text. Text order is order of creation, and strictly so within a process."""

from __future__ import annotations

import os
import re

import uuid_utils

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

# A forked child would go on with its parent's random numbers and make the same ids.
os.register_at_fork(after_in_child=uuid_utils.reseed_rng)


def new_id() -> str:
    """A new UUIDv7 in canonical lower-case form (36 characters)."""
    return str(uuid_utils.uuid7())


def is_id(value: str) -> bool:
    """True if the text is a UUIDv7 in canonical form."""
    return _CANONICAL.fullmatch(value) is not None
