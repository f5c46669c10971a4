"""An A-line skirt, EU 38, to the knee: two gored panels and a waistband, sewn and draped over the dress form."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators import torso
from assets.generators.cloth import Cloth, Drape, relax
from assets.generators.garment import Draped, even, face_of, hem, smooth, stitches, sunken, vertex_normals
from assets.generators.pattern import Panel, Sewn, constraints, length, panel, sew
from assets.generators.solids import joined
from assets.model import Material, Mesh, Model, Node, Texture

Array = NDArray[np.float64]

_WAIST: Final = 0.722  # the finished waistband, over a tucked shirt
_BAND: Final = 0.034
_SPREAD: Final = 1.50  # radians that both panels span together: waist 72, hip 99, hem 156 cm
_LONG: Final = 0.560
_RADIUS: Final = _WAIST / _SPREAD
_WEIGHT: Final = 0.24  # kg/m^2, a light gabardine
_CLEAR: Final = 0.0045

SPACING: Final = 0.0095


def _arc(radius: float, start: float, stop: float) -> Array:
    angle = np.linspace(start, stop, 120)
    return np.stack([radius * np.sin(angle), -radius * np.cos(angle)], axis=1)


def _gore(name: str, spacing: float) -> Panel:
    half = _SPREAD / 4
    waist, low = _arc(_RADIUS, half, -half), _arc(_RADIUS + _LONG, -half, half)
    down = max(4, round(_LONG / spacing))
    return panel(
        name,
        [
            ("hem", low, 2 * round(length(low) / 2 / spacing)),
            ("side-right", np.array([low[-1], waist[0]]), down),
            ("waist", waist, 2 * round(length(waist) / 2 / spacing)),
            ("side-left", np.array([waist[-1], low[0]]), down),
        ],
        spacing,
    )


def _band(spacing: float) -> Panel:
    around, half = 2 * round(_WAIST / 4 / spacing), _WAIST / 2
    up = max(2, round(_BAND / spacing))
    return panel(
        "band",
        [
            ("front", np.array([(-half, 0.0), (0.0, 0.0)]), around),
            ("back", np.array([(0.0, 0.0), (half, 0.0)]), around),
            ("end", np.array([(half, 0.0), (half, _BAND)]), up),
            ("rim", np.array([(half, _BAND), (-half, _BAND)]), 2 * around),
            ("start", np.array([(-half, _BAND), (-half, 0.0)]), up),
        ],
        spacing,
    )


def cut(spacing: float = SPACING) -> Sewn:
    """All panels, sewn."""
    seams = [
        ("front", "side-right", "back", "side-left", True),
        ("front", "side-left", "back", "side-right", True),
        ("band", "front", "front", "waist", True),
        ("band", "back", "back", "waist", True),
        ("band", "start", "band", "end", True),
    ]
    return sew([_gore("front", spacing), _gore("back", spacing), _band(spacing)], seams)


def _ring(y: Array, share: Array, away: float) -> Array:
    """Points round the torso, ``share`` of a turn from the right side over the front, ``away`` from the skin."""
    theta = np.linspace(np.pi, -np.pi, 1441)
    level = np.full_like(theta, float(np.mean(y)))
    ring = torso.surface(level, theta)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
    at = np.interp(share % 1.0, run / run[-1], theta)
    return np.asarray(torso.surface(y, at) + torso.normals(y, at) * [away, 0, away])


def _start(sewn: Sewn) -> tuple[Array, NDArray[np.int64]]:
    """A cone round the body below the band, and the band's particles, which stay."""
    total, count = np.zeros((sewn.count, 3)), np.zeros(sewn.count)
    top = torso.WAIST + 0.012
    for p in sewn.panels:
        x, y = p.flat.T
        if p.name == "band":
            share = (x + _WAIST / 2) / _WAIST
            placed = np.concatenate(
                [
                    _ring(np.full(1, top - _BAND + h), np.array([s]), _CLEAR + 0.001)
                    for s, h in zip(share, y, strict=True)
                ]
            )
        else:
            radius, angle = np.hypot(x, y), np.arctan2(x, -y)
            turn = angle / (_SPREAD / 4) * np.pi / 2
            grow = radius / _RADIUS
            fall = np.sqrt(max(1 - (_SPREAD / (2 * np.pi)) ** 2, 0.0)) * (radius - _RADIUS)
            wide, deep = 0.142 * grow + 0.015, 0.108 * grow + 0.030
            placed = np.stack([wide * np.sin(turn), top - _BAND - fall, deep * np.cos(turn)], axis=1)
            placed = placed if p.name == "front" else placed * [-1, 1, -1]
        np.add.at(total, sewn.particle[p.name], placed)
        np.add.at(count, sewn.particle[p.name], 1)
    start = total / count[:, None]
    band = next(p for p in sewn.panels if p.name == "band")
    ids = sewn.particle["band"]
    share = (band.flat[:, 0] + _WAIST / 2) / _WAIST
    for i, s, h in zip(ids.tolist(), share.tolist(), band.flat[:, 1].tolist(), strict=True):
        start[i] = _ring(np.array([top - _BAND + h]), np.array([s]), _CLEAR + 0.001)[0]
    return start, np.unique(ids)


def drape(spacing: float = SPACING) -> Draped:
    """Sews and relaxes, hanging from the waistband."""
    sewn = cut(spacing)
    stretch, rest, bend, bend_rest, area = constraints(sewn)
    inverse = 1.0 / (area * _WEIGHT)
    x, band = _start(sewn)
    inverse[band] = 0.0
    cloth = Cloth(
        pairs=np.concatenate([stretch, bend]),
        rest=np.concatenate([rest, bend_rest]),
        compliance=np.concatenate([np.full(len(stretch), 1e-5), np.full(len(bend), 1.2e-2)]),
        inverse_mass=inverse,
    )
    collider = torso.distance()
    x = relax(cloth, x, collider, Drape(seconds=0.3, gravity=0.1, damping=10.0, friction=0.0, clearance=_CLEAR))
    x = relax(cloth, x, collider, Drape(seconds=1.8, damping=2.0, friction=0.2, clearance=_CLEAR))
    x = relax(cloth, x, collider, Drape(seconds=0.5, damping=9.0, clearance=_CLEAR, spacing=0.6 * spacing))
    x = smooth(sewn, x, 10, band)
    x = even(sewn, x, [("front", "hem"), ("back", "hem")])
    distance, outward = collider(x)
    x += outward * np.clip(0.0040 - distance, 0, None)[:, None]
    x = sunken(sewn, x, 0.0006)
    return Draped(sewn=sewn, points=x, normals=vertex_normals(x, sewn.triangles()))


def model(draped: Draped, normal: Texture | None = None) -> Model:
    """The garment, 1 UV unit per metre."""
    cloth = Material(
        name="gabardine",
        base_color=(0.030, 0.038, 0.062, 1.0),
        metallic=0.0,
        roughness=0.78,
        normal_texture=normal,
        double_sided=True,
        sheen_color=(0.04, 0.045, 0.06),
        sheen_roughness=0.45,
    )
    thread = Material(name="thread", base_color=(0.055, 0.065, 0.095, 1.0), metallic=0.0, roughness=0.55)
    offsets = {"front": (0.0, -_RADIUS), "back": (1.0, -_RADIUS), "band": (0.0, 0.2)}
    parts, seams = [], []
    for p in draped.sewn.panels:
        shift = -np.array(offsets[p.name])
        parts.append(face_of(draped, p, cloth, shift))
        if p.name == "band":
            parts.append(hem(draped, p, "rim", cloth, shift, depth=0.030, thickness=0.0026))
            for up in (0.0025, _BAND - 0.0030):
                line = np.stack([np.linspace(-_WAIST / 2, _WAIST / 2, 200), np.full(200, up)], axis=1)
                seams.append(stitches(draped, p, line, thread))
            continue
        parts.append(hem(draped, p, "hem", cloth, shift, depth=0.03, thickness=0.0020))
        half = _SPREAD / 4
        seams.append(stitches(draped, p, _arc(_RADIUS + _LONG - 0.028, -half, half), thread))
    mesh = Mesh(name="skirt", primitives=(joined(parts), joined(seams)))
    node = Node(matrix=np.eye(4), name="skirt", mesh=0)
    return Model(name="skirt", nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")
