"""What the commands say and how they end, against a farm's doors."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.cli.app import app, execute
from farm.errors import JobFault
from tests.cli.conftest import Doors, Said

Run = Callable[..., Said]
GLB = (
    b"glTF\x02\0\0\0"
    + (12 + 8 + 32).to_bytes(4, "little")
    + (32).to_bytes(4, "little")
    + b"JSON"
    + b'{"asset":{"version":"2.0"}}     '
)


@pytest.fixture
def model(tmp_path: Path, samples: Path) -> Path:
    path = tmp_path / "hat.glb"
    path.write_bytes((samples / "garments" / "mh_fedora01.glb").read_bytes())
    return path


def commands() -> list[list[str]]:
    found: list[list[str]] = [[]]
    for command in app.registered_commands:
        found.append([str(command.name)])
    for group in app.registered_groups:
        found.append([str(group.name)])
        assert group.typer_instance is not None
        found += [[str(group.name), str(c.name)] for c in group.typer_instance.registered_commands]
    return found


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_explains_itself(farm: Run, command: list[str]) -> None:
    said = farm(*command, "--help")
    assert said.code == 0
    assert "Usage:" in said.out


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from api.cli.app import execute; execute(['--help']);"
        "heavy = {'pydantic', 'sqlalchemy', 'httpx', 'rich', 'numpy', 'moderngl', 'litestar'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (["nonsense"], 2, "No such command"),
        (["schema", "nonsense"], 2, "job.kind_unknown"),
        (["check", "still", "-p", "width=99", "-p", "avatar=dress-form"], 2, "width"),
        (["check", "still", "-p", "wdith=1024"], 2, "wdith"),
        (["check", "still", "-p", "width"], 2, "key=value"),
        (["check", "still", "-p", "avatar=nobody"], 2, "catalogue.unknown_item"),
        (["check", "still", "-p", "design.avatar.visible=false"], 2, "request.invalid"),
        (["artifact", "sync"], 2, "--job"),
        (["run", "still", "-p", "avatar=dress-form", "-o", "x.exe"], 2, ".exe"),
        (["run", "still", "-p", "avatar=dress-form", "-o", "x.glb"], 2, ".glb"),
        (["db", "restore", "absent.db"], 2, "absent.db"),
        (["catalogue", "show", "nothing"], 2, "catalogue.unknown_item"),
    ],
)
def test_bad_usage_is_one_line_and_2(farm: Run, argv: list[str], code: int, words: str) -> None:
    said = farm(*argv)
    assert said.code == code
    assert words in said.err
    assert said.out == ""
    assert "Traceback" not in said.err


def test_a_farm_that_is_not_there_is_said_with_a_hint(
    farm: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FARM_URL", "http://127.0.0.1:9")
    said = farm("job", "ls")
    assert said.code == 1
    assert "farm.unavailable" in said.err
    assert "farm up" in said.err


def test_a_wrong_token_is_6(farm: Run, doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARM_TOKEN", "farm_other")
    said = farm("job", "ls")
    assert said.code == 6
    assert "auth.invalid" in said.err


def test_the_token_and_address_are_found_in_the_data_directory(
    farm: Run, doors: Doors, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "url").write_text(doors.url + "\n")
    (folder / "token").write_text("farm_test_secret\n")
    monkeypatch.delenv("FARM_URL")
    monkeypatch.delenv("FARM_TOKEN")
    assert farm("job", "ls").code == 0


def test_an_unknown_job_is_7(farm: Run, doors: Doors) -> None:
    assert farm("job", "get", "nope").code == 7


def test_a_bug_is_one_line_too(farm: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("api.cli.request.kinds", broken)
    said = farm("schema")
    assert said.code == 1
    assert said.err == "error: farm.internal: ZeroDivisionError: oops\n"
    monkeypatch.setenv("FARM_DEBUG", "1")
    assert "Traceback" in farm("schema").err


def test_what_a_step_finds_wrong_is_3(farm: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty() -> None:
        raise JobFault("export.over_budget", "too large")

    monkeypatch.setattr("api.cli.request.kinds", faulty)
    assert farm("schema").code == 3


def test_ctrl_c_is_130(farm: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("api.cli.request.kinds", interrupted)
    assert farm("schema").code == 130


@pytest.mark.parametrize("kind", ["still", "turntable", "flat", "model"])
def test_a_schema_is_json_that_has_the_design(farm: Run, kind: str) -> None:
    schema = json.loads(farm("schema", kind).out)
    assert schema["additionalProperties"] is False
    assert "design" in schema["properties"]


def test_a_plan_is_shown_and_nothing_is_submitted(farm: Run, doors: Doors) -> None:
    said = farm("plan", "turntable", "-p", "avatar=dress-form", "-p", "duration=3", "-o", "json")
    steps = json.loads(said.out)
    segments = [f"segment-{at}" for at in range(5)]
    assert [step["step"] for step in steps] == ["sides", *segments, "join-mp4"]
    assert steps[-1]["needs"] == segments
    assert doors.asked == []


# Jobs


def test_a_job_is_submitted_with_its_files(farm: Run, doors: Doors, model: Path) -> None:
    said = farm("submit", "still", "-p", "avatar=dress-form", "--wear", str(model), "--key", "k1")
    assert (said.code, said.out) == (0, "j1\n")
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    _, _, headers, body = next(row for row in doors.asked if row[:2] == ("POST", "/api/v1/jobs"))
    assert headers["Idempotency-Key"] == "k1"
    sent = json.loads(body)
    assert sent["kind"] == "still"
    assert sent["spec"]["design"]["layers"] == [{"id": "hat", "model": {"blob": digest}}]
    farm("submit", "still", str(model))
    assert len([path for path in doors.paths("POST") if path == "/api/v1/blobs"]) == 1  # the second time it was there
    assert json.loads(doors.asked[-1][3])["output_name"] == "hat"


def test_a_spec_that_the_farm_would_refuse_is_not_sent(farm: Run, doors: Doors) -> None:
    assert farm("submit", "still", "-p", "avatar=dress-form", "-p", "width=1").code == 2
    assert "/api/v1/jobs" not in doors.paths("POST")


@pytest.mark.parametrize(
    ("states", "error", "code"),
    [
        (("queued", "running", "succeeded"), None, 0),
        (("queued", "failed"), {"code": "model.truncated", "detail": "the file ends early"}, 3),
        (("queued", "cancelled"), None, 4),
        (("queued", "failed"), {"code": "farm.no_worker", "detail": ""}, 5),
        (("queued", "failed"), {"code": "farm.timeout", "detail": ""}, 124),
    ],
)
def test_a_watched_job_ends_with_its_own_code(
    farm: Run, doors: Doors, states: tuple[str, ...], error: dict[str, str] | None, code: int
) -> None:
    doors.job(*states, error=error)
    assert farm("submit", "still", "-p", "avatar=dress-form", "--wait").code == code
    assert farm("job", "wait", "j1").code == code
    said = farm("job", "watch", "j1")
    assert said.code == code
    assert (error is None) or error["code"] in said.err


def test_a_watch_that_breaks_goes_on_where_it_was(farm: Run, doors: Doors) -> None:
    doors.job("queued", "running", "running", "succeeded")

    def cut(handler: Any) -> bool:
        if handler.path.endswith("/events"):
            handler.drop()
            return True
        return False

    doors.broken += [cut, cut]
    assert farm("job", "watch", "j1").code == 0
    resumed = [headers for _, path, headers, _ in doors.asked if path.endswith("/events")]
    assert len(resumed) >= 2


def test_a_watch_ends_when_its_time_is_up(farm: Run, doors: Doors) -> None:
    doors.job("queued")
    began = time.monotonic()
    said = farm("job", "watch", "j1", "--timeout", "0.3")
    assert said.code == 124
    assert time.monotonic() - began < 5
    assert "farm.timeout" in said.err


def test_lists_come_page_by_page(farm: Run, doors: Doors) -> None:
    for number in range(5):
        doors.job("succeeded", job_id=f"j{number}")
    said = farm("job", "ls", "-o", "ndjson")
    assert [json.loads(line)["id"] for line in said.out.splitlines()] == [f"j{n}" for n in range(5)]
    assert json.loads(farm("job", "ls", "-n", "3", "-o", "json").out)[2]["id"] == "j2"
    assert farm("job", "ls", "-n", "3").out.count("succeeded") == 3


def test_what_a_farm_says_does_not_steer_the_terminal(farm: Run, doors: Doors) -> None:
    doors.job("failed", kind="\x1b[2Jstill")
    assert "\x1b" not in farm("job", "ls").out


def test_control_says_the_new_state(farm: Run, doors: Doors) -> None:
    doors.job("running")
    said = farm("job", "cancel", "j1")
    assert said.code == 0
    assert "cancelled" in said.err


def test_a_busy_farm_is_asked_again(farm: Run, doors: Doors) -> None:
    def busy(handler: Any) -> bool:
        handler.problem(503, "farm.unavailable", "starting")
        return True

    doors.job("succeeded")
    doors.broken.append(busy)
    assert farm("job", "ls").code == 0


# CSV


def rows(path: Path, header: list[str], *cells: list[Any]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *cells])
    return path


def test_a_csv_file_is_one_batch(farm: Run, doors: Doors, tmp_path: Path, model: Path) -> None:
    header = ["sku", "wear", "width", "design.name", "_note"]
    path = rows(
        tmp_path / "rows.csv",
        header,
        ["A1", "tshirt", 512, "한복", "x"],
        ["", "", "", "", ""],
        ["A2", "hat.glb, tshirt", 1024, "2024", ""],
    )
    said = farm(
        "submit", "still", "-p", "avatar=dress-form", "--csv", str(path), "--output-name", "{sku}-{row}", "--wait"
    )
    assert said.code == 0, said.err
    first, second = doors.batch_lines[0]
    assert first["output_name"] == "A1-1"
    assert first["spec"]["width"] == 512
    assert first["spec"]["design"]["name"] == "한복"
    assert second["output_name"] == "A2-3"
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    assert second["spec"]["design"]["name"] == "2024"
    assert [layer["model"] for layer in second["spec"]["design"]["layers"]] == [{"blob": digest}, {"item": "tshirt"}]


@pytest.mark.parametrize(
    ("header", "cells", "words"),
    [
        (["wdith"], ["512"], "wdith"),
        (["width", "width"], ["1", "2"], "twice"),
        (["width"], ["512", "9"], "cells"),
        (["width"], ["7"], "width"),
        (["wear"], ["absent.glb"], "absent.glb"),
        (["priority"], ["high"], "priority"),
        ([], [], "header"),
        (["width"], [], "no rows"),
    ],
)
def test_bad_rows_are_named_and_nothing_is_sent(
    farm: Run, doors: Doors, tmp_path: Path, header: list[str], cells: list[str], words: str
) -> None:
    path = rows(tmp_path / "rows.csv", header, *([cells] if cells else []))
    said = farm("submit", "still", "-p", "avatar=dress-form", "--csv", str(path))
    assert said.code == 2
    assert words in said.err
    assert doors.paths("POST") == []


def test_good_rows_can_go_alone(farm: Run, doors: Doors, tmp_path: Path) -> None:
    path = rows(tmp_path / "rows.csv", ["width"], ["512"], ["7"], ["1024"])
    said = farm("submit", "still", "-p", "avatar=dress-form", "--csv", str(path), "--partial")
    assert said.code == 0
    assert "row 2 is left out" in said.err
    assert [row["spec"]["width"] for row in doors.batch_lines[0]] == [512, 1024]


def test_a_batch_that_broke_on_the_way_is_sent_again_under_its_key(farm: Run, doors: Doors, tmp_path: Path) -> None:
    path = rows(tmp_path / "rows.csv", ["width"], *([512] for _ in range(50)))

    def cut(handler: Any) -> bool:
        handler.drop()
        return True

    doors.broken.append(cut)
    assert farm("submit", "still", "-p", "avatar=dress-form", "--csv", str(path)).code == 0
    sent = [headers["Idempotency-Key"] for _, path, headers, _ in doors.asked if "/batches" in path]
    assert len(sent) == 2
    assert len(set(sent)) == 1
    assert len(doors.batch_lines[0]) == 50


# Artifacts


def test_a_sync_brings_everything_once(farm: Run, doors: Doors, tmp_path: Path) -> None:
    doors.job("succeeded", job_id="j1")
    doors.job("succeeded", job_id="j2")
    for job, name in (("j1", "a.png"), ("j1", "b.png"), ("j1", "../../evil.png"), ("j2", "a.png")):
        doors.artifact(name, f"{job} {name}".encode(), job)
    out = tmp_path / "out"
    said = farm("artifact", "sync", "--batch", "b1", "-o", str(out))
    assert said.code == 0, said.err
    found = {str(path.relative_to(out)): path.read_text() for path in out.rglob("*") if path.is_file()}
    assert found == {
        "a.png": "j1 a.png",
        "b.png": "j1 b.png",
        "evil.png": "j1 ../../evil.png",
        "j2/a.png": "j2 a.png",
    }
    asked = len([path for path in doors.paths("GET") if "/content" in path])
    assert asked == 4
    (out / "b.png").write_bytes(b"j1 b.pnG")
    verified = farm("artifact", "verify", "--batch", "b1", "-o", str(out))
    assert verified.code == 3
    assert "differs" in verified.out
    assert farm("artifact", "sync", "--batch", "b1", "-o", str(out)).code == 0
    assert len([path for path in doors.paths("GET") if "/content" in path]) == 5
    assert farm("artifact", "verify", "--batch", "b1", "-o", str(out)).code == 0


def test_a_download_goes_on_where_it_stopped(farm: Run, doors: Doors, tmp_path: Path) -> None:
    data = bytes(range(256)) * 40
    doors.artifact("film.mp4", data)

    def half(handler: Any) -> bool:
        if "/content" not in handler.path:
            return False
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[:4000])
        handler.wfile.flush()
        handler.drop()
        return True

    doors.broken.append(half)
    said = farm("artifact", "get", "a0", "-o", str(tmp_path / "film.mp4"))
    assert said.code == 0, said.err
    assert (tmp_path / "film.mp4").read_bytes() == data
    ranges = [headers.get("Range") for _, path, headers, _ in doors.asked if "/content" in path]
    assert ranges[0] is None
    assert ranges[1] is not None
    assert not (tmp_path / "film.mp4.part").exists()


def test_bytes_that_are_not_the_artifacts_are_not_kept(farm: Run, doors: Doors, tmp_path: Path) -> None:
    doors.artifact("a.png", b"right")
    doors.contents["a0"] = b"wrong"
    said = farm("artifact", "get", "a0", "-o", str(tmp_path / "a.png"))
    assert said.code == 2
    assert "blob.digest_mismatch" in said.err
    assert list(tmp_path.glob("a.png*")) == []


def test_a_link_that_has_expired_is_asked_for_again(farm: Run, doors: Doors, tmp_path: Path) -> None:
    doors.artifact("a.png", b"right")

    def expired(handler: Any) -> bool:
        if "/content" not in handler.path:
            return False
        handler.problem(410, "link.expired", "too late")
        return True

    doors.broken.append(expired)
    assert farm("artifact", "get", "a0", "-o", str(tmp_path / "a.png")).code == 0
    assert (tmp_path / "a.png").read_bytes() == b"right"


def test_a_closed_pipe_is_no_error() -> None:
    code = f"{sys.executable} -m api.cli catalogue ls | head -1"
    ended = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=False)
    assert ended.stderr == ""
    assert execute(["catalogue", "ls"]) == 0


def test_why_names_the_lane_that_nobody_serves(farm: Run, doors: Doors) -> None:
    step = {"key": "render", "lane": "render", "state": "ready", "done": 0, "total": 1}
    doors.job("queued", steps=[step])
    said = farm("job", "why", "j1")
    assert said.code == 5
    assert "'render'" in said.out
    worker = {"name": "w", "state": "active", "alive": True, "lanes": ["render"]}
    doors.workers.append(worker)
    said = farm("job", "why", "j1")
    assert said.code == 0
    assert "7 jobs" in said.out
    worker["state"] = "draining"
    assert farm("job", "why", "j1").code == 5


def test_logs_are_read_to_the_end(farm: Run, doors: Doors) -> None:
    doors.job("succeeded")
    doors.logs = [
        {"id": str(n), "at": "t", "step": "render", "level": "info", "message": f"line {n}"} for n in range(5)
    ]
    assert farm("job", "logs", "j1", "-f").out.splitlines() == [f"t  render  info  line {n}" for n in range(5)]
