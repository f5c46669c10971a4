"""The job kind `model`: a design as model files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from farm.errors import Refused
from farm.jobs import Closed, JobKind, Resolver, Spec
from farm.plan import Plan, Step
from pipelines.closing import AnyDesign, close_design, stem_of
from pipelines.versions import MODELS, version

Format = Literal["glb", "gltf", "obj", "fbx", "usdz", "stl", "ply", "3mf"]
_GLTF: Final = frozenset({"glb", "gltf"})
_TEXTURED: Final = _GLTF | {"obj", "fbx", "usdz"}
_MANY: Final = frozenset({"gltf", "obj"})
_ONLY: Final[Mapping[str, frozenset[str]]] = {
    "compression": _GLTF,
    "textures": _GLTF,
    "max_texture": _TEXTURED,
    "atlas": _TEXTURED,
    "unwrap": _TEXTURED,
}
"""Options that say something about no other format."""


class Optimisation(Spec):
    """What may be done to the model on its way out, in this order; the artifact's ``meta`` says what each step saved.

    ``merge_materials`` makes equal ones one. ``unwrap`` gives UVs to parts that have none (xatlas). ``atlas`` packs
    the textures of materials that do not tile into one. ``combine_meshes`` joins parts of one layer with one material
    that stand still, never across alpha modes, variants or skins. ``deduplicate`` keeps equal vertices and meshes
    once. ``simplify_mm`` leaves triangles out as long as no surface moves by more; ``max_texture`` is pixels a side.

    For GLB and GLTF, and refused where neither is asked for: ``compression`` "quantise" (KHR_mesh_quantization),
    "meshopt" (EXT_meshopt_compression, which quantises too) or "draco" (KHR_draco_mesh_compression), and ``textures``
    "webp" (EXT_texture_webp: few bytes) or "ktx2" (KHR_texture_basisu, UASTC with mip levels: a quarter of the memory
    on a GPU, more bytes), for programs that know these extensions.

    ``max_triangles`` and ``max_bytes`` are budgets: over them the export fails and says what dominates.
    """

    merge_materials: bool = True
    unwrap: bool = False
    atlas: bool = False
    combine_meshes: bool = False
    deduplicate: bool = False
    simplify_mm: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] | None = None
    max_texture: Annotated[int, Field(ge=16, le=16_384)] | None = None
    textures: Literal["keep", "webp", "ktx2"] = "keep"
    compression: Literal["none", "quantise", "meshopt", "draco"] = "none"
    max_triangles: Annotated[int, Field(ge=100, le=5_000_000)] = 5_000_000
    max_bytes: Annotated[int, Field(ge=10_000, le=1_000_000_000)] = 500_000_000


class ModelOptions(Spec):
    """What a job of the kind `model` takes beside its design; see :class:`ModelSpec`.

    ``animations`` "auto" keeps them where they leave the design whole: a viewer plays the first one at once. If the
    design is posed, or if they would move a body out of clothes that only stand, USDZ has the design as it stands,
    and GLB, GLTF and FBX have a clip "still" before the others. "keep" keeps them as they are, "none" writes none.

    ``zip`` makes one archive of an OBJ's files and one of a GLTF's: `name-obj.zip`, `name-gltf.zip`.
    """

    formats: Annotated[tuple[Format, ...], Field(min_length=1, max_length=8, strict=False)] = ("glb",)
    animations: Literal["auto", "keep", "none"] = "auto"
    optimise: Optimisation = Optimisation()
    zip: bool = False

    @model_validator(mode="after")
    def _formats_once(self) -> Self:
        if len(set(self.formats)) != len(self.formats):
            msg = "name each format once"
            raise ValueError(msg)
        return self


class ModelSpec(ModelOptions):
    """The design as one model in one or more formats, in metres, +Y up (FBX: centimetres; STL and 3MF:
    millimetres, +Z up).

    What a garment hides of the body is removed, as in the pictures.
    """

    design: AnyDesign


def close(spec: ModelSpec, resolver: Resolver, stem: str | None = None) -> Closed:
    """One `model.export` step a format. The files name each other, so the stem is part of what a step reads."""
    _fitting(spec)
    closed = close_design(spec.design, resolver, canvas=False, texts=True)
    stem = stem or stem_of(spec.design)
    steps = tuple(
        Step(
            key=f"export-{name}",
            name="model.export",
            lane="export",
            params={
                "design": closed.document,
                "content": closed.content,
                "format": name,
                "animations": spec.animations,
                "optimise": spec.optimise.model_dump(mode="json"),
                "stem": stem,
                "zip": spec.zip and name in _MANY,
            },
            version=version(*MODELS),
            unit="files",
        )
        for name in spec.formats
    )
    return Closed(spec=spec.model_dump(mode="json"), plan=Plan(steps=steps), blobs=closed.blobs, stem=stem)


def _fitting(spec: ModelOptions) -> None:
    """Raises Refused ``model.option_without_format`` for an option that none of the formats can have."""
    if spec.zip and not _MANY & set(spec.formats):
        detail = (
            "zip is for obj and gltf, which have several files: ask for one of these formats too, or leave it out"
        )
        raise Refused("model.option_without_format", detail, {"path": "zip"})
    for name, formats in _ONLY.items():
        default = Optimisation.model_fields[name].default
        value = getattr(spec.optimise, name)
        if value != default and not formats & set(spec.formats):
            raise Refused(
                "model.option_without_format",
                f"optimise.{name} {value!r} is for {' and '.join(sorted(formats))}: "
                f"ask for one of these formats too, or leave it {default!r}",
                {"path": f"optimise.{name}"},
            )


KIND = JobKind(
    name="model",
    spec=ModelSpec,
    close=close,
    summary="A design as model files: GLB, GLTF and OBJ (with their parts), FBX, USDZ, STL, PLY, 3MF",
    example={
        "design": {
            "name": "tee",
            "avatar": {"model": {"item": "dress-form"}},
            "layers": [{"id": "tee", "model": {"item": "tshirt"}}],
        },
        "formats": ["glb", "gltf", "obj"],
        "optimise": {"compression": "meshopt", "textures": "webp", "simplify_mm": 0.5, "max_bytes": 20_000_000},
    },
)
