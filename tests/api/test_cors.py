"""Pages of other origins: only those that the settings name."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.api.conftest import door

STUDIO = "https://studio.example"


def test_a_page_of_a_named_origin_may_speak_tus(tmp_path: Path) -> None:
    with door(tmp_path, cors_origins=f"{STUDIO}, https://other.example") as farm:
        asked = httpx.options(
            f"{farm.url}/api/v1/tus/some-id",
            headers={
                "Origin": STUDIO,
                "Access-Control-Request-Method": "PATCH",
                "Access-Control-Request-Headers": "authorization,tus-resumable,upload-offset",
            },
        )
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-origin"] == STUDIO
        assert "upload-offset" in asked.headers["access-control-allow-headers"]
        with farm.client(farm.token("ann"), Origin=STUDIO) as client:
            made = client.post("/tus", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "4"})
            assert made.status_code == 201
            assert made.headers["access-control-allow-origin"] == STUDIO
            assert "Upload-Offset" in made.headers["access-control-expose-headers"]
            foreign = client.get("/uploads", headers={"Origin": "https://evil.example"})
            assert foreign.headers.get("access-control-allow-origin") is None


def test_without_the_setting_no_page_may_call(tmp_path: Path) -> None:
    with door(tmp_path) as farm, farm.client(farm.token("ann"), Origin=STUDIO) as client:
        assert "access-control-allow-origin" not in client.get("/uploads").headers
