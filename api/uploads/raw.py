"""A request's body read from its socket by the thread that wants it: half a MiB a call, into one buffer, with no copy
and no event loop between. What it costs beside the bytes is next to nothing.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol

from api.uploads.body import IDLE_S, MAX_WAIT_S, Broken
from farm.errors import Refused

PIECE = 512 * 1024
_TCP_INFO = struct.Struct("8x14I")  # linux/tcp.h, struct tcp_info; last_data_recv (ms) is the twelfth number
_LAST_DATA_RECEIVED = 11
LINGER_S = 2.0


class Buffered(Protocol):
    """What was read of the body together with the head of its request."""

    def has_data(self) -> bool:
        """Whether there is something."""

    def read1(self, size: int, /) -> bytes:
        """Some of it."""


class RawBody:
    """The body of one request on a blocking socket, which waits in the kernel, for ``stall_s`` seconds at most.
    :meth:`close` comes last, when the place that the bytes went to is free again.
    """

    def __init__(self, connection: socket.socket, buffered: Buffered, length: int, stall_s: float) -> None:
        self.left = length
        self._socket = connection
        self._buffered = buffered
        self._stall_s = stall_s
        self._timeout = connection.gettimeout()
        self._interrupted = False
        self._ended = threading.Event()
        connection.settimeout(None)
        self._wait(stall_s)

    def close(self) -> None:
        """Gives the socket back as it was."""
        self._ended.set()
        with suppress(OSError):
            self._wait(0)
            self._socket.settimeout(self._timeout)

    def _wait(self, seconds: float) -> None:
        whole = int(seconds)
        self._socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", whole, int((seconds - whole) * 1e6))
        )

    def pieces(self) -> Iterator[memoryview]:
        """All of it, piece by piece; a piece is good until the next one is asked for. Raises Broken, or Refused
        ``upload.stalled``, where it ends too early.
        """
        buffer = memoryview(bytearray(min(PIECE, self.left)))
        while self.left:
            want = buffer[: min(PIECE, self.left)]
            if self._buffered.has_data():
                data = self._buffered.read1(len(want))
                count = len(data)
                want[:count] = data
            else:
                count = self._receive(want)
            self.left -= count
            yield want[:count]

    def _receive(self, want: memoryview) -> int:
        try:
            count = self._socket.recv_into(want, len(want), socket.MSG_WAITALL)
        except BlockingIOError:
            raise Refused(
                "upload.stalled",
                f"no byte came for {self._stall_s:.0f} s: ask what was received, and continue there",
            ) from None
        except OSError:
            count = 0
        if not count:
            if self._interrupted:
                raise Refused(
                    "upload.stalled", "a newer request took over: ask what was received, and continue there"
                )
            raise Broken
        return count

    def give_way(self) -> bool:
        """Ends the body if it is silent; whether its place is free now. From another thread."""
        try:
            info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
            if _TCP_INFO.unpack(info)[_LAST_DATA_RECEIVED] < IDLE_S * 1000:
                return False
            self._interrupted = True
            self._socket.shutdown(socket.SHUT_RD)
        except OSError:  # it is closed already
            pass
        return self._ended.wait(MAX_WAIT_S)


def linger(connection: socket.socket) -> None:
    """Takes in for a moment what a refused sender still sends: to close at once would reset the connection, and the
    answer would be lost on its way (RFC 9112, 9.6).
    """
    try:
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(0.5)
        until, scrap = time.monotonic() + LINGER_S, bytearray(PIECE)
        while time.monotonic() < until and connection.recv_into(scrap):
            pass
    except OSError:
        pass
