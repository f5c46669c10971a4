"""Meshes, skins and morph targets as FBX geometry. Centimetres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets.model import Material, Mesh, Primitive, Skin
from exporters.errors import ExportError
from exporters.fbx_binary import Record
from exporters.fbx_objects import Objects, number, properties

CENTIMETRES: Final = 100.0
"""What metres are multiplied by: FBX counts in centimetres, and some programs never read another unit."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Body:
    """The triangles of one mesh as FBX counts them: points that faces share, and corners.

    ``points`` float64[n, 3] metres; ``corners`` int32[m, 3] index points; ``rows`` int64[m, 3] index the vertices of
    all primitives one behind the other; ``origin`` int64[n] is the vertex that each point was taken from;
    ``materials`` int32[m] index :attr:`kinds`.
    """

    points: Matrix
    corners: NDArray[np.int32]
    rows: NDArray[np.int64]
    origin: NDArray[np.int64]
    materials: NDArray[np.int32]
    kinds: tuple[Material, ...]
    primitives: tuple[Primitive, ...]


def body(mesh: Mesh) -> Body:
    """Welds what is one point in place, skin and morph targets; normals and UVs stay the corners' own.

    Raises ExportError ``export.not_finite``.
    """
    parts = tuple(part for part in mesh.primitives if len(part.indices))
    kinds = tuple({id(part.material): part.material for part in parts}.values())
    order = {id(kind): i for i, kind in enumerate(kinds)}
    keys = np.concatenate([_keys(part, _width(parts)) for part in parts])
    if not np.isfinite(keys).all():
        raise ExportError("export.not_finite", f"mesh {mesh.name!r} has vertices that are no numbers")
    # Negative zero is another pattern of bits and the same place.
    plain = np.ascontiguousarray(keys + 0.0, dtype=np.float32)
    _, first, inverse = np.unique(
        plain.view([("", np.void, plain.shape[1] * 4)]).ravel(), return_index=True, return_inverse=True
    )
    rank = np.argsort(np.argsort(first, kind="stable"), kind="stable")  # points in the order of the file
    starts = np.cumsum([0] + [len(part.positions) for part in parts])
    rows = np.concatenate([part.indices.astype(np.int64) + at for part, at in zip(parts, starts[:-1], strict=True)])
    corners = rank[inverse.ravel()][rows].astype(np.int32)
    materials = np.concatenate([np.full(len(part.indices), order[id(part.material)], np.int32) for part in parts])
    whole = (corners != np.roll(corners, 1, axis=1)).all(axis=1)  # a triangle of two points is none
    origin = np.sort(first)
    return Body(
        points=plain[origin, :3].astype(np.float64),
        corners=corners[whole],
        rows=rows[whole],
        origin=origin,
        materials=materials[whole],
        kinds=kinds,
        primitives=parts,
    )


def _width(parts: tuple[Primitive, ...]) -> tuple[int, int]:
    """How many influences and morph targets a vertex may have."""
    influences = max((part.weights.shape[1] if part.weights is not None else 0 for part in parts), default=0)
    return influences, max((len(part.targets) for part in parts), default=0)


def _keys(part: Primitive, width: tuple[int, int]) -> NDArray[np.float32]:
    """What makes a vertex a point of its own, float32[n, k]."""
    influences, targets = width
    count = len(part.positions)
    found: list[NDArray[np.float32]] = [part.positions]
    if influences:
        held = np.zeros((count, influences * 2), np.float32)
        if part.joints is not None and part.weights is not None:
            k = part.weights.shape[1]
            held[:, :k], held[:, influences : influences + k] = part.joints, part.weights
        found.append(held)
    for i in range(targets):
        moved = part.targets[i].positions if i < len(part.targets) else None
        found.append(np.zeros((count, 3), np.float32) if moved is None else moved)
    return np.concatenate(found, axis=1)


def _gathered(parts: tuple[Primitive, ...], name: str, width: int, fill: float) -> NDArray[np.float64] | None:
    """One attribute of all primitives, or None if no primitive has it."""
    given = [getattr(part, name) for part in parts]
    if all(values is None for values in given):
        return None
    return np.concatenate(
        [
            np.full((len(part.positions), width), fill) if values is None else values.astype(np.float64)
            for part, values in zip(parts, given, strict=True)
        ]
    )


def geometry(objects: Objects, name: str, body: Body, uvs: tuple[NDArray[np.float64] | None, ...]) -> int:
    """The mesh's geometry. ``uvs`` are its sets, float64[vertices, 2] with V up, None for one that is not there."""
    found, record = objects.make("Geometry", name, "Mesh")
    properties(record)
    record.add("GeometryVersion", 124)
    record.add("Vertices", (body.points * CENTIMETRES).ravel())
    polygons = body.corners.copy()
    polygons[:, 2] = ~polygons[:, 2]  # the last corner of a polygon
    record.add("PolygonVertexIndex", polygons.ravel())
    rows = body.rows.ravel()
    layers: list[tuple[str, int]] = []

    normals = _gathered(body.primitives, "normals", 3, 0.0)
    if normals is not None:
        layer = _layer(record, layers, "LayerElementNormal", "", "Direct")
        layer.add("Normals", normals[rows].ravel())
    for which, uv in enumerate(uvs):
        if uv is not None:
            layer = _layer(record, layers, "LayerElementUV", f"UVSet{which}", "IndexToDirect")
            values, index = np.unique(uv[rows], axis=0, return_inverse=True)
            layer.add("UV", values.ravel())
            layer.add("UVIndex", index.astype(np.int32).ravel())
    colours = _gathered(body.primitives, "colors", 4, 1.0)
    if colours is not None:
        layer = _layer(record, layers, "LayerElementColor", "Colour", "IndexToDirect")
        values, index = np.unique(colours[rows], axis=0, return_inverse=True)
        layer.add("Colors", values.ravel())
        layer.add("ColorIndex", index.astype(np.int32).ravel())
    layer = _layer(record, layers, "LayerElementMaterial", "", "IndexToDirect", mapping="ByPolygon")
    layer.add("Materials", body.materials)
    _name_layers(record, layers)
    return found


def _layer(
    record: Record, layers: list[tuple[str, int]], kind: str, name: str, how: str, mapping: str = "ByPolygonVertex"
) -> Record:
    which = sum(known == kind for known, _ in layers)
    layers.append((kind, which))
    layer = record.add(kind, which)
    layer.add("Version", 101)
    layer.add("Name", name)
    layer.add("MappingInformationType", mapping)
    layer.add("ReferenceInformationType", how)
    return layer


def _name_layers(record: Record, layers: list[tuple[str, int]]) -> None:
    for which in range(max(place for _, place in layers) + 1):
        layer = record.add("Layer", which)
        layer.add("Version", 100)
        for kind, place in layers:
            if place == which:
                element = layer.add("LayerElement")
                element.add("Type", kind)
                element.add("TypedIndex", which)


def column(matrix: Matrix) -> NDArray[np.float64]:
    """A matrix as FBX writes it: 16 numbers, translation last, in centimetres."""
    found = matrix.T.copy()
    found[3, :3] *= CENTIMETRES
    return found.ravel()


def skin(objects: Objects, geometry_id: int, body: Body, skin: Skin, joints: dict[int, int]) -> None:
    """Binds the geometry to its joints; ``joints`` gives the FBX model of each node."""
    binding, record = objects.make("Deformer", skin.name or "skin", "Skin")
    record.add("Version", 101)
    record.add("Link_DeformAcuracy", 50.0)
    objects.join(binding, geometry_id)
    influence = [np.zeros(0, np.int64)] * len(skin.joints)
    weight = [np.zeros(0)] * len(skin.joints)
    at = 0
    for part in body.primitives:
        inside = (body.origin >= at) & (body.origin < at + len(part.positions))
        points, vertices = np.flatnonzero(inside), body.origin[inside] - at
        at += len(part.positions)
        if part.joints is None or part.weights is None:
            continue
        for k in range(part.weights.shape[1]):
            held, which = part.weights[vertices, k].astype(np.float64), part.joints[vertices, k]
            for joint in np.unique(which[held > 0]):
                mine = (which == joint) & (held > 0)
                influence[joint] = np.concatenate([influence[joint], points[mine]])
                weight[joint] = np.concatenate([weight[joint], held[mine]])
    for k, node in enumerate(skin.joints):
        cluster, record = objects.make("Deformer", f"joint {k}", "Cluster", of="SubDeformer")
        record.add("Version", 100)
        record.add("UserData", "", "")
        if len(influence[k]):
            # A joint that a vertex names twice holds it with the sum.
            points, index = np.unique(influence[k], return_inverse=True)
            record.add("Indexes", points.astype(np.int32))
            record.add("Weights", np.bincount(index, weight[k], len(points)))
        record.add("Transform", column(skin.inverse_bind[k]))
        record.add("TransformLink", column(np.linalg.pinv(skin.inverse_bind[k])))
        objects.join(cluster, binding)
        objects.join(joints[node], cluster)


def morphs(objects: Objects, geometry_id: int, body: Body, weights: tuple[float, ...]) -> list[int]:
    """The geometry's morph targets; returns the channel of each, whose "DeformPercent" an animation drives."""
    count = _width(body.primitives)[1]
    if not count:
        return []
    blend, record = objects.make("Deformer", "morphs", "BlendShape")
    record.add("Version", 100)
    objects.join(blend, geometry_id)
    channels = []
    for i in range(count):
        targets = [part.targets[i] if i < len(part.targets) else None for part in body.primitives]
        name = objects.unique("morph", next((t.name for t in targets if t and t.name), "") or f"morph {i}")
        moved, bent = (
            np.concatenate(
                [
                    np.zeros((len(part.positions), 3))
                    if target is None or getattr(target, what) is None
                    else getattr(target, what).astype(np.float64)
                    for part, target in zip(body.primitives, targets, strict=True)
                ]
            )[body.origin]
            for what in ("positions", "normals")
        )
        percent = 100.0 * (weights[i] if i < len(weights) else 0.0)
        channel, record = objects.make("Deformer", name, "BlendShapeChannel", of="SubDeformer")
        properties(record, number("DeformPercent", percent, animated=True))
        record.add("Version", 100)
        record.add("DeformPercent", percent)
        record.add("FullWeights", np.array([100.0]))
        objects.join(channel, blend)
        shape, record = objects.make("Geometry", name, "Shape")
        properties(record)
        record.add("Version", 100)
        used = np.flatnonzero(moved.any(axis=1) | bent.any(axis=1))
        used = used if len(used) else np.array([0])  # a shape without a point is damaged to some readers
        record.add("Indexes", used.astype(np.int32))
        record.add("Vertices", (moved[used] * CENTIMETRES).ravel())
        record.add("Normals", bent[used].ravel())
        objects.join(shape, channel)
        channels.append(channel)
    return channels
