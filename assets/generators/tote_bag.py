"""A canvas tote on the wearer's left shoulder: two panels, a gusset, a turned hem, two handles sewn on with crosses.

The handles are strings drawn tight over the shoulder; the bag hangs from them beside the hip and gives way to it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from assets import catalogue
from assets.generators.drape_body import Body, body
from assets.generators.lofts import curve, flattened, grid_normals, runs, surface, tube, unit
from assets.generators.solids import joined
from assets.generators.threads import seam
from assets.model import Material, Mesh, Model, Node, Primitive

Array = NDArray[np.float64]

NAME: Final = "tote-bag"
FIGURE: Final = "mannequin-female"
BOX: Final = ((0.0, 0.70, -0.26), (0.42, 1.56, 0.22))
TOP: Final = 1.130
TALL: Final = 0.345
HALF: Final = 0.178
"""Half the bag's width, metres."""
BACK: Final = -0.020
"""Where its middle is, forward."""
CLEAR: Final = 0.0085
"""Metres that canvas is kept off the skin."""
THICK: Final = 0.0016
HEM: Final = 0.030
WEBBING: Final = 0.027
"""The handles' width."""
ANCHOR: Final = 0.070
"""How far before and behind the middle the handles are sewn on."""
SEWN: Final = 0.050  # metres of a handle that lie on the bag

_ROWS: Final = 31
_COLUMNS: Final = 45
_OVER: Final = ((0.122, 0.0), (0.156, 0.006))  # the handles on the shoulder: left, and forward


def skin() -> Body:
    """The left half of the trunk, the arm and the thigh."""
    return body(catalogue.model(FIGURE).meshes[0].primitives[0], *BOX)


def _smooth(t: Array) -> Array:
    x = np.clip(t, 0, 1)
    return np.asarray(x * x * (3 - 2 * x))


def _middle(down: Array) -> Array:
    return np.asarray(0.176 + 0.062 * _smooth(down / 0.55))


def _edge(down: Array) -> Array:
    """Half the gusset's width."""
    return np.asarray(0.0045 + 0.0325 * _smooth(down / 0.9))


def _panel(on: Body, side: float) -> Array:
    """The outer (1) or the inner (-1) face, float64[rows, columns, 3]: hem down, back to front."""
    down, across = np.meshgrid(np.linspace(0, 1, _ROWS), np.linspace(-1, 1, _COLUMNS), indexing="ij")
    half = HALF * (1 - 0.030 * np.sin(np.pi * down) - 0.045 * _smooth((down - 0.80) / 0.20))
    deep = 0.0120 + 0.0360 * _smooth(down / 0.6)
    bulge = (deep - _edge(down)) * np.clip(1 - np.abs(across) ** 2.2, 0, 1)
    z = BACK + half * across
    # Folds: the handles pull the hem up, the weight between and below hangs through.
    pull = np.zeros_like(z)
    for anchor in (-ANCHOR, ANCHOR):
        away = (half * across - anchor) / (0.022 + 0.060 * down)
        pull += np.exp(-(away**2))
    sag = (1 - np.clip(pull, 0, 1)) * np.clip(1 - down / 0.5, 0, 1) ** 1.5
    wave = np.cos(2 * np.pi * (z / 0.115 + 0.22 * np.sin(5.0 * down + 1.3 * side)) + 0.9 * side)
    wave += 0.5 * np.cos(2 * np.pi * (z / 0.061 - 0.5 * down) + 2.1)
    fold = 0.0046 * wave * np.sin(np.pi * np.clip(down, 0, 1)) ** 0.7 * (1 - np.abs(across) ** 4)
    crease = 0.0030 * pull * np.sin(np.pi * np.clip(down / 0.75, 0, 1)) - 0.0020 * sag
    x = _middle(down) + side * (_edge(down) + bulge + fold + crease)
    y = TOP - TALL * down - 0.007 * sag - 0.010 * down**3 * (1 - across**2)
    points = np.stack([x, y, z], axis=-1)
    for _ in range(6):
        far, out = on(points.reshape(-1, 3))
        need = np.clip(CLEAR - far.reshape(x.shape), 0, None)
        push = np.maximum(gaussian_filter(need, 1.6, mode="nearest"), 0.6 * need)
        points[..., 0] += push * np.sign(out.reshape(points.shape)[..., 0] + 1e-9).clip(0, 1)
    return points


def shells(on: Body) -> list[Array]:
    """The bag's pieces with their outer faces: outer, inner, front, back and bottom."""
    outer, inner = _panel(on, 1.0), _panel(on, -1.0)
    outer = np.maximum(outer, inner + [0.006, -1, -1] * np.ones(3))
    share = np.linspace(0, 1, 9)[None, :, None]
    gussets = []
    for column, sign in ((-1, 1.0), (0, -1.0)):
        rows = outer[:, column, None] * (1 - share) + inner[:, column, None] * share
        down = np.linspace(0, 1, _ROWS)[:, None]
        belly = np.sin(np.pi * share[..., 0])
        rows[..., 2] += sign * (0.006 * belly * down - 0.016 * belly**1.3 * (1 - down) ** 0.8)
        gussets.append(rows)
    under = np.linspace(0, 1, 9)[:, None, None]
    bottom = outer[-1][None] * (1 - under) + inner[-1][None] * under
    bottom[..., 1] -= 0.004 * np.sin(np.pi * under[..., 0])
    return [outer, inner, *gussets, bottom]


def _normals(points: Array) -> Array:
    """A piece's normals, away from the bag's middle."""
    middle = np.array([_middle(np.array(0.6)), TOP - 0.55 * TALL, BACK])
    normals = grid_normals(points)
    outward = (points - middle) * [1.0, 0.35, 0.25]
    return normals if float((normals * outward).sum()) > 0 else -normals


def canvas(pieces: list[Array], material: Material) -> Primitive:
    """All pieces, inside and outside, and the hem's edge."""
    parts = []
    for number, points in enumerate(pieces):
        normals = _normals(points)
        uv = flattened(points) + np.array([0.5 * number, 0.0])
        parts.append(surface(points, material, outward=normals, normals=normals, uv=uv))
        parts.append(surface(points - THICK * normals, material, outward=-normals, normals=-normals, uv=uv))
        if number == 4:
            continue
        out, up = normals[0], np.array([0.0, 1.0, 0.0])
        core = points[0] - THICK / 2 * out
        lip = [core + THICK / 2 * (out * np.cos(t) + up * np.sin(t)) for t in np.linspace(0, np.pi, 5)]
        parts.append(surface(np.stack(lip), material, outward=up + 0 * np.stack(lip)))
    return joined(parts)


def _string(on: Body, start: Array, stop: Array, over: tuple[float, float]) -> Array:
    """A line from the bag over the shoulder and back, as short as the skin lets it be: float64[n, 3]."""
    x, z = over
    front = [start, (0.175, 1.25, 0.110), (x + 0.02, 1.39, 0.085)]
    back = [(x + 0.02, 1.39, -0.115), (0.180, 1.25, -0.120), stop]
    line = curve(np.array([*front, (x, 1.475, z), *back]), 121)
    top = int(np.argmax(line[:, 1]))
    for _ in range(1500):
        pull = 0.5 * (line[:-2] + line[2:]) - line[1:-1]
        line[1:-1] += 0.8 * pull
        line[top, 0] += 0.3 * (x - line[top, 0])
        line[top, 2] += 0.3 * (z - line[top, 2])
        far, out = on(line[1:-1])
        line[1:-1] += out * np.clip(CLEAR - far, 0, 0.01)[:, None]
    return line


def _lying(points: Array, anchor: float, away: float) -> tuple[Array, Array]:
    """Where a handle lies on a panel: from its lower end up to the hem, and the panel's normals there."""
    normals = _normals(points)
    column = int(np.argmin(np.abs(points[0, :, 2] - BACK - anchor)))
    reach = runs(points[:, column])
    at = np.linspace(SEWN, 0.0, 8)
    line = np.stack([np.interp(at, reach, points[:, column, i]) for i in range(3)], axis=1)
    way = np.stack([np.interp(at, reach, normals[:, column, i]) for i in range(3)], axis=1)
    return line + unit(way) * away, unit(way)


def handles(on: Body, pieces: list[Array], material: Material, thread: Material) -> tuple[Primitive, Primitive]:
    """Both handles, and the squares with crosses that hold their ends."""
    blunt = 0.35
    angle = 2 * np.pi * (np.arange(12) + 0.5) / 12
    c, s = np.cos(angle), np.sin(angle)
    section = np.stack(
        [WEBBING / 2 * np.sign(c) * np.abs(c) ** blunt, 0.0013 * np.sign(s) * np.abs(s) ** blunt], axis=1
    )
    parts, seams = [], []
    for shell, over in zip(pieces[:2], (_OVER[1], _OVER[0]), strict=True):
        front, front_way = _lying(shell, ANCHOR, 0.0016)
        back, back_way = _lying(shell, -ANCHOR, 0.0016)
        string = _string(on, front[-1], back[-1], over)
        path = np.concatenate([front[:-1], string, back[::-1][1:]])
        far, out = on(path)
        near = np.clip((0.05 - far) / 0.035, 0, 1)[:, None]
        near[: len(front)] = near[-len(back) :] = 0
        towards = np.where(np.arange(len(path))[:, None] < len(path) // 2, front_way[-1], back_way[-1])
        ways = gaussian_filter1d(unit(near * out + (1 - near) * towards), 7.0, axis=0, mode="nearest")
        ways[: len(front)], ways[-len(back) :] = front_way, back_way[::-1]
        ways = unit(gaussian_filter1d(ways, 2.0, axis=0, mode="nearest"))
        parts.append(tube(path, ways, section, material))
        for line, way in ((front, front_way), (back, back_way)):
            side = unit(np.cross(line[-1] - line[0], way[3])) * (WEBBING / 2 - 0.004)
            low, high = line[1] + way[1] * 0.0014, line[5] + way[5] * 0.0014
            corners = [low - side, low + side, high + side, high - side]
            for a, b in ((0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (1, 3)):
                run = np.linspace(corners[a], corners[b], 9)
                seams.append(seam(run, np.broadcast_to(way[3], run.shape), thread))
    return joined(parts), joined(seams)


def hem(pieces: list[Array], thread: Material) -> Primitive:
    """The two rows of stitches under the bag's edge."""
    rows = []
    for points in pieces[:4]:
        normals = _normals(points)
        for away in (HEM - 0.003, 0.004):
            line, way = [], []
            for column in range(points.shape[1]):
                reach = runs(points[:, column])
                line.append([np.interp(away, reach, points[:, column, i]) for i in range(3)])
                way.append([np.interp(away, reach, normals[:, column, i]) for i in range(3)])
            rows.append(seam(np.array(line) + 0.0002 * np.array(way), np.array(way), thread))
    return joined(rows)


def label(pieces: list[Array], leather: Material) -> Primitive:
    """A small patch of leather on the outer panel."""
    points = pieces[0]
    normals = _normals(points)
    rows, columns = np.arange(22, 27), np.arange(27, 36)
    patch, way = points[np.ix_(rows, columns)], normals[np.ix_(rows, columns)]
    sunk = np.full((len(rows) + 2, len(columns) + 2), 0.0012)
    sunk[[0, -1]] = sunk[:, [0, -1]] = -0.0006
    grid = np.pad(patch, ((1, 1), (1, 1), (0, 0)), mode="edge")
    ways = np.pad(way, ((1, 1), (1, 1), (0, 0)), mode="edge")
    return surface(grid + ways * sunk[..., None], leather, outward=ways)


def model(on: Body, cloth: Material, thread: Material, leather: Material) -> Model:
    """The bag on the figure's left shoulder, metres; 1 UV unit a metre: canvas, thread, label."""
    pieces = shells(on)
    webbing, crosses = handles(on, pieces, cloth, thread)
    parts = (
        joined([canvas(pieces, cloth), webbing]),
        joined([crosses, hem(pieces, thread)]),
        label(pieces, leather),
    )
    node = Node(matrix=np.eye(4), name=NAME, mesh=0)
    mesh = Mesh(name=NAME, primitives=parts)
    return Model(name=NAME, nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")
