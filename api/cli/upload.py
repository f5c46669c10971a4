"""`farm upload`: files as blobs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.screen import Format, Output, show


def upload(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Models or images, up to 64 MB each.")],
    output: Output = Format.TABLE,
) -> None:
    """Stores files on the farm and prints their digests; what is there already is not sent again."""
    from api.cli.client import connect
    from api.cli.request import bad
    from api.cli.submit import upload_all

    for path in files:
        if not path.is_file():
            raise bad(f"there is no file {path}")
    with connect() as farm:
        digests = upload_all(farm, files)
        rows = [{"file": str(path), **farm.get(f"/blobs/{digests[str(path)]}")} for path in files]
    show(rows, ("file", "size", "media_type", "digest"), output)
