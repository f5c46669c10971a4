"""Archives that generated content ships in: ZIP files of documents, arrays (.npy) and files, the same bytes for the
same content.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_STAMP: Final = (1980, 1, 1, 0, 0, 0)  # the bytes must not depend on the clock


def packed(
    documents: Mapping[str, str], arrays: Mapping[str, NDArray[Any]], files: Mapping[str, bytes] | None = None
) -> bytes:
    """The archive's bytes. ``arrays`` are named without their ending; ``files`` are stored as they are, for images
    that are small already.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in documents.items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), text, zipfile.ZIP_DEFLATED, 9)
        for name, held in arrays.items():
            one = io.BytesIO()
            np.save(one, held, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _STAMP), one.getvalue(), zipfile.ZIP_DEFLATED, 9)
        for name, data in (files or {}).items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), data, zipfile.ZIP_STORED)
    return out.getvalue()


def array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """An array of an opened archive, by its name without the ending. Raises KeyError if it holds none."""
    held: NDArray[Any] = np.load(io.BytesIO(archive.read(f"{name}.npy")), allow_pickle=False)
    return held
