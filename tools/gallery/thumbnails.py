"""Draws the small pictures of the catalogue: ``python -m tools.gallery.thumbnails [item …]``.

Each is a WebP of 256 pixels under ``assets/catalogue_data/thumbs``, of at most 8 KB. Only what has changed since is
drawn again (``index.json`` remembers the digests); ``--all`` draws everything. ``--apart DIR`` writes PNGs there
instead, for a look at each.

What is worn or stands is a job like any other, run here: garments and outfits on their figure, mannequins, stages,
card templates and foils. Fabrics lie on a ball, studios light a chrome and a matt one.
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from PIL import Image as Picture

from assets import catalogue, environments, framing
from assets.collection import THUMBNAILS, Listing, listings
from assets.design import CameraSettings
from assets.model import Material
from assets.scene import Background, Draw, Lighting, Renderer, Scene, Target
from farm.blob_memory import MemoryBlobs
from farm.errors import Refused
from farm.execution import run_eager
from farm.jobs import BlobInfo, Load
from pipelines.kinds import KINDS
from pipelines.steps.content import Drawing, opened
from pipelines.steps.registry import STEPS
from tools.gallery import cards, foils
from tools.gallery.fabrics import Pixels, ball, on_ball

SIDE: Final = 256
MOST: Final = 8_000
DRAWN: Final = 512
QUALITIES: Final = (82, 74, 66, 58, 50, 42, 34, 26, 18, 10)
INDEX: Final = THUMBNAILS / "index.json"
PAPER: Final = ("#f4f4f2", "#d9d8d4")
GRADIENT: Final = MappingProxyType({"kind": "gradient", "top": "#dcdee1", "bottom": "#b4b8bd"})
"""Behind figures, most of which are white."""


class Nothing:
    """A resolver of designs that name the catalogue alone."""

    def blob(self, digest: str) -> BlobInfo:
        """Raises Refused."""
        raise Refused("blob.unknown", f"blob {digest} is not here")

    def load(self, lane: str) -> Load:  # noqa: ARG002 - the resolver's protocol
        """Nothing waits here."""
        return Load()


def still(resources: MutableMapping[str, Any], design: Mapping[str, Any], view: str, fill: float = 0.92) -> Pixels:
    """A design as a job of kind "still" draws it."""
    camera = {"fov": 24, "fill": fill}
    spec = {"design": design, "views": [view], "width": DRAWN, "height": DRAWN, "camera": camera}
    return _job(resources, "still", spec)


def _job(resources: MutableMapping[str, Any], kind: str, spec: Mapping[str, Any]) -> Pixels:
    found = KINDS[kind]
    closed = found.close(found.spec.model_validate_json(json.dumps(spec)), Nothing(), None)
    store = MemoryBlobs()
    with tempfile.TemporaryDirectory() as scratch:
        (output,) = run_eager(closed, STEPS, blobs=store, scratch=Path(scratch), resources=resources)
    return np.array(Picture.open(store.open(output.digest)))


def worn(resources: MutableMapping[str, Any], one: Listing) -> Pixels:
    """A garment on the figure that it was draped on, as near as shows all of it."""
    assert one.worn is not None
    design = {
        "avatar": {"model": {"item": one.worn.draped_on}},
        "layers": [{"id": "it", "model": {"item": one.id}}],
        "canvas": {"background": dict(GRADIENT)},
    }
    return still(resources, design, "detail:it@three-quarter", 0.84)


def outfit(resources: MutableMapping[str, Any], one: Listing) -> Pixels:
    """The whole look, as its design has it."""
    design = dict(one.design or {})
    design["canvas"] = {**design.get("canvas", {}), "background": dict(GRADIENT)}
    return still(resources, design, "three-quarter", 0.94)


def avatar(resources: MutableMapping[str, Any], one: Listing) -> Pixels:
    """The figure alone, at ease where it can be."""
    body: dict[str, Any] = {"model": {"item": one.id}}
    if one.size:
        body["pose"] = {"animation": "relaxed"}
    return still(resources, {"avatar": body, "canvas": {"background": dict(GRADIENT)}}, "three-quarter", 0.94)


def stage(resources: MutableMapping[str, Any], one: Listing) -> Pixels:
    """With a mannequin on it, for its size."""
    body = {"model": {"item": "mannequin-female"}, "pose": {"animation": "relaxed"}}
    canvas = {"stage": {"item": one.id}, "background": dict(GRADIENT)}
    return still(resources, {"avatar": body, "canvas": canvas}, "three-quarter", 0.94)


def studio(renderer: Renderer, name: str) -> Pixels:
    """A chrome ball before a matt one, in the studio's light, before the background that suits it."""
    draws = []
    for place, material in (
        (-0.055, Material(base_color=(0.92, 0.92, 0.92, 1), metallic=1.0, roughness=0.04)),
        (0.055, Material(base_color=(0.55, 0.55, 0.55, 1), metallic=0.0, roughness=0.75)),
    ):
        matrix = np.eye(4)
        matrix[:3, 3] = (place, 0.0, -0.02 if place > 0 else 0.02)
        draws.append(Draw(primitive=ball(100, material), matrix=matrix))
    top, bottom = environments.backdrop(name)
    background = Background(top=top, bottom=bottom)
    view = framing.view(tuple(draws), "front", settings=CameraSettings(fov=20, fill=0.9), aspect=1.0)
    scene = Scene(draws=tuple(draws), digest=f"studio {name}", lighting=Lighting(studio=name), background=background)
    return next(renderer.frames(scene, (view,), Target(width=DRAWN, height=DRAWN))).copy()


def card(resources: MutableMapping[str, Any], document: Mapping[str, Any]) -> Pixels:
    """A card's front before the dark that foil needs, as a job of kind "card" draws it."""
    still_output = {"kind": "still", "width": DRAWN, "height": DRAWN, "tilt": [-14, 0]}
    background = {"kind": "gradient", "top": foils.STUDIO.top, "bottom": foils.STUDIO.bottom}
    output = {**still_output, "background": background}
    return _job(resources, "card", {"card": document, "outputs": [output]})


def template(resources: MutableMapping[str, Any], one: Listing) -> Pixels:
    """The template's rare card."""
    return card(resources, cards.design(one.id, "rare").model_dump(mode="json", exclude_defaults=True))


def foil(resources: MutableMapping[str, Any], one: Listing) -> Pixels:
    """The card that the foils' gallery shows it on."""
    return card(resources, foils.design(one.id).model_dump(mode="json", exclude_defaults=True))


def art(one: Listing) -> Pixels:
    """The picture itself, over paper where it is clear."""
    with Picture.open(io.BytesIO(catalogue.picture(one.id))) as found:
        whole = found.convert("RGBA")
    paper = Picture.new("RGBA", whole.size, PAPER[1])
    return np.array(Picture.alpha_composite(paper, whole).convert("RGB"))


def drawn(resources: MutableMapping[str, Any], one: Listing) -> Pixels:
    """The picture of one listing: uint8[height, width, 3 or 4]."""
    by_kind: Mapping[str, Callable[[], Pixels]] = {
        "avatar": lambda: avatar(resources, one),
        "garment": lambda: worn(resources, one),
        "outfit": lambda: outfit(resources, one),
        "stage": lambda: stage(resources, one),
        "fabric": lambda: on_ball(opened(resources), catalogue.fabric(one.id), DRAWN),
        "studio": lambda: studio(opened(resources), one.id),
        "card-template": lambda: template(resources, one),
        "card-art": lambda: art(one),
        "foil": lambda: foil(resources, one),
    }
    return by_kind[one.kind]()


def square(pixels: Pixels) -> Picture.Image:
    """Cut to a square about its middle, 256 pixels."""
    whole = Picture.fromarray(pixels[..., :3])
    side = min(whole.size)
    left, top = (whole.width - side) // 2, (whole.height - side) // 2
    return whole.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), Picture.Resampling.LANCZOS)


def packed(picture: Picture.Image) -> bytes:
    """As WebP, at the best quality that stays within :data:`MOST` bytes."""
    for quality in QUALITIES:
        out = io.BytesIO()
        picture.save(out, "WEBP", quality=quality, method=6)
        if out.tell() <= MOST:
            break
    return out.getvalue()


def main() -> None:
    """Draws what is asked for, or what has changed."""
    asked = argparse.ArgumentParser(description="Small pictures of the catalogue.")
    asked.add_argument("items", nargs="*")
    asked.add_argument("--all", action="store_true")
    asked.add_argument("--apart", type=Path)
    told = asked.parse_args()
    folder = told.apart or THUMBNAILS
    folder.mkdir(parents=True, exist_ok=True)
    index: dict[str, str] = json.loads(INDEX.read_bytes()) if INDEX.is_file() else {}
    everything = listings()
    resources: dict[str, Any] = {"drawing": Drawing()}
    for one in everything.values():
        path = folder / f"{one.id}.webp"
        fresh = index.get(one.id) == one.digest and path.is_file()
        if (told.items and one.id not in told.items) or (fresh and not told.items and not told.all):
            continue
        picture = square(drawn(resources, one))
        if told.apart is not None:
            picture.save(folder / f"{one.id}.png")
            continue
        path.write_bytes(packed(picture))
        index[one.id] = one.digest
        kept = {name: digest for name, digest in sorted(index.items()) if name in everything}
        INDEX.write_text(json.dumps(kept, indent=0) + "\n")
    if told.apart is None and not told.items:
        for path in THUMBNAILS.glob("*.webp"):
            if path.stem not in everything:
                path.unlink()
    if "renderer" in resources:
        resources["renderer"].close()


if __name__ == "__main__":
    main()
