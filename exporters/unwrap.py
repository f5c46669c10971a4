"""UVs for what has none: charts that do not overlap, by xatlas (Jonathan Young), one square a primitive."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Final

import numpy as np

from assets.model import Model, Primitive
from assets.vertices import with_vertices
from exporters.errors import ExportError

SIDES: Final = "sides"  # as exporters.unwrap_process has it, which is not loaded here
LARGEST: Final = 200_000
"""Triangles of one primitive."""
SECONDS: Final = 120
"""For one primitive; a garment of 20,000 triangles takes about two."""
_GLANCE: Final = 0.5  # seconds between looks at whether the job was cancelled
_ROOT: Final = Path(__file__).resolve().parents[1]


def unwrapped(model: Model, check: Callable[[], None] = lambda: None) -> Model:
    """The model with UVs in 0..1 wherever a primitive has none; vertices on the charts' seams become two.

    ``check`` is called twice a second; what it raises ends the work.
    Raises ExportError ``export.unwrap_too_large``, and ``export.unwrap_failed`` for what xatlas cannot cut.
    """
    known: dict[int, Primitive] = {}

    def one(part: Primitive) -> Primitive:
        if part.uv0 is not None or not len(part.indices):
            return part
        if id(part) not in known:
            known[id(part)] = _charted(part, check)
        return known[id(part)]

    meshes = (replace(mesh, primitives=tuple(one(part) for part in mesh.primitives)) for mesh in model.meshes)
    return replace(model, meshes=tuple(meshes))


def _charted(part: Primitive, check: Callable[[], None]) -> Primitive:
    if len(part.indices) > LARGEST:
        raise _refused("too_large", part, f"optimise.unwrap takes up to {LARGEST:,}")
    given = io.BytesIO()
    for array in (part.positions, part.indices, part.normals):
        np.save(given, np.ascontiguousarray(array))
    try:
        try:
            answer = _asked(given.getvalue(), check)
        except subprocess.CalledProcessError:
            answer = _asked(given.getvalue(), check, SIDES)  # more seams, but it lives
        made = io.BytesIO(answer)
        source, indices, uv = (np.load(made) for _ in range(3))
    except (subprocess.SubprocessError, ValueError, EOFError) as error:
        raise _refused("failed", part, "no charts were found for it") from error
    cut = with_vertices(part, source.astype(np.intp), indices.reshape(-1, 3).astype(np.uint32))
    return replace(cut, uv0=np.ascontiguousarray(uv, np.float32))


def _asked(given: bytes, check: Callable[[], None], *how: str) -> bytes:
    """What the process answers. Raises SubprocessError when it dies or takes too long, and what ``check`` raises; it
    is ended then.
    """
    command = [sys.executable, "-m", "exporters.unwrap_process", *how]
    until = monotonic() + SECONDS
    sent: bytes | None = given
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_ROOT
    ) as child:
        try:
            while True:
                try:
                    answer, _ = child.communicate(sent, timeout=min(_GLANCE, SECONDS))
                    break
                except subprocess.TimeoutExpired:
                    sent = None  # what is left of it goes on its own
                    check()
                    if monotonic() > until:
                        raise
        except BaseException:
            child.kill()
            raise
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return answer


def _refused(code: str, part: Primitive, why: str) -> ExportError:
    return ExportError(
        f"export.unwrap_{code}",
        f"a part with the material {part.material.name!r} has {len(part.indices):,} triangles and no UVs; {why}: "
        "give that model UVs, or leave optimise.unwrap out",
    )
