"""Skeletons, weights, blend shapes and clips as UsdSkel has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf, Usd, UsdGeom, UsdSkel, Vt

from assets.curves import sampled
from assets.model import Animation, Channel, Model, MorphTarget, Primitive
from assets.transforms import Matrix, decompose
from exporters.curves import key_times
from exporters.rigs import Held, Rig
from exporters.usd_names import Names, free, identifier

CODES: Final = 24.0
"""Time codes in a second: USD's own default, which some programs take for granted."""

_RATE: Final = 60.0  # keys a second of curves that USD cannot interpolate as glTF does

_MOST_KEYS: Final = 2_000_000  # joints times moments of one clip; over that the rate falls
_DEEP: Final = 64  # joints; below that their paths are made of numbers, for each path names all above it


class Skeleton:
    """One skeleton under its own SkelRoot at ``path``, where its meshes hang too."""

    def __init__(self, stage: Usd.Stage, names: Names, name: str, rig: Rig, model: Model) -> None:
        self._stage, self._rig, self._model = stage, rig, model
        self.path = names.path("Rigs", name)
        self.names = Names(stage, self.path)
        self._number = {node: k for k, node in enumerate(rig.joints)}
        self._morphs: dict[int, list[str]] = {}
        self._weights: dict[str, float] = {}
        self.root = UsdSkel.Root.Define(stage, self.path)
        if not np.array_equal(rig.base, np.eye(4)):
            self.root.AddTransformOp().Set(_usd(rig.base))
        self._skeleton = UsdSkel.Skeleton.Define(stage, f"{self.path}/Skeleton")
        self._joints = Vt.TokenArray(_paths(rig, [model.nodes[node].name for node in rig.joints]))
        self._skeleton.CreateJointsAttr(self._joints)
        self._skeleton.CreateJointNamesAttr(Vt.TokenArray(_unique(model.nodes[node].name for node in rig.joints)))
        self._skeleton.CreateBindTransformsAttr(_matrices(rig.bind))
        self._skeleton.CreateRestTransformsAttr(_matrices(rig.rest))
        UsdSkel.BindingAPI.Apply(self._skeleton.GetPrim())
        self._still = ""

    def hold(self, mesh: UsdGeom.Mesh, part: Primitive, held: Held) -> None:
        """Hangs a mesh on its joints."""
        if held.joints is None:
            indices = np.full((len(part.positions), 1), held.joint)
            weights = np.ones((len(part.positions), 1), np.float32)
        else:
            assert part.joints is not None
            assert part.weights is not None
            indices, weights = _influences(np.asarray(held.joints), part.joints, part.weights)
        binding = UsdSkel.BindingAPI.Apply(mesh.GetPrim())
        binding.CreateSkeletonRel().SetTargets([self._skeleton.GetPath()])
        binding.CreateGeomBindTransformAttr(Gf.Matrix4d(1.0))
        width = indices.shape[1]
        binding.CreateJointIndicesPrimvar(constant=False, elementSize=width).Set(
            Vt.IntArray.FromNumpy(np.ascontiguousarray(indices, np.int32).ravel())
        )
        binding.CreateJointWeightsPrimvar(constant=False, elementSize=width).Set(
            Vt.FloatArray.FromNumpy(np.ascontiguousarray(weights, np.float32).ravel())
        )

    def morph(self, mesh: UsdGeom.Mesh, node: int, part: Primitive, matrix: Matrix, weights: Sequence[float]) -> None:
        """Gives a mesh its morph targets; ``matrix`` is where its vertices went, ``weights`` how it stands."""
        known = self._morphs.setdefault(node, [])
        shapes = []
        for i, target in enumerate(part.targets):
            if i == len(known):
                known.append(self._channel(target.name or f"morph_{i}", weights[i] if i < len(weights) else 0.0))
            path = f"{mesh.GetPath()}/{known[i]}"
            shapes.append(_blend_shape(self._stage, path, part, target, matrix))
        binding = UsdSkel.BindingAPI.Apply(mesh.GetPrim())
        binding.CreateBlendShapesAttr(Vt.TokenArray(known[: len(shapes)]))
        binding.CreateBlendShapeTargetsRel().SetTargets(shapes)

    def _channel(self, name: str, weight: float) -> str:
        token = free(identifier(name), self._weights)
        self._weights[token] = float(weight)
        return token

    def play(self, path: Sdf.Path) -> None:
        """Makes a clip the one that is seen."""
        UsdSkel.BindingAPI(self._skeleton.GetPrim()).CreateAnimationSourceRel().SetTargets([path])

    def still(self) -> Sdf.Path:
        """The pose that the model has, as a clip without times."""
        if not self._still:
            clip = self._clip("still")
            self._still = str(clip.GetPath())
            self._fill(clip, None, np.zeros(0))
        return Sdf.Path(self._still)

    def clip(self, animation: Animation, name: str) -> Sdf.Path:
        """An animation as a clip; :meth:`still` if it moves nothing here."""
        if not self.moved_by(animation):
            return self.still()
        channels = [channel for channel in animation.channels if self._mine(channel)]
        clip = self._clip(name)
        self._fill(clip, channels, _times(channels, len(self._rig.joints)))
        return clip.GetPath()

    def moved_by(self, animation: Animation) -> bool:
        """Whether an animation moves anything that hangs here."""
        return any(map(self._mine, animation.channels))

    def _mine(self, channel: Channel) -> bool:
        return len(channel.times) > 0 and (
            channel.node in self._morphs if channel.path == "weights" else channel.node in self._number
        )

    def _clip(self, name: str) -> UsdSkel.Animation:
        clip = UsdSkel.Animation.Define(self._stage, self.names.path("Animations", name))
        clip.CreateJointsAttr(self._joints)
        if self._weights:
            clip.CreateBlendShapesAttr(Vt.TokenArray(list(self._weights)))
        return clip

    def _fill(self, clip: UsdSkel.Animation, channels: Sequence[Channel] | None, times: NDArray[np.float64]) -> None:
        """Writes a clip's values: for all times, or once where nothing moves."""
        count = max(len(times), 1)
        parts = [decompose(matrix) for matrix in self._rig.rest]
        values = {
            path: np.repeat(np.stack([part[k] for part in parts])[None], count, axis=0)
            for k, path in enumerate(("translation", "rotation", "scale"))
        }
        weights = np.repeat(np.array(list(self._weights.values()))[None], count, axis=0)
        order = {token: k for k, token in enumerate(self._weights)}
        moved = set()
        for channel in channels or ():
            found = sampled(channel, times)
            moved.add(channel.path)
            if channel.path != "weights":
                values[channel.path][:, self._number[channel.node]] = found
                continue
            for k, token in enumerate(self._morphs[channel.node][: found.shape[1]]):
                weights[:, order[token]] = found[:, k]
        turns = values["rotation"]
        for k in range(1, count):  # a quaternion and its negative are one turn: the nearer one is the shorter way
            turns[k, np.einsum("ij,ij->i", turns[k], turns[k - 1]) < 0] *= -1
        rows = {
            "translation": (clip.CreateTranslationsAttr(), Vt.Vec3fArray, np.float32),
            "rotation": (clip.CreateRotationsAttr(), Vt.QuatfArray, np.float32),
            "scale": (clip.CreateScalesAttr(), Vt.Vec3hArray, np.float16),
        }
        for path, (attribute, array, kind) in rows.items():
            _set(attribute, array, values[path].astype(kind), times if path in moved else times[:0])
        if self._weights:
            kept = times if "weights" in moved else times[:1]  # Blender takes no weights without a time
            _set(clip.CreateBlendShapeWeightsAttr(), Vt.FloatArray, weights.astype(np.float32), kept)


def _influences(
    joints: NDArray[np.int64], which: NDArray[np.uint16], weights: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Each vertex's joints and weights, the largest first, each joint once: some programs take the last of two."""
    indices, held = np.where(weights > 0, joints[np.where(weights > 0, which, 0)], 0), weights.copy()
    for k in range(1, held.shape[1]):
        for j in range(k):
            same = (indices[:, j] == indices[:, k]) & (held[:, j] > 0)
            held[same, j] += held[same, k]
            held[same, k] = 0
    order = np.argsort(-held, axis=1, kind="stable")
    indices, held = np.take_along_axis(indices, order, axis=1), np.take_along_axis(held, order, axis=1)
    used = max(int((held > 0).sum(axis=1).max(initial=0)), 1)
    return np.where(held > 0, indices, 0)[:, :used], held[:, :used]


def _set(attribute: Usd.Attribute, array: type, values: NDArray[np.generic], times: NDArray[np.float64]) -> None:
    if not len(times):
        attribute.Set(array.FromNumpy(np.ascontiguousarray(values[0])))  # type: ignore[attr-defined]
    for time, row in zip(times, values, strict=False):
        attribute.Set(array.FromNumpy(np.ascontiguousarray(row)), code(float(time)))  # type: ignore[attr-defined]


def code(time: float) -> float:
    """A moment in seconds as USD's time code."""
    return round(time * CODES, 6)


def _times(channels: Sequence[Channel], joints: int) -> NDArray[np.float64]:
    """Every moment at which a clip needs a key."""
    begin, end = min(c.times[0] for c in channels), max(c.times[-1] for c in channels)
    rate = min(_RATE, _MOST_KEYS / joints / max(float(end - begin), 1e-3))
    found = [key_times(c, rate, between=c.interpolation == "CUBICSPLINE") for c in channels]
    moments = np.clip(np.concatenate(found), float(begin), float(end))
    _, first = np.unique(np.round(moments * CODES, 6), return_index=True)  # as code() tells them apart
    inside: NDArray[np.float64] = moments[first]
    return inside


def _blend_shape(stage: Usd.Stage, path: str, part: Primitive, target: MorphTarget, matrix: Matrix) -> Sdf.Path:
    count = len(part.positions)
    moves = np.zeros((count, 3)) if target.positions is None else target.positions.astype(np.float64)
    moves = moves @ matrix[:3, :3].T
    turn = np.linalg.pinv(matrix[:3, :3])
    lengths = np.linalg.norm(part.normals @ turn, axis=1, keepdims=True)
    bends = np.zeros((count, 3)) if target.normals is None else target.normals.astype(np.float64)
    bends = (bends @ turn) / np.where(lengths > 0, lengths, 1.0)
    used = np.flatnonzero(moves.any(axis=1) | bends.any(axis=1))
    shape = UsdSkel.BlendShape.Define(stage, path)
    shape.CreateOffsetsAttr(Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(moves[used], np.float32)))
    if target.normals is not None:
        shape.CreateNormalOffsetsAttr(Vt.Vec3fArray.FromNumpy(np.ascontiguousarray(bends[used], np.float32)))
    shape.CreatePointIndicesAttr(Vt.IntArray.FromNumpy(used.astype(np.int32)))
    return shape.GetPath()


def _paths(rig: Rig, names: Sequence[str]) -> list[str]:
    """The joints as USD names them: each with all above it. No two end alike: some programs read that end alone."""
    found: list[str] = []
    depth: list[int] = []
    taken: set[str] = set()
    for k, parent in enumerate(rig.parents):
        depth.append(0 if parent < 0 else depth[parent] + 1)
        name = free(identifier(names[k] or f"joint_{k}") if depth[k] < _DEEP else f"j{k}", taken)
        taken.add(name)
        found.append(name if parent < 0 else f"{found[parent]}/{name}")
    return found


def _unique(names: Iterable[str]) -> list[str]:
    found: dict[str, None] = {}
    for k, name in enumerate(names):
        found[free(name or f"joint {k}", found, " ")] = None
    return list(found)


def _usd(matrix: Matrix) -> Gf.Matrix4d:
    return Gf.Matrix4d(matrix.T.tolist())  # USD's vectors are rows


def _matrices(matrices: Matrix) -> Vt.Matrix4dArray:
    return Vt.Matrix4dArray.FromNumpy(np.ascontiguousarray(matrices.transpose(0, 2, 1)))
