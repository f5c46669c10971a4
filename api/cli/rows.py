"""A CSV file as a batch: every row is checked and its files are sent before the first job is.

The rows are read three times (names, files, jobs) and never all kept, so that a file of any length costs little
memory. A batch is one request with one idempotency key: sent again after a broken connection it is still one batch.
"""

from __future__ import annotations

import copy
import csv
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from api.cli.request import Request, assign, bad, files_of, path_of, replaced, shortcuts, validated
from api.cli.screen import Format, line, note, show
from farm.artifacts import safe_name
from farm.errors import FarmError, Refused

if TYPE_CHECKING:
    from api.cli.client import Farm

MAX_BAD_ROWS = 50
NAMING_FILES = frozenset({"avatar", "wear", "art"})
OWN_COLUMNS = ("output_name", "priority")
ANY_BLOB = "0" * 64  # stands for a file's digest while rows are only checked


@dataclass(frozen=True, kw_only=True)
class Template:
    """What all rows share. ``output_name`` is a template of columns; ``{row}`` is the row's number, from 1."""

    base: Request
    csv: Path
    output_name: str | None = None
    priority: int = 0
    partial: bool = False
    digests: dict[str, str] = field(default_factory=dict)

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The kind's JSON Schema."""
        return self.base.kind.spec.model_json_schema()

    def columns(self) -> list[str]:
        """The header; raises Refused for a column that would be ignored silently."""
        with self.csv.open(newline="", encoding="utf-8-sig") as file:
            names = next(csv.reader(file), [])
        names = [name.strip() for name in names]
        if not any(names):
            raise bad(f"{self.csv} has no header: its first row names the columns")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise bad(f"{self.csv}: column {twice[0]!r} stands twice")
        labels = self._labels()
        fields = self.base.kind.spec.model_fields
        own = (*OWN_COLUMNS, *shortcuts(self.base.kind))
        for name in names:
            if name in own or name in labels or name.startswith("_"):
                continue
            if path_of(name)[0] not in fields:
                raise bad(
                    f"{self.csv}: column {name!r} is no field of a {self.base.kind.name}; correct it, use it in "
                    f"--output-name, or start its name with '_' to have it ignored",
                    name,
                )
        unknown = labels - set(names) - {"row"}
        if unknown:
            raise bad(f"--output-name: {self.csv} has no column {min(unknown)!r}")
        return names

    def _labels(self) -> set[str]:
        try:
            parts = list(string.Formatter().parse(self.output_name or ""))
        except ValueError as error:
            raise bad(f"--output-name: {error}") from error
        if any(spec or conversion for _, _, spec, conversion in parts):
            raise bad("--output-name: write plain {column} fields")
        return {name for _, name, _, _ in parts if name is not None}

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """(number, cells by column) of every row that is not empty."""
        names = self.columns()
        with self.csv.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            try:
                next(reader)
                for number, cells in enumerate(reader, 1):
                    if len(cells) > len(names):
                        raise bad(f"{self.csv}, row {number}: {len(cells)} cells under {len(names)} columns")
                    if any(cell.strip() for cell in cells):
                        yield number, {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}
            except csv.Error as error:
                raise Refused("request.malformed", f"{self.csv}, line {reader.line_num}: {error}") from error

    def job(self, number: int, cells: dict[str, str]) -> dict[str, Any]:
        """The row's job; its spec may still name local files (relative ones count from the CSV file's folder)."""
        labels = self._labels()
        spec = copy.deepcopy(self.base.spec)
        fields = self.base.kind.spec.model_fields
        for name, text in cells.items():
            if text and name in shortcuts(self.base.kind):
                assign(spec, self.base.kind, name, self._near(name, text), self.schema)
            elif text and not name.startswith("_") and name not in OWN_COLUMNS:
                if name in labels and path_of(name)[0] not in fields:
                    continue
                assign(spec, self.base.kind, name, text, self.schema)
        job: dict[str, Any] = {"kind": self.base.kind.name, "spec": spec}
        if cells.get("priority"):
            if not cells["priority"].lstrip("-").isdecimal():
                raise bad(f"priority: {cells['priority']!r} is no whole number", "priority")
            job["priority"] = int(cells["priority"])
        elif self.priority:
            job["priority"] = self.priority
        if cells.get("output_name"):
            job["output_name"] = safe_name(cells["output_name"])
        elif self.output_name:
            named = self.output_name.format_map({**cells, "row": str(number)})
            job["output_name"] = safe_name(named)
        return job

    def _near(self, column: str, text: str) -> str:
        """Names of files that lie beside the CSV file, as paths from here."""
        if column not in NAMING_FILES:
            return text
        parts = text.split(",") if column != "avatar" else [text]
        near = [self.csv.parent / part.strip() for part in parts]
        return ",".join(str(path) if path.is_file() else part.strip() for path, part in zip(near, parts, strict=True))

    def lines(self) -> Iterator[bytes]:
        """The batch as NDJSON, digests in place of files. With ``partial``, rows that are wrong are left out."""
        for number, cells in self.rows():
            try:
                job = self.job(number, cells)
                job["spec"] = replaced(job["spec"], self._stored)
                if self.partial:
                    validated(self.base, job["spec"])
            except FarmError:
                if not self.partial:
                    raise
                continue
            yield orjson.dumps(job) + b"\n"

    def _stored(self, name: str) -> dict[str, str]:
        if name not in self.digests:
            raise bad(f"there is no file {name}")
        return {"blob": self.digests[name]}

    def check(self) -> tuple[int, list[Path], list[dict[str, Any]]]:
        """(rows, files, bad rows): every row validated as the farm will; at most 50 bad ones are kept."""
        count = 0
        files: dict[Path, None] = {}
        wrong: list[dict[str, Any]] = []
        for number, cells in self.rows():
            count += 1
            try:
                job = self.job(number, cells)
                here = files_of(job["spec"])
                absent = next((path for path in here if not path.is_file()), None)
                if absent is not None:
                    raise bad(f"there is no file {absent}")
                validated(self.base, replaced(job["spec"], lambda _: {"blob": ANY_BLOB}))
                files.update(dict.fromkeys(here))
            except FarmError as error:
                wrong.append({"row": number, "code": error.code, "detail": error.detail})
                if len(wrong) >= MAX_BAD_ROWS and not self.partial:
                    break
                del wrong[MAX_BAD_ROWS:]
        return count, list(files), wrong


def submit_rows(
    farm: Farm,
    template: Template,
    *,
    name: str,
    key: str,
    wait: bool,
    timeout: float | None,
    output: Format,
) -> int:
    """Checks, uploads, submits; the exit code."""
    from api.cli.submit import upload_all

    count, files, wrong = template.check()
    if not count:
        raise bad(f"{template.csv} has no rows under its header")
    if wrong and not template.partial:
        raise Refused("batch.invalid_rows", f"{len(wrong)} of {count} rows cannot be accepted", {"rows": wrong})
    for row in wrong:
        note(f"row {row['row']} is left out: {row['detail']}")
    template.digests.update(upload_all(farm, files))
    batch = farm.stream("/batches", template.lines, key=key, name=name, partial="true" if template.partial else None)
    batch_id = str(batch["id"])
    note(f"batch {batch_id}: {batch.get('total', count)} job(s)")
    if not wait:
        line(batch_id) if output is Format.TABLE else show([batch], (), output)
        return 0
    from api.cli.waiting import states_of, watch_batch

    batch, code = watch_batch(farm, batch_id, timeout=timeout)
    if output is Format.TABLE:
        show([{"batch": batch_id, **states_of(batch)}], ("batch", *states_of(batch)), output)
    else:
        show([batch], (), output)
    return code
