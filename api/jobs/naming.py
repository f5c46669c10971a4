"""Output names of a batch: a template such as ``{index:03}-{name}``, filled in for each row."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from farm.artifacts import safe_name
from farm.errors import Refused

PLACES = ("index", "name", "kind", "batch")
_PLACE = re.compile(r"\{([a-z_]*)(?::0?([1-9]))?\}")


def checked(template: str) -> str:
    """The template itself. Raises Refused ``request.invalid`` for a placeholder that does not exist."""
    found = [match.group(1) for match in _PLACE.finditer(template)]
    unknown = sorted(set(found) - set(PLACES))
    if unknown or "{" in _PLACE.sub("", template) or "}" in _PLACE.sub("", template):
        allowed = ", ".join(f"{{{place}}}" for place in PLACES)
        raise Refused(
            "request.invalid", f"output_name may hold {allowed} and {{index:03}}", {"path": "query.output_name"}
        )
    return template


def filled(template: str, *, index: int, kind: str, name: str, batch: str) -> str:
    """The template with a row's values; ``index`` counts from 1. Safe as a file name."""
    values = {"index": str(index), "kind": kind, "name": name, "batch": batch}

    def value(match: re.Match[str]) -> str:
        width = int(match.group(2) or 0)
        return values[match.group(1)].rjust(width, "0")

    return safe_name(_PLACE.sub(value, template))


class _Named(msgspec.Struct):
    name: str = ""


class _Spec(msgspec.Struct):
    design: Any = None
    card: Any = None


def design_name(spec: bytes) -> str:
    """The name of the design or the card in a spec, "design" or "card" where there is none."""
    otherwise = "design"
    try:
        found = msgspec.json.decode(spec, type=_Spec)
        if found.card is not None:
            otherwise = "card"
        name = msgspec.convert(found.card if otherwise == "card" else found.design, _Named).name
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return otherwise
    return name.strip() or otherwise
