"""Binary FBX: the container, what is in it, and that other programs see the same model."""

from __future__ import annotations

import io
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from assets import catalogue, gltf, images, pose
from assets.merging import Part, merge
from assets.model import Animation, Channel, Material, Mesh, Model, MorphTarget, Node, Primitive, Skin, Texture
from assets.scene import Renderer
from exporters import validate
from exporters.errors import ExportError
from exporters.fbx import write_fbx
from exporters.fbx_animation import TICKS, euler
from exporters.fbx_binary import Long, Record, decode, encode
from exporters.skeleton_scale import unscaled
from tests.exporters.fbx_reads import Document, properties
from tests.exporters.looks import apart
from tests.exporters.random_rigs import STRAIGHT, rig


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


def apart_from_ours(model: Model, doc: Document, animation: int | None = None, time: float = 0.0) -> float:
    """By how many metres a mesh is off, each compared with that of theirs which is most like it."""
    moment: dict[str, Any] = {} if animation is None else {"animation": animation, "time": time}
    theirs = doc.drawn(None if animation is None else model.animations[animation].name, time)
    found = 0.0
    for draw in pose.flatten(model, **moment):
        points = draw.primitive.positions @ draw.matrix[:3, :3].T + draw.matrix[:3, 3]
        ours = np.sort(points[draw.primitive.indices].reshape(-1, 9), axis=0)
        rows = [np.sort(one.points[one.faces].reshape(-1, 9), axis=0) for one in theirs]
        found = max(found, min(float(np.abs(row - ours).max()) for row in rows if row.shape == ours.shape))
    return found


@pytest.mark.parametrize("seed", range(100 if os.environ.get("FARM_LONG") == "1" else 8))
def test_whatever_hangs_on_whatever_moves_as_ours(seed: int) -> None:
    for kinds, most in ((("STEP",), 1e-4), (STRAIGHT, 4e-3)):  # turns are straight between keys of five degrees
        model = rig(seed, kinds=kinds)
        doc = Document(write_fbx(model, extras={}, stem="a"))
        assert apart_from_ours(replace(model, animations=()), doc) < 1e-4
        for animation in range(len(model.animations)):
            for time in (0.0123, 0.3456, 0.9):
                assert apart_from_ours(model, doc, animation, time) < most


def test_a_joint_was_bound_in_one_place_whatever_skins_say() -> None:
    found = 0
    for seed in range(8):
        places: dict[int, list[np.ndarray]] = {}
        data = write_fbx(rig(seed, kinds=("STEP",)), extras={}, stem="a")
        doc = Document(data)
        for place, record in doc.objects.items():
            if record.name == "Deformer" and record.properties[2] == "Cluster":
                places.setdefault(doc.of(place, "Model")[0], []).append(values(record, "TransformLink"))
        shared = [links for links in places.values() if len(links) > 1]
        found += len(shared)
        assert all(np.allclose(links[0], link, atol=1e-3) for links in shared for link in links)
    assert found > 3


def test_clips_leave_nothing_of_each_other_behind() -> None:
    model = rig(5)
    assert len(model.animations) > 1
    data = write_fbx(model, extras={}, stem="a")
    doc = Document(data)
    assert list(doc.stacks()) == [animation.name for animation in model.animations]
    driven = []
    for stack in doc.stacks().values():
        (layer,) = doc.of(stack, "AnimationLayer")
        curves = set(doc.of(layer, "AnimationCurveNode"))
        driven.append({target for target, nodes in doc.driven.items() if curves & set(nodes)})
    assert len(driven[0]) > 1
    assert all(moved == driven[0] for moved in driven)


def test_a_design_that_animations_would_take_apart_stands_still_at_first() -> None:
    hat = Model(nodes=(Node(matrix=np.eye(4), mesh=0),), roots=(0,), meshes=rig(0).meshes[-1:])
    parts = [
        Part(model=model, matrix=np.eye(4), layer=name, name=name) for name, model in (("arm", arm()), ("hat", hat))
    ]
    dressed = merge(tuple(parts), name="dressed")
    doc = Document(write_fbx(dressed, extras={}, stem="a"))
    assert list(doc.stacks()) == ["still", "bend"]
    still = doc.drawn("still", 0.0)
    for rested, held in zip(doc.drawn(), still, strict=True):
        assert np.allclose(rested.points, held.points, atol=1e-6)
    assert list(Document(write_fbx(arm(), extras={}, stem="a")).stacks()) == ["bend"]
    assert list(Document(write_fbx(arm(), extras={}, stem="a", still=True)).stacks()) == ["still", "bend"]


def test_names_depths_and_sizes_are_kept() -> None:
    side = 260
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2) / 100
    at = np.arange(side * side).reshape(side, side)
    corner = at[:-1, :-1].ravel()
    faces = np.stack([corner, corner + 1, corner + side], axis=1).astype(np.uint32)
    part = Primitive(
        positions=np.column_stack([grid, np.zeros(len(grid))]).astype(np.float32),
        normals=np.tile(np.float32([[0, 0, 1]]), (len(grid), 1)),
        indices=faces,
        material=Material(name="옷감::a"),
    )
    empty = replace(part, indices=np.zeros((0, 3), np.uint32))
    depth = 600
    chain = [Node(matrix=np.eye(4), name="마디::same", children=(k + 1,)) for k in range(depth)]
    nodes = (*chain, Node(matrix=np.diag([-1.0, 2, 3, 1]), name="끝", mesh=0, children=(depth + 1,)))
    nodes += (Node(matrix=np.eye(4), name="nothing", mesh=1),)
    meshes = (Mesh(primitives=(part, empty), name="망토::b"), Mesh(primitives=(empty,)))
    doc = Document(write_fbx(Model(nodes=nodes, roots=(0,), meshes=meshes), extras={}, stem="a"))
    (drawn,) = doc.drawn()
    assert (len(drawn.points), len(drawn.faces)) == (side * side, len(faces))
    assert drawn.points.min(axis=0) == pytest.approx([-(side - 1) / 100, 0, 0])
    names = [record.properties[1].split("\x00")[0] for record in doc.objects.values()]
    assert len({name for name in names if name.startswith("마디::same")}) == depth
    assert {"끝", "망토::b", "옷감::a"} <= set(names)


def test_a_physical_material_is_there_beside_the_phong_one() -> None:
    grey = np.full((8, 8, 4), 255, np.uint8)
    grey[..., :3] = (10, 100, 200)
    buffer = io.BytesIO()
    Pillow.fromarray(grey).save(buffer, "PNG")
    picture = Texture(image=images.probe(buffer.getvalue(), name="p"))
    material = Material(
        name="gilt",
        base_color=(1.0, 0.5, 0.5, 1.0),
        base_color_texture=picture,
        metallic=0.5,
        roughness=0.5,
        metallic_roughness_texture=picture,
        emissive=(0.0, 1.0, 0.0),
        emissive_strength=3.0,
        extensions={"KHR_materials_clearcoat": {"clearcoatFactor": 0.75}},
    )
    base = arm().meshes[0].primitives[0]
    part = replace(base, material=material, joints=None, weights=None, targets=())
    model = Model(nodes=(Node(matrix=np.eye(4), mesh=0),), roots=(0,), meshes=(Mesh(primitives=(part,)),))
    doc = Document(write_fbx(model, extras={}, stem="a"))
    (place,) = (place for place, record in doc.objects.items() if record.name == "Material")
    told = properties(doc.objects[place])
    assert told["Maya|baseColor"] == (1.0, 1.0, 1.0)  # the colour is in the texture: programs take one or the other
    assert told["Maya|coat"] == (0.75,)
    assert told["Maya|emission"] == (3.0,)
    assert told["Maya|emissionColor"] == (0.0, 1.0, 0.0)
    dyed, rough, metal = (
        images.decode(doc.picture(place, f"Maya|{slot}") or picture.image)[0, 0].tolist()
        for slot in ("baseColor", "specularRoughness", "metalness")
    )
    assert dyed == [10, pytest.approx(71, abs=1), pytest.approx(146, abs=1), 255]
    assert rough[0] == pytest.approx(50, abs=1)
    assert metal[0] == pytest.approx(100, abs=1)
    for phong, arnold in (("DiffuseColor", "baseColor"), ("ReflectionFactor", "metalness")):
        assert doc.driven[place, phong] == doc.driven[place, f"Maya|{arnold}"]
    (shader,) = (one for one, record in doc.objects.items() if record.name == "Implementation")
    assert place in doc.children[shader]
    assert properties(doc.objects[shader])["RenderAPI"] == ("ARNOLD_SHADER_ID",)


def test_what_is_unlit_glows() -> None:
    base = arm().meshes[0].primitives[0]
    material = Material(base_color=(1, 0.5, 0, 1), unlit=True)
    part = replace(base, material=material, joints=None, weights=None, targets=())
    model = Model(nodes=(Node(matrix=np.eye(4), mesh=0),), roots=(0,), meshes=(Mesh(primitives=(part,)),))
    doc = Document(write_fbx(model, extras={}, stem="a"))
    (record,) = (record for record in doc.objects.values() if record.name == "Material")
    told = properties(record)
    assert (told["Maya|base"], told["Maya|emission"]) == ((0.0,), (1.0,))
    assert told["Maya|emissionColor"] == (1.0, 0.5, 0.0)


@pytest.mark.gl
def test_the_catalogue_read_back_looks_the_same(renderer: Renderer) -> None:
    model = catalogue.model("tote-bag")
    assert apart(renderer, model, Document(write_fbx(model, extras={}, stem="a")).model()) < 2


@pytest.mark.gl
@pytest.mark.parametrize("name", ["khronos/FlightHelmet", "features/20_specular", "garments/mh_female_casualsuit01"])
def test_samples_read_back_look_the_same(name: str, samples: Path, renderer: Renderer) -> None:
    model = gltf.read((samples / f"{name}.glb").read_bytes())
    assert apart(renderer, model, Document(write_fbx(model, extras={}, stem="a")).model()) < 2


def read_by(script: str, python: str, *arguments: str) -> list[dict[str, Any]]:
    """What another program sees, one answer for each argument."""
    command = [os.environ[python], str(Path(__file__).with_name(script)), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    return [json.loads(row[4:]) for row in done.stdout.splitlines() if row.startswith("SEEN")]


blender = pytest.mark.skipif(
    "FARM_BPY" not in os.environ, reason="FARM_BPY names no Python that has Blender's module bpy"
)
assimp = pytest.mark.skipif(
    "FARM_ASSIMP" not in os.environ, reason="FARM_ASSIMP names no Python whose impasse finds assimp's library"
)


@blender
@pytest.mark.parametrize("name", ["arm", "arm in centimetres", "khronos/Fox.glb", "khronos/FlightHelmet.glb"])
def test_blender_sees_the_same_triangles_at_rest_and_in_motion(name: str, tmp_path: Path, samples: Path) -> None:
    if name.startswith("arm"):
        model = arm(unit=0.01 if "centi" in name else 1.0)
    else:
        model = gltf.read((samples / name).read_bytes())
    times: list[float | None] = [None, 0.5] if model.animations else [None]
    arguments = []
    for time in times:
        path = tmp_path / f"{time}.fbx"
        shown = model if time is not None else replace(model, animations=())
        path.write_bytes(write_fbx(shown, extras={}, stem="a"))
        arguments.append(f"{path}@{model.animations[-1].name if time is not None else ''}@{time or 0}")
    for time, theirs in zip(times, read_by("blender_reads.py", "FARM_BPY", *arguments), strict=True):
        at: dict[str, Any] = {} if time is None else {"animation": len(model.animations) - 1, "time": time}
        draws = pose.flatten(model, **at)
        ours = np.concatenate([d.primitive.positions @ d.matrix[:3, :3].T + d.matrix[:3, 3] for d in draws])
        places = np.concatenate([np.array(mesh) for mesh in theirs["meshes"]])
        size = float(np.ptp(ours, axis=0).max())
        assert places.min(0) == pytest.approx(ours.min(0), abs=2e-3 * size)
        assert places.max(0) == pytest.approx(ours.max(0), abs=2e-3 * size)
        assert theirs["triangles"] == sum(len(d.primitive.indices) for d in draws)
        if name.endswith("Helmet.glb"):
            for material in theirs["materials"].values():
                assert material["Metallic"].endswith(("-metallic.png", "-metallic-2.png"))
                assert {type(material[slot]) for slot in ("Base Color", "Roughness", "Normal")} == {str}
            assert all(min(size) > 0 for size in theirs["images"].values())


@blender
def test_blender_and_our_parser_agree_about_strange_rigs(tmp_path: Path) -> None:
    arguments, expected = [], []
    for seed in range(10):
        model = rig(seed, mirrored=False, plain=True, kinds=("STEP",))
        for still in (True, False):
            shown = replace(model, animations=()) if still else model
            path = tmp_path / f"{seed} {still}.fbx"
            path.write_bytes(write_fbx(shown, extras={}, stem="a"))
            doc = Document(path.read_bytes())
            for stack, time in [("", 0.0)] if still else [(name, 0.5123) for name in doc.stacks()]:
                arguments.append(f"{path}@{stack}@{time}")
                expected.append(doc.drawn(stack or None, time))
    for ours, theirs in zip(expected, read_by("blender_reads.py", "FARM_BPY", *arguments), strict=True):
        meshes = [np.array(mesh) for mesh in theirs["meshes"]]
        for one in ours:
            off = [np.abs(mesh - one.points).max() for mesh in meshes if mesh.shape == one.points.shape]
            assert min(off) < 1e-4


@pytest.mark.skipif("FARM_THREE" not in os.environ, reason="FARM_THREE names no folder of the package three")
def test_three_js_puts_every_vertex_where_our_parser_does(tmp_path: Path) -> None:
    arguments, expected = [], []
    for name, model in {"arm": arm(), **{f"rig {seed}": rig(seed, kinds=("STEP",)) for seed in range(10)}}.items():
        path = tmp_path / f"{name}.fbx"
        path.write_bytes(write_fbx(model, extras={}, stem="a"))
        doc = Document(path.read_bytes())
        for stack in doc.stacks():
            arguments.append(f"{path}@{stack}@0.5123")
            expected.append(doc.drawn(stack, 0.5123))
    command = ["node", str(Path(__file__).with_name("three_reads.mjs")), os.environ["FARM_THREE"], *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    seen = [json.loads(row[4:]) for row in done.stdout.splitlines() if row.startswith("SEEN")]
    for ours, theirs in zip(expected, seen, strict=True):
        meshes = [np.sort(np.array(mesh), axis=0) for mesh in theirs["meshes"]]
        for one in ours:
            corners = np.sort(one.points[one.faces].reshape(-1, 3) * 100, axis=0)
            assert min(np.abs(mesh - corners).max() for mesh in meshes if mesh.shape == corners.shape) < 0.01


@assimp
def test_assimp_sees_the_same_model(tmp_path: Path) -> None:
    models = {"arm": arm(), "card": catalogue.model("card-classic"), "tshirt": catalogue.model("tshirt")}
    paths = [tmp_path / f"{name}.fbx" for name in models]
    for path, model in zip(paths, models.values(), strict=True):
        path.write_bytes(write_fbx(model, extras={}, stem="a"))
    seen = read_by("assimp_reads.py", "FARM_ASSIMP", *map(str, paths))
    for model, theirs in zip(models.values(), seen, strict=True):
        draws = pose.flatten(model)
        ours = np.concatenate([d.primitive.positions @ d.matrix[:3, :3].T + d.matrix[:3, 3] for d in draws])
        assert theirs["low"] == pytest.approx((ours.min(0) * 100).tolist(), abs=1e-3)
        assert theirs["high"] == pytest.approx((ours.max(0) * 100).tolist(), abs=1e-3)
        assert theirs["triangles"] == sum(len(d.primitive.indices) for d in draws)
    assert seen[0]["bones"] == ["lower", "upper"]
    assert seen[0]["animations"] == ["bend"]
    assert seen[0]["materials"]["steel"] == pytest.approx({"$mat.metallicFactor": 0.5, "$mat.roughnessFactor": 0.25})
    assert seen[1]["materials"]["front"]["base"] == "a-card-classic-front.jpg"
    assert seen[1]["textures"] == 2
