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
_SUFFIXES = frozenset({".py", ".glsl", ".toml"})

SCENE = ("assets",)
RENDER = (*SCENE, "renderers", "pipelines/steps")
IMAGE = (*RENDER, "exporters/image.py", "exporters/errors.py")
VIDEO = (*RENDER, "exporters/video.py", "exporters/video_*.py", "exporters/errors.py")
MODEL = (*SCENE, "pipelines/steps", "exporters")


@lru_cache
def version(*places: str) -> str:
    """SHA-256 (first 16 hex digits) over the names and bytes of the code files in these places; the baked
    content of the catalogue is left out, since its own digests are in the parameters.
    """
    total = hashlib.sha256()
    for place in places:
        found = sorted(_ROOT.glob(place)) if "*" in place else [_ROOT / place]
        for path in found:
            files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in _SUFFIXES)
            for file in files:
                name = file.relative_to(_ROOT).as_posix()
                if "catalogue_data" in name or "/generators/" in name:
                    continue
                total.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()[:16]
