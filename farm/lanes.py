"""The lanes: classes of work with their own queue, workers, batch size and limits. One literal table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Lane:
    """``batch``: jobs in one claim. ``lease_s``: how long a claim holds without renewal. ``wakes``: wake-ups
    kept in flight per worker. ``max_age_s`` (light): oldest queued job before 429. ``max_depth`` (heavy):
    unfinished jobs of one owner before 429. ``busy_depth`` (heavy): ready steps for each worker from which on jobs
    that allow it are drawn at less than the quality they ask for. ``step_timeout_s``: a step's wall-clock limit.
    ``cached``: whether equal steps are done once.
    """

    name: str
    light: bool
    batch: int = 1
    lease_s: float = 15.0
    wakes: int = 4
    max_age_s: float = 20.0
    max_depth: int = 20_000
    busy_depth: int = 16
    step_timeout_s: float = 3600.0
    max_attempts: int = 4
    cached: bool = True


LANES: Mapping[str, Lane] = {
    lane.name: lane
    for lane in (
        Lane(name="render", light=False),
        Lane(name="encode", light=False),
        Lane(name="export", light=False),
        Lane(name="assemble", light=False, cached=False),
        Lane(name="cards", light=True, batch=64, wakes=1),
        Lane(name="designs", light=True, batch=64, wakes=1),
        Lane(name="chat", light=True, batch=64, wakes=1),
    )
}
HEAVY = tuple(lane.name for lane in LANES.values() if not lane.light)
LIGHT = tuple(lane.name for lane in LANES.values() if lane.light)

TIER_WEIGHTS: Mapping[str, int] = {"free": 1, "pro": 4, "studio": 8}
"""Share of a lane that one owner of a tier gets while others wait (weighted round robin)."""
