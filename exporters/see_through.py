"""Layers of a design that are shown only in part, for formats that know materials alone."""

from __future__ import annotations

from dataclasses import replace

from assets.model import AlphaMode, Material, Mesh, Model


def faded(model: Model) -> Model:
    """The model with the opacity that :func:`assets.compose.compose` wrote at a layer's root in the materials under
    it; how a layer blends has no place there.
    """
    shares = {root: float(model.nodes[root].extras.get("opacity", 1.0)) for root in model.roots}
    shares = {root: share for root, share in shares.items() if model.nodes[root].layer is not None and share < 1}
    if not shares:
        return model
    nodes, meshes = list(model.nodes), list(model.meshes)
    made: dict[tuple[int, float], int] = {}
    materials: dict[tuple[int, float], Material] = {}
    stack = list(shares.items())
    while stack:
        place, share = stack.pop()
        node = model.nodes[place]
        stack += [(child, share) for child in node.children]
        if node.mesh is None:
            continue
        if (node.mesh, share) not in made:
            made[node.mesh, share] = len(meshes)
            meshes.append(_mesh(model.meshes[node.mesh], share, materials))
        nodes[place] = replace(node, mesh=made[node.mesh, share])
    return replace(model, nodes=tuple(nodes), meshes=tuple(meshes))


def _mesh(mesh: Mesh, share: float, materials: dict[tuple[int, float], Material]) -> Mesh:
    parts = []
    for part in mesh.primitives:
        key = (id(part.material), share)
        if key not in materials:
            red, green, blue, alpha = part.material.base_color
            if part.material.alpha_mode is AlphaMode.OPAQUE:
                alpha = 1.0  # whatever it says
            materials[key] = replace(
                part.material, base_color=(red, green, blue, alpha * share), alpha_mode=AlphaMode.BLEND
            )
        parts.append(replace(part, material=materials[key]))
    return replace(mesh, primitives=tuple(parts))
