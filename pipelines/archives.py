"""ZIP archives from outside: listed, never unpacked, and refused when unpacking them would hurt.

What a bomb looks like is David Fifield's "A better zip bomb" (2019): overlapping files, and ratios near deflate's
limit of 1032:1.
"""

from __future__ import annotations

import errno
import os
import struct
import zipfile
from itertools import pairwise
from typing import Any, BinaryIO, Final, cast

from farm.errors import Refused

MAX_ENTRIES: Final = 100_000
MAX_DIRECTORY: Final = 64 * 1024 * 1024
MAX_UNPACKED: Final = 1 << 40
MAX_RATIO: Final = 200
"""Of the whole archive; real scenes of meshes and images stay under 20."""
SMALL: Final = 100 * 1024 * 1024
"""An archive that unpacks to no more than this hurts nobody, whatever its ratio."""
NAMES: Final = 50

_ENTRY: Final = b"PK\x01\x02"
_TAIL: Final = 128 * 1024  # the record at the end and its comment, of 64 KiB at most
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class _Measured:
    """What the reader of archives reads from. However the records at the end of the file contradict each other, it
    reads the directory at once, so here is the place where its length and its entries are known for sure.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        if size > MAX_DIRECTORY:
            raise _bomb(f"the archive's directory has {size:,} bytes; at most {MAX_DIRECTORY:,} are read")
        data = self._file.read(_TAIL if size < 0 else size)
        if data.count(_ENTRY) > MAX_ENTRIES:
            raise _bomb(f"the archive lists more than {MAX_ENTRIES:,} files: split it")
        return data


def list_zip(file: BinaryIO, size: int) -> dict[str, Any]:
    """{"entries", "unpacked_bytes", "names"} (the first 50) of an archive.

    Raises Refused ``archive.invalid``, ``archive.bomb``, ``archive.name`` or ``archive.encrypted``. Memory: the
    directory of at most 64 MiB, and its entries.
    """
    try:
        with zipfile.ZipFile(cast("BinaryIO", _Measured(file))) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, struct.error, ValueError, OverflowError, NotImplementedError, OSError) as error:
        # zipfile hides some behind its own. A seek to before the start is the archive's fault, the rest the disk's.
        why = error if isinstance(error, OSError) else error.__context__
        if isinstance(why, OSError) and why.errno not in {None, errno.EINVAL}:
            raise why from None
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
        if entry.header_offset < 0 or spans[-1][1] > size:
            raise _invalid(f"{_shown(entry)} lies outside of it")
    spans.sort()
    if any(after[0] < before[1] for before, after in pairwise(spans)):
        raise _bomb("files in the archive overlap: pack it again with a usual program")
    if unpacked > MAX_UNPACKED or (unpacked > SMALL and unpacked > MAX_RATIO * max(1, packed)):
        raise _bomb(
            f"the archive's {packed:,} bytes unpack to {unpacked:,}; at most {MAX_RATIO} times as much is accepted"
        )
    return {
        "entries": len(entries),
        "unpacked_bytes": unpacked,
        "names": [entry.filename[:200] for entry in entries[:NAMES]],
    }


def _invalid(why: str) -> Refused:
    return Refused("archive.invalid", f"the ZIP archive is damaged, {why}: pack it again")


def _bomb(why: str) -> Refused:
    return Refused("archive.bomb", why)


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
