"""`render.still` draws what the closed spec says, and tells what it took."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from farm.blob_memory import MemoryBlobs
from farm.execution import Execution
from farm.jobs import BlobInfo, Load
from farm.plan import Output
from pipelines.kinds import KINDS
from pipelines.steps import content, still

DESIGN = {"layers": [{"id": "tee", "model": {"item": "tshirt"}}]}


class Idle:
    """A farm where nothing waits."""

    def blob(self, digest: str) -> BlobInfo:
        raise AssertionError(digest)

    def load(self, lane: str) -> Load:
        return Load()


@pytest.fixture(scope="module")
def resources() -> Iterator[dict[str, Any]]:
    """One warm device for these tests."""
    kept: dict[str, Any] = {}
    yield kept
    content.opened(kept).close()


def drawn(folder: Path, resources: dict[str, Any], **spec: Any) -> tuple[Output, dict[str, Any], Image.Image]:
    kind = KINDS["still"]
    closed = kind.close(kind.spec.model_validate_json(json.dumps({"design": DESIGN, **spec})), Idle(), None)
    blobs = MemoryBlobs()
    context = Execution(
        step=closed.plan.steps[0],
        scratch=folder,
        inputs={},
        resources=resources,
        blobs=blobs,
        report=lambda _done, _total: None,
        write_log=lambda _level, _message: None,
    )
    result = still.render_still(context)
    (output,) = result.outputs
    with blobs.open(output.digest) as file:
        return output, dict(result.metrics), Image.open(BytesIO(file.read()))


def test_the_quality_that_was_chosen_is_the_one_that_is_drawn(tmp_path: Path, resources: dict[str, Any]) -> None:
    late, metrics, picture = drawn(tmp_path, resources, preset="thumbnail", deadline_s=1)
    asked, _, _ = drawn(tmp_path, resources, preset="thumbnail", quality="draft")
    assert late.meta["quality"] == "draft"
    assert late.digest == asked.digest
    assert picture.size == (512, 512)
    assert 0 < metrics["device_mb"] < 1074


@pytest.mark.parametrize(
    ("background", "mode", "top", "bottom"),
    [
        ({"kind": "transparent"}, "RGBA", (0, 0, 0, 0), None),
        ({"kind": "solid", "colour": "#102030"}, None, (16, 32, 48), (16, 32, 48)),
        ({"kind": "gradient", "top": "#ff0000", "bottom": "#0000ff"}, None, (255, 0, 0), (0, 0, 255)),
    ],
)
def test_the_backgrounds_in_pixels(
    tmp_path: Path,
    resources: dict[str, Any],
    background: dict[str, str],
    mode: str | None,
    top: tuple[int, ...],
    bottom: tuple[int, ...] | None,
) -> None:
    canvas = {"background": background, "lighting": {"ground_shadow": False}}
    _, _, picture = drawn(
        tmp_path, resources, design={**DESIGN, "canvas": canvas}, width=640, height=512, quality="draft"
    )
    assert picture.size == (640, 512)
    assert mode is None or picture.mode == mode
    assert picture.getpixel((0, 0))[: len(top)] == top
    assert bottom is None or picture.getpixel((639, 511))[: len(bottom)] == bottom


@pytest.mark.parametrize("fmt", ["png", "jpeg", "webp", "avif"])
def test_a_picture_says_its_colours_and_its_size_on_paper(
    tmp_path: Path, resources: dict[str, Any], fmt: str
) -> None:
    output, _, picture = drawn(tmp_path, resources, format=fmt, dpi=300, preset="thumbnail", quality="draft")
    dpi = picture.info.get("dpi") or (picture.getexif()[282], picture.getexif()[283])
    assert [round(float(value)) for value in dpi] == [300, 300]
    assert output.meta["dpi"] == 300
    if fmt == "png":
        assert picture.info["srgb"] == 0
    else:
        profile = ImageCms.ImageCmsProfile(BytesIO(picture.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(profile)
