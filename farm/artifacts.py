"""Downloads: signed links, byte ranges, file names that are safe everywhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from farm.blobs import BlobStore
from farm.errors import Refused

_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\/]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
NAME_BYTES = 240
"""Most file systems take 255 bytes a name; the rest is for a suffix such as ``.part``."""


def sign(secret: str, artifact_id: str, expires: int) -> str:
    """The signature of a link good until ``expires`` (Unix seconds): HMAC-SHA-256 as base64url, 43 characters."""
    message = f"farm.artifact.v1\n{artifact_id}\n{expires}".encode()
    return base64.urlsafe_b64encode(hmac.digest(secret.encode(), message, hashlib.sha256)).rstrip(b"=").decode()


def verify(secret: str, artifact_id: str, expires: int, signature: str, *, now: float) -> None:
    """Raises Refused ``link.invalid`` for a signature of something else, ``link.expired`` for one that was good."""
    if not hmac.compare_digest(sign(secret, artifact_id, expires).encode(), signature.encode()):
        raise Refused("link.invalid", "the link was changed or made by another farm: ask for the artifact again")
    if now >= expires:
        raise Refused("link.expired", "the link has expired: ask for the artifact again to get a new one")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What to send: bytes ``start`` up to ``end`` (exclusive) of ``total``, in ``chunks``."""

    start: int
    end: int
    total: int
    partial: bool
    chunks: Iterator[bytes]

    @property
    def content_range(self) -> str:
        """The value of ``Content-Range``."""
        return f"bytes {self.start}-{self.end - 1}/{self.total}"


def parse_range(header: str | None, total: int) -> tuple[int, int] | None:
    """(start, end exclusive) of a single byte range (RFC 9110, 14.1.2), or None for the whole.

    Several ranges and what is not understood are answered whole, as the RFC allows. Raises Refused
    ``request.range`` when nothing of the range is in the file.
    """
    found = _RANGE.fullmatch((header or "").replace(" ", ""))
    if found is None or found.groups() == ("", "") or any(len(part) > 18 for part in found.groups()):
        return None
    first, last = found.groups()
    if not first:
        start, end = max(0, total - int(last)), total
    else:
        start, end = int(first), min(int(last) + 1, total) if last else total
        if last and int(last) < start:
            return None
    if start >= end:
        raise Refused("request.range", f"the file has {total} bytes: ask for a range inside it", {"total": total})
    return start, end


def open_range(blobs: BlobStore, digest: str, total: int, header: str | None = None) -> Opened:
    """The bytes, or the part that a ``Range`` header asks for. Raises as :func:`parse_range` and the store."""
    wanted = parse_range(header, total)
    start, end = wanted or (0, total)
    return Opened(
        start=start, end=end, total=total, partial=wanted is not None, chunks=blobs.read(digest, start, end)
    )


def safe_name(name: str, fallback: str = "artifact") -> str:
    """A file name for any system: no folders, control characters, device names, leading or trailing dots; NFC."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(" " if unicodedata.category(c) in _INVISIBLE else c for c in text)
    text = _UNSAFE.sub("-", text).strip(" .")
    stem, dot, suffix = text.rpartition(".")
    if dot and len(suffix) <= 10:
        text = _cut(stem, NAME_BYTES - len(suffix.encode()) - 1).rstrip(" .") + dot + suffix
    else:
        text = _cut(text, NAME_BYTES)
    if _DEVICES.match(text):
        text = f"_{text}"
    return text or fallback


def _cut(text: str, limit: int) -> str:
    return text.encode()[:limit].decode(errors="ignore")


def safe_path(folder: Path, name: str) -> Path:
    """Where to write a download that the other side named: inside ``folder``, whatever the name tries."""
    parts = [safe_name(part) for part in name.replace("\\", "/").split("/") if part.strip(" .")]
    return folder.joinpath(*(parts or ["artifact"]))


def content_disposition(name: str, *, inline: bool = False) -> str:
    """The header's value (RFC 6266): an ASCII name for old clients, the real one beside it."""
    name = safe_name(name)
    plain = re.sub(r'[^\x20-\x7e]|["%\\]', "_", name)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
