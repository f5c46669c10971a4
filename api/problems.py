"""Errors as RFC 9457 problem details, in English or Korean. The one place where a code becomes an HTTP answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from sqlite3 import SQLITE_FULL
from typing import Any, TypeVar

import msgspec
import orjson
import pydantic
import structlog
from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    InternalServerException,
    MethodNotAllowedException,
    NotAuthorizedException,
    NotFoundException,
    PermissionDeniedException,
    ValidationException,
)
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.http import header, request_id
from assets.errors import ContentError
from farm.errors import FarmError, Refused, lookup

log = structlog.get_logger()

M = TypeVar("M", bound=pydantic.BaseModel)
MAX_ERRORS = 50
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S: Mapping[int, int] = {429: 1, 503: 2}
_LITESTAR: tuple[tuple[type[HTTPException], str, str], ...] = (
    (NotFoundException, "not_found", "nothing answers at this address: see /api/v1/openapi.json"),
    (NotAuthorizedException, "auth.missing", ""),
    (PermissionDeniedException, "auth.forbidden", ""),
)


def korean(accept_language: str) -> bool:
    """Whether Accept-Language prefers Korean to English (RFC 9110, 12.5.4)."""
    best: dict[str, float] = {}
    for part in accept_language[:500].split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.partition("-")[0].strip().lower()
        quality = parameter.strip().removeprefix("q=") if parameter else "1"
        try:
            weight = float(quality)
        except ValueError:
            continue
        best[language] = max(best.get(language, 0.0), weight)
    return best.get("ko", 0.0) > best.get("en", best.get("*", 0.0))


def _place(loc: Sequence[int | str], kind: str, document: Any) -> str:
    """A pydantic location as a path into what was sent: names of union members are left out."""
    path = ""
    here = document
    for index, part in enumerate(loc):
        last = index == len(loc) - 1
        if isinstance(part, int):
            path += f"[{part}]"
            here = here[part] if isinstance(here, list) and part < len(here) else None
        elif isinstance(here, dict) and part not in here and not (last and kind == "missing"):
            continue
        else:
            path += f".{part}" if path else part
            here = here.get(part) if isinstance(here, dict) else None
    return path


def invalid(error: pydantic.ValidationError, document: bytes | str | None = None, at: str = "") -> Refused:
    """A pydantic error as ``request.invalid``: ``errors`` lists at most 50 of (path, message, code).

    ``document`` is the JSON that was validated, ``at`` its own place in the body.
    """
    try:
        data = orjson.loads(document) if document is not None else None
    except orjson.JSONDecodeError:
        data = None
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found and found[0]["type"] == "json_invalid":
        return Refused("request.malformed", f"the body is not JSON: {found[0]['msg']}")
    errors = []
    for row in found[:MAX_ERRORS]:
        path = _place(row["loc"], row["type"], data)
        if at:
            path = f"{at}.{path}" if path and not path.startswith("[") else f"{at}{path}"
        errors.append({"path": path, "message": row["msg"].removeprefix("Value error, "), "code": row["type"]})
    return Refused("request.invalid", sentence(errors, len(found)), {"errors": errors})


def parsed(model: type[M], body: bytes, at: str = "") -> M:
    """The JSON as a model; raises Refused ``request.malformed`` or ``request.invalid``."""
    try:
        return model.model_validate_json(body)
    except pydantic.ValidationError as error:
        raise invalid(error, body, at) from None


def sentence(errors: Sequence[Mapping[str, str]], count: int) -> str:
    """The first error in words, and how many more there are."""
    if not errors:
        return ""
    first = errors[0]
    said = f"{first['path']}: {first['message']}" if first["path"] else first["message"]
    return f"{said} (and {count - 1} more)" if count > 1 else said


def undecodable(error: msgspec.DecodeError | UnicodeDecodeError) -> Refused:
    """What msgspec could not read: a wrong shape is ``request.invalid``, no JSON at all ``request.malformed``."""
    if isinstance(error, UnicodeDecodeError):
        return Refused("request.malformed", "the body is not UTF-8")
    text = str(error)
    if not isinstance(error, msgspec.ValidationError):
        return Refused("request.malformed", f"the body is not JSON: {text}")
    message, _, place = text.partition(" - at `$")
    path = place.rstrip("`").removeprefix(".")
    errors = [{"path": path, "message": message, "code": "invalid"}]
    return Refused("request.invalid", sentence(errors, 1), {"errors": errors})


def _from_litestar(error: HTTPException) -> FarmError:
    for kind, code, detail in _LITESTAR:
        if isinstance(error, kind):
            return Refused(code, detail)
    if isinstance(error, MethodNotAllowedException):
        return Refused("request.method", "use one of the methods in the Allow header")
    if error.status_code == 413:
        return Refused("request.too_large", "send less, or upload it as a blob")
    if isinstance(error, ValidationException):
        rows = error.extra if isinstance(error.extra, list) else []
        errors = [
            {
                "path": f"{row.get('source', 'query')}.{row.get('key', '')}",
                "message": str(row.get("message", "")),
                "code": "invalid",
            }
            for row in rows[:MAX_ERRORS]
        ]
        return Refused("request.invalid", sentence(errors, len(rows)) or error.detail, {"errors": errors})
    if isinstance(error, ClientException) or error.status_code < 500:
        return Refused("request.malformed", error.detail)
    return FarmError("farm.internal")


def as_farm_error(error: Exception) -> FarmError:
    """Whatever was raised, as an error with a stable code. Nothing of the inside shows in it."""
    if isinstance(error, FarmError):
        return error
    if isinstance(error, ContentError):
        return Refused(error.code, str(error), {"path": error.path} if error.path else {})
    if isinstance(error, pydantic.ValidationError):
        return invalid(error)
    if isinstance(error, msgspec.DecodeError):
        return undecodable(error)
    if isinstance(error, InternalServerException) and "disconnected" in error.detail:
        return Refused("request.malformed", "the connection ended before the body did")
    if isinstance(error, HTTPException):
        return _from_litestar(error)
    if isinstance(error, DataError):
        return Refused("request.invalid", "a value cannot be kept in the database: leave out NUL characters")
    if isinstance(error, DBAPIError) and _no_room(error.orig):
        return FarmError("farm.disk_full", "the disk of the database is full: free space or add some")
    if isinstance(error, (OperationalError, InterfaceError, PoolTimeout)) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    ):
        return FarmError("farm.unavailable", "the database does not answer; try again")
    return FarmError("farm.internal")


def _no_room(error: BaseException | None) -> bool:
    """Whether a driver's error is SQLite's SQLITE_FULL or PostgreSQL's disk_full (class 53)."""
    return getattr(error, "sqlite_errorcode", None) == SQLITE_FULL or getattr(error, "sqlstate", None) == "53100"


def problem(error: FarmError, *, ko: bool = False, instance: str = "") -> dict[str, Any]:
    """The body of a problem. Data that is not the client's (retry times) becomes headers instead."""
    row = lookup(error.code)
    body: dict[str, Any] = {
        "type": f"urn:farm:problem:{error.code}",
        "title": row.title_ko if ko else row.title,
        "status": row.status,
        "code": error.code,
        "detail": error.detail or (row.title_ko if ko else row.title),
    }
    if instance:
        body["instance"] = f"urn:farm:request:{instance}"
    errors = error.data.get("errors")
    if errors is None and "path" in error.data:
        errors = [{"path": str(error.data["path"]), "message": error.detail, "code": error.code}]
    if errors:
        body["errors"] = list(errors)[:MAX_ERRORS]
    for key in ("rows", "total_bad", "job", "missing"):
        if key in error.data:
            body[key] = error.data[key]
    return body


def answered(scope: Mapping[str, Any], raised: Exception) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a problem; logs what is the farm's fault. Of ``scope``, path and headers count."""
    error = as_farm_error(raised)
    name = request_id(scope)
    status = lookup(error.code).status
    if error.code == "farm.internal":
        log.error("http.failed", request_id=name, path=scope["path"], exc_info=raised)
    elif status >= 500:
        log.warning("http.unavailable", request_id=name, path=scope["path"], code=error.code, why=str(raised))
    ko = korean((header(scope, b"accept-language") or b"").decode("latin-1"))
    headers = {"content-language": "ko" if ko else "en", "vary": "accept-language"}
    if status in RETRY_AFTER_S:
        seconds = max(1, round(float(error.data.get("retry_after_s", RETRY_AFTER_S[status]))))
        headers["retry-after"] = str(seconds)
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="farm"'
    if "total" in error.data and status == 416:
        headers["content-range"] = f"bytes */{error.data['total']}"
    return status, headers, msgspec.json.encode(problem(error, ko=ko, instance=name))


def respond(request: Request[Any, Any, Any], raised: Exception) -> Response[bytes]:
    """Litestar's exception handler."""
    status, headers, body = answered(request.scope, raised)
    if isinstance(raised, MethodNotAllowedException) and raised.headers:
        headers["allow"] = raised.headers["allow"]
    return Response(content=body, status_code=status, headers=headers, media_type=MEDIA_TYPE)


HANDLERS: ExceptionHandlersMap = {Exception: respond, HTTPException: respond, 500: respond}
