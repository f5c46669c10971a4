"""A sheet of foil as the shaders take it: which parts it has, and its numbers."""

from __future__ import annotations

from enum import IntFlag
from math import radians, tan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets import spectrum, srgb
from assets.card_scene import Sheet
from renderers.card_lamps import Lobe

MOST_SHEETS: Final = 4
COLUMNS: Final = 2048  # of a grating's table
_OWN_FLAKES: Final = frozenset({"flakes", "cells", "stars", "bubbles"})  # patterns that say where flakes are
_ZERO_ORDER = 0.5  # what a grating leaves to the mirror
_FLAKE = 0.27  # roughness of a flake: wide enough that it lights up and dies down over several degrees of tilt
OWN_FLAKES: Final = frozenset({"flakes", "stars", "cells"})  # patterns whose own pieces are the flakes
VARNISH_MM: Final = 0.06  # how high a gloss stands that does not say so
GLOSS: Final = 0.1


class Part(IntFlag):
    """What a sheet has; the numbers of ``card_foil.glsl``."""

    METAL = 1
    GRATING = 2
    FILM = 4
    FLAKES = 8
    RELIEF = 16  # by the pattern
    PICTURE = 32  # a relief by a picture
    LENSES = 64
    VARNISH = 128
    CROSSED = 256
    UPRIGHT = 512
    GLITTER = 1024  # the pattern has flakes of its own


def parts(sheet: Sheet) -> Part:
    """What the shader must do for a sheet."""
    foil = sheet.foil
    found = Part(0)
    if foil.varnish:
        wavy = foil.relief is not None and foil.relief.height_mm > 0 and foil.relief.source == "pattern"
        return Part.VARNISH | Part.PICTURE | (Part.RELIEF if wavy else Part(0))
    if foil.metal:
        found |= Part.METAL
    if foil.grating and foil.grating.strength > 0:
        found |= Part.GRATING
        if foil.grating.cross > 0:
            found |= Part.CROSSED
    if foil.film and foil.film.strength > 0:
        found |= Part.FILM
    if foil.flakes and foil.flakes.cover > 0:
        found |= Part.FLAKES
        if foil.pattern.kind in OWN_FLAKES:
            found |= Part.GLITTER
    if foil.relief and foil.relief.height_mm > 0:
        found |= Part.RELIEF if foil.relief.source == "pattern" else Part.PICTURE
    if foil.lenses:
        found |= Part.LENSES | (Part.UPRIGHT if foil.lenses.upright else Part(0))
    return found


def lobes(sheet: Sheet) -> list[Lobe]:
    """The sheet's lobes: its metal's, and its flakes'."""
    found = [Lobe.metal(sheet.foil.metal.roughness if sheet.foil.metal else 1.0)]
    return [*found, Lobe(alpha=_FLAKE**2)] if sheet.foil.flakes else found


def numbers(
    sheet: Sheet, *, grating_scale: float, film_scale: float, slope_step: float, frames: int
) -> NDArray[np.float32]:
    """The eight rows of ``card_foil.glsl``, float32[8, 4]. The scales are those of the sheet's tables
    (:class:`renderers.card_faces.CardTable`), ``slope_step`` is that of its relief's picture.
    """
    foil = sheet.foil
    pattern, metal, grating, film, flakes = foil.pattern, foil.metal, foil.grating, foil.film, foil.flakes
    rows = np.zeros((8, 4), np.float32)
    rows[0] = pattern.size_mm, radians(pattern.angle), pattern.jitter, pattern.contrast
    rows[1] = pattern.fill, pattern.ground, foil.seed % 1024, sheet.intensity
    rows[2] = 1.0, 1.0, 1.0, foil.lenses.pitch_mm if foil.lenses else 1.0
    if metal:
        rows[2, :3] = np.array(srgb.light_of(metal.colour)) * metal.strength
    if grating:
        bright = grating.strength * grating.spacing_nm * grating_scale / np.sqrt(2 * np.pi)
        rows[3] = 0.0, bright, tan(radians(grating.spread)), grating.cross / 2
        rows[6, 1] = grating.spacing_nm / (grating.orders * spectrum.LONGEST) * COLUMNS
    if film:
        rows[4] = film_scale, 0.0, 0.0, film.strength
    if flakes:
        rows[5] = flakes.size_mm, tan(radians(flakes.tilt)), flakes.cover, flakes.strength
        if pattern.kind == "flakes":
            rows[0, 0], rows[1, 0] = flakes.size_mm, flakes.cover
    rows[7, 0] = _ZERO_ORDER if grating and grating.strength > 0 else 1.0
    height = foil.relief.height_mm if foil.relief else VARNISH_MM if foil.varnish else 0.0
    rows[6, 0], rows[6, 2] = height, height * slope_step
    if foil.lenses:
        rows[6, 3] = frames / radians(foil.lenses.angle)
    return rows
