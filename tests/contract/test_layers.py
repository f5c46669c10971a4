"""The import contract holds, and a planted violation of each of its rules is caught."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("api", "assets", "exporters", "farm", "pipelines", "renderers")


def lint(where: Path) -> subprocess.CompletedProcess[str]:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [str(lint_imports), "--no-cache", "--no-logo"],
        cwd=where,
        env={**os.environ, "PYTHONPATH": str(where), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in PACKAGES:
        shutil.copytree(
            ROOT / name,
            tmp_path / name,
            ignore=shutil.ignore_patterns("__pycache__", "catalogue_data", "*.png", "*.glb", "*.npz"),
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contract_holds_here() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("place", "line", "contract"),
    [
        ("assets/planted.py", "import farm.jobs", "api over pipelines"),
        ("assets/planted.py", "import renderers", "api over pipelines"),
        ("farm/planted.py", "import renderers", "api over pipelines"),
        ("farm/planted.py", "import api.http", "api over pipelines"),
        ("renderers/planted.py", "import exporters", "api over pipelines"),
        ("exporters/planted.py", "import farm.plan", "api over pipelines"),
        ("pipelines/planted.py", "import api.http", "api over pipelines"),
        ("api/planted.py", "import renderers", "without GL"),
        ("api/planted.py", "import exporters.image", "without GL"),
        ("api/planted.py", "import pipelines.steps.registry", "without GL"),
        ("api/planted.py", "import pipelines.worker", "without GL"),
        ("api/planted.py", "import moderngl", "without GL"),
        ("api/planted.py", "import av", "without GL"),
        ("pipelines/kinds.py", "import pipelines.steps.still", "without GL"),
        ("api/identity/planted.py", "import api.cards.schemas", "slices are layers"),
        ("api/jobs/planted.py", "import api.cards.schemas", "slices are layers"),
    ],
)
def test_a_planted_violation_is_caught(copy: Path, place: str, line: str, contract: str) -> None:
    file = copy / place
    file.write_text((file.read_text() if file.exists() else '"""Planted."""\n') + f"\n{line}\n")
    done = lint(copy)
    assert done.returncode != 0, done.stdout
    broken = [row for row in done.stdout.splitlines() if "BROKEN" in row]
    assert any(contract in row for row in broken), done.stdout
