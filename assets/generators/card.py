"""The classic card as a model of its own: a front, a back and a core. (Cards that are made to order are templates
under ``catalogue_data/cards``, see :mod:`assets.card_template`.)
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from assets.generators.solids import joined, primitive
from assets.generators.weave import encoded
from assets.images import probe
from assets.model import Material, Mesh, Model, Node, Primitive, Texture

Array = NDArray[np.float64]

WIDTH_MM: Final = 63.0
HEIGHT_MM: Final = 88.0
RADIUS_MM: Final = 3.0
THICK_MM: Final = 0.32
_PX: Final = 12  # pixels per millimetre: 756 x 1056


def _coordinates(px: int = _PX) -> tuple[Array, Array]:
    x = (np.arange(round(WIDTH_MM * px)) + 0.5) / px
    y = (np.arange(round(HEIGHT_MM * px)) + 0.5) / px
    grid = np.meshgrid(x, y)
    return grid[0], grid[1]


def _box(x: Array, y: Array, box: tuple[float, float, float, float], radius: float) -> Array:
    """Signed distance (mm) to a rounded rectangle; negative inside."""
    cx, cy = box[0] + box[2] / 2, box[1] + box[3] / 2
    dx, dy = np.abs(x - cx) - box[2] / 2 + radius, np.abs(y - cy) - box[3] / 2 + radius
    return np.asarray(np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) + np.minimum(np.maximum(dx, dy), 0) - radius)


def _cover(distance: Array, soft: float = 0.06) -> Array:
    return np.clip(0.5 - distance / soft, 0, 1)[..., None]


def _rgb(value: str) -> Array:
    return np.array([int(value[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def _over(base: Array, color: Array, cover: Array) -> Array:
    return base * (1 - cover) + color * cover


def _ridge(x: Array, seed: int, rough: float) -> Array:
    """A mountain skyline: height (mm) over x."""
    rng = np.random.default_rng(seed)
    total = np.zeros_like(x)
    for octave in range(7):
        step = 2.0**octave
        phase = rng.uniform(0, 1, 80)
        t = x / 34.0 * step + rng.uniform(0, 1)
        i, f = np.floor(t).astype(int) % 79, t - np.floor(t)
        total += (phase[i] * (1 - f) + phase[i + 1] * f) * rough ** (octave)
    return total


def _landscape(x: Array, y: Array) -> Array:
    """Layered mountains before a low sun over a lake, in millimetres of the art box."""
    up = np.clip((54.0 - y) / 41.0, 0, 1)[..., None]
    sky = _rgb("#f7c08a") * (1 - up) + _rgb("#2d4a86") * up
    sky = sky * (1 - 0.35 * up * (1 - up)) + 0.35 * up * (1 - up) * _rgb("#e58a8f")
    sun = np.hypot(x - 39.5, y - 29.5)
    picture = sky + np.exp(-sun / 7.0)[..., None] * _rgb("#ffd9a0") * 0.55
    picture = _over(picture, _rgb("#fff2d2"), _cover(sun - 4.2, 0.15))
    rng = np.random.default_rng(4)
    for _ in range(60):
        at = np.array([rng.uniform(6, 57), rng.uniform(13, 24), rng.uniform(0.05, 0.13)])
        star = np.clip(1 - np.hypot(x - at[0], y - at[1]) / at[2], 0, 1)[..., None]
        picture = picture + star * 0.9
    for k, (level, tall, color) in enumerate(
        [(36.5, 9.0, "#8d7fa8"), (39.5, 8.5, "#5d6596"), (42.0, 7.0, "#38497a"), (44.0, 5.0, "#22335c")]
    ):
        edge = level + tall * 0.9 - tall * _ridge(x, 20 + k, 0.46)
        shade = _rgb(color) * (1 + 0.10 * np.clip((46 - y) / 10, 0, 1))[..., None]
        picture = _over(picture, shade, _cover(edge - y, 0.12))
    lake = (y > 46.0)[..., None]
    mirror = np.interp(92.0 - y[:, 0], y[:, 0], np.arange(len(y))).astype(int)
    ripple = (1.2 * np.sin(y * 9.0) * (y - 46.0) / 8.0).clip(-3, 3)
    column = np.clip(np.arange(x.shape[1])[None] + np.round(ripple * 3).astype(int), 0, x.shape[1] - 1)
    water = picture[np.clip(mirror, 0, len(y) - 1)[:, None], column] * 0.72 + _rgb("#16305a") * 0.14
    picture = np.where(lake, water, picture)
    for k in range(26):
        tree_x = 5.5 + 52 * (k / 25) + 0.6 * np.sin(k * 2.4)
        tall = 3.0 + 4.5 * abs(np.sin(k * 1.7)) * (abs(tree_x - 31.5) / 26) ** 0.8
        foot = 53.9 - 1.0 * (abs(tree_x - 31.5) / 26) ** 2
        height = (foot - y) / tall
        half = tall * 0.20 * (1 - height) * (0.72 + 0.28 * np.abs(((height * 5) % 1) - 1))
        inside = (height > 0) & (height < 1)
        picture = _over(
            picture, _rgb("#0d1c30"), np.where(inside, _cover(np.abs(x - tree_x) - half, 0.1)[..., 0], 0)[..., None]
        )
    return np.clip(picture, 0, 1)


def _paper(shape: tuple[int, ...], seed: int) -> Array:
    grain = gaussian_filter(np.random.default_rng(seed).standard_normal(shape[:2]), 1.2)
    return np.asarray(1 + 0.012 * (grain / grain.std())[..., None])


def front() -> NDArray[np.uint8]:
    """The front with its art and empty text fields: uint8[h, w, 3], sRGB."""
    x, y = _coordinates()
    card = np.broadcast_to(_rgb("#1a2238"), (*x.shape, 3)).copy()
    inner = _box(x, y, (3.0, 3.0, 57.0, 82.0), 2.0)
    gold = _rgb("#c9a35a") * (0.86 + 0.22 * np.sin((x + y) / 9.0)[..., None] ** 2)
    card = _over(card, gold, _cover(np.abs(inner) - 0.28))
    panel = _rgb("#2a3556") * (1.12 - 0.24 * (y / HEIGHT_MM))[..., None]
    card = _over(card, panel, _cover(inner + 0.3))
    for box, radius in (((5.0, 4.6, 42.0, 7.2), 1.6), ((5.0, 55.6, 53.0, 5.6), 1.4), ((5.0, 62.4, 53.0, 18.0), 1.6)):
        shape = _box(x, y, box, radius)
        card = _over(card, _rgb("#efe6d0") * _paper(card.shape, round(box[1])), _cover(shape))
        card = _over(card, gold, _cover(np.abs(shape) - 0.14))
    frame = _box(x, y, (5.5, 13.0, 52.0, 41.0), 1.2)
    card = _over(card, _landscape(x, y), _cover(frame))
    card = _over(card, gold, _cover(np.abs(frame) - 0.22))
    seal = np.hypot(x - 53.5, y - 8.2)
    card = _over(card, gold, _cover(seal - 4.3))
    card = _over(card, _rgb("#8c2f39") * (1.15 - 0.1 * seal[..., None]), _cover(seal - 3.7))
    star_angle = np.arctan2(x - 55.0, 58.4 - y)
    star = np.hypot(x - 55.0, y - 58.4) - 1.9 * (0.72 + 0.28 * np.cos(5 * star_angle))
    card = _over(card, _rgb("#a8792c"), _cover(star))
    return np.asarray(np.round(np.clip(card, 0, 1) * 255), dtype=np.uint8)


def back() -> NDArray[np.uint8]:
    """The back: a rosette of interlaced waves in a gold frame."""
    x, y = _coordinates()
    cx, cy = x - WIDTH_MM / 2, y - HEIGHT_MM / 2
    r, angle = np.hypot(cx, cy), np.arctan2(cy, cx)
    glow = np.exp(-((r / 34.0) ** 2))[..., None]
    card = _rgb("#141b30") * (1 - glow) + _rgb("#33477c") * glow
    gold = _rgb("#c9a35a") * (0.86 + 0.22 * np.sin((x - y) / 9.0)[..., None] ** 2)
    lattice = np.minimum(np.abs(((cx + cy) / 3.2) % 1 - 0.5), np.abs(((cx - cy) / 3.2) % 1 - 0.5)) * 3.2 / np.sqrt(2)
    card = _over(card, gold, _cover(lattice - 0.05) * 0.22)
    card = _over(card, _rgb("#1a2444"), _cover(r - 22.0, 0.1))
    for petals, size in ((12, 20.0), (12, 15.5), (8, 11.0), (6, 6.5)):
        for turn in (0.0, np.pi / petals):
            curve = size * (0.80 + 0.20 * np.cos(petals * (angle + turn)))
            card = _over(card, gold, _cover(np.abs(r - curve) - 0.16))
    card = _over(card, gold, _cover(np.abs(r - 22.0) - 0.35))
    card = _over(card, gold, _cover(r - 2.0))
    for inset, line in ((3.0, 0.35), (4.2, 0.12)):
        edge = _box(x, y, (inset, inset, WIDTH_MM - 2 * inset, HEIGHT_MM - 2 * inset), 2.0)
        card = _over(card, gold, _cover(np.abs(edge) - line))
    return np.asarray(np.round(np.clip(card, 0, 1) * 255), dtype=np.uint8)


def _outline(steps: int = 10) -> Array:
    """The trimmed edge, counter-clockwise from the right, metres about the middle: float64[n, 2]."""
    half = np.array([WIDTH_MM, HEIGHT_MM]) / 2000
    r = RADIUS_MM / 1000
    points = []
    for k, corner in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        angle = np.radians(90 * k + np.linspace(0, 90, steps + 1))
        centre = (half - r) * corner
        points.append(centre + r * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    return np.concatenate(points)


def _face(material: Material, side: float) -> Primitive:
    edge = _outline()
    flat = np.concatenate([[[0.0, 0.0]], edge])
    count = len(edge)
    i = np.arange(count)
    triangles = np.stack([0 * i, 1 + i, 1 + (i + 1) % count], axis=1)
    z = side * THICK_MM / 2000
    points = np.stack([flat[:, 0], flat[:, 1], np.full(len(flat), z)], axis=1)
    u = 0.5 + side * flat[:, 0] * 1000 / WIDTH_MM
    uv = np.stack([u, 0.5 - flat[:, 1] * 1000 / HEIGHT_MM], axis=1)
    normals = np.tile([0.0, 0.0, side], (len(flat), 1))
    return primitive(points, normals, uv, triangles if side > 0 else triangles[:, ::-1], material)


def _core(material: Material) -> Primitive:
    edge = _outline()
    outward = np.roll(edge, -1, axis=0) - np.roll(edge, 1, axis=0)
    normals = np.stack([outward[:, 1], -outward[:, 0], 0 * outward[:, 0]], axis=1)
    count = len(edge)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(edge, axis=0), axis=1))])
    layers, uvs = [], []
    for z in (-THICK_MM / 2000, THICK_MM / 2000):
        layers.append(np.stack([edge[:, 0], edge[:, 1], np.full(count, z)], axis=1))
        uvs.append(np.stack([run, np.full(count, z)], axis=1))
    i = np.arange(count)
    j = (i + 1) % count
    triangles = np.concatenate([np.stack([i, j, j + count], 1), np.stack([i, j + count, i + count], 1)])
    return primitive(
        np.concatenate(layers), np.concatenate([normals, normals]), np.concatenate(uvs), triangles, material
    )


def model() -> Model:
    """The card standing on its lower edge, 63 x 88 x 0.32 mm, its front towards +Z."""
    faces = []
    for name, pixels, side in (("front", front(), 1.0), ("back", back(), -1.0)):
        art = Texture(image=probe(encoded(pixels, 90), name=f"card-classic-{name}"))
        faces.append(_face(Material(name=name, base_color_texture=art, metallic=0.0, roughness=0.34), side))
    core = Material(name="core", base_color=(0.80, 0.79, 0.76, 1.0), metallic=0.0, roughness=0.9)
    mesh = Mesh(name="card", primitives=(*faces, joined([_core(core)])))
    up = np.eye(4)
    up[1, 3] = HEIGHT_MM / 2000
    node = Node(matrix=up, name="card-classic", mesh=0)
    return Model(name="card-classic", nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")
