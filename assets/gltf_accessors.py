"""Accessors: typed arrays in a glTF's buffers. Every bound is checked before a byte is read or allocated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assets.errors import ModelError
from assets.gltf_compression import MESHOPT, decompress
from assets.gltf_json import Document, Item

_TYPES: Final = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_COMPONENTS: Final[Mapping[int, np.dtype[Any]]] = {
    5120: np.dtype("<i1"),
    5121: np.dtype("<u1"),
    5122: np.dtype("<i2"),
    5123: np.dtype("<u2"),
    5125: np.dtype("<u4"),
    5126: np.dtype("<f4"),
}
_INDEX_COMPONENTS: Final = frozenset({5121, 5123, 5125})


@dataclass(frozen=True, kw_only=True)
class View:
    """A checked bufferView. ``packed`` is the JSON of its meshopt compression, if it has any."""

    item: Item
    length: int
    stride: int  # 0: tightly packed
    packed: Item | None


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A checked accessor: ``count`` elements of ``width`` components, starting at ``offset`` in a view."""

    item: Item
    dtype: np.dtype[Any]
    kind: str
    width: int
    count: int
    normalized: bool
    view: int | None
    offset: int
    stride: int
    sparse: Sparse | None

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize * self.width


@dataclass(frozen=True, kw_only=True)
class Sparse:
    """Replaced elements: ``count`` of them, their places and their values."""

    count: int
    index_dtype: np.dtype[Any]
    index_view: int
    index_offset: int
    value_view: int
    value_offset: int


class Accessors:
    """The accessors of one document. Arrays are decoded once and shared; treat them as read-only."""

    def __init__(self, document: Document) -> None:
        limits = document.limits
        self._document = document
        self._buffers = document.root.items("buffers", limits.accessors)
        self._views = tuple(self._view(item) for item in document.root.items("bufferViews", limits.accessors))
        self._layouts = tuple(self._layout(item) for item in document.root.items("accessors", limits.accessors))
        self._bytes: dict[int, memoryview] = {}
        self._raw: dict[int, NDArray[Any]] = {}
        self._float: dict[int, NDArray[np.float32]] = {}

    def __len__(self) -> int:
        return len(self._layouts)

    @property
    def views(self) -> int:
        """How many bufferViews there are."""
        return len(self._views)

    def layout(self, index: int) -> Layout:
        """What an accessor declares, already checked against its buffer."""
        return self._layouts[index]

    def view_bytes(self, index: int) -> memoryview:
        """The bytes of a bufferView, decompressed where it is compressed."""
        if index not in self._bytes:
            view = self._views[index]
            if view.packed is not None:
                source = self._slice(view.packed, view.packed.integer("byteLength", low=1))
                self._document.take(view.length)
                self._bytes[index] = memoryview(decompress(view.packed, source, view.length))
            else:
                self._bytes[index] = self._slice(view.item, view.length)
        return self._bytes[index]

    def raw(self, index: int) -> NDArray[Any]:
        """An accessor as stored: [count, width] in its own component type, sparse values in place.

        Raises ModelError ``model.accessor_bounds`` or ``model.sparse``.
        """
        if index not in self._raw:
            layout = self._layouts[index]
            self._document.take(layout.count * layout.size)
            if layout.view is None:
                array = np.zeros((layout.count, layout.width), dtype=layout.dtype)
            else:
                array = self._strided(layout.view, layout.offset, layout.stride, layout)
            if layout.sparse is not None:
                self._replace(array, layout, layout.sparse)
            array.flags.writeable = False
            self._raw[index] = array
        return self._raw[index]

    def floats(self, index: int) -> NDArray[np.float32]:
        """An accessor as float32[count, width]; normalised integers become 0..1 or -1..1 (glTF 2.0, 3.11)."""
        if index not in self._float:
            raw = self.raw(index)
            layout = self._layouts[index]
            if raw.dtype == np.float32:
                self._float[index] = raw
                return raw
            self._document.take(layout.count * layout.width * 4)
            array = raw.astype(np.float32)
            if layout.normalized and layout.dtype.kind in "iu":
                array /= np.float32(np.iinfo(layout.dtype).max)
                np.maximum(array, -1.0, out=array)
            array.flags.writeable = False
            self._float[index] = array
        return self._float[index]

    def _view(self, item: Item) -> View:
        length = item.integer("byteLength", low=1)
        stride = item.integer("byteStride", 0, high=65_536)
        packed = next((found for name in MESHOPT if (found := item.extension(name)) is not None), None)
        if packed is None:
            self._bounds(item, length)
        return View(item=item, length=length, stride=stride, packed=packed)

    def _bounds(self, item: Item, length: int) -> None:
        index = item.index("buffer", len(self._buffers), "buffers")
        if index is None:
            raise item.fail("buffer", "present")
        declared = self._buffers[index].integer("byteLength", low=1)
        offset = item.integer("byteOffset", 0)
        if offset + length > declared:
            msg = (
                f"{item.path} ends at byte {offset + length:,} of a buffer of {declared:,}; "
                "the file is damaged, export the model again"
            )
            raise ModelError(msg, code="model.buffer_bounds", path=item.path)

    def _slice(self, item: Item, length: int) -> memoryview:
        self._bounds(item, length)
        index = item.integer("buffer")
        offset = item.integer("byteOffset", 0)
        return self._document.buffer(self._buffers[index], index)[offset : offset + length]

    def _layout(self, item: Item) -> Layout:
        component = item.integer("componentType")
        kind = item.text("type")
        if component not in _COMPONENTS or kind not in _TYPES:
            raise item.fail("componentType", "5120 to 5126 with a type from SCALAR to MAT4", "model.accessor_type")
        count = item.integer("count", low=1, high=2**32 - 1)
        view = item.index("bufferView", len(self._views), "buffer views")
        layout = Layout(
            item=item,
            dtype=_COMPONENTS[component],
            kind=kind,
            width=_TYPES[kind],
            count=count,
            normalized=item.flag("normalized"),
            view=view,
            offset=item.integer("byteOffset", 0),
            stride=self._views[view].stride if view is not None else 0,
            sparse=self._sparse(item, count),
        )
        if view is not None:
            self._fits(layout, view, layout.offset, layout.stride or layout.size, count, layout.size)
        if layout.sparse is not None:
            sparse = layout.sparse
            size = sparse.index_dtype.itemsize
            self._fits(layout, sparse.index_view, sparse.index_offset, size, sparse.count, size)
            self._fits(layout, sparse.value_view, sparse.value_offset, layout.size, sparse.count, layout.size)
        return layout

    def _sparse(self, item: Item, count: int) -> Sparse | None:
        sparse = item.item("sparse")
        if sparse is None:
            return None
        indices, values = sparse.item("indices"), sparse.item("values")
        if indices is None or values is None:
            raise sparse.fail("indices", "present, and so must values", "model.sparse")
        index_view = indices.index("bufferView", len(self._views), "buffer views")
        value_view = values.index("bufferView", len(self._views), "buffer views")
        component = indices.integer("componentType")
        if index_view is None or value_view is None or component not in _INDEX_COMPONENTS:
            raise sparse.fail("indices", "unsigned integers in a buffer view", "model.sparse")
        replaced = sparse.integer("count", low=1, high=2**32 - 1)
        if replaced > count:
            raise sparse.fail("count", f"at most the accessor's {count}", "model.sparse")
        return Sparse(
            count=replaced,
            index_dtype=_COMPONENTS[component],
            index_view=index_view,
            index_offset=indices.integer("byteOffset", 0),
            value_view=value_view,
            value_offset=values.integer("byteOffset", 0),
        )

    def _fits(self, layout: Layout, view: int, offset: int, stride: int, count: int, size: int) -> None:
        if stride < size:
            raise layout.item.fail("byteStride", f"at least the element's {size} bytes", "model.accessor_bounds")
        end = offset + stride * (count - 1) + size
        if end > self._views[view].length:
            msg = (
                f"{layout.item.path} reads to byte {end:,} of a buffer view of {self._views[view].length:,}; "
                "the file is damaged, export the model again"
            )
            raise ModelError(msg, code="model.accessor_bounds", path=layout.item.path)

    def _strided(self, view: int, offset: int, stride: int, layout: Layout) -> NDArray[Any]:
        source = np.ndarray(
            (layout.count, layout.width),
            dtype=layout.dtype,
            buffer=self.view_bytes(view),
            offset=offset,
            strides=(stride or layout.size, layout.dtype.itemsize),
        )
        return np.array(source, order="C")  # an aligned copy, so that the file's bytes can be freed

    def _replace(self, array: NDArray[Any], layout: Layout, sparse: Sparse) -> None:
        self._document.take(sparse.count * (layout.size + 8))
        places = np.frombuffer(
            self.view_bytes(sparse.index_view),
            dtype=sparse.index_dtype,
            count=sparse.count,
            offset=sparse.index_offset,
        ).astype(np.int64)
        if places[-1] >= layout.count or places.max() >= layout.count or (np.diff(places) <= 0).any():
            msg = (
                f"{layout.item.path}/sparse must name increasing places below {layout.count}; export the model again"
            )
            raise ModelError(msg, code="model.sparse", path=layout.item.path)
        values = np.frombuffer(
            self.view_bytes(sparse.value_view),
            dtype=layout.dtype,
            count=sparse.count * layout.width,
            offset=sparse.value_offset,
        )
        array[places] = values.reshape(sparse.count, layout.width)
