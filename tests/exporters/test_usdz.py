"""USDZ: valid to USD's own validators, and the same triangles, colours and places as ours."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from pxr import Usd, UsdGeom, UsdShade

from assets import catalogue, gltf, images, pose
from assets.model import AlphaMode, Material, Mesh, Model, Node, Primitive, Texture
from exporters import validate
from exporters.errors import ExportError
from exporters.usdz import faults, write_usdz


def opened(data: bytes, folder: Path, name: str = "a") -> Usd.Stage:
    path = folder / f"{name}.usdz"  # USD keeps a layer by its path while a stage holds it
    path.write_bytes(data)
    assert faults(path) == []
    return Usd.Stage.Open(str(path))


def quad(material: Material) -> Model:
    part = Primitive(
        positions=np.float32([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]),
        normals=np.tile(np.float32([[0, 0, 1]]), (4, 1)),
        uv0=np.float32([[0, 1], [1, 1], [1, 0], [0, 0]]),
        indices=np.uint32([[0, 1, 2], [0, 2, 3]]),
        material=material,
    )
    node = Node(matrix=np.diag([2.0, 2.0, 2.0, 1.0]), mesh=0, layer="two words")
    return Model(nodes=(node,), roots=(0,), meshes=(Mesh(primitives=(part,)),), name="m")


def picture(kind: str = "PNG", colour: tuple[int, int, int] = (10, 20, 30)) -> Any:
    buffer = io.BytesIO()
    Pillow.new("RGB", (8, 8), colour).save(buffer, kind, **({"lossless": True} if kind == "WEBP" else {}))
    return images.probe(buffer.getvalue(), name="a picture")


@pytest.mark.parametrize("item", ["tshirt", "card-classic"])
def test_a_model_of_the_catalogue_stands_where_it_stood(item: str, tmp_path: Path) -> None:
    model = catalogue.model(item)
    data = write_usdz(model, extras={"licence": "CC0-1.0"}, stem=item)
    validate.check({"a.usdz": data}, "usdz")
    stage = opened(data, tmp_path)
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1.0
    assert UsdGeom.GetStageUpAxis(stage) == "Y"
    assert "CC0-1.0" in stage.GetRootLayer().customLayerData["about"]
    meshes = [UsdGeom.Mesh(prim) for prim in stage.Traverse() if prim.IsA(UsdGeom.Mesh)]
    points = np.concatenate([np.array(mesh.GetPointsAttr().Get()) for mesh in meshes])
    draws = pose.flatten(model)
    ours = np.concatenate([d.primitive.positions @ d.matrix[:3, :3].T + d.matrix[:3, 3] for d in draws])
    assert np.allclose([points.min(0), points.max(0)], [ours.min(0), ours.max(0)], atol=1e-5)
    faces = sum(len(mesh.GetFaceVertexCountsAttr().Get()) for mesh in meshes)
    assert faces == sum(len(d.primitive.indices) for d in draws)
    for mesh in meshes:
        assert UsdShade.MaterialBindingAPI(mesh).ComputeBoundMaterial()[0]
    assert data == write_usdz(model, extras={"licence": "CC0-1.0"}, stem=item)


@pytest.mark.parametrize("name", ["khronos/FlightHelmet.glb", "khronos/Fox.glb", "features/sparse_morph.glb"])
def test_samples_are_valid(samples: Path, tmp_path: Path, name: str) -> None:
    opened(write_usdz(gltf.read((samples / name).read_bytes()), extras={}, stem="a"), tmp_path)


def test_every_file_lies_at_a_multiple_of_64_bytes_and_none_is_compressed(tmp_path: Path) -> None:
    data = write_usdz(catalogue.model("card-classic"), extras={}, stem="카드 1")
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        entries = package.infolist()
        assert entries[0].filename.endswith(".usdc")
        assert len(entries) == 3
        for entry in entries:
            head = data[entry.header_offset : entry.header_offset + 30]
            start = (
                entry.header_offset
                + 30
                + int.from_bytes(head[26:28], "little")
                + int.from_bytes(head[28:30], "little")
            )
            assert start % 64 == 0
            assert entry.compress_type == zipfile.ZIP_STORED


def test_a_texture_transform_is_baked_and_webp_becomes_png(tmp_path: Path) -> None:
    texture = Texture(image=picture("WEBP"), scale=(4.0, 2.0), offset=(0.5, 0.0))
    stage = opened(
        write_usdz(quad(Material(base_color_texture=texture, metallic=0.0)), extras={}, stem="a"), tmp_path
    )
    mesh = next(prim for prim in stage.Traverse() if prim.IsA(UsdGeom.Mesh))
    assert mesh.GetName() == "two_words"
    coordinates = np.array(UsdGeom.PrimvarsAPI(mesh).GetPrimvar("st").Get())
    assert coordinates.tolist() == [[0.5, -1.0], [4.5, -1.0], [4.5, 1.0], [0.5, 1.0]]
    with zipfile.ZipFile(tmp_path / "a.usdz") as package:
        (name,) = (name for name in package.namelist() if name.endswith(".png"))
        assert Pillow.open(io.BytesIO(package.read(name))).convert("RGB").getpixel((3, 3)) == (10, 20, 30)


def test_a_steeper_normal_map_is_made_steeper_in_its_pixels(tmp_path: Path) -> None:
    texture = Texture(image=picture(colour=(168, 128, 248)))
    write = write_usdz(quad(Material(normal_texture=texture, normal_scale=2.0)), extras={}, stem="a")
    opened(write, tmp_path)
    with zipfile.ZipFile(tmp_path / "a.usdz") as package:
        (name,) = (name for name in package.namelist() if name.endswith(".png"))
        red, _, blue = Pillow.open(io.BytesIO(package.read(name))).convert("RGB").getpixel((3, 3))  # type: ignore[misc]
    assert (red / 127.5 - 1) / (blue / 127.5 - 1) == pytest.approx(
        2 * (168 / 127.5 - 1) / (248 / 127.5 - 1), abs=0.02
    )


def test_cut_out_and_blended_materials_have_an_opacity(tmp_path: Path) -> None:
    for mode in (AlphaMode.MASK, AlphaMode.BLEND):
        material = Material(name="veil", base_color=(1, 0, 0, 0.25), alpha_mode=mode, alpha_cutoff=0.2)
        stage = opened(write_usdz(quad(material), extras={}, stem="a"), tmp_path, mode.value)
        surface = UsdShade.Shader(stage.GetPrimAtPath("/a/Materials/veil/Surface"))
        assert surface.GetInput("opacity").Get() == 0.25
        assert ("opacityThreshold" in {one.GetBaseName() for one in surface.GetInputs()}) == (mode is AlphaMode.MASK)


def test_nothing_to_draw_and_broken_numbers_are_refused() -> None:
    with pytest.raises(ExportError, match="nothing to export"):
        write_usdz(Model(nodes=(), roots=(), meshes=()), extras={}, stem="a")
    model = quad(Material())
    part = model.meshes[0].primitives[0]
    broken = replace(part, positions=np.full_like(part.positions, np.nan))
    with pytest.raises(ExportError, match="no numbers"):
        write_usdz(replace(model, meshes=(Mesh(primitives=(broken,)),)), extras={}, stem="a")
