"""What a farm needs before its roles start: a data directory, secrets, Redis's address."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from farm.settings import Settings


def secret_file(path: Path) -> str:
    """The secret in a 0600 file, made on first use. Two processes that start at once agree on one."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        value = secrets.token_urlsafe(32)
        file.write(value)
    return value


def scratch_dir(settings: Settings) -> Path:
    """Where running steps keep their files: on the blob store's disk, so that a finished file is only renamed."""
    return settings.scratch_dir or settings.data_dir / "scratch"


def prepare(settings: Settings) -> Settings:
    """Makes the data directory and its secrets; the settings with everything filled in that roles share."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch_dir(settings).mkdir(parents=True, exist_ok=True)
    filled: dict[str, object] = {"data_dir": settings.data_dir.resolve()}
    if not settings.secret_key.get_secret_value():
        filled["secret_key"] = SecretStr(secret_file(settings.data_dir / "secret.key"))
    if not settings.flower_password.get_secret_value():
        filled["flower_password"] = SecretStr(secret_file(settings.data_dir / "flower.password"))
    return settings.model_copy(update=filled)


def environment(settings: Settings) -> dict[str, str]:
    """The settings as ``FARM_*`` variables, for the roles that `up` starts."""
    found = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if value is not None and value != "":
            found[f"FARM_{name.upper()}"] = str(value)
    return found
