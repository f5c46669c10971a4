"""`farm catalogue`: what ships with the farm."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.screen import Format, Output, show, show_one

app = typer.Typer(
    help="The catalogue: avatars, garments, fabrics, studios.", no_args_is_help=True, rich_markup_mode=None
)

COLUMNS = ("id", "kind", "name_en", "name_ko", "tags", "licence")


def _row(item: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(item).items()}


@app.command("ls")
def ls(
    kind: Annotated[str | None, typer.Option(help="avatar, garment, fabric, studio or card-template.")] = None,
    output: Output = Format.TABLE,
) -> None:
    """Lists the items that a design may name."""
    from assets.catalogue import ITEMS

    show([_row(item) for item in ITEMS.values() if kind in {None, item.kind}], COLUMNS, output)


@app.command("show")
def show_item(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="An item's id.")], output: Output = Format.TABLE
) -> None:
    """Shows one item."""
    from assets import catalogue

    found = _row(catalogue.item(item))
    found["digest"] = catalogue.digest(item)
    show_one(found, (*COLUMNS, "uv_metres", "covers", "depth", "digest"), output)
