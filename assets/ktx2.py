"""KTX 2 textures of Basis Universal (KHR_texture_basisu): what their header says, and their pixels.

The transcoder is native code that allocates what the file declares, so every declared size is compared with the
picture's before it is called (KTX File Format 2.0, sections 3 and 4; KHR_texture_basisu, 2021).
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np
import opengl_basisu
from numpy.typing import NDArray

MAGIC: Final = b"\xabKTX 20\xbb\r\n\x1a\n"
_ETC1S, _UASTC = 163, 166  # colour models of the data format descriptor
_NONE, _BASIS_LZ, _ZSTD = 0, 1, 2  # supercompression schemes
_LEVEL: Final = 24  # bytes of one entry of the level index, which follows the header's 80
_BLOCK: Final = 16  # bytes of a UASTC block of 4 by 4 texels
_CODEBOOKS: Final = 16 * 2**20  # bytes; 65,535 endpoints and selectors of ETC1S cannot need as much


def size(data: bytes) -> tuple[int, int]:
    """Width and height. Raises ValueError, with a reason, for what is not one 2D picture in ETC1S or UASTC whose
    declared sizes agree.
    """
    if len(data) < 80 + _LEVEL or data[:12] != MAGIC:
        raise ValueError("it is not a KTX 2 file")
    vk_format, _, width, height, depth, layers, faces, levels, scheme = struct.unpack_from("<9I", data, 12)
    descriptor, described, _, _, books, book_bytes = struct.unpack_from("<4I2Q", data, 48)
    if vk_format or depth or layers > 1 or faces != 1:
        raise ValueError("it is not one 2D picture in Basis Universal")
    if not (1 <= width <= 2**16 and 1 <= height <= 2**16):
        raise ValueError("its size is impossible")
    if not 1 <= levels <= max(width, height).bit_length() or 80 + levels * _LEVEL > len(data):
        raise ValueError("its number of mip levels is impossible")
    if described < 24 or descriptor + described > len(data):
        raise ValueError("its format descriptor is cut off")
    model = data[descriptor + 12]
    if (model, scheme) not in {(_ETC1S, _BASIS_LZ), (_UASTC, _NONE), (_UASTC, _ZSTD)}:
        raise ValueError("it is neither ETC1S nor UASTC")
    if book_bytes > _CODEBOOKS or books + book_bytes > len(data):
        raise ValueError("its codebooks are cut off")
    for level in range(levels):
        start, length, unpacked = struct.unpack_from("<3Q", data, 80 + level * _LEVEL)
        if not length or start + length > len(data):
            raise ValueError("a mip level is cut off")
        blocks = -(-max(width >> level, 1) // 4) * -(-max(height >> level, 1) // 4)
        if model == _UASTC and (unpacked != blocks * _BLOCK or (scheme == _NONE and length != unpacked)):
            raise ValueError("a mip level has another size than its picture")
    return width, height


def pixels(data: bytes) -> NDArray[np.uint8]:
    """The largest level: uint8[h, w, 4]. Raises ValueError for what :func:`size` refuses and for a damaged file."""
    width, height = size(data)
    try:
        found = opengl_basisu.open(data).transcode(opengl_basisu.Target.RGBA8).data
    except opengl_basisu.BasisuError as error:
        raise ValueError("it is damaged") from error
    if found.shape != (height, width, 4):
        raise ValueError("it has another size than its header says")
    return np.asarray(found, np.uint8)
