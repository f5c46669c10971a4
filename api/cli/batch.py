"""`farm batch`: jobs that were submitted together."""

from __future__ import annotations

import typer

from api.cli.options import BatchId, Most, Timeout
from api.cli.screen import Format, Output, note, show, show_one

app = typer.Typer(help="Batches.", no_args_is_help=True, rich_markup_mode=None)

STATES = ("queued", "running", "paused", "succeeded", "failed", "cancelled")


@app.command("ls")
def ls(limit: Most = None, output: Output = Format.TABLE) -> None:
    """Lists your batches, newest first; 50 unless --limit says more."""
    from api.cli.client import connect
    from api.cli.waiting import states_of

    with connect() as farm:
        found = farm.pages("/batches", most=limit or 50)
        rows = ({**batch, **states_of(batch)} for batch in found) if output is Format.TABLE else found
        show(rows, ("id", "name", "total", *STATES, "created_at"), output)


@app.command("get")
def get(batch: BatchId, output: Output = Format.TABLE) -> None:
    """Shows a batch and how many of its jobs are in which state."""
    from api.cli.client import connect
    from api.cli.waiting import states_of

    with connect() as farm:
        found = farm.get(f"/batches/{batch}")
        show_one(
            {**found, **states_of(found)} if output is Format.TABLE else found,
            ("id", "name", "total", *STATES),
            output,
        )


@app.command("watch")
def watch(batch: BatchId, timeout: Timeout = None, output: Output = Format.TABLE) -> int:
    """Shows a batch's progress until every job is done; 3 when one failed, 4 when one was cancelled."""
    from api.cli.client import connect
    from api.cli.waiting import states_of, watch_batch

    with connect() as farm:
        found, code = watch_batch(farm, batch, timeout=timeout)
        show_one(
            {**found, **states_of(found)} if output is Format.TABLE else found,
            ("id", "name", "total", *STATES),
            output,
        )
    return code


@app.command("retry")
def retry(batch: BatchId) -> None:
    """Runs a batch's failed and cancelled jobs again."""
    from api.cli.client import connect

    with connect() as farm:
        farm.post(f"/batches/{batch}/retry", again=True)
    note(f"batch {batch}: what had failed is queued again")


@app.command("cancel")
def cancel(batch: BatchId) -> None:
    """Cancels what is not done of a batch."""
    from api.cli.client import connect

    with connect() as farm:
        farm.post(f"/batches/{batch}/cancel", again=True)
    note(f"batch {batch}: what was not done is cancelled")
