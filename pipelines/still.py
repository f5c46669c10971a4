"""The job kind `still`: pictures of a design, one step a view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from assets.design import CameraSettings, TransparentBackground
from assets.scene import Quality
from farm.errors import Refused
from farm.jobs import Closed, JobKind, Resolver, Spec
from farm.plan import Plan, Step
from pipelines.closing import AnyDesign, as_design, close_design, stem_of
from pipelines.cost import Work
from pipelines.marking import Watermark
from pipelines.quality import Deadline, chosen, recorded
from pipelines.versions import PICTURES, version
from pipelines.views import ViewName, same, slugs

Pixels = Annotated[int, Field(ge=512, le=8192)]

PRESETS: Mapping[str, tuple[int, Quality]] = {
    "thumbnail": (512, Quality.PREVIEW),
    "preview": (1024, Quality.FINAL),
    "high-res": (4096, Quality.FINAL),
}


class StillOptions(Spec):
    """What a job of the kind `still` takes beside its design; see :class:`StillSpec`."""

    views: Annotated[tuple[ViewName, ...], Field(min_length=1, max_length=8, strict=False)] = ("three-quarter",)
    preset: Literal["thumbnail", "preview", "high-res"] = "preview"
    width: Pixels | None = None
    height: Pixels | None = None
    quality: Annotated[Quality | None, Field(strict=False)] = None
    camera: CameraSettings | None = None
    format: Literal["png", "jpeg", "webp", "avif"] = "png"
    compression: Annotated[int, Field(ge=1, le=100)] = 90
    dpi: Annotated[int, Field(ge=36, le=2400)] = 72
    watermark: Watermark | None = None

    @model_validator(mode="after")
    def _views_once(self) -> Self:
        if len(set(self.views)) != len(self.views):
            msg = "name each view once"
            raise ValueError(msg)
        return self


class StillSpec(StillOptions):
    """Pictures of a design from one or more views.

    A ``preset`` is a square size and a quality; ``width`` and ``height`` (512..8192 px) replace its size, and
    ``quality`` what a frame may cost. ``compression`` (1..100) is for JPEG, WebP and AVIF; ``dpi`` stands in the
    file, for programs that print it, and changes no pixel.

    A view is a side, or "detail:REGION": a layer, node or material by name, or a garment's "collar", "hem",
    "left-cuff", "waistband"; "detail:REGION@VIEW" sees it from that side. "camera:NAME" is a camera that the model
    brings. ``camera`` takes the place of the design's own. ``watermark`` is laid all over the picture.

    With ``deadline_s`` (seconds from now) the best quality is taken that is expected in time, with
    ``allow_lower_quality`` a lower one while the farm is busy; never a better one than asked for. What was chosen and
    why stands in the job's ``chosen``.
    """

    design: AnyDesign
    deadline_s: Deadline | None = None
    allow_lower_quality: bool = False


def close(spec: StillSpec, resolver: Resolver, stem: str | None = None) -> Closed:
    """One `render.still` step a view; the views share the composed scene in the worker's cache."""
    if spec.format == "jpeg" and isinstance(as_design(spec.design).canvas.background, TransparentBackground):
        raise Refused(
            "export.jpeg_has_no_alpha",
            "JPEG cannot be transparent: use png, webp or avif, or give design.canvas.background a colour",
            {"path": "format"},
        )
    closed = close_design(spec.design, resolver, canvas=True, texts=False)
    document = dict(closed.document)
    if spec.camera is not None:
        document["canvas"] = {**document["canvas"], "camera": spec.camera.model_dump(mode="json")}
    size, quality = PRESETS[spec.preset]
    width = spec.width or spec.height or size
    height = spec.height or spec.width or size
    choice = chosen(
        Work(width=width, height=height, frames=len(spec.views), parts=len(spec.views)),
        spec.design,
        resolver,
        spec.quality or quality,
        deadline_s=spec.deadline_s,
        allow_lower=spec.allow_lower_quality,
    )
    quality = Quality(choice.quality) if choice else spec.quality or quality
    shared = {
        "design": document,
        "content": closed.content,
        "width": width,
        "height": height,
        "quality": quality.value,
        "format": spec.format,
        "compression": spec.compression if spec.format != "png" else 0,
        "dpi": spec.dpi,
        **({"watermark": spec.watermark} if spec.watermark else {}),
    }
    steps = tuple(
        Step(
            key=f"render-{slug}",
            name="render.still",
            lane="render",
            params={
                **shared,
                "view": same(view),
                "suffix": "" if len(spec.views) == 1 or view == spec.views[0] == "three-quarter" else f"-{slug}",
            },
            version=version(*PICTURES),
            unit="frames",
            requires=("gl",),
        )
        for view, slug in zip(spec.views, slugs(spec.views), strict=True)
    )
    decided = {"width": width, "height": height, "quality": quality, "deadline_s": None, "allow_lower_quality": False}
    return Closed(
        spec=recorded(spec.model_copy(update=decided), choice),
        plan=Plan(steps=steps),
        blobs=closed.blobs,
        stem=stem or stem_of(spec.design),
    )


KIND = JobKind(
    name="still",
    spec=StillSpec,
    close=close,
    summary="Pictures of a design: PNG, JPEG, WebP or AVIF, one for each view",
    example={
        "design": {
            "name": "tee",
            "avatar": {"model": {"item": "mannequin-female"}},
            "layers": [{"id": "tee", "model": {"item": "tee"}, "material": {"colour": "#c8102e"}}],
        },
        "views": ["three-quarter", "back"],
        "width": 1024,
        "height": 1024,
    },
)
