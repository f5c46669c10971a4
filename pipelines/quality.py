"""Which quality a job gets, decided at intake: the best that a deadline leaves time for, and less under load where
the client allows it. A worker draws what the closed spec says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

from pydantic import Field

from assets import catalogue
from assets.design import Design, Ref
from assets.scene import Quality
from farm.jobs import Load, Resolver, Spec
from farm.lanes import LANES
from pipelines import cost
from pipelines.closing import as_design, places
from pipelines.cost import CPU, GPU, Work

Deadline = Annotated[float, Field(ge=1, le=604_800)]
"""Seconds from submission until the files should be there."""

LANE = "render"
LADDER = (Quality.FINAL, Quality.PREVIEW, Quality.DRAFT)
_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "swiftshader")
_BYTES_A_TRIANGLE = 40  # of a model that nobody looked into
_FULL = 4  # times its busy depth, a lane is so far behind that only drafts help


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was decided and why, with the qualities as the kind calls them. ``reason``: "fits", "deadline" (lowered
    for it), "load" (lowered under load) or "late" (not even the least is expected in time). ``estimate_s`` counts
    what waits before.
    """

    quality: str
    asked: str
    reason: str
    detail: str
    estimate_s: float
    deadline_s: float | None


def chosen(
    work: Work,
    design: Design | Ref,
    resolver: Resolver,
    asked: Quality,
    *,
    deadline_s: float | None,
    allow_lower: bool,
    names: Mapping[Quality, str] | None = None,
) -> Choice | None:
    """The choice for work in the render lane; None, without a question to anybody, when the spec leaves none."""
    if deadline_s is None and not allow_lower:
        return None
    return choose(
        weighed(work, design, resolver),
        asked,
        resolver.load(LANE),
        LANE,
        deadline_s=deadline_s,
        allow_lower=allow_lower,
        names=names,
    )


def recorded(spec: Spec, choice: Choice | None) -> dict[str, Any]:
    """The closed spec as JSON, with what was chosen; without its ``chosen`` it can be sent again."""
    document = spec.model_dump(mode="json")
    return document if choice is None else {**document, "chosen": asdict(choice)}


def weighed(work: Work, given: Design | Ref, resolver: Resolver) -> Work:
    """The work with the triangles and texels of a design that was closed with this resolver."""
    triangles = texels = 0
    for _, ref, _ in places(as_design(given)):
        more = _of_item(ref.item) if ref.item is not None else _of_blob(ref, resolver)
        triangles, texels = triangles + more[0], texels + more[1]
    return replace(work, triangles=triangles, texels=texels)


def choose(
    work: Work,
    asked: Quality,
    load: Load,
    lane: str,
    *,
    deadline_s: float | None,
    allow_lower: bool,
    names: Mapping[Quality, str] | None = None,
) -> Choice:
    """``asked`` or less: one step less when the lane is busy and that is allowed, drafts when it is very busy; then
    the best that is expected within the deadline. ``names`` are what the kind calls its qualities.
    """
    called = names or {quality: quality.value for quality in Quality}
    hands = max(1, load.workers, load.running)
    each = load.waiting / hands
    busy = LANES[lane].busy_depth
    steps_down = 0 if not allow_lower or each < busy else 1 if each < _FULL * busy else len(LADDER)
    ladder = LADDER[min(LADDER.index(asked) + steps_down, len(LADDER) - 1) :]
    expected = [_expected(work, quality, asked, load, hands) for quality in ladder]
    in_time = [at for at, seconds in enumerate(expected) if deadline_s is None or seconds <= deadline_s]
    at = in_time[0] if in_time else len(ladder) - 1
    if not in_time:
        late = (
            f"even {called[ladder[at]]} takes about {expected[at]:g} s, more than the {deadline_s:g} s that are left"
        )
        reason, detail = "late", late
    elif at:
        reason = "deadline"
        detail = f"{called[ladder[0]]} would take about {expected[0]:g} s of the {deadline_s:g} s that are left"
    elif ladder[0] is not asked:
        reason, detail = "load", f"{load.waiting} steps wait for {hands} workers"
    else:
        reason, detail = "fits", f"{called[asked]} takes about {expected[0]:g} s"
    return Choice(
        quality=called[ladder[at]],
        asked=called[asked],
        reason=reason,
        detail=detail,
        estimate_s=expected[at],
        deadline_s=deadline_s,
    )


def _expected(work: Work, quality: Quality, asked: Quality, load: Load, hands: int) -> float:
    """Seconds from now; what waits is taken to be like the parts of this work, as it was asked for."""
    # One slow device may get the work; without a word from the workers the CPU is assumed.
    slow = not load.devices or any(name in device.lower() for device in load.devices for name in _SOFTWARE)
    rates = CPU if slow else GPU
    alone = cost.seconds(work, quality, rates=rates, hands=hands)
    part = (cost.seconds(work, asked, rates=rates) - rates.start) / max(1, work.parts)
    return round(alone + load.waiting * part / hands, 1)


def _of_item(item: str) -> tuple[int, int]:
    """Triangles and texels of an item of the catalogue."""
    if catalogue.item(item).kind == "fabric":
        cloth = catalogue.fabric(item)
        pictures = (cloth.base_color, cloth.normal, cloth.metallic_roughness)
        return 0, sum(picture.width * picture.height for picture in pictures if picture is not None)
    return sum(len(part.indices) for mesh in catalogue.model(item).meshes for part in mesh.primitives), 0


def _of_blob(ref: Ref, resolver: Resolver) -> tuple[int, int]:
    """Triangles and texels of a blob, by what its inspection found."""
    assert ref.blob is not None
    info = resolver.blob(ref.blob)
    found = info.inspection
    if info.media_type.startswith("image/"):
        return 0, int(found.get("width", 0)) * int(found.get("height", 0))
    triangles = int(found.get("triangles", info.size // _BYTES_A_TRIANGLE))
    return triangles, int(found.get("image_pixels", 0))
