"""Fetching artifacts: resumable, verified by digest, several at a time, in bounded memory."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import httpx

from api.cli.screen import progress
from farm.artifacts import safe_path
from farm.blobs import disk_errors
from farm.errors import FarmError, FarmFault, Refused

if TYPE_CHECKING:
    from api.cli.client import Farm

AT_ONCE = 4
TRIES = 5


@dataclass(frozen=True, kw_only=True)
class Synced:
    """Files fetched and found in place, and the bytes that came."""

    fetched: int
    kept: int
    size: int


def artifacts_of(
    farm: Farm, *, job: str | None = None, batch: str | None = None, most: int | None = None
) -> Iterator[dict[str, Any]]:
    """Artifacts of a job, of every job of a batch, or of the owner."""
    if batch is None:
        yield from farm.pages("/artifacts", most=most, job=job)
        return
    left = most
    for member in farm.pages("/jobs", batch=batch, state="succeeded"):
        for artifact in farm.pages("/artifacts", most=left, job=member["id"]):
            left = None if left is None else left - 1
            yield {"job": member["id"], **artifact}
        if left is not None and left <= 0:
            return


def placed(
    farm: Farm, folder: Path, *, job: str | None = None, batch: str | None = None
) -> Iterator[tuple[dict[str, Any], Path]]:
    """Each artifact and its place in the folder, but for those that were only a first look. A second file of one name
    gets its own folder, named by its job.
    """
    taken: dict[str, str] = {}
    for artifact in artifacts_of(farm, job=job, batch=batch):
        if artifact.get("role") == "preview":
            continue
        path = safe_path(folder, artifact["name"])
        key = str(path).casefold()
        if taken.setdefault(key, artifact["id"]) != artifact["id"]:
            path = safe_path(folder, f"{artifact.get('job') or artifact['id']}/{artifact['name']}")
        yield artifact, path


def digest_of(path: Path) -> str:
    """The file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def same(path: Path, artifact: dict[str, Any]) -> bool:
    """Whether the file is the artifact."""
    return path.is_file() and path.stat().st_size == artifact["size"] and digest_of(path) == artifact["digest"]


def fetch(farm: Farm, artifact: dict[str, Any], path: Path) -> int:
    """Downloads to ``<path>.part``, goes on where an earlier try stopped, verifies, renames; the bytes that came.

    Raises Refused ``blob.digest_mismatch`` when what came twice is not what the farm has, FarmFault
    ``farm.unavailable`` when the connection kept breaking.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    came = 0
    url = artifact.get("url") or ""
    for attempt in range(1, TRIES + 1):
        try:
            came += _append(urljoin(f"{farm.url}/", url), part, artifact["size"])
        except httpx.TransportError as error:
            if attempt == TRIES:
                raise FarmFault("farm.unavailable", f"{artifact['name']}: the connection kept breaking") from error
            continue
        except FarmError as error:
            if error.code not in {"link.expired", "link.invalid"} or attempt == TRIES:
                raise
            url = farm.get(f"/artifacts/{artifact['id']}")["url"]
            continue
        if same(part, artifact):
            part.replace(path)
            return came
        part.unlink(missing_ok=True)
    raise Refused("blob.digest_mismatch", f"{artifact['name']}: what came is not what the farm has")


def _append(url: str, part: Path, size: int) -> int:
    from api.cli.client import problem

    have = part.stat().st_size if part.exists() else 0
    if have > size:
        part.unlink()
        have = 0
    if have == size and part.exists():
        return 0
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    came = 0
    with httpx.stream("GET", url, headers=headers, timeout=httpx.Timeout(60, connect=5)) as answer:
        if not answer.is_success:
            answer.read()
            raise problem(answer)
        with disk_errors(), part.open("ab" if answer.status_code == 206 else "wb") as file:
            for chunk in answer.iter_bytes():
                came += len(chunk)
                if came > size:
                    raise Refused("blob.digest_mismatch", "the farm sent more than it said")
                file.write(chunk)
    return came


def sync_all(farm: Farm, folder: Path, *, job: str | None = None, batch: str | None = None) -> Synced:
    """Brings every artifact to the folder. At most twice :data:`AT_ONCE` downloads are known at a time."""
    fetched = kept = size = seen = 0
    pending: deque[Future[int]] = deque()
    with progress("files") as bars, ThreadPoolExecutor(AT_ONCE) as pool:

        def take() -> None:
            nonlocal fetched, size
            size += pending.popleft().result()
            fetched += 1

        try:
            for artifact, path in placed(farm, folder, job=job, batch=batch):
                seen += 1
                if same(path, artifact):
                    kept += 1
                else:
                    pending.append(pool.submit(fetch, farm, artifact, path))
                if len(pending) >= 2 * AT_ONCE:
                    take()
                bars("files", fetched + kept, seen)
            while pending:
                take()
                bars("files", fetched + kept, seen)
        finally:
            for future in pending:
                future.cancel()
    return Synced(fetched=fetched, kept=kept, size=size)
