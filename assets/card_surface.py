"""What a card's front is made of where only glTF is understood: its foils as textures of the Khronos extensions.

glTF has no diffraction grating. The film that looks nearest stands in for one: under the formula that viewers use
(Belcour and Barla 2017, as KHR_materials_iridescence has it) films of index :data:`FILM_INDEX` and 0.27 to 0.4
micrometres on a metal show all hues, purely, and turn them by about 22 degrees of the circle when tilted by 25, by
57 where the relief leans another 16 away. As on a grating the hue runs along the line across the grooves and
differs between grooves that run differently. A foil that is a film is written as the film that it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from assets import srgb
from assets.card_scene import CardMap, CardScene, Sheet
from assets.foil import Foil, Hue

Array = NDArray[np.float32]
Bytes = NDArray[np.uint8]

FILM_INDEX: Final = 1.9
"""Refractive index of the film that stands in for a grating."""

_UNDER_FILM: Final = 0.76
_BARE: Final = 0.75
"""How metallic a foil is, below a film and bare. The rest of the ink stays visible from every side, as on a card in
the hand, where a viewer's few lamps leave a whole metal black.
"""

_DIMMED: Final = 0.8
"""What the metal below a film reflects of its colour: the nearer to what the film's upper side does, the purer."""

_HUES: Final = (
    *(285.0, 235.0, 210.0, 192.0, 165.0, 123.0, 78.0, 44.0, 15.0),
    *(-16.0, -37.0, -65.0, -110.0, -165.0, -198.0, -213.0, -225.0, -253.0),
)
_PATHS: Final = tuple(400.0 + 25.0 * k for k in range(len(_HUES)))
"""Hues (degrees, falling) that such a film shows where index times thickness is so many nanometres, seen straight."""

_LEAN: Final = 0.28  # slope of that mirror: red light on grooves of 1.2 micrometres leaves 32 degrees aside
_FULL: Final = (-210.0, 150.0)  # the whole circle where tilting turns it most and it is pure yet
_RAINBOW_MM: Final = 26.0  # across the grooves, over which the hue runs through its range once
_STOCK: Final = 0.5  # roughness of ink on board, under the varnish


@dataclass(frozen=True, kw_only=True, eq=False)
class Surface:
    """The textures of the front, all of one size; None where the card has no such thing.

    ``color`` uint8[h, w, 3] sRGB; ``metal`` (red unused, green roughness, blue metallic), ``normal``, ``film`` (red
    how much, green thickness), ``grain`` (red and green direction, blue strength) and ``coat`` (red how much, green
    roughness) are linear uint8[h, w, 3]. ``thickness_nm`` are the film's thicknesses at 0 and 255.
    """

    color: Bytes
    metal: Bytes | None = None
    normal: Bytes | None = None
    film: Bytes | None = None
    film_index: float = FILM_INDEX
    thickness_nm: tuple[float, float] = (0.0, 0.0)
    grain: Bytes | None = None
    coat: Bytes | None = None


def surface(
    scene: CardScene, maps: Mapping[CardMap, NDArray[np.uint8]], front: Bytes, size: tuple[int, int]
) -> Surface:
    """The textures of ``scene``'s front as ``size`` (width, height) from its maps and its printed picture."""
    picture = _resized(front[..., :3], size)
    coat = _coat(scene, size)
    normal = _resized(maps[CardMap.NORMAL], size) if CardMap.NORMAL in maps else None
    if normal is not None and _is_flat(normal):
        normal = None
    sheets = [sheet for sheet in scene.sheets if not sheet.foil.varnish]
    foil = _unit(maps[CardMap.FOIL], size) if CardMap.FOIL in maps else np.zeros(size[::-1], np.float32)
    if not sheets or not foil.any():
        return Surface(color=picture, normal=normal, coat=coat)
    shares = _shares(sheets, foil)
    metal = np.zeros_like(foil)
    rough = np.full_like(foil, _STOCK)
    film, path = np.zeros_like(foil), np.zeros_like(foil)
    tint = np.ones((*foil.shape, 3), np.float32)
    direction, height = _directions(maps, size), _unit(maps[CardMap.HEIGHT], size) if CardMap.HEIGHT in maps else None
    phase = _phase(scene, direction, height)
    for sheet, share in zip(sheets, shares, strict=True):
        made = sheet.foil
        if made.metal is not None:
            filmed = _film_strength(made) > 0
            metal += share * (_UNDER_FILM if filmed else _BARE * min(1.0, made.metal.strength))
            rough += share * (made.metal.roughness - _STOCK)
            reflected = np.array(srgb.light_of(made.metal.colour), np.float32) * np.float32(
                _DIMMED if filmed else 1.0
            )
            tint += share[..., None] * (reflected - 1)
        strength = min(1.0, _film_strength(made))
        film += share * strength
        path += share * strength * _path(made, phase, size)
    film = np.clip(film, 0, 1)
    ink = srgb.light(np.asarray(picture, np.float32) / np.float32(255)).astype(np.float32)
    color = _encoded(ink * np.clip(tint, 0, 1))
    # Ink lies on the foil: what it swallows the film below it cannot give back. Texts let nothing through; dark ones
    # are blackest on metal, light ones shine from every side without it.
    bright = np.clip(ink @ np.array([0.2126, 0.7152, 0.0722], np.float32), 0, 1)
    letters = _letters(scene, size)
    metal *= 1 - letters * bright
    shown = film * bright**0.35 * (1 - letters)
    index = _index(sheets, shares)
    thickness = path / np.maximum(film, 1e-3) / index
    seen = thickness[film > 0.02]  # where there is a trace of film its thickness is noise
    low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 0.0)
    grain = None
    if direction is not None and direction[..., 2].any():
        normal = _faceted(normal, direction, (2 * phase - 1) * film)
        grain = np.dstack([direction[..., :2] * 0.5 + 0.5, direction[..., 2] * np.clip(metal, 0, 1)])
    return Surface(
        color=color,
        metal=_bytes(np.dstack([np.ones_like(foil), rough, metal])),
        normal=normal,
        film=_bytes(np.dstack([shown, (thickness - low) / max(high - low, 1e-6), 0 * foil])) if high > 0 else None,
        film_index=round(index, 4),
        thickness_nm=(round(low, 2), round(high, 2)),
        grain=_bytes(grain) if grain is not None else None,
        coat=coat,
    )


def printed(scene: CardScene, frame: int | None = None) -> Bytes:
    """The front's planes one over the other: uint8[h, w, 3].

    ``frame`` puts that picture of the lenses in the art's place.
    """
    planes = [(plane.name, plane.picture) for plane in scene.front]
    if frame is not None:
        places = [k for k, (name, _) in enumerate(planes) if name == "art"]
        first = places[0] if places else 0
        planes = [plane for k, plane in enumerate(planes) if k not in places[1:]]
        planes[first : first + len(places[:1])] = [("art", scene.frames[frame])]
    height, width = planes[0][1].shape[:2]
    base = np.full((height, width, 3), 255.0, np.float32)
    for _, picture in planes:
        cover = picture[..., 3:].astype(np.float32) / 255
        base += cover * (picture[..., :3] - base)
    return np.asarray(np.round(base), dtype=np.uint8)


def _shares(sheets: list[Sheet], foil: Array) -> list[Array]:
    """How much of each sheet shows where: they share what foil there is by their masks."""
    size = (foil.shape[1], foil.shape[0])
    masks = [_unit(sheet.mask, size) * np.float32(max(sheet.intensity, 1e-3)) for sheet in sheets]
    total = np.maximum(np.sum(masks, axis=0), 1e-3)
    return [foil * mask / total for mask in masks]


def _letters(scene: CardScene, size: tuple[int, int]) -> Array:
    """0..1: where texts are."""
    cover = np.zeros(size[::-1], np.float32)
    for plane in scene.front:
        if plane.name == "text":
            cover = np.maximum(cover, _unit(np.ascontiguousarray(plane.picture[..., 3]), size))
    return cover


def _film_strength(foil: Foil) -> float:
    return max(
        foil.film.strength if foil.film is not None else 0.0,
        foil.grating.strength if foil.grating is not None else 0.0,
    )


def _index(sheets: list[Sheet], shares: list[Array]) -> float:
    """The one refractive index that a material has: the sheets' by what they cover."""
    weights = np.array([float(share.sum()) * _film_strength(s.foil) for s, share in zip(sheets, shares, strict=True)])
    indices = np.array([s.foil.film.ior if s.foil.film is not None else FILM_INDEX for s in sheets])
    return float(weights @ indices / weights.sum()) if weights.sum() > 0 else FILM_INDEX


def _path(foil: Foil, phase: Array, size: tuple[int, int]) -> Array:
    """Index times thickness (nanometres): of the film, or of the one that stands in for the grating."""
    if foil.film is not None:
        film = foil.film
        drift = _drift(foil.seed, size) if film.variation_nm else np.zeros(size[::-1], np.float32)
        return np.asarray(film.ior * np.maximum(film.thickness_nm + film.variation_nm * drift, 0), dtype=np.float32)
    start, end = _window(foil.hue)
    hue = start + (end - start) * phase
    return np.asarray(np.interp(hue, _HUES[::-1], _PATHS[::-1]), dtype=np.float32)


def _window(hue: Hue) -> tuple[float, float]:
    """The foil's hues, moved by whole turns to where the table has the most of them."""
    low, high = min(_HUES), max(_HUES)
    if hue.range >= 359:
        return _FULL
    turns = (-360.0, 0.0) if hue.start else (0.0,)
    found = [(hue.start + turn, hue.start + turn + hue.range) for turn in turns]
    start, end = max(found, key=lambda w: min(w[1], high) - max(w[0], low))
    return max(start, low), min(end, high)


def _phase(scene: CardScene, direction: Array | None, height: Array | None) -> Array:
    """0..1: where in its range a foil's hue is, seen straight.

    On a grating lit from one place the hue goes with the way across the grooves, the same for both signs of the
    direction; it runs back and forth, for a step would be a line that no foil has.
    """
    if direction is None:
        return np.full((1, 1), 0.5, np.float32)
    rows, columns = direction.shape[:2]
    x = (np.arange(columns, dtype=np.float32) + 0.5) / columns - 0.5
    y = 0.5 - (np.arange(rows, dtype=np.float32) + 0.5) / rows
    along = np.abs(x[None] * scene.width_mm * direction[..., 0] + y[:, None] * scene.height_mm * direction[..., 1])
    along = along / _RAINBOW_MM
    if height is not None:
        along = along + 0.35 * height
    return np.asarray(1 - np.abs((along + 0.5) % 2 - 1), dtype=np.float32)


def _faceted(normal: Bytes | None, direction: Array, lean: Array) -> Bytes:
    """The relief with the places of a grating leaning across their grooves, by ``lean`` (-1..1).

    A grating sends the light of a lamp aside, across its grooves, as a mirror would that leans by half of that angle;
    so cells that run differently light up one after the other as the card tilts.
    """
    flat = np.array([0, 0, 1], np.float32)
    base = normal.astype(np.float32) / 127.5 - 1 if normal is not None else np.broadcast_to(flat, direction.shape)
    leaning = base.copy()
    leaning[..., :2] += base[..., 2:] * direction[..., :2] * (_LEAN * direction[..., 2] * lean)[..., None]
    return _bytes(leaning / np.maximum(np.linalg.norm(leaning, axis=2, keepdims=True), 1e-6) * 0.5 + 0.5)


def _directions(maps: Mapping[CardMap, NDArray[np.uint8]], size: tuple[int, int]) -> Array | None:
    """float32[h, w, 3]: unit vector across the grooves (0 where there is none), and how much grating there is."""
    if CardMap.DIRECTION not in maps:
        return None
    # A direction has no middle between opposite ones: the nearest texel's is taken.
    taken = maps[CardMap.DIRECTION]
    if taken.shape[1::-1] != size:
        taken = cast("NDArray[np.uint8]", cv2.resize(taken, size, interpolation=cv2.INTER_NEAREST_EXACT))
    found = taken.astype(np.float32) / 255
    vector = found[..., :2] * 2 - 1
    length = np.linalg.norm(vector, axis=2, keepdims=True)
    vector = np.where(length > 0.1, vector / np.maximum(length, 1e-6), (1.0, 0.0))
    return np.dstack([vector, found[..., 2]]).astype(np.float32)


def _coat(scene: CardScene, size: tuple[int, int]) -> Bytes | None:
    """The varnish where a raised gloss lies on some of the card: beside it the board is only sealed."""
    sheets = [sheet for sheet in scene.sheets if sheet.foil.varnish]
    if not sheets:
        return None
    gloss = np.zeros(size[::-1], np.float32)
    for sheet in sheets:
        gloss = np.maximum(gloss, np.clip(_unit(sheet.mask, size) * min(1.0, sheet.intensity), 0, 1))
    least = 1.0 if scene.varnish < 0.15 else 0.45
    return _bytes(np.dstack([least + (1 - least) * gloss, scene.varnish + (0.03 - scene.varnish) * gloss, 0 * gloss]))


def _drift(seed: int, size: tuple[int, int]) -> Array:
    """-1..1: how a film's thickness wanders over the card, smoothly; the same for every size."""
    coarse = np.random.default_rng(seed).uniform(-1, 1, (9, 7)).astype(np.float32)
    wide = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(wide, -1, 1), dtype=np.float32)


def _resized(picture: Bytes, size: tuple[int, int]) -> Bytes:
    if picture.shape[1::-1] == size:
        return picture
    smaller = size[0] < picture.shape[1]
    return cast("Bytes", cv2.resize(picture, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC))


def _unit(mask: Bytes, size: tuple[int, int]) -> Array:
    return np.asarray(_resized(mask, size), dtype=np.float32) / np.float32(255)


def _is_flat(normal: Bytes) -> bool:
    return bool((np.abs(normal.astype(np.int16) - (128, 128, 255)) <= 1).all())


def _encoded(light: Array) -> Bytes:
    """Light to sRGB bytes."""
    return _bytes(srgb.codes(light))


def _bytes(value: NDArray[np.floating]) -> Bytes:
    return np.asarray(np.round(np.clip(value, 0, 1) * 255), dtype=np.uint8)
