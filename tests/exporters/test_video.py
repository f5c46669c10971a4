"""Films: true colours, exact counts and times, equal bytes, and nothing left behind."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import psutil
import pytest

from assets.scene import Quality
from exporters import ffmpeg as program
from exporters import video
from exporters.errors import ExportError

SIZE = (192, 128)  # width, height
FORMATS: tuple[video.FormatName, ...] = ("mp4", "webm", "av1")


def frames(count: int, size: tuple[int, int] = SIZE, *, first: int = 0) -> list[np.ndarray]:
    """A textured disc that turns, so that encoders have motion to find."""
    width, height = size
    noise = np.random.default_rng(5).integers(0, 256, (height, width, 4), dtype=np.uint8)
    texture = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)
    made = []
    for number in range(first, first + count):
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), 7 * number, 0.8)
        picture = cv2.warpAffine(texture, turn, size, borderValue=(220, 221, 219, 255))
        picture[..., 3] = 255
        made.append(picture)
    return made


def written(path: Path, fmt: video.FormatName, pictures: list[np.ndarray], **options) -> Path:
    height, width = pictures[0].shape[:2]
    with video.open_writer(path, fmt, width, height, options.pop("fps", 30), **options) as writer:
        for picture in pictures:
            writer.write(picture)
    return path


def pour(writer: video.VideoWriter, pictures: Iterable[np.ndarray]) -> None:
    for picture in pictures:
        writer.write(picture)
    writer.close()


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def decoded(path: Path) -> list[bytes]:
    """The raw planes of every frame, from ffmpeg's own decoder."""
    done = subprocess.run(
        [program.executable(), "-v", "error", "-i", str(path), "-f", "framemd5", "-"],
        capture_output=True,
        check=True,
    )
    return [line.rsplit(b",", 1)[1] for line in done.stdout.splitlines() if not line.startswith(b"#")]


def probed(path: Path) -> dict[str, str]:
    """What ffprobe says of the film, its frames counted by decoding."""
    words = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "v:0", "-show_streams", "-of", "json"]
    done = subprocess.run([*words, str(path)], capture_output=True, check=True)
    return json.loads(done.stdout)["streams"][0]


def keys(path: Path) -> list[int]:
    """Which pictures need no other, in the order in which they are shown."""
    with av.open(str(path)) as source:
        packets = sorted((p.pts, p.is_keyframe) for p in source.demux(video=0) if p.pts is not None)
    return [number for number, (_, key) in enumerate(packets) if key]


def times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as source:
        return sorted(packet.pts * packet.time_base for packet in source.demux(video=0) if packet.pts is not None)


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("quality", list(Quality))
def test_every_frame_comes_out_once_at_the_right_rate(
    tmp_path: Path, fmt: video.FormatName, quality: Quality
) -> None:
    path = written(tmp_path / f"a.{fmt}", fmt, frames(25), fps=24, quality=quality)
    info = video.probe(path)
    assert (info.frames, info.width, info.height, info.codec) == (25, *SIZE, video.FORMATS[fmt].codec)
    assert info.fps == 24
    assert info.start == 0
    assert abs(info.duration - Fraction(25, 24)) < Fraction(1, 900)


COLOURS = [(200, 30, 60), (20, 180, 70), (30, 60, 210), (255, 255, 255), (0, 0, 0), (190, 170, 140)]


@pytest.mark.parametrize("fmt", FORMATS)
def test_colours_decode_within_two_code_values(tmp_path: Path, fmt: video.FormatName) -> None:
    patches = np.empty((2, 3, 4), np.uint8)
    patches[:] = [[(*colour, 255) for colour in COLOURS[row : row + 3]] for row in (0, 3)]
    picture = patches.repeat(64, axis=0).repeat(64, axis=1)
    path = written(tmp_path / f"a.{fmt}", fmt, [picture] * 3, quality=Quality.FINAL)
    # No matrix is named: ffmpeg must find it in the file's tags.
    flags = ["-sws_flags", "accurate_rnd+full_chroma_int", "-pix_fmt", "rgb24", "-f", "rawvideo"]
    raw = subprocess.run(
        [program.executable(), "-v", "error", "-i", str(path), *flags, "-"], capture_output=True, check=True
    ).stdout
    back = np.frombuffer(raw, np.uint8).reshape(3, 2, 64, 3, 64, 3)[:, :, 16:48, :, 16:48].astype(int)
    assert np.abs(back - patches[None, :, None, :, None, :3]).max() <= 2


@pytest.mark.parametrize("fmt", FORMATS)
def test_tags_say_bt709_limited_srgb(tmp_path: Path, fmt: video.FormatName) -> None:
    path = written(tmp_path / f"a.{fmt}", fmt, frames(2))
    with av.open(str(path)) as source:
        context = source.streams.video[0].codec_context
        assert context.colorspace == 1  # BT.709
        assert context.color_primaries == 1
        assert context.color_trc == 13  # IEC 61966-2-1
        assert context.color_range == 1  # limited
        assert context.pix_fmt == "yuv420p"


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("quality", list(Quality))
def test_bytes_do_not_depend_on_the_number_of_threads(
    tmp_path: Path, fmt: video.FormatName, quality: Quality
) -> None:
    pictures = frames(10, (640, 360))
    digests = {
        sha(written(tmp_path / f"{threads}.{fmt}", fmt, pictures, threads=threads, quality=quality))
        for threads in (1, 3, 16)
    }
    assert len(digests) == 1


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_film_can_start_before_it_has_loaded(tmp_path: Path, fmt: video.FormatName) -> None:
    data = written(tmp_path / f"a.{fmt}", fmt, frames(20)).read_bytes()
    if video.FORMATS[fmt].container == "mp4":
        assert 0 < data.index(b"moov") < data.index(b"mdat")
    else:
        cues, cluster = b"\x1c\x53\xbb\x6b", b"\x1f\x43\xb6\x75"
        assert 0 < data.index(cues, 200) < data.rindex(cluster)


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("fps", [24, Fraction(60_000, 1001)])
def test_joined_segments_decode_bit_by_bit_and_keep_time(
    tmp_path: Path, fmt: video.FormatName, fps: int | Fraction
) -> None:
    cuts = [(0, 27), (27, 1), (28, 9)]
    segments = [
        written(tmp_path / f"{first}.{fmt}", fmt, frames(count, first=first), fps=fps, quality=Quality.FINAL)
        for first, count in cuts
    ]
    out = tmp_path / f"out.{fmt}"
    container = video.FORMATS[fmt].container
    info = video.join(segments, out, container, fps)
    assert decoded(out) == [frame for segment in segments for frame in decoded(segment)]
    assert (info.frames, info.fps, info.start) == (37, fps, 0)
    tick = Fraction(0) if container == "mp4" else Fraction(1, 1999)  # Matroska counts milliseconds
    assert all(abs(at - n / Fraction(fps)) <= tick for n, at in enumerate(times(out)))
    assert abs(info.duration - 37 / Fraction(fps)) < Fraction(1, 900)
    said = probed(out)
    assert (said["nb_read_frames"], said["avg_frame_rate"]) == (
        "37",
        "{}/{}".format(*Fraction(fps).as_integer_ratio()),
    )
    data = out.read_bytes()
    if container == "mp4":
        assert data.index(b"moov") < data.index(b"mdat")
    else:
        assert b"\x1c\x53\xbb\x6b" in data  # cues


@pytest.mark.parametrize("rate", [Fraction(24_000, 1001), Fraction(30_000, 1001), 25])
@pytest.mark.parametrize("fmt", FORMATS)
def test_broken_rates_are_exact(tmp_path: Path, fmt: video.FormatName, rate: int | Fraction) -> None:
    path = written(tmp_path / f"a.{fmt}", fmt, frames(7), fps=rate, quality=Quality.DRAFT)
    said = probed(path)
    assert said["nb_read_frames"] == "7"
    assert Fraction(said["avg_frame_rate"]) == rate
    assert Fraction(said["r_frame_rate"]) == rate


@pytest.mark.parametrize("fmt", FORMATS)
def test_there_is_a_key_picture_every_second_joined_or_not(tmp_path: Path, fmt: video.FormatName) -> None:
    parts = [written(tmp_path / f"{first}.{fmt}", fmt, frames(25, first=first), fps=10) for first in (0, 25)]
    video.join(parts, tmp_path / "out", video.FORMATS[fmt].container, 10)
    assert keys(parts[0]) == [0, 10, 20]
    assert keys(tmp_path / "out") == [0, 10, 20, 25, 35, 45]


@pytest.mark.parametrize("fmt", FORMATS)
def test_joining_twice_gives_equal_bytes(tmp_path: Path, fmt: video.FormatName) -> None:
    parts = [written(tmp_path / f"{first}.{fmt}", fmt, frames(9, first=first)) for first in (0, 9)]
    container = video.FORMATS[fmt].container
    video.join(parts, tmp_path / f"x.{fmt}", container, 30)
    video.join(parts, tmp_path / f"y.{fmt}", container, 30)
    assert sha(tmp_path / f"x.{fmt}") == sha(tmp_path / f"y.{fmt}")


def test_segments_of_another_size_do_not_join(tmp_path: Path) -> None:
    one = written(tmp_path / "a.mp4", "mp4", frames(3))
    two = written(tmp_path / "b.mp4", "mp4", frames(3, (256, 128)))
    with pytest.raises(ExportError) as caught:
        video.join([one, two], tmp_path / "out.mp4", "mp4", 30)
    assert caught.value.code == "export.segments_differ"
    assert not (tmp_path / "out.mp4").exists()


def test_a_segment_at_another_rate_does_not_join(tmp_path: Path) -> None:
    one = written(tmp_path / "a.mp4", "mp4", frames(8), fps=24)
    with pytest.raises(ExportError) as caught:
        video.join([one], tmp_path / "out.mp4", "mp4", 30)
    assert caught.value.code == "export.segments_differ"


def test_a_broken_segment_does_not_join(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"not a film at all" * 50)
    with pytest.raises(ExportError) as caught:
        video.join([path], tmp_path / "out.mp4", "mp4", 30)
    assert caught.value.code == "export.video_unreadable"


def test_the_frame_may_be_reused_at_once(tmp_path: Path) -> None:
    pictures = frames(12)
    straight = written(tmp_path / "a.mp4", "mp4", pictures)
    buffer = np.empty_like(pictures[0])
    with video.open_writer(tmp_path / "b.mp4", "mp4", *SIZE, 30) as writer:
        for picture in pictures:
            buffer[:] = picture
            writer.write(buffer)
            buffer[:] = 255
    assert sha(straight) == sha(tmp_path / "b.mp4")


@pytest.mark.parametrize("fmt", FORMATS)
def test_abort_kills_the_encoder_and_removes_the_file_within_a_second(tmp_path: Path, fmt: video.FormatName) -> None:
    path = tmp_path / f"a.{fmt}"
    writer = video.open_writer(path, fmt, 1280, 720, 30, quality=Quality.FINAL)
    for picture in frames(6, (1280, 720)):
        writer.write(picture)
    child = psutil.Process(writer.pid)
    started = time.monotonic()
    writer.abort()
    assert time.monotonic() - started < 1
    assert not child.is_running()
    assert not path.exists()
    writer.abort()
    with pytest.raises(ExportError) as caught:
        writer.write(frames(1, (1280, 720))[0])
    assert caught.value.code == "export.aborted"


def test_abort_from_another_thread_wakes_a_writer_that_waits(tmp_path: Path) -> None:
    writer = video.open_writer(tmp_path / "a.webm", "webm", 1280, 720, 30, quality=Quality.FINAL)
    picture = frames(1, (1280, 720))[0]
    threading.Timer(0.4, writer.abort).start()
    with pytest.raises(ExportError) as caught:
        pour(writer, [picture] * 10_000)
    assert caught.value.code == "export.aborted"
    assert not (tmp_path / "a.webm").exists()


def test_an_exception_in_the_block_leaves_nothing(tmp_path: Path) -> None:
    broken = iter([frames(1)[0], "not a frame"])
    with pytest.raises(AttributeError), video.open_writer(tmp_path / "a.mp4", "mp4", *SIZE, 30) as writer:
        pour(writer, broken)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_encoder_is_an_error_of_ours_and_leaves_nothing(tmp_path: Path) -> None:
    writer = video.open_writer(tmp_path / "a.mp4", "mp4", *SIZE, 30)
    psutil.Process(writer.pid).kill()
    with pytest.raises(ExportError) as caught:
        pour(writer, frames(50))
    assert caught.value.code == "export.encode_failed"
    assert caught.value.ours
    assert not (tmp_path / "a.mp4").exists()


def test_a_failure_carries_what_ffmpeg_said(tmp_path: Path) -> None:
    writer = video.open_writer(tmp_path / "no" / "such" / "folder.mp4", "mp4", *SIZE, 30)
    with pytest.raises(ExportError, match="No such file or directory"):
        pour(writer, frames(50))


def test_the_encoder_dies_with_its_process(tmp_path: Path) -> None:
    script = textwrap.dedent(
        f"""
        import sys, time
        from pathlib import Path
        import numpy as np
        from exporters import video
        writer = video.open_writer(Path({str(tmp_path / "a.mp4")!r}), "mp4", 64, 64, 30)
        writer.write(np.full((64, 64, 4), 255, np.uint8))
        sys.stdout.write(f"{{writer.pid}}\\n")
        sys.stdout.flush()
        time.sleep(60)
        """
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    assert child.is_running()
    parent.kill()
    parent.wait()
    parent.stdout.close()
    child.wait(timeout=2)
    assert not child.is_running()


def test_the_encoder_outlives_the_thread_that_opened_it(tmp_path: Path) -> None:
    opened: list[video.VideoWriter] = []
    thread = threading.Thread(target=lambda: opened.append(video.open_writer(tmp_path / "a.mp4", "mp4", *SIZE, 30)))
    thread.start()
    thread.join()
    time.sleep(0.1)
    for picture in frames(5):
        opened[0].write(picture)
    opened[0].close()
    assert video.probe(tmp_path / "a.mp4").frames == 5


def test_a_slow_encoder_holds_the_renderer_back_instead_of_filling_memory(tmp_path: Path) -> None:
    writer = video.open_writer(tmp_path / "a.mp4", "mp4", *SIZE, 30)
    child = psutil.Process(writer.pid)
    child.suspend()
    picture = frames(1)[0]
    state = {"written": 0}

    def write() -> None:
        for _ in range(200):
            writer.write(picture)
            state["written"] += 1

    thread = threading.Thread(target=write)
    thread.start()
    time.sleep(0.5)
    stuck = state["written"]
    child.resume()
    thread.join()
    writer.close()
    assert stuck < 60  # four in the queue, four at the pipe, the pipe's own bytes
    assert video.probe(tmp_path / "a.mp4").frames == 200


def test_two_writers_at_once(tmp_path: Path) -> None:
    pictures = frames(10)
    alone = sha(written(tmp_path / "alone.mp4", "mp4", pictures))
    one = video.open_writer(tmp_path / "one.mp4", "mp4", *SIZE, 30)
    two = video.open_writer(tmp_path / "two.webm", "webm", *SIZE, 30)
    for picture in pictures:
        one.write(picture)
        two.write(picture)
    one.close()
    two.close()
    assert sha(tmp_path / "one.mp4") == alone


def test_an_unusable_encoder_falls_back_to_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "_fault", lambda *words: "no driver")
    writer = video.open_writer(tmp_path / "a.mp4", "mp4", *SIZE, 30, encoder="h264_nvenc")
    assert (writer.encoder, writer.refused) == ("libx264", {"h264_nvenc": "no driver"})
    writer.write(frames(1)[0])
    writer.close()


def test_probing_encodes_a_frame() -> None:
    assert program.usable("libx264")
    assert not program.usable("no_such_encoder")


def test_without_a_system_ffmpeg_the_bundled_one_writes_the_same_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program.executable.cache_clear()
    try:
        assert "imageio_ffmpeg" in program.executable()
        for fmt in FORMATS:
            path = written(tmp_path / f"a.{fmt}", fmt, frames(5))
            assert video.probe(path).frames == 5
            test_tags_say_bt709_limited_srgb(tmp_path, fmt)
            test_colours_decode_within_two_code_values(tmp_path, fmt)
    finally:
        program.executable.cache_clear()


def clear(pixels: np.ndarray) -> np.ndarray:
    pixels = pixels.copy()
    pixels[1, 1, 3] = 200
    return pixels


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (frames(1, (64, 64))[0], "export.frame_invalid"),
        (np.zeros((SIZE[1], SIZE[0], 3), np.uint8), "export.frame_invalid"),
        (clear(frames(1)[0]), "export.video_has_no_alpha"),
    ],
)
def test_frames_that_do_not_fit_are_refused(tmp_path: Path, picture: np.ndarray, code: str) -> None:
    with (
        pytest.raises(ExportError) as caught,
        video.open_writer(tmp_path / "a.mp4", "mp4", *SIZE, 30) as writer,
    ):
        writer.write(picture)
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("mp4", 101, 100, 30), "export.video_odd_size"),
        (("mp4", 100, 101, 30), "export.video_odd_size"),
        (("mp4", 100_000, 100, 30), "export.video_size"),
        (("mp4", 100, 100, 0), "export.video_rate"),
        (("avi", 100, 100, 30), "export.format_unknown"),
    ],
)
def test_films_that_cannot_be_are_refused(tmp_path: Path, arguments: tuple, code: str) -> None:
    with pytest.raises(ExportError) as caught:
        video.open_writer(tmp_path / "a", *arguments)
    assert caught.value.code == code


def test_an_empty_film_is_refused(tmp_path: Path) -> None:
    writer = video.open_writer(tmp_path / "a.mp4", "mp4", *SIZE, 30)
    with pytest.raises(ExportError) as caught:
        writer.close()
    assert caught.value.code == "export.video_empty"
    assert list(tmp_path.iterdir()) == []


def test_no_descriptor_or_thread_stays_open(tmp_path: Path) -> None:
    written(tmp_path / "a.mp4", "mp4", frames(2))
    before = (len(list(Path("/proc/self/fd").iterdir())), threading.active_count())
    for number in range(3):
        written(tmp_path / f"{number}.mp4", "mp4", frames(2))
        video.open_writer(tmp_path / "x.mp4", "mp4", *SIZE, 30).abort()
    assert (len(list(Path("/proc/self/fd").iterdir())), threading.active_count()) == before
