"""What ARKit (Quick Look) reads of USD, as the checker had it that came with USD until release 25: newer ones check
packages, shaders and bindings, but not whether a phone knows the kinds of prims, nodes and files in them.
"""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

from pxr import Usd, UsdShade

_PRIMS: Final = frozenset(
    {
        *("Scope", "Xform", "Camera", "Shader", "Material", "Mesh", "Sphere", "Cube", "Cylinder", "Cone", "Capsule"),
        *("GeomSubset", "Points", "SkelRoot", "Skeleton", "SkelAnimation", "BlendShape", "SpatialAudio"),
    }
)
_NODES: Final = ("UsdPreviewSurface", "UsdUVTexture", "UsdTransform2d", "UsdPrimvarReader")
_FILES: Final = frozenset({".usd", ".usda", ".usdc", ".usdz", ".png", ".jpg", ".jpeg"})


def faults(stage: Usd.Stage, path: Path) -> list[str]:
    """What ARKit does not read of a package at ``path``, opened as ``stage``; nothing, if it reads all of it.

    A prim of no type is one fault more than the old checker knew: USD looks for skinned meshes under none.
    """
    found = []
    for prim in stage.Traverse():
        kind = prim.GetTypeName()
        if kind not in _PRIMS:
            found.append(f"arkit: {prim.GetPath()} is a {kind or 'prim of no type'}")
        if not prim.IsA(UsdShade.Shader):
            continue
        shader = UsdShade.Shader(prim)
        if shader.GetImplementationSource() != UsdShade.Tokens.id or not shader.GetShaderId().startswith(_NODES):
            found.append(f"arkit: {prim.GetPath()} is a shader {shader.GetShaderId()!r}")
        for given in shader.GetInputs():
            sources = given.GetAttr().GetConnections()
            if len(sources) > 1 or (sources and not given.HasConnectedSource()):
                found.append(f"arkit: {given.GetAttr().GetPath()} has {len(sources)} sources, or none that is there")
    with zipfile.ZipFile(path) as package:
        names = [name for name in package.namelist() if PurePosixPath(name).suffix.lower() not in _FILES]
    return found + [f"arkit: {name} is no layer and no picture" for name in names]
