"""Mannequins as they are shipped: one surface for all, a figure's points in each of its sizes, joints and poses.

Every figure has the same triangles, UVs and weights, so these are kept once (``mannequin-body.npz``). A figure's file
has the points of its middle size in 16 bits of their box (under 0.03 mm), the other sizes as differences from those,
and for each size the joints, the poses, the landmarks and the girths with their planes. Normals are made on reading.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from assets import archives
from assets.images import probe
from assets.model import (
    Animation,
    Channel,
    Image,
    Material,
    Mesh,
    Model,
    Node,
    Primitive,
    Skin,
    Texture,
)
from assets.normals import smooth
from assets.regions import KEY as REGIONS

VERSION: Final = 1
LANDMARKS: Final = "landmarks"
GIRTHS: Final = "girths"
MEASURES: Final = "measures"
FINISHES: Final = ("matte white", "matte black", "light skin", "medium skin", "deep skin", "wood", "chrome")
"""The variants of every mannequin; the first is how it comes."""


def write(facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], files: Mapping[str, bytes]) -> bytes:
    """An archive of facts (JSON), arrays and files: the same bytes for the same content."""
    document = json.dumps({"version": VERSION, **facts}, sort_keys=True)
    return archives.packed({"facts.json": document}, arrays, files)


def read(figure: bytes, body: bytes, size: str) -> Model:
    """The figure in a size: metres, feet on y = 0, front towards +Z, in its A-pose, with the poses as animations of
    one moment each. It trusts its input: only for files that ship with us. Raises KeyError for a size it has not.
    """
    with zipfile.ZipFile(io.BytesIO(body)) as shared, zipfile.ZipFile(io.BytesIO(figure)) as own:
        common = json.loads(shared.read("facts.json"))
        facts = json.loads(own.read("facts.json"))
        for document in (common, facts):
            if document["version"] != VERSION:
                msg = f"a mannequin of version {document['version']}, not {VERSION}; run python -m assets.generators"
                raise ValueError(msg)
        mine = facts["sizes"][size]
        base = archives.array(own, "points").astype(np.int64)
        steps = base if size == facts["base"] else base + archives.array(own, f"points-{size}")
        points = (np.array(facts["low"]) + np.array(facts["span"]) * steps / 65535).astype(np.float32)
        source = archives.array(shared, "source").astype(np.int64)
        triangles = np.cumsum(archives.array(shared, "triangles"), dtype=np.int64).reshape(-1, 3)
        uv = (archives.array(shared, "uv").astype(np.float64) / 65535).astype(np.float32)
        joints = archives.array(shared, "joints").astype(np.uint16)
        shares = archives.array(shared, "weights").astype(np.float32)
        wood = probe(shared.read("wood.jpg"), name="wood")
        turns, moves = archives.array(own, f"turns-{size}"), archives.array(own, f"moves-{size}")
    normals = smooth(points, source[triangles].astype(np.uint32))
    looks = finishes(wood, metres=float(common["metres"]))
    primitive = Primitive(
        positions=np.ascontiguousarray(points[source]),
        normals=np.ascontiguousarray(normals[source]),
        indices=triangles.astype(np.uint32),
        material=looks[0],
        uv0=uv,
        joints=np.ascontiguousarray(joints[source]),
        weights=np.ascontiguousarray((shares / shares.sum(axis=1, keepdims=True))[source]),
        variants=dict(enumerate(looks)),
        extras={REGIONS: mine[REGIONS], LANDMARKS: mine[LANDMARKS], GIRTHS: mine[GIRTHS], MEASURES: mine[MEASURES]},
    )
    names, parents = common["joints"], common["parents"]
    places = np.array(mine["joints"])
    nodes = _skeleton(names, parents, places)
    body_node = Node(matrix=np.eye(4), name=facts["name"], mesh=0, skin=0)
    bind = np.tile(np.eye(4), (len(names), 1, 1))
    bind[:, :3, 3] = -places
    skin = Skin(joints=tuple(range(len(names))), inverse_bind=bind, skeleton=0, name="skeleton")
    animations = tuple(
        _pose(pose, turns[number], places[0] + moves[number]) for number, pose in enumerate(common["poses"])
    )
    return Model(
        name=f"{facts['name']} {size}",
        nodes=(*nodes, body_node),
        roots=(0, len(names)),
        meshes=(Mesh(name=facts["name"], primitives=(primitive,)),),
        skins=(skin,),
        animations=animations,
        variants=FINISHES,
        copyright="CC0-1.0",
        extras={"figure": facts["name"], "size": size, "source": facts["source"]},
    )


def _skeleton(names: list[str], parents: list[int], places: NDArray[np.float64]) -> list[Node]:
    children: list[list[int]] = [[] for _ in names]
    for child, parent in enumerate(parents):
        if parent >= 0:
            children[parent].append(child)
    nodes = []
    for number, (name, parent) in enumerate(zip(names, parents, strict=True)):
        matrix = np.eye(4)
        matrix[:3, 3] = places[number] - (places[parent] if parent >= 0 else 0.0)
        nodes.append(Node(matrix=matrix, name=name, children=tuple(children[number])))
    return nodes


def _pose(name: str, turns: NDArray[np.float32], place: NDArray[np.float64]) -> Animation:
    """One moment: every joint's rotation (x, y, z, w) and where the pelvis is."""
    start = np.zeros(1, np.float32)
    channels = [
        Channel(node=joint, path="rotation", times=start, values=turn[None].astype(np.float32))
        for joint, turn in enumerate(turns)
    ]
    channels.append(Channel(node=0, path="translation", times=start, values=place[None].astype(np.float32)))
    return Animation(channels=tuple(channels), name=name)


def finishes(wood: Image, *, metres: float) -> tuple[Material, ...]:
    """The materials of :data:`FINISHES`. ``metres`` are on the body for each UV unit; the grain runs along limbs."""
    tile = metres / 0.36
    grain = Texture(image=wood, scale=(tile, tile))

    def paint(number: int, colour: tuple[float, float, float], roughness: float, metallic: float = 0.0) -> Material:
        return Material(name=FINISHES[number], base_color=(*colour, 1.0), metallic=metallic, roughness=roughness)

    timber = Material(name=FINISHES[5], base_color_texture=grain, metallic=0.0, roughness=0.42)
    return (
        paint(0, (0.79, 0.78, 0.765), 0.58),
        paint(1, (0.022, 0.022, 0.024), 0.50),
        paint(2, (0.70, 0.48, 0.365), 0.52),
        paint(3, (0.40, 0.225, 0.140), 0.50),
        paint(4, (0.115, 0.058, 0.036), 0.48),
        timber,
        paint(6, (0.86, 0.87, 0.88), 0.07, metallic=1.0),
    )
