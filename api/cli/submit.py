"""`farm submit`: one job, or a CSV file of thousands as one batch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.options import AvatarOption, File, OutfitOption, Params, Timeout, Wear, What
from api.cli.screen import Format, Output, line, note, progress, show

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.cli.client import Farm

ARTIFACTS = ("name", "size", "source", "url")


def submit(
    what: What,
    file: File = None,
    param: Params = None,
    outfit: OutfitOption = None,
    avatar: AvatarOption = None,
    wear: Wear = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="One job a row; columns are dotted paths.")] = None,
    output_name: Annotated[
        str | None, typer.Option(help="The results' name; with --csv a template of columns: '{sku}-{row}'.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The batch's name.")] = None,
    priority: Annotated[int, typer.Option(min=-10, max=10, help="Higher goes first among your own jobs.")] = 0,
    key: Annotated[str | None, typer.Option(help="Idempotency key: the same key makes the same job once.")] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Submit the good rows of a CSV file.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Watch it to the end.")] = False,
    timeout: Timeout = None,
    output: Output = Format.TABLE,
) -> int:
    """Sends a job to the farm, or with --csv many; prints its id, or with --wait its results."""
    from uuid import uuid4

    from api.cli.client import connect
    from api.cli.request import read, validated

    key = key or uuid4().hex
    with connect() as farm:
        if csv is not None:
            from api.cli.rows import Template, submit_rows

            base = read(what, file, params=param or (), outfit=outfit, avatar=avatar, wear=wear or ())
            template = Template(base=base, csv=csv, output_name=output_name, priority=priority, partial=partial)
            return submit_rows(
                farm,
                template,
                name=name or csv.stem,
                key=key,
                wait=wait,
                timeout=timeout,
                output=output,
            )
        request = read(what, file, params=param or (), outfit=outfit, avatar=avatar, wear=wear or ())
        spec = store_files(farm, request.spec)
        validated(request, spec)
        body: dict[str, Any] = {"kind": request.kind.name, "spec": spec}
        if priority:
            body["priority"] = priority
        if output_name or request.stem:
            body["output_name"] = output_name or request.stem
        job = farm.post("/jobs", body, key=key)
        note(f"job {job['id']} is {job['state']}")
        if not wait:
            line(job["id"]) if output is Format.TABLE else show([job], (), output)
            return 0
        return finish(farm, job["id"], timeout, output)


def finish(farm: Farm, job_id: str, timeout: float | None, output: Format) -> int:
    """Watches a job to its end and lists its artifacts; the exit code."""
    from api.cli.waiting import ended, watch_job

    job = watch_job(farm, job_id, timeout=timeout)
    code = ended(job)
    if output is Format.TABLE:
        from api.cli.artifact import row

        show([row(farm, artifact) for artifact in job.get("artifacts", ())], ARTIFACTS, output)
    else:
        show([job], (), output)
    return code


def store_files(farm: Farm, spec: dict[str, Any]) -> dict[str, Any]:
    """Uploads the local files that a spec names; the spec with their digests."""
    from api.cli.request import files_of, replaced

    digests = upload_all(farm, files_of(spec))
    found: dict[str, Any] = replaced(spec, lambda name: {"blob": digests[name]})
    return found


def upload_all(farm: Farm, paths: Iterable[Path]) -> dict[str, str]:
    """Uploads files, each once and those that the farm has not at all; path -> digest."""
    from api.cli.local import inspect
    from farm.settings import Settings

    limit = Settings().max_blob_bytes
    digests: dict[str, str] = {}
    with progress("bytes") as bars:
        for path in paths:
            inspect(path, limit)
            total = path.stat().st_size

            def on_bytes(sent: int, path: Path = path, total: int = total) -> None:
                bars(path.name, sent, total)

            digests[str(path)] = farm.upload(path, on_bytes)["digest"]
    return digests
