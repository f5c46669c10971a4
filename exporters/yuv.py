"""sRGB frames to planar YUV 4:2:0 as BT.709 defines it, limited range.

OpenCV's own RGB-to-I420 uses the BT.601 matrix, which players assume of no HD film. Here the BT.709 matrix
(ITU-R BT.709-6, 3.2-3.4) is applied to whole pixels by OpenCV's vector code, then chroma is averaged over
2 x 2 pixels, so the chroma samples lie in the middle of their four pixels ("center").
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from assets.scene import Frame

_KR, _KG, _KB = 0.2126, 0.7152, 0.0722
_LUMA = 219 / 255  # code values 16..235
_CHROMA = 224 / 255  # code values 16..240

RGB_TO_YUV = np.array(
    [
        [_KR * _LUMA, _KG * _LUMA, _KB * _LUMA, 16],
        [-_KR / (2 * (1 - _KB)) * _CHROMA, -_KG / (2 * (1 - _KB)) * _CHROMA, 0.5 * _CHROMA, 128],
        [0.5 * _CHROMA, -_KG / (2 * (1 - _KR)) * _CHROMA, -_KB / (2 * (1 - _KR)) * _CHROMA, 128],
    ],
    np.float32,
)


class I420:
    """Converts frames of one size; keeps its working arrays, so one object belongs to one thread."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.size = width * height * 3 // 2
        self._rgb = np.empty((height, width, 3), np.uint8)
        self._yuv = np.empty((height, width, 3), np.uint8)
        self._half = np.empty((height // 2, width // 2, 3), np.uint8)

    def convert(self, frame: Frame, out: NDArray[np.uint8]) -> None:
        """Writes ``frame`` (uint8[h, w, 4]; alpha is not looked at) to ``out`` (uint8[h * w * 3 / 2]: Y, U, V)."""
        luma = self.width * self.height
        quarter = luma // 4
        planes = (self.height // 2, self.width // 2)
        cv2.cvtColor(frame, cv2.COLOR_RGBA2RGB, dst=self._rgb)
        cv2.transform(self._rgb, RGB_TO_YUV, dst=self._yuv)
        cv2.resize(self._yuv, planes[::-1], dst=self._half, interpolation=cv2.INTER_AREA)
        cv2.extractChannel(self._yuv, 0, dst=out[:luma].reshape(self.height, self.width))
        cv2.extractChannel(self._half, 1, dst=out[luma : luma + quarter].reshape(planes))
        cv2.extractChannel(self._half, 2, dst=out[luma + quarter :].reshape(planes))
