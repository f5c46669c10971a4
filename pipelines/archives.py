"""ZIP archives from outside: listed, never unpacked, and refused when unpacking them would hurt.

What a bomb looks like is David Fifield's "A better zip bomb" (2019): overlapping files, and ratios near deflate's
limit of 1032:1.
"""

from __future__ import annotations

import struct
import zipfile
from itertools import pairwise
from typing import Any, BinaryIO, Final

from farm.errors import Refused

MAX_ENTRIES: Final = 100_000
MAX_DIRECTORY: Final = 64 * 1024 * 1024
MAX_UNPACKED: Final = 1 << 40
MAX_RATIO: Final = 200
"""Of the whole archive; real scenes of meshes and images stay under 20."""
SMALL: Final = 100 * 1024 * 1024
"""An archive that unpacks to no more than this hurts nobody, whatever its ratio."""
NAMES: Final = 50

_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64: Final = struct.Struct("<4sLQL")
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def list_zip(file: BinaryIO, size: int) -> dict[str, Any]:
    """{"entries", "unpacked_bytes", "names"} (the first 50) of an archive.

    Raises Refused ``archive.invalid``, ``archive.bomb``, ``archive.name`` or ``archive.encrypted``. Memory: the
    directory, which is measured before it is read.
    """
    _measure(file, size)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, UnicodeDecodeError, NotImplementedError) as error:
        raise _invalid(f"its directory cannot be read ({type(error).__name__})") from error
    unpacked = packed = 0
    spans = []
    for entry in entries:
        _name(entry)
        if entry.flag_bits & 0x1:
            raise Refused("archive.encrypted", f"{_shown(entry)} is encrypted: upload the archive without a password")
        unpacked += entry.file_size
        packed += entry.compress_size
        spans.append((entry.header_offset, entry.header_offset + 30 + entry.compress_size))
        if spans[-1][1] > size:
            raise _invalid(f"{_shown(entry)} lies beyond its end")
    spans.sort()
    if any(after[0] < before[1] for before, after in pairwise(spans)):
        raise Refused("archive.bomb", "files in the archive overlap: pack it again with a usual program")
    if unpacked > MAX_UNPACKED or (unpacked > SMALL and unpacked > MAX_RATIO * max(1, packed)):
        raise Refused(
            "archive.bomb",
            f"the archive's {packed:,} bytes unpack to {unpacked:,}: at most {MAX_RATIO} times as much is accepted",
        )
    return {
        "entries": len(entries),
        "unpacked_bytes": unpacked,
        "names": [entry.filename[:200] for entry in entries[:NAMES]],
    }


def _invalid(why: str) -> Refused:
    return Refused("archive.invalid", f"the ZIP archive is damaged, {why}: pack it again")


def _measure(file: BinaryIO, size: int) -> None:
    """The directory's own claims, from the record at the end, before anything of it is read."""
    tail_size = min(size, _END.size + 0xFFFF + _LOCATOR_64.size)
    file.seek(size - tail_size)
    tail = file.read(tail_size)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise _invalid("it has no end record")
    _, disk, _, _, count, length, offset, _ = _END.unpack_from(tail, at)
    if 0xFFFF in {disk, count} or 0xFFFFFFFF in {length, offset}:
        count, length = _large(file, tail, at)
    if count > MAX_ENTRIES or length > MAX_DIRECTORY:
        raise Refused(
            "archive.bomb",
            f"the archive lists {count:,} files in {length:,} bytes; at most {MAX_ENTRIES:,} files are accepted",
        )


def _large(file: BinaryIO, tail: bytes, at: int) -> tuple[int, int]:
    """(entries, bytes of the directory) of a ZIP64 archive."""
    if at < _LOCATOR_64.size or tail[at - _LOCATOR_64.size : at - _LOCATOR_64.size + 4] != b"PK\x06\x07":
        raise _invalid("its ZIP64 record is missing")
    _, _, where, _ = _LOCATOR_64.unpack_from(tail, at - _LOCATOR_64.size)
    file.seek(where)
    record = file.read(_END_64.size)
    if len(record) < _END_64.size or record[:4] != b"PK\x06\x06":
        raise _invalid("its ZIP64 record is missing")
    fields = _END_64.unpack(record)
    return fields[7], fields[8]


def _shown(entry: zipfile.ZipInfo) -> str:
    return "".join(c if c.isprintable() else "?" for c in entry.filename[:80])


def _name(entry: zipfile.ZipInfo) -> None:
    raw = entry.orig_filename
    parts = raw.replace("\\", "/").split("/")
    drive = len(raw) > 1 and raw[1] == ":"
    if raw.startswith(("/", "\\")) or drive or ".." in parts or any(c < " " or c in _BIDI for c in raw):
        raise Refused(
            "archive.name", f"the archive holds the name {_shown(entry)!r}, which leads out of it: rename it"
        )
