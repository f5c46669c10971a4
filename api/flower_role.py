"""The role `flower`: Celery's dashboard, behind basic auth on every path.

Flower's own basic auth leaves ``/metrics`` and ``/healthcheck`` open, so the check is made before its routing.
Our messages carry only a lane's name, so no content of a job can show up here.
"""

from __future__ import annotations

import base64
import hmac
import os
from typing import Any

import tornado.web
from flower import command as flower_command
from flower.app import Flower

from farm import log
from farm.celery_app import make_app
from farm.lanes import LANES
from farm.process import tie_to_parent, watch_parent
from farm.runtime import prepare
from farm.settings import Settings


class Unauthorised(tornado.web.RequestHandler):
    """401 for everything."""

    def prepare(self) -> None:
        """Answers before any method is looked at."""
        self.set_status(401)
        self.set_header("WWW-Authenticate", 'Basic realm="flower"')
        self.finish("A user and a password are needed.\n")


def guarded(user: str, password: str) -> type[Flower]:
    """Flower's application with a door in front of its router."""
    expected = b"Basic " + base64.b64encode(f"{user}:{password}".encode())

    class Guarded(Flower):  # type: ignore[misc]
        def find_handler(self, request: Any, **kwargs: Any) -> Any:
            given = request.headers.get("Authorization", "").encode()
            if not hmac.compare_digest(given, expected):
                return self.get_handler_delegate(request, Unauthorised)
            return super().find_handler(request, **kwargs)

    return Guarded


def main() -> None:
    """Runs until it is told to stop. The password travels by environment, where `ps` does not show it."""
    tie_to_parent()
    watch_parent()
    settings = prepare(Settings())
    log.configure("flower", settings.log_level)
    user, password = settings.flower_user, settings.flower_password.get_secret_value()
    os.environ["FLOWER_BASIC_AUTH"] = f"{user}:{password}"
    flower_command.Flower = guarded(user, password)
    app = make_app(settings.redis_url, lanes=LANES)
    folder = settings.data_dir / "flower"
    folder.mkdir(parents=True, exist_ok=True)
    app.start(
        [
            "flower",
            f"--address={settings.http_host}",
            f"--port={settings.flower_port}",
            "--persistent=True",
            f"--db={folder / 'flower.db'}",
            "--state_save_interval=30000",
            "--max_tasks=10000",
            "--enable_events=True",
            "--inspect_timeout=2000",
        ]
    )


if __name__ == "__main__":
    main()
