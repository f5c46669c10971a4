"""What only S3 does: presigned URLs, parts that were changed, servers without copies, servers that do not answer."""

from __future__ import annotations

import hashlib
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from farm.blob_s3 import open_s3
from farm.errors import FarmFault, JobFault, Refused
from farm.ids import new_id
from farm.parts import MIB, Part
from farm.parts_s3 import APPEND_PART, MOST, ONE_PUT, S3Parts, part_bytes
from farm.s3_bucket import Bucket, open_bucket
from tests.farm.parts.conftest import Kit, s3_settings
from tests.farm.parts.test_parts_contract import CHUNK, TYPE, Session, everything, known, noise, sealed, send, sha


def bucket_of(kit: Kit) -> Bucket:
    assert isinstance(kit.parts, S3Parts)
    return kit.parts._bucket


def objects(kit: Kit) -> list[str]:
    bucket = bucket_of(kit)
    found = bucket.client.list_objects_v2(Bucket=bucket.name).get("Contents", ())
    return sorted(one["Key"] for one in found)


def multiparts(kit: Kit) -> int:
    bucket = bucket_of(kit)
    return len(bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads", ()))


def direct(kit: Kit, data: bytes, sent: bytes | None = None) -> tuple[Any, str]:
    """An upload whose bytes came by its presigned URL, and the URL."""
    place = kit.parts.create(new_id(), len(data), TYPE, direct=True)
    assert kit.parts.direct_size(place) is None
    found = kit.parts.presign(place, len(data), TYPE, 600)
    assert found is not None
    url, headers = found
    content = data if sent is None else sent
    assert httpx.put(url, content=content, headers={"Content-Type": headers["Content-Type"]}).status_code == 200
    return place, url


def test_bytes_come_by_a_presigned_url(s3: Kit) -> None:
    data = noise(6 * MIB + 5)
    place, _ = direct(s3, data)
    assert s3.parts.direct_size(place) == len(data)
    for store in (s3.parts, s3.another()):
        store.seal(place, [], {}, len(data))
    assert everything(s3.parts, place) == data


def test_the_url_is_signed_for_its_length_and_type(s3: Kit) -> None:
    place = s3.parts.create(new_id(), 5, TYPE, direct=True)
    found = s3.parts.presign(place, 5, TYPE, 77)
    assert found is not None
    query = httpx.URL(found[0]).params
    assert query["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert query["X-Amz-SignedHeaders"] == "content-length;content-type;host"
    assert query["X-Amz-Expires"] == "77"
    assert found[1] == {"Content-Type": TYPE, "Content-Length": "5"}


def test_only_direct_uploads_of_one_put_have_a_url(s3: Kit) -> None:
    assert s3.parts.presign(s3.parts.create(new_id(), 5, TYPE), 5, TYPE, 60) is None
    place = s3.parts.create(new_id(), ONE_PUT + 1, TYPE, direct=True)
    assert s3.parts.presign(place, ONE_PUT + 1, TYPE, 60) is None


def test_what_is_put_to_the_url_later_changes_no_blob(s3: Kit) -> None:
    data, other = noise(1000, 1), noise(1000, 2)
    place, url = direct(s3, data)
    s3.parts.seal(place, [], {}, len(data))
    s3.rows.register(s3.parts.publish(place, sha(data), len(data)))
    assert httpx.put(url, content=other, headers={"Content-Type": TYPE}).status_code == 200
    s3.parts.seal(place, [], {}, len(data))
    assert b"".join(s3.blobs.read(sha(data))) == data
    s3.parts.remove(place)
    assert b"".join(s3.blobs.read(sha(data))) == data
    assert objects(s3) == [place["key"]]


def test_other_bytes_than_were_counted_are_refused(s3: Kit) -> None:
    place, url = direct(s3, noise(1000))
    assert httpx.put(url, content=noise(999), headers={"Content-Type": TYPE}).status_code == 200
    with pytest.raises(JobFault, match=r"upload\.parts_changed"):
        s3.parts.seal(place, [], {}, 1000)
    empty = s3.parts.create(new_id(), 7, TYPE, direct=True)
    with pytest.raises(JobFault, match=r"upload\.parts_changed"):
        s3.parts.seal(empty, [], {}, 7)


def test_a_part_that_was_replaced_after_it_was_counted_is_noticed(s3: Kit) -> None:
    data = noise(CHUNK + 5)
    place = s3.parts.create(new_id(), len(data), TYPE)
    counted = [send(s3.parts, place, number, data) for number in (0, 1)]
    send(s3.another(), place, 0, noise(CHUNK, 9))
    with pytest.raises(JobFault, match=r"upload\.parts_changed"):
        s3.parts.seal(place, counted, {}, len(data))


def test_parts_that_are_not_all_are_not_sealed(s3: Kit) -> None:
    data = noise(CHUNK + 5)
    place = s3.parts.create(new_id(), len(data), TYPE)
    counted = [send(s3.parts, place, 0, data)]
    with pytest.raises(JobFault, match=r"upload\.parts_changed"):
        s3.parts.seal(place, counted, {}, len(data))


def test_a_seal_whose_answer_was_lost_is_done(s3: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    data = noise(1000)
    place = s3.parts.create(new_id(), len(data), TYPE)
    counted = [send(s3.parts, place, 0, data)]
    client = bucket_of(s3).client
    complete = client.complete_multipart_upload

    def lost(**asked: Any) -> None:
        complete(**asked)
        raise ClientError({"Error": {"Code": "NoSuchUpload"}}, "CompleteMultipartUpload")

    monkeypatch.setattr(client, "complete_multipart_upload", lost)
    s3.parts.seal(place, counted, {}, len(data))
    assert everything(s3.parts, place) == data


def test_a_chunk_of_an_upload_that_ended_is_refused(s3: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    place = s3.parts.create(new_id(), 5, TYPE)

    def ended(**asked: Any) -> None:
        raise ClientError({"Error": {"Code": "NoSuchUpload"}}, "UploadPart")

    monkeypatch.setattr(bucket_of(s3).client, "upload_part", ended)
    with pytest.raises(Refused, match=r"upload\.not_open"):
        send(s3.parts, place, 0, b"12345")


def test_a_server_that_copies_no_parts_is_read_instead(s3: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = [noise(size, seed) for seed, size in enumerate((6 * MIB, 3, 9 * MIB + 1, 5 * MIB))]
    sources = [(sealed(s3.parts, piece), len(piece)) for piece in pieces]
    asked: list[int] = []

    def unknown(**request: Any) -> None:
        asked.append(request["PartNumber"])
        raise ClientError({"Error": {"Code": "NotImplemented"}}, "UploadPartCopy")

    monkeypatch.setattr(bucket_of(s3).client, "upload_part_copy", unknown)
    whole = b"".join(pieces)
    for _ in range(2):
        place = s3.parts.create(new_id(), len(whole), TYPE)
        s3.parts.concatenate(place, sources, lambda _: None)
        assert everything(s3.parts, place) == whole
    assert asked == [1]


def test_old_tails_go_as_newer_ones_are_counted(s3: Kit) -> None:
    session = Session(s3.parts, None)
    for number in range(5):
        session.append(noise(100, number))
        assert len(objects(s3)) <= 2
    session.append(noise(9 * MIB))
    session.append(noise(100))
    assert len(objects(s3)) <= 2
    session.seal()
    s3.parts.remove(session.place)
    assert objects(s3) == []
    assert multiparts(s3) == 0


def test_a_removed_upload_leaves_no_multipart(s3: Kit) -> None:
    session = Session(s3.parts, 30 * MIB)
    session.append(noise(9 * MIB))
    place, _ = direct(s3, b"direct")
    assert multiparts(s3) == 1
    s3.parts.remove(session.place)
    s3.parts.remove(place)
    assert multiparts(s3) == 0
    assert objects(s3) == []


def test_a_lost_blob_is_put_back_though_its_row_names_another_object(s3: Kit) -> None:
    data = noise(70_000)
    s3.rows.keys[sha(data)] = "farm/blobs/uploads/gone"
    place = sealed(s3.parts, data)
    s3.rows.register(s3.parts.publish(place, sha(data), len(data)))
    s3.parts.remove(place)
    assert b"".join(s3.blobs.read(sha(data))) == data


def test_a_sweep_spares_objects_that_are_blobs(s3: Kit) -> None:
    data = noise(1000)
    place = sealed(s3.parts, data)
    s3.rows.register(s3.parts.publish(place, sha(data), len(data)))
    s3.parts.remove(place)
    s3.blobs.put_bytes(b"beside the uploads")
    assert s3.parts.sweep(known(), 0) == 0
    s3.rows.keys.clear()
    assert s3.parts.sweep(known(), 3600) == 0
    assert s3.parts.sweep(known(), 0) == 1
    assert objects(s3) == [f"farm/blobs/{sha(b'beside the uploads')}"]


def test_spooled_bytes_have_no_name(s3: Kit, tmp_path: Path) -> None:
    place = s3.parts.create(new_id(), CHUNK, TYPE)
    sink = s3.parts.chunk(place, 0, 0, CHUNK)
    sink.write(noise(MIB))
    assert [path for path in (tmp_path / "spool").rglob("*") if path.is_file()] == []
    sink.abort()


def test_a_spool_without_room_is_named_and_the_chunk_sent_again(s3: Kit) -> None:
    data = noise(CHUNK)
    place = s3.parts.create(new_id(), CHUNK, TYPE)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, limits[1]))  # writes behind it fail as on a full disk
    try:
        with pytest.raises(FarmFault, match=r"farm\.disk_full"):
            send(s3.parts, place, 0, data)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    s3.parts.seal(place, [send(s3.parts, place, 0, data)], {}, CHUNK)
    assert everything(s3.parts, place) == data


@pytest.mark.parametrize("size", [1, 80 * 1024 * MIB, 5 * 1024 * 1024 * MIB])
@pytest.mark.parametrize("announced_at", [0, 700, 2500])
def test_any_size_fits_into_the_parts_of_s3(size: int, announced_at: int) -> None:
    at = number = 0
    while at < size and number < MOST:
        step = part_bytes(at, size if number >= announced_at else None, number)
        assert APPEND_PART <= step <= ONE_PUT
        at += step
        number += 1
    assert at >= size


# Servers that do not answer


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Does the same with every connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    open_: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            open_.append(connection)
            try:
                answer(connection)
            except OSError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
        for connection in open_:
            connection.close()


def broken(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    connection.close()


def silent(connection: socket.socket) -> None:
    """Leaves it open."""


@pytest.mark.parametrize("answer", [broken, silent])
def test_a_server_that_is_ill_is_the_farms_fault(answer: Callable[[socket.socket], None], tmp_path: Path) -> None:
    place = {"key": "farm/blobs/uploads/x", "upload": "y", "put": "farm/blobs/uploads/x.put"}
    with server(answer) as endpoint:
        settings = s3_settings(tmp_path, endpoint)
        bucket = open_bucket(settings, connect_timeout=0.2, read_timeout=0.2, tries=1)
        parts = S3Parts(bucket, open_s3(settings))
        counted = [Part(number=0, start=0, size=1, receipt={"etag": '"x"'})]
        asks: list[Callable[[], Any]] = [
            lambda: parts.create(new_id(), 5, TYPE),
            lambda: send(parts, place, 0, b"12345"),
            lambda: parts.append(place, 3, None, 0, {"key": "k", "size": 3}, whole=False),
            lambda: parts.seal(place, counted, {}, 1),
            lambda: parts.concatenate(place, [(place, 6 * MIB)], lambda _: None),
            lambda: parts.open(place),
            lambda: parts.publish(place, "0" * 64, 1),
            lambda: parts.direct_size(place),
            lambda: parts.remove(place),
            lambda: parts.sweep(known(), 0),
        ]
        for ask in asks:
            began = time.monotonic()
            with pytest.raises(FarmFault, match=r"farm\.unavailable") as caught:
                ask()
            assert time.monotonic() - began < 5
            assert endpoint not in caught.value.detail


def breaking(kit: Kit, monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """So many answers break off after 2 MiB; what is left of them."""
    client = bucket_of(kit).client
    get = client.get_object
    breaks = [times]

    def breaks_off(**asked: Any) -> Any:
        found = get(**asked)
        if breaks[0]:
            breaks[0] -= 1
            read = found["Body"].read
            left = [2 * MIB]

            def short(count: int) -> bytes:
                if left[0] <= 0:
                    raise ConnectionResetError
                got: bytes = read(min(count, left[0]))
                left[0] -= len(got)
                return got

            found["Body"].read = short
        return found

    monkeypatch.setattr(client, "get_object", breaks_off)
    return breaks


def test_a_reader_goes_on_where_the_connection_broke(s3: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    data = noise(9 * MIB)
    place = sealed(s3.parts, data)
    breaks = breaking(s3, monkeypatch, 2)
    total = hashlib.sha256()
    with s3.parts.open(place) as file:
        while piece := file.read(MIB):
            total.update(piece)
    assert total.hexdigest() == sha(data)
    assert breaks == [0]


def test_a_reader_gives_up_where_it_gets_no_further(s3: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    place = sealed(s3.parts, noise(MIB))
    client = bucket_of(s3).client
    get = client.get_object

    def nothing(**asked: Any) -> Any:
        found = get(**asked)
        found["Body"].read = lambda _: b""
        return found

    monkeypatch.setattr(client, "get_object", nothing)
    with s3.parts.open(place) as file, pytest.raises(FarmFault, match=r"farm\.unavailable"):
        file.read(10)
