"""The dressed avatar of more than 100,000 triangles that the frame benchmarks draw, as one GLB that every renderer
reads.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets import catalogue, compose, gltf
from assets.design import Design, Ref
from assets.fabric import Fabric
from assets.model import Mesh, Model, Node, Primitive
from assets.normals import unit
from assets.pose import flatten
from exporters.gltf import write_glb

TRIANGLES = 100_000
_SAMPLES = {"0": "avatars/mh_avatar_female.glb", "1": "garments/mh_female_casualsuit01.glb"}
_OUTFIT = {
    "avatar": {"model": {"blob": "0" * 64}},
    "layers": [{"id": "suit", "model": {"blob": "1" * 64}}],
}
_CATALOGUE = {
    "avatar": {"model": {"item": "dress-form"}},
    "layers": [
        {"id": "skirt", "model": {"item": "skirt"}, "material": {"texture": {"item": "denim"}}},
        {"id": "tee", "model": {"item": "tshirt"}, "material": {"colour": "#c8102e"}},
    ],
}


def dressed_body() -> tuple[str, bytes]:
    """What it is, and the file: the sample body in its suit from FARM_SAMPLES, else the catalogue's dressed form;
    dressed as the farm dresses it, at rest, and refined until it has more than :data:`TRIANGLES` triangles.
    """
    samples = os.environ.get("FARM_SAMPLES")
    design = Design.model_validate(_OUTFIT if samples else _CATALOGUE)

    def load(ref: Ref) -> Model:
        if ref.item is not None:
            return catalogue.model(ref.item)
        file = Path(samples or "") / _SAMPLES[(ref.blob or "")[:1]]
        return gltf.read(file.read_bytes(), name=file.name)

    def fabric(ref: Ref) -> Fabric:
        return catalogue.fabric(ref.item or "")

    draws = flatten(compose.compose(design, load, fabric))
    parts = [(_standing(draw.primitive), draw.matrix) for draw in draws]
    while sum(len(primitive.indices) for primitive, _ in parts) <= TRIANGLES:
        parts = [(refined(primitive), matrix) for primitive, matrix in parts]
    model = Model(
        nodes=tuple(Node(mesh=i, matrix=matrix) for i, (_, matrix) in enumerate(parts)),
        roots=tuple(range(len(parts))),
        meshes=tuple(Mesh(primitives=(primitive,)) for primitive, _ in parts),
    )
    name = "sample body and casual suit" if samples else "catalogue form, T-shirt and skirt"
    return name, write_glb(model, extras={})


def refined(primitive: Primitive) -> Primitive:
    """Four triangles for each: edges are halved, and their middles lifted onto the curve that the normals tell of
    (Phong tessellation, Boubekeur and Alexa 2008, at their strength of 3/4), so that the detail is real detail.
    """
    triangles = primitive.indices.astype(np.int64)
    count = len(primitive.positions)
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    pairs, where = np.unique(edges, axis=0, return_inverse=True)
    a, b, c = triangles.T
    ab, bc, ca = np.split(where.ravel() + count, 3)
    new = np.concatenate([np.stack(t, axis=1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])

    def with_middles(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.concatenate([values, values[pairs].mean(axis=1, dtype=np.float32)])

    positions = with_middles(primitive.positions)
    ends, normals = primitive.positions[pairs], primitive.normals[pairs]
    middles = positions[count:, None]
    onto = middles - np.einsum("eki,eki->ek", middles - ends, normals)[..., None] * normals
    positions[count:] += 0.75 * (onto.mean(axis=1) - positions[count:])
    return replace(
        primitive,
        positions=positions,
        normals=unit(with_middles(primitive.normals).astype(np.float64)).astype(np.float32),
        tangents=None,
        indices=new.astype(np.uint32),
        uv0=None if primitive.uv0 is None else with_middles(primitive.uv0),
        uv1=None if primitive.uv1 is None else with_middles(primitive.uv1),
        colors=None if primitive.colors is None else with_middles(primitive.colors),
    )


def _standing(primitive: Primitive) -> Primitive:
    """Without what moves it: it is posed already."""
    return replace(primitive, joints=None, weights=None, targets=(), variants={}, attributes={})
