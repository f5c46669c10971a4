"""The job kind `bundle`: all that a shop wants of one design, in one job whose steps share the loaded scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

import orjson
from pydantic import Field, model_validator

from farm.errors import Refused
from farm.jobs import Closed, JobKind, Resolver, Spec
from farm.plan import Plan, Step
from pipelines import flat, model, still, techpack, turntable
from pipelines.closing import AnyDesign, stem_of
from pipelines.flat import FlatOptions
from pipelines.model import ModelOptions
from pipelines.still import StillOptions
from pipelines.techpack import TechPackOptions
from pipelines.turntable import TurntableOptions
from pipelines.views import ViewName

PARTS: Final[Mapping[str, JobKind]] = {
    kind.name: kind for kind in (still.KIND, turntable.KIND, flat.KIND, model.KIND, techpack.KIND)
}
"""In the order in which their steps are made: what is seen first comes first."""


class Stills(StillOptions):
    """As a still's, but from three sides where none is named."""

    views: Annotated[tuple[ViewName, ...], Field(min_length=1, max_length=8, strict=False)] = (
        "three-quarter",
        "front",
        "back",
    )


class BundleSpec(Spec):
    """One design in all its forms: each part takes the options of the job kind of its name, and comes out the same,
    byte for byte, as from a job of that kind. ``null`` leaves a part out.
    """

    design: AnyDesign
    still: Stills | None = Stills()
    turntable: TurntableOptions | None = TurntableOptions()
    flat: FlatOptions | None = FlatOptions()
    model: ModelOptions | None = ModelOptions()
    techpack: TechPackOptions | None = TechPackOptions()

    @model_validator(mode="after")
    def _something(self) -> BundleSpec:
        if not any(getattr(self, name) is not None for name in PARTS):
            msg = f"a bundle has one part at least: {', '.join(PARTS)}"
            raise ValueError(msg)
        return self


def close(spec: BundleSpec, resolver: Resolver, stem: str | None = None) -> Closed:
    """The steps of every part, each with its part's name in front."""
    stem = stem or stem_of(spec.design)
    design = spec.design.model_dump(mode="json")
    decided: dict[str, Any] = {"design": design}
    steps: list[Step] = []
    blobs: dict[str, None] = {}
    for name, kind in PARTS.items():
        options = getattr(spec, name)
        decided[name] = None
        if options is None:
            continue
        # By JSON, as it came: in strict mode a Python list is no tuple.
        own = kind.spec.model_validate_json(orjson.dumps({**options.model_dump(mode="json"), "design": design}))
        try:
            closed = kind.close(own, resolver, stem)
        except Refused as error:
            raise _at(name, error) from error
        known = type(options).model_fields
        decided[name] = {key: value for key, value in closed.spec.items() if key in known}
        steps += [_named(name, step) for step in closed.plan.steps]
        blobs |= dict.fromkeys(closed.blobs)
    return Closed(spec=decided, plan=Plan(steps=tuple(steps)), blobs=tuple(blobs), stem=stem)


def _named(part: str, step: Step) -> Step:
    return replace(step, key=f"{part}.{step.key}", needs=tuple(f"{part}.{need}" for need in step.needs))


def _at(part: str, error: Refused) -> Refused:
    """The refusal with the path as the bundle has it; a design's stays where it is."""
    path = str(error.data.get("path", ""))
    if not path or path.startswith("design"):
        return error
    return Refused(error.code, error.detail, {**error.data, "path": f"{part}.{path}"})


KIND = JobKind(
    name="bundle",
    spec=BundleSpec,
    close=close,
    summary="Everything of one design in one job: pictures, a turning video, flats, models, a tech pack",
    example={
        "design": {
            "name": "tee",
            "avatar": {"model": {"item": "mannequin-female"}},
            "layers": [{"id": "tee", "model": {"item": "tee"}}],
        },
        "still": {"views": ["three-quarter", "back"]},
        "turntable": {"duration": 3, "resolution": "720p"},
        "flat": None,
        "model": {"formats": ["glb", "usdz"]},
        "techpack": {"tech_pack": {"sizes": ["S", "M", "L"]}},
    },
)
