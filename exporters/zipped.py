"""The files of one model as one archive, for programs and people that take one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Final

_PACKED: Final = (".png", ".jpg", ".webp", ".ktx2")


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A ZIP of the files by name, in their order. It says nothing of when and where it was made, so that equal files
    give equal bytes; pictures, which are packed already, are stored.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(_PACKED) else zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return out.getvalue()
