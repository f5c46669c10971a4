"""`model.export`: the files of a format, what they say of themselves, and budgets that say what to reduce."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest
import trimesh

from assets import catalogue, gltf
from exporters import optimise
from farm.blob_memory import MemoryBlobs
from farm.errors import JobFault, Refused, StepCancelled
from farm.execution import Execution
from farm.jobs import BlobInfo, Load
from farm.plan import Output
from pipelines.kinds import KINDS
from pipelines.steps import model

DESIGN: dict[str, Any] = {
    "name": "Nightfox",
    "notes": "two & more",
    "layers": [
        {
            "id": "tee",
            "name": "Tee",
            "model": {"item": "tshirt"},
            "material": {"texture": {"item": "denim"}},
        }
    ],
}


class Nobody:
    """A farm without uploads."""

    def blob(self, digest: str) -> BlobInfo:
        raise AssertionError(digest)

    def load(self, lane: str) -> Load:
        raise AssertionError(lane)


def exported(folder: Path, resources: dict[str, Any], **spec: Any) -> dict[str, tuple[Output, bytes]]:
    kind = KINDS["model"]
    closed = kind.close(kind.spec.model_validate_json(json.dumps({"design": DESIGN, **spec})), Nobody(), None)
    found = {}
    for step in closed.plan.steps:
        blobs = MemoryBlobs()
        context = Execution(
            step=step,
            scratch=folder,
            inputs={},
            resources=resources,
            blobs=blobs,
            report=lambda _done, _total: None,
            write_log=lambda _level, _message: None,
        )
        for output in model.export(context).outputs:
            with blobs.open(output.digest) as file:
                found[output.name] = (output, file.read())
    return found


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    """Designs that stay composed for these tests."""
    return {}


def test_a_file_says_what_it_is_and_the_artifact_what_it_saved(tmp_path: Path, resources: dict[str, Any]) -> None:
    want = {"compression": "draco", "max_texture": 64, "deduplicate": True}
    found = exported(tmp_path, resources, formats=["glb", "obj"], optimise=want)
    output, data = found["Nightfox.glb"]
    length = int.from_bytes(data[12:16], "little")
    about = orjson.loads(data[20 : 20 + length])["asset"]["extras"]
    assert about["design"] == "Nightfox"
    assert about["layers"] == [{"id": "tee", "name": "Tee", "licence": "CC0-1.0"}]
    assert (about["units"], about["up_axis"], about["licence"]) == ("metre", "+Y", "CC0-1.0")
    assert output.meta["bytes"] == len(data)
    assert [step["step"] for step in output.meta["steps"]] == ["merge_materials", "deduplicate", "textures"]
    assert output.meta["after"]["image_bytes"] < output.meta["before"]["image_bytes"]
    assert gltf.inspect(data).extensions.count("KHR_draco_mesh_compression") == 1
    whole, text = found["Nightfox.obj"]
    assert text.decode().splitlines()[:2] == ["# Nightfox; licence CC0-1.0", "# metres, +Y up"]
    assert whole.meta["bytes"] == sum(len(data) for name, (_, data) in found.items() if not name.endswith(".glb"))


def test_files_of_a_format_as_one_archive(tmp_path: Path, resources: dict[str, Any]) -> None:
    found = exported(tmp_path, resources, formats=["obj", "glb", "gltf"], zip=True)
    assert set(found) == {"Nightfox-obj.zip", "Nightfox.glb", "Nightfox-gltf.zip"}
    output, data = found["Nightfox-obj.zip"]
    assert (output.role, output.media_type, output.meta["bytes"]) == ("primary", "application/zip", len(data))
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    assert len(trimesh.load(tmp_path / "Nightfox.obj", force="mesh").faces) > 1000
    assert {path.suffix for path in tmp_path.iterdir()} >= {".obj", ".mtl", ".jpg"}
    with zipfile.ZipFile(BytesIO(found["Nightfox-gltf.zip"][1])) as archive:
        assert {"Nightfox.gltf", "Nightfox.bin"} <= set(archive.namelist())
    assert exported(tmp_path, resources, formats=["obj"], zip=True)["Nightfox-obj.zip"][1] == data


def test_a_job_that_was_cancelled_stops_between_pictures() -> None:
    asked = 0

    def stop() -> None:
        nonlocal asked
        asked += 1
        if asked == 4:
            raise StepCancelled

    with pytest.raises(StepCancelled):
        optimise.optimise(catalogue.model("tshirt"), optimise.Options(textures="ktx2"), stop)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (
            {"max_bytes": 100_000, "compression": "draco"},
            r"texture 'denim.*' of tee \(\d+ x \d+\) has [\d,]+ of them: give optimise.max_texture",
        ),
        ({"max_bytes": 100_000, "max_texture": 16}, r"the shape of tee has about [\d,]+ of them"),
        ({"max_triangles": 100}, r"tee has [\d,]+ of them: reduce that layer, give optimise.simplify_mm"),
    ],
)
def test_over_its_budget_it_says_what_to_reduce(
    tmp_path: Path, resources: dict[str, Any], wanted: dict[str, Any], said: str
) -> None:
    with pytest.raises(JobFault, match=said) as refused:
        exported(tmp_path, resources, optimise=wanted)
    assert refused.value.code == "export.over_budget"


@pytest.mark.parametrize(
    ("formats", "wanted", "path"),
    [
        (["obj", "fbx"], {"compression": "draco"}, "optimise.compression"),
        (["usdz"], {"textures": "webp"}, "optimise.textures"),
        (["stl", "3mf"], {"max_texture": 64}, "optimise.max_texture"),
        (["ply"], {"unwrap": True}, "optimise.unwrap"),
    ],
)
def test_options_that_no_format_can_have_are_refused(formats: list[str], wanted: dict[str, Any], path: str) -> None:
    kind = KINDS["model"]
    spec = {"design": DESIGN, "formats": formats, "optimise": wanted}
    with pytest.raises(Refused) as refused:
        kind.close(kind.spec.model_validate_json(json.dumps(spec)), Nobody(), None)
    assert (refused.value.code, refused.value.data) == ("model.option_without_format", {"path": path})
    spec["formats"] = [*formats, "glb"]
    assert kind.close(kind.spec.model_validate_json(json.dumps(spec)), Nobody(), None).plan.steps


def test_one_archive_is_for_formats_of_several_files() -> None:
    kind = KINDS["model"]
    spec = {"design": DESIGN, "formats": ["glb"], "zip": True}
    with pytest.raises(Refused) as refused:
        kind.close(kind.spec.model_validate_json(json.dumps(spec)), Nobody(), None)
    assert (refused.value.code, refused.value.data) == ("model.option_without_format", {"path": "zip"})
