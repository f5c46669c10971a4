"""The role `api`: the HTTP intake on Granian."""

from __future__ import annotations

from farm import log
from farm.process import tie_to_parent, watch_parent
from farm.settings import Settings


def main() -> None:
    """Serves until it is told to stop."""
    from granian import Granian
    from granian.constants import Interfaces, Loops

    tie_to_parent()
    watch_parent()
    settings = Settings()
    log.configure("api", settings.log_level)
    Granian(
        "api.app:app",
        address=settings.http_host,
        port=settings.http_port,
        interface=Interfaces.ASGI,
        workers=settings.http_workers,
        loop=Loops.auto,
        factory=True,
        websockets=False,
        log_access=False,
        respawn_failed_workers=True,
        process_name="farm-api",
    ).serve()


if __name__ == "__main__":
    main()
