"""How a benchmark ends: its last line is one JSON object; with ``--json`` it prints nothing else."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from typing import Any


def arguments(description: str | None, **defaults: float | str) -> argparse.Namespace:
    """``--json`` and one option for each default."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print the JSON line only")
    for name, value in defaults.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    return parser.parse_args()


def say(options: argparse.Namespace, text: str) -> None:
    """A line for people."""
    if not options.json:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def finish(figures: dict[str, Any]) -> None:
    """The JSON line, with the machine it was measured on."""
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    sys.stdout.write(json.dumps({**figures, "host": machine}) + "\n")


def json_bytes(value: Any) -> bytes:
    """A document as a client would send it."""
    return json.dumps(value).encode()
