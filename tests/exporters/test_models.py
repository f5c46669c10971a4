"""Model files: what is written is valid, complete, the same every time, and opens in readers that are not ours."""

from __future__ import annotations

import io
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image as Pillow

from assets import catalogue, compose, gltf, images, pose
from assets.design import Design
from assets.model import AlphaMode, Image, Material, Mesh, Model, Node, Primitive, Texture
from exporters import validate
from exporters.errors import ExportError
from exporters.gltf import write_glb, write_gltf
from exporters.obj import parts, write_obj
from exporters.optimise import Options, count, optimise

VALIDATOR = Path(__file__).resolve().parents[1] / "gltf_validator" / "validate.mjs"


def picture(colour: tuple[int, int, int], kind: str = "PNG", size: int = 16) -> Image:
    buffer = io.BytesIO()
    Pillow.new("RGB", (size, size), colour).save(buffer, kind, **({"lossless": True} if kind == "WEBP" else {}))
    return images.probe(buffer.getvalue(), name=f"{kind} {colour[0]}")


def quad(material: Material, x: float = 0.0) -> Primitive:
    return Primitive(
        positions=np.array([[x, 0, 0], [x + 1, 0, 0], [x + 1, 1, 0], [x, 1, 0]], np.float32),
        normals=np.tile(np.array([[0, 0, 1]], np.float32), (4, 1)),
        uv0=np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32),
        indices=np.array([[0, 1, 2], [0, 2, 3]], np.uint32),
        material=material,
    )


def model_of(*primitives: Primitive) -> Model:
    node = Node(matrix=np.eye(4), name="layer", mesh=0, layer="tee")
    return Model(nodes=(node,), roots=(0,), meshes=(Mesh(primitives=primitives, name="mesh"),), name="m")


def textured(colour: tuple[int, int, int], kind: str = "PNG", name: str = "cloth") -> Material:
    return Material(name=name, base_color_texture=Texture(image=picture(colour, kind)), metallic=0.0)


def errors(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    for name in files:
        if name.endswith((".glb", ".gltf")):
            done = subprocess.run(
                ["node", str(VALIDATOR), str(folder / name)], capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def dressed() -> Model:
    design = Design.model_validate_json(
        b'{"avatar": {"model": {"item": "dress-form"}}, "layers": ['
        b'{"id": "skirt", "model": {"item": "skirt"}, "material": {"texture": {"item": "denim"}}},'
        b'{"id": "tee", "model": {"item": "tshirt"}, "material": {"colour": "#c8102e"}}]}'
    )
    return compose.compose(design, lambda r: catalogue.model(str(r.item)), lambda r: catalogue.fabric(str(r.item)))


def test_a_dressed_form_is_valid_and_comes_back_whole(dressed: Model, tmp_path: Path) -> None:
    glb = write_glb(dressed, extras={"design": "tee"})
    errors(tmp_path, {"a.glb": glb, **write_gltf(dressed, extras={}, stem="b")})
    back = gltf.read(glb)
    assert count(back).triangles == count(dressed).triangles
    assert {p.material.name for m in back.meshes for p in m.primitives} == {
        p.material.name for m in dressed.meshes for p in m.primitives
    }
    assert write_glb(dressed, extras={"design": "tee"}) == glb


@pytest.mark.parametrize("name", ["khronos/Fox.glb", "khronos/FlightHelmet.glb", "features/sparse_morph.glb"])
def test_samples_survive(samples: Path, tmp_path: Path, name: str) -> None:
    model = gltf.read((samples / name).read_bytes())
    glb = write_glb(model, extras={})
    errors(tmp_path, {"a.glb": glb, **write_gltf(model, extras={}, stem="b")})
    back = gltf.read(glb)
    assert count(back) == count(model)
    assert len(back.animations) == len(model.animations)
    assert len(back.skins) == len(model.skins)


def test_obj_has_the_posed_triangles_and_its_textures(dressed: Model, tmp_path: Path) -> None:
    files = write_obj(dressed, stem="d")
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    loaded = trimesh.load(tmp_path / "d.obj", process=False, force="mesh")
    draws = pose.flatten(dressed)
    assert len(loaded.faces) == sum(len(draw.primitive.indices) for draw in draws)
    placed = np.concatenate([d.primitive.positions @ d.matrix[:3, :3].T + d.matrix[:3, 3] for d in draws])
    assert np.allclose(loaded.bounds, [placed.min(0), placed.max(0)], atol=1e-4)
    assert parts(files)
    assert set(parts(files)) <= set(files)
    assert files == write_obj(dressed, stem="d")


def test_obj_bakes_the_texture_transform_and_turns_webp_into_png(tmp_path: Path) -> None:
    material = textured((10, 20, 30), "WEBP", name="two words")
    assert material.base_color_texture is not None
    material = replace(
        material, base_color_texture=replace(material.base_color_texture, scale=(4.0, 2.0), offset=(0.5, 0.0))
    )
    files = write_obj(model_of(quad(material)), stem="d")
    rows = [row for row in files["d.obj"].decode().splitlines() if row.startswith("vt")]
    assert rows == ["vt 0.5 -1", "vt 4.5 -1", "vt 4.5 1", "vt 0.5 1"]
    (name,) = set(parts(files))
    assert name.endswith(".png")
    assert Pillow.open(io.BytesIO(files[name])).convert("RGB").getpixel((3, 3)) == (10, 20, 30)
    assert "usemtl two_words" in files["d.obj"].decode()


def test_equal_materials_become_one_and_geometry_stays() -> None:
    model = model_of(
        quad(textured((1, 2, 3), name="a")), quad(textured((1, 2, 3), name="b"), 2.0), quad(Material(), 4.0)
    )
    merged, report = optimise(model, Options())
    assert (report.before.materials, report.after.materials) == (3, 2)
    combined, after = optimise(model, Options(combine_meshes=True))
    assert (after.after.primitives, after.after.triangles) == (2, 6)
    before, now = (
        np.concatenate([p.positions[p.indices].reshape(-1, 3) for p in m.meshes[0].primitives])
        for m in (model, combined)
    )
    assert np.array_equal(before, now)
    assert merged.meshes[0].primitives[0].material is merged.meshes[0].primitives[1].material


def test_alpha_is_not_merged_into_opaque() -> None:
    clear = replace(textured((1, 2, 3)), alpha_mode=AlphaMode.BLEND)
    _, report = optimise(model_of(quad(textured((1, 2, 3))), quad(clear, 2.0)), Options(combine_meshes=True))
    assert (report.after.materials, report.after.primitives) == (2, 2)


def test_over_its_budget_the_layer_that_dominates_is_named() -> None:
    with pytest.raises(ExportError, match="tee has 2") as refused:
        optimise(model_of(quad(Material())), Options(max_triangles=1))
    assert (refused.value.code, refused.value.ours) == ("export.over_budget", False)


def test_nothing_to_export_is_said() -> None:
    for write in (lambda m: write_glb(m, extras={}), lambda m: write_obj(m, stem="d")):
        with pytest.raises(ExportError) as refused:
            write(Model(nodes=(), roots=(), meshes=()))
        assert refused.value.code == "export.empty"


def test_a_damaged_file_is_our_fault() -> None:
    model = model_of(quad(textured((1, 2, 3))))
    glb, files, obj = write_glb(model, extras={}), write_gltf(model, extras={}, stem="d"), write_obj(model, stem="d")
    validate.check({"d.glb": glb}, "glb")
    validate.check(files, "gltf")
    validate.check(obj, "obj")
    short = {**files, "d.bin": files["d.bin"][:-8]}
    bare = {name: data for name, data in obj.items() if not name.endswith(".png")}
    far = {**obj, "d.obj": obj["d.obj"] + b"f 9/9/9 1/1/1 2/2/2\n"}
    draco = write_glb(model, extras={}, compression="draco")
    at = draco.index(b"DRACO") + 40
    torn = draco[:at] + bytes(12) + draco[at + 12 :]
    validate.check({"d.glb": draco}, "glb")
    validate.check(write_gltf(model, extras={}, stem="d", compression="meshopt"), "gltf")
    wild = {**files, "d.bin": b"\xff" * len(files["d.bin"])}
    for broken, kind in (
        ({"d.glb": torn}, "glb"),
        (wild, "gltf"),
        ({"d.glb": glb[:-10]}, "glb"),
        (short, "gltf"),
        (bare, "obj"),
        (far, "obj"),
    ):
        with pytest.raises(ExportError) as refused:
            validate.check(broken, kind)
        assert (refused.value.code, refused.value.ours) == ("export.damaged", True)
