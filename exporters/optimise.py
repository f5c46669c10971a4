"""What may be done to a model on its way out, in which order, and what each step saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Final

from assets.model import Image, Model, Primitive
from assets.vertices import arrays_of
from exporters import budget, slim
from exporters.atlas import pack
from exporters.combine import combine_meshes, deduplicate, merge_materials
from exporters.gltf_materials import TextureKind, textures
from exporters.unwrap import unwrapped

EXPORTER_VERSION: Final = 1
"""Goes into step hashes: raise it when the bytes change."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """``deduplicate`` keeps equal vertices and meshes once; ``combine_meshes`` joins parts of one layer that share a
    material and stand still; ``unwrap`` gives UVs to parts that have none; ``atlas`` packs textures of materials that
    do not tile. ``simplify`` is by how many metres surfaces may move; ``longest`` bounds textures, in pixels a side,
    and ``textures`` makes WebP or KTX 2 of them. ``ordered`` sorts triangles and vertices for compression.
    """

    merge_materials: bool = True
    deduplicate: bool = False
    combine_meshes: bool = False
    unwrap: bool = False
    atlas: bool = False
    max_triangles: int = 5_000_000
    simplify: float = 0.0
    longest: int | None = None
    textures: TextureKind = "keep"
    ordered: bool = False


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What a model costs. ``geometry_bytes`` are those of its arrays as they are in memory, before a writer leaves
    out or packs any, so they say nothing about equality.
    """

    triangles: int
    vertices: int
    primitives: int
    materials: int
    images: int
    image_bytes: int
    geometry_bytes: int = field(default=0, compare=False)


@dataclass(frozen=True, kw_only=True)
class Report:
    """Before, after, and after each step that was asked for, by its option's name."""

    before: Counts
    after: Counts
    steps: tuple[tuple[str, Counts], ...] = ()

    def summary(self) -> dict[str, Any]:
        """As JSON, for the artifact's metadata."""
        return {
            "before": _json(self.before),
            "after": _json(self.after),
            "steps": [{"step": name, **_json(counts)} for name, counts in self.steps],
        }


def _json(counts: Counts) -> dict[str, int]:
    return {one.name: getattr(counts, one.name) for one in fields(counts)}


def optimise(model: Model, options: Options, check: Callable[[], None] = lambda: None) -> tuple[Model, Report]:
    """The model after what was asked, and what it cost before and costs now. ``check`` is called on the way: what it
    raises ends the work.

    Raises ExportError ``export.over_budget``, which names the layer that dominates, and those of
    :mod:`exporters.unwrap`.
    """
    before = count(model)
    steps: list[tuple[str, Counts]] = []
    for name, step in _steps(options, check):
        check()
        model = step(model)
        steps.append((name, count(model)))
    budget.check_triangles(model, options.max_triangles)
    return model, Report(before=before, after=steps[-1][1] if steps else before, steps=tuple(steps))


def _steps(options: Options, check: Callable[[], None]) -> list[tuple[str, Callable[[Model], Model]]]:
    """In the order in which each helps the next: an atlas makes materials equal, and equal ones let parts join."""
    found: list[tuple[bool, str, Callable[[Model], Model]]] = [
        (options.merge_materials, "merge_materials", merge_materials),
        (options.unwrap, "unwrap", lambda model: unwrapped(model, check)),
        (
            options.atlas,
            "atlas",
            lambda model: (merge_materials if options.merge_materials else _same)(pack(model, most=options.longest)),
        ),
        (options.combine_meshes, "combine_meshes", combine_meshes),
        (options.deduplicate, "deduplicate", deduplicate),
        (options.simplify > 0, "simplify_mm", lambda model: slim.simplified(model, options.simplify)),
        (
            options.longest is not None or options.textures != "keep",
            "textures",
            lambda model: slim.lighter_textures(model, kind=options.textures, longest=options.longest, check=check),
        ),
        (options.ordered, "order", slim.ordered),
    ]
    return [(name, step) for wanted, name, step in found if wanted]


def _same(model: Model) -> Model:
    return model


def primitives_of(model: Model) -> list[Primitive]:
    """Every primitive, in the order of the meshes."""
    return [primitive for mesh in model.meshes for primitive in mesh.primitives]


def count(model: Model) -> Counts:
    """What the model costs: triangles as drawn, so a mesh that stands twice counts twice."""
    drawn = [
        p for node in model.nodes if node.mesh is not None for p in model.meshes[node.mesh].primitives * node.copies
    ]
    materials = {id(p.material): p.material for p in drawn}
    images: dict[str, Image] = {t.image.digest: t.image for m in materials.values() for t in textures(m)}
    stored = primitives_of(model)
    return Counts(
        triangles=sum(len(p.indices) for p in drawn),
        vertices=sum(len(p.positions) for p in stored),
        primitives=len(drawn),
        materials=len(materials),
        images=len(images),
        image_bytes=sum(len(image.data) for image in images.values()),
        geometry_bytes=sum(p.indices.nbytes + sum(array.nbytes for _, array in arrays_of(p)) for p in stored),
    )
