"""Step names and their code: the literal table that heavy workers run from."""

from __future__ import annotations

from collections.abc import Mapping

from farm.steps import StepCode
from pipelines.steps import assemble, card, card_tilt, flat, model, still, techpack, turntable

STEPS: Mapping[str, StepCode] = {
    "render.still": still.render_still,
    "render.flat": flat.render_flat,
    "turntable.sides": turntable.sides,
    "turntable.segment": turntable.segment,
    "turntable.join": turntable.join,
    "model.export": model.export,
    "card.still": card.still,
    "card.share": card.shares,
    "card.maps": card.maps,
    "card.model": card.model,
    "card.print": card.print_file,
    "card.tilt": card_tilt.part,
    "card.join": card_tilt.join,
    "techpack.flat": techpack.flat,
    "techpack.render": techpack.render,
    "techpack.measure": techpack.measure,
    "techpack.looks": techpack.looks,
    "techpack.compose": techpack.compose,
    "assemble.upload": assemble.assemble,
}
