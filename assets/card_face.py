"""What is printed on a card, as pictures: planes of the front, the back, pictures for lenses, places for foil.

Everything that is drawn (frame, letters, marks, masks) is drawn at the size that is asked for and never scaled, so
that it is crisp at each; pictures of art are resampled once. Millimetres are those of the trimmed card.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import skia
from PIL import Image as Pillow

from assets.card_draw import Brush, Sheet
from assets.card_fit import Fit
from assets.card_kept import kept
from assets.card_outline import path
from assets.card_text import PT_MM, cleaned, drawn, fitted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assets.card import ArtLayer, CardDesign
    from assets.card_scene import Mask, Picture
    from assets.card_template import Field, Slot, Template

ROUGH_DPI: Final = 150.0
"""Art that is printed coarser than this looks soft in the hand."""

_DEPTH_MARGIN: Final = 0.55  # of the depth: how far one sees behind the frame at about 30 degrees
_UNIT: Final = Fit(scale=1.0, grow=(0.0, 0.0), extra=(0.0, 0.0), size=(1.0, 1.0))

Box = tuple[float, float, float, float]


class Face:
    """One card at one size. ``bleed_mm`` is added on every side of each picture."""

    def __init__(self, card: CardDesign, layout: Template, density: float, *, bleed_mm: float = 0.0) -> None:
        stock = card.stock
        self.card = card
        self.layout = layout
        self.width_mm = stock.width_mm or layout.size_mm[0]
        self.height_mm = stock.height_mm or layout.size_mm[1]
        self.bleed_mm = bleed_mm
        across, down = self.width_mm + 2 * bleed_mm, self.height_mm + 2 * bleed_mm
        self.width, self.height = max(round(across * density), 1), max(round(down * density), 1)
        self.density = (self.width / across, self.height / down)
        look = layout.rarities.get(card.rarity)
        self._look = look
        self._palette = {**layout.palette, **(look.palette if look is not None else {})}
        self._size = (self.width_mm, self.height_mm)
        self.fit = Fit.of(layout.size_mm, self._size, layout.grow_mm)
        self._drawing = (layout.model_dump_json(), self._size, self.width, self.height, bleed_mm)

    def art(self, pixels: Picture, layer: ArtLayer, deepest_mm: float, note: Callable[[str], None]) -> Picture:
        """One layer's pixels in the art's box, transparent around it. All layers of a card take one ``deepest_mm``,
        so that they stay in register. Tells ``note`` when the picture is too small for print.
        """
        margin = min(_DEPTH_MARGIN * deepest_mm, self.layout.art.margin_mm) * self.fit.scale
        return self.placed(pixels, _grown(self._art_box, margin), layer.focus, layer.zoom, note)

    def placed(
        self, pixels: Picture, box: Box, focus: tuple[float, float], zoom: float, note: Callable[[str], None]
    ) -> Picture:
        """The pixels filling a box (mm), cropped about ``focus``, on a transparent picture of the whole face."""
        height, width = pixels.shape[:2]
        pitch = min(width / box[2], height / box[3]) / zoom  # px of the picture per mm
        if 25.4 * pitch < ROUGH_DPI:
            note(
                f"is printed at {25.4 * pitch:.0f} dpi: {width}x{height} px on {box[2]:.0f}x{box[3]:.0f} mm; "
                f"{math.ceil(300 / 25.4 * box[2] * zoom)} px across would be sharp"
            )
        left = focus[0] * (width - box[2] * pitch) - box[0] * pitch  # px of the picture at x = 0 mm
        top = focus[1] * (height - box[3] * pitch) - box[1] * pitch
        x0, x1 = self._pixels(box[0], box[2], 0)
        y0, y1 = self._pixels(box[1], box[3], 1)
        out = np.zeros((self.height, self.width, 4), dtype=np.uint8)
        if x0 >= x1 or y0 >= y1:
            return out
        per_x, per_y = pitch / self.density[0], pitch / self.density[1]
        source = (
            max(left - self.bleed_mm * pitch + x0 * per_x, 0.0),
            max(top - self.bleed_mm * pitch + y0 * per_y, 0.0),
            min(left - self.bleed_mm * pitch + x1 * per_x, float(width)),
            min(top - self.bleed_mm * pitch + y1 * per_y, float(height)),
        )
        opaque = bool((pixels[..., 3] == 255).all())
        picture = Pillow.fromarray(pixels[..., :3] if opaque else pixels)
        way = Pillow.Resampling.LANCZOS if per_x > 1 else Pillow.Resampling.BICUBIC
        small = picture.resize((x1 - x0, y1 - y0), way, box=source, reducing_gap=3.0)
        out[y0:y1, x0:x1] = np.asarray(small.convert("RGBA"))
        return out

    def on_paper(self, picture: Picture) -> Picture:
        """The picture over the template's paper: opaque everywhere."""
        colour = self._brush(self.fit).colour(self.layout.paper)
        shade = tuple(round(255 * part) for part in (colour.fR, colour.fG, colour.fB))
        paper = Pillow.new("RGBA", (self.width, self.height), (*shade, 255))
        return np.array(Pillow.alpha_composite(paper, Pillow.fromarray(picture)))

    def frame(self) -> Picture:
        """The frame: everything of the front that is drawn beneath the texts."""
        shown = tuple(field.name for field in self.layout.fields if field.on and self._content(field))
        palette = tuple(sorted(self._palette.items()))
        return kept(("frame", palette, shown, *self._drawing), lambda: self._frame(shown))

    def _frame(self, shown: tuple[str, ...]) -> Picture:
        sheet = self._sheet()
        self._brush(self.fit).draw(sheet.canvas, self.layout.frame)
        for field in self.layout.fields:
            if field.name in shown:
                self._brush(self.fit).draw(sheet.canvas, field.on)
        return sheet.pixels()

    def text(self) -> Picture:
        """Texts, numbers and marks. Raises CardError ``card.text_too_long``, ``card.missing_glyphs``."""
        sheet = self._sheet()
        for field in self.layout.fields:
            self._field(sheet.canvas, field)
        return sheet.pixels()

    def back(self) -> Picture:
        """The template's other side, as it is seen when the card is turned over: the same for every rarity, so that
        a deck gives nothing away.
        """
        return kept(("back", *self._drawing), self._back)

    def _back(self) -> Picture:
        fit = Fit.of(self.layout.size_mm, self._size, self.layout.back.grow_mm)
        brush = Brush(fit, self.layout.palette, self.layout.paints, self.layout.outlines)
        sheet = self._sheet()
        sheet.canvas.drawPaint(brush.paint(self.layout.back.paper))
        brush.draw(sheet.canvas, self.layout.back.shapes)
        picture = sheet.pixels()
        picture[..., 3] = 255
        return picture

    @property
    def whole(self) -> Box:
        """The card with the template's bleed: x, y, width, height in mm."""
        return _grown((0.0, 0.0, self.width_mm, self.height_mm), self.layout.bleed_mm)

    def window(self) -> Mask:
        """Where the art shows."""
        sheet = self._sheet()
        sheet.canvas.drawPath(self._window, skia.Paint(AntiAlias=True))
        return sheet.alpha()

    def slot(self, slot: Slot) -> Mask | None:
        """A slot's letters or shapes; None for one that is a part of the front."""
        if slot.of is not None:
            return None
        if slot.fields:
            return self.letters(*slot.fields)
        sheet = self._sheet()
        if slot.on is None or any(field.name == slot.on and self._content(field) for field in self.layout.fields):
            self._brush(self.fit).draw(sheet.canvas, slot.shapes)
        return sheet.alpha()

    def letters(self, *names: str) -> Mask:
        """The letters of these fields, of all if none is named, without their halos and shadows."""
        sheet = self._sheet()
        for field in self.layout.fields:
            if not names or field.name in names:
                self._field(sheet.canvas, field.model_copy(update={"halo": None, "shadow": None}))
        return sheet.alpha()

    def _content(self, field: Field) -> str:
        """The text of a field, or the name of its mark; empty when it shows nothing."""
        value = self.card.fields.get(field.name)
        if value is None:
            mark = self._look.mark if self._look is not None else ""
            rarity = mark if field.kind == "mark" else self.card.rarity
            value = field.default.replace("{name}", self.card.name).replace("{rarity}", rarity)
        text = cleaned(f"{value:.10g}" if isinstance(value, float) else str(value))
        return text.upper() if field.upper else text

    def _room(self, field: Field) -> Box:
        """The field's box, with those that it takes where they show nothing."""
        others = [other for other in self.layout.fields if other.name in field.takes]
        if any(self._content(other) for other in others):
            return field.box_mm
        boxes = [field.box_mm, *(other.box_mm for other in others)]
        left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
        right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
        return (left, top, right - left, bottom - top)

    def _field(self, canvas: Any, field: Field) -> None:
        content = self._content(field)
        box = self.fit.box(self._room(field))
        if not content.strip():
            return
        if field.kind == "mark":
            self._mark(canvas, content, box)
            return
        text = fitted(field, content, (box[2], box[3]), self.fit.scale)
        brush = self._brush(self.fit)
        scale = self.fit.scale
        if field.shadow is not None:
            layer = skia.Paint()
            if field.shadow.blur_mm > 0:
                layer.setImageFilter(skia.ImageFilters.Blur(*[field.shadow.blur_mm * scale / 2] * 2))
            wide = 2 * field.shadow.blur_mm * scale + text.size_pt * PT_MM * scale
            canvas.saveLayer(skia.Rect.MakeXYWH(*_grown(box, wide)), layer)
            canvas.translate(*(offset * scale for offset in field.shadow.offset_mm))
            drawn(canvas, field, text, box, scale, brush.paint(field.shadow.colour))
            canvas.restore()
        if field.halo is not None:
            drawn(canvas, field, text, box, scale, brush.paint(field.halo.colour, stroke=field.halo))
        self._inked(canvas, brush.paint(field.colour), lambda ink: drawn(canvas, field, text, box, scale, ink))

    def _inked(self, canvas: Any, paint: skia.Paint, draw: Callable[[skia.Paint], None]) -> None:
        """Draws letters with a paint; a gradient is laid over them, for letters have a scale of their own."""
        if paint.getShader() is None:
            draw(paint)
            return
        canvas.saveLayer()
        draw(skia.Paint(AntiAlias=True))
        paint.setBlendMode(skia.BlendMode.kSrcIn)
        canvas.drawPaint(paint)
        canvas.restore()

    def _mark(self, canvas: Any, name: str, box: Box) -> None:
        side = min(box[2], box[3])
        canvas.save()
        canvas.translate(box[0] + (box[2] - side) / 2, box[1] + (box[3] - side) / 2)
        canvas.scale(side, side)
        self._brush(_UNIT).draw(canvas, self.layout.marks[name])
        canvas.restore()

    def _brush(self, fit: Fit) -> Brush:
        return Brush(fit, self._palette, self.layout.paints, self.layout.outlines)

    def _sheet(self) -> Sheet:
        return Sheet(self.width, self.height, self.density, (self.bleed_mm, self.bleed_mm))

    @cached_property
    def _window(self) -> skia.Path:
        return path(self.layout.outlines[self.layout.art.outline], self.fit, self.layout.outlines)

    @cached_property
    def _art_box(self) -> Box:
        bounds = self._window.getBounds()
        return (bounds.x(), bounds.y(), bounds.width(), bounds.height())

    def _pixels(self, start: float, length: float, axis: int) -> tuple[int, int]:
        most = (self.width, self.height)[axis]
        low = math.floor((start + self.bleed_mm) * self.density[axis] + 1e-6)
        high = math.ceil((start + length + self.bleed_mm) * self.density[axis] - 1e-6)
        return max(low, 0), min(high, most)


def fitted_mask(pixels: Picture, width: int, height: int) -> NDArray[np.uint8]:
    """A picture's brightness (Rec. 709 luma) times its alpha, resampled: uint8[height, width]."""
    luma = pixels[..., :3].astype(np.float32) @ np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
    grey = np.rint(luma * (pixels[..., 3].astype(np.float32) / 255)).astype(np.uint8)
    if grey.shape == (height, width):
        return grey
    return np.asarray(Pillow.fromarray(grey).resize((width, height), Pillow.Resampling.BICUBIC, reducing_gap=3.0))


def _grown(box: Box, by: float) -> Box:
    return (box[0] - by, box[1] - by, box[2] + 2 * by, box[3] + 2 * by)
