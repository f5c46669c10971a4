"""What the completion of an upload costs: time beside one SHA-256 pass, reads from S3, and memory.

`ratio_sha256`: from the request `complete` to its answer that the file is published, over one pass of
`hashlib.sha256` (1 MiB at a time, at the worker's own priority) over the same file. Both find it in the page cache;
who goes first alternates; medians. `job_s` is the job's own time. `s3_reads`: bytes that came from the S3 server
during a completion, over the file's size.

`memory_disk_mb`, `memory_s3_mb`, `memory_50_mb`: the most that all processes of the farm (supervisor, Redis, API,
ingest, workers, reconciler, realtime) had for themselves while a sparse-made file was sent over four connections and
completed (50: while so many connections sent a file each, slowly, all at once, and all were completed), less what
they had idle before, after one small upload. Page cache and mapped files do not count. `idle_mb` is that idle state,
`idle_first_mb` the one before any upload. The S3 server (moto) keeps objects in its own memory, which is not the
farm's: `s3_gigabytes` says how much it was given. A size of 0 leaves a part out. Gigabytes are GiB.
Run as `python -m benchmarks.assemble`.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from benchmarks import memory, report, senders
from benchmarks.bucket import Bucket, bucket
from benchmarks.upload import CHUNK, Sender, api, checksums_of
from farm.embedded import Embedded, embedded

ROLES = ("api", "ingest", "worker-light", "worker-heavy", "reconciler", "realtime")
WORKER_NICE = 5
SMALL = 8 << 20
PIECE = 64 << 10
PASS = """
import hashlib, sys, time
buffer = bytearray(1 << 20)
view = memoryview(buffer)
began = time.perf_counter()
total = hashlib.sha256()
with open(sys.argv[1], "rb", buffering=0) as file:
    while count := file.readinto(buffer):
        total.update(view[:count])
print(time.perf_counter() - began, total.hexdigest())
"""


def sha256_pass(file: Path) -> tuple[float, str]:
    """(seconds, digest in hex) of one pass in a process of the worker's priority; its start is not counted."""
    words = ["nice", "-n", str(WORKER_NICE), sys.executable, "-c", PASS, str(file)]
    seconds, digest = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    return float(seconds), digest


def sent(farm: Embedded, file: Path, sums: list[str], connections: int) -> str:
    """The id of a session that has all bytes of the file."""
    size = file.stat().st_size
    made = api(farm, "POST", "/uploads", {"name": file.name, "size": size, "chunk_size": CHUNK})
    Sender(door(farm, made), file, connections).send(
        lambda number: (
            f"PUT /api/v1/uploads/{made['id']}/chunks/{number} HTTP/1.1\r\n"
            f"Authorization: Bearer {farm.token}\r\nX-Checksum: crc32c {sums[number]}\r\n"
        )
    )
    return str(made["id"])


def door(farm: Embedded, made: Mapping[str, Any]) -> int:
    """The port that a session's chunks go to."""
    return urlsplit(urljoin(farm.url, made["links"]["chunks"])).port or 80


def completed(farm: Embedded, upload: str) -> tuple[float, dict[str, Any]]:
    """(seconds from the request to the answer that it is complete, the upload). Raises RuntimeError if it failed."""
    curl = senders.Curl(farm)
    began = time.perf_counter()
    view = curl.call("POST", f"/uploads/{upload}/complete", headers=["Prefer: wait=60"])
    while view["state"] == "assembling":
        view = curl.call("GET", f"/uploads/{upload}", headers=["Prefer: wait=60"])
    seconds = time.perf_counter() - began
    if view["state"] != "complete":
        msg = f"the completion failed: {view}"
        raise RuntimeError(msg)
    return seconds, view


def job_seconds(farm: Embedded, job: object) -> float:
    """How long the job's step ran, by its own clock."""
    (step,) = senders.Curl(farm).call("GET", f"/jobs/{job}")["steps"]
    ended, began = (datetime.fromisoformat(step[name]) for name in ("finished_at", "started_at"))
    return (ended - began).total_seconds()


def against_sha256(options: Any, folder: Path) -> dict[str, float]:
    """Completions on disk beside one pass over the same bytes."""
    file = senders.blocks(folder / "scan.bin", int(options.gigabytes * (1 << 30)))
    sums = checksums_of(file)
    ours, theirs, jobs = [], [], []
    for repeat in range(options.repeats):
        data = folder / f"farm{repeat}"  # a farm of its own, or the bytes would be there already
        with embedded(data, roles=ROLES) as farm:
            warm(farm, folder)
            upload = sent(farm, file, sums, options.connections)
            place = data / "blobs" / "uploads" / upload
            os.sync()
            sha256_pass(place)  # into the page cache
            if repeat % 2:
                seconds, view = completed(farm, upload)
                digest = str(view["blob"])
                (blob,) = [path for path in (data / "blobs").rglob("*") if path.name.endswith(digest[4:])]
                theirs.append(sha256_pass(blob)[0])
            else:
                passed, digest = sha256_pass(place)
                theirs.append(passed)
                seconds, view = completed(farm, upload)
            if view["blob"] != digest:
                msg = f"the farm found {view['blob']}, the bytes have {digest}"
                raise RuntimeError(msg)
            ours.append(seconds)
            jobs.append(job_seconds(farm, view["job"]))
            report.say(options, f"completion {ours[-1]:.2f} s  job {jobs[-1]:.2f} s  SHA-256 pass {theirs[-1]:.2f} s")
        shutil.rmtree(data, ignore_errors=True)
    file.unlink()
    return {
        "ratio_sha256": round(statistics.median(ours) / statistics.median(theirs), 3),
        "complete_s": round(statistics.median(ours), 2),
        "job_s": round(statistics.median(jobs), 2),
        "sha256_s": round(statistics.median(theirs), 2),
        "gigabytes": options.gigabytes,
    }


def warm(farm: Embedded, folder: Path) -> None:
    """One small upload through everything: what is loaded once is no upload's memory or time."""
    small = folder / "small.bin"
    small.write_bytes(os.urandom(SMALL))
    completed(farm, sent(farm, small, checksums_of(small), 1))


def one_large(options: Any, folder: Path, gigabytes: float, store: Bucket | None) -> dict[str, float]:
    """The farm's memory above idle during one upload and its completion, on disk or S3."""
    file = senders.blocks(folder / "large.bin", int(gigabytes * (1 << 30)))
    sums = checksums_of(file)
    name = "s3" if store else "disk"
    env: Mapping[str, str] = store.env if store else {}
    found: dict[str, float] = {}
    with embedded(folder / "farm", roles=ROLES, env=env) as farm:
        first = memory.idle(farm)
        warm(farm, folder)
        before = memory.idle(farm)
        with memory.Peak(farm) as sending:
            upload = sent(farm, file, sums, options.connections)
        reads = store.relay.down if store else 0
        with memory.Peak(farm) as completing:
            seconds, view = completed(farm, upload)
        if store:
            found = {
                "s3_reads": round((store.relay.down - reads) / file.stat().st_size, 4),
                "s3_gigabytes": gigabytes,
            }
        if view["received"] != file.stat().st_size:
            msg = f"{view['received']} bytes arrived"
            raise RuntimeError(msg)
        peak = max(sending.bytes, completing.bytes)
    shutil.rmtree(folder / "farm", ignore_errors=True)
    file.unlink()
    report.say(
        options,
        f"{name}: idle {first / 1e6:.0f}, {before / 1e6:.0f} MB; sending +{(sending.bytes - before) / 1e6:.1f} MB; "
        f"completing +{(completing.bytes - before) / 1e6:.1f} MB in {seconds:.1f} s",
    )
    if not store:
        found = {"memory_gigabytes": gigabytes, "idle_mb": megabytes(before), "idle_first_mb": megabytes(first)}
    return {**found, f"memory_{name}_mb": megabytes(peak - before)}


def megabytes(count: float) -> float:
    """Millions of bytes."""
    return round(count / 1e6, 1)


class Slow:
    """One connection that sends one file of its own, evenly over some seconds."""

    def __init__(self, farm: Embedded, number: int, size: int, seconds: float) -> None:
        self._farm = farm
        self._number = number
        self._size = size
        self._seconds = seconds

    def send(self) -> str:
        """The id of its session, once all bytes are there."""
        asked = {"name": f"slow-{self._number}.bin", "size": self._size, "chunk_size": CHUNK}
        made = api(self._farm, "POST", "/uploads", asked)
        upload = str(made["id"])
        piece = os.urandom(PIECE)
        began, done = time.monotonic(), 0
        with (
            socket.create_connection(("127.0.0.1", door(self._farm, made))) as connection,
            connection.makefile("rb") as answers,
        ):
            for number in range(-(-self._size // CHUNK)):
                length = min(CHUNK, self._size - number * CHUNK)
                connection.sendall(
                    f"PUT /api/v1/uploads/{upload}/chunks/{number} HTTP/1.1\r\nHost: farm\r\n"
                    f"Authorization: Bearer {self._farm.token}\r\nContent-Length: {length}\r\n\r\n".encode()
                )
                left = length
                while left:
                    connection.sendall(piece[:left])
                    done += min(left, PIECE)
                    left -= min(left, PIECE)
                    time.sleep(max(0.0, began + self._seconds * done / self._size - time.monotonic()))
                status = answers.readline()
                if b" 201 " not in status:
                    msg = f"chunk {number}: {status!r}"
                    raise RuntimeError(msg)
                wanted = 0
                while line := answers.readline().strip():
                    if line.lower().startswith(b"content-length:"):
                        wanted = int(line.partition(b":")[2])
                answers.read(wanted)
        return upload


def many(options: Any, folder: Path, connections: int) -> tuple[float, float]:
    """(bytes above idle at the most, seconds) of that many files at once, completed as they arrive."""
    size = options.many_megabytes << 20
    with embedded(folder / "farm", roles=ROLES) as farm:
        warm(farm, folder)
        before = memory.idle(farm)
        began, ready = time.monotonic(), threading.Barrier(connections)

        def work(number: int) -> None:
            ready.wait()
            completed(farm, Slow(farm, number, size, options.many_seconds).send())

        with memory.Peak(farm) as peak, ThreadPoolExecutor(connections) as pool:
            list(pool.map(work, range(connections)))
        seconds = time.monotonic() - began
    shutil.rmtree(folder / "farm", ignore_errors=True)
    above = peak.bytes - before
    report.say(options, f"{connections} at once: +{above / 1e6:.1f} MB, {above / 1e3 / connections:.0f} KB each")
    return above, seconds


def main() -> None:
    """Each part on farms of its own, whose files go at its end."""
    options = report.arguments(
        __doc__,
        gigabytes=4.0,
        memory_gigabytes=10.0,
        s3_gigabytes=2.0,
        many=50,
        many_megabytes=64,
        many_seconds=30.0,
        connections=4,
        repeats=3,
    )
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if options.gigabytes:
            figures |= against_sha256(options, folder)
        if options.memory_gigabytes:
            figures |= one_large(options, folder, options.memory_gigabytes, None)
        if options.s3_gigabytes:
            with bucket(folder / "s3") as store:
                figures |= one_large(options, folder, options.s3_gigabytes, store)
        if options.many:
            few = max(1, options.many // 5)
            for connections in dict.fromkeys((few, options.many)):
                above, seconds = many(options, folder, connections)
                figures[f"memory_{connections}_mb"] = megabytes(above)
                figures[f"memory_{connections}_each_mb"] = round(above / 1e6 / connections, 2)
                figures[f"seconds_{connections}"] = round(seconds, 1)
            figures |= {"many": options.many, "many_megabytes": options.many_megabytes}
    report.finish(figures)


if __name__ == "__main__":
    main()
