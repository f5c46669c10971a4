"""Draws the shapes of templates with Skia, on the CPU, in millimetres."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import skia
from scipy.ndimage import gaussian_filter

from assets.card_outline import path
from assets.card_shapes import (
    Drawn,
    GroupShape,
    LinearPaint,
    Paint,
    RadialPaint,
    Repeat,
    Shape,
    Stroke,
    SweepPaint,
    TilePaint,
)
from assets.errors import CardError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from assets.card_fit import Fit

MAX_DRAWS: Final = 50_000
"""Shapes of one drawing, repeats counted."""

_GRAIN_PX: Final = 512
_GRAIN_PX_PER_MM: Final = 11.0
_BLENDS: Final = {
    "normal": skia.BlendMode.kSrcOver,
    "multiply": skia.BlendMode.kMultiply,
    "screen": skia.BlendMode.kScreen,
    "overlay": skia.BlendMode.kOverlay,
    "soft-light": skia.BlendMode.kSoftLight,
}
_CAPS: Final = {
    "butt": skia.Paint.Cap.kButt_Cap,
    "round": skia.Paint.Cap.kRound_Cap,
    "square": skia.Paint.Cap.kSquare_Cap,
}


class Sheet:
    """A transparent picture ``width`` by ``height`` px, drawn on in millimetres from a point ``origin`` mm into it,
    at ``density`` (across, down) px per mm.
    """

    def __init__(
        self, width: int, height: int, density: tuple[float, float] = (1.0, 1.0), origin: tuple[float, float] = (0, 0)
    ) -> None:
        self.surface = skia.Surface.MakeRasterN32Premul(width, height)
        if self.surface is None:
            msg = f"a picture of {width}x{height} px cannot be made"
            raise MemoryError(msg)
        self.canvas = self.surface.getCanvas()
        self.canvas.clear(skia.ColorTRANSPARENT)
        self.canvas.scale(*density)
        self.canvas.translate(*origin)

    def pixels(self) -> NDArray[np.uint8]:
        """uint8[h, w, 4], sRGB, straight alpha."""
        info = skia.ImageInfo.Make(
            self.surface.width(), self.surface.height(), skia.kRGBA_8888_ColorType, skia.kUnpremul_AlphaType
        )
        out = np.empty((self.surface.height(), self.surface.width(), 4), dtype=np.uint8)
        self.surface.readPixels(info, out, out.strides[0])
        return out

    def alpha(self) -> NDArray[np.uint8]:
        """uint8[h, w]: how much is drawn where."""
        return np.ascontiguousarray(self.pixels()[..., 3])


class Brush:
    """Draws shapes of one template: its layout on the card, its colours, paints and outlines."""

    def __init__(
        self, fit: Fit, palette: Mapping[str, str], paints: Mapping[str, Paint], outlines: Mapping[str, Shape]
    ) -> None:
        self.fit = fit
        self.palette = palette
        self.paints = paints
        self.outlines = outlines
        self._count = 0

    def draw(self, canvas: skia.Canvas, shapes: Sequence[Shape]) -> None:
        """The shapes in their order. Raises CardError over :data:`MAX_DRAWS`."""
        for shape in shapes:
            self._repeated(canvas, shape)

    def colour(self, name: str) -> skia.Color4f:
        """A plain colour, straight alpha."""
        base, _, share = name.partition("@")
        code = base if base.startswith("#") else self.palette.get(base)
        if code is None:
            msg = f"the template has no colour {base!r}; it has {', '.join(sorted({*self.palette, *self.paints}))}"
            raise CardError(msg)
        red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return skia.Color4f(red, green, blue, int(share) / 100 if share else 1.0)

    def paint(self, name: str, *, stroke: Stroke | None = None) -> skia.Paint:
        """What a colour's or a paint's name paints with, anti-aliased."""
        made = skia.Paint(AntiAlias=True, Dither=True)
        base, _, share = name.partition("@")
        held = self.paints.get(base)
        if held is None:
            made.setColor4f(self.colour(name))
        else:
            made.setShader(self._shader(held))
            if share:
                made.setAlphaf(int(share) / 100)
        if stroke is not None:
            made.setStyle(skia.Paint.kStroke_Style)
            made.setStrokeWidth(stroke.width_mm * self.fit.scale)
            made.setStrokeCap(_CAPS[stroke.cap])
            made.setStrokeJoin(skia.Paint.Join.kRound_Join)
            if stroke.dash_mm:
                made.setPathEffect(skia.DashPathEffect.Make([d * self.fit.scale for d in stroke.dash_mm], 0.0))
        return made

    def _repeated(self, canvas: skia.Canvas, shape: Shape) -> None:
        repeat = shape.repeat or Repeat()
        about = self.fit.point(repeat.about_mm)
        for k in range(repeat.count):
            for side in (1, -1) if repeat.mirror else (1,):
                self._count += 1
                if self._count > MAX_DRAWS:
                    msg = f"the template draws more than {MAX_DRAWS} shapes; repeat fewer"
                    raise CardError(msg)
                with _kept(canvas):
                    canvas.translate(*about)
                    canvas.scale(side, 1)
                    canvas.translate(k * repeat.step_mm[0] * self.fit.scale, k * repeat.step_mm[1] * self.fit.scale)
                    canvas.rotate(k * repeat.turn)
                    canvas.translate(-about[0], -about[1])
                    self._one(canvas, shape)

    def _one(self, canvas: skia.Canvas, shape: Shape) -> None:
        if isinstance(shape, GroupShape):
            self._group(canvas, shape)
            return
        outline = path(shape, self.fit, self.outlines)
        if shape.cut:
            canvas.drawPath(outline, skia.Paint(AntiAlias=True, BlendMode=skia.BlendMode.kDstOut))
            return
        if shape.opacity < 1:
            canvas.saveLayerAlpha(None, round(255 * shape.opacity))
        else:
            canvas.save()
        self._painted(canvas, shape, outline)
        canvas.restore()

    def _painted(self, canvas: skia.Canvas, shape: Drawn, outline: skia.Path) -> None:
        if shape.shadow is not None and not shape.shadow.inner:
            self._shadow(canvas, shape, outline)
        if shape.fill is not None:
            made = self.paint(shape.fill)
            made.setBlendMode(_BLENDS[shape.blend])
            canvas.drawPath(outline, made)
        if shape.grain > 0:
            made = skia.Paint(AntiAlias=True, BlendMode=skia.BlendMode.kSoftLight, Shader=_grain(self.fit.scale))
            made.setAlphaf(shape.grain)
            canvas.drawPath(outline, made)
        if shape.shadow is not None and shape.shadow.inner:
            self._inner(canvas, shape, outline)
        if shape.stroke is not None:
            made = self.paint(shape.stroke.colour, stroke=shape.stroke)
            made.setBlendMode(_BLENDS[shape.blend])
            canvas.drawPath(outline, made)

    def _group(self, canvas: skia.Canvas, shape: GroupShape) -> None:
        made = skia.Paint(BlendMode=skia.BlendMode.kDstOut if shape.cut else _BLENDS[shape.blend])
        made.setAlphaf(shape.opacity)
        canvas.save()
        if shape.clip is not None:
            canvas.clipPath(path(self.outlines[shape.clip], self.fit, self.outlines), doAntiAlias=True)
        if shape.cut or shape.blend != "normal" or shape.opacity < 1:
            canvas.saveLayer(None, made)
        else:
            canvas.save()
        held = self.fit
        if shape.anchor_mm is not None:
            self.fit = held.still()
            moved, still = held.point(shape.anchor_mm), self.fit.point(shape.anchor_mm)
            canvas.translate(moved[0] - still[0], moved[1] - still[1])
        for part in shape.shapes:
            self._repeated(canvas, part)
        self.fit = held
        canvas.restore()
        canvas.restore()

    def _shadow(self, canvas: skia.Canvas, shape: Drawn, outline: skia.Path) -> None:
        assert shape.shadow is not None
        made = self._blurred(shape)
        if shape.fill is None and shape.stroke is not None:
            made.setStyle(skia.Paint.kStroke_Style)
            made.setStrokeWidth(shape.stroke.width_mm * self.fit.scale)
        with _kept(canvas):
            canvas.translate(*(offset * self.fit.scale for offset in shape.shadow.offset_mm))
            canvas.drawPath(outline, made)

    def _inner(self, canvas: skia.Canvas, shape: Drawn, outline: skia.Path) -> None:
        assert shape.shadow is not None
        outside = skia.Path(outline)
        outside.toggleInverseFillType()
        with _kept(canvas):
            canvas.clipPath(outline, doAntiAlias=True)
            canvas.translate(*(offset * self.fit.scale for offset in shape.shadow.offset_mm))
            canvas.drawPath(outside, self._blurred(shape))

    def _blurred(self, shape: Drawn) -> skia.Paint:
        assert shape.shadow is not None
        made = self.paint(shape.shadow.colour)
        if shape.shadow.blur_mm > 0:
            made.setMaskFilter(
                skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, shape.shadow.blur_mm * self.fit.scale / 2)
            )
        return made

    def _shader(self, paint: Paint) -> skia.Shader:
        if isinstance(paint, TilePaint):
            return self._tile(paint)
        places = [place for place, _ in paint.stops]
        colours = [self.colour(colour).toColor() for _, colour in paint.stops]
        mode = skia.TileMode.kClamp
        if isinstance(paint, LinearPaint):
            ends = [skia.Point(*self.fit.point(paint.start)), skia.Point(*self.fit.point(paint.end))]
            return skia.GradientShader.MakeLinear(ends, colours, places, mode)
        centre = self.fit.point(paint.centre_mm)
        if isinstance(paint, RadialPaint):
            radius = max(paint.radius_mm * self.fit.scale, 1e-3)
            return skia.GradientShader.MakeRadial(skia.Point(*centre), radius, colours, places, mode)
        assert isinstance(paint, SweepPaint)
        return skia.GradientShader.MakeSweep(*centre, colours, places)

    def _tile(self, paint: TilePaint) -> skia.Shader:
        width, height = paint.cell_mm
        recorder = skia.PictureRecorder()
        # A cell takes what its neighbours hang into it, so that figures may cross its edges.
        canvas = recorder.beginRecording(skia.Rect.MakeWH(width, height))
        cell = Brush(type(self.fit)(scale=1.0, grow=(0, 0), extra=(0, 0), size=(width, height)), self.palette, {}, {})
        for x in (-1, 0, 1):
            for y in (-1, 0, 1):
                with _kept(canvas):
                    canvas.translate(x * width, y * height)
                    cell.draw(canvas, paint.shapes)
        matrix = skia.Matrix()
        matrix.setTranslate(self.fit.size[0] / 2, self.fit.size[1] / 2)
        matrix.preRotate(paint.angle)
        matrix.preScale(self.fit.scale, self.fit.scale)
        return recorder.finishRecordingAsPicture().makeShader(
            skia.TileMode.kRepeat,
            skia.TileMode.kRepeat,
            skia.FilterMode.kLinear,
            matrix,
            skia.Rect.MakeWH(width, height),
        )


@contextmanager
def _kept(canvas: Any) -> Iterator[None]:
    canvas.save()
    try:
        yield
    finally:
        canvas.restore()


def _grain(scale: float) -> skia.Shader:
    matrix = skia.Matrix()
    matrix.setScale(scale / _GRAIN_PX_PER_MM, scale / _GRAIN_PX_PER_MM)
    sampling = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kLinear)
    return _fibres().makeShader(skia.TileMode.kRepeat, skia.TileMode.kRepeat, sampling, matrix)


@cache
def _fibres() -> skia.Image:
    """A tile of uncoated paper: fibres in two directions over soft clouds, about middle grey."""
    rng = np.random.default_rng(20)
    total = np.zeros((_GRAIN_PX, _GRAIN_PX))
    for sigma, strength in (((0.7, 2.4), 1.0), ((2.4, 0.7), 0.9), ((0.8, 0.8), 0.6), ((14.0, 14.0), 0.8)):
        noise = gaussian_filter(rng.standard_normal(total.shape), sigma, mode="wrap")
        total += strength * noise / noise.std()
    grey = np.clip(128 + 34 * total / total.std(), 0, 255).astype(np.uint8)
    pixels = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    return skia.Image.fromarray(
        np.ascontiguousarray(pixels), colorType=skia.kRGBA_8888_ColorType
    ).withDefaultMipmaps()
