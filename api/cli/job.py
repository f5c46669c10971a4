"""`farm job`: what the farm has to do, does, and did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from api.cli.options import JobId, JobIds, Most, Timeout
from api.cli.screen import Format, Output, line, note, seconds, show, show_one

if TYPE_CHECKING:
    from api.cli.client import Farm

app = typer.Typer(help="Jobs.", no_args_is_help=True, rich_markup_mode=None)

COLUMNS = ("id", "kind", "state", "progress", "created_at", "finished_at", "batch", "error")
FIELDS = ("id", "kind", "state", "progress", "owner", "priority", "batch", "created_at", "started_at", "finished_at")


def _at(job_id: str, then: str = "") -> str:
    return f"/jobs/{quote(job_id, safe='')}{then}"


def flat(job: dict[str, Any]) -> dict[str, Any]:
    """A job for a table: progress as percent, the error's code."""
    progress = job.get("progress") or {}
    percent = f"{100 * float(progress.get('fraction') or 0):.0f}%"
    eta = seconds(progress.get("eta_s")) if job.get("state") == "running" else ""
    return {
        **job,
        "progress": f"{percent}, {eta} left" if eta else percent,
        "error": (job.get("error") or {}).get("code"),
        "batch": job["batch"].get("id") if isinstance(job.get("batch"), dict) else job.get("batch"),
    }


@app.command("ls")
def ls(
    kind: Annotated[str | None, typer.Option(help="Of this kind only.")] = None,
    state: Annotated[str | None, typer.Option(help="In this state only.")] = None,
    batch: Annotated[str | None, typer.Option(help="Of this batch only.")] = None,
    limit: Most = None,
    output: Output = Format.TABLE,
) -> None:
    """Lists your jobs, newest first; 50 unless --limit says more."""
    from api.cli.client import connect

    with connect() as farm:
        found = farm.pages("/jobs", most=limit or 50, kind=kind, state=state, batch=batch)
        show(map(flat, found) if output is Format.TABLE else found, COLUMNS, output)


@app.command("get")
def get(job: JobId, output: Output = Format.TABLE) -> None:
    """Shows a job with its steps and results."""
    from api.cli.artifact import row
    from api.cli.client import connect

    with connect() as farm:
        found = farm.get(_at(job))
        if output is not Format.TABLE:
            show_one(found, FIELDS, output)
            return
        show_one(flat(found), FIELDS, output)
        if found.get("error"):
            line(f"error:        {found['error']['code']}: {found['error'].get('detail', '')}")
        line("")
        steps = [
            {**s, "progress": f"{s.get('done', 0)}/{s.get('total', 0)} {s.get('unit', '')}"} for s in found["steps"]
        ]
        show(steps, ("key", "lane", "state", "progress", "attempt", "source"), output)
        if found.get("artifacts"):
            line("")
            show([row(farm, a) for a in found["artifacts"]], ("id", "name", "size", "source", "url"), output)


@app.command("watch")
def watch(job: JobId, timeout: Timeout = None, output: Output = Format.TABLE) -> int:
    """Shows a job's progress until it is done, then its results; ends with its exit code."""
    from api.cli.client import connect
    from api.cli.submit import finish

    with connect() as farm:
        return finish(farm, job, timeout, output)


@app.command("wait")
def wait(jobs: JobIds, timeout: Timeout = None) -> int:
    """Waits for jobs without a word; the first exit code that is not 0."""
    import time

    from api.cli.client import connect
    from api.cli.waiting import ended, watch_job

    until = None if timeout is None else time.monotonic() + timeout
    with connect() as farm:
        codes = []
        for job in jobs:
            left = None if until is None else max(0.0, until - time.monotonic())
            codes.append(ended(watch_job(farm, job, timeout=left, quiet=True)))
    return next((code for code in codes if code), 0)


@app.command("why")
def why(job: JobId) -> int:
    """Says why a job waits, or why it failed."""
    from api.cli.client import connect

    with connect() as farm:
        found = farm.get(_at(job))
        workers = _workers(farm)
        line(explain(found, farm.get("/lanes"), workers))
        return 5 if found["state"] in {"queued", "running"} and _unserved(found, workers) else 0


def _workers(farm: Farm) -> list[dict[str, Any]] | None:
    """None when the token may not see them."""
    from farm.errors import FarmError

    try:
        return _items(farm.get("/workers"))
    except FarmError as error:
        if error.code != "auth.forbidden":
            raise
        return None


def _items(answer: Any) -> list[dict[str, Any]]:
    return list(answer.get("items", [])) if isinstance(answer, dict) else list(answer)


def _unserved(job: dict[str, Any], workers: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """Ready steps whose lane no living, active worker serves; none when the workers are not known."""
    if workers is None or any(step["state"] == "running" for step in job.get("steps", ())):
        return []
    alive = [worker for worker in workers if worker["state"] == "active" and worker.get("alive", True)]
    served = {lane for worker in alive for lane in worker["lanes"]}
    return [step for step in job.get("steps", ()) if step["state"] == "ready" and step["lane"] not in served]


def explain(job: dict[str, Any], lanes: Any, workers: list[dict[str, Any]] | None) -> str:
    """One sentence about what a job waits for."""
    state = job["state"]
    if job.get("why"):
        return str(job["why"])
    if state == "failed":
        error = job.get("error") or {}
        return f"failed: {error.get('code')}: {error.get('detail', '')}"
    if state == "paused":
        return "paused: `farm job resume` lets it go on"
    if state in {"succeeded", "cancelled"}:
        return f"{state}; it waits for nothing"
    running = [step for step in job.get("steps", ()) if step["state"] == "running"]
    if running:
        return "running: " + ", ".join(f"{s['key']} {s.get('done', 0)}/{s.get('total', 0)}" for s in running)
    unserved = _unserved(job, workers)
    if unserved:
        return f"waits: no active worker serves the lane {unserved[0]['lane']!r} (`farm worker ls`)"
    ready = [step for step in job.get("steps", ()) if step["state"] == "ready"]
    lane = ready[0]["lane"] if ready else ""
    depth = next((row.get("depth") for row in _items(lanes) if row.get("name", row.get("lane")) == lane), None)
    return f"waits its turn in the lane {lane!r}" + (f": {depth} jobs are open there" if depth is not None else "")


@app.command("logs")
def logs(
    job: JobId,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job is done.")] = False,
    output: Output = Format.TABLE,
) -> None:
    """Prints what a job's steps said."""
    import time

    from api.cli.client import FINAL, connect

    with connect() as farm:
        cursor: str | None = None
        seen: set[str] = set()  # of the page that is read again when it grows
        while True:
            final = not follow or farm.get(_at(job))["state"] in FINAL
            while True:
                found = farm.get(_at(job, "/logs"), limit=200, cursor=cursor)
                for row in found["items"]:
                    if row["id"] not in seen:
                        seen.add(row["id"])
                        line(said(row)) if output is Format.TABLE else show([row], (), Format.NDJSON)
                if not found["next"]:
                    break
                cursor = found["next"]
                seen.clear()
            if final:
                return
            time.sleep(1)


def said(row: dict[str, Any]) -> str:
    """A line of a log for people."""
    text = f"{row['at']}  {row['step']}  {row['level']}  {row['message']}"
    return "".join(c if c.isprintable() else " " for c in text)


def _control(jobs: list[str], verb: str) -> None:
    from api.cli.client import connect

    with connect() as farm:
        for job in jobs:
            found = farm.post(_at(job, f"/{verb}"), again=True)
            note(f"job {job} is {found['state']}")


@app.command("cancel")
def cancel(jobs: JobIds) -> None:
    """Cancels jobs; what runs stops within a second."""
    _control(jobs, "cancel")


@app.command("retry")
def retry(jobs: JobIds) -> None:
    """Runs failed or cancelled jobs again: only the steps that did not succeed."""
    _control(jobs, "retry")


@app.command("pause")
def pause(jobs: JobIds) -> None:
    """Keeps queued jobs from starting."""
    _control(jobs, "pause")


@app.command("resume")
def resume(jobs: JobIds) -> None:
    """Lets paused jobs go on."""
    _control(jobs, "resume")
