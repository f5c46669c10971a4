"""What a file carries and nothing here reads comes out with what carried it."""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets import gltf
from assets.errors import ModelError
from assets.merging import Part, merge
from assets.pose import flatten
from assets.variants import chosen
from assets.vertices import compact
from exporters.gltf import write_glb, write_gltf
from exporters.optimise import Options, optimise
from tests.assets.glb import TRIANGLE, Glb, png, simple
from tests.assets.test_variants import colours, colourways
from tests.assets.test_viewpoints import lit

VALIDATOR = Path(__file__).resolve().parents[1] / "gltf_validator" / "validate.mjs"


def carrier() -> Glb:
    """Every kind of object with its own unknown extension and extras."""
    glb = simple(NORMAL=np.tile(np.array([[0, 0, 1]], np.float32), (3, 1)))
    glb.material()
    glb.doc["meshes"][0]["primitives"][0]["material"] = 0
    glb.doc["cameras"] = [{"type": "perspective", "perspective": {"yfov": 0.5, "znear": 0.1}}]
    glb.doc["nodes"][0]["camera"] = 0
    glb.node(name="bone")
    glb.doc["skins"] = [{"joints": [1]}]
    keys = {
        "input": glb.accessor(np.array([0, 1], np.float32), min=[0], max=[1]),
        "output": glb.accessor(TRIANGLE[:2]),
    }
    channel = {"sampler": 0, "target": {"node": 1, "path": "translation"}}
    glb.doc["animations"] = [{"samplers": [keys], "channels": [channel]}]
    for name, item in carriers(glb.doc).items():
        item["extensions"] = {f"ACME_{name}": {"stitches": [1, {"per": "cm"}], "name": name}}
        item["extras"] = {"of": name}
    glb.doc["extensionsUsed"] = sorted(f"ACME_{name}" for name in carriers(glb.doc))
    return glb


def carriers(doc: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        "root": doc,
        "asset": doc["asset"],
        "scene": doc["scenes"][0],
        "node": doc["nodes"][0],
        "mesh": doc["meshes"][0],
        "primitive": doc["meshes"][0]["primitives"][0],
        "material": doc["materials"][0],
        "skin": doc["skins"][0],
        "animation": doc["animations"][0],
        "camera": doc["cameras"][0],
    }


def written(glb: bytes) -> dict[str, Any]:
    (length,) = struct.unpack_from("<I", glb, 12)
    doc: dict[str, Any] = json.loads(glb[20 : 20 + length])
    return doc


def valid(folder: Path, data: bytes) -> None:
    (folder / "a.glb").write_bytes(data)
    done = subprocess.run(
        ["node", str(VALIDATOR), str(folder / "a.glb")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_unknown_extensions_and_extras_travel_with_their_object() -> None:
    source = carrier()
    model = gltf.read(source.data())
    glb = write_glb(model, extras={"farm": "ours"})
    text = write_gltf(model, extras={"farm": "ours"}, stem="a")["a.gltf"]
    for doc in (written(glb), json.loads(text)):
        found, wanted = carriers(doc), carriers(source.doc)
        for name, item in found.items():
            assert item["extensions"] == wanted[name]["extensions"]
            assert item["extras"] == wanted[name]["extras"] | ({"farm": "ours"} if name == "asset" else {})
        assert doc["extensionsUsed"] == source.doc["extensionsUsed"]
        assert "extensionsRequired" not in doc
    assert write_glb(gltf.read(glb), extras={}) == glb


def test_they_outlive_merging_and_optimising() -> None:
    parts = tuple(
        Part(model=gltf.read(glb.data()), matrix=np.eye(4), layer=name, name=name)
        for name, glb in (("worn", carrier()), ("avatar", simple()))
    )
    model, _ = optimise(merge(parts, name="both"), Options(combine_meshes=True))
    doc = written(write_glb(model, extras={}))
    assert {f"ACME_{name}" for name in ("root", "node", "mesh", "primitive", "material", "camera")} <= set(
        doc["extensionsUsed"]
    )
    assert doc["nodes"][0]["extras"]["source"] == {
        "asset": {"of": "asset"},
        "scene": {"of": "scene"},
        "file": {"of": "root"},
    }


def test_what_points_into_the_old_file_is_left_out_with_a_warning() -> None:
    glb = simple()
    glb.doc["extensions"] = {"ACME_sound": {"clips": [{"bufferView": 0}]}, "ACME_wind": {"gusts": [{"speed": 3}]}}
    glb.doc["nodes"][0]["extensions"] = {
        "ACME_sound": {"clip": 0},
        "ACME_wind": {"gust": 0},
        "ACME_path": {"of": ["/nodes/0/translation"]},
    }
    model = gltf.read(glb.data())
    doc = written(write_glb(model, extras={}))
    assert set(doc["extensions"]) == {"ACME_wind"}
    assert doc["nodes"][0]["extensions"] == {"ACME_wind": {"gust": 0}}
    assert any("ACME_sound" in warning for warning in model.warnings)


def test_points_and_lines_travel_undrawn(tmp_path: Path) -> None:
    glb = simple()
    lines = glb.mesh(
        positions=TRIANGLE + 2,
        indices=np.array([0, 1, 1, 2], np.uint8),
        COLOR_0=np.full((3, 4), 255, np.uint8),
        mode=1,
        material=glb.material(name="seam", pbrMetallicRoughness={"baseColorFactor": [1, 0, 0, 1]}),
        extras={"seam": "left"},
    )
    colours = glb.doc["meshes"][lines]["primitives"][0]["attributes"]["COLOR_0"]
    glb.doc["accessors"][colours]["normalized"] = True
    glb.node(lines, translation=[1, 0, 0])
    glb.doc["meshes"][0]["primitives"].append({"attributes": {"POSITION": 0}, "mode": 0})
    model = gltf.read(glb.data())
    assert len(flatten(model)) == 1
    assert sum("not drawn" in warning for warning in model.warnings) == 2
    out = write_glb(model, extras={})
    valid(tmp_path, out)
    back = gltf.read(out)
    (points,), (seam,) = (mesh.loose for mesh in back.meshes)
    assert (points.mode, points.indices, points.material) == (0, None, None)
    assert np.array_equal(points.attributes["POSITION"], TRIANGLE)
    assert seam.mode == 1
    assert seam.indices is not None
    assert seam.indices.tolist() == [0, 1, 1, 2]
    assert seam.material is not None
    assert (seam.material.name, seam.extras) == ("seam", {"seam": "left"})
    assert seam.attributes["COLOR_0"].min() == 1
    glb.doc["accessors"][glb.doc["meshes"][lines]["primitives"][0]["indices"]]["count"] = 4
    glb.doc["meshes"][lines]["primitives"][0]["attributes"]["POSITION"] = glb.accessor(np.zeros((1, 3), np.float32))
    del glb.doc["meshes"][lines]["primitives"][0]["attributes"]["COLOR_0"]
    with pytest.raises(ModelError) as caught:
        gltf.read(glb.data())
    assert caught.value.code == "model.index_range"


def test_attributes_that_nobody_reads_stay_with_their_vertices(tmp_path: Path) -> None:
    glb = simple(
        positions=np.vstack([TRIANGLE, TRIANGLE + 5]),
        indices=np.array([3, 5, 4], np.uint16),
        NORMAL=np.tile(np.array([[0, 0, 1]], np.float32), (6, 1)),
        TEXCOORD_2=np.arange(12, dtype=np.float32).reshape(6, 2),
        _THICKNESS_0=np.arange(6, dtype=np.int8).reshape(6, 1),
    )
    attributes = glb.doc["meshes"][0]["primitives"][0]["attributes"]
    attributes["_TENSION"] = glb.accessor(np.arange(6, dtype=np.uint8) * 51, normalized=True)
    attributes["_SHORT"] = glb.accessor(np.zeros((2, 3), np.float32))
    model = gltf.read(glb.data())
    glb_out = write_glb(model, extras={})
    valid(tmp_path, glb_out)
    (primitive,) = gltf.read(glb_out).meshes[0].primitives
    assert set(primitive.attributes) == {"TEXCOORD_2", "_THICKNESS_0", "_TENSION"}
    assert primitive.attributes["_THICKNESS_0"].dtype == np.int8
    assert np.allclose(primitive.attributes["_TENSION"][:, 0], np.arange(6) / 5)
    small = compact(primitive)
    assert small.attributes["TEXCOORD_2"].tolist() == [[6, 7], [8, 9], [10, 11]]
    assert small.attributes["_THICKNESS_0"][:, 0].tolist() == [3, 4, 5]


def test_a_material_extension_keeps_its_textures_and_not_the_old_numbers() -> None:
    glb = simple(TEXCOORD_0=np.zeros((3, 2), np.float32))
    glb.texture(png(2, 2))
    used = glb.texture(png(3, 3), sampler=0)
    glb.doc["samplers"] = [{"minFilter": 9984, "magFilter": 9728}, {"minFilter": 9729}]
    glb.material(
        extensions={
            "ACME_thread": {"weight": 3, "threadTexture": {"index": used, "strength": 0.5, "extras": {"k": 2}}},
            "ACME_lookup": {"table": {"texture": used}},
        },
        normalTexture={"index": used, "extensions": {"ACME_knit": {"gauge": 12}}, "extras": {"k": 1}},
    )
    glb.doc["meshes"][0]["primitives"][0]["material"] = 0
    model = gltf.read(glb.data())
    doc = written(write_glb(model, extras={}))
    (material,) = doc["materials"]
    assert material["extensions"] == {
        "ACME_thread": {"weight": 3, "threadTexture": {"index": 0, "strength": 0.5, "extras": {"k": 2}}}
    }
    assert material["normalTexture"] == {"index": 0, "extensions": {"ACME_knit": {"gauge": 12}}, "extras": {"k": 1}}
    assert doc["extensionsUsed"] == ["ACME_knit", "ACME_thread"]
    assert any("ACME_lookup" in warning for warning in model.warnings)
    assert len(doc["images"]) == 1
    assert (doc["samplers"][0]["minFilter"], doc["samplers"][0]["magFilter"]) == (9984, 9728)


def test_two_files_that_mean_different_things_by_one_extension() -> None:
    parts = []
    for name, speed in (("a", 3), ("b", 4)):
        glb = simple()
        glb.doc["extensions"] = {"ACME_wind": {"gusts": [{"speed": speed}]}, "ACME_same": {"k": 1}}
        glb.doc["nodes"][0]["extensions"] = {"ACME_wind": {"gust": 0}, "ACME_own": {"name": name}}
        glb.doc["meshes"][0]["extensions"] = {"ACME_wind": {"gust": 0}}
        parts.append(Part(model=gltf.read(glb.data()), matrix=np.eye(4), layer=name, name=name))
    model = merge(tuple(parts), name="both")
    doc = written(write_glb(model, extras={}))
    assert doc["extensions"] == {"ACME_same": {"k": 1}}
    assert doc["extensionsUsed"] == ["ACME_own", "ACME_same"]
    assert any("ACME_wind" in warning for warning in model.warnings)


def test_cameras_lamps_and_variants_come_back(tmp_path: Path) -> None:
    model = gltf.read(lit().data())
    glb = write_glb(model, extras={})
    valid(tmp_path, glb)
    back = gltf.read(glb)
    assert [(c.name, c.fov_y, c.mag_x, c.near, c.far, c.extras) for c in back.cameras] == [
        (c.name, c.fov_y, c.mag_x, c.near, c.far, c.extras) for c in model.cameras
    ]
    assert [(light.kind, light.color, light.reach, light.outer_cone) for light in back.lights] == [
        (light.kind, light.color, light.reach, light.outer_cone) for light in model.lights
    ]
    assert [(node.camera, node.light) for node in back.nodes] == [(n.camera, n.light) for n in model.nodes]
    source = gltf.read(colourways().data())
    glb = write_glb(source, extras={})
    valid(tmp_path, glb)
    assert gltf.read(glb).variants == source.variants
    for name in source.variants:
        assert colours(chosen(gltf.read(glb), name)) == colours(chosen(source, name))


@pytest.mark.parametrize(
    "name", ["features/18_variants.glb", "features/20_specular.glb", "features/25_anisotropy.glb"]
)
def test_samples_come_back_with_their_variants(samples: Path, tmp_path: Path, name: str) -> None:
    model = gltf.read((samples / name).read_bytes())
    glb = write_glb(model, extras={})
    valid(tmp_path, glb)
    assert gltf.read(glb).variants == model.variants
    assert bool(model.variants) == ("variants" in name)
