"""`farm run`: renders or exports here and now, without a farm."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.options import AvatarOption, File, OutfitOption, Params, Wear, What

if TYPE_CHECKING:
    from api.cli.request import Request
    from farm.blobs import BlobStore
    from farm.plan import Output

FORMATS: Mapping[str, str] = {
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".webp": "webp",
    ".avif": "avif",
    ".svg": "svg",
    ".mp4": "mp4",
    ".webm": "webm",
    ".gif": "gif",
    ".glb": "glb",
    ".gltf": "gltf",
    ".obj": "obj",
    ".fbx": "fbx",
    ".usdz": "usdz",
    ".stl": "stl",
    ".ply": "ply",
    ".3mf": "3mf",
}
"""What the suffix of ``-o`` asks for, where the spec does not say."""
CARD_OUTPUTS: Mapping[str, Mapping[str, object]] = {
    ".png": {"kind": "still"},
    ".jpg": {"kind": "still", "format": "jpeg"},
    ".jpeg": {"kind": "still", "format": "jpeg"},
    ".webp": {"kind": "still", "format": "webp"},
    ".avif": {"kind": "still", "format": "avif"},
    ".mp4": {"kind": "tilt", "formats": ["mp4"]},
    ".webm": {"kind": "tilt", "formats": ["webm"]},
    ".gif": {"kind": "tilt", "formats": ["gif"]},
    ".glb": {"kind": "model"},
    ".pdf": {"kind": "print"},
}
"""The same for a card."""


def run(
    what: What,
    file: File = None,
    param: Params = None,
    outfit: OutfitOption = None,
    avatar: AvatarOption = None,
    wear: Wear = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="A file, or a folder.")] = Path("out"),
) -> None:
    """Renders or exports here, without a farm; prints the files that it made."""
    from api.cli.request import read

    request = read(what, file, params=param or (), outfit=outfit, avatar=avatar, wear=wear or ())
    for path in perform(request, out):
        typer.echo(str(path))


def perform(request: Request, out: Path) -> list[Path]:
    """Runs the request's whole plan in this process; the files that it left."""
    import tempfile

    from api.cli.local import LocalFiles
    from api.cli.screen import note, progress
    from farm.blob_disk import DiskBlobs
    from farm.execution import run_eager
    from farm.plan import Step
    from farm.settings import Settings

    settings = Settings()
    folder, stem = _target(request, out)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".farm-run-", dir=folder) as scratch:
        store = DiskBlobs(Path(scratch) / "blobs")
        closed = LocalFiles(store, settings).close(request, stem)
        from pipelines.steps.content import Drawing
        from pipelines.steps.registry import STEPS  # the renderer and the exporters: only when there is work

        drawing = Drawing(device=settings.render_device or None, cache_bytes=settings.render_cache_mb * 1_000_000)

        with progress() as bars:

            def on_progress(step: Step, done: int, total: int) -> None:
                bars(f"{step.key} ({step.unit})", done, total)

            def on_log(level: str, message: str) -> None:
                if level in {"warning", "error"}:
                    note(f"{level}: {message}")

            outputs = run_eager(
                closed,
                STEPS,
                blobs=store,
                scratch=Path(scratch) / "steps",
                resources={"drawing": drawing},
                on_progress=on_progress,
                on_log=on_log,
            )
        return _keep(store, outputs, folder, out)


def _target(request: Request, out: Path) -> tuple[Path, str | None]:
    """(folder, stem). A suffix that the farm writes makes ``out`` a file and, where nothing is said, the format."""
    from api.cli.request import bad

    suffix = out.suffix.lower()
    if not suffix or out.is_dir():
        return out, None
    asked = FORMATS.get(suffix, "")
    known = request.kind.spec.model_json_schema()["properties"]
    if asked in known.get("format", {}).get("enum", ()):
        request.spec.setdefault("format", asked)
    elif "card" in known and suffix in CARD_OUTPUTS:
        request.spec.setdefault("outputs", [dict(CARD_OUTPUTS[suffix])])
    elif "tech_pack" in known and suffix == ".pdf":
        pass  # it is always one
    elif asked in known.get("formats", {}).get("items", {}).get("enum", ()):
        request.spec.setdefault("formats", [asked])
    else:
        raise bad(f"-o {out}: a {request.kind.name} is not written as {suffix}; name a folder, or one of its formats")
    return out.parent, out.stem


def _keep(store: BlobStore, outputs: list[Output], folder: Path, out: Path) -> list[Path]:
    import shutil

    from farm.artifacts import safe_path

    outputs = [output for output in outputs if output.role != "preview"]  # all is done: nobody waits for a first look
    single = len(outputs) == 1 and out.suffix and not out.is_dir()
    made = []
    for output in outputs:
        path = out if single else safe_path(folder, output.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        with store.open(output.digest) as source, part.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        part.replace(path)
        made.append(path)
    return made
