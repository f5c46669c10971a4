"""Animated pictures: exact counts and times, endless, alpha where it can be, equal bytes, nothing left behind."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
from PIL import Image

from assets.scene import Quality
from exporters import animation, gif_loop, loop, loop_files, loop_writers, webp_loop
from exporters import ffmpeg as program
from exporters.errors import ExportError

SIZE = (96, 80)  # width, height
FORMATS: tuple[animation.FormatName, ...] = ("webp", "apng", "gif")


def card(turn: float, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A textured card with soft edges on nothing, turned by ``turn`` degrees."""
    width, height = size
    noise = np.random.default_rng(5).integers(0, 256, (height, width, 4), dtype=np.uint8)
    texture = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)
    mask = np.zeros((height, width), np.uint8)
    mask[height // 8 : -height // 8, width // 4 : -width // 4] = 255
    move = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1)
    texture[..., 3] = cv2.warpAffine(mask, move, size)
    return texture


def frames(count: int, size: tuple[int, int] = SIZE, *, first: int = 0) -> list[np.ndarray]:
    return [card(7 * number, size) for number in range(first, first + count)]


def written(path: Path, fmt: animation.FormatName, pictures: list[np.ndarray], fps: int = 30, **options) -> Path:
    height, width = pictures[0].shape[:2]
    pour(animation.open_writer(path, fmt, width, height, fps, **options), pictures)
    return path


def pour(writer: animation.AnimationWriter | animation.GifWriter, pictures: list[np.ndarray]) -> None:
    with writer:
        for picture in pictures:
            writer.write(picture)


def seen(path: Path) -> tuple[list[np.ndarray], list[float], int]:
    """Pillow's view of a file: its pictures as RGBA, their times in ms, and how often it loops (0: for ever)."""
    pictures, shown = [], []
    with Image.open(path) as image:
        for number in range(image.n_frames):
            image.seek(number)
            image.load()
            pictures.append(np.asarray(image.convert("RGBA")))
            shown.append(image.info["duration"])
        return pictures, shown, image.info["loop"]


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("fps", [24, 30, 50])
def test_every_frame_comes_out_once_for_its_time_for_ever(
    tmp_path: Path, fmt: animation.FormatName, fps: int
) -> None:
    path = written(tmp_path / "a", fmt, frames(fps // 2), fps)
    pictures, shown, loops = seen(path)
    assert (len(pictures), loops) == (fps // 2, 0)
    assert sum(shown) == pytest.approx(500)
    tick = {"webp": 1, "apng": 0.01, "gif": 10}[fmt]
    assert all(abs(sum(shown[:n]) - 1000 * n / fps) <= tick / 2 + 1e-6 for n in range(fps // 2))
    assert pictures[0].shape == (SIZE[1], SIZE[0], 4)
    found = animation.probe(path, fmt)
    assert (found.frames, found.width, found.height, found.endless) == (fps // 2, *SIZE, True)
    assert found.duration == Fraction(1, 2)


def test_lossless_is_lossless(tmp_path: Path) -> None:
    drawn = frames(5)
    pictures, _, _ = seen(written(tmp_path / "a.png", "apng", drawn))
    for picture, frame in zip(pictures, drawn, strict=True):
        np.testing.assert_array_equal(picture[..., 3], frame[..., 3])
        covered = frame[..., 3] > 0
        np.testing.assert_array_equal(picture[covered], frame[covered])


def test_soft_edges_stay_soft_in_webp_and_colours_are_near(tmp_path: Path) -> None:
    drawn = frames(4)
    pictures, _, _ = seen(written(tmp_path / "a.webp", "webp", drawn, quality=Quality.FINAL))
    for picture, frame in zip(pictures, drawn, strict=True):
        np.testing.assert_array_equal(picture[..., 3], frame[..., 3])
        inside = frame[..., 3] == 255
        assert np.abs(picture[inside].astype(int) - frame[inside]).mean() < 5


def test_half_covered_is_covered_in_a_gif_and_colours_are_near(tmp_path: Path) -> None:
    drawn = frames(4)
    pictures, _, _ = seen(written(tmp_path / "a.gif", "gif", drawn))
    for picture, frame in zip(pictures, drawn, strict=True):
        np.testing.assert_array_equal(picture[..., 3] == 255, frame[..., 3] >= 128)
        inside = frame[..., 3] >= 128
        assert np.abs(picture[inside].astype(int)[:, :3] - frame[inside][:, :3]).mean() < 12


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_picture_leaves_no_trace_in_the_next(tmp_path: Path, fmt: animation.FormatName) -> None:
    full = np.full((*SIZE[::-1], 4), 255, np.uint8)
    none = np.zeros_like(full)
    pictures, _, _ = seen(written(tmp_path / "a", fmt, [full, card(0), none, card(20)]))
    assert [int(picture[0, 0, 3]) for picture in pictures] == [255, 0, 0, 0]
    assert not pictures[2][..., 3].any()


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_matte_shows_through_what_is_clear(tmp_path: Path, fmt: animation.FormatName) -> None:
    shade = np.zeros((*SIZE[::-1], 4), np.uint8)
    shade[20:60, 20:60, 3] = 128  # half a shadow
    pictures, _, _ = seen(written(tmp_path / "a", fmt, [shade] * 2, matte=(200, 100, 50)))
    for picture in pictures:
        assert (picture[..., 3] == 255).all()
        assert np.abs(picture[5, 5, :3].astype(int) - (200, 100, 50)).max() <= 4
        assert np.abs(picture[40, 40, :3].astype(int) - (100, 50, 25)).max() <= 4


def test_shrinking_keeps_the_colour_of_edges(tmp_path: Path) -> None:
    frame = np.zeros((120, 200, 4), np.uint8)
    frame[11:109, 33:167] = (240, 40, 60, 255)
    frame[frame[..., 3] == 0] = (0, 255, 0, 0)  # must not come in
    path = written(tmp_path / "a.png", "apng", [frame], longest=50)
    (picture,), _, _ = seen(path)
    assert picture.shape == (30, 50, 4)
    covered = picture[..., 3] > 0
    assert (picture[..., 3][covered] < 255).any()
    assert np.abs(picture[covered][:, :3].astype(int) - (240, 40, 60)).max() <= 2


@pytest.mark.parametrize("fmt", FORMATS)
def test_joined_parts_are_the_whole_to_the_byte(tmp_path: Path, fmt: animation.FormatName) -> None:
    drawn = frames(11)
    whole = written(tmp_path / "whole", fmt, drawn)
    parts = [written(tmp_path / f"{a}", fmt, drawn[a:b]) for a, b in ((0, 5), (5, 6), (6, 11))]
    found = animation.join(parts, tmp_path / "joined", fmt, 30)
    assert (found.frames, found.endless) == (11, True)
    assert sha(tmp_path / "joined") == sha(whole)


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("quality", list(Quality))
def test_bytes_do_not_depend_on_the_number_of_threads(
    tmp_path: Path, fmt: animation.FormatName, quality: Quality
) -> None:
    drawn = frames(9)
    digests = {sha(written(tmp_path / f"{n}", fmt, drawn, threads=n, nice=n, quality=quality)) for n in (1, 3, 16)}
    assert len(digests) == 1


def test_quality_makes_webp_larger(tmp_path: Path) -> None:
    drawn = frames(3, (192, 160))
    draft, _, final = (written(tmp_path / q, "webp", drawn, quality=q).stat().st_size for q in Quality)
    assert draft < final


def test_webp_pictures_say_their_colours_and_are_cut_to_what_shows() -> None:
    blank = np.zeros((80, 96, 4), np.uint8)
    blank[21:41, 33:50] = 255
    picture = webp_loop.encode(blank, Quality.PREVIEW)
    assert (picture.x, picture.y, picture.width, picture.height) == (32, 20, 18, 21)
    out = io.BytesIO()
    webp_loop.WebpMuxer(out, 96, 80, 30).add(picture)
    assert b"ICCP" in out.getvalue()


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_frame_may_be_reused_at_once(tmp_path: Path, fmt: animation.FormatName) -> None:
    drawn = frames(8)
    straight = written(tmp_path / "a", fmt, drawn)
    buffer = np.empty_like(drawn[0])
    with animation.open_writer(tmp_path / "b", fmt, *SIZE, 30) as writer:
        for frame in drawn:
            buffer[:] = frame
            writer.write(buffer)
            buffer[:] = 77
    assert sha(straight) == sha(tmp_path / "b")


@pytest.mark.parametrize("fmt", FORMATS)
def test_abort_leaves_nothing_and_wakes_a_writer_that_waits(tmp_path: Path, fmt: animation.FormatName) -> None:
    writer = animation.open_writer(tmp_path / "a", fmt, 640, 480, 30)
    frame = card(3, (640, 480))
    threading.Timer(0.3, writer.abort).start()

    def pour() -> None:
        for _ in range(loop_files.FORMATS[fmt].max_frames):
            writer.write(frame)
            time.sleep(0.005)

    with pytest.raises(ExportError) as caught:
        pour()
    assert caught.value.code == "export.aborted"
    writer.abort()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ExportError) as caught:
        writer.write(frame)
    assert caught.value.code == "export.aborted"


@pytest.mark.parametrize("fmt", FORMATS)
def test_an_exception_in_the_block_leaves_nothing(tmp_path: Path, fmt: animation.FormatName) -> None:
    def draw(writer: animation.AnimationWriter | animation.GifWriter) -> None:
        writer.write(card(1))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), animation.open_writer(tmp_path / "a", fmt, *SIZE, 30) as writer:
        draw(writer)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_ffmpeg_is_an_error_of_ours_and_leaves_nothing(tmp_path: Path) -> None:
    writer = animation.open_writer(tmp_path / "a.gif", "gif", *SIZE, 30)
    assert isinstance(writer, animation.GifWriter)
    psutil.Process(writer.pid).kill()
    with pytest.raises(ExportError) as caught:
        pour(writer, frames(60))
    assert caught.value.code == "export.encode_failed"
    assert caught.value.ours
    assert list(tmp_path.iterdir()) == []


def test_a_failure_carries_what_ffmpeg_said(tmp_path: Path) -> None:
    writer = animation.open_writer(tmp_path / "no" / "a.gif", "gif", *SIZE, 30)
    with pytest.raises(ExportError, match="No such file or directory"):
        pour(writer, frames(60))


def test_without_an_encoder_a_gif_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "usable", lambda name: False)
    with pytest.raises(ExportError) as caught:
        animation.open_writer(tmp_path / "a.gif", "gif", *SIZE, 30)
    assert caught.value.code == "export.encoder_missing"


def test_a_failing_encoder_of_ours_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def save(self, *args: object, **options: object) -> None:
            raise OSError("encoder error 6")

    monkeypatch.setattr(webp_loop.Image, "fromarray", lambda pixels: Broken())
    with pytest.raises(ExportError) as caught:
        written(tmp_path / "a.webp", "webp", frames(9))
    assert (caught.value.code, caught.value.ours) == ("export.encode_failed", True)
    assert list(tmp_path.iterdir()) == []


def test_a_hung_encoder_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    monkeypatch.setattr(loop_writers, "_STALL", 0.2)
    monkeypatch.setattr(loop.Fit, "fit", lambda self, frame: held.wait(20) and frame)
    with pytest.raises(ExportError) as caught:
        written(tmp_path / "a.webp", "webp", frames(9))
    held.set()
    assert (caught.value.code, caught.value.ours) == ("export.encode_stalled", True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("limit", [{"max_frames": 5}, {"max_bytes": 3000}])
def test_too_much_is_refused_with_what_to_reduce(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fmt: animation.FormatName, limit: dict[str, int]
) -> None:
    kind = loop_files.FORMATS[fmt]
    changed = {**loop_files.FORMATS, fmt: loop_files.AnimationFormat(**{**vars(kind), **limit})}
    monkeypatch.setattr(loop_files, "FORMATS", changed)
    with pytest.raises(ExportError, match="shorter loop") as caught:
        written(tmp_path / "a", fmt, frames(25))
    assert (caught.value.code, caught.value.ours) == ("export.over_budget", False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fmt", FORMATS)
def test_broken_and_differing_parts_do_not_join(tmp_path: Path, fmt: animation.FormatName) -> None:
    good = written(tmp_path / "good", fmt, frames(3))
    other = written(tmp_path / "other", fmt, frames(3, (64, 80)))
    with pytest.raises(ExportError) as caught:
        animation.join([good, other], tmp_path / "out", fmt, 30)
    assert caught.value.code == "export.segments_differ"
    data = good.read_bytes()
    for bad in (b"", b"not a picture at all" * 9, data[: len(data) // 2], data[:40]):
        other.write_bytes(bad)
        with pytest.raises(ExportError) as caught:
            animation.join([good, other], tmp_path / "out", fmt, 30)
        assert caught.value.code == "export.animation_unreadable"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("fmt", FORMATS)
def test_frames_that_do_not_fit_are_refused(tmp_path: Path, fmt: animation.FormatName) -> None:
    for frame in (card(0, (64, 64)), np.zeros((SIZE[1], SIZE[0], 3), np.uint8), card(0).astype(np.float32)):
        with pytest.raises(ExportError) as caught, animation.open_writer(tmp_path / "a", fmt, *SIZE, 30) as writer:
            writer.write(frame)
        assert caught.value.code == "export.frame_invalid"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fmt", FORMATS)
def test_an_empty_loop_is_refused(tmp_path: Path, fmt: animation.FormatName) -> None:
    writer = animation.open_writer(tmp_path / "a", fmt, *SIZE, 30)
    with pytest.raises(ExportError) as caught:
        writer.close()
    assert caught.value.code == "export.video_empty"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("gif", 1081, 100, 30), "export.animation_size"),
        (("webp", 100, 5000, 30), "export.animation_size"),
        (("apng", 100, 8, 30), "export.animation_size"),
        (("gif", 100, 100, 60), "export.animation_rate"),
        (("webp", 100, 100, 0), "export.animation_rate"),
        (("mng", 100, 100, 30), "export.format_unknown"),
    ],
)
def test_loops_that_cannot_be_are_refused(tmp_path: Path, arguments: tuple, code: str) -> None:
    with pytest.raises(ExportError) as caught:
        animation.open_writer(tmp_path / "a", *arguments)
    assert (caught.value.code, caught.value.ours) == (code, False)
    assert list(tmp_path.iterdir()) == []


def test_no_descriptor_or_thread_stays_open(tmp_path: Path) -> None:
    def round_trip() -> None:
        for fmt in FORMATS:
            written(tmp_path / "a", fmt, frames(3))
            animation.open_writer(tmp_path / "x", fmt, *SIZE, 30).abort()

    def settled() -> tuple[int, int]:
        until = time.monotonic() + 5
        while threading.active_count() > before_threads and time.monotonic() < until:
            time.sleep(0.01)
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count()

    round_trip()
    before_threads = 0
    before = (len(list(Path("/proc/self/fd").iterdir())), threading.active_count())
    before_threads = before[1]
    round_trip()
    assert settled() == before


def test_times_add_up_whatever_the_rate() -> None:
    for fps in range(1, 51):
        shown = [loop.ticks(n, fps, gif_loop.RATE) for n in range(10 * fps)]
        assert sum(shown) == 1000
        assert max(shown) - min(shown) <= 1
        assert min(shown) >= 2


def test_without_a_system_ffmpeg_the_bundled_one_writes_gifs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program.executable.cache_clear()
    program.usable.cache_clear()
    try:
        assert "imageio_ffmpeg" in program.executable()
        pictures, shown, loops = seen(written(tmp_path / "a.gif", "gif", frames(15)))
        assert (len(pictures), sum(shown), loops) == (15, 500, 0)
    finally:
        program.executable.cache_clear()
        program.usable.cache_clear()
