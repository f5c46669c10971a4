"""Files through every door, by the programs that people have: what comes out is what went in, and it is usable."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tusclient.client import TusClient

from benchmarks import senders
from tests.e2e.client import DESIGN, Farm
from tests.faults.processes import until

pytestmark = pytest.mark.e2e
MIB = 1 << 20


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """20 MiB and a bit: no multiple of any chunk."""
    path = tmp_path / "scan.bin"
    path.write_bytes(os.urandom(20 * MIB + 12345))
    return path


def arrived(farm: Farm, upload: str, file: Path) -> dict[str, Any]:
    """The upload, once it is complete and its artifact was downloaded and compared."""
    view = senders.settled(farm.embedded, upload)
    assert view["state"] == "complete", view
    assert view["progress"]["fraction"] == 1
    (artifact,) = farm.job(view["job"])["artifacts"]
    assert (artifact["name"], artifact["size"]) == (file.name, file.stat().st_size)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert hashlib.sha256(farm.fetch(artifact)).hexdigest() == view["sha256"] == view["blob"] == digest
    return view


def curl(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["curl", "-sS", "--fail-with-body", *words], capture_output=True, text=True, check=False)


def test_chunks_by_curl_with_a_checksum_each(farm: Farm, file: Path) -> None:
    arrived(farm, senders.curl_chunks(farm.embedded, file, chunk=3 * MIB), file)


def test_chunks_with_digest_fields_and_a_wrong_one(farm: Farm, file: Path) -> None:
    made = farm.http.post("/uploads", json={"name": file.name, "size": file.stat().st_size, "chunk_size": 8 * MIB})
    url = f"{farm.http.base_url}uploads/{made.json()['id']}"
    data = file.read_bytes()
    piece = file.parent / "piece"
    authorization = f"Authorization: Bearer {farm.embedded.token}"
    for number in (2, 0, 1):
        piece.write_bytes(data[number * 8 * MIB : (number + 1) * 8 * MIB])
        digest = base64.b64encode(hashlib.sha256(piece.read_bytes()).digest()).decode()
        words = ("-H", authorization, "-T", str(piece), f"{url}/chunks/{number}")
        wrong = curl("-H", f"Repr-Digest: sha-256=:{base64.b64encode(bytes(32)).decode()}:", *words)
        assert json.loads(wrong.stdout)["code"] == "upload.checksum"
        right = curl("-H", f"Repr-Digest: sha-256=:{digest}:", *words)
        assert right.returncode == 0, right.stdout
        assert json.loads(right.stdout)["number"] == number
    done = curl("-X", "POST", "-H", authorization, "-H", "Prefer: wait=30", f"{url}/complete")
    assert json.loads(done.stdout)["state"] == "complete", done.stdout
    arrived(farm, made.json()["id"], file)


@pytest.mark.parametrize(
    "how",
    [
        {"parallel": 1},
        {"parallel": 1, "chunk": 3 * MIB},
        {"parallel": 4},
        {"parallel": 1, "deferred": True, "chunk": 3 * MIB},
    ],
    ids=["serial", "chunked", "parallel", "deferred"],
)
def test_tus_js_client(farm: Farm, file: Path, how: dict[str, Any]) -> None:
    upload = senders.tus_js(farm.embedded, file, **how)
    if how.get("deferred"):  # a stream has no name
        file = file.rename(file.parent / farm.http.get(f"/uploads/{upload}").json()["name"])
    view = arrived(farm, upload, file)
    assert view["protocol"] == "tus"


def test_tuspy_with_checksums(farm: Farm, file: Path) -> None:
    client = TusClient(f"{farm.embedded.url}/api/v1/tus", headers={"Authorization": f"Bearer {farm.embedded.token}"})
    with file.open("rb") as stream:
        sender = client.uploader(
            file_stream=stream, chunk_size=4 * MIB, upload_checksum=True, metadata={"filename": file.name}
        )
        sender.upload()
    arrived(farm, sender.url.rsplit("/", 1)[1], file)


def test_a_presigned_url_takes_one_put_by_curl_without_a_token(farm: Farm, file: Path) -> None:
    made = farm.http.post("/uploads/presign", json={"name": file.name, "size": file.stat().st_size})
    assert made.status_code == 201, made.text
    found = made.json()
    headers = [word for name, value in found["headers"].items() for word in ("-H", f"{name}: {value}")]
    changed = curl("-T", str(file), *headers, found["url"].replace("signature=", "signature=a"))
    assert json.loads(changed.stdout)["code"] == "link.invalid"
    sent = curl("-T", str(file), *headers, found["url"])
    assert sent.returncode == 0, sent.stdout
    upload = found["upload"]["id"]
    assert farm.http.post(f"/uploads/{upload}/complete").status_code == 202
    arrived(farm, upload, file)


def owners(farm: Farm, digest: str) -> list[str]:
    """Who may use the blob until they delete it."""
    with closing(sqlite3.connect(farm.embedded.data_dir / "farm.db")) as database:
        return [owner for (owner,) in database.execute("SELECT owner FROM blob_owners WHERE digest = ?", (digest,))]


def test_an_uploaded_model_is_drawn_and_the_same_bytes_are_stored_once(farm: Farm, tmp_path: Path) -> None:
    job = farm.run("model", {"design": DESIGN, "formats": ["glb"]})
    assert not owners(farm, job["artifacts"][0]["digest"]), "what a job made is kept by its artifact alone"
    model = farm.files(job, tmp_path)["design.glb"]
    # One byte of the exporter's name differs, or the farm would have these bytes already.
    data = model.read_bytes()
    at = data.index(b'"generator":"') + len(b'"generator":"')
    model.write_bytes(data[:at] + b"X" + data[at + 1 :])

    def stored() -> list[Path]:
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
        return [path for path in (farm.embedded.data_dir / "blobs").rglob("*") if path.name.endswith(digest[4:])]

    assert not stored()
    first = arrived(farm, senders.curl_chunks(farm.embedded, model), model)
    (blob,) = stored()
    inode = blob.stat().st_ino
    second = arrived(farm, senders.tus_js(farm.embedded, model, parallel=1), model)
    assert first["media_type"] == second["media_type"] == "model/gltf-binary"
    assert first["blob"] == second["blob"]
    assert owners(farm, first["blob"]) == ["local"]
    assert [(path, path.stat().st_ino, path.stat().st_nlink) for path in stored()] == [(blob, inode, 1)]

    job = farm.run("still", {"design": {"blob": first["blob"]}, "preset": "thumbnail"})
    picture = Image.open(io.BytesIO(farm.fetch(job["artifacts"][0]))).convert("RGB")
    assert len(picture.getcolors(1 << 20) or []) > 2000, "an empty picture"


def test_nothing_of_what_was_completed_is_left_beside_the_blobs(farm: Farm, file: Path) -> None:
    upload = senders.curl_chunks(farm.embedded, file)
    arrived(farm, upload, file)
    place = farm.embedded.data_dir / "blobs" / "uploads" / upload
    until(5, "its file is still there", lambda: not place.exists())
