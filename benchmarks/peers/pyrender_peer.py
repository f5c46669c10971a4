"""pyrender as a peer, driven by lines over pipes."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Self

import numpy as np

from assets.scene import Frame
from benchmarks.peers.threejs import PeerError

_PYTHON = Path(".peers/pyrender/bin/python")
_SCRIPT = Path(__file__).with_name("pyrender_frames.py")


class PyRender:
    """A process with the design loaded, which draws frames when asked."""

    def __init__(self, setup: dict[str, Any], design: bytes) -> None:
        if not _PYTHON.exists():
            raise PeerError("pyrender is missing: run 'make peers'")
        self._setup, self._design = setup, design

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        (folder / "design.glb").write_bytes(self._design)
        (folder / "setup.json").write_text(json.dumps(self._setup))
        self._process = subprocess.Popen(
            [_PYTHON, _SCRIPT, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._line()
        return self

    def frames(self, turns: list[float]) -> list[float]:
        """Draws and reads back one frame for each turn; milliseconds each."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(turns) + "\n")
        self._process.stdin.flush()
        times: list[float] = json.loads(self._line())
        return times

    @property
    def last(self) -> Frame:
        """The last frame drawn."""
        pixels = np.load(Path(self._folder.name) / "pyrender.npy")
        return np.dstack([pixels[..., :3], np.full(pixels.shape[:2], 255, np.uint8)])

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise PeerError("pyrender ended: run benchmarks/peers/pyrender_frames.py by hand to see why")
        return line

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()
