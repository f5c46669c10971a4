"""Step names and their code: the literal table that heavy workers run from."""

from __future__ import annotations

from collections.abc import Mapping

from farm.steps import StepCode
from pipelines.steps import assemble, flat, model, still, turntable

STEPS: Mapping[str, StepCode] = {
    "render.still": still.render_still,
    "render.flat": flat.render_flat,
    "turntable.segment": turntable.segment,
    "turntable.join": turntable.join,
    "model.export": model.export,
    "assemble.upload": assemble.assemble,
}
