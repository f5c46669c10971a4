"""One frame: shadow maps, then for each tile the backdrop, the ground's shadow, the design, the read-back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import moderngl
import numpy as np

from assets.scene import Frame, Quality, Target, View
from renderers.behind import BehindPass
from renderers.byte_cache import ByteCache
from renderers.effects import reach
from renderers.matrices import column_major, turned, world_to_clip
from renderers.occlusion import Occlusion
from renderers.occlusion import key as occlusion_key
from renderers.programs import Programs
from renderers.samples import Samples
from renderers.sampling import sampling, tiles
from renderers.screen import OVER, Screen
from renderers.shadows import Ground, ShadowMap, Shadows
from renderers.shot import Rectangle, Shot, overlap
from renderers.stage import Column, Stage, rectangle
from renderers.studio_light import SIDE, gloss, light_block
from renderers.surface_pass import SurfacePass
from renderers.surfaces import SPECULAR_UNIT
from renderers.targets import Canvas, Canvases
from renderers.underlay import Underlay


class Painter:
    """Draws frames with one context. Not thread-safe."""

    def __init__(
        self, context: moderngl.Context, cache: ByteCache, tick: Callable[[], None], *, software: bool
    ) -> None:
        self._context, self._cache, self._tick = context, cache, tick
        self._software = software
        self._programs = Programs(context)
        self._canvases = Canvases(context)
        self._screen = Screen(context, self._programs)
        self._surfaces = SurfacePass(context, self._programs)
        self._samples = Samples(context, self._programs, self._canvases, self._screen, self._surfaces)
        self._underlay = Underlay(context, self._programs)
        self._behind = BehindPass(context, self._canvases, self._screen, self._surfaces, self._underlay, tick)
        self._shadows = Shadows(context, self._programs, self._canvases)
        self._light = context.buffer(reserve=(9 + 2 + 4 + 1) * 16)

    def paint(self, stage: Stage, view: View, target: Target, frame: Frame) -> None:
        """Draws one view into ``frame``."""
        shot = self._prepare(stage, view, target)
        pieces = tiles(target, software=self._software)
        try:
            for piece in pieces:
                if len(pieces) > 1:
                    self._tick()
                self._tile(shot, piece, frame)
        finally:
            self._samples.forget()

    def release(self) -> None:
        """Frees what the cache does not own."""
        self._samples.release()
        self._canvases.release()
        self._programs.release()
        self._light.release()

    # -- once a view ---------------------------------------------------------------------------------------

    def _prepare(self, stage: Stage, view: View, target: Target) -> Shot:
        lighting = stage.scene.lighting
        context = self._context
        turn = turned(view)
        column = stage.column(view) if stage.items else Column(x=0, z=0, radius=1, bottom=0, top=1)
        gloss(lighting, context, self._cache).texture.use(SPECULAR_UNIT)
        block = np.frombuffer(light_block(lighting), np.float32).copy()
        key = block[36:39].astype(np.float64)
        keyed = float(block[40:43].max()) > 0 and bool(stage.items)
        shadow = ShadowMap(to_map=np.eye(4), texel=0.0, veiled=False)
        fineness = stage.fineness(view.camera, target, column)
        if keyed:
            shadow = self._shadows.draw(stage, turn, column, key, target.quality)
            block[43] = 1.5 * shadow.texel + 2 * fineness  # both meshes may be off by their level's error
            block[39] = 1.0
        tail = np.array(
            [np.cos(lighting.rotation), np.sin(lighting.rotation), 2.0**lighting.exposure, 0.5 / SIDE], np.float32
        )
        self._light.write(block.tobytes() + column_major(shadow.to_map) + tail.tobytes())
        self._light.bind_to_uniform_block(0)
        occlusion = None
        if stage.items and target.quality is not Quality.DRAFT:
            still = stage.column(View(camera=view.camera))  # baked as the design stands, whatever its turn
            occlusion = self._cache.get(
                ("occlusion", occlusion_key(stage)),
                lambda: Occlusion(context, self._programs, self._canvases, stage, still, tick=self._tick),
            )
        ground = Ground.under(column) if lighting.ground_shadow and stage.items else None
        if ground is not None and view.camera.eye[1] <= ground.level + 1e-4:
            ground = None  # seen from below, the ground would hide the design
        ground_map = None
        if ground is not None and keyed:
            ground_map = self._shadows.ground(ground, shadow, target.quality)
        shot = Shot(
            stage=stage,
            view=view,
            target=target,
            sampling=sampling(target, software=self._software),
            turn=turn,
            clip=world_to_clip(view.camera, target.width / target.height),
            column=column,
            fineness=fineness,
            ground=ground,
            ground_map=ground_map,
            occlusion=occlusion,
            veiled=shadow.veiled,
        )
        return replace(shot, behind=self._behind.draw(shot))

    # -- once a tile ---------------------------------------------------------------------------------------

    def _tile(self, shot: Shot, piece: Rectangle, frame: Frame) -> None:
        width, height = piece[2:]
        size = (shot.target.width, shot.target.height)
        clear = shot.stage.scene.background.top is None
        out = self._canvases.get("out16" if clear else "out", width, height, channels="rgba16" if clear else "rgba8")
        out.use(width, height)
        self._underlay.draw(shot, piece)
        points = shot.stage.points() @ shot.turn[:3, :3].T + shot.turn[:3, 3]
        margin = 1 + max((reach(shot, group) for group in shot.stage.groups), default=0)
        area = overlap(rectangle(shot.clip, points, size, margin), piece)
        if area[2] > 0 and area[3] > 0:
            self._design(shot, area, piece, out)
        if clear:
            out = self._straight(out, width, height)
        self._read(out, piece, frame)

    def _design(self, shot: Shot, area: Rectangle, piece: Rectangle, out: Canvas) -> None:
        """Draws the rectangle ``area`` of the picture sample by sample and puts it into the tile's canvas."""
        context = self._context
        _, _, width, height = area
        grid, shifts = shot.sampling.grid, shot.sampling.shifts
        x, y = area[0] - piece[0], area[1] - piece[1]
        several = len(shifts) > 1
        laid = shot.laid
        if several:
            mean = self._canvases.get("mean", width, height, channels="rgba16")
            mean.use(width, height)
            mean.buffer.clear(0, 0, 0, 0, viewport=(0, 0, width, height))
        edges: Canvas | None = None
        for number, shift in enumerate(shifts):
            samples = self._samples.draw(shot, area, piece, shift, out, edges=edges)
            if several:
                first = number == 0
                edges = self._samples.edges(shot, samples, (width, height)) if first else edges
                mean.use(width, height)
                context.enable_only(moderngl.BLEND)
                context.blend_func = moderngl.ONE, moderngl.ONE
                counted = edges if first else None
                self._screen.resolve(samples, grid, (width, height), (0, 0), 1 / len(shifts), edges=counted)
            else:
                out.use(*out_size(piece))
                out.buffer.viewport = (x, y, width, height)
                context.enable_only(moderngl.NOTHING if laid else moderngl.BLEND)
                context.blend_func = OVER
                self._screen.resolve(samples, grid, (width, height), (x, y), 1.0)
        if several:
            out.use(*out_size(piece))
            out.buffer.viewport = (x, y, width, height)
            context.enable_only(moderngl.NOTHING if laid else moderngl.BLEND)
            context.blend_func = OVER
            self._screen.copy(mean, (-x, -y, 0, 1))

    def _straight(self, out: Canvas, width: int, height: int) -> Canvas:
        canvas = self._canvases.get("straight", width, height)
        canvas.use(width, height)
        self._screen.straight(out)
        return canvas

    def _read(self, out: Canvas, piece: Rectangle, frame: Frame) -> None:
        left, top, width, height = piece
        if frame.shape[:2] == (height, width):
            out.buffer.read_into(frame.data, viewport=(0, 0, width, height), components=4)
            return
        part = np.empty((height, width, 4), np.uint8)
        out.buffer.read_into(part.data, viewport=(0, 0, width, height), components=4)
        frame[top : top + height, left : left + width] = part


def out_size(piece: Rectangle) -> tuple[int, int]:
    """Width and height of a tile's canvas."""
    return piece[2], piece[3]
