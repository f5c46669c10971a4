"""The roles of a farm: a literal table, and how `farm up` starts them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from farm import redis_server, runtime
from farm.bus import wait_for_redis
from farm.db import open_database
from farm.errors import Refused
from farm.settings import Settings
from farm.supervisor import Child, Supervisor

LOOPBACK = frozenset({"127.0.0.1", "localhost"})
MIGRATIONS = Path(__file__).resolve().parent / "migrations"


@dataclass(frozen=True, kw_only=True)
class Role:
    """A process of the farm: the module that runs it, how much it yields to others, and its own environment."""

    module: str
    nice: int = 0
    env: Mapping[str, str] = field(default_factory=dict)


FEW_ARENAS = {"MALLOC_ARENA_MAX": "2"}
"""glibc gives threads heaps of their own and keeps what was freed in each: ten megabytes for every thread that sends
a part to S3. Python's threads take turns anyway (mallopt(3), M_ARENA_MAX).
"""


ROLES: Mapping[str, Role] = {
    "api": Role(module="api.serve", env=FEW_ARENAS),
    "worker-light": Role(module="api.worker"),
    "worker-heavy": Role(module="pipelines.worker", nice=5),
    "reconciler": Role(module="api.reconcile"),
    "ingest": Role(module="api.ingest", env=FEW_ARENAS),
    "realtime": Role(module="api.realtime"),
    "flower": Role(module="api.flower_role"),
}


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """The roles that are meant: all when none is named; `worker heavy` is `worker-heavy`."""
    joined = " ".join(names).replace("worker heavy", "worker-heavy").replace("worker light", "worker-light").split()
    unknown = [name for name in joined if name not in ROLES]
    if unknown:
        raise Refused("request.invalid", f"there is no role {unknown[0]!r}; there are {', '.join(ROLES)}")
    return tuple(name for name in ROLES if not joined or name in joined)


def up(settings: Settings, names: Sequence[str] = ()) -> int:
    """Runs the roles until it is told to stop; returns the exit code.

    Redis comes first (its own, unless ``FARM_REDIS_URL`` is set), then the schema, then the roles.
    """
    from api.identity.bootstrap import first_token

    roles = chosen(names)
    settings = runtime.prepare(settings)
    local = settings.http_host in LOOPBACK and not settings.public_url
    if "ingest" in roles and local and not settings.ingest_url:
        here = f"http://{settings.http_host}:{settings.ingest_port}"
        settings = settings.model_copy(update={"ingest_url": here})
    children: list[Child] = []
    if settings.embedded_redis:
        url, start = redis_server.choose_url(settings.data_dir)
        settings = settings.model_copy(update={"redis_url": url})
        if start:
            children.append(
                Child(
                    name="redis",
                    argv=redis_server.command(settings.data_dir, url),
                    ready=lambda: wait_for_redis(url, 0.2),
                )
            )
    database = open_database(settings)
    database.upgrade(MIGRATIONS)
    if "api" in roles:
        first_token(database, settings)
    database.close()
    (settings.data_dir / "url").write_text(settings.url)
    shared = runtime.environment(settings)
    children += [
        Child(
            name=name,
            argv=(sys.executable, "-m", ROLES[name].module),
            env={**shared, **ROLES[name].env},
            nice=ROLES[name].nice,
        )
        for name in roles
    ]
    return Supervisor(children).run()
