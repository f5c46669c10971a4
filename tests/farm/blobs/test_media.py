"""Media types come from the bytes."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from farm.media import sniff


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"glTF\x02\0\0\0", "model/gltf-binary"),
        (b'\xef\xbb\xbf \n{ "asset" : {"version": "2.0"}}', "model/gltf+json"),
        (b'{"animations":[' + b'{"channels":[]},' * 400, "model/gltf+json"),
        (b'{"name": "a design"}', "application/json"),
        (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("WEBP"), "image/webp"),
        (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41" + bytes(40), "video/mp4"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webmB\x87\x81\x02", "video/webm"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n", "image/vnd.radiance"),
        (b"#?RGBE\n", "image/vnd.radiance"),
        (b"\x76\x2f\x31\x01\x02\0\0\0", "image/x-exr"),
        (b"PK\x03\x04\x14\0\0\0", "application/zip"),
        (b"# mesh\nmtllib a.mtl\no a\nv 0 0 0\nv 1 0 0\nf 1 2 3\n", "model/obj"),
        (b"", "application/octet-stream"),
        (b"hello there", "application/octet-stream"),
    ],
)
def test_the_content_decides(head: bytes, expected: str) -> None:
    assert sniff(head) == expected


def test_random_bytes_never_fail() -> None:
    for seed in range(300):
        assert "/" in sniff(bytes((seed * 31 + i * i) % 256 for i in range(seed)))
