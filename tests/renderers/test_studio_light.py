"""The light as the shaders get it, against the integrals that it stands for."""

from __future__ import annotations

import numpy as np
import pytest

from assets import environments
from assets.scene import Lighting
from assets.sphere import directions
from renderers.studio_light import SIDE, SLICES, environment, harmonics, key_share, prefiltered

HEIGHT = 128


def lamp(size: float) -> np.ndarray:
    """A black room with a round lamp straight ahead, ``size`` degrees from its middle to its edge."""
    direction, _ = directions(HEIGHT)
    disc = direction[..., 2] > np.cos(np.radians(size))
    return np.asarray(50.0 * disc[..., None] * np.ones(3), np.float32)


def texel(direction: np.ndarray) -> tuple[int, int]:
    """Row and column of a direction in an octahedral map (Cigolle et al. 2014), as light.glsl finds it."""
    x, y, z = direction / np.abs(direction).sum()
    if y < 0:
        x, z = (1 - abs(z)) * np.sign(x), (1 - abs(x)) * np.sign(z)
    column, row = (round((v * 0.5 + 0.5) * (SIDE - 1)) for v in (x, z))
    return row, column


def reflected(radiance: np.ndarray, axis: np.ndarray, roughness: float) -> float:
    """The mean over the GGX lobe about ``axis`` seen head-on, weighted as Karis (2013) does, texel by texel."""
    direction, solid = directions(HEIGHT)
    alpha2 = roughness**4
    along = direction @ axis
    half = np.sqrt(np.clip((1 + along) / 2, 0, 1))  # cosine of the half vector to the axis
    density = alpha2 / (np.pi * (half * half * (alpha2 - 1) + 1) ** 2) / 4
    weight = density * np.clip(along, 0, None) * solid
    return float((radiance[..., 0] * weight).sum() / weight.sum())


@pytest.mark.parametrize("slice_", [2, 3, 5, 7])
def test_gloss_is_the_mean_over_the_lobe_wherever_the_lamp_is(slice_):
    room = lamp(8.0)
    found = prefiltered(room)[slice_, ..., 0]
    roughness = slice_ / (SLICES - 1)
    brightest = reflected(room, np.array([0.0, 0.0, 1.0]), roughness)
    for degrees in (0, 10, 20, 40, 70):
        angle = np.radians(degrees)
        for axis in (np.array([np.sin(angle), 0, np.cos(angle)]), np.array([0, np.sin(angle), np.cos(angle)])):
            wanted = reflected(room, axis, roughness)
            assert found[texel(axis)] == pytest.approx(wanted, abs=0.1 * brightest), (degrees, axis)


def test_a_small_lamp_leaves_no_pattern_in_a_rough_reflection():
    """About the lamp every ring of the filtered map is even, and it only darkens outwards."""
    rough = prefiltered(lamp(2.0))[3, ..., 0]
    rings = []
    for degrees in (4, 8, 12, 16, 20):
        a = np.radians(degrees)
        around = [np.array([np.sin(a) * np.cos(p), np.sin(a) * np.sin(p), np.cos(a)]) for p in np.linspace(0, 6, 12)]
        values = np.array([rough[texel(axis)] for axis in around])
        assert values.std() < 0.12 * rough.max()
        rings.append(values.mean())
    assert (np.diff(rings) < 0).all()


@pytest.mark.parametrize("name", ["softbox", "neutral", "daylight"])
def test_matt_light_is_the_irradiance_of_the_studio(name):
    """Second-order harmonics hold it within a tenth of the mean for light without a small lamp in it."""
    radiance = environments.ambient(name)
    direction, solid = directions(radiance.shape[0])
    factors = harmonics(radiance, 0.0)
    for n in np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0], [0, -1, 0], [0.6, 0.64, 0.48], [-0.6, 0, -0.8]]):
        x, y, z = n
        terms = np.array([1, y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y])
        exact = np.einsum("hwc,hw->c", radiance, np.clip(direction @ n, 0, None) * solid) / np.pi
        assert np.abs(terms @ factors - exact).max() < 0.1 * radiance.mean() + 0.02


def test_an_environment_stands_in_the_studios_place():
    sky = environments.from_radiance(np.full((8, 16, 3), 0.25, np.float32), digest="sky")
    assert environment(Lighting(studio="rim", environment=sky)) is sky
    assert environment(Lighting(studio="rim")).digest == "rim"
    assert key_share(Lighting(environment=sky)) == 0
    assert 0.2 < key_share(Lighting(studio="softbox")) < 0.4 < key_share(Lighting(studio="daylight")) < 0.8
