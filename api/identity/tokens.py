"""Tokens: made once, shown once, kept as a hash. Writes here are direct: a secret never enters a job's spec."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, insert, or_, select, update

from api.identity.tables import tokens
from farm.db import Database, in_seconds, now
from farm.errors import Refused
from farm.ids import is_id, new_id
from farm.jobs import Actor
from farm.lanes import TIER_WEIGHTS

SCOPES = ("jobs:read", "jobs:write", "blobs:write", "cards:read", "cards:write", "admin")
"""``admin`` includes all others."""
USED_EVERY_S = 60.0
"""``last_used_at`` is written at most this often."""


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token without its secret."""

    id: str
    owner: str
    tier: str
    scopes: tuple[str, ...]
    name: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


_COLUMNS = [column for column in tokens.c if column.name != "secret_hash"]


def create(
    db: Database,
    *,
    owner: str,
    tier: str = "free",
    scopes: Collection[str] = SCOPES[:-1],
    name: str = "",
    expires_in_s: float | None = None,
) -> tuple[Token, str]:
    """A new token and its text, ``farm_<id>_<secret>``, which nobody can read again.

    Raises Refused ``request.invalid`` for an unknown tier or scope, or an owner or name that is too long.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise Refused("request.invalid", f"no such scope: {', '.join(unknown)}; there are {', '.join(SCOPES)}")
    if tier not in TIER_WEIGHTS:
        raise Refused("request.invalid", f"no such tier: {tier}; there are {', '.join(TIER_WEIGHTS)}")
    if not 1 <= len(owner) <= 64 or len(name) > 200:
        raise Refused("request.invalid", "an owner has 1 to 64 characters, a name at most 200")
    token_id, secret = new_id(), secrets.token_urlsafe(32)
    values = {
        "id": token_id,
        "owner": owner,
        "tier": tier,
        "scopes": [scope for scope in SCOPES if scope in scopes],
        "name": name,
        "secret_hash": hashlib.sha256(secret.encode()).hexdigest(),
        "created_at": now(),
        "expires_at": None if expires_in_s is None else in_seconds(expires_in_s),
    }
    with db.write() as conn:
        conn.execute(insert(tokens).values(**values))
        made = _by_id(conn, token_id)
    assert made is not None
    return made, f"farm_{token_id}_{secret}"


def verify(conn: Connection, text: str) -> Actor:
    """Whose token it is. Raises Refused ``auth.invalid``: unknown, wrong, revoked and expired look the same."""
    prefix, _, rest = text.partition("_")
    token_id, _, secret = rest.partition("_")
    if prefix != "farm" or not is_id(token_id) or not 1 <= len(secret) <= 200:
        raise _wrong()
    valid = tokens.c.revoked_at.is_(None) & or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now())
    query = select(tokens.c.owner, tokens.c.tier, tokens.c.scopes, tokens.c.secret_hash)
    row = conn.execute(query.where(tokens.c.id == token_id, valid)).first()
    given = hashlib.sha256(secret.encode()).hexdigest()
    if row is None or not hmac.compare_digest(row.secret_hash, given):
        raise _wrong()
    return Actor(owner=row.owner, tier=row.tier, scopes=frozenset(row.scopes), token_id=token_id)


def touch(db: Database, token_ids: Collection[str]) -> None:
    """Notes that tokens were used."""
    stale = or_(tokens.c.last_used_at.is_(None), tokens.c.last_used_at < in_seconds(-USED_EVERY_S))
    with db.write() as conn:
        conn.execute(update(tokens).where(tokens.c.id.in_(tuple(token_ids)), stale).values(last_used_at=now()))


def revoke(db: Database, token_id: str) -> bool:
    """Ends a token; doors notice within five seconds. False when there is none, or it was ended before."""
    with db.write() as conn:
        ended = update(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None)).values(revoked_at=now())
        return conn.execute(ended).rowcount == 1


def list(db: Database, owner: str | None = None) -> Sequence[Token]:  # noqa: A001 - reads as tokens.list
    """Tokens, newest first; of one owner when asked."""
    query = select(*_COLUMNS).order_by(tokens.c.id.desc()).limit(1000)
    with db.read() as conn:
        rows = conn.execute(query if owner is None else query.where(tokens.c.owner == owner)).mappings().all()
        return tuple(_token(row) for row in rows)


def _by_id(conn: Connection, token_id: str) -> Token | None:
    row = conn.execute(select(*_COLUMNS).where(tokens.c.id == token_id)).mappings().first()
    return None if row is None else _token(row)


def _token(row: RowMapping) -> Token:
    return Token(**{**row, "scopes": tuple(row["scopes"])})


def _wrong() -> Refused:
    return Refused("auth.invalid", "the token is unknown, revoked or expired: take a new one with `farm token new`")
