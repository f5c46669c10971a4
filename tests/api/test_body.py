"""Bodies between the loop and a thread, without a server."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.http import before_send
from api.services import Services
from api.uploads.body import receive
from farm.errors import Refused


class Request:
    """A body of so many pieces, of which the last one never comes."""

    def __init__(self, pieces: int) -> None:
        self.pieces = pieces
        self.scope: dict[str, Any] = {"http_version": "1.1", "headers": []}

    async def receive(self) -> Mapping[str, Any]:
        if not self.pieces:
            await asyncio.sleep(60)
        self.pieces -= 1
        return {"type": "http.request", "body": b"piece", "more_body": True}


class Writer:
    def close(self) -> None:
        """It has nothing to let go of."""


def busy() -> Writer:
    raise Refused("upload.busy", "somebody is there")


def land(_writer: Writer, pieces: Iterator[bytes]) -> None:
    next(pieces)
    raise Refused("upload.checksum", "no")


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("opening", [busy, Writer])
async def test_a_refused_request_is_let_go_at_once(without_collector: None, opening: Any) -> None:
    """Or the server would go on waiting for the rest of its body, and leave the connection's next request alone."""
    with ThreadPoolExecutor(1) as writers:
        parts = SimpleNamespace(
            inflows={},
            settings=SimpleNamespace(upload_stall_s=30.0),
            bodies=asyncio.Semaphore(1),
            writers=writers,
        )
        request = Request(3)
        seen = weakref.ref(request)
        code = ""
        try:
            await receive(cast("Services", parts), cast("Any", request), ("upload", 0), opening, land)
        except Refused as refused:
            code = refused.code
        assert code == ("upload.busy" if opening is busy else "upload.checksum")
        start: Any = {"type": "http.response.start", "status": 409, "headers": []}
        await before_send(start, cast("Any", request.scope))
        assert (b"connection", b"close") in start["headers"], "the client would send its next request there"
        del request
        await asyncio.sleep(0.01)  # the loop's callbacks
        assert seen() is None
