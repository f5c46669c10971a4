"""A studio as the shaders want it: spherical harmonics, prefiltered gloss, one key.

Matt light is second-order spherical harmonics (Ramamoorthi and Hanrahan 2001); gloss is the GGX-prefiltered
half of the split sum (Karis 2013) for eight roughnesses, in octahedral maps stacked into one 3D texture.
"""

from __future__ import annotations

from functools import lru_cache
from math import cos, log2, pi, sin, sqrt

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from assets import environments
from assets.environments import Environment
from assets.scene import Lighting
from assets.sphere import directions
from renderers.byte_cache import ByteCache

SIDE = 128  # texels a side of the sharpest octahedral map
SLICES = 8
_FINE = 3  # slices at full size
_SMALLEST = 8  # rows of the smallest level that a rough lobe is looked up in
_COARSE = 48  # rough slices hold no detail: computed at this size, then enlarged

F32 = NDArray[np.float32]


def environment(lighting: Lighting) -> Environment:
    """What a scene is lit by. Raises CatalogueError for an unknown studio."""
    return lighting.environment or environments.named(lighting.studio)


def gloss(lighting: Lighting, context: moderngl.Context, cache: ByteCache) -> GlossMaps:
    """The scene's prefiltered maps, cached by environment. Raises CatalogueError for an unknown studio."""
    found = lighting.environment
    name = lighting.studio if found is None else found.digest
    return cache.get(("gloss", name), lambda: GlossMaps(context, environment(lighting).whole))


class GlossMaps:
    """The prefiltered maps of one environment on the device."""

    def __init__(self, context: moderngl.Context, radiance: F32) -> None:
        stack = prefiltered(radiance)
        data = np.concatenate([stack, np.ones((*stack.shape[:3], 1), np.float32)], axis=-1).astype(np.float16)
        self.texture = context.texture3d((SIDE, SIDE, SLICES), 4, data.tobytes(), dtype="f2")
        self.texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self.texture.repeat_x = self.texture.repeat_y = self.texture.repeat_z = False
        self.nbytes = data.nbytes

    def release(self) -> None:
        """Frees the texture."""
        self.texture.release()


def harmonics(radiance: F32, turn: float) -> F32:
    """The matt light of a map turned by ``turn`` radians about +Y: float32[9, 3], factors of the polynomials
    1, y, z, x, xy, yz, 3z²-1, xz, x²-y² of the normal, so that their sum is irradiance over pi.
    """
    direction, solid = directions(radiance.shape[0])
    x = cos(turn) * direction[..., 0] + sin(turn) * direction[..., 2]
    y = direction[..., 1]
    z = -sin(turn) * direction[..., 0] + cos(turn) * direction[..., 2]
    norms = np.array([0.282095] + 3 * [0.488603] + 2 * [1.092548] + [0.315392, 1.092548, 0.546274])
    bands = np.array([1.0] + 3 * [2 / 3] + 5 * [1 / 4])
    basis = np.stack([np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y])
    found = np.einsum("khw,hwc,hw->kc", basis, radiance.astype(np.float64), solid)
    return np.asarray(found * (norms * norms * bands)[:, None], dtype=np.float32)


@lru_cache(maxsize=4)
def light_block(lighting: Lighting) -> bytes:
    """The ``Light`` block up to the key's irradiance (std140)."""
    light = environment(lighting)
    sh = harmonics(light.ambient, lighting.rotation)
    key = light.key
    c, s = cos(lighting.rotation), sin(lighting.rotation)
    x, y, z = key.direction
    block = np.zeros((11, 4), np.float32)
    block[:9, :3] = sh
    block[9] = (c * x + s * z, y, -s * x + c * z, 0.0)
    block[10, :3] = key.irradiance
    return block.tobytes()


@lru_cache(maxsize=4)
def key_share(lighting: Lighting) -> float:
    """The share of the light on level ground that comes from the key, 0..1: how dark its shadow is there."""
    light = environment(lighting)
    direction, solid = directions(light.whole.shape[0])
    level = np.clip(direction[..., 1], 0, None) * solid / pi
    total = float(np.einsum("hwc,hw->", light.whole, level))
    return sum(light.key.irradiance) * max(light.key.direction[1], 0.0) / total if total > 0 else 0.0


def prefiltered(radiance: F32) -> F32:
    """GGX-prefiltered radiance float32[SLICES, SIDE, SIDE, 3]; slice ``i`` has roughness ``i / (SLICES - 1)``."""
    levels = _pyramid(radiance)
    # A texel is wider than the map's: the mean of four places misses no small lamp.
    places = [(x, y) for x in (-0.25, 0.25) for y in (-0.25, 0.25)]
    slices = [np.mean([_look(radiance, _octahedral_directions(SIDE, shift)) for shift in places], axis=0)]
    for i in range(1, SLICES):
        side = SIDE if i < _FINE else _COARSE
        out = _lobe(levels, _octahedral_directions(side), i / (SLICES - 1), samples=96 if i < _FINE else 256)
        slices.append(out if side == SIDE else _enlarged(out))
    return np.stack(slices).astype(np.float32)


def _octahedral_directions(side: int, shift: tuple[float, float] = (0.0, 0.0)) -> F32:
    """The inverse of ``octahedral`` in light.glsl, ``shift`` texels aside. Edge texels lie on the map's very edge."""
    o = np.linspace(-1, 1, side, dtype=np.float32)
    x, z = (np.clip(a + step * 2 / (side - 1), -1, 1) for a, step in zip(np.meshgrid(o, o), shift, strict=True))
    y = 1 - np.abs(x) - np.abs(z)
    fold_x = (1 - np.abs(z)) * np.where(x >= 0, 1, -1)
    fold_z = (1 - np.abs(x)) * np.where(z >= 0, 1, -1)
    d = np.stack([np.where(y >= 0, x, fold_x), y, np.where(y >= 0, z, fold_z)], axis=-1)
    return np.asarray(d / np.linalg.norm(d, axis=-1, keepdims=True), dtype=np.float32)


def _lobe(levels: list[F32], around: F32, roughness: float, *, samples: int) -> F32:
    """Mean radiance over the reflection lobe about each direction, seen head-on (N = V = R).

    Each sample stands for a patch of the lobe, and is looked up in the level whose texels are as large
    (filtered importance sampling, Krivanek and Colbert 2008): a lamp of a few texels leaves no pattern.
    """
    alpha = roughness * roughness
    helper = np.where(
        np.abs(around[..., 1:2]) < 0.9, np.array([0, 1, 0], np.float32), np.array([1, 0, 0], np.float32)
    )
    right = np.cross(helper, around)
    right /= np.linalg.norm(right, axis=-1, keepdims=True)
    up = np.cross(around, right)
    texel = pi / levels[0].shape[0]
    total = np.zeros(around.shape, np.float32)
    weight = 0.0
    for i in range(samples):
        u, phi = (i + 0.5) / samples, i * 2.399963229728653
        cosine = np.sqrt((1 - u) / (1 + (alpha * alpha - 1) * u))
        # L is H mirrored about N: twice H's angle from the axis.
        along = 2 * cosine * cosine - 1
        if along <= 0:
            continue
        aside = 2 * cosine * np.sqrt(max(1 - cosine * cosine, 0))
        d = around * along + right * (aside * cos(phi)) + up * (aside * sin(phi))
        density = alpha * alpha / (pi * (cosine * cosine * (alpha * alpha - 1) + 1) ** 2) / 4
        radius = sqrt(1 / (samples * density * pi)) / texel
        level = int(np.clip(round(log2(radius)), 0, len(levels) - 1))
        total += _look(levels[level], d.astype(np.float32)) * np.float32(along)
        weight += along
    return total / np.float32(weight)


def _pyramid(radiance: F32) -> list[F32]:
    """The map, and again and again at half the size, each a little soft so that no texel shows."""
    levels = [radiance]
    while levels[-1].shape[0] > _SMALLEST:
        h, w = levels[-1].shape[:2]
        half = cv2.resize(levels[-1], (w // 2, h // 2), interpolation=cv2.INTER_AREA)
        ringed = np.concatenate([half[:, -2:], half, half[:, :2]], axis=1)
        levels.append(np.ascontiguousarray(cv2.GaussianBlur(ringed, (3, 3), 0.6)[:, 2:-2]))
    return levels


def _look(radiance: F32, d: F32) -> F32:
    """Bilinear lookup of an equirectangular map along unit directions."""
    h, w = radiance.shape[:2]
    u = (np.arctan2(d[..., 0], d[..., 2]) / (2 * pi) + 0.5) * w - 0.5
    v = np.clip((0.5 - np.arcsin(np.clip(d[..., 1], -1, 1)) / pi) * h - 0.5, 0, h - 1)
    ringed = np.concatenate([radiance[:, -1:], radiance, radiance[:, :1]], axis=1)
    found = cv2.remap(ringed, (u + 1).astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR)
    return np.asarray(found, dtype=np.float32)


def _enlarged(image: F32) -> F32:
    """To SIDE x SIDE with the corner texels kept in the corners."""
    at = np.linspace(0, image.shape[0] - 1, SIDE, dtype=np.float32)
    x, y = np.meshgrid(at, at)
    return np.asarray(cv2.remap(image, x, y, cv2.INTER_LINEAR), dtype=np.float32)
