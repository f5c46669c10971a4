"""What an upload is, and whether it can be used: a look at its first bytes, and at the whole once it is there.

Nothing here trusts a name or a declared type, decodes a pixel, or takes memory by what a file claims. Files of types
that the farm does not open (scans, raw scenes, print files) are welcome: they are stored as they are.
"""

from __future__ import annotations

import dataclasses
import mmap
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from assets import gltf, images
from assets.errors import ImageError, ModelError
from farm.errors import Refused
from farm.media import UNKNOWN, sniff
from pipelines.archives import list_zip

MODELS = frozenset({"model/gltf-binary", "model/gltf+json"})
PICTURES = frozenset({"image/png", "image/jpeg", "image/webp"})
LOOKED_INTO = MODELS | PICTURES | {"application/zip"}
"""What :func:`inspect` has anything to say about."""
MAX_PICTURE_BYTES = 512 * 1024 * 1024
"""An image file of the types that designs use; print files of other types may be larger."""

_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "application/x-zip-compressed": "application/zip",
    "application/x-zip": "application/zip",
    "model/gltf.binary": "model/gltf-binary",
    "model/x-gltf-binary": "model/gltf-binary",
    "model/vnd.gltf-binary": "model/gltf-binary",
    "audio/mp4": "video/mp4",
    "video/x-m4v": "video/mp4",
    "application/mp4": "video/mp4",
}
_ZIPPED = ("application/vnd.", "application/epub", "application/java", "model/vnd.usdz", "model/3mf", "model/")
_GENERIC = frozenset({UNKNOWN, "binary/octet-stream", "application/x-binary", "text/plain"})
_TOLD_APART = MODELS | PICTURES | {"video/mp4", "video/webm", "application/pdf", "application/zip"}
"""Types whose content is told without doubt: a file declared as one of these must be it."""


def header(head: bytes, size: int | None, declared: str | None) -> str:
    """The media type by the first bytes (up to 64 KiB are of use), found while the rest is still on its way.

    Raises Refused ``upload.type_mismatch``, or a ContentError for what can never be used: a GLB that promises
    more bytes than the upload has, an image over the limits.
    """
    found = sniff(head)
    agree(found, declared)
    if found == "model/gltf-binary" and len(head) >= 12:
        version, length = struct.unpack_from("<II", head, 4)
        if version != 2:
            msg = f"the GLB says version {version}; only glTF 2.0 is read, so export it again as glTF 2.0"
            raise ModelError(msg, code="model.version")
        if size is not None and length > size:
            msg = f"the GLB's header says {length:,} bytes, the upload has {size:,}: it is truncated"
            raise ModelError(msg, code="model.truncated")
    if found in PICTURES:
        try:
            images.probe(head)
        except ImageError as error:
            if error.code != "image.invalid":  # its size may stand behind the first 64 KiB
                raise
    return found


def agree(found: str, declared: str | None) -> None:
    """Raises Refused ``upload.type_mismatch`` when a file is surely not what it was declared to be."""
    plain = (declared or "").partition(";")[0].strip().lower()
    if not plain or plain in _GENERIC:
        return
    said = _ALIASES.get(plain, plain)
    if said == found:
        return
    if found == "application/zip" and said.startswith(_ZIPPED) and said not in _TOLD_APART:
        return
    families = said.partition("/")[0], found.partition("/")[0]
    if families == ("video", "video"):  # containers of one family: cameras and browsers mix up their names
        return
    if said in _TOLD_APART or (found in _TOLD_APART and families[0] != families[1]):
        raise Refused(
            "upload.type_mismatch",
            f"the upload was declared as {declared}, but its content is {found}: declare what it is, or nothing",
            {"declared": declared, "found": found},
        )


def inspect(file: BinaryIO, size: int, media_type: str, local: Callable[[], Path]) -> dict[str, Any]:
    """The look at the whole file, in bounded memory. ``local`` gives it as a local file, copied if need be.

    Raises ContentError, or Refused with a code of the families ``archive`` and ``model``.
    """
    if media_type in MODELS:
        return _model(size, local)
    if media_type in PICTURES:
        return _picture(file, size)
    if media_type == "application/zip":
        return list_zip(file, size)
    return {}


def _model(size: int, local: Callable[[], Path]) -> dict[str, Any]:
    limit = gltf.LIMITS.file_bytes
    if size > limit:
        msg = f"the model has {size:,} bytes; at most {limit:,} are read: reduce its textures or split it"
        raise ModelError(msg, code="model.too_large")
    with local().open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # unmapped with the last view of it
    return dataclasses.asdict(gltf.inspect(mapped))  # type: ignore[arg-type]  # a buffer, read as bytes are


def _picture(file: BinaryIO, size: int) -> dict[str, Any]:
    if size > MAX_PICTURE_BYTES:
        msg = f"the image has {size:,} bytes; at most {MAX_PICTURE_BYTES:,} are read: save it smaller, or as TIFF"
        raise ImageError(msg, code="image.too_large")
    file.seek(0)
    head = file.read(1 << 20)
    try:
        found = images.probe(head)
    except ImageError as error:
        if error.code != "image.invalid" or size <= len(head):
            raise
        found = images.probe(head + file.read())
    return {"width": found.width, "height": found.height}
