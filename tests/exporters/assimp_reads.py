"""Run by a Python with ``impasse`` that finds assimp's library: prints what assimp sees in FBX files, in their own
centimetres.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import impasse  # type: ignore[import-not-found]  # not among the project's requirements
import numpy as np
from impasse.constants import ProcessingStep  # type: ignore[import-not-found]

KINDS = {12: "base", 15: "metal", 25: "rough", 13: "normal", 17: "occlusion"}
"""Of assimp's kinds of textures, those of a physical material."""


def placed(node: Any, matrix: np.ndarray, scene: Any, found: list[np.ndarray]) -> None:
    """The vertices of what hangs below a node, where they stand."""
    matrix = matrix @ np.array(node.transformation)
    for mesh in node.meshes:
        points = np.array(mesh.vertices)
        found.append(points @ matrix[:3, :3].T + matrix[:3, 3])
    for child in node.children:
        placed(child, matrix, scene, found)


def seen(path: str) -> dict[str, Any]:
    """One file."""
    scene = impasse.load(path, processing=ProcessingStep.Triangulate)
    points: list[np.ndarray] = []
    placed(scene.root_node, np.eye(4), scene, points)
    whole = np.concatenate(points)
    materials = {}
    for material in scene.materials:
        textures = {
            KINDS[kind]: value for (name, kind), value in material.items() if name == "$tex.file" and kind in KINDS
        }
        numbers = {
            name: value
            for (name, _), value in material.items()
            if name in {"$mat.metallicFactor", "$mat.roughnessFactor"}
        }
        materials[material["?mat.name"]] = {
            **textures,
            **{name: float(np.ravel(value)[0]) for name, value in numbers.items()},
        }
    return {
        "low": whole.min(axis=0).tolist(),
        "high": whole.max(axis=0).tolist(),
        "triangles": sum(len(mesh.faces) for mesh in scene.meshes),
        "bones": sorted({bone.name for mesh in scene.meshes for bone in mesh.bones}),
        "animations": sorted(animation.name for animation in scene.animations),
        "textures": len(scene.textures),
        "materials": materials,
    }


for argument in sys.argv[1:]:
    sys.stdout.write("\nSEEN" + json.dumps(seen(argument), ensure_ascii=True) + "\n")
