"""Compressed geometry: EXT_ and KHR_meshopt_compression, and KHR_draco_mesh_compression.

Both decoders are native code that allocates what a file asks for, so the declared sizes are checked first:
meshopt's against the buffer view, Draco's (read from its own header) against the accessors. What a Draco header
does not say is bounded by :mod:`assets.headroom`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import DracoPy
import meshoptimizer
import numpy as np
from numpy.typing import NDArray

from assets.errors import ModelError
from assets.gltf_json import Item
from assets.headroom import headroom

MESHOPT: Final = ("EXT_meshopt_compression", "KHR_meshopt_compression")
"""The second adds a vertex codec, which the decoder tells by itself, and the filter COLOR."""
_FILTERS: Final = frozenset({"NONE", "OCTAHEDRAL", "QUATERNION", "EXPONENTIAL", "COLOR"})
_MESHOPT_RATIO: Final = 2_048
"""What a byte of a meshopt stream can stand for at the very most is 1,024 bytes: a block of 256 vertices of four
bytes that do not change costs one control byte in the newer vertex codec. Triangles cost a byte each."""
_FACES_PER_BYTE: Final = 64
"""Real Draco meshes spend 0.1 byte a face and more (flat grids the least); a bomb spends almost nothing."""
_DRACO_SLACK: Final = 256 * 2**20
"""Bytes that decoding may take beyond four times its result. A stream's own list of attributes comes after data of
unknown length, so what it will really allocate cannot be read beforehand; the decoder is stopped there instead."""
_HAS_METADATA: Final = 0x8000


def decompress(extension: Item, source: memoryview, length: int) -> bytes:
    """Decodes a meshopt-compressed buffer view into exactly ``length`` bytes.

    Raises ModelError ``model.meshopt`` when the header contradicts the view or the stream is damaged.
    """
    mode = extension.text("mode")
    how = extension.text("filter", "NONE")
    count = extension.integer("count", low=1, high=2**32 - 1)
    stride = extension.integer("byteStride", low=1, high=256)
    if count * stride != length or how not in _FILTERS:
        raise _meshopt_error(extension, "contradicts its buffer view")
    if length > _MESHOPT_RATIO * len(source):
        raise _meshopt_error(extension, f"says that {len(source):,} bytes unpack to {length:,}, which they cannot")
    try:
        if mode == "ATTRIBUTES":
            return _attributes(extension, source, count, stride, how)
        if mode in {"TRIANGLES", "INDICES"} and stride in {2, 4} and how == "NONE":
            if mode == "TRIANGLES" and count % 3:
                raise _meshopt_error(extension, "has a triangle of fewer than 3 corners")
            decoder = (
                meshoptimizer.decode_index_buffer if mode == "TRIANGLES" else meshoptimizer.decode_index_sequence
            )
            indices: NDArray[np.uint32] = decoder(count, 4, source)
            return indices.astype(f"<u{stride}").tobytes()
    except (ValueError, RuntimeError) as error:
        if isinstance(error, ModelError):
            raise
        raise _meshopt_error(extension, "cannot be decoded") from error
    raise _meshopt_error(extension, "has an unknown mode or stride")


def _attributes(extension: Item, source: memoryview, count: int, stride: int, how: str) -> bytes:
    strides = {"OCTAHEDRAL": {4, 8}, "QUATERNION": {8}, "COLOR": {4, 8}}.get(how)
    if stride % 4 or (strides is not None and stride not in strides):
        raise _meshopt_error(extension, f"has a stride of {stride} bytes, which its filter cannot have")
    decoded = meshoptimizer.decode_vertex_buffer(count, stride, source, dtype=np.dtype((np.void, stride)))
    if how == "OCTAHEDRAL":
        decoded = meshoptimizer.decode_filter_oct(decoded, count, stride)
    elif how == "QUATERNION":
        decoded = meshoptimizer.decode_filter_quat(decoded, count, stride)
    elif how == "EXPONENTIAL":
        decoded = meshoptimizer.decode_filter_exp(decoded, count, stride)
    elif how == "COLOR":
        decoded = _colours(decoded, stride)
    data: bytes = decoded.tobytes()
    return data


def _colours(encoded: NDArray[Any], stride: int) -> NDArray[Any]:
    """Y, Co, Cg and alpha of K bits as RGBA (KHR_meshopt_compression, appendix B, filter 4).

    Alpha has one bit less, and a set bit above it that tells K.
    """
    kind = np.dtype(f"<u{stride // 4}")
    stored = np.frombuffer(encoded.tobytes(), kind).reshape(-1, 4)
    y = stored[:, 0].astype(np.int64)
    co, cg = np.frombuffer(encoded.tobytes(), f"<i{stride // 4}").reshape(-1, 4)[:, 1:3].astype(np.int64).T
    mark = stored[:, 3].astype(np.int64)
    for shift in (1, 2, 4, 8):
        mark |= mark >> shift
    alpha = stored[:, 3] & (mark >> 1)
    rgba = np.stack([y + co - cg, y + cg, y - co - cg, (alpha << 1) | (alpha & 1)], axis=1)
    largest = np.iinfo(kind).max
    scaled = np.floor(rgba * (largest / np.maximum(mark, 1))[:, None] + 0.5)
    return np.clip(scaled, 0, largest).astype(kind)


def _meshopt_error(extension: Item, what: str) -> ModelError:
    msg = f"{extension.path} {what}; export the model again, or without meshopt compression"
    return ModelError(msg, code="model.meshopt", path=extension.path)


def decode_draco(
    extension: Item,
    source: memoryview,
    attributes: Mapping[str, int],
    *,
    vertices: int,
    triangles: int,
    expected: int,
) -> tuple[NDArray[np.uint32], dict[str, NDArray[Any]]]:
    """Decodes a Draco mesh: indices uint32[m, 3], and each wanted attribute [n, width] as it was stored.

    ``attributes`` maps glTF names to Draco's unique ids; ``vertices`` and ``triangles`` are what the accessors
    declare and what the stream must hold, ``expected`` the bytes that the result takes. A stream that unpacks to
    far more is stopped on the way. Raises ModelError ``model.draco``.
    """
    data = bytes(source)
    _check_draco_header(extension, data, vertices=vertices, triangles=triangles)
    try:
        with headroom(_DRACO_SLACK + 4 * expected):
            mesh = DracoPy.decode(data)
        faces = np.ascontiguousarray(mesh.faces, dtype=np.uint32).reshape(-1, 3)
        arrays = {
            name: np.atleast_2d(np.asarray(mesh.get_attribute_by_unique_id(unique)["data"]))
            for name, unique in attributes.items()
        }
    except MemoryError as error:
        raise _draco_error(extension, "unpacks to far more than its accessors say") from error
    except Exception as error:  # the decoder raises bare exceptions of many kinds
        raise _draco_error(extension, "cannot be decoded") from error
    if len(faces) != triangles or any(len(array) != vertices for array in arrays.values()):
        raise _draco_error(extension, "holds another number of vertices or triangles than its accessors say")
    return faces, arrays


def _check_draco_header(extension: Item, data: bytes, *, vertices: int, triangles: int) -> None:
    """Reads the counts of the Draco 2.2 bitstream (sections 4 and 5 of its specification)."""
    if data[:5] != b"DRACO" or len(data) < 14:
        raise _draco_error(extension, "is not a Draco stream")
    major, minor, kind, method = data[5], data[6], data[7], data[8]
    flags = int.from_bytes(data[9:11], "little")
    if (major, minor) != (2, 2) or kind != 1 or method > 1:
        raise _draco_error(extension, f"is not a Draco 2.2 mesh (version {major}.{minor})")
    place = _past_metadata(data, 11) if flags & _HAS_METADATA else 11
    if method == 0:
        faces, place = _varint(data, place)
        points, _ = _varint(data, place)
    else:
        points, place = _varint(data, place + 1)
        faces, _ = _varint(data, place)
    # Edgebreaker counts vertices before attribute seams split them (fewer than the accessor says) and after
    # non-manifold edges did (up to one for each corner).
    if faces != triangles or points > vertices + 3 * triangles or faces > _FACES_PER_BYTE * len(data) + 4096:
        raise _draco_error(extension, "holds another number of vertices or triangles than its accessors say")


def _past_metadata(data: bytes, place: int) -> int:
    """Where the metadata of a stream ends (section 4.2): that of some attributes, then the file's."""
    attributes, place = _varint(data, place)
    for _ in range(min(attributes, len(data))):
        _, place = _varint(data, place)
        place = _past_entries(data, place)
    return _past_entries(data, place)


def _past_entries(data: bytes, place: int) -> int:
    """Names and values, and the same again inside, however deep."""
    inner = 1
    while inner and place < len(data):
        inner -= 1
        entries, place = _varint(data, place)
        for _ in range(min(entries, len(data) - place)):
            place += 1 + (data[place] if place < len(data) else 0)
            length, place = _varint(data, place)
            place += length
            if place >= len(data):
                break
        more, place = _varint(data, place)
        inner += min(more, len(data))
        if inner and place < len(data):
            place += 1 + data[place]  # the name of the next one inside
    return place


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(data):
            break
        value |= (data[place] & 0x7F) << shift
        place += 1
        if not data[place - 1] & 0x80:
            return value, place
    return 2**63, place


def _draco_error(extension: Item, what: str) -> ModelError:
    msg = f"{extension.path} {what}; export the model again, or without Draco compression"
    return ModelError(msg, code="model.draco", path=extension.path)
