"""What the demo art of cards is painted with: a canvas of Skia, soft light, mist, grain, brushes that repeat."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import skia
from numpy.typing import NDArray
from PIL import Image as Pillow
from scipy.ndimage import gaussian_filter, zoom

WIDTH: Final = 1100
HEIGHT: Final = 1500

Pixels = NDArray[np.uint8]
Points = Sequence[tuple[float, float]]
Stops = Sequence[tuple[float, str]]


class Picture:
    """A picture that is painted from back to front, in pixels, x right, y down."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.width, self.height = width, height
        self._surface = skia.Surface.MakeRasterN32Premul(width, height)
        self.canvas: Any = self._surface.getCanvas()
        self.canvas.clear(skia.ColorTRANSPARENT)

    def pixels(self) -> Pixels:
        """uint8[h, w, 4], straight alpha."""
        info = skia.ImageInfo.Make(self.width, self.height, skia.kRGBA_8888_ColorType, skia.kUnpremul_AlphaType)
        out = np.empty((self.height, self.width, 4), dtype=np.uint8)
        self._surface.readPixels(info, out, out.strides[0])
        return out

    def fill(self, path: Any, colour: str, *, blur: float = 0.0, blend: str = "kSrcOver") -> None:
        """A plain area; ``blur`` softens its edge."""
        self.canvas.drawPath(path, _soft(skia.Paint(AntiAlias=True, Color=argb(colour)), blur, blend))

    def shade(
        self, path: Any, shader: Any, *, blur: float = 0.0, blend: str = "kSrcOver", alpha: float = 1.0
    ) -> None:
        """An area with a gradient."""
        paint = _soft(skia.Paint(AntiAlias=True, Dither=True, Shader=shader), blur, blend)
        paint.setAlphaf(alpha)
        self.canvas.drawPath(path, paint)

    def line(self, path: Any, colour: str, width: float, *, blur: float = 0.0, blend: str = "kSrcOver") -> None:
        """A line with round ends."""
        paint = _soft(skia.Paint(AntiAlias=True, Color=argb(colour)), blur, blend)
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(width)
        paint.setStrokeCap(skia.Paint.Cap.kRound_Cap)
        paint.setStrokeJoin(skia.Paint.Join.kRound_Join)
        self.canvas.drawPath(path, paint)

    def glow(self, x: float, y: float, radius: float, stops: Stops, *, blend: str = "kScreen") -> None:
        """Light about a point, laid over everything."""
        self.shade(self.everything(), radial(x, y, radius, stops), blend=blend)

    def everything(self) -> Any:
        """The whole picture as a path."""
        return skia.Path.Rect(skia.Rect.MakeWH(self.width, self.height))

    def spread(self, amount: NDArray[np.float64], colour: str, *, blend: str = "kSrcOver") -> None:
        """A colour, as strong as ``amount`` (float[h, w], 0 to 1) says at each pixel."""
        rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        layer = np.empty((self.height, self.width, 4), dtype=np.uint8)
        layer[..., :3] = rgb
        layer[..., 3] = np.clip(amount * 255, 0, 255)
        image = skia.Image.fromarray(layer, colorType=skia.kRGBA_8888_ColorType)
        self.canvas.drawImage(
            image, 0, 0, skia.SamplingOptions(), skia.Paint(BlendMode=getattr(skia.BlendMode, blend))
        )


def argb(colour: str) -> int:
    """A colour, "#rrggbb" or "#rrggbbaa", as Skia has it."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return int(skia.ColorSetARGB(int(colour[7:9], 16) if len(colour) > 7 else 255, red, green, blue))


def linear(start: tuple[float, float], end: tuple[float, float], stops: Stops) -> Any:
    """A gradient along a line."""
    ends = [skia.Point(*start), skia.Point(*end)]
    return skia.GradientShader.MakeLinear(ends, [argb(c) for _, c in stops], [p for p, _ in stops])


def radial(x: float, y: float, radius: float, stops: Stops) -> Any:
    """A gradient outwards from a point."""
    centre = skia.Point(x, y)
    return skia.GradientShader.MakeRadial(centre, radius, [argb(c) for _, c in stops], [p for p, _ in stops])


def polygon(points: Points) -> Any:
    """A closed shape with straight edges."""
    return skia.Path.Polygon([skia.Point(*point) for point in points], isClosed=True)


def disc(x: float, y: float, radius: float, down: float | None = None) -> Any:
    """A disc or, with ``down``, an upright ellipse."""
    low = radius if down is None else down
    return skia.Path.Oval(skia.Rect.MakeLTRB(x - radius, y - low, x + radius, y + low))


def clouds(seed: int, shape: tuple[int, int], stretch: tuple[float, float], octaves: int = 5) -> NDArray[np.float64]:
    """Soft noise, 0 to 1, its largest forms ``stretch`` (down, across) shares of the picture."""
    rng = np.random.default_rng(seed)
    total = np.zeros(shape)
    for octave in range(octaves):
        rows = max(round(2**octave / stretch[0]) + 3, 4)
        columns = max(round(2**octave / stretch[1]) + 3, 4)
        grid = rng.standard_normal((rows, columns))
        fine = zoom(grid, ((shape[0] + 8) / (rows - 2), (shape[1] + 8) / (columns - 2)), order=3)
        total += fine[: shape[0], : shape[1]] * 0.55**octave
    low, high = np.percentile(total, [1, 99])
    return np.asarray(np.clip((total - low) / (high - low), 0, 1))


def grained(pixels: Pixels, seed: int, strength: float = 3.0) -> Pixels:
    """The picture with the tooth of paper, where it is opaque or nearly."""
    rng = np.random.default_rng(seed)
    noise = gaussian_filter(rng.standard_normal(pixels.shape[:2]), 0.8)
    noise *= strength / noise.std()
    out = pixels.copy()
    out[..., :3] = np.clip(pixels[..., :3] + noise[..., None], 0, 255)
    return out


def webp(pixels: Pixels, quality: int = 86) -> bytes:
    """The picture as a small file; without alpha where it is opaque."""
    out = io.BytesIO()
    opaque = bool((pixels[..., 3] == 255).all())
    kept = pixels[..., :3] if opaque else pixels
    Pillow.fromarray(np.ascontiguousarray(kept)).save(out, "WEBP", quality=quality, method=6, alpha_quality=95)
    return out.getvalue()


def _soft(paint: Any, blur: float, blend: str) -> Any:
    if blur > 0:
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
    paint.setBlendMode(getattr(skia.BlendMode, blend))
    return paint
