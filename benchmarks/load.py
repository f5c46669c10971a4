"""A load generator that costs little: one process, raw HTTP/1.1 over keep-alive connections.

The client shares two cores with the server it measures, so it parses no more than the status line and the length.
"""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import urlsplit


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a run saw. Latencies in milliseconds."""

    seconds: float
    statuses: dict[int, int]
    p50: float
    p95: float
    p99: float
    bodies: list[bytes]

    @property
    def rate(self) -> float:
        """Answers a second, whatever their status."""
        return sum(self.statuses.values()) / self.seconds


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[int, bytes]:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lower = head.lower()
    at = lower.find(b"content-length:")
    if at < 0:
        msg = f"an answer without a length: {head[:200]!r}"
        raise RuntimeError(msg)
    length = int(lower[at + 15 : lower.index(b"\r\n", at)])
    return status, await reader.readexactly(length) if length else b""


async def _run(
    url: str, path: str, token: str, body: Callable[[int], bytes], total: int, connections: int, *, keep: bool
) -> Load:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    bodies: list[bytes] = []
    numbers = iter(range(total))
    fixed = (
        f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    ).encode()

    async def client() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            for number in numbers:
                content = body(number)
                began = perf_counter()
                status, answer = await _exchange(
                    reader, writer, fixed + str(len(content)).encode() + b"\r\n\r\n" + content
                )
                latencies.append((perf_counter() - began) * 1000)
                statuses[status] += 1
                if keep:
                    bodies.append(answer)
        finally:
            writer.close()

    began = perf_counter()
    await asyncio.gather(*(client() for _ in range(connections)))
    seconds = perf_counter() - began
    cuts = statistics.quantiles(latencies, n=100)
    return Load(seconds=seconds, statuses=dict(statuses), p50=cuts[49], p95=cuts[94], p99=cuts[98], bodies=bodies)


def post(
    url: str,
    path: str,
    token: str,
    body: Callable[[int], bytes],
    *,
    total: int,
    connections: int = 64,
    keep: bool = False,
) -> Load:
    """POSTs ``body(0..total-1)`` to ``url + path`` over that many connections; each sends its next request when it
    has the answer to its last one.
    """
    return asyncio.run(_run(url, path, token, body, total, connections, keep=keep))
