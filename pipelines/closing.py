"""Closing a design: every reference becomes a digest, so that a worker decides nothing that changes bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeVar, runtime_checkable

from pydantic import Discriminator, Tag

from assets import catalogue, compatibility, environments
from assets.collection import Listing
from assets.design import Avatar, Design, GradientBackground, Layer, Ref
from assets.errors import ContentError
from farm.errors import Refused
from farm.jobs import Resolver, Spec

MODEL_TYPES = frozenset({"model/gltf-binary", "model/gltf+json"})
IMAGE_TYPES = frozenset({"image/png", "image/jpeg", "image/webp"})
LIGHT_TYPES = frozenset({"image/vnd.radiance", "image/x-exr"})
S = TypeVar("S", bound=Spec)
DRAWABLE_KINDS = frozenset({"avatar", "garment", "card-template"})


def _shape(value: Any) -> str:
    keys = value if isinstance(value, Mapping) else getattr(value, "model_fields_set", ())
    return "ref" if not isinstance(value, Design) and ("blob" in keys or "item" in keys) else "design"


AnyDesign = Annotated[
    Annotated[Design, Tag("design")] | Annotated[Ref, Tag("ref")],
    Discriminator(_shape),
]
"""A design document, or a bare reference to one model, which is a design of one layer."""


def as_design(given: Design | Ref) -> Design:
    """The document itself, or one made around a bare model."""
    return given if isinstance(given, Design) else Design(layers=(Layer(id="model", model=given),))


@dataclass(frozen=True, kw_only=True)
class ClosedDesign:
    """``document`` is the design as JSON; ``content`` maps "item:tshirt" and "blob:<sha>" to digests; ``blobs``
    are those that must be kept.
    """

    document: Mapping[str, Any]
    content: Mapping[str, str]
    blobs: tuple[str, ...]


def ref_key(ref: Ref) -> str:
    """The reference as one string, the key of :attr:`ClosedDesign.content`."""
    return f"item:{ref.item}" if ref.item is not None else f"blob:{ref.blob}"


def item_digest(ref: Ref, kinds: frozenset[str], where: str) -> str:
    """The digest of an item of one of these kinds. Raises Refused with the path ``where``."""
    assert ref.item is not None
    try:
        item = catalogue.item(ref.item)
        digest = catalogue.digest(ref.item)
    except ContentError as error:
        raise Refused(error.code, f"{where}: {error}", {"path": where}) from error
    if item.kind not in kinds:
        wanted = " or ".join(sorted(kinds))
        raise Refused(
            "catalogue.wrong_kind",
            f"{where}: {ref.item!r} is a {item.kind}; give a {wanted} instead",
            {"path": where},
        )
    return digest


def blob_digest(ref: Ref, types: frozenset[str], where: str, resolver: Resolver) -> str:
    """The digest of the owner's blob of one of these media types. Raises Refused with the path ``where``."""
    assert ref.blob is not None
    try:
        info = resolver.blob(ref.blob)
    except Refused as error:
        raise Refused(error.code, f"{where}: {error.detail}", {"path": where}) from error
    if info.media_type not in types:
        wanted = ", ".join(sorted(types))
        raise Refused(
            "design.wrong_media_type",
            f"{where}: the blob is {info.media_type}; upload one of {wanted}",
            {"path": where},
        )
    return ref.blob


def places(design: Design) -> list[tuple[str, Ref, bool]]:
    """(path, reference, whether it is a model) of everything that is drawn. Raises Refused for a print that is no
    blob.
    """
    found: list[tuple[str, Ref, bool]] = []
    parts: list[tuple[str, Avatar | Layer]] = []
    if design.avatar is not None and design.avatar.visible:
        parts.append(("design.avatar", design.avatar))
    parts += [(f"design.layers[{i}]", layer) for i, layer in enumerate(design.layers) if layer.visible]
    for path, part in parts:
        found.append((f"{path}.model", part.model, True))
        if part.material.texture is not None:
            found.append((f"{path}.material.texture", part.material.texture, False))
        for number, one in enumerate(part.material.prints):
            where = f"{path}.material.prints[{number}].image"
            if one.image.blob is None:
                detail = f"{where} takes a blob, the digest of a picture: upload it with POST /api/v1/blobs first"
                raise Refused("catalogue.wrong_kind", detail, {"path": where})
            found.append((where, one.image, False))
    return found


def close_design(given: Design | Ref, resolver: Resolver, *, canvas: bool, texts: bool) -> ClosedDesign:
    """Resolves a design for steps that read its canvas (pictures) and its texts (model metadata), or not.

    What a step does not read is left out, so that renaming a design renders nothing again. Raises Refused with
    the path of the reference that is at fault.
    """
    design = as_design(given)
    _compatible(design)
    content: dict[str, str] = {}
    for where, ref, is_model in places(design):
        if ref.item is not None:
            digest = item_digest(ref, DRAWABLE_KINDS if is_model else frozenset({"fabric"}), where)
        else:
            digest = blob_digest(ref, MODEL_TYPES if is_model else IMAGE_TYPES, where, resolver)
        content[ref_key(ref)] = digest
    if canvas:
        studio = Ref(item=design.canvas.lighting.studio)
        content[ref_key(studio)] = item_digest(studio, frozenset({"studio"}), "design.canvas.lighting.studio")
        content |= _environment(design, resolver) | _stage(design, resolver)
        design = _with_backdrop(design)
    document = design.model_dump(mode="json")
    document["layers"] = [layer for layer in document["layers"] if layer["visible"]]
    if design.avatar and not design.avatar.visible:
        document["avatar"] = None
    if not canvas:
        del document["canvas"]
    if not texts:
        document = {k: v for k, v in document.items() if k not in {"name", "notes"}}
        for layer in document["layers"]:
            del layer["name"]
    blobs = tuple(dict.fromkeys(key[5:] for key in content if key.startswith("blob:")))
    return ClosedDesign(document=document, content=content, blobs=blobs)


@runtime_checkable
class OwnItems(Protocol):
    """What a resolver may know beside blobs: the owner's own items of the catalogue."""

    def item(self, item_id: str) -> Listing | None:
        """The owner's item of that id; None when there is none."""


def with_own_items(spec: S, resolver: Resolver) -> S:
    """The spec with the models of the owner's items in the place of their ids, and what they say of themselves held
    to. Raises Refused with the path of an id that is not the owner's.
    """
    given = getattr(spec, "design", None)
    if not isinstance(given, (Design, Ref)):
        return spec
    design = as_design(given)
    own: dict[str, Listing] = {}
    for where, ref, kinds in _models(design):
        if ref.item is None or not ref.item.startswith(catalogue.OWN):
            continue
        found = resolver.item(ref.item) if isinstance(resolver, OwnItems) else None
        if found is None:
            detail = f"{where}: you have no item {ref.item!r}: GET /api/v1/catalogue?mine=true lists yours"
            raise Refused("catalogue.unknown_item", detail, {"path": where})
        if found.kind not in kinds:
            detail = f"{where}: {ref.item!r} is a {found.kind}; give a {' or '.join(sorted(kinds))} instead"
            raise Refused("catalogue.wrong_kind", detail, {"path": where})
        own[ref.item] = found
    if not own:
        return spec
    _compatible(design, {one.id: _as_item(one) for one in own.values()})

    def model(ref: Ref) -> Ref:
        return Ref(blob=own[ref.item].blob) if ref.item in own else ref

    changes: dict[str, Any] = {
        "layers": tuple(layer.model_copy(update={"model": model(layer.model)}) for layer in design.layers)
    }
    if design.avatar is not None:
        changes["avatar"] = design.avatar.model_copy(update={"model": model(design.avatar.model)})
    if design.canvas.stage is not None:
        changes["canvas"] = design.canvas.model_copy(update={"stage": model(design.canvas.stage)})
    return spec.model_copy(update={"design": design.model_copy(update=changes)})


def _models(design: Design) -> list[tuple[str, Ref, frozenset[str]]]:
    """(path, reference, kinds that may stand there) of every model, seen or not."""
    found = [("design.avatar.model", design.avatar.model, DRAWABLE_KINDS)] if design.avatar is not None else []
    found += [(f"design.layers[{i}].model", layer.model, DRAWABLE_KINDS) for i, layer in enumerate(design.layers)]
    if design.canvas.stage is not None:
        found.append(("design.canvas.stage", design.canvas.stage, frozenset({"stage"})))
    return found


def _as_item(one: Listing) -> catalogue.Item:
    worn = one.worn
    return catalogue.Item(
        id=one.id,
        kind=one.kind,  # type: ignore[arg-type]  # checked when it was written
        name_en=one.name_en,
        name_ko=one.name_ko,
        tags=one.tags,
        covers=worn.covers if worn else (),
        depth=worn.depth if worn else 0,
        figures=worn.figures if worn else (),
        poses=worn.poses if worn else (),
    )


def _compatible(design: Design, own: Mapping[str, catalogue.Item] | None = None) -> None:
    """Raises Refused for the first thing that cannot look right."""
    for fault in compatibility.faults(design, own or {}):
        raise Refused(fault.code, fault.detail, {"path": fault.path})


def _with_backdrop(design: Design) -> Design:
    """A background that is left to the studio is written down: who asks for the same one gets the same pictures."""
    canvas = design.canvas
    if canvas.background is not None:
        return design
    top, bottom = environments.backdrop(canvas.lighting.studio)
    gradient = GradientBackground(kind="gradient", top=top, bottom=bottom)
    return design.model_copy(update={"canvas": canvas.model_copy(update={"background": gradient})})


def _stage(design: Design, resolver: Resolver) -> dict[str, str]:
    """The content key and digest of what the design stands on, where it names that."""
    ref = design.canvas.stage
    if ref is None:
        return {}
    where = "design.canvas.stage"
    if ref.item is not None:
        return {ref_key(ref): item_digest(ref, frozenset({"stage"}), where)}
    return {ref_key(ref): blob_digest(ref, MODEL_TYPES, where, resolver)}


def _environment(design: Design, resolver: Resolver) -> dict[str, str]:
    """The file of light, when the design names one."""
    ref = design.canvas.lighting.environment
    if ref is None:
        return {}
    where = "design.canvas.lighting.environment"
    if ref.blob is None:
        detail = f"{where} takes a blob, the digest of a .hdr or .exr file; name a studio in 'studio' instead"
        raise Refused("catalogue.wrong_kind", detail, {"path": where})
    return {ref_key(ref): blob_digest(ref, LIGHT_TYPES, where, resolver)}


def stem_of(given: Design | Ref) -> str:
    """The design's name as the start of a file name: letters, digits, '.', '_' and '-' of any script."""
    return stem(as_design(given).name)


def stem(name: str, otherwise: str = "design") -> str:
    """A name as the start of a file name, as :func:`stem_of`; ``otherwise`` when nothing of it can stay."""
    safe = "".join(c if c.isalnum() or c in "._-" else "-" for c in name.strip()).strip("-.")
    return safe[:80] or otherwise
