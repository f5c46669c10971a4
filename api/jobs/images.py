"""Small doors for pictures: an HTML form's file, and base64 in JSON. What comes in is a blob like any other."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, post
from litestar.openapi.datastructures import ResponseSpec
from multipart import MultipartError, PushMultipartParser, parse_options_header

from api.http import Answer, header, json_body, stream
from api.identity.auth import scope
from api.jobs.blobs import PICTURES, keep
from api.jobs.schemas import BlobView
from api.openapi import Body, Raw
from api.problems import undecodable
from api.services import services
from farm.errors import Refused
from farm.media import sniff

ONE = ResponseSpec(BlobView, description="The image's blob")
ENVELOPE = 10_000
"""Bytes of a form beside its file: boundaries, headers, other fields."""
_DATA_URL = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w.+-]+=[\w.+-]+)*;base64,", re.ASCII)


class Base64Image(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """``data``: base64, or a ``data:`` URL."""

    data: Annotated[str, msgspec.Meta(min_length=1)]
    name: Annotated[str, msgspec.Meta(max_length=200)] | None = None


_decoder = msgspec.json.Decoder(Base64Image)


@post(
    "/uploads/image",
    guards=[scope("blobs:write")],
    summary="Upload an image by a form",
    responses={201: ONE},
    status_code=201,
    opt={"body": Body(raw=Raw(media_type="multipart/form-data", description="One file field, PNG, JPEG or WebP"))},
)
async def form_image(request: Request[Any, Any, Any]) -> Answer:
    """The first file of the form; other fields are passed over."""
    parts = services(request)
    kind, options = parse_options_header((header(request.scope, b"content-type") or b"").decode("latin-1"))
    if kind != "multipart/form-data" or not 1 <= len(options.get("boundary", "")) <= 200:
        raise Refused("request.media_type", "send a form as multipart/form-data with one file")
    limit = parts.settings.image_bytes
    found: bytearray | None = None
    taking = False
    try:
        with PushMultipartParser(
            options["boundary"], max_segment_count=20, max_segment_size=limit + ENVELOPE, max_header_size=4096
        ) as parser:
            async for chunk in stream(request, limit + ENVELOPE):
                for event in parser.parse(chunk):
                    if event is None:
                        taking = False
                    elif isinstance(event, (bytes, bytearray)):
                        if taking and found is not None:
                            found += event
                    elif found is None and event.filename is not None:
                        found, taking = bytearray(), True
    except MultipartError as error:
        raise Refused(
            "request.malformed", f"the form cannot be read ({type(error).__name__}): send it again"
        ) from None
    if not found:
        raise Refused("request.invalid", "the form has no file: send the image as a file field", {"path": "file"})
    return await _kept(request, bytes(found))


@post(
    "/uploads/base64",
    guards=[scope("blobs:write")],
    summary="Upload an image as base64",
    responses={201: ONE},
    status_code=201,
    opt={
        "body": Body(struct=Base64Image, example={"data": "data:image/png;base64,iVBORw0KGgo…", "name": "front.png"})
    },
)
async def base64_image(request: Request[Any, Any, Any]) -> Answer:
    """For clients that have the picture as text: a canvas, a mail."""
    parts = services(request)
    body = await json_body(request, parts.settings.image_bytes * 4 // 3 + ENVELOPE)
    try:
        asked = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise undecodable(error) from None
    text = asked.data
    url = _DATA_URL.match(text)
    if url is None and text.startswith("data:"):
        raise Refused("request.invalid", "data: give base64, or a data: URL with ;base64", {"path": "data"})
    try:
        data = base64.b64decode(text[url.end() if url else 0 :], validate=True)
    except (binascii.Error, ValueError):
        raise Refused("request.invalid", "data: this is not base64", {"path": "data"}) from None
    return await _kept(request, data)


async def _kept(request: Request[Any, Any, Any], data: bytes) -> Answer:
    parts = services(request)
    media_type = sniff(data)
    if media_type not in PICTURES:
        raise Refused("image.type", f"the content is {media_type}: send a PNG, JPEG or WebP image")
    if len(data) > parts.settings.image_bytes:
        raise Refused("request.too_large", f"an image has at most {parts.settings.image_bytes:,} bytes here")
    stored = await parts.thread(parts.blobs.put_bytes, data)
    view = await parts.thread(keep, parts, stored, media_type, request.user)
    return Answer(view, status=201, headers=[(b"location", f"/api/v1/blobs/{stored.digest}".encode())])


ROUTES = Router("/", route_handlers=[form_image, base64_image], tags=["blobs"])
