"""What a client says of a file before its bytes come, and what of that can be taken."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from farm.errors import Refused

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a client announces. ``size`` None: told later; ``chunk_size`` None: the farm chooses (protocol ``chunks``)
    or appends of any length (``tus``); ``digest``: SHA-256 in hex; ``fingerprint``: the client's own mark.
    """

    name: str
    size: int | None
    protocol: str = "chunks"
    declared_type: str | None = None
    chunk_size: int | None = None
    digest: str | None = None
    fingerprint: str | None = None
    partial: bool = False
    sources: Sequence[str] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


def checked_name(name: str) -> str:
    """The file name in NFC. Raises Refused ``upload.name`` for folders, control and direction marks, or over 200
    bytes.
    """
    text_ = unicodedata.normalize("NFC", name).strip()
    if not text_ or text_ in {".", ".."}:
        raise Refused("upload.name", "give the file a name")
    if len(text_.encode(errors="surrogatepass")) > 200:
        raise Refused("upload.name", "a name has at most 200 bytes in UTF-8")
    if "/" in text_ or "\\" in text_:
        raise Refused("upload.name", "a name has no folders: give what stands behind the last slash")
    for one in text_:
        if one in _BIDI or unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"}:
            raise Refused("upload.name", f"a name has no control or direction marks: leave out U+{ord(one):04X}")
    return text_


def checked_type(media_type: str | None) -> str | None:
    """The declared media type without parameters. Raises Refused ``request.invalid``."""
    if media_type is None or not media_type.strip():
        return None
    plain = media_type.partition(";")[0].strip().lower()
    if not _TYPE.fullmatch(plain):
        raise Refused("request.invalid", "give a media type such as model/gltf-binary, or none", {"path": "type"})
    return plain
