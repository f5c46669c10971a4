"""About how long pictures take, by what is known of them at intake: sizes, frames, triangles, texels.

The figures for the CPU are those of two cores with Mesa's llvmpipe (a dressed form of 52,000 triangles, 512 to 4096
pixels a side) and half as much again, for a worker's machine has other work too: on idle cores jobs take between half
of an estimate and all of it. They choose a quality for a deadline; nothing else depends on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assets.scene import Quality

_LARGE, _HUGE = 4_200_000, 9_000_000  # pixels beyond which a CPU takes fewer samples of a final picture


@dataclass(frozen=True, kw_only=True)
class Work:
    """``frames`` in all, in ``parts`` that workers may draw side by side, each written ``encodings`` times."""

    width: int
    height: int
    frames: int = 1
    parts: int = 1
    triangles: int = 0
    texels: int = 0
    encodings: int = 1


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Seconds. ``triangle`` and ``texel`` until they are on the device, once; ``shade`` a triangle and pass."""

    start: float  # device, shaders, light
    triangle: float
    occlusion: float  # a triangle, not in drafts
    texel: float
    frame: float
    pixel: float
    sample: float
    shade: float
    encode: float  # a pixel


CPU = Rates(
    start=2.0,
    triangle=2e-5,
    occlusion=8e-6,
    texel=3e-8,
    frame=0.015,
    pixel=2e-8,
    sample=7.5e-9,
    shade=3e-7,
    encode=1.8e-8,
)
GPU = Rates(
    start=1.0,
    triangle=2e-5,
    occlusion=2e-6,
    texel=3e-8,
    frame=0.005,
    pixel=2e-9,
    sample=3e-10,
    shade=5e-9,
    encode=1.8e-8,
)
_SAMPLES: Mapping[Quality, int] = {Quality.DRAFT: 1, Quality.PREVIEW: 4, Quality.FINAL: 16}


def seconds(work: Work, quality: Quality, *, rates: Rates = CPU, hands: int = 1) -> float:
    """The whole work with ``hands`` workers that do nothing else, from a cold start."""
    pixels = work.width * work.height
    samples = _SAMPLES[quality]
    if quality is Quality.FINAL and rates is CPU:
        samples //= 1 if pixels <= _LARGE else 2 if pixels <= _HUGE else 4
    passes = max(1, samples // 4)
    once = rates.start + work.triangles * rates.triangle + work.texels * rates.texel
    if quality is not Quality.DRAFT:
        once += work.triangles * rates.occlusion
    frame = (
        rates.frame
        + pixels * (rates.pixel + samples * rates.sample + work.encodings * rates.encode)
        + passes * work.triangles * rates.shade
    )
    return once + work.frames * frame / max(1, min(hands, work.parts))
