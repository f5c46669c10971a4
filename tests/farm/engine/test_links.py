"""Shared links, deletion and the audit trail, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from farm import audit, deletion, links
from farm.blobs import Stored, register
from farm.db import Database
from farm.errors import Refused
from farm.ids import new_id
from farm.jobs import Actor
from farm.links import Link
from farm.quotas import QUOTAS
from tests.farm.engine.conftest import DIGEST, Store
from tests.farm.engine.test_reconciler import LONG_AGO, reconciler

ME = Actor(owner="o", tier="free", token_id="t1")
STRANGER = Actor(owner="x", tier="studio", token_id="t2")
DAY = 86_400


def artifact_of(store: Store) -> str:
    store.submit()
    store.finish(store.must_claim())
    return str(store.rows("SELECT max(id) FROM artifacts")[0][0])


def share(store: Store, artifact: str, actor: Actor = ME, **more: Any) -> Link:
    return store.db.transact(lambda conn: links.create(conn, actor, artifact, **more))


def refusal(work: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as caught:
        work()
    return caught.value.code


def use(db: Database, link: str) -> str:
    try:
        db.transact(lambda conn: links.use(conn, link))
    except Refused as error:
        return error.code
    return "counted"


def trail(store: Store, owner: str = "o") -> list[tuple[str, str, str]]:
    with store.db.read() as conn:
        return [(row.action, row.subject, row.actor) for row in audit.page(conn, owner, limit=100)]


def test_ten_at_once_of_a_link_for_three_are_three(store: Store) -> None:
    link = share(store, artifact_of(store), max_downloads=3)
    with ThreadPoolExecutor(10) as pool:
        said = list(pool.map(lambda _: use(store.db, link.id), range(10)))
    assert sorted(said) == ["counted"] * 3 + ["link.used_up"] * 7
    with store.db.read() as conn:
        found = links.living(conn, link.id)
    assert found.downloads == 3
    assert found.last_used_at is not None


def test_a_link_without_a_limit_is_counted_too(store: Store) -> None:
    link = share(store, artifact_of(store))
    assert [use(store.db, link.id) for _ in range(5)] == ["counted"] * 5
    with store.db.read() as conn:
        assert links.living(conn, link.id).downloads == 5


def test_a_link_ends_by_revocation_and_by_time(store: Store) -> None:
    artifact = artifact_of(store)
    revoked, expired = share(store, artifact), share(store, artifact)
    store.db.transact(lambda conn: links.revoke(conn, ME, revoked.id))
    store.run("UPDATE links SET expires_at = :t WHERE id = :id", t=LONG_AGO, id=expired.id)
    for link, code in ((revoked.id, "link.revoked"), (expired.id, "link.expired"), (new_id(), "link.expired")):
        assert use(store.db, link) == code
        with store.db.read() as conn:
            assert refusal(partial(links.living, conn, link)) == code
    assert store.rows("SELECT sum(downloads) FROM links")[0][0] == 0


def test_a_link_lives_a_week_or_as_long_as_was_asked_and_the_tier_allows(store: Store) -> None:
    artifact = artifact_of(store)

    def life(link: Link) -> int:
        return round((link.expires_at - link.created_at).total_seconds())

    store.run("UPDATE artifacts SET expires_at = :t", t="2999-01-01 00:00:00+00")
    pro = Actor(owner="o", tier="pro", token_id="t1")
    assert life(share(store, artifact)) == 7 * DAY
    assert life(share(store, artifact, pro)) == 7 * DAY
    assert life(share(store, artifact, expires_in=60)) == 60
    assert life(share(store, artifact, pro, expires_in=30 * DAY)) == 30 * DAY
    for actor, seconds in ((ME, 7 * DAY + 1), (pro, 30 * DAY + 1), (ME, 0), (ME, -1)):
        code = refusal(partial(share, store, artifact, actor, expires_in=seconds))
        assert code == "request.invalid"


def test_no_link_outlives_its_artifact(store: Store) -> None:
    artifact = artifact_of(store)
    ends = store.rows("SELECT expires_at FROM artifacts")
    studio = Actor(owner="o", tier="studio", token_id="t1")
    link = share(store, artifact, studio, expires_in=365 * DAY)
    assert store.rows("SELECT expires_at FROM links") == ends
    assert (link.expires_at - link.created_at).days < 365
    store.run("UPDATE artifacts SET expires_at = :t", t=LONG_AGO)
    assert refusal(lambda: share(store, artifact)) == "not_found"


def test_what_is_anothers_is_not_there(store: Store) -> None:
    artifact = artifact_of(store)
    link = share(store, artifact)
    assert refusal(lambda: share(store, artifact, STRANGER)) == "not_found"
    assert refusal(lambda: store.db.transact(lambda conn: links.revoke(conn, STRANGER, link.id))) == "not_found"
    assert refusal(lambda: store.db.transact(lambda conn: deletion.artifact(conn, STRANGER, artifact))) == "not_found"
    with store.db.read() as conn:
        assert refusal(lambda: links.of_artifact(conn, "x", artifact, limit=9)) == "not_found"
        assert links.of_artifact(conn, "o", artifact, limit=9) == [link]
    assert use(store.db, link.id) == "counted"
    assert trail(store, "x") == []


def test_an_artifact_has_so_many_links_and_no_more(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "MAX_LINKS", 3)
    artifact = artifact_of(store)

    def attempt(_: int) -> str:
        try:
            share(store, artifact)
        except Refused as error:
            return error.code
        return "made"

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(attempt, range(6)))
    assert sorted(said) == ["made"] * 3 + ["quota.exceeded"] * 3
    with store.db.read() as conn:
        (first, *_) = links.of_artifact(conn, "o", artifact, limit=1)
    store.db.transact(lambda conn: links.revoke(conn, ME, first.id))
    assert attempt(0) == "made"


def test_links_page_newest_first(store: Store) -> None:
    artifact = artifact_of(store)
    made = [share(store, artifact).id for _ in range(5)]
    with store.db.read() as conn:
        first = links.of_artifact(conn, "o", artifact, limit=3)
        rest = links.of_artifact(conn, "o", artifact, limit=3, before=first[-1].id)
    assert [link.id for link in (*first, *rest)] == made[::-1]


def test_a_deleted_artifact_takes_its_links_along_and_leaves_a_trace(store: Store) -> None:
    artifact = artifact_of(store)
    link = share(store, artifact, max_downloads=2)
    for _ in range(2):
        store.db.transact(lambda conn: links.revoke(conn, ME, link.id))
    store.db.transact(lambda conn: deletion.artifact(conn, ME, artifact))
    assert refusal(lambda: store.db.transact(lambda conn: deletion.artifact(conn, ME, artifact))) == "not_found"
    assert store.rows("SELECT id FROM links") == []
    assert use(store.db, link.id) == "link.expired"
    assert trail(store) == [
        ("artifact.deleted", artifact, "t1"),
        ("link.revoked", link.id, "t1"),  # once, however often it was asked
        ("link.created", link.id, "t1"),
    ]
    with store.db.read() as conn:
        last, _, first = audit.page(conn, "o", limit=3)
    assert last.data["digest"] == DIGEST
    assert first.data == {"artifact": artifact, "expires_at": link.expires_at.isoformat(), "max_downloads": 2}


def test_the_trail_pages_and_is_bounded(store: Store) -> None:
    def write(conn: Any) -> None:
        for number in range(5):
            audit.record(conn, owner="o", actor="", action="link.created", subject=str(number), data={"n": "x" * 999})
        audit.record(conn, owner="other", actor="t", action="link.created", subject="theirs")

    store.db.transact(write)
    with store.db.read() as conn:
        first = audit.page(conn, "o", limit=3)
        rest = audit.page(conn, "o", limit=3, before=first[-1].id)
    assert [row.subject for row in (*first, *rest)] == ["4", "3", "2", "1", "0"]
    assert {(row.actor, len(row.data["n"])) for row in first} == {("unknown", audit.MAX_TEXT)}


def test_bytes_of_a_deleted_artifact_go_when_nothing_else_needs_them(store: Store) -> None:
    artifact = artifact_of(store)
    made, _, _, _ = reconciler(store)
    store.run("DELETE FROM step_cache")
    store.run("UPDATE blobs SET created_at = :t", t=LONG_AGO)
    made.collect()
    assert len(store.rows("SELECT digest FROM blobs")) == 1
    store.db.transact(lambda conn: deletion.artifact(conn, ME, artifact))
    made.collect()
    assert store.rows("SELECT digest FROM blobs") == []


def test_the_right_to_a_blob_ends_unless_an_unfinished_job_needs_it(store: Store) -> None:
    job = store.submit()
    with store.db.write() as conn:
        for owner in ("o", "x"):
            register(conn, Stored(digest=DIGEST, size=3, key=DIGEST), "image/png", owner)
    store.run("INSERT INTO job_blobs (job_id, digest) VALUES (:job, :digest)", job=job, digest=DIGEST)

    def remove(actor: Actor) -> None:
        store.db.transact(lambda conn: deletion.blob(conn, actor, DIGEST))

    assert refusal(lambda: remove(ME)) == "job.conflict"
    assert trail(store) == []
    remove(STRANGER)  # whose jobs do not need it
    assert trail(store, "x") == [("blob.deleted", DIGEST, "t2")]
    store.run("UPDATE jobs SET state = 'succeeded'")
    remove(ME)
    assert refusal(lambda: remove(ME)) == "not_found"
    assert trail(store) == [("blob.deleted", DIGEST, "t1")]
    assert store.rows("SELECT owner FROM blob_owners") == []


def test_links_that_expired_a_month_ago_are_deleted(store: Store) -> None:
    artifact = artifact_of(store)
    old, ended, good = (share(store, artifact) for _ in range(3))
    store.run("UPDATE links SET expires_at = :t WHERE id = :id", t=LONG_AGO, id=old.id)
    store.db.transact(lambda conn: links.revoke(conn, ME, ended.id))
    made, _, _, _ = reconciler(store)
    assert made.delete_links() == 1
    assert {row.id for row in store.rows("SELECT id FROM links")} == {ended.id, good.id}


def test_a_signature_is_of_one_link_of_one_farm() -> None:
    link, other = new_id(), new_id()
    good = links.sign("secret", link)
    links.verify("secret", link, good)
    for secret, name, given in (("secret", other, good), ("another", link, good), ("secret", link, good[:-1]),
                                ("secret", link, ""), ("secret", link, "é")):  # fmt: skip
        assert refusal(partial(links.verify, secret, name, given)) == "link.invalid"


def test_tiers_rise() -> None:
    free, pro, studio = (QUOTAS[name] for name in ("free", "pro", "studio"))
    for field in ("file_bytes", "stored_bytes", "open_uploads", "retention_h", "link_days"):
        assert getattr(free, field) < getattr(pro, field) < getattr(studio, field), field
