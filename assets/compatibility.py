"""What of a design cannot look right: a garment on a figure it is not made for, in a pose that it is not shown in, or
under what it is worn over.

The catalogue's own pieces are judged, and of an owner's those that say what they are made for; of other models nobody
knows it. Only what is worn as it comes is: who moves, turns or scales a layer by hand sees to its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from assets import catalogue, catalogue_garments, catalogue_mannequins
from assets.catalogue import Item
from assets.design import Avatar, Design, Layer, Pose, Ref, Transform

OUTERWEAR: Final = 30
"""From this depth on a piece goes over others. Below it both orders are worn: a top over its trousers, or in them."""
_NAMED: Final = 6  # garments that a sentence names at most
_NONE: Final[Mapping[str, Item]] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Why a design is not taken: a stable code, the path of what is at fault, and what to change."""

    code: str
    path: str
    detail: str


def faults(design: Design, own: Mapping[str, Item] = _NONE) -> Iterator[Fault]:
    """Everything in a design that cannot look right, layer by layer. References that nobody knows are passed over.

    ``own`` are an owner's items by id; a garment of the owner's without figures fits whatever it is put on, and one
    of ours is not judged on an avatar of the owner's.
    """
    known = {**catalogue.ITEMS, **own}
    worn = [(number, piece) for number, layer in enumerate(design.layers) if (piece := _garment(layer, known))]
    avatar = design.avatar
    body = _known(avatar.model, known) if avatar is not None else None
    for number, piece in worn:
        path = f"design.layers[{number}].model"
        judged = piece.figures and not (body is not None and body.id in own and piece.id not in own)
        if avatar is not None and body is not None and body.kind == "avatar" and judged:
            figure = figure_of(body.id)
            if figure not in piece.figures:
                yield Fault(code="design.wrong_figure", path=path, detail=_misfit(path, piece, body.id, figure))
            elif piece.poses:
                yield from _posed(piece, avatar)
    for number, (place, outer) in enumerate(worn):
        for under, inner in worn[:number]:
            if outer.depth < OUTERWEAR <= inner.depth and set(outer.covers) & set(inner.covers):
                path = f"design.layers[{place}].model"
                detail = (
                    f"{path}: {outer.id!r} is listed after {inner.id!r}, so that it would be worn over it; layers go "
                    f"from the inside out: put it before design.layers[{under}]"
                )
                yield Fault(code="design.wrong_order", path=path, detail=detail)


def figure_of(avatar: str) -> str:
    """The figure that garments are made for: a mannequin's in whatever size, else the avatar itself."""
    entry = catalogue_mannequins.figure(avatar)
    return avatar if entry is None else entry.id


def fitting(figure: str) -> tuple[str, ...]:
    """The garments that are made for a figure, by id."""
    return tuple(one.id for one in catalogue_garments.GARMENTS if figure in one.figures)


def pose_of(pose: Pose | None) -> str | None:
    """The name of a mannequin's pose; the first where none is asked for, None for one that no mannequin has."""
    if pose is None:
        return catalogue_garments.POSES[0]
    if isinstance(pose.animation, str):
        return pose.animation if pose.animation in catalogue_garments.POSES else None
    return catalogue_garments.POSES[pose.animation] if pose.animation < len(catalogue_garments.POSES) else None


def _known(ref: Ref, known: Mapping[str, Item]) -> Item | None:
    return known.get(ref.item) if ref.item is not None else None


def _garment(layer: Layer, known: Mapping[str, Item]) -> Item | None:
    """The layer's garment, when it is known, worn as it comes, and seen."""
    piece = _known(layer.model, known)
    if piece is None or piece.kind != "garment" or not layer.visible or layer.transform != Transform():
        return None
    return piece


def _misfit(path: str, piece: Item, avatar: str, figure: str) -> str:
    others = fitting(figure)
    instead = ", ".join(others[:_NAMED]) + (", …" if len(others) > _NAMED else "")
    choose = f", or choose one that fits {figure}: {instead}" if others else ""
    made_for = " or ".join(piece.figures)
    return f"{path}: {piece.id!r} is not made for {avatar!r}; put it on {made_for} (in any size){choose}"


def _posed(piece: Item, avatar: Avatar) -> Iterator[Fault]:
    name = pose_of(avatar.pose)
    if name is not None and name not in piece.poses:
        path = "design.avatar.pose.animation"
        detail = f"{path}: {piece.id!r} is not shown in the pose {name!r}; choose {', '.join(piece.poses)}"
        yield Fault(code="design.wrong_pose", path=path, detail=detail)
