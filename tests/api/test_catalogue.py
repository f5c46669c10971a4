"""The catalogue over HTTP: lists, filters, one item, pictures, and what is refused at intake for it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from assets import collection
from assets.collection import listings
from tests.api.conftest import Farm


def ids(http: httpx.Client, **wanted: str) -> list[str]:
    seen, cursor = [], None
    while True:
        page = http.get("/catalogue", params={"limit": 200, **wanted, **({"cursor": cursor} if cursor else {})})
        assert page.status_code == 200, page.text
        seen += [item["id"] for item in page.json()["items"]]
        cursor = page.json()["next"]
        if cursor is None:
            return seen


def test_everything_that_ships_is_listed_in_order(http: httpx.Client) -> None:
    assert ids(http) == list(listings())
    assert ids(http, limit="7") == list(listings())
    kinds = [listings()[item].kind for item in ids(http)]
    assert kinds == sorted(kinds, key=collection.KINDS.index)


@pytest.mark.parametrize(
    ("wanted", "there", "absent"),
    [
        ({"kind": "fabric", "fibre": "wool"}, "tweed", "denim"),
        ({"q": "티셔츠", "fits": "mannequin-male-l"}, "tee", "tshirt"),
        ({"q": "Single JERSEY"}, "jersey", "tie-dye"),
        ({"kind": "avatar", "size": "XS"}, "mannequin-neutral-xs", "mannequin-neutral"),
        ({"covers": "hips", "pose": "walk"}, "dress", "skirt"),
        ({"depth": "20", "cloth": "silk-satin"}, "dress", "tee"),
        ({"kind": "outfit", "fits": "dress-form"}, "outfit-atelier", "outfit-evening"),
        ({"tag": "Pile", "licence": "CC0-1.0"}, "velvet", "jersey"),
    ],
)
def test_filters_are_all_met(http: httpx.Client, wanted: dict[str, str], there: str, absent: str) -> None:
    found = ids(http, **wanted)
    assert there in found
    assert absent not in found
    assert ids(http, limit="1", **wanted) == found


def test_one_item_says_what_it_fits_and_is_made_of(http: httpx.Client) -> None:
    tee = http.get("/catalogue/tee").json()
    assert (tee["name_en"], tee["name_ko"]) == (listings()["tee"].name_en, listings()["tee"].name_ko)
    assert tee["worn"]["figures"] == ["mannequin-female", "mannequin-male", "mannequin-neutral"]
    assert (tee["worn"]["depth"], tee["worn"]["cloth"], tee["licence"]) == (20, "jersey", "CC0-1.0")
    assert [size["name"] for size in tee["sizes"]] == ["XS", "S", "M", "L", "XL"]
    assert tee["regions"]["collar"]["low"][1] < tee["regions"]["collar"]["high"][1]
    denim = http.get("/catalogue/denim").json()["fabric"]
    assert (denim["weight_gsm"], denim["composition"], denim["repeat_mm"]) == (460, {"cotton": 100}, 42)
    assert http.get("/catalogue/cosmos").json()["details"]["grating"]["orders"] == 2
    assert http.get("/catalogue/card-classic").json()["details"]["size_mm"] == [63, 88]
    absent = http.get("/catalogue/cape")
    assert (absent.status_code, absent.json()["code"]) == (404, "not_found")


def test_an_outfits_design_is_taken_as_it_stands(http: httpx.Client) -> None:
    design = http.get("/catalogue/outfit-evening").json()["design"]
    made = http.post("/jobs", json={"kind": "still", "spec": {"design": design, "preset": "thumbnail"}})
    assert made.status_code == 202, made.text


def test_answers_need_not_be_sent_twice(http: httpx.Client) -> None:
    for path in ("/catalogue?kind=fabric", "/catalogue/tee"):
        first = http.get(path)
        assert first.headers["cache-control"] == "private, no-cache"
        again = http.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    assert http.get("/catalogue?kind=avatar").headers["etag"] != http.get("/catalogue?kind=fabric").headers["etag"]


def test_pictures_need_no_token_and_may_be_kept(farm: Farm, http: httpx.Client) -> None:
    address = http.get("/catalogue/denim").json()["thumbnail"]
    shown = httpx.get(farm.url + address)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert shown.headers["cross-origin-resource-policy"] == "cross-origin"
    assert shown.content == collection.thumbnail("denim")
    again = httpx.get(farm.url + address, headers={"If-None-Match": shown.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for unmarked in (address.partition("?")[0], f"{address[:-1]}x"):
        assert httpx.get(farm.url + unmarked).headers["cache-control"] == "public, no-cache"
    absent = httpx.get(f"{farm.url}/api/v1/catalogue/cape/thumbnail")
    assert (absent.status_code, absent.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("cursor", ["nonsense", "Y2FwZQ", "%F0"])
def test_a_cursor_that_no_page_made_is_refused(http: httpx.Client, cursor: str) -> None:
    bad = http.get("/catalogue", params={"cursor": cursor})
    assert (bad.status_code, bad.json()["code"]) == (400, "request.cursor")


@pytest.mark.parametrize("wanted", [{"depth": "-1"}, {"depth": "outer"}, {"q": "x" * 101}, {"limit": "0"}])
def test_filters_are_bounded(http: httpx.Client, wanted: dict[str, str]) -> None:
    bad = http.get("/catalogue", params=wanted)
    assert (bad.status_code, bad.json()["code"]) == (422, "request.invalid")


@pytest.mark.parametrize(
    ("design", "code", "path"),
    [
        (
            {"avatar": {"model": {"item": "mannequin-male"}}, "layers": [{"id": "a", "model": {"item": "skirt"}}]},
            "design.wrong_figure",
            "design.layers[0].model",
        ),
        (
            {
                "avatar": {"model": {"item": "mannequin-female"}, "pose": {"animation": "seated"}},
                "layers": [{"id": "a", "model": {"item": "dress"}}],
            },
            "design.wrong_pose",
            "design.avatar.pose.animation",
        ),
    ],
)
def test_what_cannot_look_right_is_refused_with_what_to_change(
    http: httpx.Client, design: dict[str, Any], code: str, path: str
) -> None:
    bad = http.post("/jobs", json={"kind": "still", "spec": {"design": design}})
    assert (bad.status_code, bad.json()["code"]) == (422, code)
    assert path in bad.json()["detail"]
    korean = http.post("/jobs", json={"kind": "still", "spec": {"design": design}}, headers={"Accept-Language": "ko"})
    assert any("가" <= letter <= "힣" for letter in korean.json()["title"])


def test_the_document_shows_what_comes_back(farm: Farm) -> None:
    document = httpx.get(f"{farm.url}/openapi.json").json()["paths"]
    answer = document["/api/v1/catalogue/{item_id}"]["get"]["responses"]["200"]["content"]["application/json"]
    values = [example["value"] for example in answer["examples"].values()]
    assert {value["kind"] for value in values} == {"garment", "fabric", "outfit"}
    answer = document["/api/v1/catalogue"]["get"]["responses"]["200"]["content"]["application/json"]
    assert [item["id"] for item in next(iter(answer["examples"].values()))["value"]["items"]] == ["tee", "denim"]
