"""pyrender in its own process and environment: one JSON line of turns in, one line of milliseconds out.

Started with a folder that holds ``design.glb`` and ``setup.json``; writes its last frame to ``pyrender.npy`` there.
"""

# It runs in another environment, with other versions than those that are checked here.
# mypy: ignore-errors
import json
import os
import sys
from pathlib import Path
from time import perf_counter

os.environ["PYOPENGL_PLATFORM"] = "egl"

import numpy as np

setattr(np, "infty", np.inf)  # noqa: B010  # pyrender 0.1.45 still asks for the name that NumPy 2 dropped

import pyrender  # noqa: E402
import trimesh  # noqa: E402


def look_at(eye: np.ndarray, target: np.ndarray, up: np.ndarray) -> np.ndarray:
    back = (eye - target) / np.linalg.norm(eye - target)
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(back, right), back], axis=1)
    pose[:3, 3] = eye
    return pose


def main() -> None:
    folder = Path(sys.argv[1])
    setup = json.loads((folder / "setup.json").read_text())
    background = [int(setup["background"][i : i + 2], 16) / 255 for i in (1, 3, 5)]
    scene = pyrender.Scene(bg_color=[*background, 1.0], ambient_light=[0.6, 0.6, 0.6])
    parts = trimesh.load(folder / "design.glb", force="scene").dump()
    nodes = [scene.add(pyrender.Mesh.from_trimesh(part, smooth=True)) for part in parts]
    camera = pyrender.PerspectiveCamera(
        yfov=np.radians(setup["fov"]),
        znear=setup["near"],
        zfar=setup["far"],
        aspectRatio=setup["width"] / setup["height"],
    )
    pose = look_at(*(np.array(setup[name]) for name in ("eye", "target", "up")))
    scene.add(camera, pose=pose)
    scene.add(pyrender.DirectionalLight(color=np.ones(3), intensity=4.0), pose=pose)
    renderer = pyrender.OffscreenRenderer(setup["width"], setup["height"])
    pivot = np.array(setup["pivot"])
    sys.stdout.write(json.dumps({"ready": True}) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        times = []
        for turn in json.loads(line):
            c, s = np.cos(turn), np.sin(turn)
            matrix = np.eye(4)
            matrix[:3, :3] = [[c, 0, s], [0, 1, 0], [-s, 0, c]]
            matrix[:3, 3] = pivot - matrix[:3, :3] @ pivot
            for node in nodes:
                scene.set_pose(node, matrix)
            began = perf_counter()
            colour, _ = renderer.render(scene)
            times.append((perf_counter() - began) * 1000)
        np.save(folder / "pyrender.npy", colour)
        sys.stdout.write(json.dumps(times) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
