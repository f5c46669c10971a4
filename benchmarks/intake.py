"""How many jobs a second the door accepts durably, over HTTP, at 64 connections.

Every answer 202 means that the job and its steps are committed and synced. Beside it the physical floor: how many
commits a second this disk takes for one row each, on the same database file system and settings (what a door without
group commit could reach at most). Run as `python -m benchmarks.intake`.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import tempfile
from pathlib import Path
from time import perf_counter

from benchmarks import load, report
from farm.embedded import embedded

SPEC = {
    "kind": "still",
    "spec": {
        "design": {
            "name": "tee",
            "avatar": {"model": {"item": "dress-form"}},
            "layers": [
                {"id": "tee", "model": {"item": "tshirt"}, "material": {"colour": "#c8102e"}},
                {"id": "skirt", "model": {"item": "skirt"}, "material": {"texture": {"item": "denim"}}},
            ],
        },
        "views": ["three-quarter"],
        "width": 1024,
    },
}


def commits_per_s(folder: Path, seconds: float = 2.0) -> float:
    """Commits of one small row each, WAL and synchronous=FULL, by one writer that does nothing else."""
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE rows (body TEXT)")
    body = json.dumps(SPEC)
    began = perf_counter()
    count = 0
    while perf_counter() - began < seconds:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO rows VALUES (?)", (body,))
        connection.execute("COMMIT")
        count += 1
    connection.close()
    return count / seconds


def main() -> None:
    """Alternates the floor and the door; prints medians."""
    options = report.arguments(__doc__, requests=6000, connections=64, repeats=3)
    body = json.dumps(SPEC).encode()
    rates, p95s, floors = [], [], []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        # No heavy worker: this measures the door, and frames would take the cores from it.
        with embedded(folder / "farm", roles=("api", "reconciler")) as farm:
            load.post(
                farm.url, "/api/v1/jobs", farm.token, lambda _: body, total=500, connections=options.connections
            )
            for number in range(options.repeats):
                floor_folder = folder / f"floor-{number}"
                floor_folder.mkdir()
                floors.append(commits_per_s(floor_folder))
                run = load.post(
                    farm.url,
                    "/api/v1/jobs",
                    farm.token,
                    lambda _: body,
                    total=options.requests,
                    connections=options.connections,
                )
                if set(run.statuses) != {202}:
                    msg = f"not every job was accepted: {run.statuses}"
                    raise RuntimeError(msg)
                rates.append(run.rate)
                p95s.append(run.p95)
                report.say(
                    options, f"{run.rate:8.0f} jobs/s  p95 {run.p95:6.1f} ms  (floor {floors[-1]:.0f} commits/s)"
                )
    accepted, floor = statistics.median(rates), statistics.median(floors)
    report.finish(
        {
            "accepted_per_s": round(accepted, 1),
            "p95_ms": round(statistics.median(p95s), 1),
            "single_commits_per_s": round(floor, 1),
            "ratio_single_commits": round(accepted / floor, 3),
            "connections": options.connections,
            "requests": options.requests,
        }
    )


if __name__ == "__main__":
    main()
