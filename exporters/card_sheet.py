"""What goes to the press for one card: its two sides with bleed, and a plate for each foil and for the varnish."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from assets.card_scene import CardScene, Mask, Plane
from exporters.errors import ExportError

MM_PER_INCH: Final = 25.4
MIN_DPI, MAX_DPI = 300, 1200
MAX_BLEED_MM: Final = 10.0
MAX_PIXELS: Final = 100_000_000
MAX_PLATES: Final = 8

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,38}[A-Za-z0-9])?")
_PROCESS: Final = frozenset({"all", "none", "black", "cyan", "magenta", "yellow", "red", "green", "blue", "gray"})
_BAND: Final = 512  # rows laid over each other at a time


@dataclass(frozen=True, kw_only=True, eq=False)
class PrintSheet:
    """Pictures cover the bleed: (trim + 2 bleeds) mm at ``dpi``, a pixel more or less. ``front`` and ``back`` are
    uint8[h, w, 3 or 4], sRGB (what is transparent prints as paper); ``plates`` uint8[h, w], 255 is all of it, by the
    names that the press will read, such as "FOIL cosmos" or "VARNISH". ``plate_bits`` = 1 makes them solid or
    nothing (half and more is solid), as hot foil is.

    Raises ExportError ``export.print_density``, ``export.print_bleed``, ``export.print_size``, ``export.plate_name``,
    ``export.plate_count`` and ``export.over_budget``.
    """

    title: str
    trim_mm: tuple[float, float]
    bleed_mm: float
    dpi: int
    front: NDArray[np.uint8]
    back: NDArray[np.uint8] | None = None
    plates: Mapping[str, Mask] = field(default_factory=dict)
    plate_bits: Literal[1, 8] = 8

    def __post_init__(self) -> None:
        if not MIN_DPI <= self.dpi <= MAX_DPI:
            raise ExportError("export.print_density", f"print takes {MIN_DPI} to {MAX_DPI} dpi, not {self.dpi}")
        if not 0 <= self.bleed_mm <= MAX_BLEED_MM:
            raise ExportError("export.print_bleed", f"the bleed is 0 to {MAX_BLEED_MM:g} mm, not {self.bleed_mm:g}")
        if self.pixels[0] * self.pixels[1] > MAX_PIXELS:
            message = f"the sheet has more than {MAX_PIXELS // 1_000_000} megapixels; ask for fewer dpi"
            raise ExportError("export.over_budget", message)
        if len(self.plates) > MAX_PLATES:
            raise ExportError("export.plate_count", f"a card is printed with at most {MAX_PLATES} plates")
        for name, plate in self.plates.items():
            if not _NAME.fullmatch(name) or name.lower() in _PROCESS:
                message = (
                    f"{name!r} cannot name a plate; take up to 40 letters, digits, spaces, . _ - and no ink's name"
                )
                raise ExportError("export.plate_name", message)
            self._covers(f"the plate {name}", plate, (2,))
        self._covers("the front", self.front, (3,), (3, 4))
        if self.back is not None:
            self._covers("the back", self.back, (3,), (3, 4))

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height that pictures must have."""
        width, height = (round((side + 2 * self.bleed_mm) * self.dpi / MM_PER_INCH) for side in self.trim_mm)
        return width, height

    def _covers(
        self, what: str, picture: NDArray[np.uint8], dimensions: tuple[int, ...], depths: tuple[int, ...] = ()
    ) -> None:
        width, height = self.pixels
        deep = not depths or (picture.ndim == 3 and picture.shape[2] in depths)
        if picture.dtype != np.uint8 or picture.ndim not in dimensions or not deep:
            raise ExportError("export.print_size", f"{what} is {picture.dtype}{list(picture.shape)}", ours=True)
        if abs(picture.shape[0] - height) > 1 or abs(picture.shape[1] - width) > 1:
            message = f"{what} has {picture.shape[1]} x {picture.shape[0]} px where the sheet has {width} x {height}"
            raise ExportError("export.print_size", message, ours=True)


def sheet(
    scene: CardScene, *, bleed_mm: float, dpi: int, title: str, plate_bits: Literal[1, 8] = 8, back: bool = True
) -> PrintSheet:
    """The sheet of a scene that was built with that bleed, at ``dpi`` / 25.4 px per mm: its planes laid flat, its
    back, and its foils' masks as plates, foils of one kind together. What no foil covers makes no plate.
    """
    return PrintSheet(
        title=title,
        trim_mm=(scene.width_mm - 2 * bleed_mm, scene.height_mm - 2 * bleed_mm),
        bleed_mm=bleed_mm,
        dpi=dpi,
        front=flat(scene.front),
        back=scene.back if back else None,
        plates=plates(scene),
        plate_bits=plate_bits,
    )


def plates(scene: CardScene) -> dict[str, Mask]:
    """The plates of a scene's foils by name: "FOIL id" for metal, "VARNISH" for spot gloss."""
    made: dict[str, Mask] = {}
    for layer in scene.sheets:
        if layer.intensity <= 0 or not layer.mask.any():
            continue
        name = "VARNISH" if layer.foil.varnish else f"FOIL {layer.foil.id}"
        held = made.get(name)
        made[name] = layer.mask if held is None else np.maximum(held, layer.mask)
    return made


def flat(planes: tuple[Plane, ...]) -> NDArray[np.uint8]:
    """uint8[h, w, 3]: planes over each other, lowest first, on white paper."""
    height, width = planes[0].picture.shape[:2]
    out = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _BAND):
        rows = slice(top, top + _BAND)
        light = np.full((len(out[rows]), width, 3), 255, np.float32)
        for plane in planes:
            picture = plane.picture[rows].astype(np.float32)
            light += (picture[..., :3] - light) * (picture[..., 3:] / 255)
        out[rows] = cv2.convertScaleAbs(light)
    return out
