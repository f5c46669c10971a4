"""Entity tags (RFC 9110, 8.8.3); apart from the rest of HTTP, because commands answer with them too."""

from __future__ import annotations


def etag(version: int | str) -> str:
    """A strong validator (RFC 9110, 8.8.3)."""
    return f'"{version}"'


def etags(value: str) -> tuple[str, ...] | None:
    """The tags of If-Match or If-None-Match without their quotes; None for ``*``. A weak one counts as its name."""
    if value.strip() == "*":
        return None
    tags = (part.strip().removeprefix("W/") for part in value[:2000].split(","))
    return tuple(tag[1:-1] for tag in tags if len(tag) >= 2 and tag[0] == tag[-1] == '"')
