"""Real models that nobody here made: all are read, and outfits fit on their bodies without skin poking through."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import trimesh

from assets.compose import AVATAR, compose, scene
from assets.covering import Inner, Outer, covers
from assets.design import Avatar, Design, Layer, Ref
from assets.gltf import inspect, read
from assets.model import Model
from assets.pose import flatten
from assets.surfaces import Surface
from assets.transforms import apply
from assets.units import extent

pytestmark = pytest.mark.samples
OUTFITS = {
    "female": ("mh_female_casualsuit01", "mh_female_elegantsuit01", "mh_female_sportsuit01"),
    "male": ("mh_male_casualsuit01", "mh_male_casualsuit04"),
}


@pytest.fixture(scope="module")
def samples() -> Path:
    named = os.environ.get("FARM_SAMPLES")
    if not named:
        pytest.skip("FARM_SAMPLES is not set")
    path = Path(named)
    assert list(path.glob("*/*.glb")), f"FARM_SAMPLES ({path}) has no models"
    return path


def test_every_sample_is_read_and_inspected(samples: Path) -> None:
    for path in sorted(samples.glob("*/*.glb")):
        data = path.read_bytes()
        drawn = sum(len(draw.primitive.indices) for draw in flatten(read(data)))
        assert drawn == inspect(data).triangles, path.name


def test_another_reader_finds_the_same_triangles_in_the_same_place(samples: Path) -> None:
    for path in sorted(samples.glob("*/*.glb")):
        model = read(path.read_bytes())
        other = trimesh.load(path, force="scene")
        faces = sum(len(other.geometry[other.graph[node][1]].faces) for node in other.graph.nodes_geometry)
        assert sum(len(draw.primitive.indices) for draw in flatten(model)) == faces, path.name
        assert np.allclose(extent(model), np.array(other.bounds) * model.unit_scale, atol=1e-6), path.name


def test_sizes_are_human(samples: Path) -> None:
    def size(name: str) -> float:
        low, high = extent(read((samples / name).read_bytes()))
        return float((high - low).max())

    assert 1.4 < size("avatars/mh_avatar_female.glb") < 1.6
    assert 0.6 < size("khronos/FlightHelmet.glb") < 0.8
    assert 0.2 < size("garments/mh_fedora01.glb") < 0.4
    assert read((samples / "khronos/Fox.glb").read_bytes()).unit_scale == 0.01
    assert 1.4 < size("khronos/Fox.glb") < 1.7


def test_the_fox_moves_and_the_cube_morphs(samples: Path) -> None:
    fox = read((samples / "khronos/Fox.glb").read_bytes())
    assert len(fox.animations) == 3
    rest, moving = flatten(fox)[0], flatten(fox, animation=1, time=0.3)[0]
    assert np.abs(rest.primitive.positions - moving.primitive.positions).max() > 0.01
    assert moving.primitive.positions[:, 1].min() > -0.1
    cube = read((samples / "features/sparse_morph.glb").read_bytes())
    (target,) = cube.meshes[0].primitives[0].targets
    assert target.positions is not None
    assert np.count_nonzero(target.positions[:, 0]) == 12  # the sparse half of 24
    assert target.positions.max() == np.float32(0.015)


def dressed(samples: Path, sex: str, outfit: str) -> tuple[Design, Model, dict[str, Model]]:
    known = {
        "body": read((samples / f"avatars/mh_avatar_{sex}.glb").read_bytes()),
        "outfit": read((samples / f"garments/{outfit}.glb").read_bytes()),
    }
    document = Design(avatar=Avatar(model=Ref(item="body")), layers=(Layer(id="outfit", model=Ref(item="outfit")),))
    made = compose(document, lambda ref: known[str(ref.item)], lambda _: pytest.fail("no fabric"))
    return document, made, known


def surface(model: Model, layer: str) -> Surface:
    (draw,) = (draw for draw in flatten(model) if draw.layer == layer)
    triangles = draw.primitive.indices.astype(np.int64)
    return Surface(
        points=apply(draw.matrix, draw.primitive.positions),
        normals=draw.primitive.normals.astype(np.float64),
        triangles=triangles,
        opaque=np.ones(len(triangles), bool),
    )


@pytest.mark.parametrize(("sex", "outfit"), [(sex, name) for sex, names in OUTFITS.items() for name in names])
def test_no_skin_pokes_through_an_outfit(samples: Path, sex: str, outfit: str) -> None:
    document, made, known = dressed(samples, sex, outfit)
    cloth = surface(made, "outfit")
    (before,) = covers(Inner(surface(known["body"], "")), [Outer(cloth)])
    (after,) = covers(Inner(surface(made, AVATAR)), [Outer(cloth)])
    needed = np.linalg.norm(before.offsets, axis=1)
    left = np.linalg.norm(after.offsets, axis=1)
    if sex == "female":
        assert (needed > 0.004).sum() > 100  # skin that was outside of the cloth
    assert (left > 0.004).sum() <= 0.02 * (needed > 0.004).sum()
    assert len(scene(made, document).draws) == 2
