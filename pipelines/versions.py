"""The version of a step's code and assets, as a digest of their sources.

A version that people must remember to raise is forgotten once, and the cache then hands out yesterday's pixels.
The digest of the source files that a step runs cannot be forgotten; the price is that a comment empties the
cache of the steps that read its file. Reads files, imports none of them, so the intake stays free of GL.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_NOT_CODE = ("assets/catalogue_data/", "assets/generators/")
_SUFFIXES = frozenset({".py", ".glsl", ".vert", ".frag", ".toml"})

PICTURES = ("assets", "renderers", "exporters", "pipelines/steps")
MODELS = ("assets", "exporters", "pipelines/steps")


@lru_cache
def version(*places: str) -> str:
    """SHA-256 (first 16 hex digits) over the names and bytes of the code files below these folders; the baked
    content of the catalogue is left out, since its own digests are in the parameters.
    """
    total = hashlib.sha256()
    for place in places:
        for file in sorted(path for path in (_ROOT / place).rglob("*") if path.suffix in _SUFFIXES):
            name = file.relative_to(_ROOT).as_posix()
            if not name.startswith(_NOT_CODE):
                total.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()[:16]
