"""2 GB over loopback to the disk, in chunks of 16 MiB (the farm's own choice for this size) over four connections:
against nginx's DAV PUT of the same pieces in the same run.

The bytes go where the session says (the role `ingest`), and for comparison through the HTTP door (`http_door_mb_s`).
The farm verifies a CRC-32C of every chunk; nginx verifies nothing. Both are measured without a sync per chunk, and
with it (nginx has none: the benchmark calls fdatasync on the file that it wrote, after its answer). The client is
the same for both: headers, then sendfile from a file in the page cache. `loop_p99_ms` is the farm's own measure of
how late its event loop came to what was due, meanwhile. Run as `python -m benchmarks.upload` after `make peers`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import statistics
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import report
from benchmarks.peers.nginx import nginx
from farm import checksums
from farm.embedded import Embedded, embedded

CHUNK = 16 << 20


class Sender:
    """Four connections that PUT pieces of one file."""

    def __init__(self, port: int, file: Path, connections: int) -> None:
        self._port = port
        self._file = file
        self._size = file.stat().st_size
        self._connections = connections

    def send(self, head: Callable[[int], str], after: Callable[[int], None] = lambda _number: None) -> float:
        """Seconds for the whole file; ``head`` gives the request line and own headers of a chunk."""
        numbers = iter(range(-(-self._size // CHUNK)))
        lock = threading.Lock()

        def work() -> None:
            with (
                socket.create_connection(("127.0.0.1", self._port)) as connection,
                self._file.open("rb") as file,
                connection.makefile("rb") as answers,
            ):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while True:
                    with lock:
                        number = next(numbers, None)
                    if number is None:
                        return
                    start, size = number * CHUNK, min(CHUNK, self._size - number * CHUNK)
                    connection.sendall(f"{head(number)}Host: farm\r\nContent-Length: {size}\r\n\r\n".encode())
                    sent = 0
                    while sent < size:
                        sent += os.sendfile(connection.fileno(), file.fileno(), start + sent, size - sent)
                    _read(answers)
                    after(number)

        began = time.perf_counter()
        with ThreadPoolExecutor(self._connections) as pool:
            for done in [pool.submit(work) for _ in range(self._connections)]:
                done.result()
        return time.perf_counter() - began


def _read(answers: socket.SocketIO | object) -> None:
    status = answers.readline()  # type: ignore[union-attr]
    length = 0
    while line := answers.readline().strip():  # type: ignore[union-attr]
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    body = answers.read(length)  # type: ignore[union-attr]
    if b" 201 " not in status and b" 204 " not in status:
        msg = f"{status!r} {body[:500]!r}"
        raise RuntimeError(msg)


def api(farm: Embedded, method: str, path: str, body: object = None) -> dict[str, object]:
    """One call of the farm."""
    request = urllib.request.Request(
        f"{farm.url}/api/v1{path}",
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"Authorization": f"Bearer {farm.token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read()
        return json.loads(text) if text else {}


def delays(farm: Embedded) -> dict[float, float]:
    """Cumulative counts of the loop's delay by upper bound in seconds."""
    with urllib.request.urlopen(f"{farm.url}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    found = re.findall(r'farm_http_loop_delay_seconds_bucket\{le="([^"]+)"\} ([0-9.e+]+)', text)
    return {float(bound): float(count) for bound, count in found}


def p99(before: dict[float, float], after: dict[float, float]) -> float:
    """The bucket's bound in seconds under which 99 of 100 delays lie."""
    total = after[float("inf")] - before[float("inf")]
    return min(bound for bound in after if after[bound] - before[bound] >= 0.99 * total)


def farm_seconds(farm: Embedded, file: Path, connections: int, sums: list[str], *, ingest: bool = True) -> float:
    """One upload of all chunks, deleted afterwards: to where the farm says, or else to its HTTP door."""
    size = file.stat().st_size
    made = api(farm, "POST", "/uploads", {"name": "bench.bin", "size": size, "chunk_size": CHUNK})
    upload = made["id"]
    door = urlsplit(str(made["links"]["chunks"]) if ingest else farm.url)  # type: ignore[index]
    seconds = Sender(int(door.port or 80), file, connections).send(
        lambda number: (
            f"PUT /api/v1/uploads/{upload}/chunks/{number} HTTP/1.1\r\n"
            f"Authorization: Bearer {farm.token}\r\nX-Checksum: crc32c {sums[number]}\r\n"
        )
    )
    view = api(farm, "GET", f"/uploads/{upload}")
    if view["received"] != size:
        msg = f"{view['received']} of {size} bytes arrived"
        raise RuntimeError(msg)
    api(farm, "DELETE", f"/uploads/{upload}")
    return seconds


def nginx_seconds(sender: Sender, folder: Path, *, sync: bool) -> float:
    """The same chunks as files, removed afterwards."""

    def synced(number: int) -> None:
        file = os.open(folder / str(number), os.O_RDONLY)
        os.fdatasync(file)
        os.close(file)

    seconds = sender.send(lambda number: f"PUT /put/{number} HTTP/1.1\r\n", synced if sync else lambda _number: None)
    for path in folder.iterdir():
        path.unlink()
    return seconds


def checksums_of(file: Path) -> list[str]:
    """CRC-32C of each chunk, in hex."""
    found = []
    with file.open("rb") as source:
        while data := source.read(CHUNK):
            hasher = checksums.new("crc32c")
            hasher.update(data)
            found.append(hasher.digest().hex())
    return found


def main() -> None:
    """Alternates the two, with and without sync; prints medians."""
    options = report.arguments(__doc__, megabytes=2048, connections=4, repeats=3)
    size = options.megabytes << 20
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file = folder / "bench.bin"
        with file.open("wb") as target:
            block = os.urandom(64 << 20)
            for _ in range(-(-size // len(block))):
                target.write(block)
            target.truncate(size)
        sums = checksums_of(file)  # also brings it into the page cache
        for sync in (False, True):
            name = "_sync" if sync else ""
            roles = ("api", "ingest", "reconciler")
            env = {"FARM_UPLOAD_SYNC": str(sync).lower()}
            with (
                embedded(folder / f"farm{name}", roles=roles, env=env) as farm,
                nginx(folder / f"nginx{name}") as peer,
            ):
                theirs = Sender(peer[0], file, options.connections)
                ours_s, theirs_s, plain_s, late = [], [], [], []
                for _ in range(options.repeats):
                    before = delays(farm)
                    ours_s.append(farm_seconds(farm, file, options.connections, sums))
                    late.append(p99(before, delays(farm)))
                    theirs_s.append(nginx_seconds(theirs, peer[1], sync=sync))
                    plain_s.append(farm_seconds(farm, file, options.connections, sums, ingest=False))
                    report.say(
                        options,
                        f"{'synced' if sync else 'not synced':10} farm {size / ours_s[-1] / 1e6:6.0f} MB/s  "
                        f"nginx {size / theirs_s[-1] / 1e6:6.0f} MB/s  "
                        f"HTTP door {size / plain_s[-1] / 1e6:6.0f} MB/s  loop p99 <= {late[-1] * 1000:.0f} ms",
                    )
            shutil.rmtree(folder / f"farm{name}", ignore_errors=True)
            ours, peer_s = statistics.median(ours_s), statistics.median(theirs_s)
            figures[f"farm_mb_s{name}"] = round(size / ours / 1e6, 1)
            figures[f"http_door_mb_s{name}"] = round(size / statistics.median(plain_s) / 1e6, 1)
            figures[f"nginx_mb_s{name}"] = round(size / peer_s / 1e6, 1)
            figures[f"ratio_nginx{name}"] = round(peer_s / ours, 3)
            figures[f"loop_p99_ms{name}"] = round(max(late) * 1000, 1)
    report.finish({**figures, "megabytes": options.megabytes, "connections": options.connections})


if __name__ == "__main__":
    main()
