"""One frame: shadow maps, then for each tile the backdrop, the ground's shadow, the design, the read-back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import moderngl
import numpy as np
from numpy.typing import NDArray

from assets.scene import Background, Blend, Frame, Quality, Target, View
from renderers.byte_cache import ByteCache
from renderers.matrices import Matrix, column_major, cropped, turned, world_to_clip
from renderers.occlusion import Occlusion
from renderers.occlusion import key as occlusion_key
from renderers.programs import Programs, put
from renderers.sampling import Sampling, sampling, tiles
from renderers.shadows import Ground, Shadows
from renderers.stage import Column, Group, Item, Stage, rectangle
from renderers.studio_light import SIDE, GlossMaps, light_block
from renderers.surfaces import SPECULAR_UNIT, Part
from renderers.targets import Canvas, Canvases

_SOURCE_UNIT, _BEHIND_UNIT = 14, 15
_BLENDS = {Blend.NORMAL: 0, Blend.MULTIPLY: 1, Blend.SCREEN: 2, Blend.OVERLAY: 3, Blend.ADD: 4}
_OVER = (moderngl.ONE, moderngl.ONE_MINUS_SRC_ALPHA)
_KEY_SHARE, _CONTACT_SHARE = 0.30, 0.65  # how dark the ground gets where the key, or the surround, is hidden
Rectangle = tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Shot:
    """What the passes of one view share."""

    stage: Stage
    view: View
    target: Target
    sampling: Sampling
    turn: Matrix
    clip: Matrix  # world to clip of the whole picture
    column: Column
    fineness: float
    ground: Ground | None
    ground_map: moderngl.Texture | None
    occlusion: Occlusion | None


class Painter:
    """Draws frames with one context. Not thread-safe."""

    def __init__(self, context: moderngl.Context, cache: ByteCache, tick: Callable[[], None]) -> None:
        self._context, self._cache, self._tick = context, cache, tick
        self._programs = Programs(context)
        self._canvases = Canvases(context)
        self._shadows = Shadows(context, self._programs, self._canvases)
        self._light = context.buffer(reserve=(9 + 2 + 4 + 1) * 16)

    def paint(self, stage: Stage, view: View, target: Target, frame: Frame) -> None:
        """Draws one view into ``frame``."""
        shot = self._prepare(stage, view, target)
        pieces = tiles(target)
        for piece in pieces:
            if len(pieces) > 1:
                self._tick()
            self._tile(shot, piece, frame)

    def release(self) -> None:
        """Frees what the cache does not own."""
        self._canvases.release()
        self._programs.release()
        self._light.release()

    # -- once a view ---------------------------------------------------------------------------------------

    def _prepare(self, stage: Stage, view: View, target: Target) -> _Shot:
        lighting = stage.scene.lighting
        context = self._context
        turn = turned(view)
        column = stage.column(view) if stage.items else Column(x=0, z=0, radius=1, bottom=0, top=1)
        gloss = self._cache.get(("gloss", lighting.studio), lambda: GlossMaps(context, lighting.studio))
        gloss.texture.use(SPECULAR_UNIT)
        block = np.frombuffer(light_block(lighting), np.float32).copy()
        key = block[36:39].astype(np.float64)
        keyed = float(block[40:43].max()) > 0 and bool(stage.items)
        to_map = np.eye(4)
        fineness = stage.fineness(view.camera, target, column)
        if keyed:
            to_map, texel = self._shadows.draw(stage, turn, column, key, target.quality)
            block[43] = 1.5 * texel + 2 * fineness  # both meshes may be off by their level's error
            block[39] = 1.0
        tail = np.array(
            [np.cos(lighting.rotation), np.sin(lighting.rotation), 2.0**lighting.exposure, 0.5 / SIDE], np.float32
        )
        self._light.write(block.tobytes() + column_major(to_map) + tail.tobytes())
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
            ground_map = self._shadows.ground(ground, to_map, target.quality)
        return _Shot(
            stage=stage,
            view=view,
            target=target,
            sampling=sampling(target),
            turn=turn,
            clip=world_to_clip(view.camera, target.width / target.height),
            column=column,
            fineness=fineness,
            ground=ground,
            ground_map=ground_map,
            occlusion=occlusion,
        )

    # -- once a tile ---------------------------------------------------------------------------------------

    def _tile(self, shot: _Shot, piece: Rectangle, frame: Frame) -> None:
        width, height = piece[2:]
        size = (shot.target.width, shot.target.height)
        clear = shot.stage.scene.background.top is None
        out = self._canvases.get("out16" if clear else "out", width, height, channels="rgba16" if clear else "rgba8")
        out.use(width, height)
        self._backdrop(shot, piece)
        if shot.ground_map is not None:
            self._ground(shot, piece)
        points = shot.stage.points() @ shot.turn[:3, :3].T + shot.turn[:3, 3]
        area = _overlap(rectangle(shot.clip, points, size), piece)
        if area[2] > 0 and area[3] > 0:
            self._design(shot, area, piece, out)
        if clear:
            out = self._straight(out, width, height)
        self._read(out, piece, frame)

    def _backdrop(self, shot: _Shot, piece: Rectangle) -> None:
        background: Background = shot.stage.scene.background
        top, bottom = _rgba(background.top), _rgba(background.bottom or background.top)
        if top == bottom:
            self._context.clear(*top)
            return
        self._context.enable_only(moderngl.NOTHING)
        program = self._programs.screen("backdrop.frag")
        put(program, u_top=top, u_bottom=bottom, u_rows=(piece[1], piece[3], shot.target.height - 1))
        self._programs.over_viewport(program)

    def _ground(self, shot: _Shot, piece: Rectangle) -> None:
        assert shot.ground is not None
        assert shot.ground_map is not None
        context = self._context
        context.enable_only(moderngl.BLEND)
        context.blend_func = _OVER
        program = self._programs.get("ground.vert", "ground.frag")
        upside_down = np.diag([1.0, -1.0, 1.0, 1.0])  # rows run from the top in what is read back
        clip = upside_down @ cropped(shot.clip, (shot.target.width, shot.target.height), piece, (0.0, 0.0))
        program["u_clip"].write(column_major(clip))  # type: ignore[union-attr]
        shot.ground_map.use(_SOURCE_UNIT)
        put(
            program,
            u_key=_SOURCE_UNIT,
            u_contact=_BEHIND_UNIT,
            u_area=shot.ground.area,
            u_level=shot.ground.level,
            u_strength=(_KEY_SHARE, 0.0 if shot.occlusion is None else _CONTACT_SHARE),
        )
        if shot.occlusion is not None:
            shot.occlusion.contact.use(_BEHIND_UNIT)
            program["u_to_contact"].write(_to_contact(shot.ground, shot.occlusion, shot.turn))  # type: ignore[union-attr]
        self._programs.generated(program).render(moderngl.TRIANGLE_STRIP, vertices=4)

    def _design(self, shot: _Shot, area: Rectangle, piece: Rectangle, out: Canvas) -> None:
        """Draws the rectangle ``area`` of the picture sample by sample and puts it into the tile's canvas."""
        context = self._context
        _, _, width, height = area
        grid, shifts = shot.sampling.grid, shot.sampling.shifts
        x, y = area[0] - piece[0], area[1] - piece[1]
        several = len(shifts) > 1
        layered = bool(shot.stage.groups)
        if several:
            mean = self._canvases.get("mean", width, height, channels="rgba16")
            mean.use(width, height)
            mean.buffer.clear(0, 0, 0, 0, viewport=(0, 0, width, height))
        for shift in shifts:
            samples = self._samples(shot, area, piece, shift, out)
            if several:
                mean.use(width, height)
                context.enable_only(moderngl.BLEND)
                context.blend_func = moderngl.ONE, moderngl.ONE
                self._resolve(samples, grid, (width, height), (0, 0), 1 / len(shifts))
            else:
                out.use(*out_size(piece))
                out.buffer.viewport = (x, y, width, height)
                context.enable_only(moderngl.NOTHING if layered else moderngl.BLEND)
                context.blend_func = _OVER
                self._resolve(samples, grid, (width, height), (x, y), 1.0)
        if several:
            out.use(*out_size(piece))
            out.buffer.viewport = (x, y, width, height)
            context.enable_only(moderngl.NOTHING if layered else moderngl.BLEND)
            context.blend_func = _OVER
            self._copy(mean, (-x, -y, 0, 1))

    def _samples(
        self, shot: _Shot, area: Rectangle, piece: Rectangle, shift: tuple[float, float], out: Canvas
    ) -> Canvas:
        """All draws of the area for one shift, in a canvas of ``grid`` texels a pixel, bottom row first."""
        context = self._context
        stage, grid = shot.stage, shot.sampling.grid
        width, height = area[2] * grid, area[3] * grid
        clip = cropped(shot.clip, (shot.target.width, shot.target.height), area, shift) @ shot.turn
        canvas = self._canvases.get("samples", width, height, depth=True)
        canvas.use(width, height)
        canvas.buffer.clear(0, 0, 0, 0, depth=1.0, viewport=(0, 0, width, height))
        if stage.groups:
            # Layers that blend need what is behind the design too.
            context.enable_only(moderngl.NOTHING)
            self._copy(out, (area[0] - piece[0], area[1] - piece[1], area[3], grid))
        self._draw(shot, stage.plain, clip, Part.SOLID)
        self._draw(shot, stage.plain, clip, Part.CLEAR)
        behind = canvas
        for i, group in enumerate(stage.groups):
            layer = self._canvases.get("layer", width, height, depth=True)
            layer.use(width, height)
            layer.buffer.clear(0, 0, 0, 0, depth=1.0, viewport=(0, 0, width, height))
            self._copy_depth(canvas)
            self._draw(shot, group.items, clip, Part.SOLID)
            self._draw(shot, group.items, clip, Part.CLEAR)
            mixed = self._canvases.get(f"mixed{i % 2}", width, height)
            mixed.use(width, height)
            self._mix(layer, behind, group)
            behind = mixed
        return behind

    # -- draws ---------------------------------------------------------------------------------------------

    def _draw(self, shot: _Shot, items: Sequence[Item], clip: Matrix, part: Part) -> None:
        context = self._context
        camera = shot.view.camera
        eye = np.array(camera.eye)
        back = eye - np.array(camera.target)
        back /= np.linalg.norm(back)
        if part is Part.CLEAR:
            items = [i for i in items if i.surface.blended]
            items = sorted(items, key=lambda i: -float((eye - _centre(i, shot.turn)) @ back))
            context.enable_only(moderngl.DEPTH_TEST | moderngl.BLEND)
            context.blend_func = _OVER
        else:
            items = [i for i in items if i.surface.has_solid_part]
            items = sorted(items, key=lambda i: float((eye - _centre(i, shot.turn)) @ back))
            context.enable_only(moderngl.DEPTH_TEST)
        seen = (*(back if camera.ortho_height is not None else eye), 0.0 if camera.ortho_height is not None else 1.0)
        for item in items:
            matrix = item.draw.matrix
            if _outside(clip, item.hull):
                continue
            stage = shot.stage
            mesh = stage.mesh(item, shot.fineness)
            program = item.surface.program(self._programs, part, ambient=shot.occlusion is not None)
            if "Light" in program:
                program["Light"].binding = 0  # type: ignore[union-attr]
            model = shot.turn @ matrix
            program["u_clip"].write(column_major(clip @ matrix))  # type: ignore[union-attr]
            if "u_model" in program:
                program["u_model"].write(column_major(model))  # type: ignore[union-attr]
            if "u_normal" in program:
                program["u_normal"].write(_normal_matrix(model))  # type: ignore[union-attr]
            put(program, u_eye=seen)
            if item.surface.material.double_sided:
                context.disable(moderngl.CULL_FACE)
            else:
                context.enable(moderngl.CULL_FACE)
                context.front_face = "ccw" if np.linalg.det(model[:3, :3]) >= 0 else "cw"
            ordered = part is Part.CLEAR
            if ordered:
                mesh.order(-(model[:3, :3].T @ back))
                if not item.surface.material.double_sided:
                    context.enable(moderngl.CULL_FACE)
            baked = shot.occlusion
            if baked is not None:
                mesh.ambient(baked.key, baked.shares[stage.items.index(item)])
            mesh.array(program, ambient=baked.key if baked is not None else None, ordered=ordered).render()
        context.front_face = "ccw"
        context.disable(moderngl.CULL_FACE)

    def _resolve(
        self, samples: Canvas, grid: int, size: tuple[int, int], origin: tuple[int, int], weight: float
    ) -> None:
        program = self._programs.screen("resolve.frag", {"GRID": grid})
        samples.colour.use(_SOURCE_UNIT)
        put(program, u_samples=_SOURCE_UNIT, u_size=size, u_origin=origin, u_weight=weight)
        self._programs.over_viewport(program)

    def _copy(self, source: Canvas, mapping: tuple[int, int, int, int]) -> None:
        program = self._programs.screen("copy.frag")
        source.colour.use(_SOURCE_UNIT)
        put(program, u_source=_SOURCE_UNIT, u_map=mapping)
        self._programs.over_viewport(program)

    def _copy_depth(self, source: Canvas) -> None:
        assert source.depth is not None
        self._context.enable_only(moderngl.DEPTH_TEST)
        self._context.depth_func = "1"
        program = self._programs.screen("depth_copy.frag")
        source.depth.use(_SOURCE_UNIT)
        put(program, u_source=_SOURCE_UNIT)
        self._programs.over_viewport(program)
        self._context.depth_func = "<"

    def _mix(self, layer: Canvas, behind: Canvas, group: Group) -> None:
        self._context.enable_only(moderngl.NOTHING)
        program = self._programs.screen("layer.frag", {"BLEND": _BLENDS[group.blend]})
        layer.colour.use(_SOURCE_UNIT)
        behind.colour.use(_BEHIND_UNIT)
        put(program, u_layer=_SOURCE_UNIT, u_behind=_BEHIND_UNIT, u_opacity=group.opacity)
        self._programs.over_viewport(program)

    def _straight(self, out: Canvas, width: int, height: int) -> Canvas:
        canvas = self._canvases.get("straight", width, height)
        canvas.use(width, height)
        self._context.enable_only(moderngl.NOTHING)
        program = self._programs.screen("straight.frag")
        out.colour.use(_SOURCE_UNIT)
        put(program, u_source=_SOURCE_UNIT)
        self._programs.over_viewport(program)
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


def _rgba(colour: str | None) -> tuple[float, float, float, float]:
    if colour is None:
        return 0.0, 0.0, 0.0, 0.0
    r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return r, g, b, 1.0


def _overlap(a: Rectangle, b: Rectangle) -> Rectangle:
    left, top = max(a[0], b[0]), max(a[1], b[1])
    right, bottom = min(a[0] + a[2], b[0] + b[2]), min(a[1] + a[3], b[1] + b[3])
    return left, top, max(right - left, 0), max(bottom - top, 0)


def _centre(item: Item, turn: Matrix) -> NDArray[np.float64]:
    middle = (item.hull.min(axis=0) + item.hull.max(axis=0)) / 2
    return np.asarray(turn[:3, :3] @ middle + turn[:3, 3])


def _outside(clip: Matrix, points: NDArray[np.float64]) -> bool:
    """True if all points lie beyond one side of the view."""
    placed = points @ clip[:, :3].T + clip[:, 3]
    w = placed[:, 3:]
    return bool((placed[:, :3] > w).all(axis=0).any() or (placed[:, :3] < -w).all(axis=0).any())


def _to_contact(ground: Ground, occlusion: Occlusion, turn: Matrix) -> bytes:
    """From the ground's 0..1, in world axes, to the contact map's, which turns with the design."""
    back = np.linalg.inv(turn)
    x, z, side = occlusion.area
    columns = []
    for u, v in ((0, 0), (1, 0), (0, 1)):
        place = back @ np.array([ground.x + u * ground.side, 0.0, ground.z + v * ground.side, 1.0])
        columns.append(np.array([(place[0] - x) / side, (place[2] - z) / side]))
    origin, right, up = columns
    return np.concatenate([right - origin, up - origin, origin]).astype(np.float32).tobytes()


def _normal_matrix(model: Matrix) -> bytes:
    linear = model[:3, :3]
    try:
        inverse = np.linalg.inv(linear)
    except np.linalg.LinAlgError:
        inverse = np.eye(3)
    return np.ascontiguousarray(inverse, dtype=np.float32).tobytes()  # transposed twice: column major
