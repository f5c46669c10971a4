"""The checks of `farm doctor`, and which of them were asked for: a container asks for one or two as its health."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from api.cli.request import bad
from farm import doctor
from farm.doctor import Finding
from farm.settings import Settings


def http(settings: Settings) -> Finding:
    """Whether the door on this machine is ready."""
    import httpx

    url = f"http://127.0.0.1:{settings.http_port}/ready"
    try:
        status = httpx.get(url, timeout=5).status_code
    except httpx.HTTPError as error:
        return Finding(name="HTTP", ok=False, detail=f"{url}: {error}", advice="start it: `farm up api`")
    return Finding(
        name="HTTP", ok=status == 200, detail=f"{url} answers {status}", advice="look at the log of the role api"
    )


def check(only: Sequence[str]) -> list[Finding]:
    """The findings of the checks named, of all that concern the machine itself when none is.

    Raises Refused ``request.invalid`` for a check that there is not.
    """
    settings = Settings()
    if not only:
        return doctor.examine(settings)
    known: Mapping[str, Callable[[Settings], Finding]] = {
        **{one.__name__.strip("_"): one for one in doctor.CHECKS},
        "http": http,
    }
    unknown = [name for name in only if name not in known]
    if unknown:
        raise bad(f"there is no check {unknown[0]!r}; there are {', '.join(known)}")
    return [known[name](settings) for name in only]
