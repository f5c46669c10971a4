"""What trousers of all kinds are finished with: edges that lap over others, belt loops, studs, patches, stitches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets.generators.buttons import button, frame
from assets.generators.garment import Draped, face_of, hem, inset, stitches
from assets.generators.laid import EDGES, laid, slab, within
from assets.generators.panels_legs import LegsDraft
from assets.generators.pattern import Panel
from assets.generators.solids import joined, lathe, primitive
from assets.model import Material, Mesh, Model, Node, Primitive

Array = NDArray[np.float64]

LAP: Final = 0.0017
"""Metres that an edge which lies over another stands off."""
_EASED: Final = 0.016  # metres over which a lap comes down to the cloth
_JET: Final = (0.122, 0.0052)
"""A back pocket's opening: how wide it is, and how high each of its two lips."""
_BELOW: Final = 0.072  # metres from the waist's seam to that opening
_BUTTON: Final = 0.0068
_LAID: Final = {
    "front-left": (0.20, 0.0),
    "front-right": (0.60, 0.0),
    "back-left": (1.02, 0.0),
    "back-right": (1.44, 0.0),
    "pocket-left": (1.80, -0.1),
    "pocket-right": (2.00, -0.1),
    "yoke-left": (1.80, -0.3),
    "yoke-right": (2.20, -0.3),
    "band": (0.80, 0.40),
    "bodice-front": (0.30, 0.90),
    "bodice-back": (0.80, 0.90),
}


def place(name: str) -> Array:
    """Where a panel lies on the cloth, metres; the two parts of a pressed leg lie together."""
    for part in ("-in", "-out"):
        name = name.replace(part, "")
    return np.array(_LAID[name])


class Bench:
    """A garment's parts as they are made, by material; what is made of cloth first."""

    def __init__(
        self, draped: Draped, shell: Material, thread: Material, *, every: float = 0.0056, wide: float = 0.0013
    ) -> None:
        """Nothing is sewn yet. ``every`` is the length of a stitch and the gap after it, ``wide`` the thread's."""
        self.draped, self.shell, self.thread, self.every, self.wide = draped, shell, thread, every, wide
        self.panels = {p.name: p for p in draped.sewn.panels}
        self.worn = dict.fromkeys(self.panels, draped)
        self.made: dict[str, tuple[Material, list[Primitive]]] = {shell.name: (shell, [])}

    def add(self, part: Primitive) -> None:
        """A part that is done."""
        self.made.setdefault(part.material.name, (part.material, []))[1].append(part)

    def lap(self, name: str, edge: str, share: Array | float = 1.0, *, deep: float = 0.012) -> None:
        """Raises a panel along an edge over what it is sewn to and turns it in there; ``share`` of the height may be
        given for every point of the edge. It comes down towards both ends.
        """
        panel, cloth = self.panels[name], self.worn[name]
        ids = panel.edges[edge]
        line = panel.flat[ids]
        run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
        ends = np.clip(np.minimum(run, run[-1] - run) / 0.010, 0.12, 1)
        high = LAP * ends * share
        far, near = cKDTree(line).query(panel.flat)
        fall = np.clip(1 - far / _EASED, 0, 1)
        lift = high[near] * fall * fall * (3 - 2 * fall)
        own = cloth.sewn.particle[name]
        points = cloth.points.copy()
        points[own] += lift[:, None] * cloth.normals[own]
        self.worn[name] = replace(cloth, points=points)
        self.add(hem(self.worn[name], panel, edge, self.shell, -place(name), depth=deep, thickness=high + 1e-4))

    def row(self, name: str, line: Array) -> None:
        """Stitches along a line of a panel."""
        self.add(
            stitches(
                self.worn[name],
                self.panels[name],
                line,
                self.thread,
                every=self.every,
                long=0.72 * self.every,
                wide=self.wide,
            )
        )

    def rows(self, name: str, edge: str, *away: float, part: slice = slice(None)) -> None:
        """Stitches that run ``away`` metres inside an edge."""
        for deep in away:
            self.row(name, inset(self.panels[name], edge, deep)[part])

    def faces(self, shared: float = 0.45) -> None:
        """The panels themselves, with what was done to them; ``shared`` as for :func:`face_of`."""
        for name, panel in self.panels.items():
            self.add(face_of(self.worn[name], panel, self.shell, -place(name), shared=shared))

    def hems(self, deep: float, *rows: float) -> None:
        """The legs' ends, turned in."""
        for name, panel in self.panels.items():
            if "hem" in panel.edges:
                self.add(hem(self.worn[name], panel, "hem", self.shell, -place(name), depth=deep, thickness=0.0022))
                self.rows(name, "hem", *rows, part=slice(None))

    def patch(
        self,
        on: str,
        flat: Array,
        lift: Array | float,
        *rows: float,
        thick: float = 0.0015,
        edges: tuple[str, ...] = EDGES,
    ) -> None:
        """A piece that lies on a panel at ``flat`` float64[rows, columns, 2], stitched inside its ``edges``."""
        piece = laid(f"{on}-patch", self.worn[on], self.panels[on], flat, lift)
        self.add(slab(piece, self.shell, -place(on), thickness=thick, sunk=0.0004))
        for away in rows:
            line = within(piece, away, edges)
            self.add(
                stitches(
                    piece,
                    piece.sewn.panels[0],
                    line,
                    self.thread,
                    every=self.every,
                    long=0.72 * self.every,
                    wide=self.wide,
                )
            )

    def stud(
        self, name: str, flat: tuple[float, float], material: Material, profile: Sequence[tuple[float, float]]
    ) -> None:
        """A turned solid, radius and height from below, set on a panel."""
        spot, out = self.worn[name].at(self.panels[name], np.array([flat]))
        axes = frame(out[0], np.array([0.0, 1.0, 0.0]))
        part = lathe(np.array(profile), material, columns=16)
        assert part.uv0 is not None
        turned = part.positions[:, [0, 2, 1]] * [1, -1, 1], part.normals[:, [0, 2, 1]] * [1, -1, 1]
        points, normals = (values.astype(np.float64) @ axes.T for values in turned)
        self.add(
            primitive(points + spot[0], normals, part.uv0.astype(np.float64), part.indices.astype(np.int64), material)
        )

    def model(self, name: str) -> Model:
        """Everything, a primitive for each material."""
        mesh = Mesh(name=name, primitives=tuple(joined(parts) for _, parts in self.made.values()))
        node = Node(matrix=np.eye(4), name=name, mesh=0)
        return Model(name=name, nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")


def on_band(legs: LegsDraft, share: Array, up: Array) -> Array:
    """Points of the waistband's pattern: ``share`` -0.5..0.5 of its length, 0 in the back; ``up`` in metres."""
    below, above, high = legs.band
    turn = (below - above) / high
    radius = below / turn
    angle, reach = share * turn, radius - up
    return np.stack([reach * np.sin(angle), radius - reach * np.cos(angle)], axis=-1)


def belt_loop(bench: Bench, legs: LegsDraft, share: float, *, wide: float = 0.011) -> None:
    """A strap over the waistband, caught above and below it; ``share`` as for :func:`on_band`."""
    high = legs.band[2]
    up = np.linspace(-0.007, high - 0.0005, 11)
    across = np.linspace(-0.5, 0.5, 4) * wide / legs.band[0]
    flat = on_band(legs, share + np.broadcast_to(across, (11, 4)), np.broadcast_to(up[:, None], (11, 4)))
    rise = 0.0022 + 0.0012 * np.sin(np.pi * np.linspace(0, 1, 11)) ** 0.6
    piece = laid("loop", bench.draped, bench.panels["band"], flat, rise[:, None])
    bench.add(slab(piece, bench.shell, np.array([-1.6, -0.5]), thickness=0.0018, lined=True))
    for side in (-1, 1):
        line = on_band(
            legs, np.full(9, share + side * 0.32 * wide / legs.band[0]), np.linspace(-0.006, high - 0.002, 9)
        )
        bench.add(
            stitches(
                piece,
                piece.sewn.panels[0],
                line,
                bench.thread,
                every=bench.every,
                long=0.72 * bench.every,
                wide=bench.wide,
            )
        )
    for end in (-0.0045, high - 0.0035):
        line = on_band(legs, share + np.linspace(-0.36, 0.36, 5) * wide / legs.band[0], np.full(5, end))
        bench.add(stitches(piece, piece.sewn.panels[0], line, bench.thread, every=0.0016, long=0.0014, wide=0.0016))


def fly(panel: Panel, wide: float, long: float) -> Array:
    """The curved row that holds the fly, ``wide`` from the centre seam and ``long`` down from the waist; on the left
    front, from the waist down: float64[n, 2].
    """
    centre = np.concatenate([panel.flat[panel.edges["fly"]], panel.flat[panel.edges["centre"][1:]]])
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(centre, axis=0), axis=1))])
    depth = np.linspace(0.0, long, 60)
    spine = np.stack([np.interp(depth, run, centre[:, k]) for k in range(2)], axis=1)
    bend = np.clip((depth - (long - 1.3 * wide)) / (1.3 * wide), 0, 1)
    away = wide * np.sqrt(np.clip(1 - bend**2.4, 0, 1))
    return spine + np.stack([away, 0 * away], axis=1)


def jetted(bench: Bench, name: str, horn: Material, hole: Material, *, start: float) -> None:
    """A back pocket of two lips with a button under it, level with the waist's seam: its opening begins ``start``
    metres from the panel's inner end.
    """
    panel = bench.panels[name]
    wide, high = _JET
    waist = panel.flat[panel.edges["waist"]]
    outer = 1.0 if name.endswith("right") else -1.0
    inner_end, outer_end = waist[np.argmin(outer * waist[:, 0])], waist[np.argmax(outer * waist[:, 0])]
    way = (outer_end - inner_end) / np.linalg.norm(outer_end - inner_end)
    down = np.array([outer * way[1], -outer * way[0]])
    corner = inner_end + start * way + _BELOW * down
    across = np.linspace(0, wide, 13) if outer > 0 else np.linspace(wide, 0, 13)
    for lip in (0, 1):
        depth = np.linspace((lip + 1) * high, lip * high + 0.0003, 4)
        flat = corner + across[None, :, None] * way + depth[:, None, None] * down
        bench.patch(name, flat, 0.0012, thick=0.0012)
    spot, out = bench.worn[name].at(panel, (corner + 0.5 * wide * way + 0.022 * down)[None])
    for part in button(spot[0], out[0], np.array([0.0, 1.0, 0.0]), horn, hole, radius=_BUTTON):
        bench.add(part)
