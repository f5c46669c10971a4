"""docker-compose.gpu.yml and Dockerfile: in shape, complete, and without secrets."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from api.roles import ROLES, chosen
from farm.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docker-compose.gpu.yml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SCHEMA = json.loads((ROOT / "tests" / "compose_schema.json").read_text())
SECRETS = {
    name: f"{name.lower()}-value"
    for name in (
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
        "S3_ACCESS_KEY",
        "S3_SECRET_KEY",
        "FARM_SECRET_KEY",
        "FLOWER_PASSWORD",
    )
}
_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:?[-?])([^}]*))?\})")


class Unset(Exception):
    pass


def interpolated(text: str, environment: Mapping[str, str]) -> str:
    """Compose's interpolation: ``$$``, ``${X}``, ``${X:-default}``, ``${X:?message}``."""

    def value(found: re.Match[str]) -> str:
        escaped, name, operator, word = found.groups()
        if escaped:
            return "$"
        if environment.get(name):
            return environment[name]
        if operator and operator.endswith("?"):
            raise Unset(f"{name}: {word}")
        return word or ""

    return _VARIABLE.sub(value, text)


def load(environment: Mapping[str, str] = SECRETS) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(interpolated(TEXT, environment))
    return found


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = load()["services"]
    return found


def test_it_is_what_compose_accepts() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(load(), SCHEMA)


def misspelt(document: dict[str, Any]) -> None:
    document["services"]["api"]["enviroment"] = {}


def two_ways_to_choose_a_device(document: dict[str, Any]) -> None:
    device = document["services"]["worker-render"]["deploy"]["resources"]["reservations"]["devices"][0]
    device["device_ids"] = ["0"]


def a_device_without_capabilities(document: dict[str, Any]) -> None:
    del document["services"]["worker-render"]["deploy"]["resources"]["reservations"]["devices"][0]["capabilities"]


def a_wrong_condition(document: dict[str, Any]) -> None:
    document["services"]["api"]["depends_on"]["redis"]["condition"] = "healthy"


def a_check_without_its_kind(document: dict[str, Any]) -> None:
    document["services"]["redis"]["healthcheck"]["test"] = ["redis-cli", "ping"]


def a_number_as_a_duration(document: dict[str, Any]) -> None:
    document["services"]["redis"]["healthcheck"]["interval"] = 5


@pytest.mark.parametrize(
    "spoil",
    [
        misspelt,
        two_ways_to_choose_a_device,
        a_device_without_capabilities,
        a_wrong_condition,
        a_check_without_its_kind,
        a_number_as_a_duration,
    ],
)
def test_a_planted_mistake_is_caught(spoil: Callable[[dict[str, Any]], None]) -> None:
    document = copy.deepcopy(load())
    spoil(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_without_a_secret_nothing_starts(name: str) -> None:
    with pytest.raises(Unset, match=name):
        load({key: value for key, value in SECRETS.items() if key != name})


def test_no_secret_is_written_in_it() -> None:
    for line in TEXT.splitlines():
        key, colon, value = line.partition(":")
        if colon and re.search(r"(PASSWORD|SECRET|ACCESS_KEY)", key) and "://" not in value:
            assert value.strip().startswith("${"), line
    assert not re.search(r"ENV .*(PASSWORD|SECRET|TOKEN)", DOCKERFILE)


def test_every_role_runs_apart() -> None:
    run = [tuple(service["command"][1:]) for service in services().values() if service["command"][:1] == ["up"]]
    assert sorted(role for names in run for role in chosen(names)) == sorted(ROLES)
    assert all(len(names) == 1 for names in run)


def test_redis_postgresql_and_s3_are_there_and_waited_for() -> None:
    found = services()
    assert {"redis", "postgres", "s3"} <= found.keys()
    for name, service in found.items():
        if service["command"][:1] == ["up"]:
            assert {"redis", "postgres", "bucket"} <= service["depends_on"].keys(), name
    for service in found.values():
        for needed, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in found[needed]


def test_the_render_worker_has_the_gpu_and_nobody_else() -> None:
    render = services()["worker-render"]
    (device,) = render["deploy"]["resources"]["reservations"]["devices"]
    assert device["driver"] == "nvidia"
    assert device["capabilities"] == ["gpu"]
    assert set(render["environment"]["NVIDIA_DRIVER_CAPABILITIES"].split(",")) == {
        "graphics",
        "video",
        "compute",
        "utility",
    }
    assert render["build"]["target"] == "gpu"
    assert [name for name, service in services().items() if "deploy" in service] == ["worker-render"]


def test_only_loopback_is_published_unless_asked() -> None:
    for service in services().values():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:")
    assert load({**SECRETS, "FARM_BIND": "0.0.0.0"})["services"]["api"]["ports"] == ["0.0.0.0:8420:8420"]


def test_the_settings_are_the_farms_own() -> None:
    known = {f"FARM_{name.upper()}" for name in Settings.model_fields} | {"FARM_URL"}
    for service in services().values():
        for name in service.get("environment", {}):
            assert not name.startswith("FARM_") or name in known, name


def test_volumes_are_declared() -> None:
    document = load()
    used = {volume.partition(":")[0] for s in document["services"].values() for volume in s.get("volumes", ())}
    assert used == document["volumes"].keys()


def test_images_name_a_version_and_no_registry() -> None:
    froms = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    images = [*froms, *(service["image"] for service in services().values())]
    assert images
    for image in images:
        assert ":" in image, image
        assert not image.endswith(":latest")
        assert "." not in image.partition("/")[0] or "/" not in image, image


def test_the_image_is_not_root_and_has_both_targets() -> None:
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)
    targets = {match[1]: stage for stage in stages if (match := re.match(r"\S+ AS (\w+)", stage))}
    assert {"cpu", "gpu"} <= targets.keys()
    for name in ("cpu", "gpu"):
        assert re.search(r"^USER farm$", targets[name], re.MULTILINE)
        assert "HEALTHCHECK" in targets[name]
        assert "libegl1" in targets[name]
        assert "ffmpeg" in targets[name]
    assert "libEGL_nvidia.so.0" in targets["gpu"]
    assert "graphics" in targets["gpu"]


def test_the_image_gets_the_whole_farm_and_nothing_else() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split("\n")
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = set(" ".join(re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)).split())
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}
    assert packages <= copied
    assert copied == kept
