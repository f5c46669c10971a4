"""Checksums that clients may send with their bytes: what they are called, and how headers write them.

CRC-32C (RFC 3720, 12.1) and XXH3 catch what a network breaks and cost next to nothing beside the write; SHA-256
costs more than the write itself. None is trusted for more than the way here: what a file is, completion finds out.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import crc32c
import xxhash

from farm.errors import Refused


class Hasher(Protocol):
    """Takes bytes, gives a digest."""

    def update(self, data: bytes | memoryview, /) -> None:
        """More bytes."""

    def digest(self) -> bytes:
        """The checksum of all bytes so far, most significant byte first."""


class Crc32c:
    """CRC-32C with the processor's own instruction."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes | memoryview, /) -> None:
        """More bytes."""
        self._value = crc32c.crc32c(data, self._value)

    def digest(self) -> bytes:
        """Four bytes."""
        return self._value.to_bytes(4, "big")


class _Crc32:
    """The CRC of zip and gzip, for tus clients that send it."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes | memoryview, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


def _sha1() -> Hasher:
    return hashlib.sha1(usedforsecurity=False)


def _md5() -> Hasher:
    return hashlib.md5(usedforsecurity=False)


_MAKERS: Mapping[str, Callable[[], Hasher]] = {
    "crc32c": Crc32c,
    "xxh3": xxhash.xxh3_64,
    "xxh128": xxhash.xxh3_128,
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
    "sha1": _sha1,
    "md5": _md5,
    "crc32": _Crc32,
}
NAMES = tuple(_MAKERS)
"""What :func:`new` makes."""

_FIELD_NAMES: Mapping[str, str] = {
    "sha-256": "sha256",
    "sha-512": "sha512",
    "sha": "sha1",
    "md5": "md5",
    "crc32c": "crc32c",
    "xxh3": "xxh3",
    "xxh128": "xxh128",
}
"""As the registry of RFC 9530 has them, and two that it does not have."""

_BEST_FIRST = ("sha-256", "sha-512", "xxh128", "xxh3", "crc32c", "sha", "md5")
_FIELD = re.compile(r"\s*([a-z0-9_.*-]+)\s*=\s*:([A-Za-z0-9+/=]*):\s*(?:;[^,]*)?")
_PLAIN = re.compile(r"([a-z0-9]+)[ =:]\s*([0-9a-fA-F]+)")


@dataclass(frozen=True, kw_only=True)
class Checksum:
    """What a client says of its bytes."""

    algorithm: str
    value: bytes

    def matches(self, digest: bytes) -> bool:
        """Whether these are the bytes."""
        return hmac.compare_digest(self.value, digest)


def new(algorithm: str) -> Hasher:
    """A hasher. Raises Refused ``upload.checksum_unknown`` for a name that is not among :data:`NAMES`."""
    maker = _MAKERS.get(algorithm)
    if maker is None:
        raise unknown(algorithm)
    return maker()


def unknown(algorithm: str) -> Refused:
    """There is no such checksum here."""
    return Refused("upload.checksum_unknown", f"{algorithm[:32]!r} is not known: use one of {', '.join(NAMES)}")


def wrong(algorithm: str, digest: bytes) -> Refused:
    """The bytes that came have another checksum."""
    return Refused(
        "upload.checksum",
        f"the bytes that came have the {algorithm} {digest.hex()}, not the one that was sent along: send them again",
        {"algorithm": algorithm, "actual": digest.hex()},
    )


def _checked(algorithm: str, value: bytes) -> Checksum:
    if len(value) != len(new(algorithm).digest()):
        raise Refused("upload.checksum_unknown", f"a {algorithm} has {len(new(algorithm).digest())} bytes")
    return Checksum(algorithm=algorithm, value=value)


def from_digest_field(text: str) -> Checksum:
    """From `Repr-Digest` or `Content-Digest` (RFC 9530): the strongest of those that are known.

    Raises Refused ``upload.checksum_unknown`` when nothing in it is.
    """
    found = {match[1]: match[2] for match in _FIELD.finditer(text[:1000])}
    for name in _BEST_FIRST:
        if name in found:
            return _checked(_FIELD_NAMES[name], from_base64(found[name]))
    raise Refused(
        "upload.checksum_unknown",
        f"give one of {', '.join(_BEST_FIRST)} as `name=:base64:` (RFC 9530)",
    )


def from_plain(text: str) -> Checksum:
    """From ``crc32c 9c3f00aa``: a name and the value in hexadecimal. Raises Refused ``upload.checksum_unknown``."""
    match = _PLAIN.fullmatch(text.strip()[:300])
    if match is None:
        raise Refused("upload.checksum_unknown", "give a checksum as `crc32c 9c3f00aa`: its name and value in hex")
    algorithm, value = match[1], match[2]
    if algorithm not in _MAKERS:
        raise unknown(algorithm)
    try:
        return _checked(algorithm, bytes.fromhex(value))
    except ValueError:
        raise Refused("upload.checksum_unknown", "the value has an odd number of hex digits") from None


def from_tus(text: str) -> Checksum:
    """From tus' `Upload-Checksum`: ``sha1 <base64>``. Raises Refused ``upload.checksum_unknown``."""
    algorithm, _, value = text.strip()[:300].partition(" ")
    if algorithm not in _MAKERS:
        raise unknown(algorithm)
    return _checked(algorithm, from_base64(value.strip()))


def from_base64(text: str) -> bytes:
    """Raises Refused ``upload.checksum_unknown`` for what is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("upload.checksum_unknown", "the checksum's value is not base64") from None


class Sums:
    """The checksums of what passes: the farm's own two, and the client's."""

    def __init__(self, checksum: Checksum | None, *, identity: bool) -> None:
        self.checksum = checksum
        self._hashers: dict[str, Hasher] = {}
        for name in ("crc32c", "xxh128") if identity else ():
            self._hashers[name] = new(name)
        if checksum is not None and checksum.algorithm not in self._hashers:
            self._hashers[checksum.algorithm] = new(checksum.algorithm)

    def update(self, data: bytes | memoryview) -> None:
        """More bytes."""
        for hasher in self._hashers.values():
            hasher.update(data)

    def hex(self, name: str) -> str:
        """One of the farm's own."""
        return self._hashers[name].digest().hex()

    def verify(self) -> None:
        """Raises Refused ``upload.checksum``."""
        if self.checksum is not None:
            digest = self._hashers[self.checksum.algorithm].digest()
            if not self.checksum.matches(digest):
                raise wrong(self.checksum.algorithm, digest)
