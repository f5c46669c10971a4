"""One frame of a card: the backdrop, the card's outline shaded pixel by pixel, the read-back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import moderngl
import numpy as np
from numpy.typing import NDArray

from assets import spectrum, srgb
from assets.card_scene import CardMap, CardScene, CardView
from assets.scene import Background, Frame, Quality, Target
from renderers import card_lamps
from renderers.byte_cache import ByteCache
from renderers.card_dress import Wardrobe
from renderers.card_geometry import Placement, placement
from renderers.card_maps import CardMaps
from renderers.card_mirrors import SIDE, MirrorPass
from renderers.card_shadow import around, shadow
from renderers.card_sheets import MOST_SHEETS
from renderers.programs import Programs, put
from renderers.sampling import tiles
from renderers.screen import OVER
from renderers.shot import Rectangle, overlap
from renderers.targets import Canvas, Canvases

_SMALL = 320_000  # pixels up to which a CPU shades each one several times
_MIRROR_UNIT = 24  # a card's own count from 0; the last unit is where moderngl makes textures
_MOST_LAMPS, _MOST_LOBES = 8, 2 + 2 * MOST_SHEETS
_LAMPS_BLOCK, _SHEETS_BLOCK = 1, 2  # as the shaders bind them


class CardPainter:
    """Draws cards with one context. Not thread-safe."""

    def __init__(
        self,
        context: moderngl.Context,
        cache: ByteCache,
        tick: Callable[[], None],
        *,
        software: bool,
        light: spectrum.Spectrum = spectrum.white,
    ) -> None:
        self._context, self._cache, self._tick, self._software = context, cache, tick, software
        self._programs = Programs(context)
        self._canvases = Canvases(context)
        self._wardrobe = Wardrobe(context, cache, light)
        self._maps = CardMaps(context, self._programs, self._canvases, self._wardrobe, tick)
        self._mirrors = MirrorPass(context, self._programs, self._canvases)
        self._lamps = context.buffer(reserve=_MOST_LAMPS * (5 + 2 * _MOST_LOBES) * 16)
        self._sheets = context.buffer(reserve=MOST_SHEETS * 8 * 16)

    def paint(self, scene: CardScene, view: CardView, target: Target, frame: Frame) -> None:
        """Draws one view into ``frame``. Raises RendererError ``renderer.bad_view``, ``renderer.bad_card``."""
        self._context.clear_samplers()  # those that a design's textures were read with stay bound
        place = placement(scene, view, target)
        program = self._prepare(scene, place, _samples(target, software=self._software))
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

    def card_map(self, scene: CardScene, kind: CardMap, width: int, height: int) -> NDArray[np.uint8]:
        """See :meth:`assets.card_scene.CardRenderer.card_map`. Raises RendererError ``renderer.bad_card``."""
        self._context.clear_samplers()
        return self._maps.draw(scene, kind, width, height)

    def release(self) -> None:
        """Frees what the cache does not own."""
        self._canvases.release()
        self._programs.release()
        self._lamps.release()
        self._sheets.release()

    def _prepare(self, scene: CardScene, place: Placement, samples: dict[str, int]) -> moderngl.Program:
        """The program, with all that it needs bound."""
        dress = self._wardrobe.back(scene) if place.back else self._wardrobe.front(scene)
        lamps = card_lamps.rows(scene.lamps, place.to_face)
        stand = card_lamps.stand(scene.lamps)
        counts = {"LAMPS": len(stand.lamps), "COATED": stand.coated, "GRATED": stand.grated}
        self._lamps.write(np.concatenate([lamps, card_lamps.lobe_rows(scene.lamps, dress.lobes)]).tobytes())
        self._lamps.bind_to_uniform_block(_LAMPS_BLOCK)
        mirrors = self._mirrors.draw(scene, place, dress.beyond, counts)
        mirrors.canvas.colour.use(_MIRROR_UNIT)
        sides: dict[str, int | str] = {"SIDE": f"float({SIDE})"}
        program = self._programs.get("card.vert", "card.frag", dress.switches | samples | counts | sides)
        if len(dress.sheets):
            self._sheets.write(dress.sheets.tobytes())
            self._sheets.bind_to_uniform_block(_SHEETS_BLOCK)
        half = (scene.width_mm / 2, scene.height_mm / 2)
        put(
            program,
            **dress.uniforms,
            u_eye=tuple(place.eye),
            u_slab=_slab(scene),
            u_core=srgb.light_of(scene.core),
            u_line=srgb.light_of(scene.core_line or scene.core),
            u_ray=_flat(place.ray),
            u_diffuse=_vectors(card_lamps.diffuse(scene.lamps, place.to_face, half)),
            u_beside=_vectors(card_lamps.beside(scene.lamps, place.to_face)),
            u_shift=_flat(mirrors.shift.T),
            u_mirrors=_MIRROR_UNIT,
        )
        _put_rows(program, "u_reach", mirrors.reach)
        _put_rows(program, "u_depths", dress.depths)
        return program

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
        out = self._canvases.get("out", width, height)
        out.use(width, height)
        self._backdrop(scene.background, piece, target)
        self._context.enable_only(moderngl.BLEND)
        self._context.blend_func = OVER
        if scene.lamps.shadow:
            self._shadow(scene, place, piece, out)
        if all(side > 0 for side in overlap(place.rectangle, piece)[2:]):
            put(program, u_tile=tuple(float(n) for n in piece))
            array.render(moderngl.TRIANGLE_FAN)
        _read(out, piece, frame, premultiplied=scene.background.top is None)

    def _shadow(self, scene: CardScene, place: Placement, piece: Rectangle, out: Canvas) -> None:
        cast = shadow(scene, place)
        seen = overlap(cast.rectangle, piece)
        if seen[2] <= 0 or seen[3] <= 0:
            return
        program = self._programs.screen("card_shadow.frag")
        put(
            program,
            **cast.uniforms,
            u_ray=_flat(place.ray),
            u_eye=tuple(place.eye),
            u_slab=_slab(scene),
            u_tile=tuple(float(n) for n in piece),
        )
        for left, top, width, height in around(seen, place.middle):
            out.buffer.scissor = (left - piece[0], top - piece[1], width, height)
            self._programs.over_viewport(program)
        out.buffer.scissor = (0, 0, piece[2], piece[3])

    def _backdrop(self, background: Background, piece: Rectangle, target: Target) -> None:
        top, bottom = _rgba(background.top), _rgba(background.bottom or background.top)
        if top == bottom:
            self._context.clear(*top)
            return
        self._context.enable_only(moderngl.NOTHING)
        program = self._programs.screen("backdrop.frag")
        put(program, u_top=top, u_bottom=bottom, u_rows=(piece[1], piece[3], target.height - 1))
        self._programs.over_viewport(program)


def _samples(target: Target, *, software: bool) -> dict[str, int]:
    """How often a pixel is shaded, and how often its prints are read for each of those. Edges are covered by
    formula, and patterns fade what is finer than a pixel, so that prints are what needs most.
    """
    if target.quality is Quality.DRAFT:
        return {"SAMPLES": 1, "TAPS": 1}
    several = target.quality is Quality.FINAL and (not software or target.width * target.height <= _SMALL)
    return {"SAMPLES": 4, "TAPS": 1} if several else {"SAMPLES": 1, "TAPS": 4}


def _slab(scene: CardScene) -> tuple[float, float, float, float]:
    half = (scene.width_mm / 2, scene.height_mm / 2)
    return (*half, min(scene.radius_mm, *half), scene.thickness_mm / 2)


def _flat(matrix: NDArray[np.float64]) -> tuple[float, ...]:
    """A matrix whose rows are a uniform's columns."""
    return tuple(float(n) for n in matrix.ravel())


def _vectors(rows: NDArray[np.float32]) -> list[tuple[float, ...]]:
    return [tuple(float(n) for n in row) for row in rows]


def _put_rows(program: moderngl.Program, name: str, rows: Sequence[object]) -> None:
    """Sets as many elements of an array as the compiler has kept."""
    if name in program:
        kept = program[name].array_length  # type: ignore[union-attr]
        program[name] = list(rows[:kept]) if kept > 1 else rows[0]


def _read(out: Canvas, piece: Rectangle, frame: Frame, *, premultiplied: bool) -> None:
    left, top, width, height = piece
    whole = frame.shape[:2] == (height, width)
    part = frame if whole else np.empty((height, width, 4), np.uint8)
    out.buffer.read_into(part.data, viewport=(0, 0, width, height), components=4)
    if premultiplied:
        _straighten(part)
    if not whole:
        frame[top : top + height, left : left + width] = part


def _straighten(pixels: Frame) -> None:
    """Premultiplied to straight alpha, in place. Shadows are black and all but the card's edge is opaque, so that few
    pixels need it.
    """
    flat = pixels.reshape(-1, 4)
    code = flat.view("<u4")[:, 0]
    # The highest byte is alpha.
    (partly,) = np.nonzero((code < 0xFF000000) & (code & 0x00FFFFFF != 0))
    alpha = flat[partly, 3:].astype(np.uint32)
    colour = (flat[partly, :3].astype(np.uint32) * 255 + alpha // 2) // np.maximum(alpha, 1)
    flat[partly, :3] = np.minimum(colour, 255)


def _rgba(colour: str | None) -> tuple[float, float, float, float]:
    if colour is None:
        return 0.0, 0.0, 0.0, 0.0
    r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return r, g, b, 1.0
