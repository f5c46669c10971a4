"""The job kind `model`: a design as model files."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from farm.jobs import Closed, JobKind, Resolver, Spec
from farm.plan import Plan, Step
from pipelines.closing import AnyDesign, close_design, stem_of
from pipelines.versions import MODELS, version

Format = Literal["glb", "gltf", "obj", "fbx", "usdz", "stl", "ply", "3mf"]


class Optimisation(Spec):
    """What may be done to the model on its way out. ``atlas`` packs the textures of materials that do not tile
    into one; ``max_triangles`` and ``max_bytes`` are budgets: over them the export fails and says what
    dominates. ``simplify_mm`` leaves triangles out as long as no surface moves by more; ``max_texture`` is pixels a
    side. For GLB and GLTF ``compression`` packs geometry: "meshopt" (EXT_meshopt_compression,
    KHR_mesh_quantization) or "draco" (KHR_draco_mesh_compression), and ``textures`` "webp" makes WebP of them
    (EXT_texture_webp): smaller, for programs that know these extensions.
    """

    merge_materials: bool = True
    combine_meshes: bool = False
    atlas: bool = False
    simplify_mm: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] | None = None
    max_texture: Annotated[int, Field(ge=16, le=16_384)] | None = None
    textures: Literal["keep", "webp"] = "keep"
    compression: Literal["none", "meshopt", "draco"] = "none"
    max_triangles: Annotated[int, Field(ge=100, le=5_000_000)] = 5_000_000
    max_bytes: Annotated[int, Field(ge=10_000, le=1_000_000_000)] = 500_000_000


class ModelOptions(Spec):
    """What a job of the kind `model` takes beside its design; see :class:`ModelSpec`."""

    formats: Annotated[tuple[Format, ...], Field(min_length=1, max_length=8, strict=False)] = ("glb",)
    optimise: Optimisation = Optimisation()

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
                "optimise": spec.optimise.model_dump(mode="json"),
                "stem": stem,
            },
            version=version(*MODELS),
            unit="files",
        )
        for name in spec.formats
    )
    return Closed(spec=spec.model_dump(mode="json"), plan=Plan(steps=steps), blobs=closed.blobs, stem=stem)


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
    },
)
