"""The outside of a glTF file: the GLB container, the JSON, and typed access to what it says.

Nothing past this file sees unchecked JSON: an :class:`Item` gives integers that are integers, finite
numbers, and indices that exist, or raises ModelError ``model.schema`` with the path of the field.
pygltflib is not used for reading: it builds 0.25 ms of dataclass for each object (5 s for a file of 20,000), needs a
JSON that is right already, and warns instead of refusing.
"""

from __future__ import annotations

import binascii
import math
import struct
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from assets.errors import ModelError
from assets.limits import Limits

MAGIC: Final = b"glTF"
_JSON_CHUNK: Final = 0x4E4F534A
_BINARY_CHUNK: Final = 0x004E4942
_TEXT_LENGTH: Final = 1024  # of a name; longer ones are cut


@dataclass(frozen=True)
class Item:
    """One JSON object and where it is ("materials/3"). Getters check what they give."""

    value: Mapping[str, Any]
    path: str

    def fail(self, key: str, wanted: str, code: str = "model.schema") -> ModelError:
        """The error for a field that is not what glTF 2.0 says."""
        path = f"{self.path}/{key}" if self.path else key
        return ModelError(f"{path} must be {wanted}; export the model again", code=code, path=path)

    def __contains__(self, key: str) -> bool:
        return key in self.value

    def integer(self, key: str, default: int | None = None, *, low: int = 0, high: int = 2**53) -> int:
        """A whole number in low..high."""
        value = self.value.get(key, default)
        if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
            value = int(value)  # JSON has one number type; some writers say 3.0
        if type(value) is not int or not low <= value <= high:
            raise self.fail(key, f"a whole number between {low} and {high}")
        return value

    def index(self, key: str, count: int, what: str) -> int | None:
        """An index into a list of ``count``; None when the field is absent."""
        if key not in self.value:
            return None
        value = self.integer(key)
        if value >= count:
            raise self.fail(key, f"the index of one of the file's {count} {what}, not {value}", "model.reference")
        return value

    def indices(self, key: str, count: int, what: str) -> tuple[int, ...]:
        """A list of indices into a list of ``count``; empty when absent."""
        values = self.value.get(key, [])
        if not isinstance(values, list):
            raise self.fail(key, f"a list of indices of {what}")
        for value in values:
            if type(value) is not int or not 0 <= value < count:
                raise self.fail(key, f"a list of indices of the file's {count} {what}", "model.reference")
        return tuple(values)

    def number(self, key: str, default: float, *, low: float = -1e9, high: float = 1e9) -> float:
        """A finite number in low..high."""
        return _number(self, key, self.value.get(key, default), low, high)

    def numbers(
        self, key: str, length: int | None, default: tuple[float, ...], *, low: float = -1e9, high: float = 1e9
    ) -> tuple[float, ...]:
        """``length`` finite numbers (any number of them for None)."""
        if key not in self.value:
            return default
        values = self.value[key]
        if not isinstance(values, list) or (length is not None and len(values) != length):
            raise self.fail(key, f"a list of {length} numbers" if length is not None else "a list of numbers")
        return tuple(_number(self, key, value, low, high) for value in values)

    def text(self, key: str, default: str = "") -> str:
        """A string, cut at 1,024 characters; the default for anything else."""
        value = self.value.get(key, default)
        return value[:_TEXT_LENGTH] if isinstance(value, str) else default

    def flag(self, key: str) -> bool:
        """True only for JSON true."""
        return self.value.get(key, False) is True

    def item(self, key: str) -> Item | None:
        """A nested object; None when absent."""
        if key not in self.value:
            return None
        value = self.value[key]
        if not isinstance(value, dict):
            raise self.fail(key, "an object")
        return Item(value, f"{self.path}/{key}" if self.path else key)

    def items(self, key: str, limit: int) -> tuple[Item, ...]:
        """A list of objects, at most ``limit``; empty when absent."""
        values = self.value.get(key, [])
        if not isinstance(values, list):
            raise self.fail(key, "a list")
        path = f"{self.path}/{key}" if self.path else key
        if len(values) > limit:
            msg = f"the model has {len(values):,} {path}; at most {limit:,} are accepted, so simplify it"
            raise ModelError(msg, code="model.too_many", path=path)
        for place, value in enumerate(values):
            if not isinstance(value, dict):
                raise self.fail(f"{key}/{place}", "an object")
        return tuple(Item(value, f"{path}/{place}") for place, value in enumerate(values))

    def extension(self, name: str) -> Item | None:
        """An extension's object; None when the item does not use it."""
        extensions = self.item("extensions")
        return extensions.item(name) if extensions is not None else None

    @property
    def extras(self) -> dict[str, Any]:
        """Application data as it came; a value that is not an object goes under "value"."""
        value = self.value.get("extras")
        if value is None:
            return {}
        return dict(value) if isinstance(value, dict) else {"value": value}


def _number(item: Item, key: str, value: Any, low: float, high: float) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or not low <= value <= high:
        raise item.fail(key, f"finite numbers between {low:g} and {high:g}")
    return float(value)


@dataclass
class Document:
    """A parsed file: its JSON root, its buffers, what it may still decode, and what had to be decided."""

    root: Item
    binary: memoryview | None
    limits: Limits
    warnings: list[str] = field(default_factory=list)
    _taken: int = 0
    _placed: int = 0
    _used: int = 0
    _buffers: dict[int, memoryview] = field(default_factory=dict)

    def warn(self, message: str) -> None:
        """Notes a decision once; a hostile file does not get an endless list."""
        if message not in self.warnings and len(self.warnings) < 100:
            self.warnings.append(message)

    def take(self, count: int) -> None:
        """Books ``count`` bytes of decoded data before they are allocated."""
        self._taken += count
        if self._taken > self.limits.decoded_bytes:
            msg = (
                f"the model decodes to more than {self.limits.decoded_bytes // 2**20} MiB; "
                "reduce its vertices, morph targets or animation keys"
            )
            raise ModelError(msg, code="model.too_large")

    def use(self, count: int) -> None:
        """Books one more use of ``count`` bytes, which may be shared with others."""
        self._used += count
        if self._used > self.limits.used_bytes:
            msg = (
                f"the model's morph targets and animation keys, as often as they are used, are more than "
                f"{self.limits.used_bytes // 2**30} GiB; remove some of them"
            )
            raise ModelError(msg, code="model.too_large")

    def place(self, count: int) -> None:
        """Counts ``count`` more instances of meshes."""
        self._placed += count
        if self._placed > self.limits.instances:
            msg = f"the model places more than {self.limits.instances:,} instances of meshes; place fewer of them"
            raise ModelError(msg, code="model.too_many", path="nodes")

    def buffer(self, item: Item, index: int) -> memoryview:
        """The bytes of a buffer: the GLB's binary chunk or a data URI. Never a file and never the network."""
        if index not in self._buffers:
            length = item.integer("byteLength", low=1)
            uri = item.value.get("uri")
            if uri is not None:
                data = memoryview(data_uri(item, "uri"))
            elif index == 0 and self.binary is not None:
                data = self.binary
            else:
                raise item.fail("uri", "present: this buffer has no data in the file", "model.buffer_missing")
            if length > len(data):
                msg = f"{item.path} promises {length:,} bytes and holds {len(data):,}; export the model again"
                raise ModelError(msg, code="model.buffer_bounds", path=item.path)
            self._buffers[index] = data[:length]
        return self._buffers[index]


def data_uri(item: Item, key: str) -> bytes:
    """Decodes ``data:…``; any other URI is refused with ``model.external_uri``."""
    uri = item.value[key]
    if not isinstance(uri, str):
        raise item.fail(key, "a data: URI")
    if uri[:5].lower() != "data:":
        shown = uri if len(uri) <= 80 else f"{uri[:77]}…"
        msg = (
            f"{item.path} points outside the file ({shown!r}); "
            "export a GLB, or a .gltf with everything embedded as data URIs"
        )
        raise ModelError(msg, code="model.external_uri", path=f"{item.path}/{key}")
    head, comma, body = uri.partition(",")
    if not comma:
        raise item.fail(key, "a valid data: URI")
    try:
        if head.lower().endswith(";base64"):
            return binascii.a2b_base64(body, strict_mode=False)
        return urllib.parse.unquote_to_bytes(body)
    except ValueError as error:
        raise item.fail(key, "a valid data: URI") from error


def parse(data: bytes, limits: Limits) -> Document:
    """Takes the container apart and parses the JSON.

    Raises ModelError ``model.format`` (neither GLB nor glTF), ``model.version``, ``model.truncated``,
    ``model.container``, ``model.json``, ``model.json_depth`` or ``model.too_large``.
    """
    if len(data) > limits.file_bytes:
        msg = f"the model file is {len(data):,} bytes; at most {limits.file_bytes:,} are accepted"
        raise ModelError(msg, code="model.too_large")
    if data[:4] == MAGIC:
        text, binary = _chunks(data, limits)
    elif data[:256].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        text, binary = memoryview(data), None
    else:
        msg = "the file is neither a GLB nor a .gltf JSON; export the model as glTF 2.0 binary (.glb)"
        raise ModelError(msg, code="model.format")
    root = Item(_json(text, limits), "")
    asset = root.item("asset")
    version = asset.text("version") if asset is not None else ""
    if version.partition(".")[0] != "2":
        msg = f"the model says glTF version {version!r}; export it as glTF 2.0"
        raise ModelError(msg, code="model.version", path="asset/version")
    least = asset.text("minVersion", "2.0") if asset is not None else "2.0"
    if least not in {"2", "2.0"}:
        msg = f"the model says that it needs glTF {least[:20]!r} at least; export it as glTF 2.0"
        raise ModelError(msg, code="model.version", path="asset/minVersion")
    return Document(root, binary, limits)


def _chunks(data: bytes, limits: Limits) -> tuple[memoryview, memoryview | None]:
    if len(data) < 20:
        raise ModelError("the GLB ends inside its header; upload the whole file", code="model.truncated")
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise ModelError(f"the GLB has version {version}; export it as glTF 2.0", code="model.version")
    if length > len(data):
        msg = f"the GLB promises {length:,} bytes and has {len(data):,}; upload the whole file"
        raise ModelError(msg, code="model.truncated")
    if length < 20:
        raise ModelError("the GLB's header gives an impossible length; export it again", code="model.container")
    view = memoryview(data)[:length]
    text: memoryview | None = None
    binary: memoryview | None = None
    offset = 12
    while offset + 8 <= length:
        size, kind = struct.unpack_from("<II", view, offset)
        body = view[offset + 8 : offset + 8 + size]
        if len(body) < size:
            msg = f"a chunk of the GLB promises {size:,} bytes and has {len(body):,}; upload the whole file"
            raise ModelError(msg, code="model.truncated")
        if text is None:
            if kind != _JSON_CHUNK:
                msg = "the GLB's first chunk is not JSON; export the model again"
                raise ModelError(msg, code="model.container")
            text = body
        elif kind == _BINARY_CHUNK and binary is None:
            binary = body
        offset += 8 + size
    if text is None:
        raise ModelError("the GLB has no JSON chunk; export the model again", code="model.container")
    if len(text) > limits.json_bytes:
        msg = f"the GLB's JSON is {len(text):,} bytes; at most {limits.json_bytes:,} are accepted"
        raise ModelError(msg, code="model.too_large")
    return text, binary


def _json(text: memoryview, limits: Limits) -> dict[str, Any]:
    raw = bytes(text).lstrip(b"\xef\xbb\xbf").rstrip(b"\x00 \t\r\n")
    if raw.count(b"[") + raw.count(b"{") + raw.count(b",") > limits.json_tokens:
        msg = "the model's JSON has too many values; simplify the model or remove its application data"
        raise ModelError(msg, code="model.too_large")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if "depth limit" in str(error) or "recursion" in str(error).lower():
            raise _too_deep(limits) from error
        msg = f"the model's JSON cannot be parsed ({error}); export the model again"
        raise ModelError(msg, code="model.json") from error
    if not isinstance(value, dict):
        raise ModelError("the model's JSON is not an object; export the model again", code="model.json")
    level: list[Any] = [value]
    for _ in range(limits.json_depth):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not level:
            return value
    raise _too_deep(limits)


def _too_deep(limits: Limits) -> ModelError:
    msg = f"the model's JSON is nested deeper than {limits.json_depth} levels; remove its application data"
    return ModelError(msg, code="model.json_depth")
