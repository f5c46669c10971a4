"""`farm catalogue`: what ships with the farm."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.screen import Format, Output, show, show_one

app = typer.Typer(
    help="The catalogue: avatars, garments, fabrics, studios, cards, foils.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

FOIL = "foil"
COLUMNS = ("id", "kind", "name_en", "name_ko", "tags", "licence")


def _row(item: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(item).items()}


def _foils() -> list[dict[str, Any]]:
    """The foils of cards, as items."""
    from assets import foil
    from assets.catalogue import LICENCE

    found = [foil.foil(name) for name in foil.names()]
    return [
        {"id": one.id, "kind": FOIL, "name_en": one.name_en, "name_ko": one.name_ko, "tags": [], "licence": LICENCE}
        for one in found
    ]


@app.command("ls")
def ls(
    kind: Annotated[str | None, typer.Option(help="avatar, garment, fabric, studio, card-template, foil, …")] = None,
    output: Output = Format.TABLE,
) -> None:
    """Lists the items that a design or a card may name."""
    from assets.catalogue import ITEMS

    rows = [*(_row(item) for item in ITEMS.values()), *_foils()]
    show([row for row in rows if kind in {None, row["kind"]}], COLUMNS, output)


@app.command("show")
def show_item(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="An item's id.")], output: Output = Format.TABLE
) -> None:
    """Shows one item, or a foil with its parameters."""
    from assets import catalogue, foil

    if item in foil.names():
        whole = foil.foil(item).model_dump(mode="json")
        show_one({"kind": FOIL, **whole}, ("id", "kind", *(name for name in whole if name != "id")), output)
        return

    found = _row(catalogue.item(item))
    found["digest"] = catalogue.digest(item)
    show_one(found, (*COLUMNS, "uv_metres", "covers", "depth", "digest"), output)
