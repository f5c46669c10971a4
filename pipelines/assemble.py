"""The job `assemble`: the bytes of a complete upload become a blob and an artifact.

It is no public kind: `POST /api/v1/uploads/{id}/complete` (or the last byte of a tus upload) makes the job, once all
bytes are there.
"""

from __future__ import annotations

from farm.jobs import Closed, UploadInfo
from farm.plan import Plan, Step

NAME = "assemble"
LANE = "assemble"


def close(info: UploadInfo) -> Closed:
    """One step, which hashes, looks and publishes; nothing that it needs is left open."""
    step = Step(
        key="assemble",
        name="assemble.upload",
        lane=LANE,
        params={
            "upload": info.id,
            "name": info.name,
            "size": info.size,
            "declared_type": info.declared_type,
            "digest": info.digest,
            "place": dict(info.place),
            "parts": [list(part) for part in info.parts],
            "tail": dict(info.tail),
            "sources": [dict(source) for source in info.sources],
        },
        total=max(1, info.size),
        unit="bytes",
    )
    spec = {"upload": info.id, "name": info.name, "size": info.size}
    return Closed(spec=spec, plan=Plan(steps=(step,)), stem=info.name)
