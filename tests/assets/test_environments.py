"""Studios: bounded, smooth, and split into key and rest without loss."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
import pytest

from assets import environments
from assets.errors import CatalogueError
from assets.sphere import directions


@pytest.mark.parametrize("name", environments.STUDIOS)
def test_a_studio_is_a_map_of_finite_radiance(name):
    radiance = environments.studio(name)
    assert radiance.shape == (environments.HEIGHT, environments.WIDTH, 3)
    assert radiance.dtype == np.float32
    assert np.isfinite(radiance).all()
    assert radiance.min() > 0
    assert radiance.max() < 100


@pytest.mark.parametrize("name", environments.STUDIOS)
def test_key_and_rest_are_the_whole(name):
    """What a surface that faces the key receives is the same from the map as from key light and ambient."""
    direction, solid = directions(environments.HEIGHT)
    key = environments.key_light(name)
    cosine = np.clip(direction @ key.direction, 0, None) * solid
    whole = np.einsum("hwc,hw->c", environments.studio(name), cosine) / np.pi
    rest = np.einsum("hwc,hw->c", environments.ambient(name), cosine) / np.pi
    assert np.allclose(whole, rest + key.irradiance, rtol=1e-4)
    assert np.linalg.norm(key.direction) == pytest.approx(1)
    assert key.direction[1] > 0.3  # from above


def test_the_softbox_exposes_a_white_front_for_a_shop():
    """A white garment (reflectance 0.8) that faces the camera is light, but below the tone mapper's limit."""
    direction, solid = directions(environments.HEIGHT)
    front = np.einsum("hwc,hw->c", environments.studio("softbox"), np.clip(direction[..., 2], 0, None) * solid)
    assert 0.55 < (0.8 * front / np.pi).mean() < 1.0


def test_solid_angles_fill_the_sphere():
    _, solid = directions(64)
    assert solid.sum() == pytest.approx(4 * np.pi)


def test_an_unknown_studio_is_refused_by_name():
    for ask in (environments.studio, environments.ambient, environments.key_light):
        with pytest.raises(CatalogueError, match="softbox"):
            ask("moon")


def sky(azimuth: float, elevation: float, sun: float = 400.0, size: float = 3.0) -> np.ndarray:
    """A blue gradient with a round sun (degrees, seen from the middle of its disc to its edge)."""
    direction, _ = directions(128)
    a, e = np.radians([azimuth, elevation])
    towards = np.array([np.cos(e) * np.sin(a), np.sin(e), np.cos(e) * np.cos(a)])
    disc = direction @ towards > np.cos(np.radians(size))
    blue = (0.3 + 0.2 * direction[..., 1:2]) * np.array([0.6, 0.8, 1.2])
    return (blue + disc[..., None] * np.array([1.0, 0.9, 0.7]) * sun).astype(np.float32)


@pytest.mark.parametrize(("azimuth", "elevation"), [(-40, 50), (179.5, 30), (90, 80)])
def test_the_sun_of_a_measured_sky_becomes_the_key(azimuth, elevation):
    """Also where the map's seam cuts it in two. Nothing is lost, nothing is counted twice."""
    whole = sky(azimuth, elevation)
    found = environments.from_radiance(whole, digest="sky")
    a, e = np.radians([azimuth, elevation])
    towards = np.array([np.cos(e) * np.sin(a), np.sin(e), np.cos(e) * np.cos(a)])
    assert found.key.direction @ towards > np.cos(np.radians(1))
    assert found.ambient.max() < 2
    direction, solid = directions(128)
    cosine = np.clip(direction @ np.array(found.key.direction), 0, None) * solid
    facing = np.einsum("hwc,hw->c", whole, cosine) / np.pi
    rest = np.einsum("hwc,hw->c", found.ambient, cosine) / np.pi
    assert np.allclose(facing, rest + found.key.irradiance, rtol=1e-4)
    assert found.key.irradiance[2] / found.key.irradiance[0] == pytest.approx(0.7, abs=0.02)  # the sun's colour


@pytest.mark.parametrize(
    "whole", [np.full((16, 32, 3), 0.5, np.float32), sky(0, -40), np.zeros((2, 4, 3), np.float32)]
)
def test_light_without_a_lamp_above_has_no_key(whole):
    found = environments.from_radiance(whole, digest="even")
    assert found.key.irradiance == (0, 0, 0)
    assert found.ambient is whole


def test_a_large_file_is_reduced_with_its_energy():
    fine = np.repeat(np.repeat(sky(-40, 50), 8, axis=0), 8, axis=1)
    data = cv2.imencode(".hdr", np.ascontiguousarray(fine[..., ::-1]))[1].tobytes()
    found = environments.read(data)
    assert found.shape == (environments.HEIGHT, environments.WIDTH, 3)
    assert found.mean() == pytest.approx(fine.mean(), rel=0.01)
    assert environments.from_file(data).key.direction[1] == pytest.approx(np.sin(np.radians(50)), abs=0.02)
    assert environments.from_file(data).digest == hashlib.sha256(data).hexdigest()
