"""The door of the audit trail: what was shared and what was deleted, by which token."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import Request, Router, get
from litestar.openapi.datastructures import ResponseSpec
from sqlalchemy import Connection

from api.http import Answer, Cursor, Limit, Page, after
from api.identity.auth import scope
from api.jobs.schemas import AuditView
from api.services import services
from farm import audit


def _page(conn: Connection, owner: str, limit: int, before: str | None) -> list[AuditView]:
    return [
        AuditView(id=row.id, at=row.at, actor=row.actor, action=row.action, subject=row.subject, data=dict(row.data))
        for row in audit.page(conn, owner, limit=limit + 1, before=before)
    ]


@get(
    "/audit",
    guards=[scope("jobs:read")],
    summary="Read your audit trail",
    responses={200: ResponseSpec(list[AuditView])},
)
async def read_audit(request: Request[Any, Any, Any], limit: Limit = 50, cursor: Cursor = None) -> Answer:
    """Links made and revoked, and everything deleted, newest first. Your own alone, whatever the token's scopes."""
    before = after(cursor) if cursor is not None else None
    work = partial(_page, owner=request.user.owner, limit=limit, before=before)
    return Page.of(await services(request).read(work), limit).answer(request)


ROUTES = Router("/", route_handlers=[read_audit], tags=["audit"])
