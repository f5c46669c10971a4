"""Binary FBX: the container, what is in it, and that other programs see the same model."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets import catalogue, gltf, pose
from assets.model import Animation, Channel, Material, Mesh, Model, MorphTarget, Node, Primitive, Skin
from exporters import validate
from exporters.errors import ExportError
from exporters.fbx import write_fbx
from exporters.fbx_animation import TICKS, euler
from exporters.fbx_binary import Long, Record, decode, encode
from exporters.skeleton_scale import unscaled

SCRIPT = Path(__file__).with_name("blender_reads.py")


def arm(*, unit: float = 1.0) -> Model:
    """A post of two joints that bends; ``unit`` is a scale above it, as files in centimetres have it."""
    rows = np.array([[x, y, 0] for y in (0, 1, 2) for x in (0, 0.2)], np.float32) / unit
    faces = np.array([[0, 1, 3], [0, 3, 2], [2, 3, 5], [2, 5, 4]], np.uint32)
    joints, weights = np.zeros((6, 4), np.uint16), np.zeros((6, 4), np.float32)
    weights[:, 0] = 1
    joints[4:, 0] = 1
    weights[2:4] = (0.5, 0.5, 0, 0)
    joints[2:4, 1] = 1
    bulge = np.zeros((6, 3), np.float32)
    bulge[2:4, 2] = 0.3 / unit
    part = Primitive(
        positions=rows,
        normals=np.tile(np.float32([[0, 0, 1]]), (6, 1)),
        uv0=rows[:, :2].copy(),
        indices=faces,
        material=Material(name="steel", metallic=0.5, roughness=0.25),
        joints=joints,
        weights=weights,
        targets=(MorphTarget(positions=bulge, name="bulge"),),
    )
    top, scale = np.eye(4), np.diag([unit, unit, unit, 1.0])
    top[1, 3] = 1 / unit
    bind = np.stack([np.eye(4), np.eye(4)])
    bind[1, 1, 3] = -1 / unit
    quarter = np.float32([[0, 0, 0, 1], [0, 0, np.sqrt(0.5), np.sqrt(0.5)]])
    bend = Channel(node=2, path="rotation", times=np.float32([0, 1]), values=quarter)
    lift = Channel(
        node=1, path="translation", times=np.float32([0, 1]), values=np.float32([[0, 0, 0], [0, 3, 0]]) / unit
    )
    swell = Channel(node=3, path="weights", times=np.float32([0, 1]), values=np.float32([[0], [1]]))
    return Model(
        nodes=(
            Node(matrix=scale, name="unit", children=(1, 3)),
            Node(matrix=np.eye(4), name="lower", children=(2,)),
            Node(matrix=top, name="upper"),
            Node(matrix=np.eye(4), name="post", mesh=0, skin=0),
        ),
        roots=(0,),
        meshes=(Mesh(primitives=(part,), name="post"),),
        skins=(Skin(joints=(1, 2), inverse_bind=bind),),
        animations=(Animation(channels=(bend, lift, swell), name="bend"),),
        name="arm",
    )


def objects(data: bytes, kind: str, form: str | None = None) -> list[Record]:
    records = next(record for record in decode(data) if record.name == "Objects")
    return [record for record in records.all(kind) if form is None or record.properties[2] == form]


def values(record: Record, name: str) -> Any:
    found = record.find(name)
    assert found is not None, name
    return found.properties[0]


def test_records_come_back_as_they_were() -> None:
    arrays = [np.arange(99, dtype=kind) for kind in ("f8", "f4", "i4", "i8")] + [np.array([True, False])]
    yes = True
    tree = Record("A", (yes, 7, Long(2**40), 0.5, "text", b"raw", *arrays), [Record("B"), Record("C", (1,))])
    (back,) = decode(encode([tree]))
    for given, found in zip(tree.properties, back.properties, strict=True):
        assert np.array_equal(given, found)
        assert type(given) is type(found)
    assert [child.name for child in back.children] == ["B", "C"]


@pytest.mark.parametrize("cut", [10, 30, 200, -40])
def test_a_cut_file_is_no_fbx(cut: int) -> None:
    data = write_fbx(arm(), extras={}, stem="a")
    with pytest.raises(ValueError, match=r"."):
        decode(data[:cut])


def test_equal_models_give_equal_bytes() -> None:
    assert write_fbx(arm(), extras={"a": 1}, stem="a") == write_fbx(arm(), extras={"a": 1}, stem="a")


def test_a_skinned_post_has_its_joints_weights_morph_and_curves() -> None:
    data = write_fbx(arm(), extras={"design": "post"}, stem="a")
    validate.check({"a.fbx": data}, "fbx")
    (geometry,) = objects(data, "Geometry", "Mesh")
    assert values(geometry, "Vertices").reshape(-1, 3).max(0).tolist() == pytest.approx([20, 200, 0])
    index = values(geometry, "PolygonVertexIndex").reshape(-1, 3)
    assert (index[:, :2] >= 0).all()
    assert (index[:, 2] < 0).all()
    held = {}
    for cluster in objects(data, "Deformer", "Cluster"):
        link = values(cluster, "TransformLink").reshape(4, 4)
        held[round(link[3, 1])] = dict(
            zip(values(cluster, "Indexes").tolist(), values(cluster, "Weights"), strict=True)
        )
    assert held == {0: {0: 1, 1: 1, 2: 0.5, 3: 0.5}, 100: {2: 0.5, 3: 0.5, 4: 1, 5: 1}}
    (shape,) = objects(data, "Geometry", "Shape")
    assert values(shape, "Vertices").reshape(-1, 3).tolist() == [pytest.approx([0, 0, 30])] * 2
    names = {record.properties[1].split("\x00")[0] for record in objects(data, "AnimationCurveNode")}
    assert names == {"T", "R", "DeformPercent"}
    curves = objects(data, "AnimationCurve")
    assert {int(values(curve, "KeyTime")[-1]) for curve in curves} == {TICKS}
    # What turns is keyed between the file's own keys, for FBX turns by angles and not by quaternions.
    assert max(len(values(curve, "KeyTime")) for curve in curves) == 61
    head = next(record for record in decode(data) if record.name == "FBXHeaderExtension")
    info = head.find("SceneInfo")
    assert info is not None
    about = info.find("MetaData")
    assert about is not None
    assert json.loads(values(about, "Comment")) == {"design": "post"}


def test_materials_bring_their_numbers_and_their_pictures() -> None:
    data = write_fbx(catalogue.model("card-classic"), extras={}, stem="card")
    phong = objects(data, "Material")[0].find("Properties70")
    assert phong is not None
    numbers = {row.properties[0]: row.properties[4:] for row in phong.children}
    assert numbers["Roughness"] == (pytest.approx(0.34),)
    pictures = [values(video, "Content") for video in objects(data, "Video")]
    assert len(pictures) == 2
    assert all(picture[:3] == b"\xff\xd8\xff" for picture in pictures)


def test_points_that_only_differ_in_normal_or_uv_are_one() -> None:
    model = catalogue.model("card-classic")
    found = objects(write_fbx(model, extras={}, stem="a"), "Geometry", "Mesh")[0]
    points = values(found, "Vertices").reshape(-1, 3)
    assert len(np.unique(points, axis=0)) == len(points)
    assert len(points) < sum(len(part.positions) for part in model.meshes[0].primitives)


def test_angles_turn_back_into_the_rotation_and_never_jump() -> None:
    turns = np.linspace(0, 4 * np.pi, 200)
    c, s, o, i = np.cos(turns), np.sin(turns), np.zeros(200), np.ones(200)
    about_z = np.stack([c, -s, o, s, c, o, o, o, i], axis=1).reshape(-1, 3, 3)
    angles = euler(about_z)
    assert angles[-1] == pytest.approx([0, 0, 720], abs=1e-6)
    assert np.abs(np.diff(angles, axis=0)).max() < 5


@pytest.mark.parametrize("unit", [1.0, 0.01])
@pytest.mark.parametrize("time", [None, 0.0, 0.4, 1.0])
def test_a_skeleton_without_scale_moves_as_before(unit: float, time: float | None) -> None:
    model = arm(unit=unit)
    plain = unscaled(model)
    for joint in plain.skins[0].joints:
        assert np.linalg.norm(plain.nodes[joint].matrix[:3, 0]) == pytest.approx(1)
    at: dict[str, Any] = {} if time is None else {"animation": 0, "time": time}
    for before, after in zip(pose.flatten(model, **at), pose.flatten(plain, **at), strict=True):
        assert np.allclose(after.primitive.positions, before.primitive.positions, atol=1e-5)


def test_what_cannot_be_written_is_refused() -> None:
    empty = replace(arm(), nodes=(Node(matrix=np.eye(4)),), roots=(0,), skins=(), animations=())
    with pytest.raises(ExportError) as caught:
        write_fbx(empty, extras={}, stem="a")
    assert caught.value.code == "export.empty"
    part = catalogue.model("card-classic").meshes[0].primitives[0]
    broken = replace(part, positions=part.positions * np.float32(np.nan))
    model = Model(nodes=(Node(matrix=np.eye(4), mesh=0),), roots=(0,), meshes=(Mesh(primitives=(broken,)),))
    with pytest.raises(ExportError) as caught:
        write_fbx(model, extras={}, stem="a")
    assert caught.value.code == "export.not_finite"


@pytest.mark.skipif("FARM_BPY" not in os.environ, reason="FARM_BPY names no Python that has Blender's module bpy")
@pytest.mark.parametrize("name", ["arm", "arm in centimetres", "khronos/Fox.glb", "khronos/FlightHelmet.glb"])
def test_blender_sees_the_same_triangles_at_rest_and_in_motion(name: str, tmp_path: Path, samples: Path) -> None:
    if name.startswith("arm"):
        model = arm(unit=0.01 if "centi" in name else 1.0)
    else:
        model = gltf.read((samples / name).read_bytes())
    model = replace(model, animations=model.animations[-1:])
    (tmp_path / "a.fbx").write_bytes(write_fbx(model, extras={}, stem="a"))
    for time in (None, 0.5) if model.animations else (None,):
        posed = replace(model, animations=()) if time is None else model
        (tmp_path / "a.fbx").write_bytes(write_fbx(posed, extras={}, stem="a"))
        command = [os.environ["FARM_BPY"], str(SCRIPT), str(tmp_path / "a.fbx"), str(-1 if time is None else time)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        theirs = json.loads(done.stdout.splitlines()[-1])
        at: dict[str, Any] = {} if time is None else {"animation": 0, "time": time}
        draws = pose.flatten(model, **at)
        ours = np.concatenate([d.primitive.positions @ d.matrix[:3, :3].T + d.matrix[:3, 3] for d in draws])
        size = float(np.ptp(ours, axis=0).max())
        assert theirs["low"] == pytest.approx(ours.min(0).tolist(), abs=2e-3 * size)
        assert theirs["high"] == pytest.approx(ours.max(0).tolist(), abs=2e-3 * size)
        assert theirs["triangles"] == sum(len(d.primitive.indices) for d in draws)
        assert theirs["images"] == sorted(set(theirs["images"]))
