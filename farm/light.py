"""The light lanes: claim, commands and results in one transaction, up to 64 jobs at a time: exactly once."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from farm.bus import Bus, Change, Outcome
from farm.db import Database, dumps
from farm.errors import FarmError, FarmFault
from farm.jobs import Call, Command, Reply
from farm.lanes import LANES
from farm.light_claims import LightJob, LightOutcome, claim_light, finish_light

log = structlog.get_logger(__name__)

LONGEST_RUN_S = 1.0
"""How long one wake-up goes on; then others on the same worker have their turn."""

Result = Reply | FarmError


@dataclass(frozen=True)
class _Ready:
    """A claimed job with its command and its validated spec."""

    job: LightJob
    command: Command
    call: Call


def drain(db: Database, bus: Bus, commands: Mapping[str, Command], lane: str) -> int:
    """Runs batches of a lane until it is empty, or for about a second; how many jobs."""
    until, done = time.monotonic() + LONGEST_RUN_S, 0
    while time.monotonic() < until:
        count = run_batch(db, bus, commands, lane)
        done += count
        if count < LANES[lane].batch:
            break
    return done


def run_batch(db: Database, bus: Bus, commands: Mapping[str, Command], lane: str) -> int:
    """One claim, one transaction; replies and announcements leave after the commit."""

    def work(connection: Connection) -> list[LightOutcome]:
        jobs = claim_light(connection, lane, LANES[lane].batch)
        if not jobs:
            return []
        results = _run(connection, jobs, commands)
        outcomes = [LightOutcome(job=job, result=results[job.id]) for job in jobs]
        finish_light(connection, outcomes)
        return outcomes

    outcomes = db.transact(work)
    _tell(bus, outcomes)
    return len(outcomes)


def _tell(bus: Bus, outcomes: Sequence[LightOutcome]) -> None:
    replies: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.job.reply_to:
            replies[outcome.job.reply_to].append(
                Outcome(job_id=outcome.job.id, state=outcome.state, result=outcome.reply, error=outcome.error)
            )
    bus.reply(replies)
    bus.announce(
        Change(owner=o.job.actor.owner, job_id=o.job.id, kind=o.job.kind, state=o.state, revision=o.job.revision + 1)
        for o in outcomes
    )


def _run(connection: Connection, jobs: Iterable[LightJob], commands: Mapping[str, Command]) -> dict[str, Result]:
    results: dict[str, Result] = {}
    ready: list[_Ready] = []
    for job in jobs:
        command = commands.get(job.kind)
        if command is None:
            results[job.id] = FarmFault("farm.no_worker", f"this worker does not know {job.kind!r}: update it")
            continue
        try:
            spec = command.spec.model_validate_json(dumps(job.spec))  # by JSON: strict mode knows lists, not tuples
        except ValidationError:
            results[job.id] = FarmFault("farm.internal", "the stored spec does not fit this worker's version")
            continue
        ready.append(_Ready(job, command, Call(job_id=job.id, actor=job.actor, spec=spec)))
    for wave in _waves(ready):
        for command, group in _by_command(wave):
            results |= _run_group(connection, command, group)
    return results


def _waves(ready: Sequence[_Ready]) -> list[list[_Ready]]:
    """Jobs on one row keep their order: its second job is in the second wave. Within a wave rows are in one order
    everywhere, so that two workers cannot wait for one another.
    """
    waves: list[list[tuple[str, _Ready]]] = []
    seen: defaultdict[str, int] = defaultdict(int)
    for one in ready:
        key = one.command.row_key(one.call.spec)
        turn = 0
        if key is not None:
            turn = seen[key]
            seen[key] += 1
        while len(waves) <= turn:
            waves.append([])
        waves[turn].append((key or "", one))
    return [[one for _, one in sorted(wave, key=lambda pair: pair[0])] for wave in waves]


def _by_command(wave: Sequence[_Ready]) -> list[tuple[Command, list[_Ready]]]:
    groups: dict[str, tuple[Command, list[_Ready]]] = {}
    for one in wave:
        groups.setdefault(one.command.kind, (one.command, []))[1].append(one)
    return list(groups.values())


def _run_group(connection: Connection, command: Command, group: Sequence[_Ready]) -> dict[str, Result]:
    """All with one statement where the command can; one by one if that fails."""
    if command.run_many is not None and len(group) > 1:
        try:
            with connection.begin_nested():
                replies = command.run_many(connection, [one.call for one in group])
                if len(replies) == len(group):
                    return {one.job.id: reply for one, reply in zip(group, replies, strict=True)}
                raise FarmFault("farm.internal", "a set-based command lost count")
        except (FarmError, SQLAlchemyError) as error:
            log.info("batch.split", command=command.kind, count=len(group), error=type(error).__name__)
    return {one.job.id: _run_one(connection, one) for one in group}


def _run_one(connection: Connection, one: _Ready) -> Result:
    try:
        with connection.begin_nested():
            return one.command.run(connection, one.call.actor, one.call.spec)
    except FarmError as error:
        return error
    except SQLAlchemyError:
        # A broken connection or a deadlock is not this job's: the whole batch is done again.
        if connection.invalidated or not connection.in_transaction():
            raise
        log.exception("command.broke", command=one.command.kind, job_id=one.job.id)
    except Exception:
        log.exception("command.broke", command=one.command.kind, job_id=one.job.id)
    return FarmFault("farm.internal", "the command failed; the log has the cause")
