"""The doors of cards. Reads are SQL; writes are commands of the `cards` lane."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Router, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from sqlalchemy import func, select

from api.cards import reads
from api.cards.commands import CREATE, DELETE, SHOWN, UPDATE
from api.cards.pictures import NO_FOIL
from api.cards.renders import read_thumbnail, render_card
from api.cards.schemas import Card, CardChanges, DeleteCard, NewCard, UpdateCard
from api.cards.tables import cards
from api.etags import etag
from api.http import Answer, Cursor, Limit, Page, after, if_match, json_body, not_modified
from api.identity.auth import scope
from api.light import write
from api.openapi import Body
from api.problems import parsed
from api.services import services
from assets import catalogue, foil
from assets.errors import CatalogueError
from farm.errors import Refused

Prefix = Annotated[str | None, QueryParameter(max_length=200, description="Only cards whose name starts so")]
ONE = ResponseSpec(Card, description="The card; its version is the ETag")


def _known_template(template: str | None) -> None:
    if template is None:
        return
    try:
        kind = catalogue.item(template).kind
    except CatalogueError as error:
        raise Refused(error.code, f"template: {error}", {"path": "template"}) from error
    if kind != "card-template":
        raise Refused("catalogue.wrong_kind", f"template: {template!r} is a {kind}", {"path": "template"})


def _known_foil(name: str | None) -> None:
    if name is not None and name != NO_FOIL and name not in foil.names():
        known = ", ".join((*foil.names(), NO_FOIL))
        raise Refused("foil.unknown", f"foil: there is no foil {name!r}; there are {known}", {"path": "foil"})


@post(
    "/cards",
    guards=[scope("cards:write")],
    summary="Make a card",
    responses={201: ONE},
    opt={"body": Body(NewCard)},
)
async def create_card(request: Request[Any, Any, Any]) -> Answer:
    """Answers 201 with the card, or 202 with the job's address when the lane is slow."""
    parts = services(request)
    body = await json_body(request, parts.settings.max_body_bytes)
    card = parsed(NewCard, body)
    _known_template(card.template)
    _known_foil(card.foil)
    return await write(request, parts.door, CREATE, card, body)


@get("/cards", guards=[scope("cards:read")], summary="List your cards, newest first")
async def list_cards(
    request: Request[Any, Any, Any], limit: Limit = 50, cursor: Cursor = None, name: Prefix = None
) -> Answer:
    """One page; ``next`` is the cursor of the following one."""
    query = select(*SHOWN).where(cards.c.owner == request.user.owner, cards.c.deleted_at.is_(None))
    if name:
        query = query.where(func.substr(func.lower(cards.c.name), 1, len(name)) == name.lower())
    if cursor is not None:
        query = query.where(cards.c.id < after(cursor))
    query = query.order_by(cards.c.id.desc()).limit(limit + 1)
    rows = await services(request).read(lambda conn: [Card(**row) for row in conn.execute(query).mappings()])
    return Page.of(rows, limit).answer(request)


@get("/cards/{card_id:str}", guards=[scope("cards:read")], summary="Read a card", responses={200: ONE})
async def read_card(request: Request[Any, Any, Any], card_id: FromPath[str]) -> Answer:
    """With its ETag; 304 when If-None-Match names it."""
    found = await services(request).read(lambda conn: reads.card(reads.row(conn, request.user.owner, card_id)))
    tag = etag(found.version)
    headers = [(b"etag", tag.encode()), (b"cache-control", b"private, no-cache")]
    return Answer(status=304, headers=headers) if not_modified(request, tag) else Answer(found, headers=headers)


@patch(
    "/cards/{card_id:str}",
    guards=[scope("cards:write")],
    summary="Change a card (merge patch)",
    responses={200: ONE},
    opt={"body": Body(CardChanges)},
)
async def update_card(request: Request[Any, Any, Any], card_id: FromPath[str]) -> Answer:
    """Needs If-Match: 428 without it, 412 when the card has changed since."""
    parts = services(request)
    versions = if_match(request)
    body = await json_body(request, parts.settings.max_body_bytes)
    changes = parsed(CardChanges, body)
    _known_template(changes.template)
    _known_foil(changes.foil)
    spec = UpdateCard(id=reads.an_id(card_id), versions=versions, changes=changes)
    return await write(request, parts.door, UPDATE, spec.model_dump(mode="json", exclude_unset=True), body)


@delete("/cards/{card_id:str}", guards=[scope("cards:write")], summary="Delete a card", status_code=200)
async def delete_card(request: Request[Any, Any, Any], card_id: FromPath[str]) -> Answer:
    """If-Match is honoured when sent."""
    versions = if_match(request) if "if-match" in request.headers else None
    spec = DeleteCard(id=reads.an_id(card_id), versions=versions)
    return await write(request, services(request).door, DELETE, spec, b"")


ROUTES = Router(
    "/",
    route_handlers=[create_card, list_cards, read_card, update_card, delete_card, read_thumbnail, render_card],
    tags=["cards"],
)
