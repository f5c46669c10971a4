"""`assemble.upload`: joins, seals, hashes, looks, publishes. Every part of it may be run again after a kill."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from exporters import container
from farm.blobs import matched
from farm.errors import JobFault, Refused
from farm.media import HEAD_BYTES, sniff
from farm.parts import Part, PartStore, Place
from farm.plan import Output, StepResult
from farm.steps import StepContext
from pipelines import preflight
from pipelines.steps.faults import faults

READ = 1 << 20


@faults("farm.internal")
def assemble(context: StepContext) -> StepResult:
    """On disk the cost is that of one SHA-256 pass; on S3 that of one streamed read."""
    want = context.step.params
    store, place, size = context.uploads, want["place"], int(want["size"])
    _join(context, store, place, want["sources"])
    store.seal(place, _parts(want["parts"]), want["tail"], size)
    with store.open(place) as file:
        digest, head = _hash(file, size, context)
        try:
            matched(digest, want["digest"])
            media_type = sniff(head)
            preflight.agree(media_type, want["declared_type"])
            inspection = _look(context, file, size, media_type)
        except Refused as refused:
            raise JobFault(refused.code, refused.detail, refused.data) from refused
    context.check()
    stored = store.publish(place, digest, size)
    context.adopt(stored, media_type, inspection)
    output = Output(name=want["name"], digest=digest, size=size, media_type=media_type, meta=inspection)
    return StepResult(outputs=(output,))


def _parts(rows: Sequence[Sequence[Any]]) -> list[Part]:
    return [Part(number=number, start=start, size=size, receipt=receipt) for number, start, size, receipt in rows]


def _join(context: StepContext, store: PartStore, place: Place, sources: Sequence[Mapping[str, Any]]) -> None:
    if not sources:
        return
    for source in sources:
        store.seal(source["place"], _parts(source["parts"]), source["tail"], source["size"])
    context.log(f"joining {len(sources)} partial uploads")
    store.concatenate(place, [(source["place"], source["size"]) for source in sources], lambda _: context.check())


def _hash(file: BinaryIO, size: int, context: StepContext) -> tuple[str, bytes]:
    """(SHA-256 in hex, first bytes) in one pass with one buffer."""
    total = hashlib.sha256()
    buffer = bytearray(READ)
    view = memoryview(buffer)
    head = b""
    done = 0
    while count := file.readinto(buffer):  # type: ignore[attr-defined]  # every binary file here has it
        if not done:
            head = bytes(view[: min(count, HEAD_BYTES)])
        total.update(view[:count])
        done += count
        context.progress(done, max(1, size))
    if done != size:
        raise JobFault("upload.parts_changed", f"{done:,} of {size:,} bytes were found in the store: upload it again")
    return total.hexdigest(), head


def _look(context: StepContext, file: BinaryIO, size: int, media_type: str) -> dict[str, Any]:
    local = _local(context, file)
    if media_type in container.DEMUXERS:
        return container.headers(local(), media_type)
    return preflight.inspect(file, size, media_type, local)


def _local(context: StepContext, file: BinaryIO) -> Callable[[], Path]:
    """The upload as a local file: itself, or a copy in scratch that is gone with the step."""

    def path() -> Path:
        name = getattr(file, "name", None)
        if isinstance(name, str):
            return Path(name)
        copy = context.scratch / "upload"
        file.seek(0)
        with copy.open("wb") as target:
            while chunk := file.read(READ):
                target.write(chunk)
                context.check()
        return copy

    return path
