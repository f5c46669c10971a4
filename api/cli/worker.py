"""`farm worker`: who works."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from api.cli.screen import Format, Output, note, show

app = typer.Typer(help="Workers.", no_args_is_help=True, rich_markup_mode=None)


@app.command("ls")
def ls(output: Output = Format.TABLE) -> None:
    """Lists the workers, their lanes and devices, and whether they take work."""
    from api.cli.client import connect

    with connect() as farm:
        found = farm.get("/workers")
    rows = found["items"] if isinstance(found, dict) else found
    show(rows, ("name", "state", "lanes", "capabilities", "device", "seen_at", "note"), output)


@app.command("drain")
def drain(worker: Annotated[str, typer.Argument(metavar="WORKER", help="A worker's name.")]) -> None:
    """Lets a worker finish what it does and take nothing new."""
    from api.cli.client import connect

    with connect() as farm:
        farm.post(f"/workers/{quote(worker, safe='')}/drain", again=True)
    note(f"worker {worker} takes no new work")
