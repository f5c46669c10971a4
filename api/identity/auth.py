"""Who asks: the bearer token of a request, remembered for five seconds, and the scopes that a route needs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard
from sqlalchemy.exc import SQLAlchemyError

from api.http import header
from api.identity import tokens
from farm.db import Database
from farm.errors import FarmError, Refused
from farm.jobs import Actor

log = structlog.get_logger()

REMEMBERED_S = 5.0
MAX_REMEMBERED = 10_000


class Authenticator:
    """Token text -> Actor, with the database asked at most every five seconds a token, in a thread of ``pool``.

    Belongs to one event loop, or (:meth:`verified` alone) to threads. A wrong token is remembered too, so that
    guessing costs the database little.
    """

    def __init__(self, db: Database, pool: ThreadPoolExecutor) -> None:
        self._db = db
        self._pool = pool
        self._known: dict[str, tuple[float, Actor | FarmError]] = {}
        self._asked: dict[str, asyncio.Future[Actor | FarmError]] = {}
        self._touched: dict[str, float] = {}

    async def actor(self, authorization: bytes | None) -> Actor:
        """Raises Refused ``auth.missing`` or ``auth.invalid``."""
        return await self.token(_bearer(authorization))

    def verified(self, authorization: bytes | None) -> Actor:
        """The same for a thread, which waits for the database itself."""
        text = _bearer(authorization)
        found = self._known.get(text)
        if found is None or found[0] < time.monotonic():
            outcome = self._verify(text)
            self._remember(text, outcome)
        else:
            outcome = found[1]
        if isinstance(outcome, FarmError):
            raise outcome
        return outcome

    async def token(self, text: str) -> Actor:
        """The owner of a token's text."""
        found = self._known.get(text)
        if found is None or found[0] < time.monotonic():
            outcome = await self._ask(text)
        else:
            outcome = found[1]
        if isinstance(outcome, FarmError):
            raise outcome
        return outcome

    async def _ask(self, text: str) -> Actor | FarmError:
        asked = self._asked.get(text)
        if asked is None:
            loop = asyncio.get_running_loop()
            asked = loop.run_in_executor(self._pool, self._verify, text)
            self._asked[text] = asked
            asked.add_done_callback(lambda _: self._asked.pop(text, None))
        outcome = await asyncio.shield(asked)
        self._remember(text, outcome)
        return outcome

    def _remember(self, text: str, outcome: Actor | FarmError) -> None:
        if len(self._known) >= MAX_REMEMBERED:
            self._known.clear()
        self._known[text] = (time.monotonic() + REMEMBERED_S, outcome)

    def _verify(self, text: str) -> Actor | FarmError:
        try:
            with self._db.read() as conn:
                actor = tokens.verify(conn, text)
        except FarmError as error:
            return error
        self._touch(actor.token_id)
        return actor

    def _touch(self, token_id: str) -> None:
        present = time.monotonic()
        if present - self._touched.get(token_id, float("-inf")) < tokens.USED_EVERY_S:
            return
        if len(self._touched) >= MAX_REMEMBERED:
            self._touched.clear()
        self._touched[token_id] = present
        self._pool.submit(self._note_use, token_id)

    def _note_use(self, token_id: str) -> None:
        try:
            tokens.touch(self._db, (token_id,))
        except SQLAlchemyError as error:
            log.warning("token.use_not_noted", why=type(error).__name__)


def _bearer(authorization: bytes | None) -> str:
    if authorization is None or authorization[:7].lower() != b"bearer ":
        raise Refused("auth.missing", "send Authorization: Bearer <token>")
    return authorization[7:].strip().decode("latin-1")


def allows(actor: Actor, scope: str) -> bool:
    """Whether the actor's token has the scope."""
    return scope in actor.scopes or "admin" in actor.scopes


def require(actor: Actor, *scopes: str) -> Actor:
    """The actor itself, who has one of the scopes; raises Refused ``auth.forbidden``."""
    if not any(allows(actor, scope) for scope in scopes):
        raise Refused("auth.forbidden", f"the token needs the scope {' or '.join(scopes)}")
    return actor


def scope(*names: str) -> Guard:
    """Litestar's guard for routes that need one of the scopes; leaves the Actor in ``request.user``."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        actor = await authenticator(connection.scope).actor(header(connection.scope, b"authorization"))
        connection.scope["user"] = require(actor, *names)

    return guard


def authenticator(asgi_scope: Mapping[str, Any]) -> Authenticator:
    """The application's own."""
    found: Callable[[], Any] | Authenticator = asgi_scope["litestar_app"].state.authenticator
    assert isinstance(found, Authenticator)
    return found
