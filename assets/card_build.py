"""From a card document to what a renderer draws: everything decided, decoded, composed."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from typing import Final

import numpy as np

from assets import catalogue
from assets.art import read
from assets.card import CardDesign
from assets.card_face import Face, fitted_mask
from assets.card_fonts import digest as font_digest
from assets.card_scene import CardScene, Lamps, Mask, Picture, Plane, Sheet
from assets.card_template import Template, check, completed, template
from assets.card_template import foils as resolved
from assets.design import GradientBackground, Ref, SolidBackground
from assets.errors import CardError, ImageError
from assets.foil import Foil
from assets.scene import Background

MAX_PIXELS: Final = 160 * 1024 * 1024
"""Pixels of all pictures of one scene together, four bytes each; masks count a quarter."""

MAX_DENSITY: Final = 64.0
MIN_DENSITY: Final = 4.0
"""Pixels per millimetre: 1,626 dpi and 102 dpi."""

_TEXELS: Final = 1.2  # of the pictures, for one pixel of what is rendered
_VARNISH: Final = {"gloss": 0.05, "satin": 0.25, "matte": 0.55}


def density_for(card: CardDesign, width_px: int, height_px: int) -> float:
    """Pixels per millimetre for a picture of the card of that size: about 1.2 texels a pixel, on a ladder of square
    roots of two so that sizes share their pictures, and never more than the budget allows.
    """
    layout = template(card.template)
    width = card.stock.width_mm or layout.size_mm[0]
    height = card.stock.height_mm or layout.size_mm[1]
    wanted = _TEXELS * min(width_px / width, height_px / height)
    step = round(2 * math.log2(max(wanted, 1e-3) / MIN_DENSITY))
    most = math.sqrt(MAX_PIXELS / (width * height * _pictures(completed(card))))
    while step > 0 and MIN_DENSITY * 2 ** (step / 2) > min(most, MAX_DENSITY):
        step -= 1
    return min(MIN_DENSITY * 2 ** (max(step, 0) / 2), most)


def build(
    card: CardDesign,
    image: Callable[[Ref], bytes],
    density: float,
    *,
    bleed_mm: float = 0.0,
    foils: tuple[Foil, ...] | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> CardScene:
    """The card's scene at ``density`` pixels per millimetre. ``image`` gives the bytes of a reference; ``foils``, one
    for each of the completed card's, replaces looking them up; ``note`` hears what the owner should know.

    With ``bleed_mm`` the scene is the untrimmed sheet: sizes and pictures include it and the corners are square.

    Raises CardError (``card.*``, see :func:`assets.card_template.check`, and ``card.text_too_long``,
    ``card.missing_glyphs``, ``card.too_large``), CatalogueError of foils, ImageError of pictures, each with the path
    of the place; MissingFontError.
    """
    check(card)
    whole = completed(card)
    layout = template(whole.template)
    used = resolved(whole) if foils is None else foils
    return _Build(whole, layout, image, density, bleed_mm, used, note).scene()


class _Build:
    def __init__(
        self,
        card: CardDesign,
        layout: Template,
        image: Callable[[Ref], bytes],
        density: float,
        bleed_mm: float,
        foils: tuple[Foil, ...],
        note: Callable[[str], None],
    ) -> None:
        self.card = card
        self.layout = layout
        self.note = note
        self.foils = foils
        self._image = image
        self._digests: dict[str, str] = {}
        if not MIN_DENSITY / 4 <= density <= MAX_DENSITY:
            msg = (
                f"{density:g} pixels per mm are outside {MIN_DENSITY / 4:g} to {MAX_DENSITY:g}; ask for another size"
            )
            raise CardError(msg, code="card.too_large")
        self.face = Face(card, layout, density, bleed_mm=bleed_mm)
        pixels = self.face.width * self.face.height * _pictures(card)
        if pixels > MAX_PIXELS * 1.01:
            msg = (
                f"{_pictures(card):g} pictures of {self.face.width}x{self.face.height} px are more than "
                f"{MAX_PIXELS // 2**20} megapixels; ask for a smaller picture, or use fewer layers and frames"
            )
            raise CardError(msg, code="card.too_large")
        self.density = density

    def scene(self) -> CardScene:
        face, card = self.face, self.card
        frame, text = face.frame(), face.text()
        lensed = any(foil.lenses is not None for foil in self.foils)
        if card.frames and not lensed:
            self.note("card.frames are seen under a foil with lenses alone; this card has none")
        layers = self._layers()
        parts = {"frame": frame[..., 3], "figure": layers[-1].picture[..., 3]}
        sheets = tuple(self._sheet(place, foil, parts) for place, foil in enumerate(self.foils))
        bottom = Plane(name="art", picture=face.on_paper(layers[0].picture), depth_mm=layers[0].depth_mm)
        front = (bottom, *layers[1:], Plane(name="frame", picture=frame), Plane(name="text", picture=text))
        stock = card.stock
        radius = self.layout.corner_radius_mm * face.fit.scale
        bleed = face.bleed_mm
        return CardScene(
            width_mm=face.width_mm + 2 * bleed,
            height_mm=face.height_mm + 2 * bleed,
            radius_mm=0.0
            if bleed
            else min(
                radius if stock.corner_radius_mm is None else stock.corner_radius_mm,
                face.width_mm / 2,
                face.height_mm / 2,
            ),
            thickness_mm=stock.thickness_mm or self.layout.thickness_mm,
            core=stock.core,
            core_line=stock.core_line,
            front=front,
            back=self._back(),
            frames=tuple(self._frame(place, ref) for place, ref in enumerate(card.frames)) if lensed else (),
            sheets=sheets,
            varnish=_VARNISH[card.varnish],
            lamps=Lamps(
                preset=card.stand.preset,
                turn=card.stand.turn,
                exposure=card.stand.exposure,
                shadow=card.stand.shadow,
            ),
            background=_background(card),
            digest=self._digest(),
        )

    def _layers(self) -> list[Plane]:
        deepest = max((layer.depth_mm for layer in self.card.art), default=0.0)
        made = []
        for place, layer in enumerate(self.card.art):
            where = f"card.art[{place}]"
            pixels = self._pixels(layer.image, f"{where}.image")
            picture = self.face.art(pixels, layer, deepest, self._told(where))
            made.append(Plane(name="art", picture=picture, depth_mm=layer.depth_mm))
        return made

    def _frame(self, place: int, ref: Ref) -> Picture:
        where = f"card.frames[{place}]"
        layer = self.card.art[0].model_copy(update={"focus": (0.5, 0.5), "zoom": 1.0})
        pixels = self._pixels(ref, where)
        return self.face.on_paper(self.face.art(pixels, layer, 0.0, self._told(where)))

    def _back(self) -> Picture:
        if self.card.back is None:
            return self.face.back()
        pixels = self._pixels(self.card.back, "card.back")
        return self.face.on_paper(self.face.placed(pixels, self.face.whole, (0.5, 0.5), 1.0, self._told("card.back")))

    def _sheet(self, place: int, foil: Foil, parts: dict[str, Mask]) -> Sheet:
        assert self.card.foils is not None
        use = self.card.foils[place]
        where = foil.mask if use.mask is None else use.mask
        mask = self._picture_mask(place, where) if isinstance(where, Ref) else self._named(where, parts)
        if not mask.any():
            self.note(f"card.foils[{place}]: {foil.id} covers nothing of this card")
        if use.seed is not None:
            foil = foil.model_copy(update={"seed": use.seed})
        return Sheet(foil=foil, mask=mask, intensity=foil.intensity if use.intensity is None else use.intensity)

    def _named(self, name: str, parts: dict[str, Mask]) -> Mask:
        if name.startswith("not-"):
            return 255 - self._named(name.removeprefix("not-"), parts)
        slot = self.layout.slots.get(name)
        if slot is not None:
            made = self.face.slot(slot)
            mask = self._named(slot.of, parts) if made is None and slot.of is not None else made
            assert mask is not None
            for other in slot.minus:
                less = self._named(other, parts).astype(np.uint16)
                mask = ((mask * (255 - less) + 127) // 255).astype(np.uint8)
            return mask
        if name == "all":
            return np.full((self.face.height, self.face.width), 255, dtype=np.uint8)
        if name in {"title", "text"}:
            return self.face.letters(*(("title",) if name == "title" else ()))
        if name == "art":
            return self.face.window()
        if name == "figure":
            window = self.face.window().astype(np.uint16)
            figure = ((parts["figure"] * window + 127) // 255).astype(np.uint8)
            if np.array_equal(figure, window):
                self.note("the art's last layer has no transparent part, so that its figure is the whole art")
            return figure
        return np.ascontiguousarray(parts[name])

    def _picture_mask(self, place: int, ref: Ref) -> Mask:
        where = f"card.foils[{place}].mask"
        pixels = self._pixels(ref, where)
        face = self.face
        inner = (round(face.width_mm * face.density[0]), round(face.height_mm * face.density[1]))
        height, width = pixels.shape[:2]
        if (width, height) != inner:
            self.note(f"{where} is {width}x{height} px and was resampled to the card's {inner[0]}x{inner[1]} px")
        mask = fitted_mask(pixels, *inner)
        across, down = face.width - inner[0], face.height - inner[1]
        before = (down // 2, across // 2)
        return np.pad(mask, ((before[0], down - before[0]), (before[1], across - before[1])), mode="edge")

    def _told(self, where: str) -> Callable[[str], None]:
        return lambda text: self.note(f"{where} {text}")

    def _pixels(self, ref: Ref, where: str) -> Picture:
        data = self._image(ref)
        self._digests[where] = hashlib.sha256(data).hexdigest()
        try:
            art = read(data, name=where)
        except ImageError as error:
            error.path = where
            raise
        for text in art.notes:
            self.note(f"{where} {text}")
        return art.pixels

    def _digest(self) -> str:
        parts = {
            "card": self.card.model_dump(mode="json"),
            "foils": [foil.model_dump(mode="json") for foil in self.foils],
            "pictures": self._digests,
            "template": catalogue.digest(self.layout.id),
            "fonts": {name: font_digest(name) for name in sorted({field.font for field in self.layout.fields})},
            "density": self.density,
            "bleed": self.face.bleed_mm,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _pictures(card: CardDesign) -> float:
    """How many pictures a scene holds: layers, frame, texts, back, frames, and masks as quarters."""
    return max(len(card.art), 1) + 3 + len(card.frames) + 0.25 * len(card.foils or ())


def _background(card: CardDesign) -> Background:
    if isinstance(card.background, SolidBackground):
        return Background(top=card.background.colour)
    if isinstance(card.background, GradientBackground):
        return Background(top=card.background.top, bottom=card.background.bottom)
    return Background()
