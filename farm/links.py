"""Shared links: whoever has the address downloads one artifact, so often and so long as its owner allows.

The address carries the link's id and a signature over it. What may change (expiry, revocation, the count) is in the
row, so that a link can be ended, and so that its address stays the same for as long as it lives.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, or_, select, update

from farm import audit
from farm.db import in_seconds, now
from farm.errors import Refused
from farm.ids import is_id, new_id
from farm.jobs import Actor
from farm.quotas import QUOTAS
from farm.tables import artifacts, links

DAY_S = 86_400
DEFAULT_S = 7 * DAY_S
MAX_LINKS = 100
"""Links of one artifact that are neither expired nor revoked."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A link as its row says. ``max_downloads`` None: any number."""

    id: str
    artifact_id: str
    owner: str
    note: str
    max_downloads: int | None
    downloads: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


def sign(secret: str, link_id: str) -> str:
    """The link's signature, the same for all its life: HMAC-SHA-256 as base64url, 43 characters."""
    message = f"farm.link.v1\n{link_id}".encode()
    return base64.urlsafe_b64encode(hmac.digest(secret.encode(), message, hashlib.sha256)).rstrip(b"=").decode()


def verify(secret: str, link_id: str, signature: str) -> None:
    """Raises Refused ``link.invalid`` for a signature of something else. Takes the same time for any wrong one."""
    if not hmac.compare_digest(sign(secret, link_id).encode(), signature.encode()):
        raise Refused("link.invalid", "the link was changed or made by another farm: ask its sender for it again")


def create(
    conn: Connection,
    actor: Actor,
    artifact_id: str,
    *,
    expires_in: int | None = None,
    max_downloads: int | None = None,
    note: str = "",
) -> Link:
    """A new link, good for ``expires_in`` seconds (a week, or less in a tier that allows less) or as long as the
    artifact, whichever is shorter.

    Raises Refused ``not_found`` for an artifact that is not the actor's, ``request.invalid`` for a longer life than
    the tier allows, ``quota.exceeded`` when the artifact has :data:`MAX_LINKS` already.
    """
    most = QUOTAS[actor.tier].link_days * DAY_S
    if expires_in is not None and not 1 <= expires_in <= most:
        raise Refused(
            "request.invalid",
            f"a link of the tier {actor.tier} may live {most // DAY_S} days: ask for 1 to {most} seconds",
            {"path": "expires_in"},
        )
    life = min(DEFAULT_S, most) if expires_in is None else expires_in
    # Locked, so that links of one artifact are counted one after another, and none is made while it is deleted.
    longest = _ends(conn, actor.owner, artifact_id, life=life, lock=True)
    living = select(func.count()).where(
        links.c.artifact_id == artifact_id, links.c.revoked_at.is_(None), links.c.expires_at > now()
    )
    if conn.execute(living).scalar_one() >= MAX_LINKS:
        raise Refused("quota.exceeded", f"the artifact has {MAX_LINKS} links: revoke one that is no longer needed")
    link_id, expires_at = new_id(), min(longest)
    conn.execute(
        insert(links).values(
            id=link_id,
            artifact_id=artifact_id,
            owner=actor.owner,
            note=note,
            max_downloads=max_downloads,
            created_at=now(),
            expires_at=expires_at,
        )
    )
    audit.record(
        conn,
        owner=actor.owner,
        actor=actor.token_id,
        action="link.created",
        subject=link_id,
        data={"artifact": artifact_id, "expires_at": expires_at.isoformat(), "max_downloads": max_downloads},
    )
    return _row(conn, link_id)


def of_artifact(
    conn: Connection, owner: str, artifact_id: str, *, limit: int, before: str | None = None
) -> list[Link]:
    """The artifact's links, newest first, ended ones too. Raises Refused ``not_found``."""
    _ends(conn, owner, artifact_id)
    query = select(links).where(links.c.artifact_id == artifact_id)
    if before is not None:
        query = query.where(links.c.id < before)
    return [Link(**row) for row in conn.execute(query.order_by(links.c.id.desc()).limit(limit)).mappings()]


def revoke(conn: Connection, actor: Actor, link_id: str) -> None:
    """Ends a link at once; one that was revoked before stays so. Raises Refused ``not_found``."""
    mine = (links.c.id == link_id, links.c.owner == actor.owner)
    found = conn.execute(select(links.c.artifact_id).where(*mine)).first() if is_id(link_id) else None
    if found is None:
        raise Refused("not_found", "you have no link of this id")
    ended = conn.execute(update(links).where(*mine, links.c.revoked_at.is_(None)).values(revoked_at=now()))
    if ended.rowcount:
        audit.record(
            conn,
            owner=actor.owner,
            actor=actor.token_id,
            action="link.revoked",
            subject=link_id,
            data={"artifact": found.artifact_id},
        )


def living(conn: Connection, link_id: str) -> Link:
    """The link, if it may still be used, or a download begun with it continued; nothing is counted.

    Raises Refused ``link.revoked`` or ``link.expired``; the signature was verified before, so a link that is no
    longer there was one.
    """
    query = select(links, (links.c.expires_at > now()).label("good")).where(links.c.id == link_id)
    row = conn.execute(query).mappings().first()
    if row is None:
        raise Refused("link.expired", "the link is over, or its file was deleted: ask its sender for a new one")
    fields = dict(row)
    good, link = fields.pop("good"), Link(**fields)
    if link.revoked_at is not None:
        raise Refused("link.revoked", "its sender has ended this link: ask for a new one")
    if not good:
        raise Refused("link.expired", "the link has expired: ask its sender for a new one")
    return link


def use(conn: Connection, link_id: str) -> None:
    """Counts a download. One conditional statement, so that of any number at once no more than allowed get through.

    Raises Refused as :func:`living`, and ``link.used_up``.
    """
    counted = conn.execute(
        update(links)
        .where(
            links.c.id == link_id,
            links.c.revoked_at.is_(None),
            links.c.expires_at > now(),
            or_(links.c.max_downloads.is_(None), links.c.downloads < links.c.max_downloads),
        )
        .values(downloads=links.c.downloads + 1, last_used_at=now())
    )
    if not counted.rowcount:
        most = living(conn, link_id).max_downloads
        raise Refused("link.used_up", f"the link was good for {most} downloads: ask its sender for a new one")


def _row(conn: Connection, link_id: str) -> Link:
    return Link(**conn.execute(select(links).where(links.c.id == link_id)).mappings().one())


def _ends(
    conn: Connection, owner: str, artifact_id: str, *, life: int = 0, lock: bool = False
) -> tuple[datetime, datetime]:
    """When the artifact ends, and the moment in ``life`` seconds. Raises Refused ``not_found``."""
    query = select(artifacts.c.expires_at, in_seconds(life).label("until")).where(
        artifacts.c.id == artifact_id, artifacts.c.owner == owner, artifacts.c.expires_at > now()
    )
    row = conn.execute(query.with_for_update() if lock else query).first() if is_id(artifact_id) else None
    if row is None:
        raise Refused("not_found", "you have no artifact of this id")
    return row.expires_at, row.until
