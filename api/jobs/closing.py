"""From a request to a closed job: parsed once, validated once, every reference resolved for its owner."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from pydantic import ValidationError
from sqlalchemy import Connection

from api.catalogue import reads as own_items
from api.jobs.schemas import JobRequest
from api.problems import invalid, undecodable
from assets.collection import Listing
from farm import blobs
from farm.artifacts import safe_name
from farm.errors import Refused
from farm.ids import new_id
from farm.jobs import Actor, BlobInfo, Closed, JobKind, Load, NewJob, Resolver, Spec
from farm.load import measure
from farm.settings import Settings
from pipelines.closing import with_own_items
from pipelines.marking import marked

_decoder = msgspec.json.Decoder(JobRequest)


class NeedsDatabase(Exception):
    """The spec names a blob or a deadline: close it where a database read may block."""


class NoBlobs:
    """Closes what refers to the catalogue alone, which is in memory."""

    def blob(self, digest: str) -> BlobInfo:
        """Raises NeedsDatabase."""
        raise NeedsDatabase(digest)

    def load(self, lane: str) -> Load:
        """Raises NeedsDatabase."""
        raise NeedsDatabase(lane)

    def item(self, item_id: str) -> Listing | None:
        """Raises NeedsDatabase."""
        raise NeedsDatabase(item_id)


class OwnersBlobs:
    """The blobs of one owner and the farm's load; each is looked up once. ``loads`` are those known already, so that
    all rows of a batch are judged by the same.
    """

    def __init__(self, conn: Connection, owner: str, loads: dict[str, Load] | None = None) -> None:
        self._conn = conn
        self._owner = owner
        self._known: dict[str, BlobInfo] = {}
        self._loads = {} if loads is None else loads

    def blob(self, digest: str) -> BlobInfo:
        """Raises Refused ``blob.unknown`` for a missing or foreign one alike."""
        if digest not in self._known:
            self._known |= blobs.owned(self._conn, self._owner, [digest])
        found = self._known.get(digest)
        if found is None:
            raise Refused("blob.unknown", f"you have no blob {digest}: upload it with POST /api/v1/blobs first")
        return found

    def load(self, lane: str) -> Load:
        """What the lane carries now."""
        if lane not in self._loads:
            self._loads[lane] = measure(self._conn, lane)
        return self._loads[lane]

    def item(self, item_id: str) -> Listing | None:
        """The owner's own item of the catalogue."""
        return own_items.one(self._conn, self._owner, item_id)


def decode(body: bytes) -> JobRequest:
    """The envelope. Raises Refused ``request.malformed`` or ``request.invalid``."""
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError as error:
        raise undecodable(error) from None
    except RecursionError:
        raise Refused("request.malformed", "the body is nested too deeply") from None
    except UnicodeDecodeError:
        raise Refused("request.malformed", "the body is not UTF-8") from None


def kind_of(name: str, kinds: Mapping[str, JobKind]) -> JobKind:
    """The kind. Raises Refused ``job.kind_unknown``."""
    kind = kinds.get(name)
    if kind is None:
        raise Refused("job.kind_unknown", f"there is no kind {name[:64]!r}; there are {', '.join(kinds)}")
    return kind


def file_stem(output_name: str | None) -> str | None:
    """The asked output name as the start of a file name: no folders, nothing that a file system refuses."""
    return safe_name(output_name) if output_name else None


def validate(kind: JobKind, spec: bytes | msgspec.Raw) -> Spec:
    """The spec. Raises Refused ``request.invalid`` with paths that begin with ``spec``."""
    raw = bytes(spec)
    try:
        return kind.spec.model_validate_json(raw)
    except ValidationError as error:
        raise invalid(error, raw, "spec") from None


def over(settings: Settings, actor: Actor) -> str:
    """The watermark that the farm lays over what this actor asks for; "" is none."""
    tiers = {tier.strip() for tier in settings.watermark_tiers.split(",")}
    return settings.watermark if actor.tier in tiers else ""


def close(kind: JobKind, spec: Spec, resolver: Resolver, output_name: str | None, *, watermark: str = "") -> Closed:
    """The closed job. Raises Refused, or NeedsDatabase with :class:`NoBlobs`."""
    if watermark:
        spec = marked(spec, watermark)
    return kind.close(with_own_items(spec, resolver), resolver, output_name)


def new_job(
    asked: JobRequest,
    closed: Closed,
    actor: Actor,
    *,
    job_id: str | None = None,
    batch_id: str | None = None,
    output_name: str | None = None,
    idempotency_key: str | None = None,
    request_hash: str = "",
) -> NewJob:
    """The row for the intake. Its lane, for back-pressure, is its first step's."""
    return NewJob(
        id=job_id or new_id(),
        kind=asked.kind,
        lane=closed.plan.steps[0].lane,
        actor=actor,
        spec=closed.spec,
        closed=closed,
        priority=asked.priority,
        idempotency_key=idempotency_key,
        request_hash=request_hash,
        batch_id=batch_id,
        output_name=output_name,
    )
