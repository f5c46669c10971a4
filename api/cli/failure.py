"""An error as one line on stderr, a hint, and an exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping

import pydantic

from api.problems import invalid
from assets.errors import ContentError
from farm.errors import FarmError, JobFault, lookup
from farm.settings import Settings

JOB_FAILED, JOB_CANCELLED = 3, 4

HINTS: Mapping[str, str] = {
    "auth.missing": "set FARM_TOKEN, or run where the farm's data directory is (FARM_DATA_DIR)",
    "auth.invalid": "set FARM_TOKEN to a token of this farm (`farm token new`)",
    "auth.forbidden": "ask for a token with the scope that is missing (`farm token new --scope …`)",
    "farm.unavailable": "is it up? `farm up` starts one, `farm doctor` says what is wrong, FARM_URL says where it is",
    "farm.no_worker": "`farm worker ls` shows who is there and what they can do",
    "farm.disk_full": "`farm doctor` shows how much is free",
    "job.kind_unknown": "`farm schema` lists the kinds",
    "catalogue.unknown_item": "`farm catalogue ls` lists the items",
    "lane.busy": "wait a little and send it again, with the same --key",
    "batch.invalid_rows": "correct the rows, or send the good ones with --partial",
    "request.invalid": "`farm schema KIND` shows what a spec may hold, `farm check` tries one",
}


def as_farm_error(error: Exception) -> FarmError:
    """Whatever was raised, with a stable code."""
    if isinstance(error, FarmError):
        return error
    if isinstance(error, ContentError):
        return FarmError(error.code, str(error))
    if isinstance(error, pydantic.ValidationError):
        return invalid(error)
    if isinstance(error, (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)):
        return FarmError("request.invalid", f"{error.filename}: {error.strerror}")
    if isinstance(error, UnicodeDecodeError):
        return FarmError("request.malformed", "the file is not UTF-8 text")
    if isinstance(error, OSError) and error.errno == 28:
        return FarmError("farm.disk_full", str(error))
    return FarmError("farm.internal", f"{type(error).__name__}: {error}")


def exit_code(error: FarmError) -> int:
    """From the table of codes; what a step found wrong while it ran is a failed job (3), not a bad request (2)."""
    return JOB_FAILED if isinstance(error, JobFault) else lookup(error.code).exit


def report(error: Exception) -> int:
    """Says what went wrong on stderr; the exit code. ``FARM_DEBUG=1`` adds the traceback."""
    known = as_farm_error(error)
    lines = [f"error: {known.code}: {known.detail or lookup(known.code).title}"]
    rows = known.data.get("errors") or ()
    lines += [f"  {row.get('path')}: {row.get('message')}" for row in rows[1:20]]
    lines += [
        f"  row {row.get('row')}: {row.get('detail') or row.get('code')}" for row in known.data.get("rows", ())[:20]
    ]
    hint = HINTS.get(known.code)
    if hint and (rows or known.code != "request.invalid"):  # without fields it is not about a spec
        lines.append(f"hint: {hint}")
    sys.stderr.write("\n".join(lines) + "\n")
    if Settings().debug:
        sys.stderr.write("".join(traceback.format_exception(error)))
    return exit_code(known)
