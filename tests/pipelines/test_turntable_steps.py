"""A turning design as films and loops: every frame once, no seam, one way to encode it, and what comes of faults."""

from __future__ import annotations

import io
import json
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from exporters import ffmpeg as program
from exporters import video
from farm.blob_memory import MemoryBlobs
from farm.errors import FarmFault
from farm.execution import Execution
from farm.jobs import BlobInfo, Load
from farm.plan import Output, Step, StepResult
from pipelines.kinds import KINDS
from pipelines.steps import content
from pipelines.steps.registry import STEPS
from tests.exporters.test_video import keys, probed

DESIGN = {"layers": [{"id": "tee", "model": {"item": "tshirt"}, "material": {"colour": "#c8102e"}}]}
SIZE = (320, 180)
FILMS = {"mp4": "design.mp4", "webm": "design.webm", "av1": "design-av1.mp4"}
LOOPS = {"webp": "design-turn.webp", "apng": "design-turn.png", "gif": "design-turn.gif"}


class Idle:
    """A farm where nothing waits."""

    def blob(self, digest: str) -> BlobInfo:
        raise AssertionError(digest)

    def load(self, lane: str) -> Load:
        return Load()


@dataclass
class Bench:
    """Runs the steps of turntables, as workers would, in small."""

    folder: Path
    resources: dict[str, Any] = field(default_factory=dict)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)

    def steps(self, **spec: Any) -> list[Step]:
        """A job's steps with small frames."""
        kind = KINDS["turntable"]
        asked = {"design": DESIGN, "duration": 3, "fps": 24, "quality": "draft", **spec}
        closed = kind.close(kind.spec.model_validate_json(json.dumps(asked)), Idle(), None)
        return [
            replace(step, params={**step.params, "width": SIZE[0], "height": SIZE[1]})
            if "width" in step.params
            else step
            for step in closed.plan.steps
        ]

    def short(self, frames: int, **spec: Any) -> tuple[Step, list[Step]]:
        """The first frames of a film as one segment, and the joins that make a film of it."""
        plan = self.steps(**spec)
        part = next(step for step in plan if step.name == "turntable.segment")
        joins = [
            replace(step, needs=(part.key,), params={**step.params, "frames": frames})
            for step in plan
            if step.name == "turntable.join"
        ]
        return replace(part, params={**part.params, "stop": frames}), joins

    def run(self, step: Step, results: Mapping[str, StepResult] | None = None) -> StepResult:
        """One step, in a scratch folder of its own that may have been prepared."""
        scratch = self.folder / step.key
        scratch.mkdir(parents=True, exist_ok=True)
        context = Execution(
            step=step,
            scratch=scratch,
            inputs={need: (results or {})[need] for need in step.needs},
            resources=self.resources,
            blobs=self.blobs,
            report=lambda _done, _total: None,
            write_log=lambda _level, _message: None,
        )
        try:
            return STEPS[step.name](context)
        finally:
            left = [path for path in scratch.iterdir() if not path.name.startswith("blob-")]
            shutil.rmtree(scratch)
            assert left == [], "the encoder left files"

    def film(self, **spec: Any) -> tuple[dict[str, Output], dict[str, Path], dict[str, StepResult]]:
        """All artifacts of a job by name, their files, and the steps' results."""
        results: dict[str, StepResult] = {}
        found: dict[str, Output] = {}
        files: dict[str, Path] = {}
        for step in self.steps(**spec):
            results[step.key] = self.run(step, results)
            for output in results[step.key].outputs:
                if output.artifact:
                    name = output.name.replace("{stem}", "design")
                    found[name], files[name] = output, self.folder / name
                    with self.blobs.open(output.digest) as file:
                        files[name].write_bytes(file.read())
        return found, files, results


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One warm device for these tests."""
    bench = Bench(tmp_path_factory.mktemp("turn"))
    yield bench
    content.opened(bench.resources).close()


@pytest.fixture(scope="module")
def made(bench: Bench) -> tuple[dict[str, Output], dict[str, Path], dict[str, StepResult]]:
    return bench.film(formats=["mp4", "webm", "av1", "webp", "apng", "gif"])


def shown(path: Path) -> list[np.ndarray]:
    """The frames as a player shows them."""
    if path.suffix in {".mp4", ".webm"}:
        with av.open(str(path)) as film:
            return [frame.to_ndarray(format="rgb24").astype(np.int16) for frame in film.decode(video=0)]
    with Image.open(path) as loop:
        return [np.asarray(frame.convert("RGB")).astype(np.int16) for frame in ImageSequence.Iterator(loop)]


def changes(frames: list[np.ndarray]) -> list[float]:
    """How far each frame is from the next, the last from the first."""
    return [float(np.abs(frames[at] - frames[(at + 1) % len(frames)]).mean()) for at in range(len(frames))]


def test_every_format_has_every_frame_once_and_says_what_it_is(made: Any) -> None:
    outputs, files, _ = made
    sides = {f"design-turn-{side}.jpg" for side in ("front", "right", "back", "left")}
    assert set(outputs) == {*FILMS.values(), *LOOPS.values(), *sides}
    for name in FILMS.values():
        said = probed(files[name])
        assert (said["nb_read_frames"], said["avg_frame_rate"], said["color_space"]) == ("72", "24/1", "bt709")
        assert keys(files[name]) == [0, 24, 48]
    for name in LOOPS.values():
        with Image.open(files[name]) as loop:
            assert (loop.n_frames, loop.size, loop.info.get("loop", 0)) == (72, SIZE, 0)
    for name in (*FILMS.values(), *LOOPS.values()):
        meta = outputs[name].meta
        assert (meta["frames"], meta["fps"], meta["duration_s"], meta["width"]) == (72, 24, 3.0, SIZE[0])
    assert {name: outputs[name].meta["encoder"] for name in FILMS.values()} == {
        "design.mp4": "libx264",
        "design.webm": "libvpx-vp9",
        "design-av1.mp4": "libsvtav1",
    }


@pytest.mark.parametrize("name", [*FILMS.values(), *LOOPS.values()])
def test_the_last_frame_meets_the_first_without_a_seam(made: Any, name: str) -> None:
    steps = changes(shown(made[1][name]))
    # In films a key picture is sharper than what comes before it, the first of all as every other one.
    assert steps[-1] <= (max(steps[:-1]) if name in FILMS.values() else np.median(steps))
    assert min(steps) > 0, "a frame stands still"


def test_the_sides_are_the_frames_of_the_film_and_come_before_a_tenth_of_the_work(bench: Bench, made: Any) -> None:
    outputs, files, _ = made
    whole = shown(files["design-turn.png"])
    for side, at in {"front": 0, "right": 18, "back": 36, "left": 54}.items():
        name = f"design-turn-{side}.jpg"
        assert (outputs[name].role, outputs[name].meta["frame"]) == ("preview", at)
        seen = np.asarray(Image.open(files[name])).astype(int)
        assert np.abs(seen - whole[at]).mean() < np.abs(seen - whole[(at + 3) % 72]).mean()
    first, *rest = bench.steps(duration=3, fps=24)
    assert first.name == "turntable.sides"
    assert first.total / (first.total + sum(step.total for step in rest)) < 0.1


def test_equal_steps_give_equal_bytes_whoever_does_them(bench: Bench, tmp_path: Path) -> None:
    step, _ = bench.short(6, formats=["mp4", "webm", "av1", "webp", "apng", "gif"])
    other = Bench(tmp_path)
    try:
        there = other.run(step)
    finally:
        content.opened(other.resources).close()
    assert [output.digest for output in bench.run(step).outputs] == [output.digest for output in there.outputs]


def test_loops_may_be_transparent(bench: Bench) -> None:
    clear = {**DESIGN, "canvas": {"background": {"kind": "transparent"}}}
    part, joins = bench.short(3, design=clear, formats=["webp", "apng", "gif"])
    results = {part.key: bench.run(part)}
    for join in joins:
        (output,) = bench.run(join, results).outputs
        with bench.blobs.open(output.digest) as file, Image.open(io.BytesIO(file.read())) as loop:
            alpha = np.asarray(loop.convert("RGBA"))[..., 3]
        assert alpha[2, 2] == 0
        assert alpha.max() == 255
    (front, *_) = bench.run(bench.steps(design=clear, formats=["webp"])[0]).outputs
    with bench.blobs.open(front.digest) as file, Image.open(io.BytesIO(file.read())) as picture:
        assert (picture.format, np.asarray(picture)[2, 2, 3]) == ("WEBP", 0)


def test_hardware_that_does_not_work_is_told_in_the_artifact(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "_fault", lambda _fmt, name, _quality: f"{name} has no driver")
    part, (join,) = bench.short(3, encoder="hardware")
    (output,) = bench.run(join, {part.key: bench.run(part)}).outputs
    assert output.meta["encoder"] == "libx264"
    assert output.meta["encoders_refused"]["h264_nvenc"] == "h264_nvenc has no driver"


@pytest.fixture
def failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker on which ffmpeg breaks down after some frames."""
    path = tmp_path / "ffmpeg"
    path.write_text(
        f"#!{sys.executable} -ESs\nimport sys\n"
        "(name,) = (word for word in sys.argv if word.startswith('file:'))\n"
        "open(name.removeprefix('file:'), 'wb').write(b'half a film')\n"
        "sys.stdin.buffer.read(400_000)\n"
        "sys.stderr.write('[libx264] something long before\\n[libx264] malloc of size 4194304 failed\\n')\n"
        "sys.exit(1)\n"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    program.executable.cache_clear()
    yield
    program.executable.cache_clear()


def test_an_ffmpeg_that_breaks_down_is_the_farm_s_fault_and_another_worker_gets_the_same_film(
    bench: Bench, made: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    part, _ = bench.short(8, formats=["mp4"])
    good = bench.run(part)
    broken = Bench(tmp_path / "broken", resources=bench.resources)
    request.getfixturevalue("failing")
    with pytest.raises(FarmFault, match="malloc of size 4194304 failed") as caught:
        broken.run(part)
    assert caught.value.code == "export.encode_failed"
    assert not broken.blobs._blobs
    request.getfixturevalue("monkeypatch").undo()
    program.executable.cache_clear()
    assert [output.digest for output in broken.run(part).outputs] == [output.digest for output in good.outputs]


@pytest.mark.parametrize("form", ["mp4", "av1", "webp"])
def test_a_disk_that_fills_up_leaves_nothing(bench: Bench, tmp_path: Path, form: str) -> None:
    full = Bench(tmp_path, resources=bench.resources)
    part, _ = full.short(8, formats=[form])
    scratch = tmp_path / part.key
    scratch.mkdir()
    (scratch / f"{part.key}.{form}").symlink_to("/dev/full")
    with pytest.raises(FarmFault) as caught:
        full.run(part)
    assert caught.value.code == "export.disk_full"
    assert not full.blobs._blobs
