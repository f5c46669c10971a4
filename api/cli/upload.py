"""`farm upload`: files of any size, in chunks; what broke off goes on where it was."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.screen import Format, Output, note, show
from api.cli.screen import size as in_words

if TYPE_CHECKING:
    from api.cli.client import Farm
    from api.cli.sending import Wanted

INTERRUPTED = 130
COLUMNS = ("name", "size", "seconds", "mb_s", "artifact", "blob", "url")
UNFINISHED = ("name", "size", "seconds", "mb_s", "upload", "job")

ChunkSize = Annotated[
    str | None, typer.Option("--chunk-size", metavar="SIZE", help="Such as 8MiB; else the farm chooses.")
]
GiveUp = Annotated[
    str, typer.Option("--give-up", metavar="TIME", help="End after so long without progress: 90s, 10m.")
]


def upload(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Files of any type and size.")],
    parallel: Annotated[int, typer.Option(min=1, max=16, help="Chunks on their way at once.")] = 4,
    chunk_size: ChunkSize = None,
    name: Annotated[str | None, typer.Option(help="The file's name on the farm, if it is one file.")] = None,
    media_type: Annotated[str | None, typer.Option("--type", help="Its media type; the farm finds it else.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on with an upload of the same bytes that broke off.")] = True,
    wait: Annotated[bool, typer.Option(help="Wait until the farm has verified the file.")] = True,
    give_up: GiveUp = "10m",
    output: Output = Format.TABLE,
) -> int:
    """Sends files in parallel chunks, each with its checksum, and has the farm verify the whole by SHA-256.

    Run again after a break, on another machine too, it sends only what is missing.
    """
    from api.cli import amounts
    from api.cli.client import connect
    from api.cli.request import bad
    from api.cli.sending import Wanted

    if name is not None and len(files) > 1:
        raise bad("--name is for one file: leave it out, or send the files one by one")
    chunk_bytes = None if chunk_size is None else amounts.size(chunk_size)
    patience = amounts.duration(give_up)
    run = _Run(
        [(Path(file), Wanted(
            name=name or Path(file).resolve().name, media_type=media_type, chunk_size=chunk_bytes,
            parallel=parallel, resume=resume, give_up_s=patience,
        )) for file in files],
        wait=wait,
    )  # fmt: skip
    with connect() as farm:
        farm.get("/uploads", limit=1)  # a farm that is not there is no farm to wait for
        rows = run.rows(farm)
        if output is Format.TABLE:
            first = next(rows, None)
            if first is not None:  # else what went wrong has been said, and an empty table says nothing
                arrived = ({**row, "size": in_words(row["size"])} for row in chain((first,), rows))
                show(arrived, COLUMNS if wait else UNFINISHED, output)
        else:
            show(rows, COLUMNS if wait else UNFINISHED, output)
    return run.code


class _Run:
    """The files of one command, one after the other. ``code`` is the exit code of the first that failed."""

    def __init__(self, files: list[tuple[Path, Wanted]], *, wait: bool) -> None:
        self.code = 0
        self._files = files
        self._wait = wait

    def rows(self, farm: Farm) -> Iterator[dict[str, Any]]:
        """A row for each file that arrived. An interrupt ends it, so that the rows before are still shown."""
        from api.cli.failure import report

        for at, (path, wanted) in enumerate(self._files):
            try:
                yield self._row(farm, path, wanted)
            except KeyboardInterrupt:
                self._say_how_to_go_on(at)
                self.code = INTERRUPTED
                return
            except Exception as error:  # noqa: BLE001 - one file that fails does not stop the others
                if len(self._files) > 1:
                    note(f"{path}:")
                code = report(error)
                self.code = self.code or code

    def _row(self, farm: Farm, path: Path, wanted: Wanted) -> dict[str, Any]:
        from urllib.parse import urljoin

        from api.cli.screen import progress
        from api.cli.sending import Sending
        from api.cli.source import Source
        from farm.blobs import CHUNK
        from pipelines.preflight import header

        begun = time.monotonic()
        with Source(path) as source:
            # What the farm would refuse by its first bytes is not sent.
            header(b"".join(source.pieces(0, min(CHUNK, source.size))), source.size, wanted.media_type)
            with progress("bytes") as bars:
                sending = Sending(farm, source, wanted, bars)
                found = sending.run(wait=self._wait)
        row = {
            "name": found["name"],
            "size": found["size"],
            "seconds": round(time.monotonic() - begun, 2),
            "mb_s": round(sending.sent / 1e6 / sending.sending_s, 1) if sending.sending_s else 0.0,
            "sent": sending.sent,
            "upload": found["id"],
            "job": found["job"],
            "artifact": found["artifact"],
            "blob": found["blob"],
            "media_type": found["media_type"],
            "url": None,
        }
        if found["artifact"]:
            row["url"] = urljoin(f"{farm.url}/", farm.get(f"/artifacts/{found['artifact']}").get("url") or "")
        return row

    def _say_how_to_go_on(self, at: int) -> None:
        """The command that sends what is left."""
        words = ["farm", "upload", *(str(path) for path, _ in self._files[at:])]
        path, wanted = self._files[at]
        if wanted.name != path.resolve().name:
            words += ["--name", wanted.name]
        if wanted.media_type:
            words += ["--type", wanted.media_type]
        note(f"interrupted; this goes on where it was: {shlex.join(words)}")
