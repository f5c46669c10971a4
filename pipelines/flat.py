"""The job kind `flat`: technical drawings of a design for a tech pack, one step a view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from assets.design import Design, LayerId
from farm.errors import Refused
from farm.jobs import Closed, JobKind, Resolver, Spec
from farm.plan import Plan, Step
from pipelines.closing import AnyDesign, as_design, close_design, stem_of
from pipelines.versions import PICTURES, version
from pipelines.views import same

PAGES: Mapping[str, tuple[float, float]] = {
    "a4": (210.0, 297.0),
    "a4-landscape": (297.0, 210.0),
    "a3": (297.0, 420.0),
    "a3-landscape": (420.0, 297.0),
    "letter": (215.9, 279.4),
    "letter-landscape": (279.4, 215.9),
}
"""Width and height in millimetres."""

MOST_PIXELS = 8192
AVATAR = "@avatar"

FlatView = Literal["front", "back", "left", "right", "side", "three-quarter", "three-quarter-back", "top"]
Millimetres = Annotated[float, Field(ge=50, le=1200, allow_inf_nan=False)]


class FlatOptions(Spec):
    """What a job of the kind `flat` takes beside its design; see :class:`FlatSpec`."""

    views: Annotated[tuple[FlatView, ...], Field(min_length=1, max_length=8, strict=False)] = ("front", "back")
    formats: Annotated[tuple[Literal["svg", "png"], ...], Field(min_length=1, max_length=2, strict=False)] = (
        "svg",
        "png",
    )
    page: Literal["a4", "a4-landscape", "a3", "a3-landscape", "letter", "letter-landscape"] = "a4"
    width_mm: Millimetres | None = None
    height_mm: Millimetres | None = None
    scale: Annotated[float, Field(ge=0.01, le=1000, allow_inf_nan=False)] | None = None
    dpi: Annotated[int, Field(ge=72, le=600)] = 300
    transparent: bool = False
    layers: Annotated[tuple[LayerId, ...], Field(max_length=64, strict=False)] = ()
    with_avatar: bool | None = None
    crease_degrees: Annotated[float, Field(ge=5, le=170, allow_inf_nan=False)] = 40.0

    @model_validator(mode="after")
    def _once(self) -> Self:
        views = [same(view) for view in self.views]
        for name, values in (("view", views), ("format", self.formats), ("layer", self.layers)):
            if len(set(values)) != len(values):
                msg = f"name each {name} once"
                raise ValueError(msg)
        return self


class FlatSpec(FlatOptions):
    """Line drawings of a design: outlines, folds, open edges, seams, creases and stitches, hidden lines removed.

    The drawing is orthographic, on a ``page`` (or ``width_mm`` by ``height_mm``), at the scale 1:``scale``; without
    one, at the largest round scale at which all views fit, the same for all. ``layers`` are those to draw (all that
    are visible, if none are named); the avatar is left out unless ``with_avatar`` says otherwise or there is nothing
    else. SVG is in millimetres with a group for each kind of line; PNG shows the same at ``dpi``.
    """

    design: AnyDesign


def close(spec: FlatSpec, resolver: Resolver, stem: str | None = None) -> Closed:
    """One `render.flat` step a view, each with all its formats: they are the same lines."""
    width, height = PAGES[spec.page]
    width, height = spec.width_mm or width, spec.height_mm or height
    if "png" in spec.formats and max(width, height) / 25.4 * spec.dpi > MOST_PIXELS:
        most = int(MOST_PIXELS * 25.4 / max(width, height))
        raise Refused(
            "export.image_too_large",
            f"at {spec.dpi} dpi the page is larger than {MOST_PIXELS} px a side: ask for at most {most} dpi",
            {"path": "dpi"},
        )
    drawn = _layers(spec, as_design(spec.design))
    closed = close_design(spec.design, resolver, canvas=False, texts=False)
    shared = {
        "design": closed.document,
        "content": closed.content,
        "layers": drawn,
        "views": [same(view) for view in spec.views],
        "formats": sorted(spec.formats, reverse=True),
        "page": [width, height],
        "scale": spec.scale,
        "dpi": spec.dpi if "png" in spec.formats else 0,
        "transparent": spec.transparent and "png" in spec.formats,
        "crease_degrees": spec.crease_degrees,
    }
    steps = tuple(
        Step(
            key=f"draw-{view}",
            name="render.flat",
            lane="render",
            params={**shared, "view": same(view), "suffix": f"-flat-{view}"},
            version=version(*PICTURES),
            unit="drawings",
            requires=("gl",),
        )
        for view in spec.views
    )
    return Closed(
        spec=spec.model_dump(mode="json"),
        plan=Plan(steps=steps),
        blobs=closed.blobs,
        stem=stem or stem_of(spec.design),
    )


def _layers(spec: FlatSpec, design: Design) -> list[str]:
    """The layers to draw, in the design's order. What they are worn on is composed with them all the same: it says
    in which units they are.
    """
    visible = [layer.id for layer in design.layers if layer.visible and layer.opacity > 0]
    missing = [name for name in spec.layers if name not in visible]
    if missing:
        raise Refused(
            "flat.unknown_layer",
            f"the design has no visible layer '{missing[0]}'; it has {', '.join(visible) or 'none'}",
            {"path": f"layers[{spec.layers.index(missing[0])}]"},
        )
    chosen = [name for name in visible if not spec.layers or name in spec.layers]
    worn = design.avatar is not None and design.avatar.visible
    with_avatar = worn and (not chosen if spec.with_avatar is None else spec.with_avatar)
    if not chosen and not with_avatar:
        raise Refused(
            "flat.nothing_to_draw",
            "there is no visible layer, and the avatar is left out: make a layer visible, or set with_avatar",
            {"path": "with_avatar"},
        )
    return [AVATAR, *chosen] if with_avatar else chosen


KIND = JobKind(
    name="flat",
    spec=FlatSpec,
    close=close,
    summary="Technical line drawings of a design for tech packs: SVG in millimetres and PNG, front and back",
    example={
        "design": {
            "name": "tee",
            "avatar": {"model": {"item": "mannequin-female"}},
            "layers": [{"id": "tee", "model": {"item": "tee"}}],
        },
        "views": ["front", "back"],
        "page": "a4",
    },
)
