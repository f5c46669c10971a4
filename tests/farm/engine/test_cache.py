"""The render cache: what is kept for how long, and how often it served."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from farm.blobs import Stored, register
from farm.cache import Keeping, Tally, key_of, lookup, tallies
from farm.endings import finish_step
from farm.plan import Output, StepResult
from tests.farm.engine.conftest import DIGEST, Store, step


def finish(store: Store, *, seconds: float = 0.0, source: str = "rendered", **more: Any) -> str:
    """Runs the next step; its key in the cache."""
    claimed = store.must_claim()
    with store.db.write() as connection:
        register(connection, Stored(digest=DIGEST, size=3, key=DIGEST), "image/png")
    result = StepResult(outputs=(Output(name="{stem}.png", digest=DIGEST, size=3, media_type="image/png"),))
    finish_step(store.db, claimed, result, source=source, seconds=seconds, **more)
    return key_of(claimed.hash, "")


def days_left(store: Store, table: str) -> float:
    ((until,),) = store.rows(f"SELECT expires_at FROM {table}")
    at = datetime.fromisoformat(until) if isinstance(until, str) else until
    return (at.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds() / 86_400


def test_results_and_entries_are_kept_as_long_as_the_settings_say(store: Store) -> None:
    store.submit()
    key = finish(store, keeping=Keeping(artifact_days=3, cache_days=90))
    assert days_left(store, "artifacts") == pytest.approx(3, abs=0.01)
    assert days_left(store, "step_cache") == pytest.approx(90, abs=0.01)
    assert lookup(store.db, key, 7) is not None
    assert days_left(store, "step_cache") == pytest.approx(7, abs=0.01)  # anew with each use


def test_hits_and_what_they_saved_are_counted_by_kind_of_step(store: Store) -> None:
    store.submit(step("a"))
    key = finish(store, seconds=2.5)
    store.submit(step("b"))
    finish(store, seconds=9.0)
    for _ in range(3):
        assert lookup(store.db, key) is not None
    assert lookup(store.db, key_of("0" * 64, "")) is None
    with store.db.read() as connection:
        found = tallies(connection)
    assert found == [
        Tally(name=step("a").name, entries=1, hits=3, saved_s=7.5),
        Tally(name=step("b").name, entries=1, hits=0, saved_s=0.0),
    ]


def test_a_cached_step_is_no_new_entry(store: Store) -> None:
    store.submit()
    finish(store)
    store.submit()
    finish(store, source="cached")
    with store.db.read() as connection:
        assert [one.entries for one in tallies(connection)] == [1]
