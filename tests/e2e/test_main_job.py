"""The main job: a design goes in over HTTP; images, a turntable and models come out."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.client import DESIGN, Farm
from tests.e2e.media import probe

pytestmark = pytest.mark.e2e
VALIDATOR = Path(__file__).resolve().parents[1] / "gltf_validator" / "validate.mjs"


def test_stills_come_out_in_the_asked_size_and_again_from_the_cache(farm: Farm) -> None:
    spec = {"design": DESIGN, "views": ["three-quarter", "front", "back"], "preset": "thumbnail"}
    first = farm.run("still", spec)
    assert [a["name"] for a in first["artifacts"]] == ["design.png", "design-front.png", "design-back.png"]
    pictures = [Image.open(io.BytesIO(farm.fetch(a))) for a in first["artifacts"]]
    assert {p.size for p in pictures} == {(512, 512)}
    assert len({p.tobytes() for p in pictures}) == 3

    again = farm.run("still", {**spec, "design": {**DESIGN, "name": "other"}})
    assert {a["source"] for a in again["artifacts"]} == {"cached"}
    assert [a["name"] for a in again["artifacts"]] == ["other.png", "other-front.png", "other-back.png"]
    assert [a["digest"] for a in again["artifacts"]] == [a["digest"] for a in first["artifacts"]]


@pytest.mark.parametrize(("kind", "mode"), [("jpeg", "RGB"), ("webp", "RGBA")])
def test_other_formats(farm: Farm, kind: str, mode: str) -> None:
    canvas = {"background": {"kind": "transparent" if mode == "RGBA" else "solid"}}
    if mode == "RGB":
        canvas["background"]["colour"] = "#336699"
    job = farm.run("still", {"design": {**DESIGN, "canvas": canvas}, "width": 640, "height": 512, "format": kind})
    picture = Image.open(io.BytesIO(farm.fetch(job["artifacts"][0])))
    assert (picture.size, picture.mode) == ((640, 512), mode)
    corner = picture.getpixel((2, 2))
    assert (
        corner[3] == 0
        if mode == "RGBA"
        else max(abs(a - b) for a, b in zip(corner, (0x33, 0x66, 0x99), strict=True)) <= 2
    )


def test_a_turntable_has_exactly_its_frames(farm: Farm, tmp_path: Path) -> None:
    job = farm.run(
        "turntable",
        {
            "design": DESIGN,
            "formats": ["mp4", "webm"],
            "duration": 3,
            "fps": 24,
            "resolution": "720p",
            "quality": "draft",
        },
    )
    files = farm.files(job, tmp_path)
    sides = {f"design-turn-{side}.jpg" for side in ("front", "right", "back", "left")}
    assert set(files) == {"design.mp4", "design.webm"} | sides
    assert {a["name"] for a in job["artifacts"] if a["role"] == "preview"} == sides
    for path, codec in ((files["design.mp4"], "h264"), (files["design.webm"], "vp9")):
        found = probe(path)
        assert (found["codec_name"], found["width"], found["height"]) == (codec, 1280, 720)
        assert (found["nb_read_frames"], found["avg_frame_rate"]) == ("72", "24/1")
        assert found["color_space"] == "bt709"
    head = files["design.mp4"].read_bytes()
    assert head.index(b"moov") < head.index(b"mdat"), "not faststart"


def test_models_are_valid(farm: Farm, tmp_path: Path) -> None:
    job = farm.run("model", {"design": DESIGN, "formats": ["glb", "gltf", "obj", "fbx", "usdz", "stl", "ply", "3mf"]})
    files = farm.files(job, tmp_path)
    assert {
        "design.glb",
        "design.gltf",
        "design.bin",
        "design.obj",
        "design.mtl",
        "design.fbx",
        "design.usdz",
        "design.3mf",
    } <= set(files)
    for name in ("design.glb", "design.gltf"):
        done = subprocess.run(["node", str(VALIDATOR), str(files[name])], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    text = files["design.obj"].read_text()
    assert "mtllib design.mtl" in text
    for line in files["design.mtl"].read_text().splitlines():
        if line.startswith("map_"):
            assert (tmp_path / line.split()[-1]).exists(), line


def test_an_uploaded_model_is_a_design(farm: Farm, samples: Path) -> None:
    answer = farm.upload((samples / "khronos" / "Fox.glb").read_bytes())
    assert answer.status_code in {200, 201}, answer.text
    job = farm.run("still", {"design": {"blob": answer.json()["digest"]}, "preset": "thumbnail"})
    picture = Image.open(io.BytesIO(farm.fetch(job["artifacts"][0]))).convert("RGB")
    assert len(picture.getcolors(1 << 20) or []) > 2000, "an empty picture"
