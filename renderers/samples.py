"""All draws of a rectangle for one sample position: what is solid, then what lets light through, by depth."""

from __future__ import annotations

from dataclasses import dataclass

import moderngl
import numpy as np

from assets.scene import Blend, Effects
from renderers.edges import EdgePass, adaptive
from renderers.effects import EffectPass, Kind, SoftLayer, placed, reach
from renderers.fragments import Fragments
from renderers.layers import LayerPass
from renderers.matrices import Matrix, cropped
from renderers.programs import Programs, Switches, put
from renderers.screen import BLENDS, OVER, Screen
from renderers.shot import Rectangle, Shot, overlap, window
from renderers.stage import Group
from renderers.surface_pass import SurfacePass
from renderers.surfaces import Part
from renderers.targets import Canvas, Canvases

_LAYER_UNIT, _DEPTH_UNIT, _SOLID_UNIT, _SOFT_UNIT, _NEAR_UNIT = 14, 15, 16, 17, 18  # and 19, 20
_COVER_UNIT = 13


@dataclass(frozen=True, kw_only=True, eq=False)
class _Place:
    """Which part of the picture a canvas holds, and how."""

    area: Rectangle
    shift: tuple[float, float]
    clip: Matrix
    size: tuple[int, int]  # texels


@dataclass(frozen=True, kw_only=True, eq=False)
class _Cast:
    """A shadow or a glow, of which ``gain`` times the blurred layer is seen."""

    soft: SoftLayer
    place: tuple[float, float, float, float]
    colour: str
    opacity: float
    gain: float


class Samples:
    """Draws them for one context."""

    def __init__(
        self, context: moderngl.Context, programs: Programs, canvases: Canvases, screen: Screen, surfaces: SurfacePass
    ) -> None:
        self._context, self._programs, self._canvases = context, programs, canvases
        self._screen, self._surfaces = screen, surfaces
        self._edges = EdgePass(context, programs, canvases)
        self._lists = Fragments(context, programs)
        self._inner = Fragments(context, programs)  # of one layer, while the others' lists are being filled
        self._layers = LayerPass(canvases, screen, surfaces, self._inner)
        self._effects = EffectPass(context, programs, canvases, screen, self._layers)

    def draw(
        self,
        shot: Shot,
        area: Rectangle,
        piece: Rectangle,
        shift: tuple[float, float],
        out: Canvas,
        *,
        edges: Canvas | None = None,
    ) -> Canvas:
        """A canvas of ``grid`` texels a pixel, bottom row first, that holds ``area`` at one shift. When the shot
        is :attr:`Shot.laid` it has what is in ``out``, the canvas of ``piece``, under it. With ``edges`` (see
        :mod:`renderers.edges`) everything else stays empty.
        """
        context = self._context
        stage, grid = shot.stage, shot.sampling.grid
        width, height = area[2] * grid, area[3] * grid
        clip = cropped(shot.clip, (shot.target.width, shot.target.height), area, shift) @ shot.turn
        at = _Place(area=area, shift=shift, clip=clip, size=(width, height))
        canvas = self._canvases.get("samples", width, height, depth=True)
        canvas.use(width, height)
        canvas.buffer.clear(0, 0, 0, 0, depth=1.0, viewport=(0, 0, width, height))
        if shot.laid:
            context.enable_only(moderngl.NOTHING)
            self._screen.copy(out, (area[0] - piece[0], area[1] - piece[1], area[3], grid))
        if edges is not None:
            self._edges.keep(edges, grid)
        self._surfaces.draw(shot, stage.plain, clip, Part.SOLID)
        inside = self._composed(shot, at)
        if not inside[2] or not inside[3]:
            return canvas

        def collect(band: Rectangle) -> None:
            self._collect(shot, at, canvas, band)

        if all(group.blend is Blend.NORMAL for group in stage.groups):
            self._lists.compose(at.size, inside, collect, self._lists.lay, canvas)
            return canvas
        mixed = self._canvases.get("mixed", width, height)
        whole = (0, 0, width, height)
        self._lists.compose(at.size, whole, collect, lambda: self._lists.lay_over(canvas), mixed, everywhere=True)
        return mixed

    def edges(self, shot: Shot, samples: Canvas, size: tuple[int, int]) -> Canvas | None:
        """Where more passes than the first have something to add; None where they all count alike."""
        return self._edges.find(samples, shot.sampling.grid, size) if adaptive(shot) else None

    def forget(self) -> None:
        """Lets go of the view that was drawn last."""
        self._effects.forget()

    def release(self) -> None:
        """Frees the lists."""
        self.forget()
        self._lists.release()
        self._inner.release()

    def _collect(self, shot: Shot, at: _Place, canvas: Canvas, band: Rectangle) -> None:
        """Puts what lies before the solid surfaces into the lists: surfaces by themselves, layers as a whole."""
        canvas.seal(*at.size, band)
        self._surfaces.draw(shot, shot.stage.plain, at.clip, Part.CLEAR, self._lists)
        cover = self._fresh_cover(at) if any(group.effects for group in shot.stage.groups) else None
        # From the last layer, which is worn over the others, to the first.
        for number, group in sorted(enumerate(shot.stage.groups), key=lambda pair: -pair[1].rank):
            inside = self._window(shot, at, group)
            if not inside[2] or not inside[3]:
                continue
            if group.effects is None:
                layer = self._layers.draw(shot, group, at.clip, at.size, "layer", inside=inside, under=canvas)
                canvas.seal(*at.size, overlap(inside, band))
                self._insert(group, layer, {})
                if cover is not None:
                    self._cover(cover, layer, at, inside)
                continue
            layer = self._with_blur(shot, at, number, group.effects, inside)
            casts = self._casts(shot, at, number, group.effects)
            # What is solid must be read here, so that nothing may be drawn into its canvas.
            scratch = self._canvases.get("scratch", *at.size, channels="r8")
            scratch.use(*at.size)
            scratch.buffer.scissor = overlap(inside, band)
            assert canvas.depth is not None
            assert cover is not None
            canvas.depth.use(_SOLID_UNIT)
            cover.colour.use(_COVER_UNIT)
            self._insert(group, layer, {"TESTED": 1, "COVERED": 1} if group.effects.blur else {"TESTED": 1})
            if casts:
                self._insert_casts(layer, casts, group.opacity)
            self._cover(cover, layer, at, inside)

    def _fresh_cover(self, at: _Place) -> Canvas:
        cover = self._canvases.get("cover", *at.size, channels="r32")
        cover.use(*at.size)
        cover.buffer.clear(0.0, 0.0, 0.0, 0.0)
        return cover

    def _cover(self, cover: Canvas, layer: Canvas, at: _Place, inside: Rectangle) -> None:
        """Notes how far a layer is, for the effects of those that it is worn over."""
        assert layer.depth is not None
        cover.use(*at.size)
        cover.buffer.scissor = inside
        self._context.enable_only(moderngl.BLEND)
        self._context.blend_func = moderngl.ONE, moderngl.ONE
        self._context.blend_equation = moderngl.MAX, moderngl.MAX
        program = self._programs.screen("cover.frag")
        layer.colour.use(_LAYER_UNIT)
        layer.depth.use(_DEPTH_UNIT)
        put(program, u_layer=_LAYER_UNIT, u_depth=_DEPTH_UNIT)
        self._programs.over_viewport(program)
        self._context.blend_equation = moderngl.FUNC_ADD, moderngl.FUNC_ADD

    def _casts(self, shot: Shot, at: _Place, number: int, effects: Effects) -> list[_Cast]:
        """What a layer throws about itself, the lowest first."""
        found = []
        shadow, glow = effects.shadow, effects.glow
        if shadow is not None:
            soft = self._effects.soft(shot, at.area, number, Kind.SHADOW, shadow.radius, shadow.offset)
            place = placed(soft, shot, at.area, at.shift, shadow.offset)
            found.append(_Cast(soft=soft, place=place, colour=shadow.colour, opacity=shadow.opacity, gain=1.0))
        if glow is not None:
            soft = self._effects.soft(shot, at.area, number, Kind.GLOW, glow.radius)
            place = placed(soft, shot, at.area, at.shift, (0, 0))
            # At the edge half of a blur is left, but all of a glow.
            found.append(_Cast(soft=soft, place=place, colour=glow.colour, opacity=glow.opacity, gain=2.0))
        return found

    def _composed(self, shot: Shot, at: _Place) -> Rectangle:
        """The texels that surfaces and layers that let light through may cover; of no size when there are none."""
        windows = [self._window(shot, at, group) for group in shot.stage.groups]
        clear = [item.hull for item in shot.stage.plain if item.surface.blended]
        if clear:
            windows.append(window(at.clip, np.concatenate(clear), at.size, shot.sampling.grid))
        windows = [one for one in windows if one[2] and one[3]]
        left, bottom = (min((one[i] for one in windows), default=0) for i in (0, 1))
        right, top = (max((one[i] + one[i + 2] for one in windows), default=0) for i in (0, 1))
        return left, bottom, right - left, top - bottom

    def _window(self, shot: Shot, at: _Place, group: Group) -> Rectangle:
        """The texels that a layer and its effects may cover."""
        points = np.concatenate([item.hull for item in group.items])
        return window(at.clip, points, at.size, (reach(shot, group) + 1) * shot.sampling.grid)

    def _with_blur(self, shot: Shot, at: _Place, number: int, effects: Effects, inside: Rectangle) -> Canvas:
        """A layer with effects by itself, whatever is before it."""
        if not effects.blur:
            return self._layers.draw(shot, shot.stage.groups[number], at.clip, at.size, "layer", inside=inside)
        soft = self._effects.soft(shot, at.area, number, Kind.BLUR, effects.blur)
        layer = self._canvases.get("layer", *at.size, depth=True)
        layer.use(*at.size)
        layer.buffer.scissor = inside
        self._context.enable_only(moderngl.DEPTH_TEST)
        self._context.depth_func = "1"
        program = self._programs.screen("soft_layer.frag")
        self._bind(program, soft, placed(soft, shot, at.area, at.shift, (0, 0)))
        self._programs.over_viewport(program)
        self._context.depth_func = "<"
        return layer

    def _insert(self, group: Group, layer: Canvas, switches: Switches) -> None:
        program = self._programs.screen("layer_fragment.frag", switches)
        self._offer(program, layer, group.rank, BLENDS[group.blend])
        put(program, u_opacity=group.opacity)
        self._programs.over_viewport(program)

    def _insert_casts(self, layer: Canvas, casts: list[_Cast], opacity: float) -> None:
        """One surface of them all, so that they never change places."""
        program = self._programs.screen("layer_fragment.frag", {"TESTED": 1, "COVERED": 1, "CASTS": len(casts)})
        self._offer(program, layer, 0, 0)
        for i, cast in enumerate(casts):
            cast.soft.colour.use(_SOFT_UNIT + 2 * i)
            cast.soft.near.use(_NEAR_UNIT + 2 * i)
        tints = [tuple(int(cast.colour[i : i + 2], 16) / 255 for i in (1, 3, 5)) for cast in casts]
        columns: dict[str, list[object]] = {
            "u_soft": [_SOFT_UNIT + 2 * i for i in range(len(casts))],
            "u_near": [_NEAR_UNIT + 2 * i for i in range(len(casts))],
            "u_place": [cast.place for cast in casts],
            "u_tint": [(*tint, cast.opacity) for tint, cast in zip(tints, casts, strict=True)],
            "u_gain": [cast.gain for cast in casts],
        }
        put(program, u_opacity=opacity, **{name: v if len(v) > 1 else v[0] for name, v in columns.items()})
        self._programs.over_viewport(program)

    def _offer(self, program: moderngl.Program, layer: Canvas, rank: int, blend: int) -> None:
        assert layer.depth is not None
        # Unless it blends, a pass that covers a tile makes Mesa's llvmpipe drop what was drawn there, lists and all.
        self._context.enable_only(moderngl.BLEND)
        self._context.blend_func = OVER
        layer.colour.use(_LAYER_UNIT)
        layer.depth.use(_DEPTH_UNIT)
        put(program, u_layer=_LAYER_UNIT, u_depth=_DEPTH_UNIT, u_solid=_SOLID_UNIT, u_cover=_COVER_UNIT)
        self._lists.offer(program, rank, blend)

    def _bind(self, program: moderngl.Program, soft: SoftLayer, place: tuple[float, float, float, float]) -> None:
        soft.colour.use(_SOFT_UNIT)
        soft.near.use(_NEAR_UNIT)
        put(program, u_soft=_SOFT_UNIT, u_near=_NEAR_UNIT, u_place=place)
