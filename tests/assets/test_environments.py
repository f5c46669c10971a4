"""Studios: bounded, smooth, and split into key and rest without loss."""

from __future__ import annotations

import numpy as np
import pytest

from assets import environments
from assets.errors import CatalogueError


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
    direction, solid = environments.directions(environments.HEIGHT)
    key = environments.key_light(name)
    cosine = np.clip(direction @ key.direction, 0, None) * solid
    whole = np.einsum("hwc,hw->c", environments.studio(name), cosine) / np.pi
    rest = np.einsum("hwc,hw->c", environments.ambient(name), cosine) / np.pi
    assert np.allclose(whole, rest + key.irradiance, rtol=1e-4)
    assert np.linalg.norm(key.direction) == pytest.approx(1)
    assert key.direction[1] > 0.3  # from above


def test_the_softbox_exposes_a_white_front_for_a_shop():
    """A white garment (reflectance 0.8) that faces the camera is light, but below the tone mapper's limit."""
    direction, solid = environments.directions(environments.HEIGHT)
    front = np.einsum("hwc,hw->c", environments.studio("softbox"), np.clip(direction[..., 2], 0, None) * solid)
    assert 0.55 < (0.8 * front / np.pi).mean() < 1.0


def test_solid_angles_fill_the_sphere():
    _, solid = environments.directions(64)
    assert solid.sum() == pytest.approx(4 * np.pi)


def test_an_unknown_studio_is_refused_by_name():
    for ask in (environments.studio, environments.ambient, environments.key_light):
        with pytest.raises(CatalogueError, match="softbox"):
            ask("moon")
