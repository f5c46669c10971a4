"""A heavy worker whose renderer sleeps instead of computing: what is left is the farm's own part in a turntable.

Run as ``python -m benchmarks.sleeper`` with the settings of a farm that has no heavy worker of its own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any, Final, cast

import numpy as np

from assets.scene import Frame, Renderer, Scene, Target, View
from pipelines import worker
from pipelines.steps import content

SECONDS: Final = "SLEEPER_SECONDS"


class Sleeper:
    """A :class:`assets.scene.Renderer` that gives a frame every so many seconds, none like the one before."""

    device = "sleeper"
    cached_bytes = 0

    def frames(self, scene: Scene, views: Iterable[View], target: Target) -> Iterator[Frame]:
        """uint8[h, w, 4] for each view; the array is used again."""
        del scene
        frame = np.full((target.height, target.width, 4), 255, np.uint8)
        frame[..., :3] = np.linspace(0, 255, target.width).astype(np.uint8)[None, :, None]
        for view in views:
            frame[:2, :, :3] = round(view.turn * 1e4) % 251  # a frame like the one before is drawn again
            time.sleep(float(os.environ[SECONDS]))
            yield frame


def main() -> None:
    """The worker's own main, with what it draws with replaced before its children are made."""
    sleeper = cast("Renderer", Sleeper())

    def opened(resources: MutableMapping[str, Any]) -> Renderer:
        del resources
        return sleeper

    content.opened = opened
    worker.main()


if __name__ == "__main__":
    main()
