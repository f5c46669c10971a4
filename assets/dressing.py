"""Takes a merged model apart into layers, lets the outer ones cover the inner ones, and puts it together again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from assets.covering import MARGIN, Covered, Inner, Outer, covers
from assets.easing import Rested, pressed
from assets.errors import ImageError
from assets.folds import together, under
from assets.hems import room, tucked
from assets.images import decode
from assets.instances import expanded
from assets.model import AlphaMode, Material, Model, Primitive
from assets.pose import drawing, flatten
from assets.scene import Draw
from assets.surfaces import Surface, join, outward
from assets.transforms import Matrix, apply
from assets.turning import Turns
from assets.vertices import compact

_UNDER: Final = 0.002  # metres that folds are pushed, from which on they may come under the skin
_LOOKED_AT: Final = 4096 * 4096  # pixels of an alpha channel worth decoding to find it opaque
Vectors = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """One drawn primitive: where it is in the model, and its surface in the world."""

    node: int
    place: int
    primitive: Primitive
    matrix: Matrix
    skinned: bool
    surface: Surface
    normals: Vectors


def dress(
    model: Model,
    order: tuple[str, ...],
    *,
    body: str,
    see_through: frozenset[str],
    scale: float,
    rest: Mapping[str, Model] | None = None,
    folded: frozenset[str] = frozenset(),
    shoes: frozenset[str] = frozenset(),
    hanging: frozenset[str] = frozenset(),
    eased: frozenset[str] = frozenset(),
    carried: frozenset[str] = frozenset(),
) -> Model:
    """The model with what is covered pushed under the cloth or cut.

    ``order`` are layers from the inside out; ``body`` names the one that is a closed body. Layers in
    ``see_through``, and materials with real alpha, push and never cut. ``rest`` are the layers' models in a pose in
    which no limb lies on another: then what covers what is looked up there, where a hand on a hip is not in the way.
    ``folded`` layers lie in folds: what of them is in one place is pushed alike. ``shoes`` cover the body and nothing
    else, and nothing covers them: a hem falls over them, in whatever order they are listed. ``hanging`` layers hang
    about both legs, which lift their hems: of the body, what they cover at rest is cut where they cover it in the
    pose as well. ``eased`` layers are let out in the pose where other layers under them stand out through them, and
    those of them that are ``carried`` on straps go over what is under them.
    """
    if len(order) < 2:
        return model
    model = _unshared(expanded(model))
    posed = _pieces(model, see_through, {})
    found = posed if rest is None else _rested(posed, rest)
    pieces: dict[str, list[_Piece]] = {layer: [] for layer in order}
    for layer, piece in found:
        pieces[layer].append(piece)
    skin = join([piece.surface for piece in pieces[body]]) if pieces.get(body) else None
    turns = (
        None
        if found is posed or skin is None
        else Turns(skin, np.concatenate([piece.surface.normals for layer, piece in posed if layer == body]))
    )
    swung = _Swung(posed, hanging if found is not posed else frozenset(), body=body, scale=scale)
    shells: dict[str, Outer] = {}  # the layers further out, where they ended up
    soles: dict[str, Outer] = {}  # shoes, likewise
    changed: dict[tuple[int, int], Primitive | None] = {}
    left: dict[tuple[int, int], NDArray[np.intp]] = {}
    hidden: dict[str, Mask] = {}
    pushed: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    for layer in reversed(order):
        if not pieces[layer]:
            continue
        surface = join([piece.surface for piece in pieces[layer]])
        solid = layer == body
        over = {**soles, **shells} if solid else {} if layer in shoes else shells
        if over:
            verdicts = _cover(Inner(surface, scale=scale, body=None if solid else skin), over)
            covered = _together(verdicts.values())
            if layer in folded and covered.offsets.any():
                covered = replace(covered, offsets=together(surface.points, covered.offsets))
                pushed = (surface.points, covered.offsets)
            bare = swung.bare(verdicts) if solid else None
            if bare is not None:
                covered = replace(covered, keep=covered.keep | bare[1])
            if solid and pushed:
                # A body with a skin is not moved: where folds were pushed into it, nothing of it is seen.
                deep = (np.linalg.norm(under(surface.points, *pushed), axis=1) > _UNDER * scale)[surface.triangles]
                gone = deep.all(axis=1) if bare is None else deep.all(axis=1) & ~bare[0]
                covered = replace(covered, keep=covered.keep & ~gone)
            hidden[layer] = covered.under
            if covered.changes:
                _apply(pieces[layer], covered, changed, left, None if layer in folded else turns)
                surface = replace(surface, points=surface.points + covered.offsets)
        shell = Outer(surface if solid else outward(surface, skin), scale=scale)
        (soles if layer in shoes else shells)[layer] = shell
    if eased:
        rest_of = {layer: _rest_of(held, left, hidden.get(layer)) for layer, held in pieces.items() if held}
        _let_out(posed, rest_of, order, changed, body=body, shoes=shoes, eased=eased, carried=carried, scale=scale)
    return _rebuilt(model, changed) if changed else model


def _let_out(
    posed: list[tuple[str, _Piece]],
    rest: Mapping[str, Rested],
    order: tuple[str, ...],
    changed: dict[tuple[int, int], Primitive | None],
    *,
    body: str,
    shoes: frozenset[str],
    eased: frozenset[str],
    carried: frozenset[str],
    scale: float,
) -> None:
    """Gives ``eased`` layers room in the pose for what is worn under them, from the inside out."""
    drawn: dict[str, list[tuple[_Piece, Primitive]]] = {}
    skin = [piece.surface for layer, piece in posed if layer == body]
    for layer, piece in posed:
        primitive = changed.get((piece.node, piece.place), piece.primitive)
        if layer != body and primitive is not None and not piece.skinned:
            drawn.setdefault(layer, []).append((piece, primitive))
    around = join(skin) if skin else None
    layers = sorted(drawn, key=lambda layer: (layer not in shoes, order.index(layer)))
    cloths = {layer: join([_now(piece, primitive) for piece, primitive in drawn[layer]]) for layer in layers}
    was = {layer: cloth.points for layer, cloth in cloths.items()}
    gone = {layer: np.zeros(len(points), dtype=bool) for layer, points in was.items()}
    for number, layer in reversed(list(enumerate(layers))):
        soft = [one for one in layers[:number] if one in eased and one not in shoes]
        if soft and layer in eased & carried:
            offsets = room(cloths[layer], [cloths[one] for one in soft], around, scale=scale, strap=True)
            cloths[layer] = replace(cloths[layer], points=cloths[layer].points + offsets)
        if soft and layer in eased:
            moves, hidden = pressed(
                cloths[layer],
                [cloths[one] for one in soft],
                around,
                scale=scale,
                rest=(rest[layer], [rest[one] for one in soft]),
            )
            for one, offsets, some in zip(soft, moves, hidden, strict=True):
                cloth = cloths[one]
                left = cloth.triangles[~some[cloth.triangles].any(axis=1)]
                cloths[one] = replace(cloth, points=cloth.points + offsets, triangles=left)
                gone[one] |= some
    worn = [layer for layer in layers if layer in shoes]
    hems = [layer for layer in layers if layer in eased and layer not in shoes] if worn else []
    for layer in hems:
        offsets = room(cloths[layer], [cloths[one] for one in worn], around, scale=scale)
        cloths[layer] = replace(cloths[layer], points=cloths[layer].points + offsets)
    for layer in worn if hems else ():
        offsets = tucked(cloths[layer], [cloths[one] for one in hems], around, scale=scale)
        cloths[layer] = replace(cloths[layer], points=cloths[layer].points + offsets)
    for layer in layers:
        offsets, start = cloths[layer].points - was[layer], 0
        for piece, primitive in drawn[layer]:
            mine, unseen = (held[start : start + len(primitive.positions)] for held in (offsets, gone[layer]))
            start += len(mine)
            if mine.any() and abs(np.linalg.det(piece.matrix[:3, :3])) > 1e-12:
                local = mine @ np.linalg.inv(piece.matrix[:3, :3]).T
                primitive = replace(primitive, positions=(primitive.positions + local).astype(np.float32))  # noqa: PLW2901
                changed[piece.node, piece.place] = primitive
            if unseen.any():
                keep = ~unseen[primitive.indices].any(axis=1)
                primitive = replace(primitive, indices=np.ascontiguousarray(primitive.indices[keep]))  # noqa: PLW2901
                changed[piece.node, piece.place] = compact(primitive) if keep.any() else None


def _rest_of(pieces: list[_Piece], left: Mapping[tuple[int, int], NDArray[np.intp]], hidden: Mask | None) -> Rested:
    """What is drawn of a layer, as it was at rest; nothing of what bends with a skin."""
    whole, kept, start = join([piece.surface for piece in pieces]), [np.zeros(0, np.intp)], 0
    for piece in pieces:
        if not piece.skinned:
            kept.append(start + left.get((piece.node, piece.place), np.arange(len(piece.surface.points))))
        start += len(piece.surface.points)
    drawn = np.concatenate(kept)
    covered = np.zeros(start, dtype=bool) if hidden is None else hidden
    return Rested(points=whole.points[drawn], covered=covered[drawn])


def _now(piece: _Piece, primitive: Primitive) -> Surface:
    """What is drawn of a piece, where it is in the pose."""
    return _surface(Draw(primitive=primitive, matrix=piece.matrix), opaque=True)


def _cover(inner: Inner, shells: Mapping[str, Outer]) -> dict[str, Covered]:
    """The verdict of each layer on an inner one, from the innermost; ``shells`` are named from the outermost."""
    names = tuple(shells)[::-1]
    return dict(zip(names, covers(inner, [shells[name] for name in names]), strict=True))


def _together(verdicts: Iterable[Covered]) -> Covered:
    """Verdicts in turn: the largest push, every cut."""
    first, *others = verdicts
    offsets, keep, covered = first.offsets.copy(), first.keep, first.under
    for found in others:
        larger = np.einsum("ij,ij->i", found.offsets, found.offsets) > np.einsum("ij,ij->i", offsets, offsets)
        offsets[larger] = found.offsets[larger]
        keep, covered = keep & found.keep, covered | found.under
    return Covered(offsets=offsets, keep=keep, under=covered)


class _Swung:
    """What of the body ``hanging`` layers cover where they are in the pose."""

    def __init__(self, pieces: list[tuple[str, _Piece]], hanging: frozenset[str], *, body: str, scale: float) -> None:
        surfaces: dict[str, list[Surface]] = {}
        for layer, piece in pieces if hanging else ():
            if layer == body or layer in hanging:
                surfaces.setdefault(layer, []).append(piece.surface)
        self._scale = scale
        self._skin = join(surfaces.pop(body)) if body in surfaces else None
        self._shells = {
            layer: Outer(outward(join(held), self._skin), scale=scale) for layer, held in surfaces.items()
        }

    def bare(self, verdicts: Mapping[str, Covered]) -> tuple[Mask, Mask] | None:
        """Triangles of the body, bool[m], that come out from under hems in the pose and that nothing else covers, and
        these with a margin under the hems; ``verdicts`` are those on the body at rest. None where nothing hangs.
        """
        lifted = {name: shell for name, shell in self._shells.items() if name in verdicts}
        if not lifted or self._skin is None:
            return None
        points, triangles = self._skin.points, self._skin.triangles
        swung = _cover(Inner(self._skin, scale=self._scale), lifted).values()
        out = ~np.logical_or.reduce([verdict.under for verdict in swung])
        seen = np.logical_and.reduce(
            [np.ones(len(triangles), dtype=bool)]
            + [verdict.keep for name, verdict in verdicts.items() if name not in lifted]
        )
        near = out.copy()
        if out.any():
            within = cKDTree(points[out]).query(points[~out], distance_upper_bound=MARGIN * self._scale)[0]
            near[~out] = np.isfinite(within)
        return seen & out[triangles].any(axis=1), seen & near[triangles].any(axis=1)


def _unshared(model: Model) -> Model:
    """Every node its own mesh, because the same mesh is covered differently in different places."""
    seen: set[int] = set()
    nodes, meshes = list(model.nodes), list(model.meshes)
    for place, node in enumerate(nodes):
        if node.mesh is None:
            continue
        if node.mesh in seen:
            meshes.append(meshes[node.mesh])
            nodes[place] = replace(node, mesh=len(meshes) - 1)
        else:
            seen.add(node.mesh)
    return replace(model, nodes=tuple(nodes), meshes=tuple(meshes))


def _pieces(model: Model, see_through: frozenset[str], alphas: dict[int, bool]) -> list[tuple[str, _Piece]]:
    """Every drawn primitive with its surface, in the order in which :func:`flatten` gives them."""
    places: list[tuple[int, int]] = []
    for place in drawing(model):
        mesh = model.nodes[place].mesh
        assert mesh is not None
        places += [(place, number) for number in range(len(model.meshes[mesh].primitives))]
    found = []
    for (place, number), draw in zip(places, flatten(model), strict=True):
        node = model.nodes[place]
        assert node.mesh is not None
        primitive = model.meshes[node.mesh].primitives[number]
        piece = _Piece(
            node=place,
            place=number,
            primitive=primitive,
            matrix=draw.matrix,
            skinned=node.skin is not None or bool(primitive.targets),
            surface=_surface(draw, draw.layer not in see_through and _opaque(primitive.material, alphas)),
            normals=draw.primitive.normals,
        )
        found.append((draw.layer, piece))
    return found


def _rested(pieces: list[tuple[str, _Piece]], rest: Mapping[str, Model]) -> list[tuple[str, _Piece]]:
    """The pieces with their surfaces at rest; as they are, if a layer has other pieces there."""
    draws = {layer: list(flatten(model)) for layer, model in rest.items()}
    found = []
    for layer, piece in pieces:
        draw = draws[layer].pop(0) if draws.get(layer) else None
        if draw is None or len(draw.primitive.positions) != len(piece.surface.points):
            return pieces
        held = _surface(draw, opaque=True)
        surface = replace(piece.surface, points=held.points, normals=held.normals)
        found.append((layer, replace(piece, surface=surface)))
    return found if not any(draws.values()) else pieces


def _surface(draw: Draw, opaque: bool) -> Surface:
    linear = draw.matrix[:3, :3]
    # Cofactors turn normals as the inverse transpose does, and exist for flattened models too.
    cofactor = np.stack(
        [np.cross(linear[1], linear[2]), np.cross(linear[2], linear[0]), np.cross(linear[0], linear[1])]
    )
    if np.linalg.det(linear) < 0:
        cofactor = -cofactor
    triangles = draw.primitive.indices.astype(np.int64)
    return Surface(
        points=apply(draw.matrix, draw.primitive.positions),
        normals=draw.primitive.normals @ cofactor.T,
        triangles=triangles,
        opaque=np.full(len(triangles), opaque),
    )


def _opaque(material: Material, alphas: dict[int, bool]) -> bool:
    """Whether nothing shows through. A material may say BLEND and have no alpha at all; that is looked up."""
    if "KHR_materials_transmission" in material.extensions:
        return False
    if material.alpha_mode is AlphaMode.OPAQUE:
        return True
    if material.base_color[3] < 1:
        return False
    texture = material.base_color_texture
    if texture is None or texture.image.mime == "image/jpeg":
        return True
    image = texture.image
    if image.width * image.height > _LOOKED_AT:
        return False
    key = id(image)
    if key not in alphas:
        try:
            alphas[key] = bool((decode(image)[..., 3] == 255).all())
        except ImageError:
            alphas[key] = False  # whoever draws it will say so
    return alphas[key]


def _apply(
    pieces: list[_Piece],
    covered: Covered,
    changed: dict[tuple[int, int], Primitive | None],
    left: dict[tuple[int, int], NDArray[np.intp]],
    turns: Turns | None,
) -> None:
    """Moves and cuts the pieces, and tells which vertices are ``left``. Offsets turn with the body from rest to pose,
    if ``turns`` are given.
    """
    vertex = triangle = 0
    for piece in pieces:
        offsets = covered.offsets[vertex : vertex + len(piece.surface.points)]
        keep = covered.keep[triangle : triangle + len(piece.surface.triangles)]
        vertex, triangle = vertex + len(offsets), triangle + len(keep)
        primitive = piece.primitive
        if offsets.any() and not piece.skinned and abs(np.linalg.det(piece.matrix[:3, :3])) > 1e-12:
            way = offsets if turns is None else turns.of(piece.surface.points, offsets)
            local = way @ np.linalg.inv(piece.matrix[:3, :3]).T
            primitive = replace(primitive, positions=(primitive.positions + local).astype(np.float32))
        if not keep.all():
            primitive = replace(primitive, indices=np.ascontiguousarray(primitive.indices[keep]))
        if primitive is not piece.primitive:
            changed[piece.node, piece.place] = compact(primitive) if len(primitive.indices) else None
            left[piece.node, piece.place] = np.unique(primitive.indices).astype(np.intp)


def _rebuilt(model: Model, changed: Mapping[tuple[int, int], Primitive | None]) -> Model:
    nodes, meshes = list(model.nodes), list(model.meshes)
    for place in sorted({node for node, _ in changed}):
        node = nodes[place]
        assert node.mesh is not None
        mesh = meshes[node.mesh]
        primitives = (changed.get((place, k), primitive) for k, primitive in enumerate(mesh.primitives))
        left = tuple(primitive for primitive in primitives if primitive is not None)
        meshes[node.mesh] = replace(mesh, primitives=left)
        if not left and not mesh.loose:
            nodes[place] = replace(node, mesh=None, skin=None, morph_weights=())
    # Meshes that nothing is left of go, so that no file is written with an empty one.
    kept = [k for k, mesh in enumerate(meshes) if mesh.primitives or mesh.loose]
    where = {old: new for new, old in enumerate(kept)}
    nodes = [node if node.mesh is None else replace(node, mesh=where[node.mesh]) for node in nodes]
    return replace(model, nodes=tuple(nodes), meshes=tuple(meshes[k] for k in kept))
