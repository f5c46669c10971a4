"""`farm catalogue`: what ships with the farm; no farm needs to run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.screen import Format, Output, show, show_one

if TYPE_CHECKING:
    from assets.collection import Listing

app = typer.Typer(
    help="The catalogue: avatars, garments, outfits, fabrics, studios, stages, cards, foils.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

COLUMNS = ("id", "kind", "name_en", "name_ko", "tags", "licence")
MORE: Mapping[str, tuple[str, ...]] = {
    "avatar": ("size",),
    "garment": ("depth", "covers", "figures"),
    "outfit": ("pieces",),
    "fabric": ("weight", "composition", "repeat"),
}
"""What a table of one kind shows beside the rest, in place of the licence, which is the same for all."""


def _text(option: str) -> Any:
    return typer.Option(help=option)


@app.command("ls")
def ls(
    kind: Annotated[
        str | None, _text("avatar, garment, outfit, fabric, studio, stage, card-template, foil, …")
    ] = None,
    tag: Annotated[str | None, _text("With this tag.")] = None,
    q: Annotated[str | None, _text("Words of its names (English or Korean), tags or id.")] = None,
    size: Annotated[str | None, _text("An avatar of this size, what is worn in it.")] = None,
    fits: Annotated[str | None, _text("Garments and outfits for this avatar.")] = None,
    pose: Annotated[str | None, _text("Garments and outfits that are shown in this pose.")] = None,
    covers: Annotated[str | None, _text("What hides this part of the body.")] = None,
    depth: Annotated[int | None, _text("What is worn this far out: 10 innermost, 20, 30 outerwear, 40.")] = None,
    cloth: Annotated[str | None, _text("What is made of this fabric.")] = None,
    fibre: Annotated[str | None, _text("Fabrics with some of this fibre.")] = None,
    output: Output = Format.TABLE,
) -> None:
    """Lists what a design or a card may name."""
    from assets import collection

    wanted = collection.Wanted(
        kind=kind,
        tag=tag,
        text=q,
        size=size,
        fits=fits,
        pose=pose,
        covers=covers,
        depth=depth,
        cloth=cloth,
        fibre=fibre,
    )
    rows = (one for one in collection.listings().values() if wanted.matches(one))
    if output is not Format.TABLE:
        show((document(one) for one in rows), COLUMNS, output)
        return
    more = MORE.get(kind or "")
    columns = COLUMNS if more is None else (*COLUMNS[:-1], *more)
    show(map(_row, rows), columns, output)


@app.command("show")
def show_item(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="An item's id.")], output: Output = Format.TABLE
) -> None:
    """Shows one item: what it fits, what it is made of, an outfit's design, a foil's parameters."""
    from assets import collection

    found = collection.listing(item)
    whole = document(found)
    details = whole.pop("details", None) or {}
    if output is not Format.TABLE:
        show_one({**details, **whole}, (), output)
        return
    row = {**details, **_row(found)}
    show_one(row, (*COLUMNS, *(name for name in row if name not in COLUMNS)), output)


def document(one: Listing) -> dict[str, Any]:
    """The listing as JSON-ready data, as `GET /api/v1/catalogue` gives it."""
    import msgspec

    found: dict[str, Any] = msgspec.to_builtins(one)
    return found


def _row(one: Listing) -> dict[str, Any]:
    """The listing as words, without what it has not."""
    row: dict[str, Any] = {name: getattr(one, name) for name in COLUMNS}
    row["size"] = one.size or None
    row["sizes"] = [own.name for own in one.sizes]
    if one.worn is not None:
        row |= {name: getattr(one.worn, name) for name in ("covers", "depth", "figures", "poses", "cloth")}
    if one.fabric is not None:
        row["weight"] = f"{one.fabric.weight_gsm:g} g/m²"
        row["composition"] = [f"{fibre} {share:g} %" for fibre, share in one.fabric.composition.items()]
        row["repeat"] = f"{one.fabric.repeat_mm:g} mm"
        row["care"] = one.fabric.care
    row |= {"pieces": one.pieces, "regions": list(one.regions), "digest": one.digest}
    return {name: value for name, value in row.items() if name in COLUMNS or value not in (None, "", (), [])}
