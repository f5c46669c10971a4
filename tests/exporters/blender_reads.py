"""Run by a Python with Blender's module ``bpy``: prints what Blender sees in each FBX or USDZ at each time that it is
given, in metres, +Y up. The arguments are "path@animation@seconds"; without an animation at rest as imported. Of a
USDZ Blender plays the clip that is selected in it, at as many frames a second as it has time codes.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import bpy  # type: ignore[import-not-found]  # not among the project's requirements: it is 300 MB
import numpy as np


def play(name: str, seconds: float) -> None:
    """Plays what was imported of one animation, at a moment."""
    (action,) = (action for action in bpy.data.actions if action.name.split("|")[-1] == name)
    for owner in [*bpy.data.objects, *bpy.data.shape_keys]:
        data = owner.animation_data
        if data is None or data.action_slot is None:
            continue
        mine = [slot for slot in action.slots if slot.identifier == data.action_slot.identifier]
        data.action = action if mine else None
        if mine:
            data.action_slot = mine[0]
    show(seconds * bpy.context.scene.render.fps + 1)  # Blender's first frame


def show(frame: float) -> None:
    """Goes to a moment."""
    bpy.context.scene.frame_set(int(frame), subframe=frame - int(frame))


def materials() -> dict[str, Any]:
    """What decides each input of the surfaces."""
    found: dict[str, Any] = {}
    for material in bpy.data.materials:
        (surface,) = (node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
        found[material.name] = {}
        for slot in ("Base Color", "Metallic", "Roughness", "Alpha", "Normal", "Emission Color", "Coat Weight"):
            given = surface.inputs[slot]
            if given.links:
                node = given.links[0].from_node
                if node.type == "NORMAL_MAP":
                    node = node.inputs["Color"].links[0].from_node
                found[material.name][slot] = node.image.name
            else:
                plain = given.default_value
                found[material.name][slot] = list(plain) if hasattr(plain, "__len__") else plain
    return found


def seen(argument: str) -> dict[str, Any]:
    """One file at one moment."""
    path, name, seconds = argument.split("@")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    if path.endswith(".usdz"):
        bpy.ops.wm.usd_import(filepath=path)
        show(float(seconds) * bpy.context.scene.render.fps)
    else:
        bpy.ops.wm.fbx_import(filepath=path)
    if name:
        play(name, float(seconds))
    graph = bpy.context.evaluated_depsgraph_get()
    meshes, triangles = [], 0
    for thing in bpy.data.objects:
        if thing.type == "MESH":
            mesh = thing.evaluated_get(graph).to_mesh()
            places = np.array([tuple(thing.matrix_world @ vertex.co) for vertex in mesh.vertices])
            meshes.append(np.stack([places[:, 0], places[:, 2], -places[:, 1]], axis=1).tolist())
            triangles += len(mesh.polygons)
    return {
        "meshes": meshes,
        "triangles": triangles,
        "images": {image.name: list(image.size) for image in bpy.data.images},
        "materials": materials(),
        "bones": [bone.name for armature in bpy.data.armatures for bone in armature.bones],
        "actions": sorted(action.name for action in bpy.data.actions),
    }


for argument in sys.argv[1:]:
    sys.stdout.write("\nSEEN" + json.dumps(seen(argument)) + "\n")
