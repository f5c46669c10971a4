"""Headless Chromium with one page of ours, driven over its DevTools protocol: evaluate, take a screenshot."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final, Self
from urllib.request import urlopen

from websockets.sync.client import ClientConnection, connect

from benchmarks.peers.threejs import PeerError

_FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--remote-debugging-port=0",
)
RASTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "software": ("--disable-gpu",),
    "swiftshader": (
        "--use-gl=angle",
        "--use-angle=swiftshader",
        "--enable-unsafe-swiftshader",
        "--ignore-gpu-blocklist",
    ),
}
"""How a browser without a graphics card may draw: Skia on the processor, or Vulkan on the processor."""

_PATIENCE: Final = 60.0
_LARGEST: Final = 256 * 2**20  # bytes of one answer


class Page:
    """A page of ``files`` (path to bytes and type; "/" is the page), ``side`` pixels square."""

    def __init__(self, files: Mapping[str, tuple[bytes, str]], *, side: int, raster: str = "software") -> None:
        self._files, self._side, self._raster = files, side, raster
        self._stack = ExitStack()
        self._asked = 0

    def __enter__(self) -> Self:
        browser = shutil.which("chromium")
        if browser is None:
            raise PeerError("Chromium is missing: run 'make peers'")
        with ExitStack() as stack:
            url = self._serve(stack)
            profile = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            flags = (*_FLAGS, *RASTERS[self._raster], f"--window-size={self._side},{self._side}")
            process = subprocess.Popen(
                [browser, *flags, f"--user-data-dir={profile}", url],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(_stop, process)
            self._socket: ClientConnection = stack.enter_context(
                connect(_debugger(Path(profile), url), max_size=_LARGEST, compression=None)
            )
            self.ask("Page.enable")
            size = {"width": self._side, "height": self._side, "deviceScaleFactor": 1, "mobile": False}
            self.ask("Emulation.setDeviceMetricsOverride", **size)
            self._wait()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its answer. Raises PeerError."""
        self._asked += 1
        self._socket.send(json.dumps({"id": self._asked, "method": method, "params": parameters}))
        while True:
            try:
                answer = json.loads(self._socket.recv(timeout=_PATIENCE))
            except TimeoutError:
                raise PeerError(f"Chromium did not answer {method}") from None
            if answer.get("id") == self._asked:
                break
        if "error" in answer:
            raise PeerError(f"{method}: {answer['error'].get('message')}")
        result: dict[str, Any] = answer["result"]
        return result

    def evaluate(self, script: str) -> Any:
        """The value of an expression, awaited."""
        found = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise PeerError(f"the page failed: {str(found['exceptionDetails'])[:500]}")
        return found["result"].get("value")

    def screenshot(self, *, fast: bool = False) -> bytes:
        """The page as a PNG. ``fast`` lets Chromium compress less (optimizeForSpeed)."""
        told = self.ask("Page.captureScreenshot", format="png", optimizeForSpeed=fast)
        return base64.b64decode(told["data"])

    def _wait(self) -> None:
        """Until the page and what it names are there."""
        until = monotonic() + _PATIENCE
        while not self.evaluate("location.protocol === 'http:' && document.readyState === 'complete'"):
            if monotonic() > until:
                raise PeerError("the page did not load")
            sleep(0.02)

    def _serve(self, stack: ExitStack) -> str:
        files = self._files

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body, kind = files.get(self.path, (b"", ""))
                if not body:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Silent."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}/"


def _debugger(profile: Path, url: str) -> str:
    """The page's own address of the debugger, as soon as there is one."""
    until = monotonic() + _PATIENCE
    while monotonic() < until:
        try:
            port = int((profile / "DevToolsActivePort").read_text().splitlines()[0])
            with urlopen(f"http://127.0.0.1:{port}/json/list", timeout=5) as reply:
                pages = json.load(reply)
            for page in pages:
                if page.get("type") == "page" and page.get("url") == url:
                    return str(page["webSocketDebuggerUrl"])
        except (OSError, ValueError, IndexError):
            """Not yet."""
        sleep(0.05)
    raise PeerError("Chromium did not start")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
