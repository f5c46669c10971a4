"""USDZ: valid to USD's own validators, and the same triangles, colours and places as ours."""

from __future__ import annotations

import io
import json
import os
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from pxr import Usd, UsdGeom, UsdShade, UsdSkel

from assets import catalogue, gltf, images, pose
from assets.merging import Part, merge
from assets.model import AlphaMode, Material, Mesh, Model, Node, Primitive, Texture
from assets.scene import Renderer
from exporters import arkit, validate
from exporters.curves import key_times
from exporters.errors import ExportError
from exporters.rigs import left_behind
from exporters.usd_names import identifier
from exporters.usd_skeleton import code
from exporters.usdz import faults, write_usdz
from tests.exporters import usd_reads
from tests.exporters.looks import apart
from tests.exporters.random_rigs import rig
from tests.exporters.test_fbx import arm


def opened(data: bytes, folder: Path, name: str = "a") -> Usd.Stage:
    path = folder / f"{name}.usdz"  # USD keeps a layer by its path while a stage holds it
    path.write_bytes(data)
    assert faults(path) == []
    return Usd.Stage.Open(str(path))


def stands(model: Model, **moment: Any) -> list[np.ndarray]:
    """The vertices of every draw that has a triangle, in the world."""
    draws = [draw for draw in pose.flatten(model, **moment) if len(draw.primitive.indices)]
    return [d.primitive.positions @ d.matrix[:3, :3].T + d.matrix[:3, 3] for d in draws]


def furthest(stage: Usd.Stage, time: float | None, ours: list[np.ndarray]) -> float:
    """By how many metres a mesh is off, each compared with that of ours which is most like it."""
    theirs = list(usd_reads.points(stage, time).values())
    assert sorted(map(len, theirs)) == sorted(map(len, ours))
    return max(min(float(np.abs(a - b).max()) for b in theirs if len(a) == len(b)) for a in ours)


def shown(stage: Usd.Stage, clip: str) -> None:
    """Selects a clip, if there are several."""
    sets = stage.GetDefaultPrim().GetVariantSets()
    if sets.HasVariantSet("clip"):
        assert sets.GetVariantSet("clip").SetVariantSelection(clip)
        assert clip in sets.GetVariantSet("clip").GetVariantNames()


def moves_as_ours(model: Model, stage: Usd.Stage, times: np.ndarray, most: float) -> None:
    for number, animation in enumerate(model.animations):
        shown(stage, identifier(animation.name))
        for time in times:
            ours = stands(model, animation=number, time=float(time))
            assert furthest(stage, code(float(time)), ours) < most


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


@pytest.mark.parametrize("item", ["tote-bag", "card-classic"])
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
def test_samples_are_valid_and_move_as_they_did(samples: Path, tmp_path: Path, name: str) -> None:
    model = gltf.read((samples / name).read_bytes())
    stage = opened(write_usdz(model, extras={}, stem="a"), tmp_path)
    end = max((float(c.times[-1]) for a in model.animations for c in a.channels), default=0)
    moves_as_ours(model, stage, np.linspace(0, end, 4), 1e-4)


@pytest.mark.parametrize("unit", [1.0, 0.01])
def test_an_arm_bends_and_swells_as_ours(unit: float, tmp_path: Path) -> None:
    model = arm(unit=unit)
    stage = opened(write_usdz(model, extras={}, stem="a"), tmp_path)
    assert (stage.GetStartTimeCode(), stage.GetEndTimeCode()) == (0, stage.GetTimeCodesPerSecond())
    moves_as_ours(model, stage, np.linspace(0, 1, 7), 1e-5)
    (skeleton,) = (UsdSkel.Skeleton(prim) for prim in stage.Traverse() if prim.IsA(UsdSkel.Skeleton))
    assert list(skeleton.GetJointsAttr().Get()) == ["lower", "lower/upper"]
    (root,) = (UsdSkel.Root(prim) for prim in stage.Traverse() if prim.IsA(UsdSkel.Root))
    reach = np.array(root.GetExtentAttr().Get())
    everywhere = np.concatenate([p for t in (0, 0.5, 1) for p in stands(model, animation=0, time=t)])
    assert (reach[0] <= everywhere.min(axis=0) + 1e-5).all()
    assert (reach[1] >= everywhere.max(axis=0) - 1e-5).all()


def test_a_mannequin_has_its_clips_and_the_first_one_plays(tmp_path: Path) -> None:
    model = catalogue.model("mannequin-female")
    data = write_usdz(model, extras={}, stem="a")
    stage = opened(data, tmp_path)
    clips = json.loads(stage.GetRootLayer().customLayerData["clips"])
    assert [clip["name"] for clip in clips] == [animation.name for animation in model.animations]
    choice = stage.GetDefaultPrim().GetVariantSets().GetVariantSet("clip")
    assert choice.GetVariantSelection() == clips[0]["clip"]
    assert set(choice.GetVariantNames()) == {*(clip["clip"] for clip in clips), "still"}
    moves_as_ours(model, stage, np.array([0.0]), 1e-4)
    shown(stage, "still")
    assert furthest(stage, None, stands(model)) < 1e-4
    assert data == write_usdz(model, extras={}, stem="a")


@pytest.mark.parametrize("seed", range(200 if os.environ.get("FARM_LONG") == "1" else 12))
def test_whatever_hangs_on_whatever_moves_as_ours(seed: int, tmp_path: Path) -> None:
    model = rig(seed)
    stage = opened(write_usdz(model, extras={}, stem="a"), tmp_path)
    # Off the keys, for a step takes USD a ten-thousandth of a second.
    moves_as_ours(model, stage, (np.arange(0, 31, 6) + 0.37) / 30, 1e-4)
    shown(stage, "still")
    if len(model.animations) != 1:
        assert furthest(stage, None, stands(model)) < 1e-4


def test_a_bone_that_is_stretched_keeps_eleven_bits_of_its_scale(tmp_path: Path) -> None:
    for seed in range(4):
        model = rig(seed, stretched=True)
        stage = opened(write_usdz(model, extras={}, stem="a"), tmp_path, f"stretched {seed}")
        size = max(float(np.abs(points).max()) for points in stands(model))
        shown(stage, "still")
        if len(model.animations) != 1:
            assert furthest(stage, None, stands(model)) < size * 2e-3


def test_curves_are_keyed_between_their_keys(tmp_path: Path) -> None:
    model = rig(3, kinds=("CUBICSPLINE",))
    stage = opened(write_usdz(model, extras={}, stem="a"), tmp_path)
    channel = next(c for c in model.animations[0].channels if len(c.times) > 2)
    moves_as_ours(replace(model, animations=model.animations[:1]), stage, channel.times, 1e-4)
    between = key_times(channel, 60.0, between=True)
    assert np.isin(channel.times.astype(float), between).all()
    assert np.diff(between).max() <= 1 / 60 + 1e-9


def test_a_design_stays_together_where_only_a_part_of_it_could_move(tmp_path: Path) -> None:
    parts = [Part(model=arm(), matrix=np.eye(4), layer="arm", name="arm")]
    parts.append(Part(model=quad(Material()), matrix=np.eye(4), layer="hat", name="hat"))
    model = merge(tuple(parts), name="dressed")
    assert left_behind(model)
    assert not left_behind(merge(tuple(parts[:1]), name="alone"))
    stage = opened(write_usdz(model, extras={}, stem="a"), tmp_path)
    assert not any(prim.IsA(UsdSkel.Root) for prim in stage.Traverse())
    assert furthest(stage, None, stands(model)) < 1e-5
    moving = opened(write_usdz(model, extras={}, stem="a", moving=True), tmp_path, "moving")
    moves_as_ours(model, moving, np.array([0.0, 0.3, 1.0]), 1e-5)


def test_a_deep_and_wide_skeleton_has_short_paths(tmp_path: Path) -> None:
    model = arm()
    count = 400
    chain = [replace(model.nodes[2], name="뼈::same", children=(5 + k,)) for k in range(count)]
    chain[-1] = replace(chain[-1], children=())
    nodes = [*model.nodes[:2], replace(model.nodes[2], children=(4,)), model.nodes[3], *chain]
    deep = replace(
        model,
        nodes=tuple(nodes),
        skins=(replace(model.skins[0], joints=(1, 3 + count)),),
    )
    data = write_usdz(deep, extras={}, stem="a")
    stage = opened(data, tmp_path)
    assert furthest(stage, code(0.5), stands(deep, animation=0, time=0.5)) < 1e-4
    assert len(data) < 2_000_000


def test_what_arkit_does_not_read_is_a_fault(tmp_path: Path) -> None:
    layer = tmp_path / "a.usdc"
    stage = Usd.Stage.CreateNew(str(layer))
    stage.DefinePrim("/a", "Xform")
    stage.DefinePrim("/a/lamp", "SphereLight")
    stage.DefinePrim("/a/group")
    node = UsdShade.Shader.Define(stage, "/a/node")
    node.CreateIdAttr("SomeNode")
    stage.Save()
    path = tmp_path / "a.usdz"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("a.usdc", layer.read_bytes())
        package.writestr("a.exr", b"")
    found = arkit.faults(Usd.Stage.Open(str(path)), path)
    assert [fault.split()[1] for fault in found] == ["/a/lamp", "/a/group", "/a/node", "a.exr"]
    assert len([fault for fault in faults(path) if fault.startswith("arkit")]) == 4


@pytest.mark.skipif("FARM_ARKIT" not in os.environ, reason="FARM_ARKIT names no Python that has usd-core 25")
def test_the_old_checker_for_arkit_is_silent(tmp_path: Path) -> None:
    models = {
        "arm": arm(),
        "rig": rig(0),
        "tshirt": catalogue.model("tshirt"),
        "card": catalogue.model("card-classic"),
    }
    models["mannequin"] = catalogue.model("mannequin-male")
    for name, model in models.items():
        (tmp_path / f"{name}.usdz").write_bytes(write_usdz(model, extras={}, stem=name))
    script = Path(__file__).with_name("arkit_checks.py")
    command = [os.environ["FARM_ARKIT"], str(script), *(str(tmp_path / f"{name}.usdz") for name in models)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert json.loads(done.stdout.splitlines()[-1]) == []


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


@pytest.mark.skipif("FARM_BPY" not in os.environ, reason="FARM_BPY names no Python that has Blender's module bpy")
def test_blender_sees_the_same_in_motion(tmp_path: Path) -> None:
    """By its own reader of UsdSkel: halfway between keys, or where a step holds, for it does not slerp."""
    models = {"arm": arm(), "arm in centimetres": arm(unit=0.01), "mannequin": catalogue.model("mannequin-child")}
    models |= {f"rig {seed}": rig(seed, mirrored=False, kinds=("STEP",)) for seed in range(6)}
    arguments, expected = [], []
    for name, model in models.items():
        path = tmp_path / f"{name}.usdz"
        path.write_bytes(write_usdz(model, extras={}, stem="a"))
        for time in (0.0, 0.5123 if name.startswith("rig") else 0.5):
            arguments.append(f"{path}@@{time}")
            expected.append(stands(model, animation=0, time=time))
    command = [os.environ["FARM_BPY"], str(Path(__file__).with_name("blender_reads.py")), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    rows = [json.loads(row[4:]) for row in done.stdout.splitlines() if row.startswith("SEEN")]
    for ours, theirs in zip(expected, rows, strict=True):
        meshes = [np.array(mesh) for mesh in theirs["meshes"]]
        for points in ours:
            assert min(np.abs(mesh - points).max() for mesh in meshes if len(mesh) == len(points)) < 1e-4


def surface(stage: Usd.Stage, name: str) -> dict[str, Any]:
    shader = UsdShade.Shader(stage.GetPrimAtPath(f"/a/Materials/{name}/Surface"))
    return {
        one.GetBaseName(): one.Get() if not one.HasConnectedSource() else one.GetConnectedSource()
        for one in shader.GetInputs()
    }


def test_what_is_unlit_glows_and_glass_is_seen_through(tmp_path: Path) -> None:
    unlit = surface(
        opened(
            write_usdz(quad(Material(name="m", base_color=(1, 0.5, 0, 1), unlit=True)), extras={}, stem="a"), tmp_path
        ),
        "m",
    )
    assert tuple(unlit["emissiveColor"]) == (1, 0.5, 0)
    assert tuple(unlit["diffuseColor"]) == tuple(unlit["specularColor"]) == (0, 0, 0)
    glass = Material(name="m", extensions={"KHR_materials_transmission": {"transmissionFactor": 1.0}})
    seen = surface(opened(write_usdz(quad(glass), extras={}, stem="a"), tmp_path, "glass"), "m")
    assert 0 < seen["opacity"] < 0.5


def test_occlusion_has_its_strength(tmp_path: Path) -> None:
    material = Material(name="m", occlusion_texture=Texture(image=picture()), occlusion_strength=0.25)
    stage = opened(write_usdz(quad(material), extras={}, stem="a"), tmp_path)
    reader = UsdShade.Shader(surface(stage, "m")["occlusion"][0].GetPrim())
    assert reader.GetInput("scale").Get()[0] == 0.25
    assert reader.GetInput("bias").Get()[0] == 0.75


def test_colours_of_vertices_are_the_base_colour(tmp_path: Path) -> None:
    model = quad(Material(name="m", base_color=(0.5, 1, 1, 0.5), alpha_mode=AlphaMode.BLEND))
    part = model.meshes[0].primitives[0]
    rainbow = np.float32([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1], [1, 1, 1, 0]])
    for name, colours in (("rainbow", rainbow), ("even", rainbow[[1, 1, 1, 1]])):
        painted = replace(model, meshes=(Mesh(primitives=(replace(part, colors=colours),)),))
        stage = opened(write_usdz(painted, extras={}, stem="a"), tmp_path, name)
        mesh = UsdGeom.Mesh(next(prim for prim in stage.Traverse() if prim.IsA(UsdGeom.Mesh)))
        inputs = surface(stage, "m")
        if name == "even":
            assert tuple(inputs["diffuseColor"]) == (0, 1, 0)
            assert inputs["opacity"] == 0.5
        else:
            assert np.allclose(mesh.GetDisplayColorAttr().Get(), rainbow[:, :3] * [0.5, 1, 1])
            assert np.allclose(mesh.GetDisplayOpacityAttr().Get(), rainbow[:, 3] * 0.5)
            assert inputs["diffuseColor"][0].GetPrim().GetName() == "displayColor"


@pytest.mark.gl
@pytest.mark.parametrize("item", ["tote-bag", "card-classic"])
def test_the_catalogue_read_back_looks_the_same(item: str, renderer: Renderer, tmp_path: Path) -> None:
    model = catalogue.model(item)
    (tmp_path / "a.usdz").write_bytes(write_usdz(model, extras={}, stem="a"))
    assert apart(renderer, model, usd_reads.model(tmp_path / "a.usdz")) < 1


@pytest.mark.gl
@pytest.mark.parametrize(
    "name", ["khronos/FlightHelmet", "features/18_variants", "features/20_specular", "avatars/mh_avatar_female"]
)
def test_samples_read_back_look_the_same(name: str, samples: Path, renderer: Renderer, tmp_path: Path) -> None:
    model = gltf.read((samples / f"{name}.glb").read_bytes())
    (tmp_path / "a.usdz").write_bytes(write_usdz(model, extras={}, stem="a"))
    assert apart(renderer, model, usd_reads.model(tmp_path / "a.usdz")) < 1


def test_nothing_to_draw_and_broken_numbers_are_refused() -> None:
    with pytest.raises(ExportError, match="nothing to export"):
        write_usdz(Model(nodes=(), roots=(), meshes=()), extras={}, stem="a")
    model = quad(Material())
    part = model.meshes[0].primitives[0]
    broken = replace(part, positions=np.full_like(part.positions, np.nan))
    with pytest.raises(ExportError, match="no numbers"):
        write_usdz(replace(model, meshes=(Mesh(primitives=(broken,)),)), extras={}, stem="a")
