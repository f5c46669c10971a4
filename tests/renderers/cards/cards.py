"""A card made of numbers: art, frame, text-like bars, a back; and foils by their parts."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.card_scene import CardScene, Lamps, Plane, Sheet
from assets.foil import Foil
from assets.scene import Background

WIDTH_MM, HEIGHT_MM = 63.0, 88.0


def made_foil(**parts: Any) -> Foil:
    """A foil of the parts given."""
    return Foil.model_validate({"id": "test", "name_en": "Test", "name_ko": "시험", "summary": "For tests", **parts})


def sheet(foil: Foil, mask: NDArray[np.uint8], intensity: float = 1.0) -> Sheet:
    return Sheet(foil=foil, mask=mask, intensity=intensity)


def everywhere(density: float = 4.0) -> NDArray[np.uint8]:
    return np.full((round(HEIGHT_MM * density), round(WIDTH_MM * density)), 255, np.uint8)


def art(density: float = 4.0) -> NDArray[np.uint8]:
    """A hill, a moon and a sky, in colours that a painter might take: uint8[h, w, 4]."""
    height, width = round(HEIGHT_MM * density), round(WIDTH_MM * density)
    y, x = np.mgrid[0:height, 0:width]
    u, v = (x + 0.5) / width, (y + 0.5) / height
    sky = np.stack([0.16 + 0.55 * v, 0.22 + 0.3 * v, 0.52 + 0.05 * v], -1)
    moon = np.clip((0.13 - np.hypot(u - 0.66, (v - 0.27) * HEIGHT_MM / WIDTH_MM)) * 60, 0, 1)[..., None]
    picture = sky * (1 - moon) + np.array([0.98, 0.93, 0.78]) * moon
    for i, colour in enumerate([(0.36, 0.3, 0.52), (0.2, 0.36, 0.45), (0.1, 0.25, 0.22)]):
        line = 0.5 + 0.14 * i + 0.05 * np.sin(u * (7 + 3 * i) + 2 * i) + 0.015 * np.sin(u * 31 + i)
        hill = np.clip((v - line) * 150, 0, 1)[..., None]
        picture = picture * (1 - hill) + np.array(colour) * hill * (1.1 - 0.3 * v[..., None])
    return _picture(picture, np.ones((height, width)))


def frame(density: float = 4.0) -> NDArray[np.uint8]:
    """A pale border, and bars of black where texts would be, over nothing: uint8[h, w, 4]."""
    height, width = round(HEIGHT_MM * density), round(WIDTH_MM * density)
    y, x = np.mgrid[0:height, 0:width]
    mm = np.stack([(x + 0.5) / density, (y + 0.5) / density], -1)
    away = np.minimum(np.minimum(mm[..., 0], WIDTH_MM - mm[..., 0]), np.minimum(mm[..., 1], HEIGHT_MM - mm[..., 1]))
    border = away < 3.2
    panel = (mm[..., 1] > 62) & (away >= 3.2)
    colour = np.where(border[..., None], [0.93, 0.83, 0.45], [0.95, 0.94, 0.9])
    lines = panel & ((mm[..., 1] - 64) % 3 < 1.0) & (away > 6) & ((mm[..., 0] * 1.3 + mm[..., 1]) % 2.6 > 0.5)
    colour = np.where(lines[..., None], 0.03, colour)
    return _picture(colour, (border | panel).astype(float))


def card(*sheets: Sheet, density: float = 4.0, **changes: Any) -> CardScene:
    """A whole card with those foils."""
    back = frame(density)
    back[..., 3] = 255
    scene = CardScene(
        width_mm=WIDTH_MM,
        height_mm=HEIGHT_MM,
        radius_mm=3.2,
        thickness_mm=0.34,
        core="#e6e2d8",
        core_line="#3c4a63",
        front=(Plane(name="art", picture=art(density)), Plane(name="frame", picture=frame(density))),
        back=back,
        frames=(),
        sheets=sheets,
        varnish=0.05,
        lamps=Lamps(),
        background=Background(),
        digest="",
    )
    scene = replace(scene, **changes)
    return replace(scene, digest=changes.get("digest") or digest(scene))


def digest(scene: CardScene) -> str:
    """A name for what a card shows."""
    state = hashlib.sha256()
    for picture in (*(plane.picture for plane in scene.front), scene.back, *scene.frames):
        state.update(picture.tobytes())
    for one in scene.sheets:
        state.update(one.mask.tobytes())
    state.update(repr([(plane.name, plane.depth_mm) for plane in scene.front]).encode())
    state.update(repr([(one.foil, one.intensity) for one in scene.sheets]).encode())
    return state.hexdigest()


def _picture(colour: NDArray[np.float64], alpha: NDArray[np.float64]) -> NDArray[np.uint8]:
    full = np.concatenate([np.clip(colour, 0, 1), alpha[..., None]], -1)
    return np.asarray(np.rint(full * 255), dtype=np.uint8)
