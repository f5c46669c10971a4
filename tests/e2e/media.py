"""What ffmpeg says of a file."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any


def probe(path: Path) -> dict[str, Any]:
    """The first video stream, frames counted by decoding."""
    done = subprocess.run(
        [
            "ffprobe",
            "-v",
            "error",
            "-count_frames",
            "-select_streams",
            "v:0",
            "-show_streams",
            "-of",
            "json",
            str(path),
        ],
        capture_output=True,
        check=True,
    )
    assert not done.stderr, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["streams"][0]
    return found


def decoded_md5(path: Path) -> str:
    """MD5 over every decoded frame."""
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "yuv420p", "-"],
        capture_output=True,
        check=True,
    )
    assert not done.stderr, done.stderr
    return hashlib.md5(done.stdout, usedforsecurity=False).hexdigest()
