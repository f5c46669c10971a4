"""What the steps of a tech pack left, and what its document says, together: the content of its pages."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from PIL import Image as Pillow

from assets import catalogue, images, tech_pack_sources, tech_pack_start
from assets.catalogue_garments import GARMENTS
from assets.flat import Flat, Line, LineKind
from assets.tech_pack import Callout, PointOfMeasure, TechPack, said
from exporters.tech_pack.content import CalloutAt, LayerFacts, PackContent, Projection, Seen, Taken
from farm.plan import StepResult
from farm.steps import StepContext


def gathered(context: StepContext) -> PackContent:
    """What the other steps left and the document says, together."""
    want = context.step.params
    document, language = want["design"], want["language"]
    pack = TechPack.model_validate_json(orjson.dumps(want["tech_pack"]))
    facts, seen = _read(context, "measure"), _read(context, "looks")
    rows = [
        LayerFacts(
            id=layer["id"],
            name=layer["name"] or _item_name(layer["model"], language),
            model=layer["model"]["item"] or f"blob {layer['model']['blob'][:8]}",
            looks=tuple((name, value) for name, value in seen.get(layer["id"], ())),
            area_m2=facts["areas"].get(layer["id"], 0.0),
        )
        for layer in document["layers"]
    ]
    taken = tuple(_taken(entry) for entry in facts["points"])
    fabrics = {layer["id"]: _fabric(layer) for layer in document["layers"]}
    materials = pack.materials or tech_pack_start.materials(
        [
            tech_pack_start.Made(
                id=row.id,
                name=row.name or row.id,
                looks=row.looks,
                fabric=fabrics[row.id],
                cloths=facts["cloths"].get(row.id, {}),
            )
            for row in rows
        ]
    )
    full = pack.model_copy(
        update={
            "points": tuple(one.point for one in taken),
            "materials": tuple(tech_pack_start.with_facts(line) for line in materials),
            "colourways": pack.colourways
            or tech_pack_start.colourways([(row.name or row.id, row.looks) for row in rows]),
        }
    )
    notes = "\n\n".join(text for text in (pack.notes, document["notes"]) if text.strip())
    said_callouts = [
        Callout.model_validate_json(orjson.dumps(_without(entry, "spot"))) for entry in facts["callouts"]
    ]
    return PackContent(
        name=document["name"],
        pack=full,
        language=language,
        units=want["units"],
        page=want["page"],
        flats={
            view: _seen(_read(context, f"flat-{view}"))
            for view in tech_pack_sources.VIEWS
            if f"flat-{view}" in _needed(context)
        },
        pieces={
            name: {
                view: _seen(_read(context, f"piece-{number}-{view}"))
                for view in want["pieces"][name]
                if f"piece-{number}-{view}" in _needed(context)
            }
            for number, name in enumerate(want["pieces"])
            if f"piece-{number}-{want['pieces'][name][0]}" in _needed(context)
        },
        pictures={
            view: _picture(context.blob(_needed(context)[f"render-{view}"].outputs[0].digest))
            for view in tech_pack_sources.VIEWS
            if f"render-{view}" in _needed(context)
        },
        logo=_logo(context, want["logo"]),
        layers=tuple(rows),
        points=taken,
        materials=full.materials,
        colourways=full.colourways,
        callouts=tuple(
            CalloutAt(
                text=said(callout.text, language),
                spot=np.array(entry["spot"]),
                views=callout.views,
                layer=callout.layer,
            )
            for callout, entry in zip(said_callouts, facts["callouts"], strict=True)
        ),
        notes=notes,
        sources=tech_pack_sources.of(
            document,
            want["content"],
            full,
            callouts=[callout.model_dump(mode="json") for callout in said_callouts],
            notes=notes,
        ),
    )


def _item_name(ref: Mapping[str, Any], language: str) -> str:
    """What the catalogue calls a model; nothing for an upload."""
    if ref["item"] is None:
        return ""
    item = catalogue.item(ref["item"])
    return item.name_ko if language == "ko" else item.name_en


def _fabric(layer: Mapping[str, Any]) -> str | None:
    """The catalogue's fabric that a layer is of: the one it was given, else what its garment is meant to be of."""
    texture = layer["material"]["texture"]
    if texture is not None:
        return texture.get("item") or None
    item = layer["model"]["item"]
    own = next((entry.cloth for entry in GARMENTS if entry.id == item), "")
    return own or None


def _taken(entry: Mapping[str, Any]) -> Taken:
    line = entry.get("line")
    return Taken(
        point=PointOfMeasure.model_validate_json(orjson.dumps(entry["point"])),
        cm=entry["cm"],
        error=entry["error"],
        shape=entry["shape"],
        line=None if line is None else np.array(line, np.float64),
    )


def _seen(facts: Mapping[str, Any]) -> Seen:
    width, height = facts["paper"]
    made = Flat(
        view=facts["view"],
        width_mm=width,
        height_mm=height,
        scale=facts["scale"],
        lines=tuple(
            Line(kind=LineKind(kind), layer=layer, closed=closed, points=np.array(points, np.float64))
            for kind, layer, closed, points in facts["lines"]
        ),
    )
    projection = Projection(
        axes=np.array(facts["axes"]), middle=np.array(facts["middle"]), mm=1000 * float(facts["scale"])
    )
    return Seen(flat=made, projection=projection)


def _picture(data: bytes) -> NDArray[np.uint8]:
    with Pillow.open(io.BytesIO(data)) as opened:
        return np.asarray(opened.convert("RGB"))


def _logo(context: StepContext, digest: str | None) -> NDArray[np.uint8] | None:
    """The brand's logo on white, at most 800 pixels a side."""
    if digest is None:
        return None
    pixels = images.decode(images.probe(context.blob(digest), name="logo"))
    picture = Pillow.fromarray(pixels)
    picture.thumbnail((800, 800))
    white = Pillow.new("RGBA", picture.size, "white")
    white.alpha_composite(picture.convert("RGBA"))
    return np.asarray(white.convert("RGB"))


def _without(entry: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != key}


def _read(context: StepContext, key: str) -> Any:
    return orjson.loads(context.blob(_needed(context)[key].outputs[0].digest))


def _needed(context: StepContext) -> dict[str, StepResult]:
    """What the step reads, by the keys that a tech pack gives; a bundle puts its own part's name before them."""
    return {key.rpartition(".")[2]: result for key, result in context.inputs.items()}
