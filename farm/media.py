"""Media types by content. What a client says about its bytes is never believed."""

from __future__ import annotations

import re

import filetype

HEAD_BYTES = 4096
"""How much of the start of a file is enough for :func:`sniff`."""

UNKNOWN = "application/octet-stream"

_GLTF_KEYS = re.compile(
    rb'"(asset|scenes?|nodes|meshes|accessors|animations|bufferViews|buffers|materials|extensionsUsed)"\s*:'
)
_OBJ_LINE = re.compile(rb"^(v|vn|vt|f|o|g|mtllib|usemtl|s)\s+\S", re.MULTILINE)


def sniff(head: bytes) -> str:
    """The media type of a file that starts with these bytes (give :data:`HEAD_BYTES`); ``application/octet-stream``
    when nothing is recognised. It says what the file claims to be; only a reader can say that it is sound.
    """
    head = head[:HEAD_BYTES]
    if head.startswith(b"glTF"):
        return "model/gltf-binary"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return "model/gltf+json" if _GLTF_KEYS.search(text) else "application/json"
    if head.startswith(b"Kaydara FBX Binary"):
        return "application/vnd.autodesk.fbx"
    if head.startswith((b"#?RADIANCE", b"#?RGBE")):
        return "image/vnd.radiance"
    if head.startswith(b"\x76\x2f\x31\x01"):
        return "image/x-exr"
    kind = filetype.guess(head)
    if kind is not None:
        return str(kind.mime)
    if b"\0" not in head and len(_OBJ_LINE.findall(text)) >= 3:
        return "model/obj"
    return UNKNOWN
