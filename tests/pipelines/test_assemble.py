"""The step that turns a complete upload into a blob: on every store, again after a kill, and on what is not sound."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from exporters import video
from farm.blob_disk import DiskBlobs
from farm.blob_memory import MemoryBlobs
from farm.blobs import BlobStore
from farm.errors import FarmFault, JobFault, StepCancelled
from farm.execution import Execution, run_eager
from farm.ids import new_id
from farm.jobs import UploadInfo
from farm.lanes import LANES
from farm.parts import PartStore, Place
from farm.parts_disk import DiskParts
from farm.parts_memory import MemoryParts
from farm.plan import StepResult
from pipelines import assemble
from pipelines.steps.registry import STEPS

PART = 100_000


class Bench:
    """A store with uploads in it, and the step's surroundings."""

    def __init__(self, blobs: BlobStore, parts: PartStore, scratch: Path) -> None:
        self.blobs = blobs
        self.parts = parts
        self.scratch = scratch
        self.reports: list[tuple[int, int]] = []
        self.lines: list[str] = []
        self.last: Execution | None = None

    def place(self, name: str, data: bytes) -> tuple[Place, list[Any]]:
        """An upload in chunks, the last one first."""
        place = self.parts.create(name, len(data), "application/octet-stream")
        rows = []
        for number in reversed(range(-(-len(data) // PART))):
            start = number * PART
            piece = data[start : start + PART]
            sink = self.parts.chunk(place, number, start, len(piece))
            sink.write(piece)
            part = sink.commit()
            sink.abort()
            rows.append((part.number, part.start, part.size, part.receipt))
        return place, sorted(rows)

    def upload(self, data: bytes, name: str = "file.bin", **more: Any) -> UploadInfo:
        place, rows = self.place(new_id(), data)
        info = UploadInfo(
            id=str(place.get("id", "u")), name=name, size=len(data), declared_type=None, digest=None, place=place
        )
        return replace(info, parts=tuple(rows), **more)

    def run(self, info: UploadInfo, stop: Callable[[], bool] = lambda: False) -> StepResult:
        step = assemble.close(info).plan.steps[0]
        self.last = Execution(
            step=step,
            scratch=self.scratch,
            inputs={},
            resources={},
            blobs=self.blobs,
            report=lambda done, total: self.reports.append((done, total)),
            write_log=lambda _level, line: self.lines.append(line),
            stop=stop,
            uploads=lambda: self.parts,
        )
        return STEPS[step.name](self.last)


@pytest.fixture(params=["disk", "memory"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    if request.param == "disk":
        disk = DiskBlobs(tmp_path / "blobs")
        yield Bench(disk, DiskParts(disk, sync=False), scratch)
    else:
        memory = MemoryBlobs()
        yield Bench(memory, MemoryParts(memory), scratch)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((700, 600), 80).save(buffer, "PNG")
    return buffer.getvalue()


def test_an_upload_becomes_a_blob_with_its_own_name(bench: Bench) -> None:
    data = picture()
    assert len(data) > 3 * PART
    result = bench.run(bench.upload(data, "My Shirt.png", declared_type="image/png", digest=sha(data)))
    (output,) = result.outputs
    assert (output.name, output.digest, output.size) == ("My Shirt.png", sha(data), len(data))
    assert output.media_type == "image/png"
    assert output.meta == {"width": 700, "height": 600}
    assert b"".join(bench.blobs.read(output.digest)) == data
    assert bench.last is not None
    stored, media_type, inspection = bench.last.stored[output.digest]
    assert (stored.size, media_type, inspection) == (len(data), "image/png", output.meta)


def test_doing_it_again_changes_nothing(bench: Bench) -> None:
    """A worker may die anywhere, also after the bytes were published."""
    info = bench.upload(picture())
    asked = 0

    def dies() -> bool:
        nonlocal asked
        asked += 1
        return asked >= 2

    with pytest.raises(StepCancelled):
        bench.run(info, dies)
    assert not bench.blobs.exists(sha(picture_of(bench, info)))
    first = bench.run(info)
    assert bench.run(info) == first
    assert bench.blobs.exists(first.outputs[0].digest)


def picture_of(bench: Bench, info: UploadInfo) -> bytes:
    with bench.parts.open(info.place) as file:
        return file.read()


def test_partial_uploads_are_joined_in_order(bench: Bench) -> None:
    data = picture()
    sources = []
    for piece in (data[:150_001], data[150_001:]):
        place, rows = bench.place(new_id(), piece)
        sources.append({"place": dict(place), "size": len(piece), "parts": rows, "tail": {}})
    whole = bench.parts.create(new_id(), len(data), "")
    info = UploadInfo(
        id="3",
        name="joined.png",
        size=len(data),
        declared_type=None,
        digest=None,
        place=whole,
        sources=tuple(sources),
    )
    assert bench.run(info).outputs[0].digest == sha(data)
    assert bench.run(info).outputs[0].digest == sha(data)


def test_a_file_of_no_known_type_is_kept_as_it_is(bench: Bench) -> None:
    (output,) = bench.run(bench.upload(b"\x07raw scan" * 100, "scan.raw")).outputs
    assert output.media_type == "application/octet-stream"
    assert output.meta == {}


@pytest.mark.parametrize(
    ("data", "more", "code"),
    [
        (b"whatever", {"digest": sha(b"another")}, "blob.digest_mismatch"),
        (b"whatever", {"declared_type": "image/png"}, "upload.type_mismatch"),
        (b"glTF\x02\0\0\0\xff\0\0\0" + bytes(20), {}, "model.truncated"),
        (b"PK\x03\x04" + bytes(60), {}, "archive.invalid"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), {}, "image.invalid"),
        (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41\0\0\0\x08free", {}, "video.invalid"),
    ],
)
def test_what_is_not_sound_fails_with_its_own_code(
    bench: Bench, data: bytes, more: dict[str, Any], code: str
) -> None:
    with pytest.raises(JobFault) as raised:
        bench.run(bench.upload(data, **more))
    assert raised.value.code == code
    assert not bench.blobs.exists(sha(data))


def test_films_tell_their_length_and_cut_ones_are_refused(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    frame = np.full((48, 64, 4), 255, np.uint8)
    with video.open_writer(path, "mp4", 64, 48, 10) as film:
        for _ in range(5):
            film.write(frame)
    data = path.read_bytes()
    (output,) = bench.run(bench.upload(data, "film.mp4", declared_type="video/mp4")).outputs
    assert output.media_type == "video/mp4"
    assert (output.meta["width"], output.meta["height"], output.meta["duration"]) == (64, 48, 0.5)
    assert output.meta["video"] == "h264"
    place, rows = bench.place(new_id(), data[:60])
    with pytest.raises(JobFault) as raised:
        bench.run(
            UploadInfo(
                id="5", name="cut.mp4", size=60, declared_type=None, digest=None, place=place, parts=tuple(rows)
            )
        )
    assert raised.value.code == "video.invalid"


def test_a_film_of_an_unknown_codec_is_the_fault_of_the_film(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with video.open_writer(path, "mp4", 64, 48, 10) as film:
        film.write(np.full((48, 64, 4), 255, np.uint8))
    data = path.read_bytes()
    assert b"avc1" in data[40:]
    at = data.index(b"stsd")
    with pytest.raises(JobFault) as raised:
        bench.run(bench.upload(data[: at + 16] + b"zzzz" + data[at + 20 :]))
    assert raised.value.code == "video.invalid"
    assert "codec" in raised.value.detail


def test_an_empty_upload_is_a_file_too(bench: Bench) -> None:
    (output,) = bench.run(bench.upload(b"", "empty.txt")).outputs
    assert (output.digest, output.size) == (sha(b""), 0)


def test_it_is_done_for_every_upload_anew() -> None:
    assert not LANES[assemble.LANE].cached


def test_without_a_farm_there_are_no_uploads(tmp_path: Path) -> None:
    info = UploadInfo(id="u", name="a", size=1, declared_type=None, digest=None, place={})
    with pytest.raises(FarmFault) as raised:
        run_eager(assemble.close(info), STEPS, blobs=MemoryBlobs(), scratch=tmp_path)
    assert raised.value.code == "farm.no_worker"
