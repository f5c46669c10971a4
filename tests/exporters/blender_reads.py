"""Run by a Python with Blender's module ``bpy``: prints what Blender sees in an FBX, in metres, +Y up."""

from __future__ import annotations

import json
import sys

import bpy  # type: ignore[import-not-found]  # not among the project's requirements: it is 300 MB
import numpy as np

path, time = sys.argv[1], float(sys.argv[2])
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.wm.fbx_import(filepath=path)
scene = bpy.context.scene
if time >= 0:
    frame = time * scene.render.fps + 1  # Blender's first frame
    scene.frame_set(int(frame), subframe=frame - int(frame))
graph = bpy.context.evaluated_depsgraph_get()
points, triangles = [], 0
for thing in bpy.data.objects:
    if thing.type == "MESH":
        mesh = thing.evaluated_get(graph).to_mesh()
        points += [tuple(thing.matrix_world @ vertex.co) for vertex in mesh.vertices]
        triangles += len(mesh.polygons)
places = np.array(points)
upright = np.stack([places[:, 0], places[:, 2], -places[:, 1]], axis=1)
found = {
    "low": upright.min(0).tolist(),
    "high": upright.max(0).tolist(),
    "triangles": triangles,
    "images": sorted(image.name for image in bpy.data.images),
}
sys.stdout.write("\n" + json.dumps(found) + "\n")
