"""The binary container of FBX 7.4: a tree of records with typed properties, written and read back.

The layout has no public specification by its owner; this one follows "FBX binary file format specification" (Blender
developers' blog, 2013) and is proven by importing what it writes into other programs.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exporters.errors import ExportError

VERSION: Final = 7400
MAX_BYTES: Final = 2**32 - 1  # records of this version are placed by 32-bit offsets

_MAGIC: Final = b"Kaydara FBX Binary  \x00\x1a\x00"
_EMPTY: Final = bytes(13)  # ends a list of records
_BLOCKS: Final = frozenset({"AnimationStack", "AnimationLayer"})  # readers want an empty list in these
FILE_ID: Final = bytes.fromhex("28b32aebb624ccc2bfc8b02aa92bfcf1")
"""The checksum that belongs to :data:`CREATED`."""
CREATED: Final = "1970-01-01 10:00:00:000"
_FOOT_ID: Final = bytes.fromhex("fabcab09d0c8d466b176fb831cf7267e")
_FOOT_MAGIC: Final = bytes.fromhex("f85a8c6adef5d97eece90ce3758f290b")
_ARRAYS: Final = {"<f8": b"d", "<f4": b"f", "<i4": b"i", "<i8": b"l", "|b1": b"b"}
_TYPES: Final = {code: name for name, code in _ARRAYS.items()}
_SMALL: Final = 128  # bytes of an array that deflate does not make smaller


@dataclass(frozen=True)
class Long:
    """A 64-bit whole number, as ids and times are; a plain int is written with 32 bits."""

    value: int


@dataclass
class Record:
    """``properties`` are str, bytes, bool, int (32 bits), :class:`Long`, float or an array of float64, float32,
    int32, int64 or bool.
    """

    name: str
    properties: tuple[Any, ...] = ()
    children: list[Record] = field(default_factory=list)

    def add(self, name: str, *properties: Any) -> Record:
        """A new child."""
        child = Record(name, properties)
        self.children.append(child)
        return child

    def find(self, name: str) -> Record | None:
        """The first child of that name."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> Iterator[Record]:
        """Every child of that name."""
        return (child for child in self.children if child.name == name)


def encode(records: Sequence[Record]) -> bytes:
    """A whole file. Raises ExportError ``export.too_large`` over 4 GiB."""
    out = bytearray(_MAGIC + struct.pack("<I", VERSION))
    for record in records:
        _write(out, record, last=False)
    out += _EMPTY + _FOOT_ID + bytes(4)
    out += bytes(16 - len(out) % 16)
    out += struct.pack("<I", VERSION) + bytes(120) + _FOOT_MAGIC
    if len(out) > MAX_BYTES:
        raise ExportError("export.too_large", "an FBX file of version 7.4 holds at most 4 GiB: reduce its textures")
    return bytes(out)


def _write(out: bytearray, record: Record, *, last: bool) -> None:
    start = len(out)
    name = record.name.encode()
    out += bytes(12) + bytes([len(name)]) + name
    before = len(out)
    for value in record.properties:
        out += _property(value)
    length = len(out) - before
    for number, child in enumerate(record.children, start=1):
        _write(out, child, last=number == len(record.children))
    if record.children or ((not record.properties or record.name in _BLOCKS) and not last):
        out += _EMPTY
    if len(out) > MAX_BYTES:
        raise ExportError("export.too_large", "an FBX file of version 7.4 holds at most 4 GiB: reduce its textures")
    out[start : start + 12] = struct.pack("<III", len(out), len(record.properties), length)


def _property(value: Any) -> bytes:
    match value:
        case bool():
            return b"C" + bytes([value])
        case int():
            return b"I" + struct.pack("<i", value)
        case Long(value=number):
            return b"L" + struct.pack("<q", number)
        case float():
            return b"D" + struct.pack("<d", value)
        case str():
            data = value.encode()
            return b"S" + struct.pack("<I", len(data)) + data
        case bytes():
            return b"R" + struct.pack("<I", len(value)) + value
        case np.ndarray():
            return _array(value)
        case _:
            msg = f"FBX holds no {type(value).__name__}"
            raise TypeError(msg)


def _array(values: NDArray[Any]) -> bytes:
    code = _ARRAYS[values.dtype.newbyteorder("<").str]
    data = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes()
    packed = zlib.compress(data, 1) if len(data) > _SMALL else data
    squeezed = len(packed) < len(data)
    body = packed if squeezed else data
    return code + struct.pack("<III", values.size, squeezed, len(body)) + body


def decode(data: bytes) -> list[Record]:
    """The records of a file that :func:`encode` wrote. Raises ValueError for anything that is not well-formed."""
    if data[: len(_MAGIC)] != _MAGIC:
        msg = "this is not a binary FBX"
        raise ValueError(msg)
    (version,) = struct.unpack_from("<I", data, len(_MAGIC))
    if version != VERSION:
        msg = f"version {version} is not read here, only {VERSION}"
        raise ValueError(msg)
    try:
        records, end = _records(data, len(_MAGIC) + 4, len(data))
    except (struct.error, KeyError, IndexError, zlib.error) as error:
        msg = f"a record is damaged: {error}"
        raise ValueError(msg) from error
    if data[end : end + 16] != _FOOT_ID or not data.endswith(_FOOT_MAGIC):
        msg = "the foot is missing"
        raise ValueError(msg)
    return records


def _records(data: bytes, at: int, end: int) -> tuple[list[Record], int]:
    found: list[Record] = []
    while at < end:
        stop, count, _, name_length = struct.unpack_from("<IIIB", data, at)
        if stop == 0:
            return found, at + 13
        if not at < stop <= end:
            msg = f"a record at {at} ends at {stop}"
            raise ValueError(msg)
        place = at + 13 + name_length
        record = Record(data[at + 13 : place].decode())
        values = []
        for _ in range(count):
            value, place = _read(data, place)
            values.append(value)
        record.properties = tuple(values)
        if place < stop:
            record.children, place = _records(data, place, stop)
        if place != stop:
            msg = f"{record.name} ends at {place} instead of {stop}"
            raise ValueError(msg)
        found.append(record)
        at = stop
    return found, at


_PLAIN: Final = {b"C": "<?", b"I": "<i", b"L": "<q", b"D": "<d"}


def _read(data: bytes, at: int) -> tuple[Any, int]:
    code, at = data[at : at + 1], at + 1
    if code in _PLAIN:
        (value,) = struct.unpack_from(_PLAIN[code], data, at)
        return (Long(value) if code == b"L" else value), at + struct.calcsize(_PLAIN[code])
    if code in {b"S", b"R"}:
        (length,) = struct.unpack_from("<I", data, at)
        raw = data[at + 4 : at + 4 + length]
        if len(raw) != length:
            msg = "a text goes past the end"
            raise ValueError(msg)
        return (raw.decode() if code == b"S" else raw), at + 4 + length
    kind = np.dtype(_TYPES[code])
    count, squeezed, length = struct.unpack_from("<III", data, at)
    at += 12
    body = data[at : at + length]
    if squeezed:
        body = zlib.decompress(body)
    if len(body) != count * kind.itemsize:
        msg = f"an array holds {len(body)} bytes instead of {count * kind.itemsize}"
        raise ValueError(msg)
    return np.frombuffer(body, kind), at + length
