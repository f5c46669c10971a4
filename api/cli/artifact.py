"""`farm artifact`: results, listed, fetched, shared and deleted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urljoin

import typer

from api.cli.options import Most
from api.cli.screen import Format, Output, line, note, show, show_one
from api.cli.screen import size as in_words

if TYPE_CHECKING:
    from api.cli.client import Farm

app = typer.Typer(help="Artifacts: the files that jobs made.", no_args_is_help=True, rich_markup_mode=None)

JobOption = Annotated[str | None, typer.Option("--job", help="Of this job.")]
BatchOption = Annotated[str | None, typer.Option("--batch", help="Of this batch.")]
ArtifactId = Annotated[str, typer.Argument(metavar="ARTIFACT", help="An artifact's id.")]
Folder = Annotated[Path, typer.Option("--out", "-o", help="The folder.")]


def row(farm: Farm, artifact: dict[str, Any]) -> dict[str, Any]:
    """An artifact for a table."""
    return {**artifact, "size": in_words(artifact["size"]), "url": urljoin(f"{farm.url}/", artifact.get("url") or "")}


@app.command("ls")
def ls(job: JobOption = None, batch: BatchOption = None, limit: Most = None, output: Output = Format.TABLE) -> None:
    """Lists artifacts, of a job or a batch when named; 50 unless --limit says more."""
    from api.cli.client import connect
    from api.cli.download import artifacts_of

    with connect() as farm:
        found = artifacts_of(farm, job=job, batch=batch, most=limit or (50 if not (job or batch) else None))
        rows = (row(farm, a) for a in found) if output is Format.TABLE else found
        show(rows, ("id", "name", "size", "media_type", "source", "created_at"), output)


@app.command("get")
def get(
    artifact: ArtifactId,
    out: Annotated[Path, typer.Option("--out", "-o", help="A file or a folder.")] = Path(),
) -> None:
    """Downloads one artifact, verified by its digest."""
    from api.cli.client import connect
    from api.cli.download import fetch
    from farm.artifacts import safe_path

    with connect() as farm:
        found = farm.get(f"/artifacts/{artifact}")
        path = safe_path(out, found["name"]) if out.is_dir() else out
        fetch(farm, found, path)
    typer.echo(str(path))


@app.command("sync")
def sync(job: JobOption = None, batch: BatchOption = None, out: Folder = Path("out")) -> None:
    """Downloads all artifacts of a job or a batch; goes on where it stopped, and verifies each by its digest."""
    from api.cli.client import connect
    from api.cli.download import sync_all
    from api.cli.request import bad

    if bool(job) == bool(batch):
        raise bad("name a --job or a --batch")
    with connect() as farm:
        done = sync_all(farm, out, job=job, batch=batch)
    note(f"{done.fetched} fetched ({in_words(done.size)}), {done.kept} were there, in {out}")


@app.command("verify")
def verify(
    job: JobOption = None,
    batch: BatchOption = None,
    out: Folder = Path("out"),
    output: Annotated[Format, typer.Option("--format", help="How to write the data.")] = Format.TABLE,
) -> int:
    """Says which artifacts of a job or a batch are missing or differ in a folder; nothing is fetched."""
    from api.cli.client import connect
    from api.cli.download import placed, same
    from api.cli.request import bad

    if bool(job) == bool(batch):
        raise bad("name a --job or a --batch")
    wrong = []
    count = 0
    with connect() as farm:
        for artifact, path in placed(farm, out, job=job, batch=batch):
            count += 1
            if not same(path, artifact):
                found = "differs" if path.exists() else "missing"
                wrong.append({"file": str(path), "found": found, "digest": artifact["digest"]})
    show(wrong, ("file", "found", "digest"), output)
    note(f"{count - len(wrong)} of {count} artifacts are here and right")
    return 3 if wrong else 0


@app.command("share")
def share(
    artifact: ArtifactId,
    expires: Annotated[str | None, typer.Option(help="How long: 90m, 12h, 7d. A week when not named.")] = None,
    max_downloads: Annotated[
        int | None, typer.Option(min=1, help="How many downloads; any number if not named.")
    ] = None,
    note_: Annotated[str, typer.Option("--note", help="What it is for; only you see it.")] = "",
    output: Output = Format.TABLE,
) -> None:
    """Makes a link that needs no token and prints its address; its id and end go to stderr."""
    from api.cli.amounts import duration
    from api.cli.client import connect

    body = {
        "expires_in": None if expires is None else round(duration(expires)),
        "max_downloads": max_downloads,
        "note": note_,
    }
    with connect() as farm:
        made = _link(farm, farm.post(f"/artifacts/{quote(artifact, safe='')}/links", body))
    if output is Format.TABLE:
        line(made["url"])
        note(f"link {made['id']}, good until {made['expires_at']}")
    else:
        show_one(made, (), output)


@app.command("links")
def links(artifact: ArtifactId, limit: Most = None, output: Output = Format.TABLE) -> None:
    """Lists an artifact's links and how often each was used, newest first."""
    from api.cli.client import connect

    with connect() as farm:
        found = (_link(farm, one) for one in farm.pages(f"/artifacts/{quote(artifact, safe='')}/links", most=limit))
        columns = ("id", "downloads", "max_downloads", "expires_at", "revoked_at", "last_used_at", "note")
        show(found, columns, output)


@app.command("unshare")
def unshare(link: Annotated[str, typer.Argument(metavar="LINK", help="A link's id.")]) -> None:
    """Revokes a link: from now on it downloads nothing."""
    from api.cli.client import connect

    with connect() as farm:
        farm.delete(f"/links/{quote(link, safe='')}")
    note(f"link {link} is revoked")


@app.command("rm")
def rm(artifact: ArtifactId) -> None:
    """Deletes an artifact and every link to it. It cannot be brought back."""
    from api.cli.client import connect

    with connect() as farm:
        farm.delete(f"/artifacts/{quote(artifact, safe='')}")
    note(f"artifact {artifact} is deleted")


def _link(farm: Farm, link: dict[str, Any]) -> dict[str, Any]:
    """A link with its whole address."""
    return {**link, "url": urljoin(f"{farm.url}/", link["url"])}
