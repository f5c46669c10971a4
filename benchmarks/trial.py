"""One large file by three clients under a schedule of kills: does it arrive, whole, once, and is nothing left?

The clients are our own command line, tus-js-client with four parallel uploads, and plain curl with chunks, one after
the other or (`--together 1`) all at once. Meanwhile the API, the heavy worker, Redis, the reconciler and the door for
bytes are killed with SIGKILL every few seconds, in an order given by `--seed`. Each upload must be complete with the
SHA-256 of the source; the bytes on the disk are hashed again; all three must be one file; sessions that a client made
and lost the answer of are deleted as their owner would; then nothing may be left in the uploads' folder, the spool
or the scratch. (A kill between the making of an empty sparse file and of its session leaves that file to the sweep,
which comes when it is a day old: `empty_left` counts those; one byte in them is a fault.) `again_*_mb` is what a
client sent beyond the file's size.
Run as `python -m benchmarks.trial`; 10 GB take up to 45 GB of disk. It ends with 1 when anything is wrong.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import report, senders
from benchmarks.assemble import ROLES, sha256_pass
from benchmarks.kills import Kills
from benchmarks.relay import Relay
from farm.embedded import Embedded, embedded, free_ports
from tests.faults.processes import scratch_files

LEFT_S = 30.0


def arrived(
    farm: Embedded, fast: Relay, name: str, send: Callable[..., str], file: Path, patience_s: float
) -> dict[str, Any]:
    """One client's upload, from its first byte to the end of its completion. ``fast`` leads to the door for bytes,
    which is known to our own client alone.
    """
    before = fast.up
    with Relay(int(farm.url.rpartition(":")[2])) as relay:
        through = dataclasses.replace(farm, url=f"http://127.0.0.1:{relay.port}")
        began = time.perf_counter()
        upload = send(through, file, patience_s=patience_s)
        sent = time.perf_counter() - began
        view = senders.settled(farm, upload, patience_s=patience_s)
    through_fast = fast.up - before if name == "own" else 0
    return {
        "client": name,
        "view": view,
        "sent_s": sent,
        "seconds": time.perf_counter() - began,
        "again": max(0, relay.up + through_fast - file.stat().st_size),
    }


def left_files(farm: Embedded) -> tuple[list[Path], int]:
    """Bytes of uploads beside the blobs, and how many files there have none."""
    files = [path for path in (farm.data_dir / "blobs" / "uploads").rglob("*") if path.is_file()]
    full = [path for path in files if path.stat().st_blocks]
    return [*scratch_files(farm.data_dir), *full], len(files) - len(full)


def abandoned(farm: Embedded) -> int:
    """Deletes the sessions that are open still; how many there were."""
    curl, count = senders.Curl(farm), 0
    until = time.monotonic() + LEFT_S
    while items := curl.insist(until, "GET", "/uploads?state=open&limit=100")["items"]:
        for item in items:
            curl.insist(until, "DELETE", f"/uploads/{item['id']}")
            count += 1
    return count


def wrong(farm: Embedded, found: list[dict[str, Any]], file: Path) -> list[str]:
    """What is not as it should be, in words."""
    _, digest = sha256_pass(file)
    faults = [
        f"{one['client']}: {one['view']['state']} {one['view']['error']}, {one['view']['sha256']} is not {digest}"
        for one in found
        if (one["view"]["state"], one["view"]["sha256"], one["view"]["blob"]) != ("complete", digest, digest)
    ]
    blobs = [
        path
        for path in (farm.data_dir / "blobs").rglob("*")
        if path.is_file() and path.stat().st_size == file.stat().st_size and "uploads" not in path.parts
    ]
    if len(blobs) != 1:
        faults.append(f"{len(blobs)} blobs of the file's size, not one: {blobs}")
    faults += [f"{path} has other bytes" for path in blobs if sha256_pass(path)[1] != digest]
    until = time.monotonic() + LEFT_S
    while (left := left_files(farm)[0]) and time.monotonic() < until:
        time.sleep(0.5)
    return faults + [f"{path} was left ({path.stat().st_blocks * 512:,} bytes)" for path in left]


def main() -> None:
    """Kills until the last completion has ended, then looks."""
    options = report.arguments(__doc__, gigabytes=10.0, every=4.0, seed=1, together=0, patience=1800.0)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file = senders.blocks(folder / "scan.bin", int(options.gigabytes * (1 << 30)))
        clients: Mapping[str, Callable[..., str]] = {
            "own": senders.own,
            "tus": partial(senders.tus_js, parallel=4, state=folder / "tus.json"),
            "curl": senders.curl_chunks,
        }
        (ingest,) = free_ports(1)
        fast = Relay(ingest)
        env = {"FARM_INGEST_PORT": str(ingest), "FARM_INGEST_URL": f"http://127.0.0.1:{fast.port}"}
        with fast, embedded(folder / "farm", roles=ROLES, env=env) as farm:
            began = time.perf_counter()
            with (
                Kills(farm, every=options.every, seed=options.seed) as kills,
                ThreadPoolExecutor(len(clients) if options.together else 1) as pool,
            ):
                begun = [pool.submit(arrived, farm, fast, *one, file, options.patience) for one in clients.items()]
                found = []
                for one in begun:
                    found.append(one.result())
                    report.say(
                        options,
                        "{client:5} {seconds:7.1f} s ({sent_s:.1f} s until all bytes were there), "
                        "{again:,} bytes sent again".format(**found[-1]),
                    )
            seconds = time.perf_counter() - began
            report.say(options, f"kills: {dict(kills.counts)}, {kills.completions} of them while a completion ran")
            lost = abandoned(farm)
            faults = wrong(farm, found, file)
            empty = left_files(farm)[1]
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    report.finish(
        {
            "arrived": sum(1 for one in found if one["view"]["state"] == "complete"),
            "faults": len(faults),
            "seconds": round(seconds, 1),
            **{f"seconds_{one['client']}": round(one["seconds"], 1) for one in found},
            **{f"again_{one['client']}_mb": round(one["again"] / 1e6, 1) for one in found},
            "kills": dict(kills.counts),
            "kills_completing": kills.completions,
            "sessions_lost": lost,
            "empty_left": empty,
            "gigabytes": options.gigabytes,
            "seed": options.seed,
        }
    )
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
