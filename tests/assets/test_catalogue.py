"""The catalogue: what it lists is there, reads back, and is what it says."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache

import numpy as np
import pytest

from assets import baked, catalogue
from assets.catalogue import DATA, ITEMS
from assets.environments import STUDIOS
from assets.errors import CatalogueError
from assets.images import decode
from assets.model import AlphaMode, Model

MODELS = [i for i, entry in ITEMS.items() if any(name.endswith(".npz") for name in entry.files)]
FABRICS = [i for i, entry in ITEMS.items() if entry.kind == "fabric"]


def test_every_item_has_both_names_a_licence_and_its_files() -> None:
    for entry in ITEMS.values():
        assert entry.name_en
        assert any("가" <= letter <= "힣" for letter in entry.name_ko)
        assert entry.licence == "CC0-1.0"
        assert entry.files
        for name in entry.files:
            assert (DATA / name).is_file(), name


def test_every_studio_is_listed() -> None:
    assert {i for i, entry in ITEMS.items() if entry.kind == "studio"} <= set(STUDIOS)


def test_the_baked_files_stay_small() -> None:
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) < 36e6
    assert sum(path.stat().st_size for path in (DATA / "fabrics").iterdir()) < 12e6


def test_digests_differ_and_hold() -> None:
    digests = {i: catalogue.digest(i) for i in ITEMS}
    assert len(set(digests.values())) == len(ITEMS)
    catalogue.digest.cache_clear()
    assert digests == {i: catalogue.digest(i) for i in ITEMS}


@pytest.mark.parametrize("call", [catalogue.item, catalogue.model, catalogue.fabric, catalogue.digest])
def test_an_unknown_id_is_refused(call: object) -> None:
    with pytest.raises(CatalogueError, match="no item 'cape'") as caught:
        call("cape")  # type: ignore[operator]
    assert caught.value.code == "catalogue.unknown_item"


def test_the_wrong_kind_is_refused() -> None:
    for call, name in (
        (catalogue.model, "denim"),
        (catalogue.model, "softbox"),
        (catalogue.fabric, "tshirt"),
        (catalogue.picture, "tshirt"),
    ):
        with pytest.raises(CatalogueError) as caught:
            call(name)
        assert caught.value.code == "catalogue.wrong_kind"


@pytest.mark.parametrize("name", MODELS)
def test_models_are_sound(name: str) -> None:
    model = catalogue.model(name)
    assert catalogue.model(name) is model
    for mesh in model.meshes:
        for part in mesh.primitives:
            assert part.uv0 is not None
            assert len(part.positions) == len(part.normals) == len(part.uv0)
            assert part.indices.max() < len(part.positions)
            assert np.isfinite(part.positions).all()
            assert np.allclose(np.linalg.norm(part.normals, axis=1), 1, atol=1e-5)
            assert part.material.metallic in {0.0, 1.0}


@pytest.mark.parametrize("name", MODELS)
def test_normals_look_where_the_triangles_face(name: str) -> None:
    for mesh in catalogue.model(name).meshes:
        for part in mesh.primitives:
            corner = part.positions[part.indices].astype(np.float64)
            face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
            area = np.linalg.norm(face, axis=1)
            turned = np.einsum("ij,ij->i", face, part.normals[part.indices].sum(axis=1)) < 0
            assert area[turned].sum() < 0.002 * area.sum(), part.material.name


@pytest.mark.parametrize("name", FABRICS)
def test_fabrics_tile_without_a_seam(name: str) -> None:
    fabric = catalogue.fabric(name)
    assert fabric.repeat_mm > 0
    for image in (fabric.base_color, fabric.normal, fabric.metallic_roughness):
        assert image is not None
        assert (image.width, image.height) == (1024, 1024)
        pixels = decode(image)[..., :3].astype(np.float64)
        for axis in (0, 1):
            steps = np.abs(np.diff(pixels, axis=axis)).mean(axis=(1 - axis, 2))
            seam = np.abs(np.take(pixels, 0, axis=axis) - np.take(pixels, -1, axis=axis)).mean()
            # Where yarns end is the steepest of their steps; a seam would be steeper than any of them.
            assert seam <= np.percentile(steps, 99.5) * 1.35 + 2.0, (image.name, axis)


@pytest.mark.parametrize("name", FABRICS)
def test_only_sequins_are_metal_and_normals_point_up(name: str) -> None:
    fabric = catalogue.fabric(name)
    assert fabric.metallic_roughness is not None
    assert fabric.normal is not None
    metal = decode(fabric.metallic_roughness)[..., 2]
    if name == "sequins":
        assert np.median(metal) > 200
    else:
        assert metal.max() <= 10  # JPEG rounds; 4 % of metal is not seen
    assert decode(fabric.normal)[..., 2].mean() > 180


@pytest.mark.parametrize("name", FABRICS)
def test_fabrics_say_what_a_bill_of_materials_needs(name: str) -> None:
    fabric = catalogue.fabric(name)
    assert 20 < fabric.weight_gsm < 1000
    assert sum(fabric.composition.values()) == 100
    assert fabric.care
    assert 10 < fabric.repeat_mm < 500


def test_there_are_enough_fabrics() -> None:
    assert len(FABRICS) >= 24


@pytest.mark.parametrize("name", FABRICS)
def test_alpha_is_there_where_light_passes_and_nowhere_else(name: str) -> None:
    fabric = catalogue.fabric(name)
    alpha = decode(fabric.base_color)[..., 3]
    if fabric.alpha_mode is AlphaMode.OPAQUE:
        assert alpha.min() == 255
    else:
        assert alpha.min() < 128
        assert alpha.max() > 150


def test_a_model_survives_baking() -> None:
    first = catalogue.model("skirt")
    again = baked.read(baked.write(first))
    for one, two in zip(first.meshes[0].primitives, again.meshes[0].primitives, strict=True):
        assert np.abs(one.positions - two.positions).max() < 3e-5
        assert np.einsum("ij,ij->i", one.normals, two.normals).min() > 0.99999
        assert np.array_equal(one.indices, two.indices)
        assert one.material.base_color == two.material.base_color
    assert baked.write(first) == baked.write(first)


def test_threads_that_ask_at_the_same_time_get_one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Materials are told apart by which object they are: of two copies, one's trimmings would be cloth."""
    begun = threading.Barrier(2)

    def read(data: bytes) -> Model:
        with suppress(threading.BrokenBarrierError):
            begun.wait(0.2)  # broken where only one thread reads
        return baked_read(data)

    baked_read = baked.read
    monkeypatch.setattr("assets.catalogue.baked.read", read)
    monkeypatch.setattr("assets.catalogue._model", cache(catalogue._model.__wrapped__))
    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(catalogue.model, ["hat", "hat"])
    assert one is two
