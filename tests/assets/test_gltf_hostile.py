"""Models that lie: each is refused with a stable code and a sentence, never with another exception."""

from __future__ import annotations

import json
import random
import struct
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import DracoPy
import numpy as np
import pytest

from assets.errors import ContentError, ModelError
from assets.gltf import LIMITS, Limits, inspect, read
from tests.assets.glb import TRIANGLE, Glb, pack, png, simple
from tests.assets.test_images import png_header


def refused(data: bytes, code: str, limits: Limits = LIMITS) -> None:
    for reader in (read, inspect):
        with pytest.raises(ContentError) as caught:
            reader(data, limits=limits)
        assert caught.value.code == code, str(caught.value)
        assert len(str(caught.value)) > 20


def changed(change: Callable[[Glb], object]) -> bytes:
    glb = simple(indices=np.array([0, 1, 2], np.uint16))
    change(glb)
    return glb.data()


def position(glb: Glb) -> dict[str, object]:
    return glb.doc["accessors"][0]


def test_truncation_at_every_length() -> None:
    data = simple().data()
    for length in range(len(data)):
        with pytest.raises(ModelError) as caught:
            read(data[:length])
        assert caught.value.code in {"model.truncated", "model.format"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "model.format"),
        (b"Kaydara FBX Binary", "model.format"),
        (b"glTF" + struct.pack("<II", 1, 20) + bytes(8), "model.version"),
        (b"glTF" + struct.pack("<II", 2, 3) + bytes(8), "model.container"),
        (b"glTF" + struct.pack("<IIII", 2, 20, 0, 0x004E4942), "model.container"),
        (b"glTF" + struct.pack("<IIII", 2, 20, 2**32 - 1, 0x4E4F534A), "model.truncated"),
        (pack(b"{"), "model.json"),
        (pack(b"[]"), "model.json"),
        (pack(b"\xff\xfe"), "model.json"),
        (pack(b'{"asset":{"version":"1.0"}}'), "model.version"),
        (pack(b"{}"), "model.version"),
        (pack(b'{"asset":{"version":"2.0","minVersion":"2.1"}}'), "model.version"),
        (pack(b'{"asset":{"version":"2.0"}}'), "model.empty"),
        (pack(b'{"asset":{"version":"2.0"},"nodes":{}}'), "model.schema"),
        (pack(b'{"asset":{"version":"2.0"},"nodes":[1]}'), "model.schema"),
        (pack(b'{"asset":{"version":"2.0"},"x":' + b"[" * 100 + b"]" * 100 + b"}"), "model.json_depth"),
        (pack(b'{"asset":{"version":"2.0"},"x":' + b"[" * 90_000 + b"]" * 90_000 + b"}"), "model.json_depth"),
        (pack(b'{"x":[' + b"1," * 2_100_000 + b"1]}"), "model.too_large"),
    ],
)
def test_broken_containers_and_json(data: bytes, code: str) -> None:
    refused(data, code)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda g: position(g).update(count=10**6), "model.accessor_bounds"),
        (lambda g: position(g).update(count=2**31), "model.accessor_bounds"),
        (lambda g: position(g).update(count=2**60), "model.schema"),
        (lambda g: position(g).update(count=-1), "model.schema"),
        (lambda g: position(g).update(count=True), "model.schema"),
        (lambda g: position(g).update(count="3"), "model.schema"),
        (lambda g: position(g).update(count=0), "model.schema"),
        (lambda g: position(g).update(byteOffset=2**52), "model.accessor_bounds"),
        (lambda g: position(g).update(byteOffset=-4), "model.schema"),
        (lambda g: position(g).update(bufferView=99), "model.reference"),
        (lambda g: position(g).update(componentType=5124), "model.accessor_type"),
        (lambda g: position(g).update(type="VEC9"), "model.accessor_type"),
        (lambda g: position(g).update(type="VEC2"), "model.accessor_type"),
        (lambda g: g.doc["bufferViews"][0].update(byteStride=4), "model.accessor_bounds"),
        (lambda g: g.doc["bufferViews"][0].update(byteLength=10**9), "model.buffer_bounds"),
        (lambda g: g.doc["bufferViews"][0].update(byteOffset=10**9), "model.buffer_bounds"),
        (lambda g: g.doc.update(buffers=[{"byteLength": 10**9}]), "model.buffer_bounds"),
        (lambda g: g.doc.update(buffers=[{"byteLength": 4}]), "model.buffer_bounds"),
        (lambda g: g.doc.update(buffers=[{"byteLength": 100, "uri": "scene.bin"}]), "model.external_uri"),
        (lambda g: g.doc.update(buffers=[{"byteLength": 100, "uri": "file:///etc/passwd"}]), "model.external_uri"),
        (lambda g: g.doc.update(buffers=[{"byteLength": 100, "uri": "http://x.test/a"}]), "model.external_uri"),
        (lambda g: g.doc.update(buffers=[{"byteLength": 100, "uri": "data:;base64,A"}]), "model.schema"),
        (lambda g: g.doc["meshes"][0]["primitives"][0].update(material=0), "model.reference"),
        (lambda g: g.doc["meshes"][0]["primitives"][0].update(mode=9), "model.schema"),
        (lambda g: g.doc["meshes"][0]["primitives"][0].update(attributes=[]), "model.schema"),
        (lambda g: g.doc["meshes"][0]["primitives"][0].update(indices=0), "model.accessor_type"),
        (lambda g: g.doc["nodes"][0].update(mesh=7), "model.reference"),
        (lambda g: g.doc["nodes"][0].update(skin=0), "model.reference"),
        (lambda g: g.doc["nodes"][0].update(translation=[0, 0]), "model.schema"),
        (lambda g: g.doc["nodes"][0].update(matrix=[1e300] * 16), "model.schema"),
        (lambda g: g.doc["nodes"][0].update(children=[0]), "model.node_cycle"),
        (lambda g: g.doc.update(scene=3), "model.reference"),
        (lambda g: g.doc["scenes"][0].update(nodes=[]), "model.empty"),
        (lambda g: g.doc["meshes"][0]["primitives"][0].update(mode=1), "model.empty"),
        (lambda g: g.doc["meshes"][0].update(weights=[1]), "model.schema_or_targets"),
    ],
)
def test_lies_about_structure(change: Callable[[Glb], object], code: str) -> None:
    refused(changed(change), "model.morph_targets" if code == "model.schema_or_targets" else code)


def test_indices_past_the_vertices() -> None:
    refused(simple(indices=np.array([0, 1, 3], np.uint8)).data(), "model.index_range")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_positions_that_are_not_numbers(value: float) -> None:
    bad = TRIANGLE.copy()
    bad[1, 1] = value
    refused(simple(positions=bad).data(), "model.not_finite")


def test_attributes_of_other_lengths() -> None:
    refused(simple(TEXCOORD_0=np.zeros((2, 2), np.float32)).data(), "model.attribute_count")


def test_cycles_and_two_parents() -> None:
    def ring(glb: Glb) -> None:
        glb.node(root=False, children=[2])
        glb.node(root=False, children=[1])

    def shared(glb: Glb) -> None:
        child = glb.node(root=False)
        glb.doc["nodes"][0]["children"] = [child]
        glb.node(children=[child])

    refused(changed(ring), "model.node_cycle")
    refused(changed(shared), "model.node_parents")


def test_sparse_lies() -> None:
    def lie(places: list[int], **fields: object) -> Callable[[Glb], object]:
        def change(glb: Glb) -> None:
            position(glb)["sparse"] = {
                "count": len(places),
                "indices": {"bufferView": glb.view(np.array(places, np.uint32).tobytes()), "componentType": 5125},
                "values": {"bufferView": glb.view(bytes(12 * len(places)))},
                **fields,
            }

        return change

    refused(changed(lie([7])), "model.sparse")
    refused(changed(lie([2**32 - 1])), "model.sparse")
    refused(changed(lie([1, 1])), "model.sparse")
    refused(changed(lie([1], count=4)), "model.sparse")
    refused(changed(lie([1], count=3)), "model.accessor_bounds")


def test_images_too_large_or_broken_or_elsewhere() -> None:
    def with_image(data: bytes) -> Callable[[Glb], object]:
        def change(glb: Glb) -> None:
            glb.material(pbrMetallicRoughness={"baseColorTexture": {"index": glb.texture(data)}})

        return change

    refused(changed(with_image(png_header(30_000, 30_000))), "image.too_large")
    refused(changed(with_image(b"not an image")), "image.type")
    glb = simple()
    glb.material(pbrMetallicRoughness={"baseColorTexture": {"index": glb.texture(png())}})
    for uri in ("wood.png", "http://x.test/wood.png", "../../../etc/passwd"):
        glb.doc["images"][0] = {"uri": uri}
        refused(glb.data(), "model.external_uri")
    glb.doc["images"] = [{"uri": "x"}] * 257
    refused(glb.data(), "model.too_many")


def test_many_images_share_one_limit_of_pixels() -> None:
    glb = simple()
    for _ in range(3):
        glb.material(pbrMetallicRoughness={"baseColorTexture": {"index": glb.texture(png(10, 10))}})
    assert inspect(glb.data(), limits=Limits(image_pixels=300)).image_pixels == 300
    refused(glb.data(), "model.too_large", Limits(image_pixels=299))


def test_one_mesh_shown_ten_thousand_times_counts_ten_thousand_times() -> None:
    glb = simple(positions=np.resize(TRIANGLE, (3_000, 3)))
    for _ in range(9_000):
        glb.node(0)
    refused(glb.data(), "model.too_many")


def test_vertices_that_no_triangle_uses_count_where_they_are_moved() -> None:
    up = np.tile(np.array([[0, 0, 1]], np.float32), (70_000, 1))
    glb = simple(positions=up, indices=np.array([0, 1, 2], np.uint16), NORMAL=up)
    for _ in range(999):
        glb.node(0)
    refused(glb.data(), "model.too_many")


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(nodes=0), "model.too_many"),
        (Limits(meshes=0), "model.too_many"),
        (Limits(triangles=0), "model.too_many"),
        (Limits(drawn_vertices=2), "model.too_many"),
        (Limits(draws=0), "model.too_many"),
        (Limits(vertices=2), "model.too_many"),
        (Limits(file_bytes=10), "model.too_large"),
        (Limits(json_bytes=10), "model.too_large"),
        (Limits(decoded_bytes=30), "model.too_large"),
    ],
)
def test_every_limit_holds(limits: Limits, code: str) -> None:
    refused(simple().data(), code, limits)


def test_what_is_stored_once_and_used_a_thousand_times_is_work_all_the_same() -> None:
    glb = simple(
        positions=np.resize(TRIANGLE, (3_000, 3)), NORMAL=np.tile(np.array([0, 0, 1], np.float32), (3_000, 1))
    )
    still = glb.accessor(np.zeros((3_000, 3), np.float32))
    glb.doc["meshes"][0]["primitives"][0]["targets"] = [{"POSITION": still}] * 1_000
    enough = 36_000_000 + 2 * 36_000_000  # read once, and what moving it may take
    read(glb.data(), limits=Limits(used_bytes=enough))
    refused(glb.data(), "model.too_large", Limits(used_bytes=enough - 1))
    glb.node(0)
    refused(glb.data(), "model.too_large", Limits(used_bytes=enough))
    glb = simple()
    sampler = {
        "input": glb.accessor(np.arange(50_000, dtype=np.float32)),
        "output": glb.accessor(np.zeros((50_000, 3), np.float32)),
    }
    channel = {"sampler": 0, "target": {"node": 0, "path": "scale"}}
    glb.doc["animations"] = [{"samplers": [sampler], "channels": [channel] * 10_000}]
    began = time.perf_counter()
    refused(glb.data(), "model.too_large")
    assert time.perf_counter() - began < 20


def test_accessors_without_data_cannot_ask_for_gigabytes() -> None:
    glb = simple()
    glb.doc["accessors"][0] = {"componentType": 5126, "type": "VEC3", "count": 2**31}
    refused(glb.data(), "model.too_many")


def test_skins_that_do_not_fit() -> None:
    joints = np.zeros((3, 4), np.uint8)
    joints[:, 0] = 5
    weights = np.tile(np.array([1, 0, 0, 0], np.float32), (3, 1))

    def skinned(**skin: object) -> bytes:
        glb = simple(JOINTS_0=joints, WEIGHTS_0=weights)
        glb.doc["nodes"][0]["skin"] = 0
        glb.doc["skins"] = [skin]
        return glb.data()

    refused(skinned(joints=[0]), "model.skin")  # vertices follow joint 5
    refused(skinned(joints=[]), "model.skin")
    refused(skinned(joints=[44]), "model.reference")
    refused(skinned(joints=[0], inverseBindMatrices=0), "model.skin")


def test_animations_that_do_not_fit() -> None:
    def animated(times: list[float], values: np.ndarray, **sampler: object) -> bytes:
        glb = simple()
        keys = {"input": glb.accessor(np.array(times, np.float32)), "output": glb.accessor(values)}
        channel = {"sampler": 0, "target": {"node": 0, "path": "translation"}}
        glb.doc["animations"] = [{"samplers": [keys | sampler], "channels": [channel]}]
        return glb.data()

    three = np.zeros((3, 3), np.float32)
    assert len(read(animated([0, 1, 2], three)).animations) == 1
    refused(animated([0, 1], three), "model.animation")
    refused(animated([0, 1, 2], three, interpolation="CUBICSPLINE"), "model.animation")
    refused(animated([0, 2, 1], three), "model.animation")
    refused(animated([0, 1, np.nan], three), "model.animation")
    refused(animated([0, 1, 2], np.full((3, 3), np.inf, np.float32)), "model.not_finite")
    refused(animated([0, 1, 2], three, output=99), "model.reference")


def test_a_draco_stream_that_promises_too_much() -> None:
    faces = np.array([[0, 1, 2]], np.uint32)
    stream = bytearray(DracoPy.encode(TRIANGLE, faces, preserve_order=True))
    stream[11:12] = b"\xff\xff\xff\x7f"  # 268 million faces
    glb = simple(indices=faces.ravel())
    glb.doc["meshes"][0]["primitives"][0]["extensions"] = {
        "KHR_draco_mesh_compression": {"bufferView": glb.view(bytes(stream)), "attributes": {"POSITION": 0}}
    }
    with pytest.raises(ModelError) as caught:
        read(glb.data())
    assert caught.value.code == "model.draco"


BOMB = """
import re, sys
from pathlib import Path
from assets.errors import ModelError
from assets.gltf import read
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
try:
    read(Path(sys.argv[1]).read_bytes())
except ModelError as error:
    print(error.code, peak() - before, error)
"""


def test_a_draco_stream_of_17_kilobytes_that_unpacks_to_a_gigabyte(tmp_path: Path) -> None:
    """Constant attributes cost nothing in the stream, and nothing before them says how many there are."""
    stream = (Path(__file__).parent / "draco" / "bomb.drc").read_bytes()
    glb = simple(positions=np.zeros((90_000, 3), np.float32), indices=np.zeros(3 * 178_802, np.uint32))
    glb.doc["meshes"][0]["primitives"][0]["extensions"] = {
        "KHR_draco_mesh_compression": {"bufferView": glb.view(stream), "attributes": {"POSITION": 0}}
    }
    path = tmp_path / "bomb.glb"
    path.write_bytes(glb.data())
    done = subprocess.run([sys.executable, "-c", BOMB, str(path)], capture_output=True, text=True, check=True)
    code, taken, sentence = done.stdout.split(" ", 2)
    assert code == "model.draco"
    assert "far more than its accessors say" in sentence
    assert int(taken) < 450 * 1024  # kilobytes, of 1.4 million


def rich() -> bytes:
    """A model that uses most of the reader."""
    joints, weights = np.zeros((3, 4), np.uint8), np.tile(np.array([1, 0, 0, 0], np.float32), (3, 1))
    glb = simple(
        indices=np.array([0, 1, 2], np.uint16),
        NORMAL=np.tile(np.array([0, 0, 1], np.float32), (3, 1)),
        TEXCOORD_0=TRIANGLE[:, :2].copy(),
        COLOR_0=np.ones((3, 4), np.float32),
        JOINTS_0=joints,
        WEIGHTS_0=weights,
    )
    primitive = glb.doc["meshes"][0]["primitives"][0]
    primitive["targets"] = [{"POSITION": glb.accessor(TRIANGLE), "NORMAL": glb.accessor(TRIANGLE)}]
    texture = {"index": glb.texture(png()), "extensions": {"KHR_texture_transform": {"scale": [2, 2]}}}
    primitive["material"] = glb.material(
        pbrMetallicRoughness={"baseColorTexture": texture}, extensions={"KHR_materials_sheen": {}}
    )
    glb.doc["nodes"][0] |= {"skin": 0, "children": [1], "rotation": [0, 0, 0, 1]}
    glb.node(root=False, scale=[1, 2, 3])
    glb.doc["skins"] = [
        {"joints": [1], "inverseBindMatrices": glb.accessor(np.eye(4, dtype=np.float32).reshape(1, 16))}
    ]
    sampler = {"input": glb.accessor(np.array([0, 1], np.float32)), "output": glb.accessor(TRIANGLE[:2].copy())}
    glb.doc["animations"] = [
        {"samplers": [sampler], "channels": [{"sampler": 0, "target": {"node": 1, "path": "translation"}}]}
    ]
    return glb.data()


def test_flipped_bytes_give_a_model_or_a_content_error() -> None:
    whole, chance = rich(), random.Random(20)
    read(whole)
    survived = 0
    tracemalloc.start()
    for _ in range(1_500):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 8))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        began = time.perf_counter()
        try:
            read(bytes(data))
            survived += 1
        except ContentError:
            pass
        assert time.perf_counter() - began < 10
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 * 2**20
    assert survived > 100  # the flips reached past the container


def test_swapped_json_values_give_a_model_or_a_content_error() -> None:
    whole, chance = rich(), random.Random(21)
    length = struct.unpack_from("<I", whole, 12)[0]
    text, binary = whole[20 : 20 + length], whole[28 + length :]
    values = [None, True, -1, 0, 1, 2**31, 2**63, 1e308, 0.5, "", "data:,", [], {}, [[]], [0], [-1], {"index": 0}]

    def mutate(node: object) -> None:
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                return
            key = chance.choice(keys)
            if not isinstance(node[key], dict | list) or chance.random() < 0.15:
                node[key] = chance.choice(values)
                return
            node = node[key]

    codes = set()
    for _ in range(3_000):
        doc = json.loads(text)
        for _ in range(chance.choice((1, 1, 3))):
            mutate(doc)
        data = pack(json.dumps(doc).encode(), binary)
        for reader in (inspect, read):
            try:
                reader(data)
            except ContentError as error:
                codes.add(error.code)
    assert len(codes) > 8
    assert all(code.count(".") == 1 for code in codes)
