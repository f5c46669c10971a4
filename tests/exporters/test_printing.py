"""STL, PLY and 3MF: read by trimesh, in the units and axes that their programs expect."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import trimesh

from assets import catalogue, pose
from assets.model import Material, Mesh, Model
from exporters import validate
from exporters.errors import ExportError
from exporters.printing import write_3mf, write_ply, write_stl


def three(model: Model) -> bytes:
    return write_3mf(model, extras={"notes": "for <you> & me\x00"})


def bounds(model: Model) -> Any:
    draws = pose.flatten(model)
    points = np.concatenate([d.primitive.positions @ d.matrix[:3, :3].T + d.matrix[:3, 3] for d in draws])
    return np.array([points.min(0), points.max(0)])


@pytest.mark.parametrize(("kind", "write"), [("stl", write_stl), ("3mf", three), ("ply", write_ply)])
def test_another_reader_sees_the_same_body(kind: str, write: Callable[[Model], bytes]) -> None:
    model = catalogue.model("tshirt")
    data = write(model)
    assert data == write(model)
    validate.check({f"a.{kind}": data}, kind)
    loaded = trimesh.load_scene(io.BytesIO(data), file_type=kind)
    ours = bounds(model)
    if kind != "ply":  # millimetres, +Z up, the front towards -Y
        (x0, y0, z0), (x1, y1, z1) = ours * 1000
        ours = np.array([[x0, -z1, y0], [x1, -z0, y1]])
    assert np.allclose(loaded.bounds, ours, atol=0.05 if kind != "ply" else 1e-5)
    triangles = sum(len(part.faces) for part in loaded.geometry.values())
    assert triangles == pytest.approx(sum(len(d.primitive.indices) for d in pose.flatten(model)), rel=0.01)


def test_ply_has_the_colours_of_the_materials() -> None:
    model = catalogue.model("card-classic")
    core = next(part.material for part in model.meshes[0].primitives if part.material.name == "core")
    loaded = trimesh.load_mesh(io.BytesIO(write_ply(model)), file_type="ply", process=False)
    found = {tuple(row) for row in loaded.visual.vertex_colors[:, :3].tolist()}
    code = 1.055 * core.base_color[0] ** (1 / 2.4) - 0.055
    assert any(abs(row[0] - 255 * code) <= 1 for row in found)


def test_3mf_keeps_parts_apart_and_its_texts_are_text() -> None:
    data = three(catalogue.model("card-classic"))
    loaded = trimesh.load_scene(io.BytesIO(data), file_type="3mf")
    assert len(loaded.geometry) == 3


@pytest.mark.parametrize("write", [write_stl, three, write_ply])
def test_what_cannot_be_written_is_refused(write: Callable[[Model], bytes]) -> None:
    with pytest.raises(ExportError, match="nothing to export"):
        write(Model(nodes=(), roots=(), meshes=()))
    model = catalogue.model("card-classic")
    part = model.meshes[0].primitives[0]
    broken = replace(part, positions=np.full_like(part.positions, np.nan), material=Material())
    with pytest.raises(ExportError, match="no numbers"):
        write(replace(model, meshes=(Mesh(primitives=(broken,)),)))


def test_each_says_what_it_is_and_under_which_licence() -> None:
    model = replace(catalogue.model("beanie"), name="solid\nhat 모자")
    stl = write_stl(model, licence="CC0-1.0")
    assert stl[:80].rstrip() == b"millimetres, +Z up; licence CC0-1.0; solid hat ??"
    head = write_ply(model, licence="CC0-1.0").split(b"end_header")[0].splitlines()
    assert head[2:5] == [b"comment solid hat ??", b"comment licence CC0-1.0", b"comment metres, +Y up"]
    with zipfile.ZipFile(io.BytesIO(write_3mf(model, extras={"licence": "CC0-1.0"}))) as package:
        assert b'<metadata name="LicenseTerms">CC0-1.0</metadata>' in package.read("3D/3dmodel.model")
