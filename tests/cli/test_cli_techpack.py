"""`farm run techpack`: a PDF by its suffix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.cli.conftest import Said

Run = Callable[..., Said]


@pytest.mark.gl
def test_a_tech_pack_is_one_pdf(farm: Run, tmp_path: Path) -> None:
    out = tmp_path / "pack.pdf"
    said = farm(
        "run", "techpack", "--avatar", "dress-form", "--wear", "tshirt", "-p", "picture_px=256",
        "-p", "quality=draft", "-p", "language=ko", "-o", str(out),
    )  # fmt: skip
    assert (said.code, said.out) == (0, f"{out}\n"), said.err
    assert [path.name for path in tmp_path.iterdir()] == ["pack.pdf"]
    assert len(PdfReader(out, strict=True).pages) > 5


def test_a_tech_pack_is_no_picture(farm: Run, tmp_path: Path) -> None:
    said = farm("run", "techpack", "--wear", "tshirt", "-o", str(tmp_path / "pack.png"))
    assert said.code == 2
    assert "a techpack is not written as .png" in said.err
