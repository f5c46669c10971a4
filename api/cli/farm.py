"""`farm up`, `farm demo`, `farm doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.screen import Format, Output, show


def up(
    roles: Annotated[
        list[str] | None,
        typer.Argument(help="api, ingest, realtime, worker-light, worker-heavy, reconciler, flower; all by default."),
    ] = None,
) -> int:
    """Runs the farm on this machine until it is stopped."""
    from api.roles import up as run_roles
    from farm.settings import Settings

    return run_roles(Settings(), tuple(roles or ()))


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the results go.")] = Path("out"),
    data_dir: Annotated[Path, typer.Option(help="The demo's own farm; kept, so that a second run is cached.")] = Path(
        ".farm-demo"
    ),
) -> int:
    """Runs a design and a card through a farm of its own: pictures, films, models."""
    from api.cli.demo import demonstrate

    return demonstrate(out, data_dir)


def doctor(
    only: Annotated[
        list[str] | None, typer.Option(help="Only this check: gl, ffmpeg, redis, database, disk, fonts, http.")
    ] = None,
    output: Output = Format.TABLE,
) -> int:
    """Says what is wrong with this machine, and what to do about it; 1 when something is."""
    from api.cli.health import check

    found = check(tuple(only or ()))
    rows = [{"check": f.name, "ok": f.ok, "detail": f.detail, "advice": "" if f.ok else f.advice} for f in found]
    show(rows, ("check", "ok", "detail", "advice"), output)
    return 0 if all(finding.ok for finding in found) else 1
