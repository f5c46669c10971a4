"""`farm demo`: the farm's main jobs, end to end, on a farm of its own."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from api.cli.download import fetch
from api.cli.screen import Bars, Format, line, note, progress, seconds, show
from api.cli.screen import size as in_words
from api.cli.waiting import ended
from assets.catalogue_outfits import design
from farm.artifacts import safe_path
from farm.embedded import Embedded, embedded
from farm.settings import Settings

if TYPE_CHECKING:
    from api.cli.client import Farm

OUTFIT = "outfit-weekend"
DESIGN: Mapping[str, Any] = {**design(OUTFIT), "name": "design"}

CARD: Mapping[str, Any] = {
    "name": "card",
    "rarity": "rare",
    "fields": {
        "title": "Lantern Pass",
        "kind": "Journey",
        "cost": 3,
        "hp": 60,
        "rules": "눈 덮인 고개를 넘는 이에게 등불은 길을 내어준다. The lantern lights the pass at night.",
        "number": "012/150",
    },
    "foils": [{"foil": "cosmos", "mask": "art"}, {"foil": "gold-secret", "mask": "trim"}],
}

JOBS: Mapping[str, Mapping[str, Any]] = {
    "still": {"design": DESIGN, "views": ["three-quarter", "front", "back"], "width": 1024, "height": 1024},
    "turntable": {"design": DESIGN, "formats": ["mp4", "webm"], "duration": 5, "fps": 30, "resolution": "1080p"},
    "model": {"design": DESIGN, "formats": ["glb", "gltf", "obj", "fbx", "usdz"]},
    "card": {"card": CARD, "outputs": ["still", {"kind": "tilt", "width": 720, "height": 900}, "model"]},
    "techpack": {"design": DESIGN, "tech_pack": {"sizes": ["S", "M", "L"], "season": "SS27"}},
}

BUNDLE: Mapping[str, Any] = {
    "design": DESIGN,
    "flat": None,
    **{
        kind: {k: v for k, v in JOBS[kind].items() if k != "design"}
        for kind in ("still", "turntable", "model", "techpack")
    },
}
"""The same again as one job: every step of it is in the cache by then."""
RENAMED: Mapping[str, str] = {"design-techpack.pdf": "techpack.pdf"}
TIMEOUT_S = 1800.0


def demonstrate(out: Path, data_dir: Path) -> int:
    """Starts the farm, sends the jobs over HTTP, watches them, fetches the results; the exit code."""
    note(f"starting a farm in {data_dir} …")
    with embedded(data_dir) as running:
        note(f"the farm is up at {running.url}; its log is {running.log}")
        return _jobs(running, out)


def _jobs(running: Embedded, out: Path) -> int:
    from api.cli.client import Farm

    settings = Settings().model_copy(update={"server_url": running.url, "token": SecretStr(running.token)})
    with Farm(settings) as farm:
        began = time.monotonic()
        with progress() as bars:
            jobs = _sent(farm, JOBS, bars) | _sent(farm, {"bundle": BUNDLE}, bars)
        took = time.monotonic() - began
        code = max((ended(job) for job in jobs.values()), default=0)
        rows = [
            _row(farm, kind, job, artifact, out / kind if kind == "bundle" else out)
            for kind, job in jobs.items()
            for artifact in job["artifacts"]
            if artifact["role"] != "preview"
        ]
    line("")
    show(rows, ("name", "size", "time", "source", "url"), Format.TABLE)
    line("")
    line(f"{len(rows)} files in {out}/; the jobs took {took:.2f} s")
    note(f"this farm stops now; FARM_DATA_DIR={running.data_dir} farm up brings it back with all of this in it")
    return code


def _sent(farm: Farm, specs: Mapping[str, Mapping[str, Any]], bars: Bars) -> dict[str, dict[str, Any]]:
    """Submits jobs of those kinds side by side; how each ended."""
    sent = {kind: farm.post("/jobs", {"kind": kind, "spec": spec}) for kind, spec in specs.items()}
    with ThreadPoolExecutor(len(sent)) as pool:
        watched = {kind: pool.submit(_watch, farm, kind, job["id"], bars) for kind, job in sent.items()}
        return {kind: future.result() for kind, future in watched.items()}


def _watch(farm: Farm, kind: str, job_id: str, bars: Bars) -> dict[str, Any]:
    job: dict[str, Any] = {}
    for job in farm.watch(job_id, until=time.monotonic() + TIMEOUT_S):
        for step in job.get("steps", ()):
            mark = " (cached)" if step.get("source") == "cached" else ""
            bars(f"{kind}: {step['key']}{mark}", step.get("done", 0), step.get("total", 1))
    return job


def _row(farm: Farm, kind: str, job: Mapping[str, Any], artifact: dict[str, Any], out: Path) -> dict[str, Any]:
    from datetime import datetime
    from urllib.parse import urljoin

    path = safe_path(out, RENAMED.get(artifact["name"], artifact["name"]))
    fetch(farm, artifact, path)
    times = [datetime.fromisoformat(job[key]) for key in ("created_at", "finished_at")]
    return {
        "name": str(path),
        "size": in_words(artifact["size"]),
        "time": f"{seconds((times[1] - times[0]).total_seconds())} ({kind})",
        "source": artifact["source"],
        "url": urljoin(f"{farm.url}/", artifact["url"]),
    }
