"""`farm token`: who may ask. Works on the database itself, so it needs no token but access to the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.screen import Format, Output, line, note, show

if TYPE_CHECKING:
    from farm.db import Database

app = typer.Typer(help="Tokens.", no_args_is_help=True, rich_markup_mode=None)


@contextmanager
def _database() -> Iterator[Database]:
    from api.roles import MIGRATIONS
    from farm.db import open_database
    from farm.settings import Settings

    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = open_database(settings, pool_size=1)
    try:
        database.upgrade(MIGRATIONS)
        yield database
    finally:
        database.close()


@app.command("new")
def new(
    owner: Annotated[str, typer.Argument(metavar="OWNER", help="Whose token it is.")],
    tier: Annotated[str, typer.Option(help="free, pro or studio.")] = "free",
    scope: Annotated[list[str] | None, typer.Option(help="A scope; all but admin when none is named.")] = None,
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    days: Annotated[float | None, typer.Option(min=0.001, help="How long it is good.")] = None,
) -> None:
    """Makes a token and prints it, once."""
    from api.identity import tokens

    with _database() as database:
        made, text = tokens.create(
            database,
            owner=owner,
            tier=tier,
            scopes=scope or tokens.SCOPES[:-1],
            name=name,
            expires_in_s=None if days is None else days * 86_400,
        )
    note(f"token {made.id} of {owner}; it is shown only now")
    line(text)


@app.command("ls")
def ls(
    owner: Annotated[str | None, typer.Option(help="Of this owner only.")] = None, output: Output = Format.TABLE
) -> None:
    """Lists tokens without their secrets."""
    from api.identity import tokens

    with _database() as database:
        rows: list[dict[str, Any]] = [asdict(token) for token in tokens.list(database, owner)]
    show(rows, ("id", "owner", "tier", "scopes", "name", "created_at", "expires_at", "revoked_at"), output)


@app.command("revoke")
def revoke(token: Annotated[str, typer.Argument(metavar="TOKEN", help="A token's id.")]) -> None:
    """Ends a token; the farm notices within five seconds."""
    from api.identity import tokens
    from farm.errors import Refused

    with _database() as database:
        if not tokens.revoke(database, token):
            raise Refused("not_found", f"there is no token {token}, or it was revoked before")
    note(f"token {token} is revoked")
