"""What every option writes, loaded and drawn by three.js with its own decoders (after ``make peers``)."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from assets import catalogue, compose
from assets.design import Design
from assets.model import Model
from benchmarks.peers.chromium import Page
from exporters.gltf import Compression, write_glb
from exporters.gltf_materials import TextureKind
from exporters.optimise import Options, count, optimise
from tests.exporters.random_rigs import rig
from tests.exporters.test_looks import DESIGN, MEAN

THREE = Path(__file__).resolve().parents[2] / ".peers" / "node_modules" / "three"
PAGE = Path(__file__).with_name("models_in_threejs.html")
NEEDED = ("loaders", "libs/draco/gltf", "libs/basis", "libs", "utils", "math")
SIDE = 300

pytestmark = [
    pytest.mark.skipif(os.environ.get("FARM_LONG") != "1", reason="a browser for each model: FARM_LONG=1"),
    pytest.mark.skipif(
        shutil.which("chromium") is None or not THREE.exists(), reason="three.js or Chromium is missing: make peers"
    ),
]
KINDS: dict[str, tuple[Options, Compression, TextureKind]] = {
    "plain": (Options(), "none", "keep"),
    "joined": (Options(combine_meshes=True, deduplicate=True, atlas=True), "none", "keep"),
    "quantise": (Options(), "quantise", "keep"),
    "meshopt": (Options(ordered=True, textures="webp"), "meshopt", "webp"),
    "draco": (Options(), "draco", "keep"),
    "ktx2": (Options(longest=512, textures="ktx2"), "draco", "ktx2"),
}


def dressed() -> Model:
    design = Design.model_validate_json(DESIGN)
    return compose.compose(design, lambda r: catalogue.model(str(r.item)), lambda r: catalogue.fabric(str(r.item)))


def served() -> dict[str, tuple[bytes, str]]:
    """The page and three.js, by path."""
    places = list((THREE / "build").glob("three.*.js"))
    for folder in NEEDED:
        places += [path for path in (THREE / "examples" / "jsm" / folder).iterdir() if path.is_file()]
    kinds = {".wasm": "application/wasm", ".js": "text/javascript"}
    found = {
        f"/three/{path.relative_to(THREE)}": (path.read_bytes(), kinds[path.suffix])
        for path in places
        if path.suffix in kinds
    }
    return {"/": (PAGE.read_bytes(), "text/html"), **found}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("make", [dressed, lambda: rig(4)], ids=["dressed", "rig"])
def test_threejs_draws_it_as_it_draws_the_source(make) -> None:
    model = make()
    files = served()
    for name, (options, compression, textures) in KINDS.items():
        made, _ = optimise(model, options)
        glb = write_glb(made, extras={}, compression=compression, textures=textures)
        files[f"/{name}.glb"] = (glb, "model/gltf-binary")
    first: np.ndarray | None = None
    with Page(files, side=SIDE, raster="swiftshader") as page:
        for name in KINDS:
            told = page.evaluate(f"window.show('/{name}.glb', 0.4)")
            assert told["triangles"] == count(model).triangles
            textured = any(p.material.base_color_texture for m in model.meshes for p in m.primitives)
            assert (told["compressed"] > 0) == (name == "ktx2" and textured)
            picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
            first = picture if first is None else first
            shown = (first < 250).any(axis=2) | (picture < 250).any(axis=2)
            assert shown.mean() > 0.02
            off = deltaE_ciede2000(rgb2lab(first / 255), rgb2lab(picture / 255))[shown]
            assert off.mean() < MEAN
