"""Models to Wavefront OBJ: posed, in world space, with an MTL and its textures beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assets import srgb
from assets.images import decode
from assets.model import AlphaMode, Image, Material, Model, Texture
from assets.pose import flatten
from assets.scene import Draw
from exporters import image as pictures
from exporters.errors import ExportError
from exporters.gltf import texture_name

EXPORTER_VERSION: Final = 1
"""Goes into step hashes: raise it when the bytes change."""


@dataclass
class _Names:
    """Names of materials and files that were given out, so that each is told apart."""

    stem: str
    files: dict[str, bytes] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)
    materials: dict[int, str] = field(default_factory=dict)

    def texture(self, texture: Texture) -> str:
        """The file of a texture; WebP, which few readers of MTL know, becomes PNG."""
        source = texture.image
        if source.digest not in self.images:
            data, mime = source.data, source.mime
            if mime not in {"image/png", "image/jpeg"}:
                data, mime = pictures.encode(decode(source), "png"), "image/png"
            plain = Image(data=data, mime=mime, width=source.width, height=source.height, digest="", name=source.name)
            name = texture_name(plain, self.stem, self.files)
            self.files[name] = data
            self.images[source.digest] = name
        return self.images[source.digest]

    def material(self, material: Material) -> str:
        """A name without spaces, once for each material."""
        if id(material) not in self.materials:
            plain = re.sub(r"[^\w.-]+", "_", material.name).strip("_") or "material"
            name, number = plain, 1
            while name in self.materials.values():
                number += 1
                name = f"{plain}_{number}"
            self.materials[id(material)] = name
        return self.materials[id(material)]


def write_obj(model: Model, *, stem: str, licence: str = "") -> dict[str, bytes]:
    """``stem.obj``, ``stem.mtl`` and the textures, by name. Metres, +Y up; UVs have their transform in them. A
    comment names the model and its ``licence``.

    Raises ExportError ``export.empty`` when there is no triangle, ``export.not_finite`` for a broken vertex.
    """
    draws = [draw for draw in flatten(model) if len(draw.primitive.indices)]
    if not draws:
        raise ExportError("export.empty", "there is nothing to export: no visible layer has a triangle")
    names = _Names(stem)
    used: dict[str, Material] = {}
    rows = ["# " + " ".join(f"{model.name}; licence {licence}".split())] if licence else []
    rows += ["# metres, +Y up", f"mtllib {stem}.mtl"]
    vertices = normals = uvs = 0
    for number, draw in enumerate(draws):
        primitive = draw.primitive
        name = names.material(primitive.material)
        used[name] = primitive.material
        positions, directions = _placed(draw)
        coordinates = _uv(primitive.material, primitive.uv0, primitive.uv1)
        layer = re.sub(r"[^\w.-]+", "_", draw.layer) or "part"
        rows += [f"o {layer}_{number}", f"g {layer}"]
        rows += _lines("v", positions)
        if coordinates is not None:
            rows += _lines("vt", coordinates)
        rows += _lines("vn", directions)
        rows.append(f"usemtl {name}")
        rows += _faces(primitive.indices, vertices, uvs if coordinates is not None else None, normals)
        vertices += len(positions)
        normals += len(directions)
        uvs += len(coordinates) if coordinates is not None else 0
    library = "\n".join(line for name, material in used.items() for line in _material(name, material, names))
    return {
        f"{stem}.obj": ("\n".join(rows) + "\n").encode(),
        f"{stem}.mtl": (library + "\n").encode(),
        **names.files,
    }


def _placed(draw: Draw) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    matrix = draw.matrix
    positions = draw.primitive.positions.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    directions = draw.primitive.normals.astype(np.float64) @ np.linalg.pinv(matrix[:3, :3])
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    directions /= np.where(lengths > 0, lengths, 1.0)
    if not (np.isfinite(positions).all() and np.isfinite(directions).all()):
        raise ExportError("export.not_finite", f"layer {draw.layer!r} has vertices that are no numbers")
    return positions, directions


def _uv(
    material: Material, uv0: NDArray[np.float32] | None, uv1: NDArray[np.float32] | None
) -> NDArray[np.float64] | None:
    """The UVs of the base colour with its transform baked in; OBJ has one set, and its V points up."""
    texture = material.base_color_texture or material.normal_texture
    source = uv1 if texture is not None and texture.uv_set == 1 else uv0
    if source is None:
        return None
    uv = source.astype(np.float64)
    if texture is not None:
        cos, sin = np.cos(texture.rotation), np.sin(texture.rotation)
        turn = np.array([[cos, sin], [-sin, cos]])  # KHR_texture_transform
        uv = (uv * np.asarray(texture.scale)) @ turn.T + np.asarray(texture.offset)
    return np.column_stack([uv[:, 0], 1.0 - uv[:, 1]])


def _lines(keyword: str, values: NDArray[np.float64]) -> list[str]:
    form = keyword + " %.6g" * values.shape[1]
    return [form % tuple(row) for row in values.tolist()]


def _faces(indices: NDArray[np.uint32], v: int, vt: int | None, vn: int) -> list[str]:
    corners = indices.astype(np.int64) + 1
    if vt is None:
        return [f"f {a + v}//{a + vn} {b + v}//{b + vn} {c + v}//{c + vn}" for a, b, c in corners.tolist()]
    return [
        f"f {a + v}/{a + vt}/{a + vn} {b + v}/{b + vt}/{b + vn} {c + v}/{c + vt}/{c + vn}"
        for a, b, c in corners.tolist()
    ]


def _material(name: str, material: Material, names: _Names) -> list[str]:
    """Classic MTL, and its PBR extension (Pr, Pm, Ke, norm) for readers that know it."""
    red, green, blue, alpha = material.base_color
    colour = " ".join(f"{value:.6g}" for value in srgb.codes(np.array([red, green, blue])))
    shiny = (1.0 - material.roughness) ** 2 * 900.0
    specular = 0.04 + 0.96 * material.metallic
    rows = [
        f"newmtl {name}",
        f"Kd {colour}",
        f"Ks {specular:.4g} {specular:.4g} {specular:.4g}",
        f"Ns {shiny:.4g}",
        f"Pr {material.roughness:.4g}",
        f"Pm {material.metallic:.4g}",
        f"illum {0 if material.unlit else 2}",
    ]
    if material.alpha_mode is AlphaMode.BLEND:
        rows.append(f"d {alpha:.4g}")
    if any(material.emissive):
        glow = srgb.codes(np.array(material.emissive) * material.emissive_strength)
        rows.append("Ke " + " ".join(f"{value:.6g}" for value in glow))
    if material.base_color_texture is not None:
        rows.append(f"map_Kd {names.texture(material.base_color_texture)}")
        if material.alpha_mode is not AlphaMode.OPAQUE:
            rows.append(f"map_d {names.texture(material.base_color_texture)}")
    if material.normal_texture is not None:
        rows.append(f"norm {names.texture(material.normal_texture)}")
    if material.emissive_texture is not None:
        rows.append(f"map_Ke {names.texture(material.emissive_texture)}")
    return [*rows, ""]


def parts(files: Mapping[str, bytes]) -> list[str]:
    """The files that an MTL names, for checks."""
    library = next((data for name, data in files.items() if name.endswith(".mtl")), b"").decode()
    return [row.split(maxsplit=1)[1] for row in library.splitlines() if row.startswith(("map_", "norm "))]
