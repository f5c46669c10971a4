"""Cards through a real farm: an owner's art goes in over HTTP; a picture, a loop, a model, a print file come out."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.e2e.client import Farm
from tests.e2e.media import probe

pytestmark = pytest.mark.e2e
VALIDATOR = Path(__file__).resolve().parents[1] / "gltf_validator" / "validate.mjs"
OUTPUTS: list[Any] = [
    {"kind": "still", "side": "both", "width": 512, "height": 512, "tilt": [-14, 6]},
    {"kind": "tilt", "formats": ["mp4", "webp"], "duration": 2, "fps": 24, "width": 320, "height": 320},
    {"kind": "model", "texture": 512},
    "print",
]


def art(farm: Farm) -> str:
    across, down = np.meshgrid(np.linspace(0, 255, 600), np.linspace(0, 255, 420))
    pixels = np.dstack([across, down, np.full_like(across, 90)]).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=92)
    answer = farm.upload(file.getvalue())
    assert answer.status_code in {200, 201}, answer.text
    return str(answer.json()["digest"])


def card(farm: Farm, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Ember Fox",
        "art": [{"image": {"blob": art(farm)}}],
        "fields": {"title": "불여우 Ember", "rules": "Once a night the fox crosses the sky.", "cost": 3},
        "foils": [{"foil": "cosmos", "mask": "art"}],
        **changes,
    }


def test_a_card_as_picture_loop_model_and_print_file(farm: Farm, tmp_path: Path) -> None:
    job = farm.run("card", {"card": card(farm), "outputs": OUTPUTS})
    files = farm.files(job, tmp_path)
    assert set(files) == {
        "Ember-Fox.png",
        "Ember-Fox-back.png",
        "Ember-Fox-tilt.mp4",
        "Ember-Fox-tilt.webp",
        "Ember-Fox.glb",
        "Ember-Fox-print.pdf",
    }
    for name in ("Ember-Fox.png", "Ember-Fox-back.png"):
        picture = Image.open(io.BytesIO(files[name].read_bytes()))
        assert (picture.size, picture.mode, picture.getpixel((0, 0))[3]) == ((512, 512), "RGBA", 0)  # type: ignore[index]
    film = probe(files["Ember-Fox-tilt.mp4"])
    assert (film["codec_name"], film["width"], film["nb_read_frames"]) == ("h264", 320, "48")
    loop = Image.open(io.BytesIO(files["Ember-Fox-tilt.webp"].read_bytes()))
    assert (loop.n_frames, loop.info["loop"]) == (48, 0)  # type: ignore[attr-defined]
    done = subprocess.run(
        ["node", str(VALIDATOR), str(files["Ember-Fox.glb"])], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pdf = files["Ember-Fox-print.pdf"].read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    plates = next(one["meta"]["plates"] for one in job["artifacts"] if one["name"].endswith(".pdf"))
    assert plates == ["FOIL cosmos"]

    again = farm.run("card", {"card": card(farm, stand={"shadow": True}), "outputs": OUTPUTS})
    assert {one["source"] for one in again["artifacts"]} == {"cached"}
    first, second = ({one["name"]: one["digest"] for one in made["artifacts"]} for made in (job, again))
    assert first == second


def test_a_card_of_the_community_has_a_thumbnail(farm: Farm) -> None:
    fields = {"art": f"blob:{art(farm)}", "rules": "A short one."}
    made = farm.http.post(
        "/cards", json={"name": "Fox", "template": "card-classic", "fields": fields, "foil": "cosmos"}
    )
    path = f"/cards/{made.json()['id']}"
    answer = farm.http.get(f"{path}/thumbnail", headers={"Prefer": "wait=50"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp"), answer.text
    picture = Image.open(io.BytesIO(answer.content))
    assert (max(picture.size), picture.mode) == (512, "RGBA")
    seen = {"If-None-Match": answer.headers["etag"]}
    assert farm.http.get(f"{path}/thumbnail", headers=seen).status_code == 304

    too_long = {"fields": {"rules": "word " * 390}}
    assert farm.http.patch(path, json=too_long, headers={"If-Match": "*"}).status_code == 200
    problem = farm.http.get(f"{path}/thumbnail", headers={"Prefer": "wait=50"})
    assert (problem.status_code, problem.json()["code"]) == (422, "card.text_too_long")
    assert "rules" in problem.json()["detail"]


def test_a_bad_card_is_refused_before_it_costs_anything(farm: Farm) -> None:
    for change, code in (
        ({"foils": [{"foil": "mithril"}]}, "foil.unknown"),
        ({"fields": {"power": 9000}}, "card.unknown_field"),
        ({"art": [{"image": {"blob": "e" * 64}}]}, "blob.unknown"),
    ):
        answer = farm.http.post("/jobs", json={"kind": "card", "spec": {"card": card(farm, **change)}})
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert len(answer.json()["detail"]) > 20
