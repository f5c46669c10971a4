"""An embedded farm's first token: made on start, in a file that only its user can read."""

from __future__ import annotations

import os
from pathlib import Path

from api.identity import tokens
from farm.db import Database
from farm.errors import Refused
from farm.settings import Settings


def first_token(db: Database, settings: Settings) -> Path:
    """``<data_dir>/token`` (mode 0600): made when it is missing or no longer good."""
    path = settings.data_dir / "token"
    if path.exists():
        try:
            with db.read() as conn:
                tokens.verify(conn, path.read_text().strip())
        except Refused:
            path.unlink()
        else:
            return path
    _, text = tokens.create(db, owner="local", tier="studio", scopes=tokens.SCOPES, name="made on first start")
    part = settings.data_dir / f".token-{os.getpid()}"
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")
    part.replace(path)
    return path
