"""Our pictures beside an independent renderer's: the same outline, the same depth.

pyrender reads GLB through trimesh and draws with its own matrices; all that it shares with us is the file and the
camera's numbers. It knows no skins, so what is posed is written out as it stands first.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh

from assets import catalogue, framing, gltf
from assets.design import CameraSettings
from assets.model import Model
from assets.pose import flatten
from assets.scene import Background, Draw, Lighting, Quality, Scene, Target, View
from exporters.gltf import write_glb
from renderers.opengl import OpenGLRenderer

pytestmark = [pytest.mark.gl, pytest.mark.slow]

SIDE = 800
SCRIPT = Path(__file__).with_name("pyrender_views.py")
LEAST_IOU = 0.99
MOST_DEPTH_ERROR = 5e-4  # of the distance, in the middle of all pixels; a level of detail may be off by half a pixel
CAMERAS: tuple[tuple[str, CameraSettings], ...] = (
    ("front", CameraSettings()),
    ("three-quarter", CameraSettings(fov=60)),
    ("custom", CameraSettings(azimuth=-140, elevation=-25, fov=15)),
    ("left", CameraSettings(orthographic=True)),
)
FEWER = (CAMERAS[1], CAMERAS[3])


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model as both get it."""

    draws: tuple[Draw, ...]
    glb: bytes
    cameras: tuple[tuple[str, CameraSettings], ...] = CAMERAS


def views(case: Case) -> tuple[View, ...]:
    return tuple(framing.view(case.draws, name, settings=settings, aspect=1.0) for name, settings in case.cameras)


def posed(draws: Sequence[Draw]) -> bytes:
    """The draws as they stand, written by trimesh."""
    scene = trimesh.Scene()
    for i, draw in enumerate(draws):
        points = draw.primitive.positions.astype(np.float64) @ draw.matrix[:3, :3].T + draw.matrix[:3, 3]
        part = trimesh.Trimesh(points, draw.primitive.indices, process=False)
        part.visual = trimesh.visual.TextureVisuals(
            uv=np.zeros((len(points), 2)),
            material=trimesh.visual.material.PBRMaterial(doubleSided=draw.primitive.material.double_sided),
        )
        scene.add_geometry(part, geom_name=f"part {i}")
    return bytes(scene.export(file_type="glb"))


def checked(cases: Mapping[str, Case], folder: Path) -> dict[str, np.ndarray]:
    """pyrender's depths float32[cameras, h, w] by name; skips where pyrender cannot be had."""
    jobs = []
    for i, (name, case) in enumerate(cases.items()):
        (folder / f"{i}.glb").write_bytes(case.glb)
        cameras = [asdict(view.camera) for view in views(case)]
        jobs.append({"model": f"{i}.glb", "out": f"{i}.npz", "width": SIDE, "height": SIDE, "cameras": cameras})
        assert name
    (folder / "jobs.json").write_text(json.dumps(jobs))
    done = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True, timeout=240, check=False)
    if done.returncode == 3:
        pytest.skip(f"pyrender does not run here: {done.stderr.strip()[-300:]}")
    assert done.returncode == 0, done.stderr[-2000:]
    return {name: np.load(folder / f"{i}.npz")["depth"] for i, name in enumerate(cases)}


def compared(renderer: OpenGLRenderer, case: Case, depths: np.ndarray) -> None:
    scene = Scene(
        draws=case.draws, digest=str(id(case)), background=Background(), lighting=Lighting(ground_shadow=False)
    )
    target = Target(width=SIDE, height=SIDE, quality=Quality.FINAL)
    for (name, _), view, truth, frame in zip(
        case.cameras, views(case), depths, renderer.frames(scene, views(case), target), strict=True
    ):
        ours, theirs = frame[..., 3] > 127, truth > 0
        assert theirs.sum() > 500, name
        iou = (ours & theirs).sum() / (ours | theirs).sum()
        wide = cv2.distanceTransform(theirs.astype(np.uint8), cv2.DIST_L2, 3).max() > 4
        # A card from its edge is a line, of which most pixels are their outline's own.
        assert iou >= (LEAST_IOU if wide else 0.9), f"{name}: silhouette IoU {iou:.4f}"
        metres = renderer.distances(scene, view, SIDE, SIDE, both_sides=False).metres
        both = np.isfinite(metres) & theirs
        assert both.sum() > 0.99 * theirs.sum(), name
        off = np.abs(metres[both] - truth[both]) / truth[both]
        assert np.median(off) <= MOST_DEPTH_ERROR, f"{name}: depth is off by {np.median(off):.2e}"
        assert np.percentile(off, 98) <= 0.02, f"{name}: depth is off by {np.percentile(off, 98):.2e} in places"


def tree() -> Model:
    """Nodes that are turned, scaled unevenly and mirrored."""
    scene = trimesh.Scene()
    tube = trimesh.creation.annulus(0.1, 0.3, 0.8)
    # Both sides are drawn: pyrender shows the wrong one of what is mirrored.
    tube.visual = trimesh.visual.TextureVisuals(
        uv=np.zeros((len(tube.vertices), 2)), material=trimesh.visual.material.PBRMaterial(doubleSided=True)
    )
    ring = trimesh.creation.torus(0.4, 0.12, 48, 24)
    turned = trimesh.transformations.euler_matrix(0.5, 0.3, -0.2) @ np.diag([1.0, 0.6, 1.4, 1])
    mirrored = np.diag([-1.0, 1, 1, 1])
    mirrored[:3, 3] = (1.3, 0.4, -0.3)
    scene.add_geometry(ring, transform=turned)
    scene.add_geometry(tube, transform=mirrored @ turned)
    scene.add_geometry(
        trimesh.creation.capsule(1.0, 0.2), transform=trimesh.transformations.translation_matrix([0, 0.9, 0])
    )
    return gltf.read(bytes(scene.export(file_type="glb")))


def generated() -> dict[str, Case]:
    models = {name: catalogue.model(name) for name in ("dress-form", "tshirt", "card-classic")}
    models["tree"] = tree()
    return {name: Case(draws=flatten(model), glb=write_glb(model, extras={})) for name, model in models.items()}


def real(folder: Path) -> dict[str, Case]:
    found = {}
    for path in sorted(folder.rglob("*.glb")):
        data = path.read_bytes()
        model = gltf.read(data, name=path.stem)
        draws = flatten(model)
        if any(draw.primitive.material.alpha_mode != "OPAQUE" for draw in draws):
            draws = tuple(draw for draw in draws if draw.primitive.material.alpha_mode == "OPAQUE")
        found[path.stem] = Case(draws=draws, glb=posed(draws), cameras=FEWER)
    return found


@pytest.fixture(scope="module")
def generated_depths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    return checked(generated(), tmp_path_factory.mktemp("generated"))


@pytest.mark.parametrize("name", ["dress-form", "tshirt", "card-classic", "tree"])
def test_generated_models_look_the_same(
    renderer: OpenGLRenderer, generated_depths: dict[str, np.ndarray], name: str
) -> None:
    compared(renderer, generated()[name], generated_depths[name])


@pytest.mark.samples
def test_real_models_look_the_same(renderer: OpenGLRenderer, samples: Path, tmp_path: Path) -> None:
    cases = real(samples)
    depths = checked(cases, tmp_path)
    failed = []
    for name, case in cases.items():
        try:
            compared(renderer, case, depths[name])
        except AssertionError as error:
            failed.append(f"{name}: {error}")
    assert not failed, "\n".join(failed)
