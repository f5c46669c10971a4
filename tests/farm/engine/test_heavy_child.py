"""A child of the heavy worker stops when its step was taken away, and not for what was meant for the step before."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from farm import control, workers
from farm.blob_memory import MemoryBlobs
from farm.claims import held
from farm.heavy import HeavyChild
from farm.plan import StepResult
from farm.steps import StepCode, StepContext
from farm.wakes import NullWaker
from tests.farm.engine.conftest import WORKER, Store


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)


def child(store: Store, scratch: Path, code: StepCode) -> HeavyChild:
    workers.seen(store.db, WORKER)
    return HeavyChild(
        db=store.db,
        blobs=MemoryBlobs(),
        waker=NullWaker(),  # type: ignore[arg-type]
        worker=WORKER,
        steps={"do.a": code},
        scratch=scratch,
        device=lambda _resources: "",
        uploads=lambda: None,  # type: ignore[arg-type,return-value]
    )


def test_a_stop_that_was_meant_for_the_step_before_is_forgotten(store: Store, tmp_path: Path) -> None:
    job = store.submit()

    def late_signal(context: StepContext) -> StepResult:
        os.kill(os.getpid(), signal.SIGUSR1)
        context.check()
        context.progress(1, 1)
        return StepResult(outputs=())

    assert "rendered" in (child(store, tmp_path, late_signal).run("render") or "")
    assert store.state(job) == "succeeded"


def test_a_step_that_was_taken_away_is_stopped(store: Store, tmp_path: Path) -> None:
    job = store.submit()

    def cancelled(context: StepContext) -> StepResult:
        context.check()
        control.cancel(store.db, job)
        os.kill(os.getpid(), signal.SIGUSR1)
        context.check()
        raise AssertionError("it went on")

    assert "stopped" in (child(store, tmp_path, cancelled).run("render") or "")
    assert store.state(job) == "cancelled"


def test_what_has_just_succeeded_is_not_stopped(store: Store) -> None:
    store.submit()
    claimed = store.must_claim()
    assert held(store.db, WORKER, [(claimed.id, claimed.attempt)]) == {claimed.id}
    store.finish(claimed)
    assert held(store.db, WORKER, [(claimed.id, claimed.attempt)]) == {claimed.id}
    assert held(store.db, WORKER, [(claimed.id, claimed.attempt + 1)]) == frozenset()
