"""What lies around encoded pictures: counting frames and joining segments, without decoding (PyAV)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import av.container
import av.error
import av.packet
import av.video.stream

from exporters.errors import ExportError

_TICKS = 512  # time units a frame in MP4: room for nothing else is needed, and ffmpeg's own habit
_OPTIONS: dict[str, dict[str, str]] = {
    "mp4": {"movflags": "+faststart", "fflags": "+bitexact"},
    "webm": {"cues_to_front": "1", "fflags": "+bitexact"},
}
_MAX_SEGMENTS = 10_000
_OPEN_S = 20.0


@dataclass(frozen=True, kw_only=True)
class VideoInfo:
    """What a film holds. ``start`` and ``duration`` in seconds; colours by ffmpeg's numbers (1 is BT.709)."""

    frames: int
    fps: Fraction
    width: int
    height: int
    codec: str
    start: Fraction
    duration: Fraction


def probe(path: Path) -> VideoInfo:
    """Counts the pictures of a film by reading every packet; raises ``export.video_unreadable``."""
    try:
        with av.open(str(path)) as source:
            stream = _video(source, path)
            frames = sum(1 for packet in source.demux(stream) if packet.size)
            base = stream.time_base or Fraction(1, 1)
            duration = stream.duration * base if stream.duration else Fraction(source.duration or 0, av.time_base)
            return VideoInfo(
                frames=frames,
                fps=Fraction(stream.average_rate or 0),
                width=stream.codec_context.width,
                height=stream.codec_context.height,
                codec=stream.codec_context.codec.canonical_name,
                start=(stream.start_time or 0) * base,
                duration=duration,
            )
    except (av.error.FFmpegError, OSError) as error:
        raise ExportError("export.video_unreadable", f"{path.name} cannot be read: {error}", ours=True) from error


DEMUXERS: Mapping[str, str] = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/x-m4v": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "video/x-msvideo": "avi",
}
"""Films from outside that are looked into, by media type. Naming the demuxer keeps a file from being taken for a
playlist, which could name other files and addresses.
"""


def headers(path: Path, media_type: str) -> dict[str, Any]:
    """What a film from outside says of itself, from its headers: {"duration" (seconds), "width", "height", "fps",
    "video", "audio" (codecs)}. Raises ExportError ``video.invalid``.
    """
    options = {"protocol_whitelist": "file", "probesize": "5000000", "analyzeduration": "5000000"}
    try:
        with av.open(str(path), format=DEMUXERS[media_type], options=options, timeout=_OPEN_S) as source:
            if not source.streams.video:
                raise ExportError("video.invalid", "the film has no pictures: upload it with a video track")
            stream = source.streams.video[0]
            if stream.codec_context is None:  # PyAV has none for a codec without a decoder
                raise ExportError("video.invalid", "the film's codec is not known: save it as H.264 or VP9")
            sound = source.streams.audio[0].codec_context if source.streams.audio else None
            audio = None if sound is None else sound.name
            length = Fraction(source.duration or 0, av.time_base)
            width, height = stream.codec_context.width, stream.codec_context.height
            rate = float(stream.average_rate or 0)
            codec = stream.codec_context.name
    except (av.error.FFmpegError, OSError, ValueError, UnicodeDecodeError) as error:
        raise ExportError(
            "video.invalid", "the film's headers cannot be read: save it again and upload that"
        ) from error
    return {
        "duration": round(float(length), 3),
        "width": width,
        "height": height,
        "fps": round(rate, 3),
        "video": codec,
        "audio": audio,
    }


def timescale(rate: Fraction) -> int:
    """Time units a second in MP4, in which a frame of ``rate`` takes a whole number of them."""
    return rate.numerator * _ticks(rate) // rate.denominator


def _ticks(rate: Fraction) -> int:
    """Time units a frame: 512 for whole rates, 1001 for 30000/1001."""
    return _TICKS if rate.denominator == 1 else rate.denominator


def join(paths: Sequence[Path], out: Path, fmt: Literal["mp4", "webm"], fps: int | Fraction) -> VideoInfo:
    """Puts segments one after another into ``out`` without encoding again.

    Decodes to the segments' pictures bit by bit. Every picture's time is computed from its number, so that
    the frame rate is exactly ``fps`` however many segments there are. Segments come from one encoder with
    one setting and start with a key picture; ``export.segments_differ`` otherwise.
    """
    if not 1 <= len(paths) <= _MAX_SEGMENTS:
        raise ExportError("export.segments", f"a film is joined from 1 to {_MAX_SEGMENTS} segments", ours=True)
    rate = Fraction(fps)
    reorder = max(_reorder(path, rate) for path in paths)
    try:
        with av.open(str(out), "w", format=fmt, options=_OPTIONS[fmt]) as target:
            count = _write(target, paths, fmt, rate, reorder)
        info = probe(out)
    except (av.error.FFmpegError, OSError) as error:
        out.unlink(missing_ok=True)
        code = "export.disk_full" if getattr(error, "errno", None) == 28 else "export.join_failed"
        raise ExportError(code, f"the segments cannot be joined: {error}", ours=True) from error
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    if info.frames != count:
        out.unlink(missing_ok=True)
        raise ExportError("export.frame_count", f"{count} pictures joined, {info.frames} found", ours=True)
    return info


def _write(target: av.container.OutputContainer, paths: Sequence[Path], fmt: str, fps: Fraction, reorder: int) -> int:
    """Muxes every packet of every segment; returns how many."""
    per_frame = _ticks(fps) if fmt == "mp4" else 1
    base = 1 / (fps * per_frame)
    stream: av.video.stream.VideoStream | None = None
    signature: tuple[object, ...] = ()
    done = 0  # pictures of the segments before
    for path in paths:
        with av.open(str(path)) as source:
            template = _video(source, path)
            context = template.codec_context
            mine = (context.name, context.width, context.height, context.extradata)
            if stream is None:
                # A decoder whose library has no encoder (dav1d) cannot make a stream: its own is copied.
                foreign = context.codec.name != context.codec.canonical_name
                stream = target.add_stream_from_template(template, opaque=foreign)
                stream.time_base = base
                signature = mine
            elif mine != signature:
                raise ExportError("export.segments_differ", f"{path.name} was encoded with other settings", ours=True)
            count = 0
            for number, shown, packet in _pictures(source, template, fps):
                packet.stream = stream
                packet.time_base = base
                packet.pts = (done + shown) * per_frame
                # Shown at its number; decoded `reorder` pictures early, and so never late.
                packet.dts = (done + number - reorder) * per_frame
                packet.duration = per_frame
                target.mux(packet)
                count += 1
            done += count
    return done


def _pictures(
    source: av.container.InputContainer, stream: av.video.stream.VideoStream, fps: Fraction
) -> Iterator[tuple[int, int, av.packet.Packet[av.video.stream.VideoStream]]]:
    """``(place in decoding order, place in showing order, packet)`` of every picture of a segment."""
    base = stream.time_base or Fraction(1, 1)
    start = stream.start_time or 0
    number = 0
    for packet in source.demux(stream):
        if not packet.size:
            continue
        if packet.pts is None or (number == 0 and not packet.is_keyframe):
            raise ExportError("export.segments_differ", "a segment does not start with a key picture", ours=True)
        yield number, round((packet.pts - start) * base * fps), packet
        number += 1


def _reorder(path: Path, fps: Fraction) -> int:
    """How many pictures a segment decodes ahead of showing them (its B pictures)."""
    try:
        with av.open(str(path)) as source:
            shown = [show for _, show, _ in _pictures(source, _video(source, path), fps)]
    except (av.error.FFmpegError, OSError) as error:
        raise ExportError("export.video_unreadable", f"{path.name} cannot be read: {error}", ours=True) from error
    if sorted(shown) != list(range(len(shown))):
        raise ExportError("export.segments_differ", f"{path.name} does not run at {fps} frames a second", ours=True)
    return max((number - show for number, show in enumerate(shown)), default=0)


def _video(source: av.container.InputContainer, path: Path) -> av.video.stream.VideoStream:
    if not source.streams.video:
        raise ExportError("export.video_unreadable", f"{path.name} holds no film", ours=True)
    return source.streams.video[0]
