"""A TCP proxy in which things go wrong: what passes can be counted, answered with an error, cut off, or held up."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Literal

Way = Literal["up", "down"]

PIECE = 65_536
ANSWER_500 = (
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n"
    b"Content-Length: 4\r\nConnection: close\r\n\r\nill\n"
)


class Fault(Enum):
    """What becomes of a connection at a piece of it."""

    NONE = "none"  # the piece passes
    ERROR = "error"  # the client gets a 500 instead
    RESET = "reset"  # both ends are reset
    HANG = "hang"  # nothing passes any more, and nothing is closed


Decide = Callable[[Way, bytes, int], Fault]
"""(to the server or from it, the piece, bytes that passed that way before) -> what becomes of it. In many threads."""


class Proxy:
    """Listens on a loopback port of its own and passes on to another one."""

    def __init__(self, upstream: int, decide: Decide) -> None:
        self.passed: dict[Way, int] = {"up": 0, "down": 0}
        self._upstream = upstream
        self._decide = decide
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._upstream), 5)
            except OSError:  # who is behind is away
                client.close()
                continue
            server.settimeout(None)
            with self._lock:
                self._open |= {client, server}
            for way, source, target in (("up", client, server), ("down", server, client)):
                threading.Thread(target=self._pass, args=(way, source, target, client), daemon=True).start()

    def _pass(self, way: Way, source: socket.socket, target: socket.socket, client: socket.socket) -> None:
        try:
            while piece := source.recv(PIECE):
                fault = self._decide(way, piece, self.passed[way])
                if fault is Fault.HANG:
                    self._closed.wait()
                if fault is Fault.ERROR:
                    client.sendall(ANSWER_500)
                if fault is not Fault.NONE:
                    self._cut(source, target, hard=fault is Fault.RESET)
                    return
                target.sendall(piece)
                with self._lock:
                    self.passed[way] += len(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            self._cut(source, target, hard=True)

    def _cut(self, *ends: socket.socket, hard: bool) -> None:
        for end in ends:
            with contextlib.suppress(OSError):
                if hard:  # a RST, not a FIN
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
            end.close()
            with self._lock:
                self._open.discard(end)

    def close(self) -> None:
        """Nothing passes any more."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._cut(*self._open, hard=True)


@contextmanager
def proxy(upstream: int, decide: Decide) -> Iterator[Proxy]:
    """Until the block ends."""
    between = Proxy(upstream, decide)
    try:
        yield between
    finally:
        between.close()
