"""The farm's processes: Flower's door, workers that say they are there, and nothing that outlives its farm."""

from __future__ import annotations

from pathlib import Path

import httpx
import psutil
import pytest

from farm.embedded import embedded
from tests.e2e.client import DESIGN, Farm

pytestmark = pytest.mark.e2e


def flower_url(farm: Farm) -> str:
    """Where the supervisor was told to put it."""
    port = psutil.Process(farm.embedded.process.pid).environ()["FARM_FLOWER_PORT"]
    return f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    "path", ["/", "/tasks", "/api/tasks", "/api/workers", "/metrics", "/healthcheck", "/nowhere"]
)
def test_flower_asks_for_its_password_everywhere(farm: Farm, path: str) -> None:
    url = flower_url(farm)
    assert httpx.get(f"{url}{path}").status_code == 401
    assert httpx.get(f"{url}{path}", auth=("farm", "wrong")).status_code == 401


def test_flower_shows_our_tasks_and_no_content_of_a_job(farm: Farm) -> None:
    password = (farm.embedded.data_dir / "flower.password").read_text().strip()
    assert (farm.embedded.data_dir / "flower.password").stat().st_mode & 0o777 == 0o600
    colour = "#12ab34"
    design = {
        **DESIGN,
        "layers": [{"id": "secret-layer", "model": {"item": "tshirt"}, "material": {"colour": colour}}],
    }
    job = farm.run("still", {"design": design, "preset": "thumbnail"})
    with httpx.Client(base_url=flower_url(farm), auth=("farm", password), timeout=20) as flower:
        text = ""
        for _ in range(50):
            text = flower.get("/api/tasks?limit=200").text
            if job["id"] in text:
                break
        pages = text + flower.get("/tasks").text + flower.get("/metrics").text
    assert f"render.still render-three-quarter of job {job['id']}" in text
    assert "farm.lane.render" in text
    for content in (colour, colour[1:], "secret-layer", job["artifacts"][0]["digest"]):
        assert content not in pages


def test_workers_are_listed(farm: Farm) -> None:
    names = {worker["name"].split("@")[0]: worker for worker in farm.http.get("/workers").json()["items"]}
    assert {"heavy", "light"} <= set(names)
    assert names["heavy"]["state"] == "active"
    assert "render" in names["heavy"]["lanes"]


def test_nothing_outlives_a_killed_farm_and_its_state_is_there_again(tmp_path: Path) -> None:
    with embedded(tmp_path / "data") as running, Farm(running) as farm:
        card = farm.http.post("/cards", json={"name": "Fox", "template": "card-classic"}).json()
        family = psutil.Process(running.process.pid).children(recursive=True)
        assert len(family) >= 8, family
        running.process.kill()
        _, alive = psutil.wait_procs(family, timeout=5)
        assert not alive
    with embedded(tmp_path / "data") as again, Farm(again) as farm:
        assert again.token == running.token
        assert farm.http.get(f"/cards/{card['id']}").json()["name"] == "Fox"
