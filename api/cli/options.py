"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

What = Annotated[
    str,
    typer.Argument(
        metavar="KIND|FILE",
        help="still, turntable, flat, model, card, techpack, bundle; or a file with kind and spec.",
    ),
]
File = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", help="A design, card or spec (JSON, YAML), a GLB or GLTF, a card's art."),
]
Params = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="KEY=VALUE", help="A field by its dotted path: design.layers[0].id=tee."),
]
AvatarOption = Annotated[
    str | None, typer.Option("--avatar", metavar="FILE|ITEM", help="The body: a GLB or an item.")
]
OutfitOption = Annotated[
    str | None,
    typer.Option("--outfit", metavar="ITEM", help="A whole look of the catalogue: `catalogue ls --kind outfit`."),
]
Wear = Annotated[
    list[str] | None,
    typer.Option("--wear", metavar="FILE|ITEM", help="A layer, worn over those before it; may be given many times."),
]
Timeout = Annotated[float | None, typer.Option(min=0, help="Seconds to wait at most (exit code 124).")]
JobId = Annotated[str, typer.Argument(metavar="JOB", help="A job's id.")]
JobIds = Annotated[list[str], typer.Argument(metavar="JOB…", help="Ids of jobs.")]
BatchId = Annotated[str, typer.Argument(metavar="BATCH", help="A batch's id.")]
Most = Annotated[int | None, typer.Option("--limit", "-n", min=1, help="How many at most.")]
