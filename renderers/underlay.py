"""What lies under the design: the backdrop, and the shadow on the ground."""

from __future__ import annotations

import moderngl
import numpy as np

from assets.scene import Background
from renderers.matrices import Matrix, column_major, cropped
from renderers.occlusion import Occlusion
from renderers.programs import Programs, put
from renderers.screen import OVER
from renderers.shadows import Ground
from renderers.shot import Rectangle, Shot
from renderers.studio_light import key_share

_KEY_UNIT, _CONTACT_UNIT = 14, 15
_DARKEST_KEY = 0.55  # a full sun's shadow would be a hole in the page
_CONTACT_SHARE = 0.65  # how dark the ground gets where the surround is hidden


class Underlay:
    """Draws it for one context."""

    def __init__(self, context: moderngl.Context, programs: Programs) -> None:
        self._context, self._programs = context, programs

    def draw(self, shot: Shot, piece: Rectangle) -> None:
        """Fills the canvas in use, which holds ``piece`` of the picture from its top row on."""
        self._backdrop(shot, piece)
        if shot.ground is not None and (shot.ground_map is not None or shot.occlusion is not None):
            self._ground(shot, piece)

    def _backdrop(self, shot: Shot, piece: Rectangle) -> None:
        background: Background = shot.stage.scene.background
        top, bottom = _rgba(background.top), _rgba(background.bottom or background.top)
        if top == bottom:
            self._context.clear(*top)
            return
        self._context.enable_only(moderngl.NOTHING)
        program = self._programs.screen("backdrop.frag")
        put(program, u_top=top, u_bottom=bottom, u_rows=(piece[1], piece[3], shot.target.height - 1))
        self._programs.over_viewport(program)

    def _ground(self, shot: Shot, piece: Rectangle) -> None:
        assert shot.ground is not None
        context = self._context
        context.enable_only(moderngl.BLEND)
        context.blend_func = OVER
        program = self._programs.get("ground.vert", "ground.frag")
        upside_down = np.diag([1.0, -1.0, 1.0, 1.0])  # rows run from the top in what is read back
        clip = upside_down @ cropped(shot.clip, (shot.target.width, shot.target.height), piece, (0.0, 0.0))
        program["u_clip"].write(column_major(clip))  # type: ignore[union-attr]
        key = 0.0
        if shot.ground_map is not None:
            shot.ground_map.use(_KEY_UNIT)
            key = min(key_share(shot.stage.scene.lighting), _DARKEST_KEY)
        put(
            program,
            u_key=_KEY_UNIT,
            u_contact=_CONTACT_UNIT,
            u_area=shot.ground.area,
            u_level=shot.ground.level,
            u_strength=(key, 0.0 if shot.occlusion is None else _CONTACT_SHARE),
        )
        if shot.occlusion is not None:
            shot.occlusion.contact.use(_CONTACT_UNIT)
            program["u_to_contact"].write(_to_contact(shot.ground, shot.occlusion, shot.turn))  # type: ignore[union-attr]
        self._programs.generated(program).render(moderngl.TRIANGLE_STRIP, vertices=4)


def _rgba(colour: str | None) -> tuple[float, float, float, float]:
    if colour is None:
        return 0.0, 0.0, 0.0, 0.0
    r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return r, g, b, 1.0


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
