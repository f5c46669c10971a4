"""The doors of the catalogue: what a design or a card may name, listed and searched, with small pictures."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import FromPath, QueryParameter

from api.catalogue import reads
from api.catalogue.commands import CREATE, DELETE
from api.catalogue.schemas import OWN_ID, GoneItem, NewItem
from api.etags import etag
from api.http import Answer, Cursor, Limit, Page, bad_cursor, decoded, json_body, not_modified
from api.identity.auth import scope
from api.light import write
from api.openapi import Body
from api.problems import parsed
from api.services import services
from assets import collection
from assets.catalogue import OWN
from assets.collection import Listing, Wanted
from assets.errors import CatalogueError
from farm.errors import Refused

READERS = ("jobs:read", "cards:read")
"""The scopes that read the catalogue: who may look at a job or a card may look at what it is made of."""
FOR_EVER = b"public, max-age=31536000, immutable"
LOOK_AGAIN = b"private, no-cache"


def _filter(description: str, **more: Any) -> Any:
    return QueryParameter(max_length=100, description=description, **more)


Kind = Annotated[str | None, _filter(f"One of {', '.join(collection.KINDS)}")]
Tag = Annotated[str | None, _filter("With this tag")]
Text = Annotated[str | None, _filter("Words of the names (English or Korean), the tags or the id; all must be there")]
SizeName = Annotated[str | None, _filter("Avatars of this size, and what is worn in it: XS, S, M, L, XL, 122")]
Fits = Annotated[str | None, _filter("Garments and outfits that are made for this avatar (in whatever size)")]
Posed = Annotated[str | None, _filter("Garments and outfits that are shown in this pose")]
Covers = Annotated[str | None, _filter("Garments and outfits that hide this part of the body")]
Depth = Annotated[
    int | None, QueryParameter(ge=0, le=100, description="Worn this far out: 10 innermost, 20, 30 outerwear, 40")
]
ClothName = Annotated[str | None, _filter("Garments meant to be of this fabric, and outfits with it")]
Fibre = Annotated[str | None, _filter("Fabrics that have some of this fibre")]
Licence = Annotated[str | None, _filter("Under this licence (SPDX)")]
Mine = Annotated[bool | None, QueryParameter(description="true: only your own items; false: none of them")]
_OWN_ID = re.compile(OWN_ID)


@dataclass(frozen=True, kw_only=True)
class Listings:
    """One page. ``next`` is the cursor of the following one."""

    items: list[Listing]
    next: str | None = None


def _shown(item: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(collection.listing(item))
    return found


def _one() -> ResponseSpec:
    examples = [
        Example(summary=summary, value=_shown(item))
        for item, summary in (
            ("tee", "A garment"),
            ("denim", "A fabric"),
            ("outfit-evening", "An outfit, with the design to send"),
        )
    ]
    return ResponseSpec(Listing, description="The item, with its details", examples=examples)


def _several() -> ResponseSpec:
    page = {"items": [_shown("tee"), _shown("denim")], "next": "ZGVuaW0"}
    return ResponseSpec(Listings, description="One page", examples=[Example(summary="A page of two", value=page)])


@get(
    "/catalogue",
    guards=[scope(*READERS)],
    summary="List and search the catalogue",
    responses={200: _several()},
)
async def list_items(
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    cursor: Cursor = None,
    kind: Kind = None,
    tag: Tag = None,
    q: Text = None,
    size: SizeName = None,
    fits: Fits = None,
    pose: Posed = None,
    covers: Covers = None,
    depth: Depth = None,
    cloth: ClothName = None,
    fibre: Fibre = None,
    licence: Licence = None,
    mine: Mine = None,
) -> Answer:
    """Avatars, garments, outfits, fabrics, studios, stages, card templates, pictures for cards, foils, in this order,
    then your own items. Filters are all to be met. With an ETag: 304 when If-None-Match names it.
    """
    wanted = Wanted(
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
        licence=licence,
    )
    everything = [] if mine else list(collection.listings().values())
    if mine is not False:
        everything += await services(request).read(lambda conn: reads.own(conn, request.user.owner))
    first = _begins(everything, cursor)
    page = Page.of([one for one in everything[first:] if wanted.matches(one)][: limit + 1], limit)
    tag_of = etag(hashlib.sha256(msgspec.json.encode([page.items, page.next])).hexdigest()[:32])
    headers = [(b"etag", tag_of.encode()), (b"cache-control", LOOK_AGAIN)]
    if not_modified(request, tag_of):
        return Answer(status=304, headers=headers)
    answer = page.answer(request)
    answer.raw += headers
    return answer


@get(
    "/catalogue/{item_id:str}",
    guards=[scope(*READERS)],
    summary="Read about an item",
    responses={200: _one()},
)
async def read_item(request: Request[Any, Any, Any], item_id: FromPath[str]) -> Answer:
    """What it fits and is made of; of an outfit the design that shows it, of a foil its parameters, of a card
    template what it takes.
    """
    if item_id.startswith(OWN):
        found = await services(request).read(lambda conn: reads.one(conn, request.user.owner, item_id[:64]))
        if found is None:
            raise _unknown()
    else:
        found = _known(item_id)
    body = msgspec.json.encode(found)
    tag_of = etag(hashlib.sha256(body).hexdigest()[:32])
    headers = [(b"etag", tag_of.encode()), (b"cache-control", LOOK_AGAIN)]
    return (
        Answer(status=304, headers=headers) if not_modified(request, tag_of) else Answer(body=body, headers=headers)
    )


@get(
    "/catalogue/{item_id:str}/thumbnail",
    summary="An item's picture",
    media_type="image/webp",
    security=[{}],
)
async def read_thumbnail(
    request: Request[Any, Any, Any],
    item_id: FromPath[str],
    v: Annotated[str | None, _filter("The picture's mark, as the item's `thumbnail` has it")] = None,
) -> Answer:
    """A WebP of 256 pixels, the same for everybody: no token is needed, and any page may show it."""
    picture = collection.thumbnail(item_id)
    if picture is None:
        raise Refused("not_found", "the catalogue has no picture of this item")
    mark = hashlib.sha256(picture).hexdigest()[: collection.MARK]
    headers = [
        (b"etag", etag(mark).encode()),
        (b"cache-control", FOR_EVER if v == mark else b"public, no-cache"),
        (b"cross-origin-resource-policy", b"cross-origin"),
    ]
    if not_modified(request, etag(mark)):
        return Answer(status=304, headers=headers)
    return Answer(body=picture, headers=headers, media_type=b"image/webp")


@post(
    "/catalogue",
    guards=[scope("blobs:write")],
    summary="Put a model of yours into the catalogue",
    responses={201: ResponseSpec(Listing, description="The item")},
    opt={"body": Body(NewItem)},
)
async def create_item(request: Request[Any, Any, Any]) -> Answer:
    """Only you see it. A design names it as it names ours: ``{"item": "my-duffle-coat"}``; what it says of figures,
    poses and depth is held to. To change an item, delete it and put it in again: designs go by its id.
    """
    parts = services(request)
    body = await json_body(request, parts.settings.max_body_bytes)
    return await write(request, parts.door, CREATE, parsed(NewItem, body), body)


@delete(
    "/catalogue/{item_id:str}",
    guards=[scope("blobs:write")],
    summary="Take an item of yours out of the catalogue",
    responses={204: ResponseSpec(None, description="It is gone; its model is still a blob of yours")},
    status_code=200,
)
async def delete_item(request: Request[Any, Any, Any], item_id: FromPath[str]) -> Answer:
    """Jobs that were accepted with it go on."""
    if not _OWN_ID.fullmatch(item_id):
        raise _unknown()
    return await write(request, services(request).door, DELETE, GoneItem(id=item_id), b"")


def _unknown() -> Refused:
    """The same answer for what is another's and for what never was."""
    return Refused("not_found", "the catalogue has no item of this id: GET /api/v1/catalogue?q=… finds some")


def _known(item_id: str) -> Listing:
    """The item of ours. Raises Refused ``not_found``."""
    try:
        return collection.listing(item_id)
    except CatalogueError:
        raise _unknown() from None


def _begins(everything: list[Listing], cursor: str | None) -> int:
    """Where a page begins: behind the item that the cursor names."""
    if cursor is None:
        return 0
    last = decoded(cursor)
    places = [place for place, one in enumerate(everything) if one.id == last]
    if not places:
        raise bad_cursor()
    return places[0] + 1


ROUTES = Router(
    "/", route_handlers=[list_items, read_item, read_thumbnail, create_item, delete_item], tags=["catalogue"]
)
