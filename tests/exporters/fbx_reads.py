"""Reads an FBX back from its records, as its owner's programs evaluate them: a parser of its own, with no word of the
writer's but the container.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from assets import images
from assets.model import AlphaMode, Image, Material, Mesh, Model, Node, Primitive, Texture
from exporters.fbx_binary import Record, decode

SECOND = 46_186_158_000
Matrix = NDArray[np.float64]


@dataclass
class Drawn:
    """One mesh where it stands, in metres: points float64[n, 3], faces of points int[m, 3], and its records."""

    name: str
    points: Matrix
    faces: NDArray[np.int64]
    geometry: Record
    materials: list[int]


class Document:
    """One file, with its objects by id and what is connected to what."""

    def __init__(self, data: bytes) -> None:
        top = {record.name: record for record in decode(data)}
        self.objects = {record.properties[0].value: record for record in top["Objects"].children}
        self.children: dict[int, list[int]] = {}
        self.driven: dict[tuple[int, str], list[int]] = {}
        self.parent: dict[int, int] = {}
        for link in top["Connections"].children:
            kind, child, parent = link.properties[0], link.properties[1].value, link.properties[2].value
            if kind == "OO":
                self.children.setdefault(parent, []).append(child)
                if self.objects[child].name == "Model":
                    self.parent.setdefault(child, parent)
            else:
                self.driven.setdefault((parent, link.properties[3]), []).append(child)

    def of(self, owner: int, kind: str, form: str | None = None) -> list[int]:
        """The objects of a kind that are connected to another one."""
        return [
            one
            for one in self.children.get(owner, [])
            if self.objects[one].name == kind and (form is None or self.objects[one].properties[2] == form)
        ]

    def stacks(self) -> dict[str, int]:
        """The animations by name."""
        found = {}
        for place, record in self.objects.items():
            if record.name == "AnimationStack":
                found[record.properties[1].split("\x00")[0]] = place
        return found

    def _value(self, owner: int, name: str, default: tuple[float, ...], at: tuple[int, float] | None) -> list[float]:
        values = list(properties(self.objects[owner]).get(name, default))
        if at is None:
            return values
        stack, time = at
        layers = self.of(stack, "AnimationLayer")
        for curves in self.driven.get((owner, name), []):
            if not any(curves in self.children.get(layer, []) for layer in layers):
                continue
            axes = ("d|X", "d|Y", "d|Z") if len(values) == 3 else (f"d|{name}",)
            for k, axis in enumerate(axes):
                for curve in self.driven.get((curves, axis), []):
                    values[k] = _evaluate(self.objects[curve], time)
        return values

    def world(self, place: int, at: tuple[int, float] | None) -> Matrix:
        """Where a model stands, centimetres."""
        found = np.eye(4)
        while place:
            local = np.eye(4)
            angles = np.radians(self._value(place, "Lcl Rotation", (0, 0, 0), at))
            scale = np.array(self._value(place, "Lcl Scaling", (1, 1, 1), at))
            local[:3, :3] = _turn(angles) * scale
            local[:3, 3] = self._value(place, "Lcl Translation", (0, 0, 0), at)
            found = local @ found
            place = self.parent[place]
        return found

    def drawn(self, stack: str | None = None, time: float = 0.0) -> list[Drawn]:
        """Every mesh at rest, or at a moment (seconds) of an animation."""
        at = None if stack is None else (self.stacks()[stack], time)
        return [
            self._drawn(place, at)
            for place, record in self.objects.items()
            if record.name == "Model" and record.properties[2] == "Mesh" and self.of(place, "Geometry", "Mesh")
        ]

    def _drawn(self, place: int, at: tuple[int, float] | None) -> Drawn:
        (geometry,) = self.of(place, "Geometry", "Mesh")
        record = self.objects[geometry]
        points = value(record, "Vertices").reshape(-1, 3).copy()
        for blend in self.of(geometry, "Deformer", "BlendShape"):
            for channel in self.of(blend, "Deformer", "BlendShapeChannel"):
                (percent,) = self._value(channel, "DeformPercent", (0.0,), at)
                for shape in self.of(channel, "Geometry", "Shape"):
                    moved = value(self.objects[shape], "Vertices").reshape(-1, 3)
                    points[value(self.objects[shape], "Indexes")] += percent / 100 * moved
        matrix = self.world(place, at)
        skins = self.of(geometry, "Deformer", "Skin")
        if skins:
            blended = np.zeros((len(points), 3, 4))
            for cluster in self.of(skins[0], "Deformer", "Cluster"):
                held = self.objects[cluster]
                if held.find("Indexes") is None:
                    continue
                (joint,) = self.of(cluster, "Model")
                moves = self.world(joint, at) @ value(held, "Transform").reshape(4, 4).T
                index, weights = value(held, "Indexes"), value(held, "Weights")
                blended[index] += weights[:, None, None] * moves[:3]
            points = np.einsum("nij,nj->ni", blended[:, :, :3], points) + blended[:, :, 3]
        else:
            points = points @ matrix[:3, :3].T + matrix[:3, 3]
        corners = value(record, "PolygonVertexIndex").reshape(-1, 3).astype(np.int64)
        name = self.objects[place].properties[1].split("\x00")[0]
        faces = np.where(corners < 0, ~corners, corners)
        if not skins and np.linalg.det(matrix[:3, :3]) < 0:
            faces = faces[:, ::-1]
        return Drawn(name, points / 100, faces, record, self.of(place, "Material"))

    def model(self, stack: str | None = None, time: float = 0.0) -> Model:
        """What is drawn as one of our models, its materials those of the Standard Surface."""
        nodes, meshes = [], []
        made: dict[int, Material] = {}
        for drawn in self.drawn(stack, time):
            parts = [
                _part(drawn, k, made.setdefault(material, self._material(material)))
                for k, material in enumerate(drawn.materials)
            ]
            nodes.append(Node(matrix=np.eye(4), mesh=len(meshes), name=drawn.name))
            meshes.append(Mesh(primitives=tuple(part for part in parts if len(part.indices))))
        return Model(nodes=tuple(nodes), roots=tuple(range(len(nodes))), meshes=tuple(meshes))

    def picture(self, owner: int, slot: str) -> Image | None:
        """The embedded picture that decides a property."""
        for texture in self.driven.get((owner, slot), []):
            (video,) = self.of(texture, "Video")
            return images.probe(value(self.objects[video], "Content"))
        return None

    def _material(self, place: int) -> Material:
        told = properties(self.objects[place])
        base, normal, glow = (
            self.picture(place, f"Maya|{slot}") for slot in ("baseColor", "normalCamera", "emissionColor")
        )
        rough, metal = (self.picture(place, f"Maya|{slot}") for slot in ("specularRoughness", "metalness"))
        numbers = {name: told[f"Maya|{name}"][0] for name in ("specularRoughness", "metalness", "emission")}
        both = None
        if rough is not None or metal is not None:
            both = _combined(rough, metal, numbers["specularRoughness"], numbers["metalness"])
        shade = self.picture(place, "Maya|TEX_ao_map")
        red, green, blue = told["Maya|baseColor"]
        opacity = told["Maya|opacity"][0]
        mode = AlphaMode.BLEND if opacity < 1 or self.driven.get((place, "TransparentColor")) else AlphaMode.OPAQUE
        return Material(
            name=self.objects[place].properties[1].split("\x00")[0],
            base_color=(red, green, blue, opacity),
            base_color_texture=_texture(base),
            metallic=1.0 if both else numbers["metalness"],
            roughness=1.0 if both else numbers["specularRoughness"],
            metallic_roughness_texture=_texture(both),
            normal_texture=_texture(normal),
            occlusion_texture=_texture(shade),
            emissive=tuple(told["Maya|emissionColor"]),  # type: ignore[arg-type]
            emissive_strength=numbers["emission"],
            emissive_texture=_texture(glow),
            alpha_mode=mode,
            double_sided=True,  # "CullingOff": FBX knows no other materials
        )


def properties(record: Record) -> dict[str, tuple[Any, ...]]:
    """The values of a Properties70 block by name."""
    block = record.find("Properties70")
    return {} if block is None else {row.properties[0]: row.properties[4:] for row in block.children}


def value(record: Record, name: str) -> Any:
    """The value of a record's child."""
    found = record.find(name)
    assert found is not None, name
    return found.properties[0]


def _turn(angles: Matrix) -> Matrix:
    found = np.eye(3)
    for axis, angle in enumerate(angles):
        c, s = np.cos(angle), np.sin(angle)
        one = np.eye(3)
        i, j = (axis + 1) % 3, (axis + 2) % 3
        one[i, i], one[i, j], one[j, i], one[j, j] = c, -s, s, c
        found = one @ found
    return found


def _evaluate(curve: Record, time: float) -> float:
    times, values = value(curve, "KeyTime") / SECOND, value(curve, "KeyValueFloat").astype(float)
    if value(curve, "KeyAttrFlags")[0] & 0x2:  # constant from key to key
        return float(values[max(int(np.searchsorted(times, time + 1e-6, side="right")) - 1, 0)])
    return float(np.interp(time, times, values))


def _layer(geometry: Record, kind: str, values: str, index: str, width: int) -> NDArray[np.float64] | None:
    layer = geometry.find(kind)
    if layer is None:
        return None
    rows = np.asarray(value(layer, values)).reshape(-1, width)
    found = layer.find(index)
    return rows if found is None else rows[found.properties[0]]


def _part(drawn: Drawn, number: int, material: Material) -> Primitive:
    """The triangles of one material, with a vertex for each corner; normals are those of rest."""
    layer = drawn.geometry.find("LayerElementMaterial")
    assert layer is not None
    mine = np.flatnonzero(value(layer, "Materials") == number)
    rows = (mine[:, None] * 3 + np.arange(3)).ravel()
    normals = _layer(drawn.geometry, "LayerElementNormal", "Normals", "NormalsIndex", 3)
    uv = _layer(drawn.geometry, "LayerElementUV", "UV", "UVIndex", 2)
    colours = _layer(drawn.geometry, "LayerElementColor", "Colors", "ColorIndex", 4)
    assert normals is not None
    return Primitive(
        positions=drawn.points[drawn.faces[mine].ravel()].astype(np.float32),
        normals=normals[rows].astype(np.float32),
        uv0=None if uv is None else (uv[rows] * [1, -1] + [0, 1]).astype(np.float32),
        colors=None if colours is None else colours[rows].astype(np.float32),
        indices=np.arange(len(rows), dtype=np.uint32).reshape(-1, 3),
        material=material,
    )


def _texture(image: Image | None) -> Texture | None:
    return None if image is None else Texture(image=image)


def _combined(rough: Image | None, metal: Image | None, roughness: float, metallic: float) -> Image:
    shape = images.decode(rough or metal).shape  # type: ignore[arg-type]  # one of them is there
    pixels = np.full(shape, 255, np.uint8)
    pixels[..., 1] = round(255 * roughness) if rough is None else images.decode(rough)[..., 0]
    pixels[..., 2] = round(255 * metallic) if metal is None else images.decode(metal)[..., 0]
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, "PNG")
    return images.probe(buffer.getvalue())
