"""What is wrong with this machine, and what to do about it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from farm.bus import wait_for_redis
from farm.db import open_database
from farm.errors import FarmError
from farm.redis_server import known_url
from farm.settings import Settings

FONTS = (
    Path("/usr/share/fonts/truetype/nanum/NanumGothic.ttf"),
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
)
FREE_BYTES = 5_000_000_000

# A process of its own: a broken driver crashes, and the farm imports no pixels.
_GL = (sys.executable, "-m", "renderers.devices")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One check. ``advice`` says what to do when it is not ``ok``."""

    name: str
    ok: bool
    detail: str
    advice: str = ""


def _lines(argv: Sequence[str]) -> tuple[bool, list[str]]:
    try:
        done = subprocess.run(list(argv), capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, [type(error).__name__]
    return done.returncode == 0, (done.stdout or done.stderr).strip().splitlines() or ["no answer"]


def _run(argv: Sequence[str]) -> tuple[bool, str]:
    ok, lines = _lines(argv)
    return ok, lines[0 if ok else -1]


def _gl(settings: Settings) -> Finding:
    ok, names = _lines(_GL)
    if not ok:
        advice = "install libegl1 libgl1 libgl1-mesa-dri, or a GPU driver with EGL"
        return Finding(name="OpenGL", ok=False, detail=names[-1], advice=advice)
    wanted = settings.render_device
    fit = any(wanted.lower() in name.lower() for name in names)
    there = "; ".join(names)
    return Finding(
        name="OpenGL",
        ok=fit,
        detail=there if fit else f"no device is called {wanted!r}; there are: {there}",
        advice="correct FARM_RENDER_DEVICE, or install that device's driver with EGL",
    )


_ENCODERS = ("libx264", "libvpx-vp9", "libsvtav1")


def _ffmpeg(_: Settings) -> Finding:
    program = shutil.which("ffmpeg")
    if program is None:
        return Finding(name="ffmpeg", ok=False, detail="not found", advice="install ffmpeg")
    ok, detail = _run([program, "-version"])
    missing = [name for name in _ENCODERS if name not in _run([program, "-hide_banner", "-h", f"encoder={name}"])[1]]
    return Finding(
        name="ffmpeg",
        ok=ok and not missing,
        detail=f"without {', '.join(missing)}" if missing else detail,
        advice=f"install an ffmpeg with {', '.join(_ENCODERS)}",
    )


def _redis(settings: Settings) -> Finding:
    url = settings.redis_url or known_url(settings.data_dir)
    if url is not None and wait_for_redis(url, 1.0):
        return Finding(name="Redis", ok=True, detail="answers")
    if settings.redis_url:
        return Finding(name="Redis", ok=False, detail="does not answer", advice="start it, or correct FARM_REDIS_URL")
    program = shutil.which("redis-server")
    detail = "not running; `farm up` starts its own" if program else "redis-server not found"
    return Finding(name="Redis", ok=program is not None, detail=detail, advice="install redis-server")


def _database(settings: Settings) -> Finding:
    if not settings.database_url and not (settings.data_dir / "farm.db").exists():
        return Finding(name="database", ok=True, detail="none yet; `farm up` makes it")
    try:
        database = open_database(settings)
        database.ping()
        database.close()
    except FarmError as error:
        return Finding(
            name="database", ok=False, detail=error.detail, advice="start it, or correct FARM_DATABASE_URL"
        )
    return Finding(name="database", ok=True, detail=f"{database.dialect} answers")


def _disk(settings: Settings) -> Finding:
    folder = next(path for path in (settings.data_dir, *settings.data_dir.resolve().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    return Finding(
        name="disk",
        ok=free > FREE_BYTES,
        detail=f"{free / 1e9:.1f} GB free at {folder}",
        advice="free some space, or point FARM_DATA_DIR elsewhere",
    )


def _fonts(_: Settings) -> Finding:
    missing = [font.name for font in FONTS if not font.exists()]
    return Finding(
        name="fonts",
        ok=not missing,
        detail=f"missing: {', '.join(missing)}" if missing else "Korean and Latin",
        advice="install fonts-nanum fonts-dejavu-core",
    )


CHECKS: Sequence[Callable[[Settings], Finding]] = (_gl, _ffmpeg, _redis, _database, _disk, _fonts)


def examine(settings: Settings) -> list[Finding]:
    """Every check, in order; none of them changes anything."""
    return [check(settings) for check in CHECKS]
