"""three.js in headless Chromium as a peer: a loopback server hands it the work and takes its times."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import perf_counter
from typing import Any, Self

import numpy as np

from assets.scene import Frame

_MODULES = Path(".peers/node_modules/three")
_PAGE = Path(__file__).with_name("threejs.html")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--window-size=1920,1080",
)
_PATIENCE = 120.0


class PeerError(RuntimeError):
    """The peer is not installed or did not answer."""


class ThreeJs:
    """A Chromium with the design loaded, which draws frames when asked."""

    def __init__(
        self,
        setup: dict[str, Any],
        design: bytes,
        environment: np.ndarray[Any, Any],
        *,
        profile: Path | None = None,
    ) -> None:
        """``profile`` is a folder of a browser that was started before, with its caches; None is a new one."""
        self._kept = profile
        self._browser = shutil.which("chromium")
        if self._browser is None or not (_MODULES / "build/three.module.js").exists():
            raise PeerError("three.js or Chromium is missing: run 'make peers'")
        height, width = environment.shape[:2]
        # three.js counts rows from below, and its azimuth from +X the other way round.
        texels = np.concatenate([environment[::-1, ::-1], np.ones((height, width, 1), np.float32)], axis=-1)
        self._files = {
            "/": (_PAGE.read_bytes(), "text/html"),
            "/design.glb": (design, "model/gltf-binary"),
            "/environment": (np.ascontiguousarray(texels, np.float32).tobytes(), "application/octet-stream"),
            "/setup": (json.dumps(setup | {"environment": [width, height]}).encode(), "application/json"),
        }
        self._size = (setup["height"], setup["width"])
        self._work: queue.Queue[tuple[list[float], int]] = queue.Queue()
        self._answers: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.about: dict[str, Any] = {}
        self.start_s = 0.0
        """Seconds from the process's start to its first frame, read back."""
        self._frame: Frame = np.zeros((*self._size, 4), np.uint8)

    def __enter__(self) -> Self:
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/next":
                    body, kind = (
                        json.dumps(dict(zip(("turns", "side"), peer._work.get(), strict=True))).encode(),
                        "application/json",
                    )
                elif self.path.startswith("/three/"):
                    file = (_MODULES / self.path.removeprefix("/three/")).resolve()
                    if not file.is_relative_to(_MODULES.resolve()) or not file.is_file():
                        self.send_error(404)
                        return
                    body, kind = file.read_bytes(), "text/javascript"
                elif self.path in peer._files:
                    body, kind = peer._files[self.path]
                else:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                peer._answers.put((self.path, body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        url = f"http://127.0.0.1:{self._server.server_port}/"
        assert self._browser is not None
        began = perf_counter()
        self._process = subprocess.Popen(
            [self._browser, *_FLAGS, f"--user-data-dir={self._kept or self._profile.name}", url],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self.about = json.loads(self._answer("/ready"))
        except BaseException:
            self.__exit__()
            raise
        self.start_s = perf_counter() - began
        return self

    def frames(self, turns: list[float]) -> list[float]:
        """Draws and reads back one frame for each turn; milliseconds each."""
        return self._drawn(turns, 1)

    def converged(self, turn: float, side: int) -> Frame:
        """A frame of ``side * side`` times as many samples a pixel; it must divide width and height."""
        self._drawn([turn], side)
        return self._frame

    def _drawn(self, turns: list[float], side: int) -> list[float]:
        self._work.put((turns, side))
        pixels = self._answer("/frame")
        self._frame = np.frombuffer(pixels, np.uint8).reshape(*self._size, 4)[::-1]
        times: list[float] = json.loads(self._answer("/times"))
        return times

    @property
    def last(self) -> Frame:
        """The last frame drawn, to see that both draw the same thing."""
        return self._frame

    def _answer(self, path: str) -> bytes:
        try:
            found, body = self._answers.get(timeout=_PATIENCE)
        except queue.Empty:
            raise PeerError("Chromium did not answer") from None
        if found != path:
            message = f"three.js failed: {body[:500].decode(errors='replace')}"
            raise PeerError(message)
        return body

    def __exit__(self, *_: object) -> None:
        self._work.put(([], 1))
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._server.shutdown()
        self._server.server_close()
        self._profile.cleanup()
