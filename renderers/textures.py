"""Images on the device, with their mip levels; one for each image, whatever uses it."""

from __future__ import annotations

import cv2
import moderngl
import numpy as np

from assets import images
from assets.model import Image, Sampler, Wrap
from assets.scene import Frame

LARGEST = 4096  # texels a side that stay; more would be memory without a visible difference
_SRGB8_ALPHA8 = 0x8C43
_ANISOTROPY = 8.0


class GpuTexture:
    """One decoded image. ``clearest`` and ``clear_share`` describe its alpha: the lowest value, 0..255."""

    def __init__(self, context: moderngl.Context, image: Image, *, colour: bool, anisotropic: bool) -> None:
        pixels = _bounded(images.decode(image))
        self.lowest_alpha = int(pixels[..., 3].min())
        height, width = pixels.shape[:2]
        form = _SRGB8_ALPHA8 if colour else None
        data = np.ascontiguousarray(pixels)
        self.texture = context.texture((width, height), 4, data.tobytes(), internal_format=form)
        self.texture.build_mipmaps()
        self._anisotropy = _ANISOTROPY if anisotropic else 1.0
        self._context = context
        self._samplers: dict[Sampler, moderngl.Sampler] = {}
        self.nbytes = pixels.nbytes * 4 // 3

    def use(self, unit: int, sampler: Sampler) -> None:
        """Binds the texture and how it is read to a texture unit."""
        if sampler not in self._samplers:
            nearest = (moderngl.NEAREST_MIPMAP_LINEAR, moderngl.NEAREST)
            smooth = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
            made = self._context.sampler(
                filter=nearest if sampler.nearest else smooth,
                anisotropy=1.0 if sampler.nearest else self._anisotropy,
            )
            # moderngl's samplers know repeat and clamp; the mirrored wrap is done by the shader's own address.
            made.repeat_x = sampler.wrap_u is not Wrap.CLAMP
            made.repeat_y = sampler.wrap_v is not Wrap.CLAMP
            self._samplers[sampler] = made
        self.texture.use(unit)
        self._samplers[sampler].use(unit)

    def release(self) -> None:
        """Frees the texture and its samplers."""
        for sampler in self._samplers.values():
            sampler.release()
        self._samplers.clear()
        self.texture.release()


def _bounded(pixels: Frame) -> Frame:
    longest = max(pixels.shape[:2])
    if longest <= LARGEST:
        return pixels
    height, width = (max(1, side * LARGEST // longest) for side in pixels.shape[:2])
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
