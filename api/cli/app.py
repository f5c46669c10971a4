"""The commands, listed; and the one place where an error becomes a message and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from api.cli import (
    artifact,
    batch,
    catalogue,
    database,
    farm,
    job,
    spec,
    submit,
    token,
    upload,
    worker,
)
from api.cli import (
    run as running,
)

INTERRUPTED = 130

app = typer.Typer(
    name="farm",
    help="Render and export fashion designs: pictures, turntables, drawings, models.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("run")(running.run)
app.command("submit")(submit.submit)
app.command("plan")(spec.plan)
app.command("check")(spec.check)
app.command("schema")(spec.schema)
app.add_typer(job.app, name="job")
app.add_typer(batch.app, name="batch")
app.add_typer(artifact.app, name="artifact")
app.command("upload")(upload.upload)
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(worker.app, name="worker")
app.add_typer(token.app, name="token")
app.add_typer(database.app, name="db")
app.command("up")(farm.up)
app.command("demo")(farm.demo)
app.command("doctor")(farm.doctor)


def run(argv: Sequence[str] | None = None) -> None:
    """Runs a command and leaves the process with its exit code."""
    code = execute(argv)
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (`head`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def execute(argv: Sequence[str] | None = None) -> int:
    """Runs a command; the exit code. Whatever goes wrong is one line on stderr, with a hint where there is one."""
    try:
        code = app(None if argv is None else list(argv), standalone_mode=False)
    except TyperException as error:
        show = getattr(error, "show", None)  # usage errors know their command and say how to call it
        typer.echo(f"error: {error.format_message()}", err=True) if show is None else show()
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        return 0
    except Exception as error:  # noqa: BLE001 - the outermost frame: nothing may leave it as a traceback
        from api.cli.failure import report

        return report(error)
    return code if isinstance(code, int) else 0
