"""`farm plan`, `farm check`, `farm schema`: what would be done, whether it is accepted, what may be said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import AvatarOption, File, OutfitOption, Params, Wear, What
from api.cli.screen import Format, Output, line, note, show

if TYPE_CHECKING:
    from api.cli.request import Request
    from farm.jobs import Closed


def _closed(request: Request) -> Closed:
    import tempfile
    from pathlib import Path

    from api.cli.local import LocalFiles
    from farm.blob_disk import DiskBlobs
    from farm.settings import Settings

    with tempfile.TemporaryDirectory(prefix="farm-check-") as scratch:
        return LocalFiles(DiskBlobs(Path(scratch)), Settings()).close(request)


def plan(
    what: What,
    file: File = None,
    param: Params = None,
    outfit: OutfitOption = None,
    avatar: AvatarOption = None,
    wear: Wear = None,
    output: Output = Format.TABLE,
) -> None:
    """Shows the steps that a job would take; nothing is submitted."""
    from api.cli.request import read

    closed = _closed(read(what, file, params=param or (), outfit=outfit, avatar=avatar, wear=wear or ()))
    hashes = closed.plan.hashes()
    choice = closed.spec.get("chosen")
    if choice:
        note(f"quality: {choice['quality']} ({choice['detail']}; about {choice['estimate_s']:g} s)")
    rows = [
        {
            "step": step.key,
            "does": step.name,
            "lane": step.lane,
            "total": step.total,
            "unit": step.unit,
            "needs": list(step.needs),
            "requires": list(step.requires),
            "hash": hashes[step.key][:16] if output is Format.TABLE else hashes[step.key],
        }
        for step in closed.plan.steps
    ]
    show(rows, ("step", "does", "lane", "total", "unit", "needs", "requires", "hash"), output)


def check(
    what: What,
    file: File = None,
    param: Params = None,
    outfit: OutfitOption = None,
    avatar: AvatarOption = None,
    wear: Wear = None,
) -> None:
    """Says whether the farm would accept a spec, a design or a model file, and what to change if not."""
    from pathlib import Path

    from api.cli.request import document, kinds, read

    path = Path(what)
    if file is None and what not in kinds() and path.is_file():
        is_envelope = path.suffix.lower() in {".json", ".yaml", ".yml"} and "kind" in document(path)
        request = read(what if is_envelope else "still", None if is_envelope else path, params=param or ())
    else:
        request = read(what, file, params=param or (), outfit=outfit, avatar=avatar, wear=wear or ())
    closed = _closed(request)
    note(f"ok: a {request.kind.name} of {len(closed.plan.steps)} step(s), {len(closed.blobs)} file(s)")


def schema(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help="still, turntable, flat, model, card, techpack, bundle.")
    ] = None,
    output: Output = Format.TABLE,
) -> None:
    """Prints the JSON Schema of a kind of job, or lists the kinds."""
    import json

    from api.cli.request import kind_of, kinds

    if kind is None:
        show([{"kind": k.name, "summary": k.summary} for k in kinds().values()], ("kind", "summary"), output)
        return
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", **kind_of(kind).spec.model_json_schema()}
    line(json.dumps(found, ensure_ascii=False, indent=None if output is Format.NDJSON else 2))
