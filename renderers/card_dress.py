"""What is bound before a face of a card is drawn: its pictures, its foils' tables and numbers, and the program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import moderngl
import numpy as np
from numpy.typing import NDArray

from assets import spectrum
from assets.card_scene import CardScene, Picture, Sheet
from renderers import card_faces, card_lamps, card_sheets
from renderers.byte_cache import ByteCache
from renderers.card_faces import Bytes, CardFrames, CardRelief, CardTable, CardTexture
from renderers.card_lamps import Lobe
from renderers.card_sheets import COLUMNS, MOST_SHEETS, Part
from renderers.errors import RendererError

_MOST_PLANES: Final = 8
_FILM_GAIN: Final = 1.9  # a film's mean is about half of its peak
_RELIEF_SOFT, _VARNISH_SOFT = 0.1, 0.14  # mm
_SATIN = 0.3  # roughness
_LEVEL, _COAT, _METAL = 0.5, 60.0, 260.0  # mm: as far as the slopes of each reach; a coat's images are sharp
_PATCHY = 0.6  # of the card: a sheet that takes less is worth a jump over it
_LEANING: Final = Part.RELIEF | Part.PICTURE | Part.LENSES
_NONE: Final[NDArray[np.float32]] = np.zeros((0, 4), np.float32)


@dataclass(frozen=True, kw_only=True, eq=False)
class Dress:
    """Ready to draw: preprocessor definitions, uniforms, and the rows of the sheets' and lobes' blocks. Its textures
    are bound already.
    """

    switches: dict[str, int | str]
    uniforms: dict[str, object]
    depths: tuple[float, ...]
    sheets: NDArray[np.float32]
    lobes: tuple[Lobe, ...]
    beyond: tuple[float, ...]  # mm beside the card that each lobe may see, because what it is of leans


@dataclass(kw_only=True)
class _Units:
    """Texture units in order of their use."""

    uniforms: dict[str, object] = field(default_factory=dict)

    def bind(self, name: str, texture: CardTexture | CardFrames | CardTable) -> None:
        texture.use(len(self.uniforms))
        self.uniforms[name] = len(self.uniforms)


class Wardrobe:
    """Makes what faces need, and keeps it in the cache. ``light`` is the spectrum of all lamps."""

    def __init__(self, context: moderngl.Context, cache: ByteCache, light: spectrum.Spectrum) -> None:
        self._context, self._cache, self._light = context, cache, light

    def back(self, scene: CardScene) -> Dress:
        """The back, which has no foils."""
        units = _Units()
        units.bind("u_plane_0", self._texture(("back",), scene, lambda: card_faces.printed([scene.back])))
        switches: dict[str, int | str] = {"SHEETS": 0, "PLANES": 1, "LOBES": 1}
        return Dress(
            switches=switches,
            uniforms=units.uniforms,
            depths=(0.0,),
            sheets=_NONE,
            lobes=(Lobe.coat(scene.varnish),),
            beyond=(_LEVEL,),
        )

    def front(self, scene: CardScene) -> Dress:
        """The front with its foils. Raises RendererError ``renderer.bad_card``."""
        _check(scene)
        units = _Units()
        sheets = scene.sheets
        kinds = [card_sheets.parts(sheet) for sheet in sheets]
        lens = next((i for i, kind in enumerate(kinds) if Part.LENSES in kind), None)
        planes = grouped(scene, flat_art=lens is not None and bool(scene.frames))
        for i, (pictures, _) in enumerate(planes):
            units.bind(f"u_plane_{i}", self._plane(scene, i, pictures))
        switches: dict[str, int | str] = {"SHEETS": len(sheets), "PLANES": len(planes), "COLUMNS": COLUMNS}
        varnish = scene.varnish
        lobes: list[Lobe] = []
        if any(Part.VARNISH in kind for kind in kinds):
            switches["RAISED"] = 1
            varnish = max(varnish, _SATIN)  # a gloss shows on stock that has none
            lobes.append(Lobe.gloss(card_sheets.GLOSS))
        lobes.insert(0, Lobe.coat(varnish))
        beyond = [_COAT if any(kind & _LEANING for kind in kinds) else _LEVEL] * len(lobes)
        if sheets:
            units.bind("u_masks", self._texture(("masks",), scene, lambda: card_faces.masks(sheets)))
        if lens is not None:
            switches |= {"LENS": lens, "LENSED": int(kinds[lens])}
            if scene.frames:
                switches["FRAMES"] = len(scene.frames)
                key = ("card", "frames", scene.digest)
                units.bind("u_frames", self._cache.get(key, lambda: CardFrames(self._context, scene.frames)))
        rows = []
        for i, (sheet, kind) in enumerate(zip(sheets, kinds, strict=True)):
            switches |= {
                f"PATTERN_{i}": f"pattern_{sheet.foil.pattern.kind}",
                f"PARTS_{i}": int(kind),
                f"LOBE_{i}": len(lobes),
            }
            if (sheet.mask[::8, ::8] > 0).mean() < _PATCHY:
                switches[f"PATCHY_{i}"] = 1
            lobes += card_sheets.lobes(sheet)
            beyond += [_METAL if kind & _LEANING else _LEVEL, _METAL][: len(lobes) - len(beyond)]
            rows.append(self._sheet(scene, i, sheet, kind, units))
        switches["LOBES"] = len(lobes)
        return Dress(
            switches=switches,
            uniforms=units.uniforms,
            depths=tuple(float(depth) for _, depth in planes),
            sheets=np.concatenate(rows) if rows else _NONE,
            lobes=tuple(lobes),
            beyond=tuple(beyond),
        )

    def _sheet(self, scene: CardScene, i: int, sheet: Sheet, kind: Part, units: _Units) -> NDArray[np.float32]:
        """Binds a sheet's tables and gives its numbers."""
        grating_scale = film_scale = slope_step = 0.0
        if Part.GRATING in kind:
            grating = self._grating(scene, sheet)
            units.bind(f"u_table_{i}", grating)
            grating_scale = grating.scale
        if Part.FILM in kind:
            film = self._film(sheet)
            units.bind(f"u_film_{i}", film)
            film_scale = film.scale
        if Part.PICTURE in kind:
            relief = self._relief(scene, sheet)
            units.bind(f"u_relief_{i}", relief)
            slope_step = relief.step
        return card_sheets.numbers(
            sheet,
            grating_scale=grating_scale,
            film_scale=film_scale,
            slope_step=slope_step,
            frames=max(len(scene.frames), 1),
        )

    def _plane(self, scene: CardScene, i: int, pictures: list[Picture]) -> CardTexture:
        make = card_faces.layered if i else card_faces.printed
        return self._texture(("plane", i, len(pictures)), scene, lambda: make(pictures))

    def _texture(self, name: tuple[object, ...], scene: CardScene, make: Callable[[], Bytes]) -> CardTexture:
        return self._cache.get(("card", *name, scene.digest), lambda: CardTexture(self._context, make()))

    def _grating(self, scene: CardScene, sheet: Sheet) -> CardTable:
        grating, hue = sheet.foil.grating, sheet.foil.hue
        assert grating is not None
        spreads = tuple(lamp.size * grating.spacing_nm for lamp in card_lamps.stand(scene.lamps).apart)

        def make() -> CardTable:
            table = spectrum.grating_table(grating.orders, spreads, COLUMNS, light=self._light)
            return CardTable(self._context, spectrum.in_hues(table, hue.start, hue.range))

        return self._cache.get(("card", "grating", grating.orders, spreads, hue, self._light), make)

    def _film(self, sheet: Sheet) -> CardTable:
        film, hue = sheet.foil.film, sheet.foil.hue
        assert film is not None

        def make() -> CardTable:
            columns = 256 if film.variation_nm > 0 else 1
            table = spectrum.film_table(
                film.thickness_nm, film.variation_nm, film.ior, columns=columns, light=self._light
            )
            bright = _FILM_GAIN / spectrum.airy_peak(film.ior)
            return CardTable(self._context, spectrum.in_hues(table * bright, hue.start, hue.range))

        return self._cache.get(
            ("card", "film", film.thickness_nm, film.variation_nm, film.ior, hue, self._light), make
        )

    def _relief(self, scene: CardScene, sheet: Sheet) -> CardRelief:
        relief = sheet.foil.relief
        by_mask = relief is None or relief.source == "mask"
        key = ("card", "relief", scene.digest, scene.sheets.index(sheet) if by_mask else "art")

        def make() -> CardRelief:
            height = sheet.mask if by_mask else card_faces.brightness(art(scene))
            density = height.shape[1] / scene.width_mm
            return CardRelief(self._context, height, density, soft_mm=_VARNISH_SOFT if by_mask else _RELIEF_SOFT)

        return self._cache.get(key, make)


def grouped(scene: CardScene, *, flat_art: bool) -> list[tuple[list[Picture], float]]:
    """The front's planes, lowest first, those of one depth that follow one another together. With ``flat_art`` all
    planes of art are one that lies in the face.
    """
    found: list[tuple[list[Picture], float]] = []
    was_art = False
    for plane in scene.front:
        is_art = plane.name == "art"
        depth = 0.0 if flat_art and is_art else plane.depth_mm
        apart = flat_art and was_art != is_art
        if found and found[-1][1] == depth and not apart:
            found[-1][0].append(plane.picture)
        else:
            found.append(([plane.picture], depth))
        was_art = is_art
    return found


def art(scene: CardScene) -> Bytes:
    """The planes of art on white paper; all planes where none is called so."""
    pictures = [plane.picture for plane in scene.front if plane.name == "art"]
    return card_faces.printed(pictures or [plane.picture for plane in scene.front])


def _check(scene: CardScene) -> None:
    """Raises RendererError ``renderer.bad_card``."""
    wrong = None
    if not scene.front:
        wrong = "a card has a front of one plane at least"
    elif len(scene.sheets) > MOST_SHEETS:
        wrong = f"a card has at most {MOST_SHEETS} foils, not {len(scene.sheets)}"
    elif len({sheet.mask.shape for sheet in scene.sheets}) > 1:
        wrong = "the masks of a card's foils have one size"
    elif len({plane.picture.shape for plane in scene.front}) > 1 or len({one.shape for one in scene.frames}) > 1:
        wrong = "the pictures of a card have one size"
    elif len(grouped(scene, flat_art=False)) > _MOST_PLANES:
        wrong = f"a card's planes lie in at most {_MOST_PLANES} depths"
    elif sum(Part.LENSES in card_sheets.parts(sheet) for sheet in scene.sheets) > 1:
        wrong = "a card has lenses once"
    if wrong:
        raise RendererError(wrong, code="renderer.bad_card", ours=False)
