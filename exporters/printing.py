"""Models for printers and scanners' programs: STL, 3MF (millimetres, +Z up) and PLY (metres, +Y up, colours).

Each is the posed design as plain triangles. 3MF keeps parts and their colours apart; STL knows neither.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any, Final, cast
from xml.sax.saxutils import quoteattr

import numpy as np
import trimesh
from numpy.typing import NDArray

from assets import srgb
from assets.model import Material, Model
from assets.pose import flatten
from exporters.errors import ExportError

EXPORTER_VERSION: Final = 1
"""Goes into step hashes: raise it when the bytes change."""

_MILLIMETRES: Final = 1000.0
_UPRIGHT: Final = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])  # +Y up to +Z up, the front towards -Y
_CORE: Final = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
_TYPES: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>\n'
)
_RELATIONS: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Target="/3D/3dmodel.model" Id="rel0" '
    'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>\n'
)

Part = tuple[str, Material, NDArray[np.float64], NDArray[np.int64], NDArray[np.float64] | None]
"""Name, material, points float64[n, 3] in metres, triangles int64[m, 3], colours of points float64[n, 4] or None."""


def write_stl(model: Model, *, licence: str = "") -> bytes:
    """One binary STL; what fits of the licence and the model's name stands in its header of 80 bytes. Raises
    ExportError ``export.empty``, ``export.not_finite``.
    """
    data = cast("bytes", _joined(_parts(model), upright=True).export(file_type="stl"))
    told = ("millimetres, +Z up", f"licence {licence}" if licence else "", model.name)
    head = " ".join("; ".join(text for text in told if text).split()).encode("ascii", "replace")
    return head[:80].ljust(80) + data[80:]


def write_ply(model: Model, *, licence: str = "") -> bytes:
    """One binary PLY with normals and the colours of materials and vertices, sRGB; comments name the model and its
    ``licence``. Raises as :func:`write_stl`.
    """
    data = cast("bytes", _joined(_parts(model), upright=False).export(file_type="ply", vertex_normal=True))
    told = (model.name, f"licence {licence}" if licence else "", "metres, +Y up")
    comments = "".join(f"comment {' '.join(text.split())}\n" for text in told if text)
    first, second, rest = data.split(b"\n", 2)
    return b"\n".join([first, second, comments.encode("ascii", "replace") + rest])


def write_3mf(model: Model, *, extras: Mapping[str, Any]) -> bytes:
    """One 3MF (core specification 1.3): an object for each part. ``extras`` that are texts become its metadata.

    Raises as :func:`write_stl`.
    """
    parts = _parts(model)
    kinds = {id(part[1]): part[1] for part in parts}
    order = {key: number for number, key in enumerate(kinds)}
    rows = ['<?xml version="1.0" encoding="UTF-8"?>', f'<model unit="millimeter" xml:lang="en-US" xmlns="{_CORE}">']
    titles = {
        "Title": model.name,
        "Copyright": model.copyright,
        "LicenseTerms": str(extras.get("licence", "")),
        "Description": str(extras.get("notes", "")),
    }
    rows += [f"<metadata name={quoteattr(k)}>{_text(v)}</metadata>" for k, v in titles.items() if v]
    rows += ["<resources>", '<basematerials id="1">']
    rows += [
        f"<base name={quoteattr(_clean(m.name) or 'material')} displaycolor={_hex(m)!r}/>" for m in kinds.values()
    ]
    rows.append("</basematerials>")
    for number, (name, material, points, triangles, _) in enumerate(parts, start=2):
        label, kind = quoteattr(_clean(name)), order[id(material)]
        rows.append(f'<object id="{number}" type="model" name={label} pid="1" pindex="{kind}">')
        rows.append("<mesh><vertices>")
        rows += [f'<vertex x="{x:.5g}" y="{y:.5g}" z="{z:.5g}"/>' for x, y, z in _upright(points).tolist()]
        rows.append("</vertices><triangles>")
        rows += [f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in triangles.tolist()]
        rows.append("</triangles></mesh></object>")
    rows += ["</resources>", "<build>"]
    rows += [f'<item objectid="{number}"/>' for number in range(2, len(parts) + 2)]
    rows += ["</build>", "</model>", ""]
    out = io.BytesIO()
    files = {"[Content_Types].xml": _TYPES, "_rels/.rels": _RELATIONS, "3D/3dmodel.model": "\n".join(rows)}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for file, text in files.items():
            entry = zipfile.ZipInfo(file, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, text.encode())
    return out.getvalue()


def _parts(model: Model) -> list[Part]:
    """What is drawn, with points that meet joined, so that a slicer sees closed bodies where there are some."""
    found: list[Part] = []
    for draw in flatten(model):
        part = draw.primitive
        if not len(part.indices):
            continue
        placed = part.positions.astype(np.float64) @ draw.matrix[:3, :3].T + draw.matrix[:3, 3]
        if not np.isfinite(placed).all():
            raise ExportError("export.not_finite", f"layer {draw.layer!r} has vertices that are no numbers")
        colours = None if part.colors is None else part.colors.astype(np.float64)
        key = placed if colours is None else np.concatenate([placed, colours], axis=1)
        _, first, inverse = np.unique(key.round(7), axis=0, return_index=True, return_inverse=True)
        triangles = inverse.ravel()[part.indices.astype(np.int64)]
        triangles = triangles[(triangles != np.roll(triangles, 1, axis=1)).all(axis=1)]
        if len(triangles):
            shown = None if colours is None else colours[first]
            found.append((draw.layer or draw.name or "part", part.material, placed[first], triangles, shown))
    if not found:
        raise ExportError("export.empty", "there is nothing to export: no visible layer has a triangle")
    return found


def _joined(parts: list[Part], *, upright: bool) -> trimesh.Trimesh:
    starts = np.cumsum([0] + [len(part[2]) for part in parts])
    points = np.concatenate([part[2] for part in parts])
    colours = []
    for _, material, place, _, own in parts:
        base = np.tile(np.asarray(material.base_color), (len(place), 1))
        colours.append(base if own is None else base * own)
    return trimesh.Trimesh(
        vertices=_upright(points) if upright else points,
        faces=np.concatenate([part[3] + at for part, at in zip(parts, starts[:-1], strict=True)]),
        vertex_colors=None if upright else _encoded(np.concatenate(colours)),
        process=False,
    )


def _upright(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(points @ _UPRIGHT.T * _MILLIMETRES)


def _encoded(linear: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Linear RGBA as sRGB code values."""
    rgb = srgb.codes(linear)
    rgb[:, 3] = np.clip(linear[:, 3], 0.0, 1.0)
    return np.asarray(np.round(rgb * 255), dtype=np.uint8)


def _hex(material: Material) -> str:
    red, green, blue, alpha = _encoded(np.asarray([material.base_color]))[0].tolist()
    return f"#{red:02X}{green:02X}{blue:02X}{alpha:02X}"


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(
        c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff" and not 0xD800 <= ord(c) < 0xE000)
    )


def _text(value: str) -> str:
    return _clean(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
