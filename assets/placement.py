"""Placement prints: a picture put at a place of a garment, on the cloth, as it is printed on a panel before sewing.

The place is found on the garment as it was made: a line from the front (back, left, right) at chest height meets the
cloth, and from there centimetres are measured along it. There the cloth gets a piece of its own, whose colours are
the cloth's with the picture over them; everything else of the material stays. A print ends at the panel's seams.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from assets import srgb
from assets.customise import measure_uv
from assets.design import Placement
from assets.errors import ModelError
from assets.images import decode
from assets.model import Image, Material, Model, Primitive, Sampler, Texture, Wrap
from assets.pose import drawing, flatten
from assets.transforms import apply
from assets.trimmings import trimmings
from assets.vertices import compact

Floats = NDArray[np.float64]

_SIDES: Final = {"front": (2, 1.0, 0.62), "back": (2, -1.0, 0.62), "left": (0, 1.0, 0.75), "right": (0, -1.0, 0.75)}
"""Axis and sign of each side, and where the line meets the garment as a share of its height: the chest of a T-shirt
between hem and collar; its upper sleeve."""
_MOST: Final = 2048  # pixels of a print's longer side, cloth about it included
_FINEST: Final = 12_000.0  # pixels for a metre of cloth, 300 dpi, beyond which no print goes
_COARSEST: Final = 1_500.0
_LEVEL: Final = 0.06  # metres about the place over which the cloth's up and across are taken, whatever its folds
_QUALITY: Final = 95


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Where a print lies: in which primitive of which mesh, the triangle that it is measured from with the shares of
    its corners, and the UV steps from there to its middle, for a metre across (to the right as one looks at it) and
    for a metre up.
    """

    mesh: int
    part: int
    triangle: int
    shares: Floats
    step: Floats
    across: Floats
    up: Floats

    def uv(self, part: Primitive) -> Floats:
        """The UV of its middle on the garment, whose UVs may have been graded to another size."""
        assert part.uv0 is not None
        found: Floats = self.shares @ part.uv0[part.indices[self.triangle]].astype(np.float64) + self.step
        return found


def spots(made: Model, prints: Sequence[Placement], *, uv_metres: float = 0.0) -> tuple[Spot, ...]:
    """The places of prints on a garment as it was made. Raises ModelError ``model.no_place`` where there is none."""
    metres = uv_metres or measure_uv(made)
    return tuple(_spot(made, one, metres) for one in prints)


def printed(model: Model, prints: Sequence[tuple[Placement, Spot, Image]]) -> Model:
    """The model with the pictures on its cloth; ``model`` may be fitted and posed, with the triangles that it was
    made with. Later ones lie over earlier ones.
    """
    middles = [spot.uv(model.meshes[spot.mesh].primitives[spot.part]) for _, spot, _ in prints]
    cut: dict[tuple[int, int], list[int]] = {}  # the primitives that a primitive has become
    for (one, spot, picture), uv in zip(prints, middles, strict=True):
        mesh = model.meshes[spot.mesh]
        primitives = list(mesh.primitives)
        places = cut.setdefault((spot.mesh, spot.part), [spot.part])
        met = False
        for place in tuple(places):
            pieces = _cut(primitives[place], one, spot, uv, picture)
            if pieces is None:
                continue
            met = True
            primitives[place] = pieces[0]
            places += range(len(primitives), len(primitives) + len(pieces) - 1)
            primitives += pieces[1:]
        if not met:
            msg = "the print lies beside the cloth; bring it nearer with a smaller offset"
            raise ModelError(msg, code="model.no_place")
        meshes = list(model.meshes)
        meshes[spot.mesh] = replace(mesh, primitives=tuple(primitives))
        model = replace(model, meshes=tuple(meshes))
    return model


def _spot(made: Model, one: Placement, metres: float) -> Spot:
    axis, sign, share = _SIDES[one.at]
    kept = trimmings(made)
    parts = [found for found in _standing(made) if found[2].uv0 is not None and id(found[2].material) not in kept]
    if parts:
        points = np.concatenate([part.positions for _, _, part in parts]).astype(np.float64)
        low, high = points.min(axis=0), points.max(axis=0)
        middle = (low + high) / 2
        middle[1] = low[1] + share * (high[1] - low[1])
    best: tuple[float, int, int, Primitive, int, Floats] | None = None
    for number, place, part in parts:
        met = _met(part, middle, axis, sign)
        if met is not None and (best is None or met[0] > best[0]):
            best = (met[0], number, place, part, *met[1:])
    if best is None:
        msg = f"there is no cloth at the {one.at} to print on; choose another of {', '.join(_SIDES)}"
        raise ModelError(msg, code="model.no_place")
    _, number, place, part, triangle, shares = best
    assert part.uv0 is not None
    uv = shares @ part.uv0[part.indices[triangle]].astype(np.float64)
    across, up = _frame(part, uv, axis, sign, metres)
    angle = np.radians(one.rotation)
    return Spot(
        mesh=number,
        part=place,
        triangle=triangle,
        shares=shares,
        step=(one.offset_cm[0] * across + one.offset_cm[1] * up) / 100,
        across=np.cos(angle) * across + np.sin(angle) * up,
        up=np.cos(angle) * up - np.sin(angle) * across,
    )


def _standing(made: Model) -> Iterator[tuple[int, int, Primitive]]:
    """(mesh, place in it, primitive with its points where they are in the world) of everything that is drawn."""
    draws = iter(flatten(made))
    for node in drawing(made):
        mesh = made.nodes[node].mesh
        assert mesh is not None
        for place in range(len(made.meshes[mesh].primitives)):
            draw = next(draws)
            points = apply(draw.matrix, draw.primitive.positions).astype(np.float32)
            yield mesh, place, replace(draw.primitive, positions=points)


def _met(part: Primitive, middle: Floats, axis: int, sign: float) -> tuple[float, int, Floats] | None:
    """Where the line through ``middle`` along an axis meets a part outermost: how far out, which triangle, and the
    shares of its corners.
    """
    flat = [k for k in range(3) if k != axis]
    corners = part.positions[part.indices].astype(np.float64)
    plane = corners[:, :, flat] - middle[flat]
    a, b, c = plane[:, 0], plane[:, 1], plane[:, 2]
    area = _cross(b - a, c - a)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.stack([_cross(b, c), _cross(c, a), _cross(a, b)], axis=1) / area[:, None]
    inside = np.flatnonzero((np.abs(area) > 1e-12) & (shares >= 0).all(axis=1))
    if not len(inside):
        return None
    out = sign * (shares[inside] * corners[inside, :, axis]).sum(axis=1)
    found = int(inside[int(out.argmax())])
    return float(out.max()), found, shares[found]


def _cross(one: Floats, two: Floats) -> Floats:
    found: Floats = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    return found


def _frame(part: Primitive, uv: Floats, axis: int, sign: float, metres: float) -> tuple[Floats, Floats]:
    """UV steps of a metre across and up at a place: the plane that fits the cloth about it says which way they go."""
    assert part.uv0 is not None
    panel = np.unique(part.indices[_panel(part, uv)])
    away = np.linalg.norm(part.uv0[panel].astype(np.float64) - uv, axis=1) * metres
    near = panel[np.argsort(away)[: max(12, int((away < _LEVEL).sum()))]]
    steps = part.uv0[near].astype(np.float64)
    places = part.positions[near].astype(np.float64)
    slopes, *_ = np.linalg.lstsq(steps - steps.mean(axis=0), places - places.mean(axis=0), rcond=None)
    right = np.zeros(3)
    right[0 if axis == 2 else 2] = sign if axis == 2 else -sign
    up = slopes @ np.array([0.0, 1.0, 0.0])
    up /= max(float(np.linalg.norm(up)), 1e-12)
    across = np.array([up[1], -up[0]])
    if across @ (slopes @ right) < 0:
        across = -across
    return across / metres, up / metres


def _panel(part: Primitive, uv: Floats) -> NDArray[np.intp]:
    """The triangles of the piece of cloth that has this UV, or comes nearest: what hangs together by vertices."""
    assert part.uv0 is not None
    parent = np.arange(len(part.positions))
    triangles = part.indices.astype(np.int64)
    while True:  # every vertex takes the least name among its triangles' until nothing changes
        least = parent[triangles].min(axis=1)
        renamed = parent.copy()
        np.minimum.at(renamed, triangles.reshape(-1), np.repeat(least, 3))
        renamed = renamed[renamed]
        if (renamed == parent).all():
            break
        parent = renamed
    middles = part.uv0[triangles].astype(np.float64).mean(axis=1)
    seed = int(np.linalg.norm(middles - uv, axis=1).argmin())
    return np.flatnonzero(parent[triangles[:, 0]] == parent[triangles[seed, 0]])


def _cut(part: Primitive, one: Placement, spot: Spot, uv: Floats, picture: Image) -> tuple[Primitive, ...] | None:
    """The piece under the print with its own colours, and what is left; None where the print does not lie on it."""
    assert part.uv0 is not None
    metre = float(np.hypot(*spot.across))  # UV units of a metre
    wide = one.width_cm / 100
    half = np.array([wide, wide * picture.height / picture.width]) / 2
    axes = np.stack([spot.across, spot.up]) / metre**2
    local = (part.uv0.astype(np.float64) - uv) @ axes.T  # metres across and up from the print's middle
    panel = _panel(part, uv)
    corners = local[part.indices[panel]]
    over = ((corners.max(axis=1) > -half) & (corners.min(axis=1) < half)).all(axis=1)
    chosen = np.zeros(len(part.indices), dtype=bool)
    chosen[panel[over]] = True
    if not chosen.any():
        return None
    under = part.uv0[part.indices[chosen].reshape(-1)].astype(np.float64)
    low, high = under.min(axis=0), under.max(axis=0)
    material = _coloured(part.material, picture, low, high, uv, axes, half, metre)
    piece = compact(replace(part, indices=np.ascontiguousarray(part.indices[chosen]), material=material, variants={}))
    if chosen.all():
        return (piece,)
    return piece, compact(replace(part, indices=np.ascontiguousarray(part.indices[~chosen])))


def _coloured(
    material: Material,
    picture: Image,
    low: Floats,
    high: Floats,
    uv: Floats,
    axes: Floats,
    half: Floats,
    metre: float,
) -> Material:
    """The material with colours of its own between two UVs: the cloth's, and the picture over them."""
    size = np.maximum(high - low, 1e-9)
    fine = _fineness(material, picture.width / (2 * half[0]) / metre, metre, float(size.max()))
    width, height = (int(side) for side in np.maximum(np.ceil(size * fine), 4))
    x = low[0] + (np.arange(width) + 0.5) / width * size[0]
    y = low[1] + (np.arange(height) + 0.5) / height * size[1]
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    colours, alpha = _cloth(material, grid, fine)
    ink, cover = _ink(picture, (grid - uv) @ axes.T, half)
    colours = colours * (1 - cover[..., None]) + ink * cover[..., None]
    pixels = np.round(np.concatenate([srgb.codes(colours), alpha[..., None]], axis=-1) * 255).astype(np.uint8)
    name = f"{material.name.removesuffix(' print')} print"
    texture = Texture(
        image=_encoded(pixels, name),
        sampler=Sampler(wrap_u=Wrap.CLAMP, wrap_v=Wrap.CLAMP),
        scale=(float(1 / size[0]), float(1 / size[1])),
        offset=(float(-low[0] / size[0]), float(-low[1] / size[1])),
    )
    return replace(
        material,
        name=name,
        base_color=(1.0, 1.0, 1.0, material.base_color[3]),
        base_color_texture=texture,
    )


def _fineness(material: Material, wanted: float, metre: float, size: float) -> float:
    """Pixels for a UV unit: as many as the picture has, within limits, and those of the cloth's own texture times or
    through a power of two, so that its mip levels are as sharp as those of the cloth about it.
    """
    most = min(_FINEST / metre, _MOST / size)
    wanted = min(max(wanted, _COARSEST / metre), most)
    texture = material.base_color_texture
    if texture is None:
        return wanted
    own = texture.image.width * abs(texture.scale[0])
    steps = math.ceil(math.log2(wanted / own))
    return own * 2.0 ** (steps if own * 2.0**steps <= most else steps - 1)


def _cloth(material: Material, grid: Floats, fine: float) -> tuple[Floats, Floats]:
    """The cloth's own colours (linear) and alpha over a grid of UVs with so many pixels for a UV unit."""
    factor = np.array(material.base_color[:3], dtype=np.float64)
    shape = grid.shape[:2]
    texture = material.base_color_texture
    if texture is None:
        return np.broadcast_to(factor, (*shape, 3)).copy(), np.ones(shape)
    source = decode(texture.image)
    # Larger pixels than the grid's are kept; smaller ones are averaged first, so that a fine weave does not flicker.
    shrink = min(1.0, fine / (max(texture.scale) * max(source.shape[:2])))
    light = srgb.light(source.astype(np.float64) / 255)
    light[..., 3] = source[..., 3] / 255
    smaller = (max(4, round(source.shape[1] * shrink)), max(4, round(source.shape[0] * shrink)))
    tile = cv2.resize(light, smaller, interpolation=cv2.INTER_AREA) if shrink < 1 else light
    cos, sin = np.cos(texture.rotation), np.sin(texture.rotation)
    scaled = grid * np.array(texture.scale)
    x = cos * scaled[..., 0] + sin * scaled[..., 1] + texture.offset[0]  # KHR_texture_transform
    y = -sin * scaled[..., 0] + cos * scaled[..., 1] + texture.offset[1]
    found = _sampled(np.pad(tile, ((1, 1), (1, 1), (0, 0)), mode="wrap"), x, y, tile.shape[1], tile.shape[0])
    return found[..., :3] * factor, found[..., 3]


def _sampled(padded: Floats, x: Floats, y: Floats, width: int, height: int) -> Floats:
    """A tile that repeats, with a border of one pixel of its other side, at places in tiles: 0 to 1."""
    across = ((x % 1.0) * width + 0.5).astype(np.float32)
    along = ((y % 1.0) * height + 0.5).astype(np.float32)
    found = cv2.remap(padded.astype(np.float32), across, along, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    values: Floats = found.astype(np.float64)
    return values


def _ink(picture: Image, local: Floats, half: Floats) -> tuple[Floats, Floats]:
    """The picture's colours (linear) and how much of the cloth they cover, at places in metres from its middle."""
    pixels = decode(picture).astype(np.float32) / 255
    pixels[..., :3] *= pixels[..., 3:]  # so that what is clear lends no colour to its edges
    height, width = pixels.shape[:2]
    wanted = max(local.shape[0], local.shape[1])
    if max(width, height) > 2 * wanted:  # far more pixels than are asked for
        share = wanted / max(width, height)
        width, height = max(1, round(width * share)), max(1, round(height * share))
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    x = ((local[..., 0] / (2 * half[0]) + 0.5) * width - 0.5).astype(np.float32)
    y = ((0.5 - local[..., 1] / (2 * half[1])) * height - 0.5).astype(np.float32)
    found = cv2.remap(pixels, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0, 0))
    cover: Floats = found[..., 3].astype(np.float64)
    colours = found[..., :3].astype(np.float64) / np.maximum(cover, 1e-6)[..., None]
    return srgb.light(np.clip(colours, 0, 1)), cover


def _encoded(pixels: NDArray[np.uint8], name: str) -> Image:
    """As JPEG where nothing shows through, else as PNG: the same bytes for the same pixels."""
    out = io.BytesIO()
    solid = bool((pixels[..., 3] == 255).all())
    if solid:
        Pillow.fromarray(pixels[..., :3]).save(out, "JPEG", quality=_QUALITY, subsampling=0)
    else:
        Pillow.fromarray(pixels).save(out, "PNG", compress_level=3)
    data = out.getvalue()
    return Image(
        data=data,
        mime="image/jpeg" if solid else "image/png",
        width=pixels.shape[1],
        height=pixels.shape[0],
        digest=hashlib.sha256(data).hexdigest(),
        name=name,
    )
