"""From a closed design to a scene: what is read, and what stays warm."""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
import pytest

from assets.errors import ImageError
from assets.scene import Tone
from farm.steps import StepContext
from pipelines.steps.content import drawn

HDR = "d" * 64


class Context:
    """A step's context with one blob; counts how often that is read."""

    def __init__(self, blob: bytes) -> None:
        self.resources: dict[str, Any] = {}
        self.reads = 0
        self._blob = blob

    def blob(self, digest: str) -> bytes:
        assert digest == HDR
        self.reads += 1
        return self._blob

    def log(self, message: str, *, level: str = "info") -> None:
        """Nobody reads it."""

    def check(self) -> None:
        """Never stopped."""


def lit(**lighting: object) -> dict[str, Any]:
    return {
        "avatar": None,
        "layers": [{"id": "tee", "model": {"item": "tshirt"}}],
        "canvas": {"lighting": {"environment": {"blob": HDR}, **lighting}},
    }


def test_a_file_of_light_is_read_once_for_all_designs_that_it_lights() -> None:
    sky = np.full((8, 16, 3), 0.5, np.float32)
    sky[1, 4] = 900
    context = Context(cv2.imencode(".hdr", sky)[1].tobytes())
    for exposure in (0.0, 1.0):
        _, scene = drawn(cast("StepContext", context), lit(exposure=exposure, tone="aces"), {f"blob:{HDR}": HDR})
        assert scene.lighting.environment is not None
        assert scene.lighting.environment.key.irradiance[0] > 1
        assert scene.lighting.tone is Tone.ACES
    assert context.reads == 1
    assert len(context.resources["designs"]) == 1  # light does not change the model


def test_a_file_that_is_no_light_is_the_jobs_fault() -> None:
    with pytest.raises(ImageError) as caught:
        drawn(cast("StepContext", Context(b"#?RADIANCE\n")), lit(), {f"blob:{HDR}": HDR})
    assert caught.value.code == "environment.type"
