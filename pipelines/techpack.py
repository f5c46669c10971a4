"""The job kind `techpack`: a PDF that a factory can work from, one design, all its pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from assets.design import Design, Ref
from assets.scene import Quality
from assets.tech_pack import Language, TechPack, Units
from assets.tech_pack_grades import size_of
from assets.tech_pack_sources import VIEWS, alone, at_rest, geometry, models, rests, sides
from farm.errors import Refused
from farm.jobs import Closed, JobKind, Resolver, Spec
from farm.plan import Plan, Step
from pipelines.closing import IMAGE_TYPES, AnyDesign, as_design, blob_digest, close_design, item_digest, stem_of
from pipelines.versions import MODELS, PICTURES, version

FLAT_MM = (126.0, 152.0)
"""The paper of a flat: two of them lie side by side on A4 and on Letter, at a scale that a ruler can read."""
PIECE_MM = (126.0, 114.0)
"""The paper of one layer's flat: two lie side by side over the list of its callouts."""
RATIO = 0.75
"""Width over height of the colour views."""


class TechPackOptions(Spec):
    """What a job of the kind `techpack` takes beside its design; see :class:`TechPackSpec`."""

    tech_pack: TechPack = TechPack()
    page: Literal["a4", "letter"] = "a4"
    language: Language = "en"
    units: Units = "metric"
    picture_px: Annotated[int, Field(ge=256, le=2048)] = 1200
    quality: Annotated[Quality, Field(strict=False)] = Quality.FINAL


class TechPackSpec(TechPackOptions):
    """A tech pack of a design: cover, flats with callouts, colour views, layers, points of measure with a diagram and
    a graded table, bill of materials, colourways, construction, labels, fit notes, history.

    Everything in ``tech_pack`` may be left out: measures are then taken from the meshes, materials and colours from
    the design. ``picture_px`` is the height of the colour views. The file's ``meta`` lists the pages with the sources
    that they show; given back as ``tech_pack.since``, pages that have changed are marked.
    """

    design: AnyDesign


def close(spec: TechPackSpec, resolver: Resolver, stem: str | None = None) -> Closed:
    """Flats and renders, a step each; what is measured; what it looks like; and the pages of all these."""
    design = as_design(spec.design)
    pack = _sized(spec.tech_pack, design)
    _layers_known(design, pack)
    closed = close_design(spec.design, resolver, canvas=True, texts=True)
    logo = _logo(pack, resolver)
    fabrics = _fabrics(pack)
    shapes = geometry(closed.document)
    apart = _apart(shapes)
    steps = [
        *_flats(spec, closed.document, closed.content),
        *_pieces(spec, shapes, apart, closed.content),
        *_renders(spec, closed.document, closed.content),
    ]
    steps.append(
        Step(
            key="measure",
            name="techpack.measure",
            lane="export",
            params={
                "design": at_rest(shapes),
                "worn": shapes if pack.callouts and not rests(shapes) else None,
                "content": models(closed.document, closed.content),
                "sizes": list(pack.all_sizes),
                "points": [point.model_dump(mode="json") for point in pack.points],
                "callouts": [callout.model_dump(mode="json") for callout in pack.callouts],
            },
            version=version(*MODELS),
            unit="layers",
            total=max(len(shapes["layers"]), 1),
        )
    )
    drawn = {k: v for k, v in closed.document.items() if k not in {"canvas", "name", "notes"}}
    steps.append(
        Step(
            key="looks",
            name="techpack.looks",
            lane="export",
            params={"design": drawn, "content": closed.content},
            version=version(*MODELS),
            unit="layers",
            total=max(len(shapes["layers"]), 1),
        )
    )
    steps.append(
        Step(
            key="compose",
            name="techpack.compose",
            lane="export",
            params={
                "design": closed.document,
                "content": closed.content,
                "tech_pack": pack.model_dump(mode="json"),
                "fabrics": fabrics,
                "pieces": apart,
                "logo": logo,
                "page": spec.page,
                "language": spec.language,
                "units": spec.units,
            },
            needs=tuple(step.key for step in steps),
            version=version(*MODELS),
            unit="files",
        )
    )
    blobs = (*closed.blobs, *([logo] if logo else []))
    return Closed(
        spec={**spec.model_dump(mode="json"), "tech_pack": pack.model_dump(mode="json")},
        plan=Plan(steps=tuple(steps)),
        blobs=tuple(dict.fromkeys(blobs)),
        stem=stem or stem_of(spec.design),
    )


def _flats(spec: TechPackSpec, document: Mapping[str, Any], content: Mapping[str, str]) -> list[Step]:
    """Lines know no colours: another fabric draws nothing again."""
    if not {"flats", "measures"} & set(spec.tech_pack.brand.pages):
        return []
    return [
        Step(
            key=f"flat-{view}",
            name="techpack.flat",
            lane="render",
            params={
                "design": geometry(document),
                "content": models(document, content),
                "view": view,
                "views": list(VIEWS),
                "paper": list(FLAT_MM),
            },
            version=version(*PICTURES),
            unit="drawings",
            requires=("gl",),
        )
        for view in VIEWS
    ]


def _apart(shapes: Mapping[str, Any]) -> dict[str, list[str]]:
    """The layers that are drawn by themselves too, as they lie on a body at rest, and from where: none where the
    whole design is that drawing already.
    """
    shown = {layer["id"]: list(sides(layer["model"]["item"])) for layer in shapes["layers"] if layer["opacity"]}
    return shown if len(shown) > 1 or not rests(shapes) else {}


def _pieces(
    spec: TechPackSpec, shapes: Mapping[str, Any], apart: Mapping[str, list[str]], content: Mapping[str, str]
) -> list[Step]:
    """Each layer from two sides: another layer that changes draws nothing of it again."""
    if not {"flats", "measures"} & set(spec.tech_pack.brand.pages):
        return []
    layers = {layer["id"]: layer for layer in shapes["layers"]}
    steps = []
    for number, (name, views) in enumerate(apart.items()):
        piece = alone(shapes, layers[name])
        steps += [
            Step(
                key=f"piece-{number}-{view}",
                name="techpack.flat",
                lane="render",
                params={
                    "design": piece,
                    "content": models(piece, content),
                    "view": view,
                    "views": views,
                    "paper": list(PIECE_MM),
                },
                version=version(*PICTURES),
                unit="drawings",
                requires=("gl",),
            )
            for view in views
        ]
    return steps


def _sized(pack: TechPack, design: Design) -> TechPack:
    """The pack with its sizes: those of the figure, and as their base the one that is measured."""
    own = size_of(design.avatar.model.item) if design.avatar is not None else None
    sizes = pack.sizes
    if sizes is None:
        known = own is not None and (pack.base is None or pack.base in own[0])
        sizes = own[0] if own is not None and known else pack.all_sizes
    base = pack.base
    if base is None and own is not None and own[1] in sizes:
        base = own[1]
    return pack.model_copy(update={"sizes": sizes, "base": base})


def _renders(spec: TechPackSpec, document: Mapping[str, Any], content: Mapping[str, str]) -> list[Step]:
    """The colour views, on white paper."""
    pages = spec.tech_pack.brand.pages
    views = VIEWS if "colour" in pages else VIEWS[:1] if "cover" in pages else ()
    seen = {k: v for k, v in document.items() if k not in {"name", "notes"}}
    seen["canvas"] = {**seen["canvas"], "background": {"kind": "solid", "colour": "#ffffff"}, "stage": None}
    seen["layers"] = [{k: v for k, v in layer.items() if k != "name"} for layer in seen["layers"]]
    return [
        Step(
            key=f"render-{view}",
            name="techpack.render",
            lane="render",
            params={
                "design": seen,
                "content": content,
                "view": view,
                "width": round(spec.picture_px * RATIO),
                "height": spec.picture_px,
                "quality": spec.quality.value,
            },
            version=version(*PICTURES),
            unit="frames",
            requires=("gl",),
        )
        for view in views
    ]


def _layers_known(design: Design, pack: TechPack) -> None:
    """Raises Refused ``techpack.unknown_layer`` for a row about a layer that the design does not show."""
    shown = [layer.id for layer in design.layers if layer.visible]
    named = {
        "points": [row.layer for row in pack.points],
        "materials": [row.layer for row in pack.materials],
        "construction": [row.layer for row in pack.construction],
        "callouts": [row.layer for row in pack.callouts],
    }
    for name, layers in named.items():
        for number, layer in enumerate(layers):
            if layer is not None and layer not in shown:
                path = f"tech_pack.{name}[{number}].layer"
                known = ", ".join(shown) or "none"
                raise Refused(
                    "techpack.unknown_layer",
                    f"{path}: the design has no visible layer '{layer}'; it has {known}",
                    {"path": path},
                )


def _fabrics(pack: TechPack) -> dict[str, str]:
    """The digests of the catalogue's fabrics in the bill of materials."""
    return {
        line.fabric: item_digest(Ref(item=line.fabric), frozenset({"fabric"}), f"tech_pack.materials[{n}].fabric")
        for n, line in enumerate(pack.materials)
        if line.fabric is not None
    }


def _logo(pack: TechPack, resolver: Resolver) -> str | None:
    if pack.brand.logo is None:
        return None
    return blob_digest(pack.brand.logo, IMAGE_TYPES, "tech_pack.brand.logo", resolver)


KIND = JobKind(
    name="techpack",
    spec=TechPackSpec,
    close=close,
    summary="A tech pack as a PDF: flats, renders, graded measures, materials, colourways, construction",
    example={
        "design": {
            "name": "Summer tee",
            "avatar": {"model": {"item": "mannequin-female"}},
            "layers": [{"id": "tee", "model": {"item": "tee"}, "material": {"colour": "#c8102e"}}],
        },
        "tech_pack": {
            "style": "ST-1001",
            "season": "SS27",
            "sizes": ["S", "M", "L"],
            "points": [
                {
                    "code": "A",
                    "name": {"en": "Hem width", "ko": "밑단 너비"},
                    "way": {"kind": "opening", "region": "hem"},
                    "half": True,
                    "grade": {"step_cm": 5, "of_girth": True},
                },
                {"code": "B", "name": "Sleeve length", "cm": 19.5, "grade": {"step_cm": 0.5}},
            ],
            "construction": [
                {"place": "Hem", "what": "Turn up and coverstitch", "stitch": "406", "per_cm": 4, "allowance_cm": 2}
            ],
        },
        "page": "a4",
        "language": "en",
    },
)
