"""Uploads are looked at before they are believed: while they come, and when they are whole."""

from __future__ import annotations

import errno
import io
import json
import random
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from assets.errors import ContentError
from farm.errors import Refused
from pipelines import archives, preflight

SCENE = "application/zip"


def nowhere() -> Path:
    raise AssertionError("this file needs no local copy")


def picture(kind: str, size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, kind, **options)
    return buffer.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG's header alone, of any size at all."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body)) + b"\0\0\1\0IDAT"


def zipped(files: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def listed(data: bytes) -> dict[str, Any]:
    return preflight.inspect(io.BytesIO(data), len(data), SCENE, nowhere)


def refused(data: bytes) -> str:
    with pytest.raises(Refused) as raised:
        listed(data)
    return raised.value.code


# -- the first bytes


@pytest.mark.parametrize(
    ("declared", "data", "found"),
    [
        (None, picture("PNG"), "image/png"),
        ("application/octet-stream", picture("PNG"), "image/png"),
        ("Image/JPG; q=1", picture("JPEG"), "image/jpeg"),
        ("text/plain", b"scan data", "application/octet-stream"),
        ("image/vnd.adobe.photoshop", b"8BPS\0\1" + bytes(40), "image/vnd.adobe.photoshop"),
        ("application/vnd.openxmlformats-officedocument", zipped({"a": b"1"}), "application/zip"),
        ("model/vnd.usdz+zip", zipped({"a": b"1"}), "application/zip"),
        ("video/mp4", b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + bytes(400), "video/quicktime"),
        ("application/x-scan", b"\x07\x08raw", "application/octet-stream"),
    ],
)
def test_types_that_agree(declared: str | None, data: bytes, found: str) -> None:
    assert preflight.header(data, len(data), declared) == found


@pytest.mark.parametrize(
    ("declared", "data"),
    [
        ("image/png", picture("JPEG")),
        ("image/png", b"MZ\x90\0" + bytes(60)),
        ("model/gltf-binary", zipped({"a": b"1"})),
        ("model/gltf-binary", b"no model"),
        ("video/mp4", picture("PNG")),
        ("application/x-scan", picture("PNG")),
    ],
)
def test_types_that_do_not(declared: str, data: bytes) -> None:
    with pytest.raises(Refused) as raised:
        preflight.header(data, len(data), declared)
    assert raised.value.code == "upload.type_mismatch"


@pytest.mark.parametrize(
    ("data", "size", "code"),
    [
        (struct.pack("<4sII", b"glTF", 2, 5_000), 4_999, "model.truncated"),
        (struct.pack("<4sII", b"glTF", 1, 5_000), 5_000, "model.version"),
        (png_of(30_000, 30_000), 10_000, "image.too_large"),
        (png_of(16_384, 16_384), 10_000, "image.too_large"),
    ],
)
def test_what_can_never_be_used_is_refused_at_its_first_bytes(data: bytes, size: int, code: str) -> None:
    with pytest.raises(ContentError) as raised:
        preflight.header(data, size, None)
    assert raised.value.code == code


def test_a_size_that_is_not_known_yet_is_no_reason() -> None:
    assert preflight.header(struct.pack("<4sII", b"glTF", 2, 5_000), None, None) == "model/gltf-binary"


def test_a_picture_whose_size_stands_far_behind_waits_for_the_whole() -> None:
    plain = picture("JPEG")
    notes = b"".join(b"\xff\xed" + struct.pack(">H", 60_002) + bytes(60_000) for _ in range(3))
    data = plain[:2] + notes + plain[2:]
    assert preflight.header(data[:65_536], len(data), "image/jpeg") == "image/jpeg"
    assert preflight.inspect(io.BytesIO(data), len(data), "image/jpeg", nowhere) == {"width": 40, "height": 30}


# -- the whole


def test_pictures_are_measured_and_bombs_are_not() -> None:
    data = picture("WEBP", (300, 200))
    assert preflight.inspect(io.BytesIO(data), len(data), "image/webp", nowhere) == {"width": 300, "height": 200}
    for bad, size, code in (
        (png_of(30_000, 30_000), 100, "image.too_large"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), 48, "image.invalid"),
        (picture("PNG"), preflight.MAX_PICTURE_BYTES + 1, "image.too_large"),
    ):
        with pytest.raises(ContentError) as raised:
            preflight.inspect(io.BytesIO(bad), size, "image/png", nowhere)
        assert raised.value.code == code


def triangle() -> bytes:
    """The least GLB that shows something."""
    binary = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 0]}
        ],
        "bufferViews": [{"buffer": 0, "byteLength": len(binary)}],
        "buffers": [{"byteLength": len(binary)}],
    }
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body


def test_a_model_is_looked_into_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "triangle.glb"
    path.write_bytes(triangle())
    with path.open("rb") as file:
        found = preflight.inspect(file, path.stat().st_size, "model/gltf-binary", lambda: path)
    assert found["triangles"] == 1
    assert json.loads(json.dumps(found))["vertices"] == 3


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.glb"
    path.write_bytes(struct.pack("<4sII", b"glTF", 2, 90) + bytes(20))
    with pytest.raises(ContentError) as raised:
        preflight.inspect(io.BytesIO(), 32, "model/gltf-binary", lambda: path)
    assert raised.value.code == "model.truncated"


def test_a_model_over_the_limit_is_not_even_opened() -> None:
    with pytest.raises(ContentError) as raised:
        preflight.inspect(io.BytesIO(), 1 << 50, "model/gltf-binary", nowhere)
    assert raised.value.code == "model.too_large"


def test_other_files_are_kept_as_they_are() -> None:
    assert preflight.inspect(io.BytesIO(b"%PDF-1.7"), 8, "application/pdf", nowhere) == {}


# -- archives


def test_an_archive_is_listed() -> None:
    found = listed(zipped({"scene/model.obj": b"v 0 0 0\n" * 99, "scene/a.png": picture("PNG")}))
    assert found["entries"] == 2
    assert found["names"] == ["scene/model.obj", "scene/a.png"]
    assert found["unpacked_bytes"] == 792 + len(picture("PNG"))
    assert listed(zipped({}))["entries"] == 0


def test_an_archive_of_the_large_format_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
    data = zipped({"a.txt": b"more than ten bytes", "b.txt": b"more than ten bytes"})
    assert b"PK\x06\x06" in data
    assert listed(data)["unpacked_bytes"] == 38


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../up", "a/../../up", "..\\up", "\\\\host\\x", "C:\\x", "a\0b", "gpj.\u202eexe", "a\nb"]
)
def test_names_that_lead_elsewhere(name: str) -> None:
    raw = name.encode()
    data = zipped({"x" * len(raw): b"1"}).replace(b"x" * len(raw), raw)
    flags = 0x800 if not name.isascii() else 0
    at = data.index(b"PK\x01\x02")
    data = data[: at + 8] + struct.pack("<H", flags) + data[at + 10 :]
    assert refused(data) == "archive.name"


def test_names_with_dots_in_them_are_just_names() -> None:
    assert listed(zipped({"v1..2/a..b.txt": b"1", "..hidden": b"1"}))["entries"] == 2


def test_a_single_file_of_zeros_is_a_bomb() -> None:
    assert refused(zipped({"zeros": bytes(120 * 1024 * 1024)})) == "archive.bomb"


def test_files_over_one_another_are_a_bomb() -> None:
    data = zipped({"a": b"1" * 500, "b": b"2" * 500}, zipfile.ZIP_STORED)
    second = data.rindex(b"PK\x01\x02")
    assert refused(data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :]) == "archive.bomb"


def test_sizes_that_are_lies_are_bombs_or_damage() -> None:
    data = zipped({"a": b"1" * 500})
    at = data.index(b"PK\x01\x02")
    unpacked = data[: at + 24] + struct.pack("<I", 0xFFFF_FFF0) + data[at + 28 :]
    assert refused(unpacked) == "archive.bomb"
    packed = data[: at + 20] + struct.pack("<I", 0x7FFF_FFFF) + data[at + 24 :]
    assert refused(packed) == "archive.invalid"


def test_an_encrypted_archive() -> None:
    data = zipped({"a": b"1"})
    at = data.index(b"PK\x01\x02")
    assert refused(data[: at + 8] + b"\1" + data[at + 9 :]) == "archive.encrypted"


def test_more_files_than_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRIES", 20)
    data = zipped({f"{number}": b"" for number in range(21)})
    assert refused(data) == "archive.bomb"
    end = data.rindex(b"PK\x05\x06")
    assert refused(data[: end + 8] + struct.pack("<HH", 1, 1) + data[end + 12 :]) == "archive.bomb"


def test_a_directory_that_hides_behind_a_modest_end_record_takes_no_memory(tmp_path: Path) -> None:
    """The record of the large format wins over the usual one in the reader, whatever that one says."""
    length = 300 * 1024 * 1024
    large = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, length, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, length, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 46, 0, 0)
    path = tmp_path / "hidden.zip"
    with path.open("wb") as file:
        file.truncate(length)
        file.seek(length)
        file.write(large + locator + end)
    tracemalloc.start()
    try:
        with path.open("rb") as file, pytest.raises(Refused) as raised:
            preflight.inspect(file, path.stat().st_size, SCENE, nowhere)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert raised.value.code == "archive.bomb"
    assert peak < 4 * 1024 * 1024


@pytest.mark.parametrize("good_reads", [0, 1])
def test_a_disk_that_fails_is_not_the_archives_fault(good_reads: int) -> None:
    class Failing(io.BytesIO):
        left = good_reads

        def read(self, size: int | None = -1) -> bytes:
            self.left -= 1
            if self.left < 0:
                raise OSError(errno.EIO, "the disk does not answer")
            return super().read(size)

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.txt", "text")
    data = made.getvalue()
    with pytest.raises(OSError, match="does not answer"):
        archives.list_zip(Failing(data), len(data))
    assert archives.list_zip(io.BytesIO(data), len(data))["entries"] == 1


def test_damaged_archives_are_told_so_whatever_is_wrong() -> None:
    whole = zipped({"a/b.txt": b"text" * 50, "c.txt": b"more"})
    assert refused(whole[:-30]) == "archive.invalid"
    assert refused(b"PK\x03\x04" + bytes(100)) == "archive.invalid"
    chance = random.Random(3)
    told = 0
    for _ in range(3_000):
        bad = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            bad[chance.randrange(whole.index(b"PK\x01\x02"), len(bad))] = chance.randrange(256)
        try:
            listed(bytes(bad))
        except Refused as error:
            told += error.code.startswith("archive.")
    assert told > 1_000
