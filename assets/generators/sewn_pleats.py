"""The pleated skirt as a model: pleats with turned hems, waistband, stitched folds, UVs from the paper pattern."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.generators.garment import Draped, face_of, hem, stitches, vertex_normals
from assets.generators.panels_pleats import PleatDraft
from assets.generators.pattern import Panel
from assets.generators.solids import joined
from assets.generators.zipper import slider
from assets.model import Material, Mesh, Model, Node, Primitive, Texture

Array = NDArray[np.float64]

NAME: Final = "pleated-skirt"
ZIPPED: Final = 0.165
"""Metres that the zip under the fold at the left side runs down from the waistband."""
TURNED: Final = 0.030  # metres that the hem is deep


def folded(draped: Draped, panel: Panel) -> Draped:
    """The cloth with the panel's own normals at its folds, where those of both sides together point nowhere."""
    normals = draped.normals.copy()
    ids = draped.sewn.particle[panel.name]
    normals[ids] = vertex_normals(draped.points[ids], panel.triangles)
    return replace(draped, normals=normals)


def trimmed(panel: Panel, pleats: PleatDraft) -> Panel:
    """The section without what lies hidden under the sewn folds: tailors cut that away, so that it does not bulge,
    and sew face and return together where they end.
    """
    middle = panel.flat[panel.triangles].mean(axis=1)
    high = -middle[:, 1] < pleats.stitched - 0.01
    kind, number = panel.name.split("-")
    at = np.array([pleats.columns(float(-y)) for y in middle[:, 1]]) + int(number) * pleats.cloth
    hidden = middle[:, 0] > at[:, 3] if kind == "face" else middle[:, 0] < at[:, 5]
    return replace(panel, triangles=panel.triangles[~(high & hidden)])


def used(part: Primitive) -> Primitive:
    """The primitive without the points that none of its triangles has."""
    kept, places = np.unique(part.indices, return_inverse=True)
    assert part.uv0 is not None
    return replace(
        part,
        positions=part.positions[kept],
        normals=part.normals[kept],
        uv0=part.uv0[kept],
        indices=places.reshape(-1, 3).astype(np.uint32),
    )


def _beside(pleats: PleatDraft, number: int, long: float, away: float) -> Array:
    """A line on a face, ``away`` metres from its outer fold, from the waistband ``long`` metres down."""
    depth = np.linspace(0.001, long, 60)
    fold = np.array([pleats.columns(float(t))[0] for t in depth]) + number * pleats.cloth
    return np.stack([fold + away, -depth], axis=1)


def _zip(own: Draped, panel: Panel, pleats: PleatDraft, number: int) -> Primitive:
    """The slider at the top of the zip, beside the fold that covers it."""
    metal = Material(name="zip", base_color=(0.30, 0.31, 0.34, 1.0), metallic=1.0, roughness=0.34)
    spots = np.array(
        [(pleats.columns(depth)[2] + number * pleats.cloth - 0.0050, -depth) for depth in (0.0085, 0.0285)]
    )
    points, normals = own.at(panel, spots)
    down = points[1] - points[0]
    return slider(points[0], normals[0], down / np.linalg.norm(down), metal, tab=0.014)


def model(draped: Draped, pleats: PleatDraft, normal: Texture | None = None) -> Model:
    """The garment, 1 UV unit per metre: shell, thread, zip."""
    shell = Material(
        name="shell",
        base_color=(0.090, 0.130, 0.225, 1.0),
        metallic=0.0,
        roughness=0.80,
        normal_texture=normal,
        normal_scale=0.5,
        double_sided=True,
        sheen_color=(0.045, 0.05, 0.065),
        sheen_roughness=0.5,
    )
    thread = Material(name="thread", base_color=(0.070, 0.102, 0.180, 1.0), metallic=0.0, roughness=0.6)
    cloth: list[Primitive] = []
    seams: list[Primitive] = []
    zips: list[Primitive] = []
    plain = np.zeros(2)
    for p in draped.sewn.panels:
        if p.name == "band":
            shift = -np.array([0.0, 0.2])
            cloth.append(face_of(draped, p, shell, shift))
            cloth.append(hem(draped, p, "rim", shell, shift, depth=0.030, thickness=0.0022))
            cloth.append(hem(draped, p, "foot", shell, shift, depth=0.006, thickness=0.0016))
            continue
        own = folded(draped, p)
        cloth.append(used(face_of(own, trimmed(p, pleats), shell, plain, shared=0.0)))
        # Between the layers of a fold there is no room for a thick hem.
        along = np.linspace(-1, 1, len(p.edges["hem"]))
        thick = 0.00005 + 0.0013 * (1 - along**4)
        cloth.append(hem(own, p, "hem", shell, plain, depth=TURNED, thickness=thick))
        if p.name.startswith("face"):
            number = int(p.name.removeprefix("face-"))
            seams.append(stitches(own, p, _beside(pleats, number, pleats.stitched, 0.0016), thread))
            if number == pleats.count // 2:
                seams.append(stitches(own, p, _beside(pleats, number, ZIPPED, 0.0090), thread))
            if number == pleats.count // 2 - 1:
                zips.append(_zip(own, p, pleats, number))
    mesh = Mesh(name=NAME, primitives=(joined(cloth), joined(seams), joined(zips)))
    node = Node(matrix=np.eye(4), name=NAME, mesh=0)
    return Model(name=NAME, nodes=(node,), roots=(0,), meshes=(mesh,), copyright="CC0-1.0")
