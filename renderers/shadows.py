"""The key's shadow: a filtered map of depth moments, and the ground's own map of what it loses."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

import moderngl
import numpy as np
from numpy.typing import NDArray

from assets.model import AlphaMode
from assets.scene import Quality
from renderers.matrices import Matrix, column_major, look
from renderers.programs import Programs, put
from renderers.screen import Screen
from renderers.stage import Column, Item, Stage, rectangle
from renderers.surfaces import SHADOW_UNIT, VEIL_UNIT
from renderers.targets import Canvas, Canvases

_SIDE = {Quality.DRAFT: 256, Quality.PREVIEW: 512, Quality.FINAL: 1024}
_GROUND_SIDE = {Quality.DRAFT: 64, Quality.PREVIEW: 128, Quality.FINAL: 256}
_SOFTNESS = 0.32  # metres of penumbra for each metre between caster and receiver: the key's angular radius
_BLUR = 0.006  # metres of blur on everything, which hides the map's texels
_TAPS = 4.3  # steps from the middle to the furthest texel that a blur reads
_GROUND_UNIT = 13
_FAINTEST = 0.004  # alpha that is seen at all


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Where the shadow may fall: a square about the design, world metres."""

    x: float
    z: float
    side: float
    level: float

    @staticmethod
    def under(column: Column) -> Ground:
        """Wide enough for a shadow that fades out."""
        half = max(column.radius * 1.8, column.radius + 0.8 * (column.top - column.bottom))
        return Ground(x=column.x - half, z=column.z - half, side=2 * half, level=column.bottom)

    @property
    def area(self) -> tuple[float, float, float, float]:
        """Corner and size, as the shaders take them."""
        return self.x, self.z, self.side, self.side


@dataclass(frozen=True, kw_only=True, eq=False)
class ShadowMap:
    """``to_map`` takes world metres to the map (0..1 in all three), ``texel`` is in metres; ``veiled`` says that
    see-through surfaces have a map too.
    """

    to_map: Matrix
    texel: float
    veiled: bool


class Shadows:
    """The maps of one renderer, made again for each view."""

    def __init__(self, context: moderngl.Context, programs: Programs, canvases: Canvases) -> None:
        self._context, self._programs, self._canvases = context, programs, canvases

    def draw(
        self, stage: Stage, turn: Matrix, column: Column, key: NDArray[np.float64], quality: Quality
    ) -> ShadowMap:
        """Draws the map for a key that stands in the unit direction ``key`` and binds it to SHADOW_UNIT, and that
        of see-through surfaces, when there are any, to VEIL_UNIT.
        """
        side = _SIDE[quality]
        to_map, size = _light_matrix(column, key)
        sharp = self._canvases.get("moments", side, side, channels="rg32", depth=True)
        soft = self._canvases.get("moments-soft", side, side, channels="rg32")
        context = self._context
        sharp.use(side, side)
        sharp.buffer.clear(1.0, 1.0, 0.0, 0.0, depth=1.0)
        context.enable_only(moderngl.DEPTH_TEST)
        clip = np.array([[2, 0, 0, -1], [0, 2, 0, -1], [0, 0, 2, -1], [0, 0, 0, 1.0]]) @ to_map @ turn
        for item in stage.items:
            if item.blocks:
                program = self._programs.get("depth.vert", "moments.frag", item.surface.alpha_switches())
                program["u_clip"].write(column_major(clip @ item.draw.matrix))  # type: ignore[union-attr]
                item.surface.bind_alpha(program)
                put(program, u_least=item.surface.opaque_alpha)
                stage.mesh(item, size / side).array(program).render()
        veils = [item for item in stage.items if item.veils]
        veil = self._veil(stage, veils, clip, sharp, size / side) if veils else None
        context.enable_only(moderngl.NOTHING)
        step = max(_BLUR * side / size / 2.0, 0.75) / side
        left, top, wide, high = rectangle(clip, stage.points(), (side, side), ceil(_TAPS * step * side) + 1)
        inside = left, side - top - high, wide, high
        # Elsewhere the map is empty, blurred or not.
        soft.use(side, side)
        soft.buffer.clear(1.0, 1.0, 0.0, 0.0)
        self._blur(sharp, soft, (step, 0.0), SHADOW_UNIT, inside)
        self._blur(soft, sharp, (0.0, step), SHADOW_UNIT, inside)
        if veil is not None:
            spare = self._canvases.get("veil-soft", side, side, channels="4x32")
            spare.use(side, side)
            spare.buffer.clear(0.0, 0.0, 0.0, 1.0)
            self._blur(veil, spare, (step, 0.0), VEIL_UNIT, inside)
            self._blur(spare, veil, (0.0, step), VEIL_UNIT, inside)
            veil.colour.use(VEIL_UNIT)
        sharp.colour.use(SHADOW_UNIT)
        return ShadowMap(to_map=to_map, texel=size / side, veiled=veil is not None)

    def _veil(self, stage: Stage, items: list[Item], clip: Matrix, solid: Canvas, texel: float) -> Canvas:
        """Moments of the nearest see-through surface, and the product of what all before the solid ones let
        through. Each surface counts, so that cloth before and behind a body shades twice, as it does.
        """
        context = self._context
        side = solid.colour.size[0]
        veil = self._canvases.get("veil", side, side, channels="4x32", depth=True)
        veil.buffer.depth_mask = True
        veil.use(side, side)
        assert solid.depth is not None
        Screen(context, self._programs).copy_depth(solid, fill=(0.0, 0.0, 0.0, 1.0))
        veil.buffer.depth_mask = False
        veil.use(side, side)
        context.enable_only(moderngl.DEPTH_TEST | moderngl.BLEND)
        context.blend_equation = moderngl.MAX, moderngl.FUNC_ADD
        context.blend_func = moderngl.ONE, moderngl.ONE, moderngl.ZERO, moderngl.SRC_ALPHA  # type: ignore[assignment]  # colour, then alpha
        for item in items:
            surface, opacity = item.surface, item.draw.opacity
            program = self._programs.get("depth.vert", "veil.frag", surface.alpha_switches())
            program["u_clip"].write(column_major(clip @ item.draw.matrix))  # type: ignore[union-attr]
            surface.bind_alpha(program)
            blended = surface.material.alpha_mode is AlphaMode.BLEND
            whole = 2.0 if opacity < 1 or not blended or surface.passage else surface.opaque_alpha
            put(
                program,
                u_veil=(_FAINTEST if blended else surface.opaque_alpha, whole, opacity * (1 - surface.passage)),
            )
            stage.mesh(item, texel).array(program).render()
        context.blend_equation = moderngl.FUNC_ADD, moderngl.FUNC_ADD
        veil.buffer.depth_mask = True
        return veil

    def ground(self, ground: Ground, shadow: ShadowMap, quality: Quality) -> moderngl.Texture:
        """The share of the key that the ground loses, over its area. The light block must be bound."""
        side = _GROUND_SIDE[quality]
        target = self._canvases.get("ground", side, side, channels="r8")
        target.use(side, side)
        self._context.enable_only(moderngl.NOTHING)
        to_map = shadow.to_map
        program = self._programs.screen("ground_light.frag", {"VEILED": 1} if shadow.veiled else {})
        # Depth and width of the map in metres, from its own matrix.
        depth = 1 / float(np.linalg.norm(to_map[2, :3]))
        width = 1 / float(np.linalg.norm(to_map[0, :3]))
        put(
            program,
            u_area=ground.area,
            u_level=ground.level,
            u_spread=(_SOFTNESS * depth / width, _BLUR / width),
            u_shadow=SHADOW_UNIT,
            u_veil=VEIL_UNIT,
        )
        self._programs.over_viewport(program)
        # The taps of neighbours differ: a narrow blur takes their grain away.
        other = self._canvases.get("ground-soft", side, side, channels="r8")
        for _ in range(2):
            self._blur(target, other, (1.0 / side, 0.0), _GROUND_UNIT)
            self._blur(other, target, (0.0, 1.0 / side), _GROUND_UNIT)
        return target.colour

    def _blur(
        self,
        source: Canvas,
        target: Canvas,
        step: tuple[float, float],
        unit: int,
        inside: tuple[int, int, int, int] | None = None,
    ) -> None:
        target.use(*target.colour.size)
        if inside is not None:
            target.buffer.scissor = inside
        source.colour.use(unit)
        program = self._programs.screen("blur.frag")
        put(program, u_source=unit, u_step=step)
        self._programs.over_viewport(program)


def _light_matrix(column: Column, key: NDArray[np.float64]) -> tuple[Matrix, float]:
    """World to 0..1 of a map that holds the column at any turn and whose depth reaches the ground's edge, and
    the map's size in metres. It depends on no turn, so that shadows do not swim.
    """
    rise = float(key[1])
    flat = sqrt(max(1 - rise * rise, 0.0))
    half = (column.top - column.bottom) / 2
    centre = np.array([column.x, (column.top + column.bottom) / 2, column.z])
    across = max(column.radius, column.radius * abs(rise) + half * flat) * 1.08
    ground = Ground.under(column).side / 2
    deep = max(ground * 1.42, column.radius) * flat + half * abs(rise) + 0.05 * across
    view = look(centre, key, np.array([0.0, 1.0, 0.0]))
    scale = np.diag([0.5 / across, 0.5 / across, -0.5 / deep, 1.0])
    scale[:3, 3] = 0.5
    return scale @ view, 2 * across
