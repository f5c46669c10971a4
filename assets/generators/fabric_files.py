"""Swatches as the catalogue's files: colours, normals, roughness and facts, small and clean."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from assets.generators.fabric_swatch import Array, Swatch, smooth


def normals(height: Array, repeat_mm: float) -> NDArray[np.uint8]:
    """Tangent-space normals (OpenGL green), uint8[s, s, 3], of a periodic height field in millimetres."""
    step = repeat_mm / height.shape[1]
    soft = smooth(height, 1.1 / height.shape[0])  # what is finer costs bytes and is noise
    right = (np.roll(soft, -1, axis=1) - np.roll(soft, 1, axis=1)) / (2 * step)
    down = (np.roll(soft, -1, axis=0) - np.roll(soft, 1, axis=0)) / (2 * step)
    n = np.stack([-right, down, np.ones_like(right)], axis=-1)
    n /= np.linalg.norm(n, axis=-1, keepdims=True)
    return np.asarray(np.round((n * 0.5 + 0.5) * 255), dtype=np.uint8)


def codes(field: Array) -> NDArray[np.uint8]:
    """0..1 as code values."""
    return np.asarray(np.round(np.clip(field, 0, 1) * 255), dtype=np.uint8)


def packed(swatch: Swatch) -> NDArray[np.uint8]:
    """Roughness in green and metalness in blue, as glTF has them."""
    made = np.full((*swatch.roughness.shape, 3), 255, dtype=np.uint8)
    made[..., 1] = codes(smooth(swatch.roughness, 1.0 / len(made)))
    made[..., 2] = 0 if swatch.metal is None else codes(swatch.metal)
    return made


def jpeg(pixels: NDArray[np.uint8], quality: int, *, vectors: bool = False) -> bytes:
    """A JPEG. ``vectors`` says that its channels are numbers of their own and no colour: they are then kept apart
    (RGB inside), which at equal size is 2.5 dB nearer to a normal map than luma and chroma are.
    """
    held = io.BytesIO()
    how: dict[str, Any] = {"keep_rgb": True} if vectors else {"subsampling": 2}
    Picture.fromarray(pixels).save(held, "JPEG", quality=quality, optimize=True, progressive=True, **how)
    return held.getvalue()


def webp(pixels: NDArray[np.uint8], quality: int) -> bytes:
    """A WebP with alpha: the colours under holes are kept, or filtering would fetch black from them."""
    held = io.BytesIO()
    Picture.fromarray(pixels).save(held, "WEBP", quality=quality, alpha_quality=80, method=6, exact=True)
    return held.getvalue()


def files(name: str, swatch: Swatch, facts: Mapping[str, Any], *, quality: int = 28) -> dict[str, bytes]:
    """The baked files of a fabric under ``fabrics/``; ``facts`` are what :func:`assets.fabric.from_facts` reads.
    ``quality`` is that of the normals, which show what JPEG does to them first.
    """
    color = codes(swatch.color)
    if swatch.alpha is None:
        picture = {f"fabrics/{name}-color.jpg": jpeg(color, 62)}
    else:
        color = np.concatenate([color, codes(swatch.alpha)[..., None]], axis=2)
        picture = {f"fabrics/{name}-color.webp": webp(color, 80)}
    return {
        f"fabrics/{name}.json": json.dumps(dict(facts), sort_keys=True).encode() + b"\n",
        **picture,
        f"fabrics/{name}-normal.jpg": jpeg(normals(swatch.height, float(facts["repeat_mm"])), quality, vectors=True),
        f"fabrics/{name}-mr.jpg": jpeg(packed(swatch), 40, vectors=True),
    }
