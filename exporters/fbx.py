"""Models to binary FBX 7.4: tree, meshes, materials with embedded textures, skins, morph targets, animations.

Centimetres, +Y up, +Z front, as FBX programs take for granted. What FBX cannot say is left out: variants (the shown
one is written), instancing (each place becomes a node), cameras and lamps. Equal models give equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from assets.model import Material, Mesh, Model, Node
from assets.pose import worlds
from assets.transforms import decompose, quaternion_matrix
from exporters import fbx_animation, fbx_meshes
from exporters.clips import settled, still_first
from exporters.errors import ExportError
from exporters.fbx_animation import euler
from exporters.fbx_binary import CREATED, FILE_ID, VERSION, Long, Record, encode
from exporters.fbx_materials import Materials
from exporters.fbx_meshes import CENTIMETRES, Body
from exporters.fbx_objects import ROOT, Objects, properties, text, time
from exporters.gltf import GENERATOR
from exporters.rigs import left_behind, one_bind
from exporters.see_through import faded
from exporters.skeleton_scale import unscaled

EXPORTER_VERSION: Final = 2
"""Goes into step hashes: raise it when the bytes change."""

_DOCUMENT: Final = 999_999
_ORIGIN: Final = np.eye(4)


def write_fbx(model: Model, *, extras: Mapping[str, Any], stem: str, still: bool | None = None) -> bytes:
    """The model as one FBX file. ``extras`` (design, layers, units, licence, …: JSON) become the scene's comment.

    Programs show the first animation as soon as they have read a file. With ``still`` that is the pose as it stands;
    None does so if the animations would move some layers out of others.
    Raises ExportError ``export.empty``, ``export.not_finite``, ``export.too_large``.
    """
    if still is None:
        still = left_behind(model)
    plain = unscaled(still_first(faded(model)) if still else faded(model), animated=True)
    return encode(_Scene(settled(one_bind(plain)), stem).records(extras))


class _Scene:
    """One document as it is made."""

    def __init__(self, model: Model, stem: str) -> None:
        self._model = model
        self._objects = Objects()
        self._materials = Materials(self._objects, stem)
        self._models: dict[int, int] = {}
        self._channels: dict[int, list[int]] = {}
        self._shapes: dict[int, tuple[int, Body]] = {}
        self._bound: list[tuple[int, NDArray[np.float64]]] = []
        self._joints = _bones(model)
        self._triangles = 0

    def records(self, extras: Mapping[str, Any]) -> list[Record]:
        """All there is, in the order in which readers want it."""
        for root in self._model.roots:
            self._tree(root)
        self._draw()
        if not self._triangles:
            raise ExportError("export.empty", "there is nothing to export: no visible layer has a triangle")
        self._pose()
        takes = fbx_animation.write(self._objects, self._model.animations, self._models, self._channels)
        created = Record("CreationTime", (CREATED,))
        return [
            self._header(extras),
            Record("FileId", (FILE_ID,)),
            created,
            Record("Creator", (GENERATOR,)),
            self._settings(),
            self._documents(),
            Record("References"),
            self._objects.definitions(),
            self._objects.records,
            self._objects.connections,
            takes,
        ]

    # -- the tree ------------------------------------------------------------------------------------------

    def _tree(self, root: int) -> None:
        stack = [(root, ROOT, True)]
        while stack:
            place, parent, shown = stack.pop()
            node = self._model.nodes[place]
            shown = shown and node.visible
            plain = (
                node.mesh is not None and node.skin is None and node.instances is None and place not in self._joints
            )
            form = "Mesh" if plain else "LimbNode" if place in self._joints else "Null"
            found = self._node(node.name or f"node {place}", form, node.matrix, parent, shown=shown)
            self._models[place] = found
            if form != "Mesh":
                self._attribute(found, form)
            stack += [(child, found, shown) for child in reversed(node.children)]

    def _node(self, name: str, form: str, matrix: NDArray[np.float64], parent: int, *, shown: bool = True) -> int:
        name = self._objects.unique("model", name)
        found, record = self._objects.make("Model", name, form)
        record.add("Version", 232)
        translation, rotation, scale = decompose(matrix)
        angles = euler(quaternion_matrix(rotation)[None])[0]
        rows: list[tuple[Any, ...]] = [
            ("Lcl Translation", "Lcl Translation", "", "A", *(translation * CENTIMETRES).tolist()),
            ("Lcl Rotation", "Lcl Rotation", "", "A", *angles.tolist()),
            ("Lcl Scaling", "Lcl Scaling", "", "A", *scale.tolist()),
            ("InheritType", "enum", "", "", 1),  # scales go down the tree as in glTF
            ("DefaultAttributeIndex", "int", "Integer", "", 0),
        ]
        if not shown:
            rows.append(("Visibility", "Visibility", "", "A", 0.0))
        properties(record, *rows)
        shading = True
        record.add("Shading", shading)
        record.add("Culling", "CullingOff")
        self._objects.join(found, parent)
        return found

    def _attribute(self, owner: int, form: str) -> None:
        found, record = self._objects.make("NodeAttribute", "", form)
        if form == "LimbNode":
            properties(record, ("Size", "double", "Number", "", 1.0))
        record.add("TypeFlags", "Skeleton" if form == "LimbNode" else "Null")
        self._objects.join(found, owner)

    # -- what it draws -------------------------------------------------------------------------------------

    def _draw(self) -> None:
        for place, owner in self._models.items():
            node = self._model.nodes[place]
            if node.mesh is None:
                continue
            mesh = self._model.meshes[node.mesh]
            if not any(len(part.indices) for part in mesh.primitives):
                continue
            if node.skin is not None:
                # The tree does not move a skinned mesh, its joints do.
                name = mesh.name or node.name or f"mesh {node.mesh}"
                self._skinned(place, node, mesh, self._node(f"{name} skinned", "Mesh", _ORIGIN, ROOT, shown=True))
                continue
            owners = [owner]
            if node.instances is not None:
                name = mesh.name or node.name or f"mesh {node.mesh}"
                owners = [self._node(f"{name} {i}", "Mesh", matrix, owner) for i, matrix in enumerate(node.instances)]
            elif place in self._joints:
                owners = [self._node(f"{node.name or place} mesh", "Mesh", _ORIGIN, owner)]
            for one in owners:
                geometry, body = self._geometry(node, place, mesh)
                self._dress(one, geometry, body)

    def _skinned(self, place: int, node: Node, mesh: Mesh, owner: int) -> None:
        assert node.skin is not None
        skin = self._model.skins[node.skin]
        geometry, body = self._fresh(mesh, place, node)
        self._dress(owner, geometry, body)
        fbx_meshes.skin(self._objects, geometry, body, skin, self._models)
        self._bound.append((owner, _ORIGIN))
        known = {model for model, _ in self._bound}
        for k, joint in enumerate(skin.joints):
            if self._models[joint] not in known:
                self._bound.append((self._models[joint], np.linalg.pinv(skin.inverse_bind[k])))

    def _geometry(self, node: Node, place: int, mesh: Mesh) -> tuple[int, Body]:
        """The mesh's geometry, shared by all nodes that show it; one with morph targets is a node's own."""
        assert node.mesh is not None
        if any(part.targets for part in mesh.primitives):
            return self._fresh(mesh, place, node)
        if node.mesh not in self._shapes:
            self._shapes[node.mesh] = self._fresh(mesh, place, node)
        return self._shapes[node.mesh]

    def _fresh(self, mesh: Mesh, place: int, node: Node) -> tuple[int, Body]:
        body = fbx_meshes.body(mesh)
        self._triangles += len(body.corners)
        found = fbx_meshes.geometry(self._objects, mesh.name or f"mesh {node.mesh}", body, _uvs(body))
        weights = node.morph_weights or mesh.morph_weights
        channels = fbx_meshes.morphs(self._objects, found, body, weights)
        if channels:
            self._channels[place] = channels
        return found, body

    def _dress(self, owner: int, geometry: int, body: Body) -> None:
        self._objects.join(geometry, owner)
        for material in body.kinds:
            self._objects.join(self._materials.get(material), owner)

    def _pose(self) -> None:
        """Where everything stood when the skins were bound."""
        if not self._bound:
            return
        known = {model for model, _ in self._bound}
        places = worlds(self._model)
        loose = [(self._models[bone], places[bone]) for bone in sorted(self._joints) if bone in places]
        self._bound += [(found, matrix) for found, matrix in loose if found not in known]
        _, record = self._objects.make("Pose", "BindPose", "BindPose")
        record.add("Type", "BindPose")
        record.add("Version", 100)
        record.add("NbPoseNodes", len(self._bound))
        for model, matrix in self._bound:
            row = record.add("PoseNode")
            row.add("Node", Long(model))
            row.add("Matrix", fbx_meshes.column(matrix))

    # -- what stands before it -----------------------------------------------------------------------------

    def _header(self, extras: Mapping[str, Any]) -> Record:
        head = Record("FBXHeaderExtension")
        head.add("FBXHeaderVersion", 1003)
        head.add("FBXVersion", VERSION)
        head.add("EncryptionType", 0)
        stamp = head.add("CreationTimeStamp")
        for part, amount in zip(
            ("Version", "Year", "Month", "Day", "Hour", "Minute", "Second", "Millisecond"),
            (1000, 1970, 1, 1, 10, 0, 0, 0),
            strict=True,
        ):
            stamp.add(part, amount)
        head.add("Creator", GENERATOR)
        info = head.add("SceneInfo", "GlobalInfo\x00\x01SceneInfo", "UserData")
        info.add("Type", "UserData")
        info.add("Version", 100)
        about = info.add("MetaData")
        about.add("Version", 100)
        for name, value in (
            ("Title", self._model.name),
            ("Subject", ""),
            ("Author", self._model.copyright),
            ("Keywords", ""),
            ("Revision", ""),
            ("Comment", orjson.dumps(extras).decode() if extras else ""),
        ):
            about.add(name, value)
        properties(info, text("Original|ApplicationName", GENERATOR), text("LastSaved|ApplicationName", GENERATOR))
        return head

    def _settings(self) -> Record:
        settings = Record("GlobalSettings")
        settings.add("Version", 1000)
        end = max(
            (float(c.times[-1]) for a in self._model.animations for c in a.channels if len(c.times)), default=0.0
        )
        whole = [
            ("UpAxis", 1),
            ("UpAxisSign", 1),
            ("FrontAxis", 2),
            ("FrontAxisSign", 1),
            ("CoordAxis", 0),
            ("CoordAxisSign", 1),
            ("OriginalUpAxis", -1),
            ("OriginalUpAxisSign", 1),
        ]
        properties(
            settings,
            *((name, "int", "Integer", "", value) for name, value in whole),
            ("UnitScaleFactor", "double", "Number", "", 1.0),
            ("OriginalUnitScaleFactor", "double", "Number", "", 1.0),
            ("TimeMode", "enum", "", "", 6),  # 30 frames a second
            time("TimeSpanStart", 0),
            time("TimeSpanStop", round(max(end, 1.0) * fbx_animation.TICKS)),
        )
        return settings

    def _documents(self) -> Record:
        documents = Record("Documents")
        documents.add("Count", 1)
        document = documents.add("Document", Long(_DOCUMENT), "", "Scene")
        properties(document, text("ActiveAnimStackName", ""))
        document.add("RootNode", Long(ROOT))
        return documents


def _bones(model: Model) -> set[int]:
    """The joints of skins, and the nodes below one that move or lie above another: programs that know bones alone
    move nothing else with them.
    """
    joints = {joint for skin in model.skins for joint in skin.joints}
    moving = {c.node for a in model.animations for c in a.channels if c.path != "weights"}
    order: list[tuple[int, bool]] = []
    stack = [(root, False) for root in model.roots]
    while stack:
        place, inside = stack.pop()
        order.append((place, inside))
        stack += [(child, inside or place in joints) for child in model.nodes[place].children]
    bones = set(joints)
    for place, inside in reversed(order):  # children before their parents
        node = model.nodes[place]
        above = any(child in bones for child in node.children)
        if inside and node.mesh is None and (above or place in moving):
            bones.add(place)
    return bones


def _uvs(body: Body) -> tuple[NDArray[np.float64] | None, ...]:
    """Both UV sets, V up, with the transform of the material's base colour (or normal) texture baked in; programs
    read the transforms of FBX textures in as many ways as there are programs.
    """
    found: list[NDArray[np.float64] | None] = []
    for which, name in enumerate(("uv0", "uv1")):
        given = [getattr(part, name) for part in body.primitives]
        if all(uv is None for uv in given):
            found.append(None)
            continue
        rows = [
            np.zeros((len(part.positions), 2)) if uv is None else _placed(part.material, which, uv.astype(np.float64))
            for part, uv in zip(body.primitives, given, strict=True)
        ]
        found.append(np.concatenate(rows))
    return tuple(found)


def _placed(material: Material, which: int, uv: NDArray[np.float64]) -> NDArray[np.float64]:
    texture = material.base_color_texture or material.normal_texture
    if texture is not None and texture.uv_set == which:
        cos, sin = np.cos(texture.rotation), np.sin(texture.rotation)
        turn = np.array([[cos, sin], [-sin, cos]])  # KHR_texture_transform
        uv = (uv * np.asarray(texture.scale)) @ turn.T + np.asarray(texture.offset)
    return np.column_stack([uv[:, 0], 1.0 - uv[:, 1]])
