"""Links, ranges and names of downloads."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.artifacts import content_disposition, open_range, parse_range, safe_name, safe_path, sign, verify
from farm.blob_memory import MemoryBlobs
from farm.errors import Refused


def test_a_link_is_good_until_it_expires() -> None:
    signature = sign("secret", "a1", 1000)
    verify("secret", "a1", 1000, signature, now=999.9)
    with pytest.raises(Refused, match=r"link\.expired"):
        verify("secret", "a1", 1000, signature, now=1000)


@pytest.mark.parametrize(
    ("secret", "artifact", "expires", "change"),
    [("other", "a1", 1000, ""), ("secret", "a2", 1000, ""), ("secret", "a1", 9999, ""), ("secret", "a1", 1000, "é")],
)
def test_a_changed_link_is_refused(secret: str, artifact: str, expires: int, change: str) -> None:
    with pytest.raises(Refused, match=r"link\.invalid"):
        verify(secret, artifact, expires, sign("secret", "a1", 1000) + change, now=0)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-3", (0, 4)),
        ("bytes=4-", (4, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=8-99", (8, 10)),
        ("bytes=0-1,3-4", None),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("lines=1-2", None),
        (f"bytes=0-{'9' * 400}", None),
    ],
)
def test_a_range_header_is_read_as_the_rfc_says(header: str | None, expected: tuple[int, int] | None) -> None:
    assert parse_range(header, 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=50-60", "bytes=-0"])
def test_a_range_outside_is_refused(header: str) -> None:
    with pytest.raises(Refused, match=r"request\.range"):
        parse_range(header, 10)


def test_a_range_is_opened() -> None:
    blobs = MemoryBlobs()
    stored = blobs.put_bytes(b"0123456789")
    opened = open_range(blobs, stored.digest, stored.size, "bytes=2-4")
    assert opened.partial
    assert opened.content_range == "bytes 2-4/10"
    assert b"".join(opened.chunks) == b"234"
    assert not open_range(blobs, stored.digest, stored.size).partial


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("design.png", "design.png"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("a\\b:c*.glb", "a-b-c-.glb"),
        ("CON.png", "_CON.png"),
        ("..", "artifact"),
        ("한복-앞.png", "한복-앞.png"),
        ("red\u202egnp.exe", "red gnp.exe"),
        ("trailing. ", "trailing"),
    ],
)
def test_a_name_is_made_safe(name: str, expected: str) -> None:
    assert safe_name(name) == expected


@given(st.text(max_size=400))
def test_no_name_leaves_the_folder(name: str) -> None:
    folder = Path("/downloads")
    path = safe_path(folder, name)
    assert path.parts[: len(folder.parts)] == folder.parts
    assert len(path.parts) > len(folder.parts)
    assert ".." not in path.parts
    assert all(len(part.encode()) <= 255 for part in path.parts)


@given(st.text(max_size=100))
def test_a_header_stays_one_header(name: str) -> None:
    value = content_disposition(name)
    value.encode("ascii")
    assert not {"\r", "\n"} & set(value)


def test_a_korean_name_is_sent_beside_an_ascii_one() -> None:
    assert content_disposition("한.png") == "attachment; filename=\"_.png\"; filename*=UTF-8''%ED%95%9C.png"
