"""Reading glTF: every way of storing geometry gives the same triangles."""

from __future__ import annotations

import base64
import json
import math
import struct
import time

import DracoPy
import meshoptimizer
import numpy as np
import pygltflib
import pytest

from assets.errors import ModelError
from assets.gltf import inspect, read
from assets.model import AlphaMode, Model, Primitive, Wrap
from assets.pose import flatten
from tests.assets import seeds
from tests.assets.glb import TRIANGLE, Glb, pack, png, simple

QUAD = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
UP = np.array([[0, 0, 1]] * 4, np.float32)
CORNERS = np.array([0, 1, 2, 0, 2, 3])


def only(model: Model) -> Primitive:
    (mesh,) = model.meshes
    (primitive,) = mesh.primitives
    return primitive


def quad(dtype: str = "uint16", **fields: object) -> Glb:
    return simple(positions=QUAD, indices=CORNERS.astype(dtype), NORMAL=UP, **fields)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32"])
def test_indices_of_every_width(dtype: str) -> None:
    primitive = only(read(quad(dtype).data()))
    assert primitive.indices.dtype == np.uint32
    assert primitive.indices.tolist() == [[0, 1, 2], [0, 2, 3]]
    assert np.array_equal(primitive.positions, QUAD)
    assert np.array_equal(primitive.normals, UP)


def test_strips_and_fans_become_triangles_with_the_same_front() -> None:
    strip = simple(positions=QUAD[[0, 1, 3, 2]], mode=5, NORMAL=UP)
    fan = simple(positions=QUAD, mode=6, NORMAL=UP)
    for glb in (strip, fan):
        primitive = only(read(glb.data()))
        a, b, c = (primitive.positions[primitive.indices[:, k]] for k in range(3))
        assert len(primitive.indices) == 2
        assert (np.cross(b - a, c - a)[:, 2] > 0).all()


def test_points_and_lines_are_left_out_with_a_warning() -> None:
    glb = simple()
    glb.node(glb.mesh(mode=0))
    glb.node(glb.mesh(mode=1))
    model = read(glb.data())
    assert len(flatten(model)) == 1
    assert any("points or lines" in warning for warning in model.warnings)


def test_missing_normals_are_made_flat() -> None:
    roof = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    primitive = only(read(simple(positions=roof, indices=np.array([0, 1, 2, 0, 3, 1], np.uint8)).data()))
    assert primitive.normals.tolist() == [[0, 0, 1]] * 3 + [[0, 1, 0]] * 3
    assert len(primitive.positions) == 6


def test_bad_normals_are_replaced_by_those_of_the_faces() -> None:
    normals = np.array([[0, 0, 2], [0, 0, 0], [np.nan, 0, 0]], np.float32)
    model = read(simple(NORMAL=normals).data())
    assert only(model).normals.tolist() == [[0, 0, 1]] * 3
    assert any("normals" in warning for warning in model.warnings)


def test_interleaved_attributes() -> None:
    glb = quad()
    packed = np.concatenate([QUAD, UP], axis=1).astype(np.float32)
    view = glb.view(packed.tobytes(), byteStride=24)
    for name, offset in (("POSITION", 0), ("NORMAL", 12)):
        index = glb.doc["meshes"][0]["primitives"][0]["attributes"][name]
        glb.doc["accessors"][index] |= {"bufferView": view, "byteOffset": offset}
    primitive = only(read(glb.data()))
    assert np.array_equal(primitive.positions, QUAD)
    assert np.array_equal(primitive.normals, UP)


def test_sparse_values_replace_and_start_from_zeros() -> None:
    glb = quad()
    places, values = np.array([1, 3], np.uint16), np.array([[5, 0, 0], [0, 5, 0]], np.float32)
    sparse = {
        "count": 2,
        "indices": {"bufferView": glb.view(places.tobytes()), "componentType": 5123},
        "values": {"bufferView": glb.view(values.tobytes())},
    }
    index = glb.doc["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
    glb.doc["accessors"][index]["sparse"] = sparse
    assert only(read(glb.data())).positions.tolist() == [[0, 0, 0], [5, 0, 0], [1, 1, 0], [0, 5, 0]]
    del glb.doc["accessors"][index]["bufferView"]
    assert only(read(glb.data())).positions.tolist() == [[0, 0, 0], [5, 0, 0], [0, 0, 0], [0, 5, 0]]


def test_quantised_and_normalised_attributes() -> None:
    glb = quad()
    attributes = glb.doc["meshes"][0]["primitives"][0]["attributes"]
    quantised = np.zeros((4, 4), np.int16)
    quantised[:, :3] = QUAD * 32767
    view = glb.view(quantised.tobytes(), byteStride=8)
    glb.doc["accessors"][attributes["POSITION"]] |= {"bufferView": view, "componentType": 5122, "normalized": True}
    attributes["COLOR_0"] = glb.accessor(np.full((4, 4), 51, np.uint8), normalized=True)
    attributes["TEXCOORD_0"] = glb.accessor(np.full((4, 2), 65535, np.uint16), normalized=True)
    attributes["TEXCOORD_1"] = glb.accessor(np.full((4, 2), 0.25, np.float32))
    glb.doc["extensionsRequired"] = ["KHR_mesh_quantization"]
    primitive = only(read(glb.data()))
    assert np.allclose(primitive.positions, QUAD)
    assert primitive.colors is not None
    assert primitive.uv0 is not None
    assert primitive.uv1 is not None
    assert np.allclose(primitive.colors, 0.2)
    assert np.allclose(primitive.uv0, 1.0)
    assert np.allclose(primitive.uv1, 0.25)


def test_a_gltf_with_data_uris_is_read_like_a_glb() -> None:
    glb = quad()
    body = base64.b64encode(glb.binary).decode()
    glb.doc["buffers"] = [{"byteLength": len(glb.binary), "uri": f"data:application/octet-stream;base64,{body}"}]
    assert np.array_equal(only(read(json.dumps(glb.doc).encode())).positions, QUAD)


def test_what_pygltflib_writes_is_read() -> None:
    binary = TRIANGLE.tobytes()
    written = pygltflib.GLTF2(
        scene=0,
        scenes=[pygltflib.Scene(nodes=[0])],
        nodes=[pygltflib.Node(mesh=0)],
        meshes=[pygltflib.Mesh(primitives=[pygltflib.Primitive(attributes=pygltflib.Attributes(POSITION=0))])],
        accessors=[pygltflib.Accessor(bufferView=0, componentType=5126, count=3, type="VEC3")],
        bufferViews=[pygltflib.BufferView(buffer=0, byteLength=len(binary))],
        buffers=[pygltflib.Buffer(byteLength=len(binary))],
    )
    written.set_binary_blob(binary)
    assert np.array_equal(only(read(b"".join(written.save_to_bytes()))).positions, TRIANGLE)


def test_materials_textures_and_their_extensions() -> None:
    glb = quad(TEXCOORD_0=QUAD[:, :2].copy())
    texture = glb.texture(png(4, 2), sampler=0)
    glb.doc["samplers"] = [{"wrapS": 33071, "wrapT": 33648, "magFilter": 9728}]
    transform = {"offset": [0.5, 0.25], "scale": [2, 3], "rotation": 0.1, "texCoord": 1}
    glb.material(
        name="cloth",
        pbrMetallicRoughness={
            "baseColorFactor": [0.5, 0.25, 0.125, 1],
            "baseColorTexture": {"index": texture, "extensions": {"KHR_texture_transform": transform}},
            "metallicFactor": 0,
            "roughnessFactor": 0.7,
        },
        normalTexture={"index": texture, "scale": 0.5},
        occlusionTexture={"index": texture, "strength": 0.25},
        emissiveFactor=[1, 0, 0],
        alphaMode="MASK",
        alphaCutoff=0.3,
        doubleSided=True,
        extras={"maker": "us"},
        extensions={
            "KHR_materials_emissive_strength": {"emissiveStrength": 4},
            "KHR_materials_sheen": {"sheenColorFactor": [0.1, 0.2, 0.3], "sheenRoughnessFactor": 0.4},
            "KHR_materials_clearcoat": {"clearcoatFactor": 1, "clearcoatTexture": {"index": texture}},
        },
    )
    glb.doc["meshes"][0]["primitives"][0]["material"] = 0
    material = only(read(glb.data())).material
    base = material.base_color_texture
    assert base is not None
    assert (base.image.width, base.image.height) == (4, 2)
    assert (base.offset, base.scale, base.rotation, base.uv_set) == ((0.5, 0.25), (2, 3), 0.1, 1)
    assert (base.sampler.wrap_u, base.sampler.wrap_v, base.sampler.nearest) == (Wrap.CLAMP, Wrap.MIRROR, True)
    assert material.base_color == (0.5, 0.25, 0.125, 1)
    assert (material.metallic, material.roughness, material.normal_scale) == (0, 0.7, 0.5)
    assert (material.occlusion_strength, material.emissive, material.emissive_strength) == (0.25, (1, 0, 0), 4)
    assert (material.alpha_mode, material.alpha_cutoff, material.double_sided) == (AlphaMode.MASK, 0.3, True)
    assert (material.sheen_color, material.sheen_roughness) == ((0.1, 0.2, 0.3), 0.4)
    assert set(material.extensions) == {"KHR_materials_clearcoat"}
    assert set(material.extension_textures) == {"KHR_materials_clearcoat/clearcoatTexture"}
    assert material.extras == {"maker": "us"}


def uv(value: float) -> np.ndarray:
    return np.full((4, 2), value, np.float32)


def test_a_later_uv_set_is_read_where_a_texture_uses_it() -> None:
    glb = quad(**{f"TEXCOORD_{place}": uv(place) for place in range(4)})
    texture = glb.texture(png())
    glb.material(
        pbrMetallicRoughness={"baseColorTexture": {"index": texture, "texCoord": 0}},
        occlusionTexture={"index": texture, "texCoord": 3},
        extensions={"KHR_materials_clearcoat": {"clearcoatTexture": {"index": texture, "texCoord": 3}}},
    )
    glb.doc["meshes"][0]["primitives"][0]["material"] = 0
    primitive = only(read(glb.data()))
    material = primitive.material
    assert material.base_color_texture is not None
    assert material.occlusion_texture is not None
    assert (material.base_color_texture.uv_set, material.occlusion_texture.uv_set) == (0, 1)
    assert material.extension_textures["KHR_materials_clearcoat/clearcoatTexture"].uv_set == 1
    assert primitive.uv0 is not None
    assert primitive.uv1 is not None
    assert (primitive.uv0[0, 0], primitive.uv1[0, 0]) == (0, 3)
    # The second set, in whose place the fourth is, takes the fourth's.
    assert {name: values[0, 0] for name, values in primitive.attributes.items()} == {"TEXCOORD_2": 2, "TEXCOORD_3": 1}


def test_one_later_uv_set_alone_and_three_at_once() -> None:
    glb = quad(TEXCOORD_0=uv(0), TEXCOORD_1=uv(1), TEXCOORD_2=uv(2))
    texture = glb.texture(png())
    primitive = glb.doc["meshes"][0]["primitives"][0]
    primitive["material"] = glb.material(emissiveTexture={"index": texture, "texCoord": 2})
    read_one = only(read(glb.data()))
    assert read_one.uv0 is not None
    assert read_one.material.emissive_texture is not None
    assert (read_one.material.emissive_texture.uv_set, read_one.uv0[0, 0]) == (0, 2)
    primitive["material"] = glb.material(
        emissiveTexture={"index": texture, "texCoord": 2},
        occlusionTexture={"index": texture, "texCoord": 1},
        normalTexture={"index": texture},
    )
    model = read(glb.data())
    assert any("3 UV sets" in warning for warning in model.warnings)
    assert only(model).material.emissive_texture.uv_set == 0
    assert only(model).uv1[0, 0] == 1


def test_a_variant_with_other_uv_sets_is_warned_of() -> None:
    glb = quad(TEXCOORD_0=uv(0), TEXCOORD_2=uv(2))
    texture = glb.texture(png())
    primitive = glb.doc["meshes"][0]["primitives"][0]
    primitive["material"] = glb.material()
    later = glb.material(emissiveTexture={"index": texture, "texCoord": 2})
    primitive["extensions"] = {"KHR_materials_variants": {"mappings": [{"material": later, "variants": [0]}]}}
    glb.doc["extensions"] = {"KHR_materials_variants": {"variants": [{"name": "v"}]}}
    assert any("other UV sets" in warning for warning in read(glb.data()).warnings)


def test_unlit_and_webp() -> None:
    from io import BytesIO

    from PIL import Image as Pillow

    out = BytesIO()
    Pillow.new("RGB", (3, 3)).save(out, "WEBP")
    glb = quad()
    texture = glb.texture(out.getvalue())
    glb.doc["textures"][texture] = {"extensions": {"EXT_texture_webp": {"source": 0}}}
    glb.doc["extensionsRequired"] = ["EXT_texture_webp", "KHR_materials_unlit"]
    glb.material(pbrMetallicRoughness={"baseColorTexture": {"index": 0}}, extensions={"KHR_materials_unlit": {}})
    glb.doc["meshes"][0]["primitives"][0]["material"] = 0
    material = only(read(glb.data())).material
    assert material.unlit
    assert material.base_color_texture is not None
    assert material.base_color_texture.image.mime == "image/webp"


def test_names_and_extras_are_kept() -> None:
    glb = quad()
    glb.doc["nodes"][0] |= {"name": "Ärmel 소매", "extras": {"a": [1, {"b": 2}]}}
    model = read(glb.data())
    assert model.nodes[0].name == "Ärmel 소매"
    assert model.nodes[0].extras == {"a": [1, {"b": 2}]}


def test_a_required_extension_that_is_unknown_is_named() -> None:
    for name in ("MSFT_texture_dds", "ACME_secret"):
        glb = quad()
        glb.doc["extensionsRequired"] = [name]
        for reader in (read, inspect):
            with pytest.raises(ModelError, match=name) as caught:
                reader(glb.data())
            assert caught.value.code == "model.extension_required"


def test_an_unknown_extension_that_is_only_used_is_ignored() -> None:
    glb = quad()
    glb.doc["extensionsUsed"] = ["ACME_secret"]
    assert len(flatten(read(glb.data()))) == 1


def test_draco() -> None:
    grid = np.array([[x, y, math.sin(x)] for x in range(8) for y in range(8)], np.float32)
    corner = np.array([x * 8 + y for x in range(7) for y in range(7)])
    faces = np.concatenate([corner[:, None] + [0, 8, 9], corner[:, None] + [0, 9, 1]]).astype(np.uint32)
    encoded = DracoPy.encode(grid, faces, quantization_bits=16, preserve_order=True)
    glb = simple(positions=grid, indices=faces.ravel())
    primitive = glb.doc["meshes"][0]["primitives"][0]
    compressed = glb.view(encoded)
    for index in (primitive["attributes"]["POSITION"], primitive["indices"]):
        del glb.doc["accessors"][index]["bufferView"]
    primitive["extensions"] = {
        "KHR_draco_mesh_compression": {"bufferView": compressed, "attributes": {"POSITION": 0}}
    }
    glb.doc["extensionsRequired"] = ["KHR_draco_mesh_compression"]
    read_back = only(read(glb.data()))
    corners = read_back.positions[read_back.indices]
    assert np.allclose(corners, grid[faces], atol=1e-3)
    glb.doc["accessors"][primitive["indices"]]["count"] = 3  # says one triangle, holds 98
    with pytest.raises(ModelError) as caught:
        read(glb.data())
    assert caught.value.code == "model.draco"


def test_draco_with_metadata_and_attributes_that_nobody_reads() -> None:
    plain = only(read(seeds.SEEDS["draco"]()))
    primitive = only(read(seeds.SEEDS["draco with metadata"]()))
    assert len(primitive.indices) == len(plain.indices) == len(seeds.FACES)
    assert np.allclose(np.sort(primitive.positions, axis=0), np.sort(plain.positions, axis=0), atol=1e-3)


def test_meshopt() -> None:
    glb = quad()
    primitive = glb.doc["meshes"][0]["primitives"][0]
    vertices = meshoptimizer.encode_vertex_buffer(QUAD, 4, 12)
    indices = meshoptimizer.encode_index_buffer(CORNERS.astype(np.uint32), 6, 4)
    for accessor, data, count, stride, mode in (
        (primitive["attributes"]["POSITION"], vertices, 4, 12, "ATTRIBUTES"),
        (primitive["indices"], indices, 6, 2, "TRIANGLES"),
    ):
        place = glb.view(bytes(data))
        raw = glb.doc["bufferViews"][place]
        extension = {
            "buffer": 0,
            "byteOffset": raw["byteOffset"],
            "byteLength": raw["byteLength"],
            "byteStride": stride,
            "count": count,
            "mode": mode,
        }
        glb.doc["bufferViews"][place] = {
            "buffer": 1,
            "byteLength": count * stride,
            "extensions": {"EXT_meshopt_compression": extension},
        }
        glb.doc["accessors"][accessor]["bufferView"] = place
    fallback = {"byteLength": 1000, "extensions": {"EXT_meshopt_compression": {"fallback": True}}}
    glb.doc["buffers"] = [{"byteLength": len(glb.binary)}, fallback]
    glb.doc["extensionsRequired"] = ["EXT_meshopt_compression"]
    primitive_read = only(read(glb.data()))
    assert np.allclose(primitive_read.positions[primitive_read.indices].reshape(-1, 3).mean(0), [0.5, 0.5, 0])
    assert len(primitive_read.indices) == 2
    extension["count"] = 9
    with pytest.raises(ModelError) as caught:
        read(glb.data())
    assert caught.value.code == "model.meshopt"


def test_the_newer_meshopt_with_its_colours() -> None:
    primitive = only(read(seeds.meshopt("KHR_meshopt_compression", 1)))
    assert np.array_equal(primitive.positions, seeds.GRID)
    assert np.allclose(primitive.normals, [0, 0, 1])
    assert primitive.colors is not None
    assert np.abs(primitive.colors * 255 - seeds.glued_colours()).max() < 5  # seven bits, and a rounded Co and Cg


def test_a_few_bytes_of_meshopt_cannot_promise_many() -> None:
    data = seeds.meshopt()
    (length,) = struct.unpack_from("<I", data, 12)
    doc = json.loads(data[20 : 20 + length])
    view = next(view for view in doc["bufferViews"] if "extensions" in view)
    extension = view["extensions"]["EXT_meshopt_compression"]
    extension["count"], view["byteLength"] = 50_000_000, 50_000_000 * extension["byteStride"]
    began = time.perf_counter()
    with pytest.raises(ModelError) as caught:
        read(pack(json.dumps(doc).encode(), data[28 + length :]))
    assert caught.value.code == "model.meshopt"
    assert time.perf_counter() - began < 10, "it was unpacked first"


def test_inspection_counts_what_is_drawn() -> None:
    glb = quad()
    glb.node(0, translation=[2, 0, 0])
    glb.material(pbrMetallicRoughness={"baseColorTexture": {"index": glb.texture(png(8, 4))}})
    seen = inspect(glb.data())
    assert (seen.nodes, seen.meshes, seen.triangles, seen.vertices) == (2, 1, 4, 4)
    assert (seen.images, seen.image_pixels) == (1, 32)


def test_a_scene_without_scenes_shows_parentless_nodes() -> None:
    glb = quad()
    del glb.doc["scenes"], glb.doc["scene"]
    assert len(flatten(read(glb.data()))) == 1


def test_the_container_may_have_more_chunks() -> None:
    data = quad().data()
    extra = (4).to_bytes(4, "little") + b"ABCD" + b"wxyz"
    longer = data[:8] + (len(data) + len(extra)).to_bytes(4, "little") + data[12:] + extra
    assert np.array_equal(only(read(longer)).positions, QUAD)
    assert pack(b"{}")[:4] == b"glTF"
