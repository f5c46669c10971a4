"""How large a model from outside may be: generous for fashion, too small to take a worker down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Upper bounds, each checked from declared numbers before memory is taken for it."""

    file_bytes: int = 512 * 1024 * 1024
    json_bytes: int = 64 * 1024 * 1024
    """The JSON chunk of a GLB; a .gltf with data URIs may be as long as ``file_bytes``."""
    json_tokens: int = 2_000_000
    """Brackets, braces and commas: what the parsed JSON costs in memory, at most about 200 MB."""
    json_depth: int = 64
    nodes: int = 10_000
    node_depth: int = 512
    instances: int = 10_000
    """Of all nodes of one file together."""
    meshes: int = 10_000
    primitives: int = 20_000
    accessors: int = 100_000
    materials: int = 4_096
    textures: int = 4_096
    images: int = 256
    image_pixels: int = 512 * 1024 * 1024
    """Pixels of all images of one file together."""
    cameras: int = 1_024
    lights: int = 1_024
    variants: int = 1_024
    skins: int = 256
    joints: int = 4_096
    morph_targets: int = 1_024
    animations: int = 1_024
    channels: int = 20_000
    vertices: int = 15_000_000
    triangles: int = 5_000_000
    """As drawn: a mesh counts once for every place that shows it."""
    drawn_vertices: int = 60_000_000
    """Likewise: each is moved to its place when a model is posed."""
    draws: int = 100_000
    """Primitives, likewise."""
    decoded_bytes: int = 1024 * 1024 * 1024
    """Geometry, animation and decompressed buffers together."""
    used_bytes: int = 4 * 1024 * 1024 * 1024
    """Morph targets and keys of animations, each as often as something uses it: what is stored once may be used, and
    worked on, a thousand times."""


LIMITS: Final = Limits()
