"""One frame of a card: the backdrop, the card's outline shaded pixel by pixel, the read-back."""

from __future__ import annotations

from collections.abc import Callable
from math import radians, tan
from typing import Final

import moderngl
import numpy as np
from numpy.typing import NDArray

from assets import spectrum
from assets.card_scene import CardScene, CardView, Sheet
from assets.scene import Background, Frame, Target
from renderers import card_faces, card_lamps
from renderers.byte_cache import ByteCache
from renderers.card_faces import CardTable, CardTexture
from renderers.card_geometry import Placement, placement
from renderers.programs import Programs, put
from renderers.sampling import tiles
from renderers.screen import OVER, Screen
from renderers.shot import Rectangle, overlap
from renderers.targets import Canvas, Canvases

_FACE_UNIT, _MASK_UNIT, _TABLE_UNIT = 0, 1, 2
_MOST_SHEETS, _MOST_LAMPS = 4, 8
_LAMPS_BLOCK, _SHEETS_BLOCK = 1, 2  # as the shaders bind them


class CardPainter:
    """Draws cards with one context. Not thread-safe."""

    def __init__(
        self, context: moderngl.Context, cache: ByteCache, tick: Callable[[], None], *, software: bool
    ) -> None:
        self._context, self._cache, self._tick, self._software = context, cache, tick, software
        self._programs = Programs(context)
        self._canvases = Canvases(context)
        self._screen = Screen(context, self._programs)
        self._lamps = context.buffer(reserve=_MOST_LAMPS * 4 * 16)
        self._sheets = context.buffer(reserve=_MOST_SHEETS * 8 * 16)

    def paint(self, scene: CardScene, view: CardView, target: Target, frame: Frame) -> None:
        """Draws one view into ``frame``. Raises RendererError ``renderer.bad_view``, ``renderer.bad_card``."""
        place = placement(scene, view, target)
        program = self._prepare(scene, place)
        points = self._context.buffer(place.outline.astype(np.float32).tobytes())
        array = self._context.vertex_array(program, [(points, "2f", "in_place")])
        pieces = tiles(target, software=self._software)
        try:
            for piece in pieces:
                if len(pieces) > 1:
                    self._tick()
                self._tile(scene, place, target, piece, program, array, frame)
        finally:
            array.release()
            points.release()

    def release(self) -> None:
        """Frees what the cache does not own."""
        self._canvases.release()
        self._programs.release()
        self._lamps.release()
        self._sheets.release()

    def _prepare(self, scene: CardScene, place: Placement) -> moderngl.Program:
        sheets = () if place.back else scene.sheets[:_MOST_SHEETS]
        lamps = card_lamps.rows(scene.lamps, place.to_face)
        switches: dict[str, int | str] = {"SHEETS": len(sheets), "LAMPS": len(lamps) // 4}
        switches |= {f"PATTERN_{i}": f"pattern_{sheet.foil.pattern.kind}" for i, sheet in enumerate(sheets)}
        program = self._programs.get("card.vert", "card.frag", switches)
        self._cache.get(("card-face", scene.digest, place.back), lambda: self._face(scene, place)).texture.use(
            _FACE_UNIT
        )
        numbers = []
        for i, sheet in enumerate(sheets):
            table = self._table(sheet)
            table.texture.use(_TABLE_UNIT + i)
            numbers.append(_numbers(sheet, table.scale))
        if sheets:
            self._cache.get(
                ("card-masks", scene.digest), lambda: CardTexture(self._context, card_faces.masks(sheets))
            ).texture.use(_MASK_UNIT)
            self._sheets.write(np.concatenate(numbers).astype(np.float32).tobytes())
            self._sheets.bind_to_uniform_block(_SHEETS_BLOCK)
            tables = [_TABLE_UNIT + i for i in range(len(sheets))]
            put(program, u_masks=_MASK_UNIT, u_tables=tables if len(tables) > 1 else tables[0])
        stand = card_lamps.stand(scene.lamps)
        gain = 2.0**scene.lamps.exposure
        self._lamps.write(lamps.tobytes())
        self._lamps.bind_to_uniform_block(_LAMPS_BLOCK)
        program["u_ray"].write(place.ray.astype(np.float32).tobytes())  # type: ignore[union-attr]
        half = (scene.width_mm / 2, scene.height_mm / 2)
        put(
            program,
            u_face=_FACE_UNIT,
            u_eye=tuple(place.eye),
            u_slab=(*half, min(scene.radius_mm, *half), scene.thickness_mm / 2),
            u_core=_linear(scene.core),
            u_line=_linear(scene.core_line or scene.core),
            u_coat=scene.varnish,
            u_above=tuple(gain * c for c in stand.above),
            u_below=tuple(gain * c for c in stand.below),
            u_up=tuple(place.to_face[:, 1]),
        )
        return program

    def _face(self, scene: CardScene, place: Placement) -> CardTexture:
        picture = scene.back if place.back else card_faces.composed([plane.picture for plane in scene.front])
        return CardTexture(self._context, picture)

    def _table(self, sheet: Sheet) -> CardTable:
        orders = sheet.foil.grating.orders if sheet.foil.grating else 1
        return self._cache.get(
            ("card-grating", orders), lambda: CardTable(self._context, spectrum.grating_table(orders))
        )

    def _tile(
        self,
        scene: CardScene,
        place: Placement,
        target: Target,
        piece: Rectangle,
        program: moderngl.Program,
        array: moderngl.VertexArray,
        frame: Frame,
    ) -> None:
        width, height = piece[2:]
        clear = scene.background.top is None
        out = self._canvases.get("out16" if clear else "out", width, height, channels="rgba16" if clear else "rgba8")
        out.use(width, height)
        self._backdrop(scene.background, piece, target)
        if all(side > 0 for side in overlap(place.rectangle, piece)[2:]):
            self._context.enable_only(moderngl.BLEND)
            self._context.blend_func = OVER
            put(program, u_tile=tuple(float(n) for n in piece))
            array.render(moderngl.TRIANGLE_FAN)
        if clear:
            out = self._straight(out, width, height)
        _read(out, piece, frame)

    def _backdrop(self, background: Background, piece: Rectangle, target: Target) -> None:
        top, bottom = _rgba(background.top), _rgba(background.bottom or background.top)
        if top == bottom:
            self._context.clear(*top)
            return
        self._context.enable_only(moderngl.NOTHING)
        program = self._programs.screen("backdrop.frag")
        put(program, u_top=top, u_bottom=bottom, u_rows=(piece[1], piece[3], target.height - 1))
        self._programs.over_viewport(program)

    def _straight(self, out: Canvas, width: int, height: int) -> Canvas:
        canvas = self._canvases.get("straight", width, height)
        canvas.use(width, height)
        self._screen.straight(out)
        return canvas


def _numbers(sheet: Sheet, scale: float) -> NDArray[np.float64]:
    """The rows that ``card_foil.glsl`` reads for one sheet."""
    foil = sheet.foil
    pattern, metal, grating = foil.pattern, foil.metal, foil.grating
    rows = np.zeros((8, 4))
    rows[0] = pattern.size_mm, radians(pattern.angle), pattern.jitter, pattern.contrast
    rows[1] = pattern.fill, pattern.ground, foil.seed % 1024, sheet.intensity
    if metal:
        colour = np.array(_linear(metal.colour)) * metal.strength
        rows[2] = *colour, max(metal.roughness, 0.04) ** 2
    if grating:
        rows[3] = grating.spacing_nm, grating.strength * scale, tan(radians(grating.spread)), grating.cross
        rows[6, 1] = grating.orders * spectrum.LONGEST
    if foil.relief:
        rows[6, 0] = foil.relief.height_mm
    return rows


def _read(out: Canvas, piece: Rectangle, frame: Frame) -> None:
    left, top, width, height = piece
    if frame.shape[:2] == (height, width):
        out.buffer.read_into(frame.data, viewport=(0, 0, width, height), components=4)
        return
    part = np.empty((height, width, 4), np.uint8)
    out.buffer.read_into(part.data, viewport=(0, 0, width, height), components=4)
    frame[top : top + height, left : left + width] = part


def _linear(colour: str) -> tuple[float, float, float]:
    """Hex sRGB to linear light (IEC 61966-2-1)."""
    code = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in code)
    return r, g, b


def _rgba(colour: str | None) -> tuple[float, float, float, float]:
    if colour is None:
        return 0.0, 0.0, 0.0, 0.0
    r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return r, g, b, 1.0
