"""Watermarks: a text over pictures and films of designs, asked for by a job or laid on by the farm."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import StringConstraints

from farm.jobs import Spec

Watermark = Annotated[
    str, StringConstraints(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$")
]
FIELD = "watermark"


def marked(spec: Spec, text: str) -> Spec:
    """The spec with ``text`` over all that can bear a watermark, in its own one's place; a bundle's parts too."""
    changes: dict[str, Any] = {}
    for name in type(spec).model_fields:
        value = getattr(spec, name)
        if name == FIELD:
            changes[name] = text
        elif isinstance(value, Spec) and (found := marked(value, text)) is not value:
            changes[name] = found
    return spec.model_copy(update=changes) if changes else spec
