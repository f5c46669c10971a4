"""A small client of a running farm, for tests: plain HTTP, no code of the CLI."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Self

import httpx

from farm.embedded import Embedded

DESIGN: dict[str, Any] = {
    "name": "design",
    "avatar": {"model": {"item": "dress-form"}},
    "layers": [
        {"id": "skirt", "model": {"item": "skirt"}, "material": {"texture": {"item": "denim"}}},
        {"id": "tee", "model": {"item": "tshirt"}, "material": {"colour": "#c8102e"}},
    ],
}
FINAL = {"succeeded", "failed", "cancelled"}


class Farm:
    """HTTP calls with the owner's token; paths are below /api/v1."""

    def __init__(self, embedded: Embedded) -> None:
        self.embedded = embedded
        self.http = httpx.Client(
            base_url=f"{embedded.url}/api/v1",
            headers={"Authorization": f"Bearer {embedded.token}"},
            timeout=60,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def submit(self, kind: str, spec: dict[str, Any], **headers: str) -> dict[str, Any]:
        answer = self.http.post("/jobs", json={"kind": kind, "spec": spec}, headers=headers)
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def job(self, job_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def wait(self, job_id: str, seconds: float = 180) -> dict[str, Any]:
        until = time.monotonic() + seconds
        while True:
            try:
                job = self.job(job_id)
            except httpx.TransportError:  # the door was killed by the test and is coming back
                job = {"state": "unknown"}
            if job["state"] in FINAL:
                return job
            assert time.monotonic() < until, json.dumps(job, indent=1)
            time.sleep(0.1)

    def wait_for(self, job_id: str, fraction: float, seconds: float = 120) -> dict[str, Any]:
        """Until the job has come that far."""
        until = time.monotonic() + seconds
        while True:
            job = self.job(job_id)
            assert job["state"] not in FINAL, f"ended too early: {job}"
            if job["progress"]["fraction"] >= fraction:
                return job
            assert time.monotonic() < until, json.dumps(job, indent=1)
            time.sleep(0.05)

    def run(self, kind: str, spec: dict[str, Any], seconds: float = 180) -> dict[str, Any]:
        job = self.wait(self.submit(kind, spec)["id"], seconds)
        assert job["state"] == "succeeded", json.dumps(job, indent=1)
        return job

    def fetch(self, artifact: dict[str, Any]) -> bytes:
        answer = httpx.get(httpx.URL(self.embedded.url).join(artifact["url"]), timeout=60)
        assert answer.status_code == 200, answer.text
        assert len(answer.content) == artifact["size"]
        return answer.content

    def files(self, job: dict[str, Any], folder: Path) -> dict[str, Path]:
        """Downloads every artifact of a job; name -> file."""
        folder.mkdir(parents=True, exist_ok=True)
        found = {}
        for artifact in job["artifacts"]:
            path = folder / artifact["name"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.fetch(artifact))
            found[artifact["name"]] = path
        return found

    def upload(self, data: bytes) -> httpx.Response:
        return self.http.post("/blobs", content=data, headers={"Content-Type": "application/octet-stream"})
