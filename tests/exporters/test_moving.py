"""Rigs that nobody draws, written as GLB in every kind of compression: what moves ends where it did."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets import gltf
from assets.model import Animation, Channel, Model, Node
from assets.pose import flatten, worlds
from exporters.gltf import Compression, write_glb
from exporters.optimise import Options, optimise
from tests.exporters.random_rigs import rig
from tests.exporters.test_models import errors, model_of, quad, textured

STEPS = {"none": 2e-5, "quantise": 5e-3, "meshopt": 8e-3, "draco": 6e-3}
"""Of the model's size: weights in bytes move what hangs far from its joint."""


def corners(model: Model, **moment: object) -> np.ndarray:
    return np.concatenate(
        [
            (d.primitive.positions.astype(float) @ d.matrix[:3, :3].T + d.matrix[:3, 3])[
                d.primitive.indices.reshape(-1)
            ]
            for d in flatten(model, **moment)
        ]
    )


@pytest.mark.parametrize("compression", STEPS)
def test_rigs_move_as_before(compression: Compression, tmp_path: Path) -> None:
    files = {}
    for seed in range(6):
        model = rig(seed, stretched=seed % 2 == 1)
        made, _ = optimise(model, Options(combine_meshes=True, deduplicate=True))
        files[f"{seed}.glb"] = write_glb(made, extras={}, compression=compression)
        back = gltf.read(files[f"{seed}.glb"])
        assert len(back.animations) == len(model.animations)
        for moment in ({}, *({"animation": n, "time": t} for n in range(len(model.animations)) for t in (0.37, 1.0))):
            ours, read = corners(model, **moment), corners(back, **moment)
            far = max(cKDTree(a).query(b)[0].max() for a, b in ((ours, read), (read, ours)))
            assert far <= STEPS[compression] * np.ptp(ours, axis=0).max()
    if compression != "none":
        errors(tmp_path, dict(list(files.items())[:2]))


def test_turns_along_a_curve_keep_their_way_whatever_their_length() -> None:
    """Keys of any one length mean the same turns; so do their slopes."""
    unit = np.array([[0, 0, 0, 1], [0, np.sin(0.6), 0, np.cos(0.6)]])
    slopes = np.array([[0.3, 1.0, 0, 0.1], [0, -0.5, 0.9, 0]])
    keys = 3.0 * np.stack([slopes, unit, slopes], axis=1).reshape(-1, 4)
    channel = Channel(
        node=0,
        path="rotation",
        times=np.array([0, 1], np.float32),
        values=keys.astype(np.float32),
        interpolation="CUBICSPLINE",
    )
    still = model_of(quad(textured((1, 2, 3))))
    model = Model(
        nodes=(Node(matrix=np.eye(4), mesh=0),),
        roots=(0,),
        meshes=still.meshes,
        animations=(Animation(channels=(channel,)),),
    )
    back = gltf.read(write_glb(model, extras={}))
    for time in (0.0, 0.25, 0.5, 0.9, 1.0):
        ours, read = (flatten(one, animation=0, time=time)[0].matrix for one in (model, back))
        assert np.abs(ours - read).max() < 1e-6
    assert len(worlds(back)) == 1
