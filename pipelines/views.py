"""The views that a job may ask for, as strings: names, details of a region, and cameras of the model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Discriminator, StringConstraints, Tag, WithJsonSchema

Side = Literal["front", "back", "left", "right", "side", "three-quarter", "three-quarter-back", "top", "custom"]
_SIDES = get_args(Side)
_DETAIL = re.compile(r"detail:[^@/\\\x00-\x1f]{1,100}(@(" + "|".join(_SIDES) + r"))?")


def _detail(value: str) -> str:
    if not _DETAIL.fullmatch(value):
        msg = (
            f"write detail:REGION or detail:REGION@VIEW, such as 'detail:collar@back'; views are {', '.join(_SIDES)}"
        )
        raise ValueError(msg)
    return value


Detail = Annotated[
    str,
    AfterValidator(_detail),
    WithJsonSchema({"type": "string", "pattern": f"^{_DETAIL.pattern}$", "examples": ["detail:collar"]}),
]
"""``detail:REGION`` or ``detail:REGION@VIEW``."""


_CAMERA = r"camera:[^\x00-\x1f]{1,100}"
ModelCamera = Annotated[str, StringConstraints(pattern=f"^{_CAMERA}$")]
"""``camera:NAME``, or ``camera:0`` for the first."""


def _shape(value: Any) -> str:
    start, colon, _ = value.partition(":") if isinstance(value, str) else ("", "", "")
    return start if colon and start in {"detail", "camera"} else "side"


ViewName = Annotated[
    Annotated[Side, Tag("side")] | Annotated[Detail, Tag("detail")] | Annotated[ModelCamera, Tag("camera")],
    Discriminator(_shape),
]
"""A side, or a region of the design: a layer, a node or a material by name, or what a garment of the catalogue
calls so ("detail:collar"); or a camera that the model brings ("camera:Packshot")."""


def same(view: str) -> str:
    """The view under one name: "side" is "left"."""
    return "left" if view == "side" else view


def slugs(views: Sequence[str]) -> tuple[str, ...]:
    """Each view as a part of a file name: letters, digits and "-", each once."""
    found: list[str] = []
    for view in views:
        slug = re.sub(r"[\W_]+", "-", view).strip("-").lower() or "detail"
        count = 2
        plain = slug
        while slug in found:
            slug, count = f"{plain}-{count}", count + 1
        found.append(slug)
    return tuple(found)
