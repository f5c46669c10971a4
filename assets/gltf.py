"""Reads glTF 2.0: a GLB, or a .gltf with everything embedded. Files and the network are never touched.

:func:`inspect` is the cheap verdict for the door: structure, counts and image headers. :func:`read` decodes.
Whatever a file contains, the outcome is a result or a :class:`~assets.errors.ContentError`, within bounded
memory (:class:`~assets.limits.Limits`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np

from assets.errors import ContentError, ModelError
from assets.gltf_accessors import Accessors
from assets.gltf_cameras import read_cameras, read_lights
from assets.gltf_compression import MESHOPT
from assets.gltf_json import Document, Item, parse
from assets.gltf_materials import Materials
from assets.gltf_meshes import read_mesh
from assets.gltf_nodes import Around, read_animations, read_nodes, read_roots, read_skins
from assets.gltf_passthrough import Passthrough
from assets.gltf_plan import MeshPlan, plan_meshes
from assets.gltf_variants import read_variants
from assets.images import TEXTURES
from assets.limits import LIMITS, Limits
from assets.model import Mesh, Model, Node, Skin
from assets.units import to_metres

__all__ = ["LIMITS", "Inspection", "Limits", "inspect", "read"]

SUPPORTED: Final = frozenset(
    {
        "EXT_mesh_gpu_instancing",
        "EXT_meshopt_compression",
        "EXT_texture_webp",
        "KHR_draco_mesh_compression",
        "KHR_lights_punctual",  # kept, and placed by assets.viewpoints; the studio lights the design
        "KHR_materials_anisotropy",
        "KHR_materials_clearcoat",
        "KHR_materials_diffuse_transmission",
        "KHR_materials_dispersion",
        "KHR_materials_emissive_strength",
        "KHR_materials_ior",
        "KHR_materials_iridescence",
        "KHR_materials_pbrSpecularGlossiness",
        "KHR_materials_sheen",
        "KHR_materials_specular",
        "KHR_materials_transmission",
        "KHR_materials_unlit",
        "KHR_materials_variants",
        "KHR_materials_volume",
        "KHR_mesh_quantization",
        "KHR_meshopt_compression",
        "KHR_node_visibility",
        "KHR_texture_basisu",
        "KHR_texture_transform",
        "KHR_xmp_json_ld",
        *(["EXT_texture_avif"] if "image/avif" in TEXTURES else []),
    }
)
"""What a file may require. Materials that are not shaded yet are kept as data and drawn without."""

_COMPRESSED: Final = frozenset({*MESHOPT, "KHR_draco_mesh_compression"})
_CHEAP_VERTICES: Final = 2_000_000


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What a model file holds, without decoding it. Triangles count once for each node that shows them."""

    nodes: int
    meshes: int
    primitives: int
    materials: int
    images: int
    image_pixels: int
    vertices: int
    triangles: int
    skins: int
    animations: int
    extensions: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Structure:
    document: Document
    accessors: Accessors
    materials: Materials
    meshes: tuple[MeshPlan, ...]
    variants: tuple[str, ...]
    around: Around
    nodes: tuple[Node, ...]
    roots: tuple[int, ...]


def inspect(data: bytes, *, limits: Limits = LIMITS) -> Inspection:
    """Checks a model: container, references, bounds, counts, image headers, extensions, skins, animations.

    Vertices and indices are looked at too where that is cheap (not compressed, at most two million vertices);
    other damage inside the geometry, and inside pixels, shows when the model is read or drawn.
    Raises ModelError or ImageError with a stable code.
    """
    with _bounded():
        structure = _structure(data, limits)
        document, accessors, through = structure.document, structure.accessors, structure.around.through
        root = document.root
        skins = read_skins(document, accessors, through)
        read_animations(document, accessors, structure.nodes, structure.around)
        cheap = _COMPRESSED.isdisjoint(_names(root, "extensionsUsed")) and _COMPRESSED.isdisjoint(
            _names(root, "extensionsRequired")
        )
        if cheap and sum(mesh.vertices for mesh in structure.meshes) <= _CHEAP_VERTICES:
            meshes = tuple(read_mesh(document, accessors, plan, through) for plan in structure.meshes)
            _skinned(document, structure.nodes, meshes, skins)
        images = structure.materials.images
        return Inspection(
            nodes=len(structure.nodes),
            meshes=len(structure.meshes),
            primitives=sum(len(mesh.primitives) for mesh in structure.meshes),
            materials=len(structure.materials.items),
            images=len(images),
            image_pixels=sum(image.width * image.height for image in images),
            vertices=sum(mesh.vertices for mesh in structure.meshes),
            triangles=_drawn(structure.nodes, structure.roots, structure.meshes).triangles,
            skins=len(skins),
            animations=len(root.items("animations", limits.animations)),
            extensions=_names(root, "extensionsUsed"),
            warnings=tuple(structure.document.warnings),
        )


def read(data: bytes, *, limits: Limits = LIMITS, name: str = "") -> Model:
    """Decodes a model into metres, triangles and normals; images stay encoded.

    ``name`` is used where the file's scene has none. Centimetres and millimetres are detected (see
    :mod:`assets.units`). Raises ModelError or ImageError with a stable code.
    """
    with _bounded():
        structure = _structure(data, limits)
        document, accessors, through = structure.document, structure.accessors, structure.around.through
        skins = read_skins(document, accessors, through)
        animations = read_animations(document, accessors, structure.nodes, structure.around)
        meshes = tuple(read_mesh(document, accessors, plan, through) for plan in structure.meshes)
        asset, scene = document.root.item("asset"), _scene(document.root)
        model = Model(
            nodes=_without_empty_meshes(_skinned(document, structure.nodes, meshes, skins), meshes),
            roots=structure.roots,
            meshes=meshes,
            skins=skins,
            animations=animations,
            cameras=structure.around.cameras.items,
            lights=structure.around.lights.items,
            variants=structure.variants,
            name=(scene.text("name") if scene is not None else "") or name,
            copyright=asset.text("copyright") if asset is not None else "",
            extensions=through.of(document.root),
            extras=document.root.extras,
            asset=_about(asset, through),
            scene=_about(scene, through),
        )
        model = to_metres(model)
        return replace(model, warnings=(*document.warnings, *model.warnings))


def _structure(data: bytes, limits: Limits) -> _Structure:
    document = parse(data, limits)
    _extensions(document)
    accessors = Accessors(document)
    materials = Materials(document, accessors)
    variants = read_variants(document)
    meshes = plan_meshes(document, accessors, materials, len(variants))
    vertices = sum(mesh.vertices for mesh in meshes)
    if vertices > limits.vertices:
        msg = f"the model has {vertices:,} vertices; at most {limits.vertices:,} are accepted, so simplify it"
        raise ModelError(msg, code="model.too_many", path="meshes")
    through = Passthrough(document)
    around = Around(
        meshes=meshes,
        skins=len(document.root.items("skins", limits.skins)),
        cameras=read_cameras(document, through),
        lights=read_lights(document, through),
        through=through,
        accessors=accessors,
    )
    nodes = read_nodes(document, around)
    roots = read_roots(document, nodes)
    drawn = _drawn(nodes, roots, meshes)
    if drawn.triangles == 0:
        msg = "the model's scene shows no triangle; export it with the meshes that should be drawn"
        raise ModelError(msg, code="model.empty", path="scenes")
    stored = sum(mesh.triangles for mesh in meshes)
    for what, count, most in (
        ("triangles", max(drawn.triangles, stored), limits.triangles),
        ("vertices", drawn.vertices, limits.drawn_vertices),
        ("primitives", drawn.primitives, limits.draws),
    ):
        if count > most:
            msg = f"the model draws {count:,} {what}; at most {most:,} are accepted, so simplify it"
            raise ModelError(msg, code="model.too_many", path="meshes")
    document.use(drawn.morphed)
    return _Structure(
        document=document,
        accessors=accessors,
        materials=materials,
        meshes=meshes,
        variants=variants,
        around=around,
        nodes=nodes,
        roots=roots,
    )


def _extensions(document: Document) -> None:
    missing = sorted(set(_names(document.root, "extensionsRequired")) - SUPPORTED)
    if missing:
        shown = ", ".join(missing[:5])
        msg = f"the model requires {shown}, which is not supported; export it without, or with a fallback"
        raise ModelError(msg, code="model.extension_required", path="extensionsRequired")


def _names(root: Item, key: str) -> tuple[str, ...]:
    values = root.value.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values) or len(values) > 1000:
        raise root.fail(key, "a list of extension names")
    return tuple(value[:100] for value in values)


class _Drawn(NamedTuple):
    """What the scene shows, once for every place that shows it."""

    triangles: int
    vertices: int
    primitives: int
    morphed: int  # bytes of displacements that posing may add up


def _drawn(nodes: tuple[Node, ...], roots: tuple[int, ...], meshes: tuple[MeshPlan, ...]) -> _Drawn:
    shown: Counter[int] = Counter()
    stack = list(roots)
    while stack:
        node = nodes[stack.pop()]
        if not node.visible:
            continue
        stack += node.children
        if node.mesh is not None:
            shown[node.mesh] += node.copies
    return _Drawn(
        triangles=sum(meshes[place].triangles * times for place, times in shown.items()),
        vertices=sum(meshes[place].vertices * times for place, times in shown.items()),
        primitives=sum(len(meshes[place].primitives) * times for place, times in shown.items()),
        morphed=sum(
            meshes[place].vertices * meshes[place].target_count * 24 * times for place, times in shown.items()
        ),
    )


def _skinned(
    document: Document, nodes: tuple[Node, ...], meshes: tuple[Mesh, ...], skins: tuple[Skin, ...]
) -> tuple[Node, ...]:
    """Nodes whose skin is usable; joints past a skin's end are refused."""
    result = list(nodes)
    for place, node in enumerate(nodes):
        if node.skin is None or node.mesh is None:
            continue
        joints = [p.joints for p in meshes[node.mesh].primitives if p.joints is not None]
        if not joints:
            document.warn(f"nodes/{place} has a skin and its mesh has no joints; it is drawn unskinned")
            result[place] = replace(node, skin=None)
            continue
        count = len(skins[node.skin].joints)
        highest = max(int(array.max()) for array in joints)
        if highest >= count:
            msg = f"nodes/{place}: a vertex follows joint {highest} of a skin of {count}; export the model again"
            raise ModelError(msg, code="model.skin", path=f"nodes/{place}/skin")
    return tuple(result)


def _without_empty_meshes(nodes: tuple[Node, ...], meshes: tuple[Mesh, ...]) -> tuple[Node, ...]:
    return tuple(
        replace(node, mesh=None, skin=None, morph_weights=(), instances=None)
        if node.mesh is not None and not meshes[node.mesh].primitives and not meshes[node.mesh].loose
        else node
        for node in nodes
    )


def _scene(root: Item) -> Item | None:
    scenes = root.items("scenes", LIMITS.nodes)
    index = root.index("scene", len(scenes), "scenes")
    return scenes[index if index is not None else 0] if scenes else None


def _about(item: Item | None, through: Passthrough) -> dict[str, Any]:
    """What an item carries that nothing here reads, under the names that glTF gives it."""
    if item is None:
        return {}
    found = {"extensions": through.of(item), "extras": item.extras}
    return {key: value for key, value in found.items() if value}


@contextmanager
def _bounded() -> Iterator[None]:
    """Native memory that cannot be had, and arithmetic on absurd numbers, are the content's fault."""
    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            yield
    except ContentError:
        raise
    except MemoryError as error:
        msg = "the model needs more memory than there is; simplify it"
        raise ModelError(msg, code="model.too_large") from error
