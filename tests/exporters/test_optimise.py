"""Fewer pieces that look the same: what is joined, what is kept once, what gets UVs, and what each step says."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh

from assets import catalogue, gltf
from assets.model import (
    AlphaMode,
    Animation,
    Channel,
    Material,
    Mesh,
    Model,
    MorphTarget,
    Node,
    Primitive,
    Skin,
    Texture,
)
from assets.pose import flatten
from exporters.budget import check_bytes
from exporters.combine import deduplicate
from exporters.errors import ExportError
from exporters.gltf import write_glb
from exporters.optimise import Options, count, optimise
from exporters.unwrap import unwrapped
from tests.exporters.test_models import errors, model_of, picture, quad, textured
from tests.exporters.test_slim import sphere


def placed(x: float = 0.0, scale: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> np.ndarray:
    matrix = np.diag([*scale, 1.0])
    matrix[0, 3] = x
    return matrix


def scattered(*materials: Material, layers: tuple[str, ...] = ()) -> Model:
    """A quad a node, each node under one root and a bit further right, every second one mirrored."""
    names = layers or ("tee",) * len(materials)
    nodes = [Node(matrix=placed(0.5), name="root", children=tuple(range(1, len(materials) + 1)))]
    nodes += [
        Node(matrix=placed(2.0 * n, (-1.0 if n % 2 else 1.0, 2.0, 1.0)), mesh=n, layer=name)
        for n, name in enumerate(names)
    ]
    meshes = tuple(Mesh(primitives=(quad(material),), name=f"part {n}") for n, material in enumerate(materials))
    return Model(nodes=tuple(nodes), roots=(0,), meshes=meshes, name="m")


def corners(model: Model) -> np.ndarray:
    """The triangles as they stand, each from its lowest corner, in order."""
    found = []
    for draw in flatten(model):
        points = draw.primitive.positions @ draw.matrix[:3, :3].T + draw.matrix[:3, 3]
        for triangle in np.round(points[draw.primitive.indices], 5):
            turns = [np.roll(triangle, -k, axis=0).reshape(-1) for k in range(3)]
            found.append(min(turns, key=tuple))
    return np.array(sorted(found, key=tuple)) + 0.0


def test_parts_that_stand_still_become_one_draw() -> None:
    cloth = textured((200, 10, 10))
    model = scattered(cloth, cloth, replace(cloth, name="again"), textured((1, 2, 3)))
    made, report = optimise(model, Options(combine_meshes=True))
    assert (report.before.primitives, report.after.primitives) == (4, 2)
    assert np.array_equal(corners(made), corners(model))
    for draw in flatten(made):
        assert np.allclose(draw.primitive.normals, [[0, 0, 1]])
    assert len(made.nodes) == len(model.nodes)  # what names a node still finds it
    back = gltf.read(write_glb(made, extras={}))
    assert count(back).primitives == 2


def test_layers_alpha_variants_skins_and_what_moves_stay_apart() -> None:
    cloth = textured((200, 10, 10))
    joined = {"combine_meshes": True, "merge_materials": True}

    def left(model: Model) -> int:
        made, report = optimise(model, Options(**joined))
        assert np.array_equal(corners(made), corners(model))
        return report.after.primitives

    pair = scattered(cloth, cloth)
    assert left(pair) == 1
    assert left(scattered(cloth, cloth, layers=("tee", "skirt"))) == 2
    clear = replace(cloth, alpha_mode=AlphaMode.BLEND)
    assert left(scattered(cloth, replace(cloth, alpha_mode=AlphaMode.MASK))) == 2
    assert left(scattered(clear, clear)) == 2

    def changed(**change: object) -> Model:
        first, second = pair.meshes
        (part,) = second.primitives
        return replace(pair, meshes=(first, replace(second, primitives=(replace(part, **change),))))

    assert left(changed(variants={0: textured((1, 1, 1))})) == 2
    assert left(changed(targets=(MorphTarget(positions=np.ones((4, 3), np.float32)),))) == 2
    assert left(changed(extras={"seam": 1})) == 2
    bones = replace(
        changed(joints=np.zeros((4, 4), np.uint16), weights=np.tile(np.float32([1, 0, 0, 0]), (4, 1))),
        skins=(Skin(joints=(0,), inverse_bind=np.linalg.inv(placed(0.5))[None]),),
    )
    assert left(replace(bones, nodes=(*bones.nodes[:2], replace(bones.nodes[2], skin=0)))) == 2
    keys = {"times": np.float32([0, 1]), "values": np.zeros((2, 3), np.float32)}
    waving = replace(pair, animations=(Animation(channels=(Channel(node=2, path="translation", **keys),)),))
    assert optimise(waving, Options(**joined))[1].after.primitives == 2
    shared = replace(pair, nodes=(*pair.nodes[:2], replace(pair.nodes[2], mesh=0)))
    assert left(shared) == 2  # one mesh that stands twice is stored once


def test_equal_vertices_and_meshes_are_kept_once(tmp_path: Path) -> None:
    cloth = textured((200, 10, 10))
    part = quad(cloth)
    loose = replace(
        part,
        positions=part.positions[part.indices.reshape(-1)] * np.float32([1, 1, -0.0]),
        normals=part.normals[part.indices.reshape(-1)],
        uv0=part.uv0[part.indices.reshape(-1)],
        attributes={"_HEAT": part.positions[part.indices.reshape(-1)][:, :1].astype(np.int8)},
        indices=np.arange(6, dtype=np.uint32).reshape(2, 3),
    )
    one = model_of(loose)
    model = replace(
        one,
        meshes=(*one.meshes, *model_of(loose).meshes, *model_of(replace(loose, uv0=loose.uv0 * 0.5)).meshes),
        nodes=(*one.nodes, replace(one.nodes[0], mesh=1, matrix=placed(3)), replace(one.nodes[0], mesh=2)),
        roots=(0, 1, 2),
    )
    made = deduplicate(model)
    assert (len(made.meshes), count(model).vertices, count(made).vertices) == (2, 18, 8)
    assert count(made).triangles == count(model).triangles
    assert np.array_equal(corners(made), corners(model))
    assert {name: a.shape for name, a in made.meshes[0].primitives[0].attributes.items()} == {"_HEAT": (4, 1)}
    errors(tmp_path, {"a.glb": write_glb(made, extras={})})


def test_a_vertex_that_differs_in_a_morph_stays() -> None:
    part = quad(textured((9, 9, 9)))
    twice = replace(
        part,
        positions=np.repeat(part.positions[:1], 4, axis=0),
        uv0=np.zeros((4, 2), np.float32),
        targets=(MorphTarget(positions=np.float32([[0, 0, 0], [0, 0, 0], [0, 1, 0], [0, 1, 0]])),),
    )
    (made,) = deduplicate(model_of(twice)).meshes[0].primitives
    assert len(made.positions) == 2
    assert made.targets[0].positions.tolist() == [[0, 0, 0], [0, 1, 0]]


def test_parts_without_uvs_get_charts_that_do_not_overlap(tmp_path: Path) -> None:
    ring = trimesh.creation.torus(0.5, 0.2, major_sections=40, minor_sections=16)
    part = Primitive(
        positions=ring.vertices.astype(np.float32),
        normals=ring.vertex_normals.astype(np.float32),
        indices=ring.faces.astype(np.uint32),
        material=Material(),
    )
    bare = model_of(part)
    made, report = optimise(bare, Options(unwrap=True))
    assert [name for name, _ in report.steps] == ["merge_materials", "unwrap"]
    errors(tmp_path, {"a.glb": write_glb(made, extras={})})
    (charted,) = made.meshes[0].primitives
    assert charted.uv0.min() >= 0
    assert charted.uv0.max() <= 1
    assert np.array_equal(corners(made), corners(bare))
    assert covered_twice(charted.uv0[charted.indices]) < 0.001
    again, _ = optimise(bare, Options(unwrap=True))
    assert np.array_equal(again.meshes[0].primitives[0].uv0, charted.uv0)


def covered_twice(triangles: np.ndarray, size: int = 512) -> float:
    """The share of a square's points that lie well inside of two triangles or more."""
    hits = np.zeros((size, size), np.int32)
    for triangle in triangles * size:
        low, high = np.floor(triangle.min(axis=0)).astype(int), np.ceil(triangle.max(axis=0)).astype(int)
        x, y = np.meshgrid(np.arange(low[0], high[0]) + 0.5, np.arange(low[1], high[1]) + 0.5)
        points = np.stack([x, y], axis=-1)
        ends = np.roll(triangle, -1, axis=0) - triangle
        cross = np.stack(
            [
                e[0] * (points[..., 1] - a[1]) - e[1] * (points[..., 0] - a[0])
                for a, e in zip(triangle, ends, strict=True)
            ]
        )
        inside = (cross > 1e-3).all(axis=0) | (cross < -1e-3).all(axis=0)
        hits[low[1] : high[1], low[0] : high[0]] += inside[: size - low[1], : size - low[0]]
    return float((hits > 1).mean())


def test_what_has_uvs_keeps_them() -> None:
    model = model_of(quad(textured((1, 2, 3))))
    made, _ = optimise(model, Options(unwrap=True))
    assert made.meshes[0].primitives[0] is not None
    assert np.array_equal(made.meshes[0].primitives[0].uv0, model.meshes[0].primitives[0].uv0)


def test_a_part_that_is_too_large_to_unwrap_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exporters.unwrap.LARGEST", 1)
    with pytest.raises(ExportError, match="2 triangles and no UVs") as refused:
        optimise(model_of(replace(quad(Material(name="felt")), uv0=None)), Options(unwrap=True))
    assert (refused.value.code, refused.value.ours) == ("export.unwrap_too_large", False)


def test_what_the_unwrapper_dies_of_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    ball = replace(sphere(Material(name="pearl")), uv0=None)
    monkeypatch.setattr("exporters.unwrap.SECONDS", 0.01)
    with pytest.raises(ExportError, match="'pearl' has 20,480 triangles and no UVs; no charts") as refused:
        optimise(model_of(ball), Options(unwrap=True))
    assert (refused.value.code, refused.value.ours) == ("export.unwrap_failed", False)


def test_what_kills_the_unwrapper_is_cut_into_six_sides() -> None:
    """xatlas dies on smooth spheres from some 80,000 triangles on."""
    ball = trimesh.creation.icosphere(subdivisions=6)
    part = Primitive(
        positions=ball.vertices.astype(np.float32),
        normals=ball.vertices.astype(np.float32),
        indices=ball.faces.astype(np.uint32),
        material=Material(),
    )
    (made,) = unwrapped(model_of(part)).meshes[0].primitives
    assert made.uv0.min() >= 0
    assert made.uv0.max() <= 1
    assert np.array_equal(np.unique(made.positions, axis=0), np.unique(part.positions, axis=0))
    before, after = (np.sort(p.positions[p.indices].sum(axis=(1, 2))) for p in (part, made))
    assert np.allclose(before, after, atol=1e-5)


def test_unwrapping_ends_when_the_job_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is ended, not waited for: a sphere of 20,480 triangles takes seconds."""
    monkeypatch.setattr("exporters.unwrap._GLANCE", 0.01)
    ended = []
    kill = subprocess.Popen.kill
    monkeypatch.setattr(subprocess.Popen, "kill", lambda self: (ended.append(self.pid), kill(self)))

    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        unwrapped(model_of(replace(sphere(Material()), uv0=None)), stop)
    assert len(ended) == 1


def test_an_atlas_lets_parts_be_drawn_at_once() -> None:
    model = model_of(quad(textured((200, 10, 10))), quad(textured((10, 200, 10)), x=2.0))
    _, report = optimise(model, Options(atlas=True, combine_meshes=True))
    assert (report.after.materials, report.after.images, report.after.primitives) == (1, 1, 1)


def test_every_step_says_what_it_cost() -> None:
    shirt = catalogue.model("tshirt")
    _, report = optimise(shirt, Options(simplify=0.001, longest=64, ordered=True))
    told = report.summary()
    assert [step["step"] for step in told["steps"]] == ["merge_materials", "simplify_mm", "textures", "order"]
    assert {key: told["steps"][-1][key] for key in told["after"]} == told["after"]
    assert told["steps"][0]["triangles"] == told["before"]["triangles"] > told["after"]["triangles"]
    assert told["steps"][1]["geometry_bytes"] < told["steps"][0]["geometry_bytes"]


def test_over_its_bytes_the_texture_or_the_layer_is_named() -> None:
    large = replace(picture((1, 2, 3)), data=bytes(4000), name="brocade", width=64, height=32)
    rich = replace(textured((1, 2, 3)), base_color_texture=Texture(image=large))
    model = scattered(rich, textured((9, 9, 9)), layers=("coat", "tee"))
    with pytest.raises(
        ExportError, match=r"texture 'brocade' of coat \(64 x 32\) has 4,000 .*max_texture"
    ) as refused:
        check_bytes(model, "glb", 5000, 4500)
    assert (refused.value.code, refused.value.ours) == ("export.over_budget", False)
    with pytest.raises(
        ExportError,
        match=r"textures 0, the rest 5,000; the shape of coat has about 2,500 of them: give \S+simplify_mm, or",
    ):
        check_bytes(model, "stl", 5000, 4500)
    bare = scattered(Material(), Material(), layers=("@avatar", "tee"))
    with pytest.raises(
        ExportError, match=r"the shape of the avatar has about .* give optimise.simplify_mm or compression"
    ):
        check_bytes(bare, "glb", 5000, 4500)
    check_bytes(model, "glb", 4500, 4500)
