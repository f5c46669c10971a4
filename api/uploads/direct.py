"""Presigned uploads: one PUT by somebody who has no token. The session's owner completes it afterwards.

On S3 the URL is the bucket's own and the bytes never pass the farm; elsewhere it is a signed URL of the farm.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter

from api.http import Answer, json_body, stream
from api.identity.auth import scope
from api.openapi import Body, Raw
from api.services import services
from api.uploads import completion, reads
from api.uploads.chunked import MAX_REQUEST, decoded, receive_chunk
from api.uploads.schemas import Presigned, PresignRequest, UploadView
from farm.announcement import Wanted
from farm.errors import Refused
from farm.ids import is_id
from farm.upload_rows import find, unknown

ONE_PUT = 5 * 1024**3
"""Amazon S3 User Guide, "Uploading objects": the most that a single PUT takes."""
MAX_EXPIRES = 12
_decoder = msgspec.json.Decoder(PresignRequest)
_EXAMPLE = {"name": "print.tif", "size": 734_003_200, "type": "image/tiff", "expires_in": 3600}


def sign(secret: str, upload_id: str, expires: int) -> str:
    """The signature of a URL good until ``expires`` (Unix seconds): HMAC-SHA-256 as base64url, 43 characters."""
    message = f"farm.upload.v1\n{upload_id}\n{expires}".encode()
    return base64.urlsafe_b64encode(hmac.digest(secret.encode(), message, hashlib.sha256)).rstrip(b"=").decode()


@post(
    "/uploads/presign",
    guards=[scope("blobs:write")],
    summary="Presign an upload",
    responses={201: ResponseSpec(Presigned, description="Where to PUT the bytes")},
    status_code=201,
    opt={"body": Body(struct=PresignRequest, example=_EXAMPLE)},
)
async def presign(request: Request[Any, Any, Any]) -> Answer:
    """Give the URL and the headers to whoever has the file; nothing else of the farm opens with it. Complete the
    upload when the PUT has succeeded.
    """
    parts = services(request)
    asked = decoded(_decoder, await json_body(request, MAX_REQUEST))
    wanted = Wanted(
        name=asked.name, size=asked.size, declared_type=asked.type, digest=asked.sha256, protocol="direct"
    )
    if parts.sessions.parts.leases and asked.size > ONE_PUT:
        raise Refused("upload.too_large", "one PUT to S3 takes up to 5 GiB: send chunks instead")
    upload = await parts.thread(parts.sessions.create, request.user, wanted)
    expires = int(time.time()) + asked.expires_in
    media_type = upload.declared_type or "application/octet-stream"
    found = await parts.thread(parts.sessions.parts.presign, upload.place, asked.size, media_type, asked.expires_in)
    if found is None:
        signature = sign(parts.settings.secret_key.get_secret_value(), upload.id, expires)
        here = f"/api/v1/uploads/{upload.id}/content?expires={expires}&signature={signature}"
        found = (
            f"{parts.settings.ingest_url or parts.settings.url}{here}",
            {"Content-Type": media_type, "Content-Length": str(asked.size)},
        )
    answer = Presigned(
        upload=await parts.read(lambda conn: reads.views(conn, [upload])[0]),
        url=found[0],
        method="PUT",
        headers=dict(found[1]),
        expires_at=datetime.fromtimestamp(expires, UTC),
    )
    return Answer(answer, status=201, headers=[(b"location", f"/api/v1/uploads/{upload.id}".encode())])


def must_be_signed(secret: str, upload_id: str, expires: str, signature: str) -> None:
    """Raises Refused ``link.invalid`` or ``link.expired``."""
    good = expires.isdecimal() and len(expires) <= MAX_EXPIRES and is_id(upload_id)
    if not good or not hmac.compare_digest(sign(secret, upload_id, int(expires)).encode(), signature.encode()):
        raise Refused("link.invalid", "the URL was changed or made by another farm: ask for a new one")
    if time.time() >= int(expires):
        raise Refused("link.expired", "the URL has expired: ask its owner for a new one")


@put(
    "/uploads/{upload_id:str}/content",
    summary="Send a file to a presigned URL",
    responses={200: ResponseSpec(UploadView, description="All bytes are there")},
    status_code=200,
    opt={"body": Body(raw=Raw(media_type="application/octet-stream", description="All the bytes"))},
)
async def put_content(
    request: Request[Any, Any, Any],
    upload_id: FromPath[str],
    expires: Annotated[str, QueryParameter(max_length=MAX_EXPIRES)] = "",
    signature: Annotated[str, QueryParameter(max_length=100)] = "",
) -> Answer:
    """The whole file in one PUT, without a token. It may be sent again until it has arrived whole."""
    parts = services(request)
    must_be_signed(parts.settings.secret_key.get_secret_value(), upload_id, expires, signature)
    upload = await parts.read(partial(find, upload_id=upload_id, owner=None))
    if upload.protocol != "direct":
        raise unknown()
    if upload.size:
        await receive_chunk(parts, request, None, upload_id, 0)
    else:
        async for _ in stream(request, 0):  # refuses the first byte
            pass
    return Answer(await completion.view(parts, None, upload_id))


ROUTES = Router("/", route_handlers=[presign, put_content], tags=["uploads"])
