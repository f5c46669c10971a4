"""The steps of cards: what they leave is what the closed spec says, byte for byte, wherever it was drawn."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

from assets import gltf
from farm.blob_memory import MemoryBlobs
from farm.blobs import BlobStore
from farm.errors import FarmError, JobFault
from farm.execution import Execution, run_eager
from farm.jobs import BlobInfo, Closed, Load
from farm.plan import Output
from pipelines.card import KIND
from pipelines.steps import content
from pipelines.steps.registry import STEPS

CARD: dict[str, Any] = {"name": "Ember Fox", "fields": {"cost": 3}, "foils": [{"foil": "cosmos", "mask": "art"}]}
SMALL = {"width": 256, "height": 256, "quality": "draft"}


class Owner:
    """The blobs of one store."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def blob(self, digest: str) -> BlobInfo:
        return BlobInfo(digest=digest, size=1, media_type="image/png")

    def load(self, lane: str) -> Load:
        raise AssertionError(lane)


@pytest.fixture(scope="module")
def resources() -> Iterator[dict[str, Any]]:
    """One warm device for these tests."""
    kept: dict[str, Any] = {}
    yield kept
    content.opened(kept).close()


class Bench:
    """Runs jobs of cards in this process."""

    def __init__(self, folder: Path, resources: dict[str, Any]) -> None:
        self.blobs = MemoryBlobs()
        self.notes: list[str] = []
        self._folder, self._resources = folder, resources

    def picture(self, picture: Image.Image) -> dict[str, str]:
        file = BytesIO()
        picture.save(file, "PNG")
        return {"blob": self.blobs.put_bytes(file.getvalue()).digest}

    def closed(self, *outputs: Any, **changes: Any) -> Closed:
        spec = {"card": {**CARD, **changes}, "outputs": outputs}
        return KIND.close(KIND.spec.model_validate_json(json.dumps(spec)), Owner(self.blobs), None)

    def run(self, *outputs: Any, **changes: Any) -> dict[str, tuple[Output, bytes]]:
        made = run_eager(
            self.closed(*outputs, **changes),
            STEPS,
            blobs=self.blobs,
            scratch=self._folder,
            resources=self._resources,
            on_log=lambda _level, message: self.notes.append(message),
        )
        found = {}
        for output in made:
            with self.blobs.open(output.digest) as file:
                found[output.name] = (output, file.read())
        return found

    def pixels(self, *outputs: Any, **changes: Any) -> Image.Image:
        ((_, data),) = self.run(*outputs, **changes).values()
        return Image.open(BytesIO(data))


@pytest.fixture
def bench(tmp_path: Path, resources: dict[str, Any]) -> Bench:
    return Bench(tmp_path, resources)


def still(**changes: Any) -> dict[str, Any]:
    return {"kind": "still", **SMALL, **changes}


def tilt(*formats: str, **changes: Any) -> dict[str, Any]:
    return {"kind": "tilt", "formats": formats, "duration": 2, "fps": 24, **SMALL, **changes}


def test_both_sides_are_drawn_with_alpha_and_the_same_bytes_each_time(bench: Bench) -> None:
    first, again = (bench.run(still(side="both")) for _ in range(2))
    assert {name: output.digest for name, (output, _) in first.items()} == {
        name: output.digest for name, (output, _) in again.items()
    }
    assert list(first) == ["Ember-Fox.png", "Ember-Fox-back.png"]
    front, back = (np.asarray(Image.open(BytesIO(data))) for _, data in first.values())
    for side in (front, back):
        assert side.shape == (256, 256, 4)
        assert side[0, 0, 3] == 0
        assert side[128, 128, 3] == 255
    assert np.abs(front.astype(int) - back).mean() > 10


def test_a_tilt_turns_the_card_and_the_light_on_it(bench: Bench) -> None:
    level, turned = (np.asarray(bench.pixels(still(tilt=angle))).astype(int) for angle in ([0, 0], [40, 0]))
    widths = [np.ptp(np.nonzero((picture[:, :, 3] == 255).any(axis=0))[0]) for picture in (level, turned)]
    assert 0.6 * widths[0] < widths[1] < 0.95 * widths[0]


def test_a_background_of_the_output_comes_before_the_cards(bench: Bench) -> None:
    solid = {"kind": "solid", "colour": "#102030"}
    picture = bench.pixels(still(background=solid, format="jpeg"), stand={"shadow": False})
    assert picture.getpixel((2, 2)) == pytest.approx((16, 32, 48), abs=4)


def test_outputs_of_about_one_size_share_what_was_composed(bench: Bench, resources: dict[str, Any]) -> None:
    resources.pop("cards", None)
    bench.run(still(), still(tilt=[10, 0]), still(side="back", width=270), tilt("mp4"))
    assert len(resources["cards"]) == 1


def test_a_loop_in_every_format_has_its_frames_and_its_time(bench: Bench, tmp_path: Path) -> None:
    made = bench.run(tilt("mp4", "webm", "webp", "apng", "gif", fps=60))
    frames = {name: (output.meta["frames"], output.meta["fps"]) for name, (output, _) in made.items()}
    assert frames == {
        "Ember-Fox-tilt.png": (120, 60),
        "Ember-Fox-tilt.gif": (60, 30),
        "Ember-Fox-tilt.mp4": (120, 60),
        "Ember-Fox-tilt.webm": (120, 60),
        "Ember-Fox-tilt.webp": (120, 60),
    }
    for name in ("Ember-Fox-tilt.png", "Ember-Fox-tilt.webp", "Ember-Fox-tilt.gif"):
        loop = Image.open(BytesIO(made[name][1]))
        assert loop.n_frames == frames[name][0]  # type: ignore[attr-defined]
        assert loop.info["loop"] == 0
        clear = name != "Ember-Fox-tilt.gif"
        assert (loop.convert("RGBA").getpixel((1, 1))[3] == 0) is clear  # type: ignore[index]
    film = tmp_path / "loop.mp4"
    film.write_bytes(made["Ember-Fox-tilt.mp4"][1])
    corner = decoded(film)[0, 1, 1].astype(int)
    assert corner.max() - corner.min() < 16, "the studio is grey"
    assert 20 < corner.max() < 70, "and dark"


@pytest.mark.parametrize(
    ("path", "foil"), [("sway", "cosmos"), ("orbit", "etched"), ("nod", "cosmos"), ("spin", "linear-rainbow")]
)
def test_the_seam_of_a_loop_is_no_larger_than_its_other_steps(bench: Bench, path: str, foil: str) -> None:
    ((_, data),) = bench.run(tilt("apng", path=path), foils=[{"foil": foil}]).values()
    frames = [
        np.asarray(frame.convert("RGBA")).astype(int) for frame in ImageSequence.Iterator(Image.open(BytesIO(data)))
    ]
    assert len(frames) == 48
    steps = [np.abs(one - two).mean() for one, two in pairwise([*frames, frames[0]])]
    assert steps[-1] <= median(steps)


def test_a_frame_is_the_same_in_whatever_part_it_is_drawn(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = loop_frames(bench.run(tilt("apng")))
    monkeypatch.setattr("pipelines.card.segments", lambda frames, _: [(0, 7), (7, 30), (30, frames)])
    parts = bench.closed(tilt("apng")).plan.steps
    assert [step.name for step in parts] == ["card.tilt"] * 3 + ["card.join"]
    assert loop_frames(bench.run(tilt("apng"))) == whole


def loop_frames(made: dict[str, tuple[Output, bytes]]) -> list[str]:
    ((_, data),) = made.values()
    return [
        hashlib.sha256(frame.convert("RGBA").tobytes()).hexdigest()
        for frame in ImageSequence.Iterator(Image.open(BytesIO(data)))
    ]


def test_a_part_that_is_drawn_again_is_the_same_bytes(
    bench: Bench, tmp_path: Path, resources: dict[str, Any]
) -> None:
    step = bench.closed(tilt("mp4", "webp", "gif")).plan.steps[0]

    def drawn(folder: Path, kept: dict[str, Any]) -> list[str]:
        folder.mkdir()
        context = Execution(
            step=step,
            scratch=folder,
            inputs={},
            resources=kept,
            blobs=MemoryBlobs(),
            report=lambda _done, _total: None,
            write_log=lambda _level, _message: None,
        )
        return [output.digest for output in STEPS["card.tilt"](context).outputs]

    cold: dict[str, Any] = {}
    assert drawn(tmp_path / "warm", resources) == drawn(tmp_path / "cold", cold)
    content.opened(cold).close()


def test_maps_are_flat_pictures_of_the_card_at_their_density(bench: Bench) -> None:
    made = bench.run({"kind": "maps", "dpi": 100})
    size = (round(63 * 100 / 25.4), round(88 * 100 / 25.4))
    for name in ("foil", "normal", "height", "depth", "direction"):
        picture = Image.open(BytesIO(made[f"Ember-Fox-{name}.png"][1]))
        assert picture.size == size
        assert picture.info["dpi"] == pytest.approx((100, 100), abs=0.1)
    listed = json.loads(made["Ember-Fox-layers.json"][1])
    assert (listed["width"], listed["height"]) == size
    files = [layer["file"] for layer in listed["layers"]]
    assert set(files) <= set(made)
    assert len(files) == len(set(files)) >= 3
    flat = Image.new("RGBA", size)
    for file in files:
        flat.alpha_composite(Image.open(BytesIO(made[file][1])).convert("RGBA"))
    assert np.asarray(flat)[..., 3].min() == 255, "the layers over each other are the whole front"
    foil = np.asarray(Image.open(BytesIO(made["Ember-Fox-foil.png"][1])).convert("L"))
    assert foil[2].max() == 0, "the foil is in the art alone"
    assert foil[size[1] // 3, size[0] // 2] > 0


def test_a_model_is_written_and_named_after_the_card(bench: Bench) -> None:
    ((name, (output, data)),) = bench.run({"kind": "model", "texture": 512}, name="불여우 Fox").items()
    assert name == "불여우-Fox.glb"
    assert output.media_type == "model/gltf-binary"
    document = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    assert "KHR_materials_iridescence" in document["extensionsUsed"]
    assert "불여우 Fox" in json.dumps(document, ensure_ascii=False)


def test_a_model_opens_and_says_whose_art_it_shows(bench: Bench) -> None:
    art = bench.picture(Image.new("RGB", (60, 40), (90, 140, 40)))
    for terms, changes in (("CC0-1.0", {}), ("", {"art": [{"image": art}]})):
        ((_, (_, data)),) = bench.run({"kind": "model", "texture": 512}, **changes).items()
        model = gltf.read(data)
        assert model.copyright == terms
        assert {part.material.name for part in model.meshes[0].primitives} == {"front", "back", "edge"}
        height = np.ptp(model.meshes[0].primitives[0].positions[:, 1])
        assert height == pytest.approx(0.088)


def test_a_print_file_has_its_plate_by_name(bench: Bench) -> None:
    ((name, (output, data)),) = bench.run("print").items()
    assert (name, data[:5]) == ("Ember-Fox-print.pdf", b"%PDF-")
    assert output.meta == {"dpi": 300, "bleed_mm": 3.0, "width": 815, "height": 1110, "plates": ["FOIL cosmos"]}


def test_posts_are_laid_out_in_their_sizes(bench: Bench) -> None:
    made = bench.run({"kind": "share", "quality": "draft"})
    sizes = {name: Image.open(BytesIO(data)).size for name, (_, data) in made.items()}
    assert sizes == {
        "Ember-Fox-share-1200x630.png": (1200, 630),
        "Ember-Fox-share-1080x1080.png": (1080, 1080),
        "Ember-Fox-share-1080x1920.png": (1080, 1920),
    }
    for _, data in made.values():
        assert Image.open(BytesIO(data)).mode == "RGB"


def test_a_mask_of_another_size_is_resampled_and_said_so(bench: Bench) -> None:
    mask = Image.new("L", (50, 50), 0)
    mask.paste(255, (0, 0, 25, 50))
    uses = [{"foil": "cosmos", "mask": bench.picture(mask)}]
    ((_, data),) = bench.run({"kind": "maps", "maps": ["foil"], "dpi": 100}, foils=uses).values()
    foil = np.asarray(Image.open(BytesIO(data)).convert("L"))
    assert foil[:, : foil.shape[1] // 2 - 4].mean() > 10 * max(foil[:, foil.shape[1] // 2 + 4 :].mean(), 0.1)
    assert any("resampled" in note and "foils[0].mask" in note for note in bench.notes)


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"fields": {"rules": "word " * 399}}, "card.text_too_long", "card.fields.rules"),
        ({"fields": {"title": "\U0001f98a"}}, "card.missing_glyphs", "card.fields.title"),
    ],
)
def test_what_cannot_be_printed_is_the_jobs_fault(
    bench: Bench, changes: dict[str, Any], code: str, path: str
) -> None:
    with pytest.raises(JobFault) as caught:
        bench.run(still(), **changes)
    assert (caught.value.code, caught.value.data["path"]) == (code, path)
    assert len(caught.value.detail) > 20


def test_art_that_is_no_picture_is_the_jobs_fault(bench: Bench) -> None:
    broken = {"blob": bench.blobs.put_bytes(b"\x89PNG\r\n\x1a\n broken").digest}
    with pytest.raises(FarmError) as caught:
        bench.run(still(), art=[{"image": broken}])
    assert isinstance(caught.value, JobFault)
    assert caught.value.data["path"] == "card.art[0].image"


def decoded(film: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """uint8[frames, 256, 256, 3]."""
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(film), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
        capture_output=True,
        check=True,
    )
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, 256, 256, 3)
