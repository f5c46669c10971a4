"""A loopback relay that counts what passes: bytes go from socket to socket inside the kernel, unread.

It stands between a client and a server whose traffic a benchmark wants to know, and costs both little.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import threading
from contextlib import suppress
from typing import Self

PIPE = 1 << 20
_RESET = struct.pack("ii", 1, 0)


class Relay:
    """From ``port`` (its own) to another loopback port, until the block ends."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._lock = threading.Lock()
        self._up = self._down = 0
        self.port: int = self._listener.getsockname()[1]

    @property
    def up(self) -> int:
        """Bytes that came from clients, headers too."""
        return self._up

    @property
    def down(self) -> int:
        """Bytes that went to clients, headers too."""
        return self._down

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:  # a server that is not there: the client sees its connection reset
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                return
            with server:
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                upward = threading.Thread(target=self._pump, args=(client, server), kwargs={"up": True}, daemon=True)
                upward.start()
                self._pump(server, client, up=False)
                upward.join()

    def _pump(self, source: socket.socket, target: socket.socket, *, up: bool) -> None:
        """One direction. When either side ends, both do: HTTP has no half-closed connections."""
        out, into = os.pipe()
        fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, PIPE)
        try:
            while moved := os.splice(source.fileno(), into, PIPE):
                with self._lock:
                    if up:
                        self._up += moved
                    else:
                        self._down += moved
                while moved:
                    moved -= os.splice(out, target.fileno(), moved)
        except OSError:
            pass  # reset by either side
        finally:
            os.close(out)
            os.close(into)
            for end in (source, target):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
