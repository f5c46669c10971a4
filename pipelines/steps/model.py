"""`model.export`: a design as one model file, or as a set of files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from assets.design import Design
from assets.model import Model
from exporters import fbx, gltf, obj, optimise, printing, validate
from farm.errors import JobFault
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
}


def _metadata(design: Design, report: optimise.Report) -> dict[str, Any]:
    return {
        "design": design.name,
        "notes": design.notes,
        "layers": [{"id": layer.id, "name": layer.name or layer.id} for layer in design.layers],
        "units": "metre",
        "up_axis": "+Y",
        "optimised": report.summary(),
    }


def _written(
    model: Model, kind: str, extras: Mapping[str, Any], stem: str, *, compression: gltf.Compression, webp: bool
) -> dict[str, bytes]:
    """The files of one format, by name; ``compression`` and ``webp`` are for glTF."""
    match kind:
        case "gltf":
            return gltf.write_gltf(model, extras=extras, stem=stem, compression=compression, webp=webp)
        case "obj":
            return obj.write_obj(model, stem=stem)
        case "glb":
            data = gltf.write_glb(model, extras=extras, compression=compression, webp=webp)
        case "fbx":
            data = fbx.write_fbx(model, extras=extras, stem=stem)
        case "usdz":
            from exporters import usdz  # tens of megabytes of USD, for those who ask for it

            data = usdz.write_usdz(model, extras=extras, stem=stem)
        case "stl":
            data = printing.write_stl(model)
        case "ply":
            data = printing.write_ply(model)
        case _:
            data = printing.write_3mf(model, extras=extras)
    return {f"{stem}.{kind}": data}


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
        combine_meshes=asked["combine_meshes"],
        atlas=asked["atlas"],
        max_triangles=asked["max_triangles"],
        simplify=(asked["simplify_mm"] or 0.0) / 1000,
        longest=asked["max_texture"],
        webp=asked["textures"] == "webp" and in_gltf,
        ordered=compression == "meshopt",
    )
    model, report = optimise.optimise(titled(model, design.name), options)
    context.check()
    extras = _metadata(design, report)
    stem = want["stem"]
    files = _written(model, want["format"], extras, stem, compression=compression, webp=options.webp)
    total = sum(len(data) for data in files.values())
    if total > asked["max_bytes"]:
        largest = max(files, key=lambda name: len(files[name]))
        raise JobFault(
            "export.over_budget",
            f"the {want['format']} takes {total:,} bytes, more than the {asked['max_bytes']:,} allowed; "
            f"{largest} is the largest part: reduce its textures or raise optimise.max_bytes",
        )
    validate.check(files, want["format"])
    context.check()
    main = f"{stem}.{want['format']}"
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
                meta=report.summary() if name == main else {},
            )
        )
    context.progress(1, 1)
    return StepResult(outputs=tuple(outputs))
