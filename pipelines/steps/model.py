"""`model.export`: a design as one model file, or as a set of files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from assets import catalogue
from assets.design import Avatar, Design, Layer
from assets.model import Model
from exporters import budget, fbx, gltf, obj, optimise, printing, validate
from exporters.clips import still_first
from exporters.gltf_materials import TextureKind
from exporters.rigs import left_behind
from exporters.zipped import zipped
from farm.plan import Output, StepResult
from farm.steps import StepContext
from pipelines.steps.content import composed, titled
from pipelines.steps.faults import faults

MEDIA_TYPES: Mapping[str, str] = {
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".bin": "application/octet-stream",
    ".obj": "model/obj",
    ".mtl": "model/mtl",
    ".fbx": "application/octet-stream",
    ".usdz": "model/vnd.usdz+zip",
    ".stl": "model/stl",
    ".ply": "application/octet-stream",
    ".3mf": "model/3mf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".ktx2": "image/ktx2",
    ".zip": "application/zip",
}


def _metadata(design: Design, model: Model, report: optimise.Report) -> dict[str, Any]:
    """What the file says of itself; the licence is that of all that it was made from, as far as it is known."""
    worn: list[tuple[dict[str, Any], Avatar | Layer]] = [
        ({"id": layer.id, "name": layer.name or layer.id}, layer) for layer in design.layers
    ]
    parts = [*(layer for _, layer in worn), *([design.avatar] if design.avatar else [])]
    licences = [licence for part in parts for licence in _licences(part)]
    files = [text for text in model.copyright.split("; ") if text]
    return {
        "design": design.name,
        "notes": design.notes,
        "layers": [{**told, **_licensed(_licences(layer))} for told, layer in worn],
        "units": "metre",
        "up_axis": "+Y",
        **_licensed([*licences, *files]),
        "optimised": report.summary(),
    }


def _licences(part: Avatar | Layer) -> list[str]:
    """Those of the catalogue's items that it is made of; an upload has what its file says."""
    refs = [part.model, part.material.texture]
    return [catalogue.item(ref.item).licence for ref in refs if ref is not None and ref.item is not None]


def _licensed(licences: list[str]) -> dict[str, str]:
    return {"licence": "; ".join(dict.fromkeys(licences))} if licences else {}


def _written(
    model: Model,
    kind: str,
    extras: Mapping[str, Any],
    stem: str,
    *,
    compression: gltf.Compression,
    textures: TextureKind,
    moving: bool | None,
) -> dict[str, bytes]:
    """The files of one format, by name; ``compression`` and ``textures`` are for glTF, ``moving`` is whether FBX and
    USDZ may show animations as soon as they are opened (None: if these leave nothing behind).
    """
    match kind:
        case "gltf":
            return gltf.write_gltf(model, extras=extras, stem=stem, compression=compression, textures=textures)
        case "obj":
            return obj.write_obj(model, stem=stem, licence=extras.get("licence", ""))
        case "glb":
            data = gltf.write_glb(model, extras=extras, compression=compression, textures=textures)
        case "fbx":
            data = fbx.write_fbx(model, extras=extras, stem=stem, still=None if moving is None else not moving)
        case "usdz":
            from exporters import usdz  # tens of megabytes of USD, for those who ask for it

            data = usdz.write_usdz(model, extras=extras, stem=stem, moving=moving)
        case "stl":
            data = printing.write_stl(model, licence=extras.get("licence", ""))
        case "ply":
            data = printing.write_ply(model, licence=extras.get("licence", ""))
        case _:
            data = printing.write_3mf(model, extras=extras)
    return {f"{stem}.{kind}": data}


def _moving(design: Design, animations: str) -> bool | None:
    """Whether animations are shown at once: not in a design that is posed, unless they are asked for."""
    if animations == "auto":
        parts: list[Avatar | Layer] = [*design.layers, *([design.avatar] if design.avatar else [])]
        return False if any(part.pose is not None for part in parts) else None
    return animations == "keep"


@faults("export.failed")
def export(context: StepContext) -> StepResult:
    """Composes, optimises within the budget, writes, and checks what was written."""
    want = context.step.params
    design, model = composed(context, want["design"], want["content"])
    asked = want["optimise"]
    in_gltf = want["format"] in {"glb", "gltf"}
    compression: gltf.Compression = asked["compression"] if in_gltf else "none"
    options = optimise.Options(
        merge_materials=asked["merge_materials"],
        deduplicate=asked["deduplicate"],
        combine_meshes=asked["combine_meshes"],
        unwrap=asked["unwrap"],
        atlas=asked["atlas"],
        max_triangles=asked["max_triangles"],
        simplify=(asked["simplify_mm"] or 0.0) / 1000,
        longest=asked["max_texture"],
        textures=asked["textures"] if in_gltf else "keep",
        ordered=compression == "meshopt",
    )
    moving = _moving(design, want["animations"])
    if want["animations"] == "none":
        model = replace(model, animations=())
    elif in_gltf and (left_behind(model) if moving is None else not moving):
        model = still_first(model)
    model, report = optimise.optimise(titled(model, design.name), options, context.check)
    context.check()
    extras = _metadata(design, model, report)
    stem = want["stem"]
    files = _written(
        model,
        want["format"],
        extras,
        stem,
        compression=compression,
        textures=options.textures,
        moving=moving,
    )
    validate.check(files, want["format"])
    context.check()
    main = f"{stem}.{want['format']}"
    if want["zip"]:
        main = f"{stem}-{want['format']}.zip"
        files = {main: zipped(files)}
    total = sum(len(data) for data in files.values())
    budget.check_bytes(model, want["format"], total, asked["max_bytes"])
    outputs = []
    for name, data in files.items():
        media_type = MEDIA_TYPES[PurePosixPath(name).suffix]
        digest, size = context.put(data, media_type=media_type)
        outputs.append(
            Output(
                name=name,
                digest=digest,
                size=size,
                media_type=media_type,
                role="primary" if name == main else "part",
                meta={**report.summary(), "bytes": total} if name == main else {},
            )
        )
    context.progress(1, 1)
    return StepResult(outputs=tuple(outputs))
