"""Bad input is answered with a coded problem, the worker stays up, and the next job runs."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest

from tests.e2e.client import DESIGN, Farm

pytestmark = pytest.mark.e2e


def glb(document: dict[str, Any], binary: bytes = b"") -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    binary += b"\0" * (-len(binary) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
    if binary:
        chunks += struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks


def triangle(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 0]}
        ],
        "bufferViews": [{"buffer": 0, "byteLength": 36}],
        "buffers": [{"byteLength": 36}],
    }
    return {**document, **changes}


POINTS = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
LYING = [{"bufferView": 0, "componentType": 5126, "count": 3_000_000, "type": "VEC3"}]
PNG_30000 = (
    b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)
)
BAD_MODELS = {
    "truncated": glb(triangle(), POINTS)[:-20],
    "lying accessor": glb(triangle(accessors=LYING), POINTS),
    "cycle": glb(triangle(nodes=[{"mesh": 0, "children": [1]}, {"children": [0]}]), POINTS),
    "file": glb(triangle(buffers=[{"byteLength": 36, "uri": "../../etc/passwd"}])),
    "address": glb(triangle(buffers=[{"byteLength": 36, "uri": "https://example.invalid/a.bin"}])),
    "huge image": glb(
        triangle(
            images=[{"bufferView": 1, "mimeType": "image/png"}],
            textures=[{"source": 0}],
            materials=[{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
            meshes=[{"primitives": [{"attributes": {"POSITION": 0}, "material": 0}]}],
            bufferViews=[
                {"buffer": 0, "byteLength": 36},
                {"buffer": 0, "byteOffset": 36, "byteLength": len(PNG_30000) + 4},
            ],
            buffers=[{"byteLength": 36 + len(PNG_30000) + 4}],
        ),
        POINTS + PNG_30000 + b"\0\0\0\0",
    ),
    "nothing to draw": glb({"asset": {"version": "2.0"}}),
}


@pytest.mark.parametrize("name", sorted(BAD_MODELS))
def test_a_bad_model_is_refused_before_it_costs_anything(farm: Farm, name: str) -> None:
    answer = farm.upload(BAD_MODELS[name])
    assert 400 <= answer.status_code < 500, answer.text
    problem = answer.json()
    assert problem["code"].split(".")[0] in {"model", "image", "content"}, problem
    assert len(problem["detail"]) > 20
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "spec",
    [
        {"design": {**DESIGN, "surprise": 1}},
        {"design": {**DESIGN, "layers": "none"}},
        {"design": DESIGN, "width": 100_000},
        {"design": {"blob": "0" * 64}},
        {"design": {"layers": [{"id": "a", "model": {"item": "tshirt"}, "visible": False}]}},
        {"design": {**DESIGN, "layers": [{"id": "a", "model": {"item": "tshirt"}, "opacity": 1e400}]}},
    ],
)
def test_a_bad_spec_is_refused_at_submission(farm: Farm, spec: dict[str, Any]) -> None:
    text = json.dumps({"kind": "still", "spec": spec})
    answer = farm.http.post("/jobs", content=text, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()["code"]
    assert "errors" in answer.json() or answer.json()["detail"]


def test_a_body_over_its_limit_is_refused(farm: Farm) -> None:
    answer = farm.http.post("/jobs", content=b"[" + b" " * 3_000_000 + b"]")
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


def test_after_all_that_the_next_job_runs(farm: Farm) -> None:
    good = farm.upload(glb(triangle(), POINTS))
    assert good.status_code in {200, 201}, good.text
    farm.run("still", {"design": {"blob": good.json()["digest"]}, "preset": "thumbnail", "quality": "draft"})
