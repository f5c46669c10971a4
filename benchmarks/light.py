"""How many card writes a second are committed end to end, over HTTP, at 64 connections.

Each answer 201 means: accepted durably, claimed by the light worker, inserted and committed, and told to the caller.
Afterwards the table is counted. Run as `python -m benchmarks.light`.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import tempfile
from contextlib import closing
from pathlib import Path

from benchmarks import load, report
from benchmarks.intake import commits_per_s
from farm.embedded import embedded


def main() -> None:
    """Runs the load, checks the table, prints medians."""
    options = report.arguments(__doc__, requests=8000, connections=64, repeats=3)
    rates, p95s, floors = [], [], []

    def card(number: int) -> bytes:
        return json.dumps({"name": f"Card {number}", "template": "card-classic", "fields": {"hp": number}}).encode()

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with embedded(folder / "farm", roles=("api", "worker-light", "reconciler")) as farm:
            warm = load.post(farm.url, "/api/v1/cards", farm.token, card, total=500, connections=options.connections)
            written = sum(warm.statuses.values())
            for number in range(options.repeats):
                floor_folder = folder / f"floor-{number}"
                floor_folder.mkdir()
                floors.append(commits_per_s(floor_folder))
                run = load.post(
                    farm.url,
                    "/api/v1/cards",
                    farm.token,
                    card,
                    total=options.requests,
                    connections=options.connections,
                )
                if set(run.statuses) != {201}:
                    msg = f"not every card was written: {run.statuses}"
                    raise RuntimeError(msg)
                written += options.requests
                rates.append(run.rate)
                p95s.append(run.p95)
                report.say(
                    options, f"{run.rate:8.0f} cards/s  p95 {run.p95:6.1f} ms  (floor {floors[-1]:.0f} commits/s)"
                )
            with closing(sqlite3.connect(farm.data_dir / "farm.db")) as database:
                (rows,) = database.execute("SELECT count(*) FROM cards").fetchone()
            if rows != written:
                msg = f"{written} writes were acknowledged but {rows} rows are there"
                raise RuntimeError(msg)
    committed, floor = statistics.median(rates), statistics.median(floors)
    report.finish(
        {
            "committed_per_s": round(committed, 1),
            "p95_ms": round(statistics.median(p95s), 1),
            "single_commits_per_s": round(floor, 1),
            "ratio_single_commits": round(committed / floor, 3),
            "connections": options.connections,
            "requests": options.requests,
        }
    )


if __name__ == "__main__":
    main()
