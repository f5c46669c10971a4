"""`farm run`: pictures and models without a farm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Said

pytestmark = pytest.mark.gl
Run = Callable[..., Said]


def test_the_suffix_says_the_format(farm: Run, tmp_path: Path) -> None:
    out = tmp_path / "new" / "tee.webp"
    said = farm(
        "run", "still", "--avatar", "dress-form", "--wear", "tshirt", "-p", "preset=thumbnail", "-o", str(out)
    )
    assert (said.code, said.out) == (0, f"{out}\n"), said.err
    with Image.open(out) as picture:
        assert (picture.format, picture.size) == ("WEBP", (512, 512))
    assert [path.name for path in out.parent.iterdir()] == ["tee.webp"]


def test_several_views_go_beside_each_other(farm: Run, tmp_path: Path, samples: Path) -> None:
    fox = samples / "khronos" / "Fox.glb"
    said = farm("run", "still", str(fox), "-p", "preset=thumbnail", "-p", "views=front,side", "-o", str(tmp_path))
    assert said.code == 0, said.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Fox-front.png", "Fox-side.png"]
    assert "centimetres" in said.err


def test_a_flat_is_written_as_the_suffix_says(farm: Run, tmp_path: Path) -> None:
    out = tmp_path / "skirt.svg"
    said = farm("run", "flat", "--wear", "skirt", "-p", "views=front", "-o", str(out))
    assert (said.code, said.out) == (0, f"{out}\n"), said.err
    assert out.read_bytes().startswith(b"<?xml")
    said = farm("run", "flat", "--wear", "skirt", "-o", str(tmp_path / "skirt.webp"))
    assert said.code == 2
    assert "a flat is not written as .webp" in said.err


def test_a_model_comes_with_its_parts(farm: Run, tmp_path: Path) -> None:
    said = farm(
        "run", "model", "--avatar", "dress-form", "--wear", "skirt", "-p", "formats=glb,gltf", "-o", str(tmp_path)
    )
    assert said.code == 0, said.err
    names = {path.name for path in tmp_path.iterdir()}
    assert {"design.glb", "design.gltf"} <= names
    assert (tmp_path / "design.glb").read_bytes()[:4] == b"glTF"


@pytest.mark.parametrize("data", [b"", b"glTF" + bytes(40), bytes(1000)])
def test_a_broken_file_is_2_and_leaves_nothing(farm: Run, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "broken.glb"
    path.write_bytes(data)
    out = tmp_path / "out"
    said = farm("run", "still", str(path), "-o", str(out))
    assert said.code == 2
    assert said.err.startswith("error: ")
    assert list(out.iterdir()) == []
