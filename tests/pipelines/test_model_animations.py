"""Which animations a design's FBX and USDZ have, and which one a viewer shows when it opens them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pxr import Usd, UsdSkel

from assets import gltf
from assets.pose import flatten
from tests.exporters.fbx_reads import Document
from tests.pipelines.test_model_step import exported

CLIPS = ["a-pose", "relaxed", "walk", "hands-on-hips", "seated", "t-pose"]


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    """Designs that stay composed for these tests."""
    return {}


def seen(folder: Path, resources: dict[str, Any], formats: list[str], **spec: Any) -> dict[str, bytes]:
    return {
        name.rsplit(".", 1)[1]: data
        for name, (_, data) in exported(folder, resources, formats=formats, **spec).items()
        if name.endswith(tuple(formats))
    }


def rigged(data: bytes, folder: Path, name: str) -> bool:
    path = folder / f"{name}.usdz"
    path.write_bytes(data)
    assert zipfile.is_zipfile(path)
    stage = Usd.Stage.Open(str(path))
    return any(prim.IsA(UsdSkel.Skeleton) for prim in stage.Traverse())


@pytest.mark.parametrize("asked", ["auto", "keep", "none"])
def test_a_figure_alone_moves_and_a_posed_one_stands(asked: str, tmp_path: Path, resources: dict[str, Any]) -> None:
    for pose in (None, {"animation": "relaxed", "time": 0}):
        avatar = {"model": {"item": "mannequin-male"}, "pose": pose}
        design = {"name": "figure", "avatar": avatar, "layers": []}
        files = seen(tmp_path, resources, ["fbx", "usdz", "glb"], design=design, animations=asked)
        stacks = list(Document(files["fbx"]).stacks())
        held = asked == "auto" and pose is not None
        assert stacks == ([] if asked == "none" else ["still", *CLIPS] if held else CLIPS)
        assert rigged(files["usdz"], tmp_path, f"{asked} {pose is None}") == (
            asked == "keep" or (asked == "auto" and not held)
        )
        names = [animation.name for animation in gltf.read(files["glb"]).animations]
        assert names == stacks


def test_a_dressed_figure_does_not_leave_its_clothes(tmp_path: Path, resources: dict[str, Any]) -> None:
    design = {
        "name": "dressed",
        "avatar": {"model": {"item": "mannequin-male"}},
        "layers": [{"id": "tee", "model": {"item": "tee"}}],
    }
    files = seen(tmp_path, resources, ["fbx", "usdz", "glb"], design=design)
    assert next(iter(Document(files["fbx"]).stacks())) == "still"
    assert not rigged(files["usdz"], tmp_path, "dressed")
    model = gltf.read(files["glb"])
    assert model.animations[0].name == "still"
    for rested, held in zip(flatten(model), flatten(model, animation=0), strict=True):
        assert np.allclose(rested.primitive.positions, held.primitive.positions, atol=1e-6)
