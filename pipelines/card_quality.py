"""Which quality a card's pictures get: the best that a deadline leaves time for, and less under load where that is
allowed; as for stills and turntables, decided at intake.
"""

from __future__ import annotations

from collections.abc import Sequence

from assets.scene import Quality
from farm.jobs import Resolver
from pipelines.card_outputs import Output, ShareOutput, StillOutput, TiltOutput
from pipelines.cost import Work
from pipelines.quality import LADDER, LANE, Choice, choose
from pipelines.turntable import segments

LOOP_SEGMENT = 50
"""Frames of a loop that one worker draws at most: a card is drawn so fast that starting an encoder counts."""
SHARED_SIDE = 1400
"""Pixels a side of the pictures that those to share are laid out from."""
_DRAWN = (StillOutput, TiltOutput, ShareOutput)


def chosen(
    outputs: Sequence[Output], resolver: Resolver, *, deadline_s: float | None, allow_lower: bool
) -> Choice | None:
    """The choice for all outputs that are drawn under the lamps; None when nothing is left to choose."""
    asked = [output.quality for output in outputs if isinstance(output, _DRAWN)]
    if not asked or (deadline_s is None and not allow_lower):
        return None
    best = min(asked, key=LADDER.index)
    return choose(work(outputs), best, resolver.load(LANE), LANE, deadline_s=deadline_s, allow_lower=allow_lower)


def lowered(outputs: Sequence[Output], choice: Choice | None) -> tuple[Output, ...]:
    """The outputs, none of a better quality than was chosen."""
    if choice is None:
        return tuple(outputs)
    most = LADDER.index(Quality(choice.quality))
    return tuple(
        output.model_copy(update={"quality": LADDER[max(most, LADDER.index(output.quality))]})
        if isinstance(output, _DRAWN)
        else output
        for output in outputs
    )


def work(outputs: Sequence[Output]) -> Work:
    """All that is drawn under the lamps, as so many frames of a mean size; a card costs about what a design's pixels
    do.
    """
    frames = parts = pixels = 0
    encodings = 1
    for output in outputs:
        if isinstance(output, StillOutput):
            count, size = (2 if output.side == "both" else 1), output.width * output.height
            parts += count
        elif isinstance(output, TiltOutput):
            count, size = output.frames, output.size[0] * output.size[1]
            parts += len(segments(count, LOOP_SEGMENT))
            encodings = max(encodings, len(output.formats))
        elif isinstance(output, ShareOutput):
            count, size = 2, SHARED_SIDE**2
            parts += 1
        else:
            continue
        frames += count
        pixels += count * size
    return Work(width=pixels // max(1, frames), height=1, frames=frames, parts=max(1, parts), encodings=encodings)
