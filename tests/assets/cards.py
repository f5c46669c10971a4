"""Cards and pictures for tests: small, plain, made here."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image as Pillow

from assets import catalogue
from assets.card import CardDesign
from assets.card_build import build
from assets.card_scene import CardScene
from assets.design import Ref

BLOB = Ref(blob="a" * 64)
OTHER = Ref(blob="b" * 64)


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Pillow.fromarray(np.ascontiguousarray(pixels)).save(out, "PNG")
    return out.getvalue()


def plain(colour: tuple[int, ...], width: int = 300, height: int = 240) -> bytes:
    return png(np.full((height, width, len(colour)), colour, dtype=np.uint8))


def images(**blobs: bytes) -> Callable[[Ref], bytes]:
    """Blobs by the letter that their digest repeats; catalogue items as they are."""

    def give(ref: Ref) -> bytes:
        return catalogue.picture(ref.item) if ref.item is not None else blobs[(ref.blob or "?")[0]]

    return give


def scene(card: CardDesign, density: float = 5.0, *, notes: list[str] | None = None, **blobs: bytes) -> CardScene:
    told = [] if notes is None else notes
    return build(card, images(**blobs), density, note=told.append)


def front(made: CardScene) -> np.ndarray:
    """The planes of the front, one over the other: uint8[h, w, 4]."""
    picture = Pillow.fromarray(made.front[0].picture)
    for plane in made.front[1:]:
        picture = Pillow.alpha_composite(picture, Pillow.fromarray(plane.picture))
    return np.asarray(picture)
