"""A model as glTF means it: nodes, meshes, materials, images, skins, animations.

Every reader gives a :class:`Model` and every model exporter takes one. Axes are glTF's: right-handed,
+Y up, +Z towards the viewer (front), metres. Arrays are C-contiguous and read-only by convention:
whoever changes one makes a copy and a new frozen object with :func:`dataclasses.replace`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray


class AlphaMode(StrEnum):
    """How a material's alpha is read (glTF 2.0, 3.9.4)."""

    OPAQUE = "OPAQUE"
    MASK = "MASK"
    BLEND = "BLEND"


class Wrap(StrEnum):
    """Texture coordinates outside 0..1."""

    REPEAT = "repeat"
    MIRROR = "mirror"
    CLAMP = "clamp"


class Minify(IntEnum):
    """How a texture that is shown smaller is filtered, as glTF numbers it (2.0, 3.8.4)."""

    NEAREST = 9728
    LINEAR = 9729
    NEAREST_MIPMAP_NEAREST = 9984
    LINEAR_MIPMAP_NEAREST = 9985
    NEAREST_MIPMAP_LINEAR = 9986
    BEST = 9987  # linear in and between mip levels


@dataclass(frozen=True, kw_only=True)
class Sampler:
    """Wrap and filter of a texture; ``nearest`` is for pixel art, everything else is trilinear. ``minify`` is what
    the file says; renderers take mip levels all the same, for a picture without shimmer.
    """

    wrap_u: Wrap = Wrap.REPEAT
    wrap_v: Wrap = Wrap.REPEAT
    nearest: bool = False
    minify: Minify = Minify.BEST


@dataclass(frozen=True, kw_only=True, eq=False)
class Image:
    """An encoded image as it came (``data`` is a whole PNG, JPEG, … file); decoded by ``assets.images``.

    ``digest`` is the SHA-256 of ``data`` in hex and the key of every cache of pixels.
    """

    data: bytes
    mime: str
    width: int
    height: int
    digest: str
    name: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Texture:
    """One use of an image: which UV set, and KHR_texture_transform (offset, rotation in radians, scale).

    ``extensions`` are those that nothing here reads, as the JSON that they came in.
    """

    image: Image
    sampler: Sampler = Sampler()
    uv_set: int = 0
    offset: tuple[float, float] = (0.0, 0.0)
    rotation: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    extensions: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Material:
    """Metallic-roughness PBR (glTF 2.0, 3.9). Colours are linear; ``base_color`` is RGBA, 0..1.

    ``extensions`` keeps the rest as the JSON that it came in (``assets.finish`` says what it means), and
    ``extension_textures`` the textures those extensions name, by JSON path ("KHR_x/someTexture").
    """

    name: str = ""
    base_color: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    base_color_texture: Texture | None = None
    metallic: float = 1.0
    roughness: float = 1.0
    metallic_roughness_texture: Texture | None = None
    normal_texture: Texture | None = None
    normal_scale: float = 1.0
    occlusion_texture: Texture | None = None
    occlusion_strength: float = 1.0
    emissive: tuple[float, float, float] = (0.0, 0.0, 0.0)
    emissive_strength: float = 1.0
    emissive_texture: Texture | None = None
    alpha_mode: AlphaMode = AlphaMode.OPAQUE
    alpha_cutoff: float = 0.5
    double_sided: bool = False
    unlit: bool = False
    sheen_color: tuple[float, float, float] = (0.0, 0.0, 0.0)
    sheen_roughness: float = 0.0
    extensions: Mapping[str, Any] = field(default_factory=dict)
    extension_textures: Mapping[str, Texture] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class MorphTarget:
    """Displacements that a morph weight of 1 adds: float32[n, 3] each, or None (tangents' signs do not move)."""

    positions: NDArray[np.float32] | None = None
    normals: NDArray[np.float32] | None = None
    tangents: NDArray[np.float32] | None = None
    name: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Primitive:
    """Triangles with one material. ``n`` vertices, ``m`` triangles.

    positions float32[n, 3]; normals float32[n, 3] unit; tangents float32[n, 4] or None (made on demand);
    uv0, uv1 float32[n, 2]; colors float32[n, 4] linear; joints uint16[n, k] and weights float32[n, k], k 4 or 8;
    indices uint32[m, 3], counter-clockwise seen from the front. ``variants`` (KHR_materials_variants) are the
    materials that take the place of ``material``, by the index of the variant in :attr:`Model.variants`.
    ``attributes`` are what the file says of each vertex and nothing here reads, [n, width] by glTF's name
    ("_THICKNESS", "TEXCOORD_2"); whoever takes vertices away takes them away there too.
    """

    positions: NDArray[np.float32]
    normals: NDArray[np.float32]
    indices: NDArray[np.uint32]
    material: Material
    tangents: NDArray[np.float32] | None = None
    uv0: NDArray[np.float32] | None = None
    uv1: NDArray[np.float32] | None = None
    colors: NDArray[np.float32] | None = None
    joints: NDArray[np.uint16] | None = None
    weights: NDArray[np.float32] | None = None
    targets: tuple[MorphTarget, ...] = ()
    variants: Mapping[int, Material] = field(default_factory=dict)
    attributes: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Loose:
    """Points or lines (glTF's modes 0 to 3): not drawn, they travel to the exporters.

    ``attributes`` [n, width] by glTF's name; ``indices`` uint32[k], or None where the vertices are in order.
    """

    mode: int
    attributes: Mapping[str, NDArray[Any]]
    indices: NDArray[np.uint32] | None = None
    material: Material | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Mesh:
    """Primitives under one name. ``morph_weights`` are the defaults, one per target."""

    primitives: tuple[Primitive, ...]
    loose: tuple[Loose, ...] = ()
    name: str = ""
    morph_weights: tuple[float, ...] = ()
    extensions: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class NodeCamera:
    """A camera that the file brings; it looks down its node's -Z, +Y up (glTF 2.0, 3.10).

    ``fov_y`` is the full vertical angle (radians) of a perspective camera, None of an orthographic one, which
    shows ``mag_x`` by ``mag_y`` units to each side of its axis. ``aspect`` None is the picture's, ``far`` None
    is infinity. Lengths are metres, whatever the scale of the node.
    """

    fov_y: float | None = None
    aspect: float | None = None
    mag_x: float = 1.0
    mag_y: float = 1.0
    near: float = 0.01
    far: float | None = None
    name: str = ""
    extensions: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)


class LightKind(StrEnum):
    """The kinds of KHR_lights_punctual."""

    DIRECTIONAL = "directional"
    POINT = "point"
    SPOT = "spot"


@dataclass(frozen=True, kw_only=True, eq=False)
class NodeLight:
    """A lamp that the file brings (KHR_lights_punctual); it shines down its node's -Z.

    ``color`` is linear; ``intensity`` in candela (point, spot) or lux (directional); ``reach`` in metres, None
    for no end; the cone's angles in radians from its axis.
    """

    kind: LightKind
    color: tuple[float, float, float] = (1.0, 1.0, 1.0)
    intensity: float = 1.0
    reach: float | None = None
    inner_cone: float = 0.0
    outer_cone: float = 0.7853981633974483
    name: str = ""
    extensions: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Node:
    """A place in the tree. ``matrix`` is float64[4, 4], column vectors, local to the parent.

    ``mesh``, ``skin``, ``camera`` and ``light`` index the model's lists of these; ``children`` index
    :attr:`Model.nodes`. ``layer`` is the id of the design's layer that the node came from. ``extensions`` are
    those that nothing here reads, as the JSON that they came in (as everywhere in this file). ``instances``,
    float64[k, 4, 4], say where the mesh stands instead of once at the node, relative to it; such a node has no skin.
    A node that is not ``visible`` hides what is under it too (KHR_node_visibility).
    """

    matrix: NDArray[np.float64]
    name: str = ""
    mesh: int | None = None
    skin: int | None = None
    camera: int | None = None
    light: int | None = None
    instances: NDArray[np.float64] | None = None
    visible: bool = True
    children: tuple[int, ...] = ()
    morph_weights: tuple[float, ...] = ()
    layer: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)

    @property
    def copies(self) -> int:
        """How many times the node draws its mesh."""
        if self.mesh is None:
            return 0
        return 1 if self.instances is None else len(self.instances)


@dataclass(frozen=True, kw_only=True, eq=False)
class Skin:
    """``joints`` index nodes; ``inverse_bind`` is float64[len(joints), 4, 4]."""

    joints: tuple[int, ...]
    inverse_bind: NDArray[np.float64]
    skeleton: int | None = None
    name: str = ""
    extensions: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Channel:
    """One animated property: ``times`` float32[k] seconds, ``values`` float32[k (or 3k), width]."""

    node: int
    path: str  # translation | rotation | scale | weights
    times: NDArray[np.float32]
    values: NDArray[np.float32]
    interpolation: str = "LINEAR"  # LINEAR | STEP | CUBICSPLINE


@dataclass(frozen=True, kw_only=True, eq=False)
class Animation:
    """Channels that play together."""

    channels: tuple[Channel, ...]
    name: str = ""
    extensions: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """A whole file. ``roots`` index :attr:`nodes`. ``unit_scale`` is what was multiplied in to get metres
    (0.01 when the file was detected to be in centimetres), and ``warnings`` what the reader had to decide.
    ``variants`` are the names of its KHR_materials_variants (see :mod:`assets.variants`). ``extensions`` and
    ``extras`` are those of the file's root; ``asset`` and ``scene`` hold those of its asset and of the scene that
    was read, under "extensions" and "extras".
    """

    nodes: tuple[Node, ...]
    roots: tuple[int, ...]
    meshes: tuple[Mesh, ...]
    skins: tuple[Skin, ...] = ()
    animations: tuple[Animation, ...] = ()
    cameras: tuple[NodeCamera, ...] = ()
    lights: tuple[NodeLight, ...] = ()
    variants: tuple[str, ...] = ()
    name: str = ""
    unit_scale: float = 1.0
    copyright: str = ""
    extensions: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)
    asset: Mapping[str, Any] = field(default_factory=dict)
    scene: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
