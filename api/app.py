"""The HTTP intake. A composition root: everything that it is made of is named here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import Message, Scope

from api import http, openapi, operations, problems
from api.cards import routes as cards
from api.catalogue import routes as catalogue
from api.jobs import artifacts, audit, batches, blobs, images, links
from api.jobs import farm as farm_routes
from api.jobs import routes as jobs
from api.operations import Metrics
from api.services import open_services
from api.uploads import chunked, direct, tus
from farm import runtime
from farm.jobs import JobKind
from farm.process import watch_parent
from farm.settings import Settings
from pipelines.kinds import KINDS

EXPOSED = (
    "ETag",
    "Location",
    "Retry-After",
    "X-Request-ID",
    "Tus-Resumable",
    "Tus-Version",
    "Tus-Extension",
    "Tus-Max-Size",
    "Tus-Checksum-Algorithm",
    "Upload-Concat",
    "Upload-Defer-Length",
    "Upload-Expires",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Offset",
)
"""Answers' headers that a page of another origin may read."""
SLICES = (
    jobs.ROUTES,
    batches.ROUTES,
    artifacts.ROUTES,
    links.ROUTES,
    audit.ROUTES,
    blobs.ROUTES,
    farm_routes.ROUTES,
    catalogue.ROUTES,
    images.ROUTES,
    direct.ROUTES,
    chunked.ROUTES,
    tus.ROUTES,
    cards.ROUTES,
)


def create_app(settings: Settings, kinds: Mapping[str, JobKind] = KINDS) -> Litestar:
    """The application. It opens the database, the blob store, Redis and its threads when it starts."""
    metrics = Metrics()

    @asynccontextmanager
    async def parts(app: Litestar) -> AsyncIterator[None]:
        async with open_services(settings, kinds) as opened:
            app.state.services = opened
            app.state.authenticator = opened.authenticator
            sampling = asyncio.create_task(metrics.sample())
            try:
                yield
            finally:
                sampling.cancel()

    async def before_send(message: Message, scope: Scope) -> None:
        await http.before_send(message, scope)
        if message["type"] == "http.response.start":
            method = str(scope.get("method", ""))
            metrics.requests.labels(method, str(message["status"])).inc()
            metrics.seconds.labels(method).observe(time.perf_counter() - http.began(scope))

    return Litestar(
        route_handlers=[
            Router(openapi.PREFIX, route_handlers=[*SLICES]),
            Router("/api", route_handlers=[*SLICES], include_in_schema=False),
            operations.ROUTES,
            openapi.ROUTES,
        ],
        lifespan=[parts],
        state=State({"metrics": metrics, "kinds": kinds}),
        exception_handlers=problems.HANDLERS,
        before_send=[before_send],
        cors_config=_cors(settings.cors_origins),
        request_max_body_size=None,  # every body is counted as it streams in, against its own limit
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="Render and export farm",
            version=version("render-farm"),
            description="Designs go in, images, turntables and models come out. Every write is a job.",
            path="/litestar-schema",
            render_plugins=[],
            components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
            security=[{"token": []}],
        ),
    )


def _cors(origins: str) -> CORSConfig | None:
    """Pages of other origins may call, without cookies: they need a token of their own."""
    named = [origin.strip() for origin in origins.split(",") if origin.strip()]
    if not named:
        return None
    return CORSConfig(
        allow_origins=named,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=["*"],
        expose_headers=[*EXPOSED],
        max_age=86_400,
    )


def app() -> Litestar:
    """For Granian: with the settings of the environment."""
    watch_parent()  # Granian forks this process, and nothing that the farm starts may outlive it
    return create_app(runtime.prepare(Settings()))
