"""Which encoder makes a film: software unless asked, hardware only after it has encoded a frame here."""

from __future__ import annotations

import shutil
import stat
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assets.scene import Quality
from exporters import encoders, video
from exporters import ffmpeg as program
from exporters.errors import ExportError
from tests.exporters.test_video import frames, sha, written

REAL = shutil.which("ffmpeg")
FILMS: tuple[video.FormatName, ...] = ("mp4", "webm", "av1")
Install = Callable[[str], Path]


def forget() -> None:
    program.executable.cache_clear()
    video._fault.cache_clear()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts an ffmpeg before the real one: Python that may look at and change ``words``, and then becomes it."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def made(script: str) -> Path:
        log = tmp_path / "calls"
        path = folder / "ffmpeg"
        path.write_text(
            f"#!{sys.executable} -ESs\nimport os, sys, time\nwords = sys.argv[1:]\n"
            f"open({str(log)!r}, 'a').write(' '.join(words) + '\\n')\n"
            f"{textwrap.dedent(script)}\nos.execv({REAL!r}, ['ffmpeg', *words])\n"
        )
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(folder), prepend=":")
        forget()
        return log

    yield made
    forget()


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    forget()
    yield
    forget()


GRAPHICS_CARD = """
if "h264_nvenc" in words:
    for name in ("-rc", "-cq", "-no-scenecut", "-preset", "-bf", "-b:v"):
        at = words.index(name)
        del words[at : at + 2]
    words[words.index("h264_nvenc")] = "libx264"
"""


def test_software_is_the_default_and_nothing_is_tried(install: Install) -> None:
    log = install("")
    assert [video.choose(fmt).encoder.name for fmt in FILMS] == ["libx264", "libvpx-vp9", "libsvtav1"]
    assert video.choose("mp4", "libx264").encoder.name == "libx264"
    assert not log.exists()


@pytest.mark.parametrize("fmt", FILMS)
def test_where_no_card_is_software_encodes_and_each_refusal_is_told(fmt: video.FormatName) -> None:
    """The real ffmpeg on a machine without such hardware; the drivers' words differ."""
    choice = video.choose(fmt, video.HARDWARE)
    kind = video.FORMATS[fmt]
    if choice.encoder is not kind.encoders[0]:
        pytest.skip(f"{choice.encoder.name} works here")
    assert set(choice.refused) == {encoder.name for encoder in kind.encoders[1:]}
    assert all(reason and "\n" not in reason for reason in choice.refused.values())


def test_a_card_that_encodes_a_frame_is_taken_and_those_before_it_are_told(tmp_path: Path, install: Install) -> None:
    log = install(GRAPHICS_CARD)
    with video.open_writer(tmp_path / "a.mp4", "mp4", 192, 128, 30, encoder=video.HARDWARE) as writer:
        assert writer.encoder == "h264_nvenc"
        assert writer.refused == {}
        for picture in frames(5):
            writer.write(picture)
    assert video.probe(tmp_path / "a.mp4").frames == 5
    tried, used = (line.split() for line in log.read_text().splitlines())
    assert "null" in tried
    # It was tried with the settings that are used.
    assert tried[tried.index("-preset") : tried.index("-preset") + 2] == ["-preset", "p4"]
    assert used[used.index("-preset") : used.index("-preset") + 2] == ["-preset", "p4"]
    video.choose("mp4", video.HARDWARE)
    assert len(log.read_text().splitlines()) == 2, "it was tried twice"


def test_the_next_one_is_tried_when_a_driver_fails_or_hangs(
    tmp_path: Path, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "_PROBE_SECONDS", 0.5)
    install(
        """
        if "h264_nvenc" in words:
            sys.stderr.write("Cannot load libcuda.so.1\\nConversion failed!\\n")
            sys.exit(187)
        if "h264_qsv" in words:
            time.sleep(30)
        for name in ("h264_videotoolbox", "h264_amf", "h264_vaapi"):
            if name in words:
                os.kill(os.getpid(), 9)
        """
    )
    choice = video.choose("mp4", video.HARDWARE)
    assert choice.encoder.name == "libx264"
    assert choice.refused == {
        "h264_nvenc": "Cannot load libcuda.so.1",
        "h264_qsv": "it did not encode a frame in 0.5 seconds",
        "h264_videotoolbox": "ended by SIGKILL",
        "h264_amf": "ended by SIGKILL",
        "h264_vaapi": "ended by SIGKILL",
    }


def test_one_encoder_may_be_named_and_what_nobody_knows_is_refused() -> None:
    assert video.choose("mp4", "h264_vaapi").refused.keys() <= {"h264_vaapi"}
    with pytest.raises(ExportError, match="libx264, h264_nvenc") as caught:
        video.choose("mp4", "vp9_qsv")
    assert caught.value.code == "export.encoder_unknown"


def test_what_hardware_was_wished_for_changes_no_byte_where_there_is_none(tmp_path: Path, install: Install) -> None:
    install(
        """
        if any(word.endswith(("_nvenc", "_qsv", "_videotoolbox", "_amf", "_vaapi")) for word in words):
            sys.exit(1)
        """
    )
    plain = written(tmp_path / "a.mp4", "mp4", frames(6))
    wished = written(tmp_path / "b.mp4", "mp4", frames(6), encoder=video.HARDWARE)
    assert sha(plain) == sha(wished)


@pytest.mark.parametrize("fmt", FILMS)
def test_every_encoder_has_settings_for_every_quality_and_frames_on_their_own(fmt: video.FormatName) -> None:
    kind = video.FORMATS[fmt]
    assert kind.encoders[0].device == {}
    for encoder in kind.encoders:
        assert set(encoder.quality) == set(Quality)
        assert len({tuple(encoder.quality[quality].items()) for quality in Quality}) == 3
        assert 1 <= encoder.min_threads <= encoder.max_threads
    assert isinstance(encoders.format_of(fmt), encoders.VideoFormat)


@pytest.mark.parametrize(
    ("fmt", "option", "less"),
    [("mp4", "x264-params", ":asm=ssse3"), ("av1", "svtav1-params", ":asm=sse2"), ("webm", "", "0x3f")],
)
def test_an_older_processor_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fmt: video.FormatName, option: str, less: str
) -> None:
    pictures = frames(8)
    here = written(tmp_path / "here", fmt, pictures)
    options = video.FORMATS[fmt].encoders[0].options
    if option:
        monkeypatch.setitem(options, option, f"{options[option]}{less}")  # type: ignore[arg-type]
    else:
        monkeypatch.setenv("VPX_SIMD_CAPS_MASK", less)  # libvpx: no AVX
    assert sha(written(tmp_path / "there", fmt, pictures)) == sha(here)
