"""`farm db`: the schema, backups."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.screen import note

app = typer.Typer(help="The database.", no_args_is_help=True, rich_markup_mode=None)


@app.command("upgrade")
def upgrade() -> None:
    """Brings the schema up to date; the farm does so by itself when it starts."""
    from api.roles import MIGRATIONS
    from farm.db import open_database
    from farm.settings import Settings

    database = open_database(Settings(), pool_size=1)
    database.upgrade(MIGRATIONS)
    database.close()
    note("the database is up to date")


@app.command("backup")
def backup(file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")]) -> None:
    """Copies the database to a file while the farm runs. Blobs are files of their own: copy them beside it."""
    from farm.db import open_database
    from farm.settings import Settings

    database = open_database(Settings(), pool_size=1)
    database.backup(file)
    database.close()
    typer.echo(str(file))


@app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Replaces the database by a backup. Stop the farm first."""
    import sys

    from api.cli.request import bad
    from api.roles import MIGRATIONS
    from farm.db import open_database
    from farm.settings import Settings

    if not file.is_file():
        raise bad(f"there is no file {file}")
    if not yes:
        if not sys.stdin.isatty():
            raise bad("this replaces everything in the database: say --yes")
        typer.confirm("This replaces everything in the database. Go on?", abort=True, err=True)
    database = open_database(Settings(), pool_size=1)
    database.restore(file)
    database.upgrade(MIGRATIONS)
    database.close()
    note(f"the database is as {file} has it")
