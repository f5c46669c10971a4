"""An S3 server for benchmarks (moto, which keeps objects in its own memory) behind a relay that counts bytes."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import boto3

from benchmarks.relay import Relay
from farm.embedded import free_ports


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """``env``: the farm's settings for it. ``relay``: what passed."""

    env: Mapping[str, str]
    relay: Relay


@contextmanager
def bucket(folder: Path) -> Iterator[Bucket]:
    """Until the block ends; the server's log is in ``folder``."""
    (port,) = free_ports(1)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "s3.log").open("wb") as log:
        words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        server = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 60
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if server.poll() is not None or time.monotonic() > until:
                msg = f"the S3 server did not start: {(folder / 's3.log').read_text()[-500:]}"
                raise RuntimeError(msg)
            time.sleep(0.1)
        with Relay(port) as relay:
            url = f"http://127.0.0.1:{relay.port}"
            keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
            client = boto3.client("s3", endpoint_url=url, **keys)
            client.create_bucket(Bucket="farm")
            client.close()
            env = {
                "FARM_BLOB_URL": "s3://farm/blobs",
                "FARM_S3_ENDPOINT": url,
                "FARM_S3_ACCESS_KEY": "key",
                "FARM_S3_SECRET_KEY": "secret",
            }
            yield Bucket(env=env, relay=relay)
    finally:
        server.terminate()
        server.wait()
