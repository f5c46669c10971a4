"""Nodes, skins and animations of a glTF that is being written."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.model import Animation, Channel, Model, Skin
from assets.transforms import compose_trs, decompose, matrix_quaternion
from exporters.errors import ExportError
from exporters.gltf_buffer import Buffer, Grid
from exporters.gltf_cameras import LIGHTS, carried
from exporters.gltf_meshes import Meshes, fit

Json = dict[str, Any]
Matrix = NDArray[np.float64]
INSTANCING = "EXT_mesh_gpu_instancing"

_SAME = 1e-6  # of the matrix's size: what counts as free of shear


class Nodes:
    """Writes a model's tree. A node's number stays what it was; additions come after the model's nodes."""

    def __init__(self, model: Model, buffer: Buffer, meshes: Meshes) -> None:
        self._model = model
        self._buffer = buffer
        self._meshes = meshes
        self._parents = {child: n for n, node in enumerate(model.nodes) for child in node.children}
        self._animated = {c.node for a in model.animations for c in a.channels if c.path != "weights"}
        self._targets: dict[int, int] = {}
        self._holders: dict[int, int] = {}  # nodes whose mesh went to a node below them
        self._skins: dict[tuple[int, int], int] = {}  # by the model's number and the grid's mesh
        self._bind: list[tuple[int, Grid | None] | None] = [None] * len(model.skins)
        self.nodes: list[Json] = [{} for _ in model.nodes]
        self.roots = self._scene_roots()
        for place in range(len(model.nodes)):
            self._write(place)
        for place in list(self._parents):
            self._chain(place)
        self.roots = [self._above.get(root, root) for root in self.roots]
        bound = [(place, None) if one is None else one for place, one in enumerate(self._bind)]
        self.skins = [self._skin(model.skins[place], grid) for place, grid in bound]
        self.animations = [entry for entry in map(self._animation, model.animations) if entry]

    def _scene_roots(self) -> list[int]:
        """The model's roots, and those of joints that stand apart (a skin's joints must be in the scene)."""
        self._above: dict[int, int] = {}
        roots = list(self._model.roots)
        for skin in self._model.skins:
            for joint in skin.joints:
                top = joint
                while top in self._parents:
                    top = self._parents[top]
                if top not in roots:
                    roots.append(top)
        return roots

    def _write(self, place: int) -> None:
        node, entry = self._model.nodes[place], self.nodes[place]
        if node.name:
            entry["name"] = node.name
        children = list(node.children)
        if not np.isfinite(node.matrix).all():
            raise ExportError("export.not_finite", f"node {place} has a matrix that is not finite; repair it")
        trs = decompose(node.matrix)
        size = max(1.0, float(np.abs(node.matrix).max()))
        if place in self._animated or np.abs(compose_trs(*trs) - node.matrix).max() <= _SAME * size:
            entry |= _trs(*trs)
        else:
            # Shear is two turns with a scale between: A = U S V' (glTF knows only T R S).
            left, scale, right = np.linalg.svd(node.matrix[:3, :3])
            if np.linalg.det(left) < 0:
                left, scale = -left, -scale
            if np.linalg.det(right) < 0:
                right, scale = -right, -scale
            outer = _trs(node.matrix[:3, 3], matrix_quaternion(left), scale)
            entry |= _trs(np.zeros(3), matrix_quaternion(right), np.ones(3))
            self.nodes.append(outer | {"children": [place]})
            self._above[place] = len(self.nodes) - 1
        if node.mesh is not None:
            children = self._mesh(place, entry) + children  # drawn in the model's order
        if children:
            entry["children"] = children
        if node.camera is not None:
            entry["camera"] = node.camera
        extensions = dict(node.extensions)
        if node.light is not None:
            extensions[LIGHTS] = {"light": node.light}
        if node.instances is not None and "mesh" in entry:
            grid = self._meshes.grids[entry["mesh"]]
            placed = node.instances if grid is None else node.instances @ grid.matrix
            extensions[INSTANCING] = {"attributes": self._places(placed)}
        if not node.visible:
            extensions["KHR_node_visibility"] = {"visible": False}
        if extensions:
            entry["extensions"] = extensions
        extras = dict(node.extras)
        if node.layer is not None:
            extras["layer"] = node.layer
        if extras:
            entry["extras"] = extras

    def _places(self, instances: Matrix) -> Json:
        rows = [decompose(matrix) for matrix in instances]
        return {
            name: self._buffer.accessor(np.array(column, np.float32))
            for name, column in zip(("TRANSLATION", "ROTATION", "SCALE"), zip(*rows, strict=True), strict=True)
        }

    def _mesh(self, place: int, entry: Json) -> list[int]:
        """Sets the node's mesh; returns the extra child that carries what the skin does not move."""
        node = self._model.nodes[place]
        assert node.mesh is not None
        mesh = self._model.meshes[node.mesh]
        index = self._meshes.add(node.mesh, mesh, skinned=node.skin is not None)
        more: list[int] = []
        if node.skin is not None:
            rigid = self._meshes.add(node.mesh, mesh, skinned=True, wanted=False)
            if rigid is not None and index is None:
                index = rigid
            else:
                if index is not None:
                    entry["skin"] = self._bound(node.skin, index)
                if rigid is not None:
                    more = [self._carrier(rigid)]
        if index is None:
            return more
        targets = len(self._meshes.meshes[index].get("weights", ()))
        self._targets[place] = targets
        weights = fit(node.morph_weights, targets) if node.morph_weights and targets else []
        if "skin" in entry or node.instances is not None or self._meshes.grids[index] is None:
            entry["mesh"] = index
            if weights:
                entry["weights"] = weights
        else:
            self._holders[place] = self._carrier(index, weights)
            more.append(self._holders[place])
        return more

    def _carrier(self, index: int, weights: list[float] | None = None) -> int:
        """A new node with a mesh, where its positions lie as they are meant."""
        grid = self._meshes.grids[index]
        entry: Json = {"mesh": index}
        if weights:
            entry["weights"] = weights
        if grid is not None:
            entry |= {"translation": grid.offset.tolist(), "scale": [grid.scale] * 3}
        self.nodes.append(entry)
        return len(self.nodes) - 1

    def _bound(self, skin: int, mesh: int) -> int:
        """The skin's number for a mesh. The first mesh has the skin's own; another whose positions lie on another
        grid has one more.
        """
        grid = self._meshes.grids[mesh]
        key = (skin, -1 if grid is None else mesh)
        if key not in self._skins:
            if self._bind[skin] is None:
                self._bind[skin], self._skins[key] = (skin, grid), skin
            else:
                self._bind.append((skin, grid))
                self._skins[key] = len(self._bind) - 1
        return self._skins[key]

    def _chain(self, place: int) -> None:
        """Hangs a node's added parent where the node hung."""
        above = self._above.get(place)
        if above is None:
            return
        children = self.nodes[self._parents[place]]["children"]
        children[children.index(place)] = above

    def _skin(self, skin: Skin, grid: Grid | None = None) -> Json:
        bind = skin.inverse_bind if grid is None else skin.inverse_bind @ grid.matrix
        columns = bind.transpose(0, 2, 1).reshape(-1, 16).astype(np.float32)
        columns[:, 3::4] = (0, 0, 0, 1)
        entry: Json = {"name": skin.name} if skin.name else {}
        entry["joints"] = list(skin.joints)
        entry["inverseBindMatrices"] = self._buffer.accessor(columns)
        if skin.skeleton is not None and all(self._is_under(j, skin.skeleton) for j in skin.joints):
            entry["skeleton"] = skin.skeleton
        return entry | carried(skin.extensions, skin.extras)

    def _is_under(self, place: int, ancestor: int) -> bool:
        while place != ancestor:
            if place not in self._parents:
                return False
            place = self._parents[place]
        return True

    def joints_without_common_root(self) -> bool:
        """Whether a skin's joints hang on several roots, which one added root mends."""
        for skin in self._model.skins:
            tops = set()
            for joint in skin.joints:
                top = joint
                while top in self._parents:
                    top = self._parents[top]
                tops.add(top)
            if len(tops) > 1:
                return True
        return False

    def _animation(self, animation: Animation) -> Json:
        samplers: list[Json] = []
        channels: list[Json] = []
        seen: set[tuple[int, str]] = set()
        for channel in animation.channels:
            if (channel.node, channel.path) in seen or not len(channel.times):
                continue  # the first wins, as for readers that allow it
            sampler = self._sampler(channel)
            if sampler is None:
                continue
            seen.add((channel.node, channel.path))
            if sampler not in samplers:
                samplers.append(sampler)
            moved = self._holders.get(channel.node, channel.node) if channel.path == "weights" else channel.node
            target = {"node": moved, "path": channel.path}
            channels.append({"sampler": samplers.index(sampler), "target": target})
        if not channels:
            return {}
        entry: Json = {"name": animation.name} if animation.name else {}
        entry |= {"channels": channels, "samplers": samplers}
        return entry | carried(animation.extensions, animation.extras)

    def _sampler(self, channel: Channel) -> Json | None:
        values = channel.values.astype(np.float64).reshape(len(channel.times), -1, channel.values.shape[1])
        if channel.path == "weights" and values.shape[2] != self._targets.get(channel.node, 0):
            return None
        # Times increase strictly: of equal ones the last counts.
        kept = np.append(np.diff(channel.times) > 0, True)
        times, values, kind = channel.times[kept], values[kept], channel.interpolation
        if kind == "CUBICSPLINE" and len(times) == 1:
            values, kind = values[:, 1:2], "STEP"
        if channel.path == "rotation":
            middle = values[:, values.shape[1] // 2]
            length = np.linalg.norm(middle, axis=1, keepdims=True)
            values = values / np.maximum(length, 1e-12)[:, None]  # a key's slopes are as long as it was
            values[:, values.shape[1] // 2][length[:, 0] <= 1e-12] = (0, 0, 0, 1)
        width = 1 if channel.path == "weights" else values.shape[2]
        return {
            "input": self._buffer.accessor(times.astype(np.float32), bounds=True),
            "output": self._buffer.accessor(values.astype(np.float32).reshape(-1, width)),
            "interpolation": kind,
        }


def _trs(translation: Matrix, rotation: Matrix, scale: Matrix) -> Json:
    entry: Json = {}
    if translation.any():
        entry["translation"] = translation.tolist()
    if np.abs(rotation[:3]).max() > 1e-12:
        entry["rotation"] = rotation.tolist()
    if not np.allclose(scale, 1, rtol=0, atol=1e-12):
        entry["scale"] = scale.tolist()
    return entry
