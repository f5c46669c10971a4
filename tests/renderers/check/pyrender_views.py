"""An independent renderer's word on what is where: pyrender in a process of its own, for deleting its renderer
breaks another context of the same process.

Started with a folder that holds ``jobs.json``: a list of ``{"model": "x.glb", "out": "x.npz", "width", "height",
"cameras": [{"eye", "target", "up", "fov_y" or "ortho_height", "near", "far"}]}``, sizes in pixels, the rest in
radians and metres. Writes for each job an archive with ``depth`` float32[cameras, h, w], metres along the camera's
axis and 0 where nothing is. Ends with 3 when pyrender cannot be had on this machine. Knows nothing of the code that
it checks.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ["PYOPENGL_PLATFORM"] = "egl"

import numpy as np

setattr(np, "infty", np.inf)  # noqa: B010  # pyrender 0.1.45 still asks for the name that NumPy 2 dropped

try:
    import pyrender
    import trimesh
except Exception as error:  # noqa: BLE001  # whatever an old library dies of on a newer Python
    sys.stderr.write(f"{type(error).__name__}: {error}\n")
    sys.exit(3)


FINER = 3
"""Drawn so much larger, and every third pixel taken: pyrender's depth is that of one of a pixel's four samples, which
lies off its centre by up to half a pixel.
"""


def look_at(eye: np.ndarray, target: np.ndarray, up: np.ndarray) -> np.ndarray:
    back = (eye - target) / np.linalg.norm(eye - target)
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(back, right), back], axis=1)
    pose[:3, 3] = eye
    return pose


def lens(camera: dict, aspect: float) -> pyrender.Camera:
    near, far = camera["near"], camera["far"]
    if camera.get("ortho_height"):
        half = camera["ortho_height"] / 2
        return pyrender.OrthographicCamera(xmag=half * aspect, ymag=half, znear=near, zfar=far)
    return pyrender.PerspectiveCamera(yfov=camera["fov_y"], znear=near, zfar=far, aspectRatio=aspect)


def metres(depth: np.ndarray, camera: dict) -> np.ndarray:
    """pyrender undoes the projection of a pinhole whatever the camera is; for the other kind that is undone here."""
    if not camera.get("ortho_height"):
        return depth
    near, far = camera["near"], camera["far"]
    seen = depth > 0
    device = (far + near - 2 * near * far / np.where(seen, depth, 1.0)) / (far - near)
    return np.where(seen, (device * (far - near) + far + near) / 2, 0.0)


def draw(folder: Path, job: dict) -> None:
    scene = pyrender.Scene()
    for part in trimesh.load(folder / job["model"], force="scene").dump():
        mesh = pyrender.Mesh.from_trimesh(part, smooth=False)
        for primitive in mesh.primitives:  # a file's word on it is lost on the way
            primitive.material.doubleSided = bool(getattr(part.visual.material, "doubleSided", False))
        scene.add(mesh)
    renderer = pyrender.OffscreenRenderer(job["width"] * FINER, job["height"] * FINER)
    found = []
    for camera in job["cameras"]:
        pose = look_at(*(np.array(camera[name], float) for name in ("eye", "target", "up")))
        node = scene.add(lens(camera, job["width"] / job["height"]), pose=pose)
        _, depth = renderer.render(scene, flags=pyrender.RenderFlags.FLAT)  # alone, the depth would lack back faces
        found.append(metres(depth[FINER // 2 :: FINER, FINER // 2 :: FINER].astype(np.float64), camera))
        scene.remove_node(node)
    renderer.delete()
    np.savez_compressed(folder / job["out"], depth=np.array(found, np.float32))


def main() -> None:
    folder = Path(sys.argv[1])
    for job in json.loads((folder / "jobs.json").read_text()):
        draw(folder, job)


if __name__ == "__main__":
    main()
