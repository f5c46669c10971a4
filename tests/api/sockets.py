"""Socket.IO for tests: a client that speaks the protocol itself (Engine.IO 4, Socket.IO 5) on a real WebSocket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect


class Client:
    """One connection."""

    def __init__(self, socket: ClientConnection, auth: dict[str, Any]) -> None:
        self.socket = socket
        assert self._receive().startswith("0")  # Engine.IO's handshake
        socket.send("40" + json.dumps(auth))
        self.greeting = self._receive()

    def _receive(self) -> str:
        while True:
            message = self.socket.recv(timeout=5)
            assert isinstance(message, str)
            if message != "2":
                return message
            self.socket.send("3")  # ping, pong

    def call(self, event: str, data: Any) -> dict[str, Any]:
        self.socket.send("420" + json.dumps([event, data]))
        answer = self._receive()
        assert answer.startswith("430"), answer
        found: dict[str, Any] = json.loads(answer[3:])[0]
        return found

    def event(self) -> tuple[str, dict[str, Any]]:
        message = self._receive()
        assert message.startswith("42"), message
        name, data = json.loads(message[2:])
        return name, data


@contextmanager
def connected(port: int, **auth: Any) -> Iterator[Client]:
    with connect(f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket") as socket:
        yield Client(socket, auth)
