"""Instanced nodes as plain ones, for whoever changes each copy by itself."""

from __future__ import annotations

from dataclasses import replace

from assets.model import Animation, Model, Node


def expanded(model: Model) -> Model:
    """The model with a child node for each copy of an instanced mesh. What is drawn stays the same.

    The children come after the model's own nodes, which keep their numbers.
    """
    nodes: list[Node] = list(model.nodes)
    copies: dict[int, range] = {}
    for place, node in enumerate(model.nodes):
        if node.instances is None:
            continue
        first = len(nodes)
        copy = Node(matrix=node.matrix, mesh=node.mesh, morph_weights=node.morph_weights, layer=node.layer)
        nodes += [replace(copy, matrix=matrix) for matrix in node.instances]
        copies[place] = range(first, len(nodes))
        # Copies first: they are drawn where the instanced mesh was, before the node's own children.
        children = (*copies[place], *node.children)
        nodes[place] = replace(node, mesh=None, morph_weights=(), instances=None, children=children)
    if not copies:
        return model
    return replace(
        model,
        nodes=tuple(nodes),
        animations=tuple(_retargeted(animation, copies) for animation in model.animations),
    )


def _retargeted(animation: Animation, copies: dict[int, range]) -> Animation:
    """Morph weights are animated where the mesh is now."""
    channels = []
    for channel in animation.channels:
        if channel.path == "weights" and channel.node in copies:
            channels += [replace(channel, node=place) for place in copies[channel.node]]
        else:
            channels.append(channel)
    return replace(animation, channels=tuple(channels))
