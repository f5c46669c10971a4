"""The collection that ships with the farm: ids, names, and where their content lies.

The table is literal; the content is made by :mod:`assets.generators`, baked once into small files under
``assets/catalogue_data`` and read from there. Importing this module reads nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from assets import baked, catalogue_fabrics, catalogue_garments, catalogue_mannequins, mannequin, regions
from assets.errors import CatalogueError
from assets.fabric import Fabric, from_facts
from assets.images import probe
from assets.model import Image, Model

Kind = Literal["avatar", "garment", "fabric", "studio", "stage", "card-template", "card-art"]

DATA: Final = Path(__file__).resolve().parent / "catalogue_data"
LICENCE: Final = "CC0-1.0"
OWN: Final = "my-"
"""How the ids of owners' own items begin; none that ships does."""
_MODEL_KINDS: Final = frozenset({"avatar", "garment", "stage", "card-template"})

Corner = catalogue_garments.Corner


@dataclass(frozen=True, kw_only=True)
class Item:
    """One entry. ``files`` are its baked files, relative to :data:`DATA`.

    ``uv_metres`` is metres on the cloth per UV unit (garments; 0 elsewhere). ``covers`` names the body regions
    that a garment hides, ``depth`` how far out it is worn: 10 next to the skin, 20 over that, 30 outerwear.
    ``regions`` are its details, lowest and highest corner in metres (:mod:`assets.regions`); left is the wearer's.
    ``size`` is a mannequin's, "" of everything else. A garment's ``draped_on`` to ``level_feet`` are those of
    :class:`assets.catalogue_garments.Entry`.
    """

    id: str
    kind: Kind
    name_en: str
    name_ko: str
    tags: tuple[str, ...]
    files: tuple[str, ...] = ()
    licence: str = LICENCE
    uv_metres: float = 0.0
    covers: tuple[str, ...] = ()
    depth: int = 0
    regions: Mapping[str, tuple[Corner, Corner]] = field(default_factory=dict)
    size: str = ""
    draped_on: str = ""
    figures: tuple[str, ...] = ()
    poses: tuple[str, ...] = ()
    cloth: str = ""
    level_feet: bool = False


_TABLE: Final = (
    Item(
        id="dress-form",
        kind="avatar",
        name_en="Dress form, female EU 38",
        name_ko="여성 드레스폼 (EU 38)",
        tags=("dress form", "mannequin", "female", "stand"),
        files=("models/dress-form.npz",),
        regions={"neck": ((-0.10, 1.44, -0.10), (0.10, 1.63, 0.10)), "bust": ((-0.2, 1.20, -0.05), (0.2, 1.40, 0.2))},
    ),
    *(
        Item(
            id=figure.item_id(size),
            kind="avatar",
            name_en=f"{figure.name_en}, {size}",
            name_ko=f"{figure.name_ko} ({size})",
            tags=(*figure.tags, size),
            files=figure.files,
            size=size,
        )
        for figure in catalogue_mannequins.MANNEQUINS
        for size in figure.sizes
    ),
    *(
        Item(
            id=worn.id,
            kind="garment",
            name_en=worn.name_en,
            name_ko=worn.name_ko,
            tags=worn.tags,
            files=worn.files,
            uv_metres=1.0,
            covers=worn.covers,
            depth=worn.depth,
            regions=worn.regions,
            draped_on=worn.draped_on,
            figures=worn.figures,
            poses=worn.poses,
            cloth=worn.cloth,
            level_feet=worn.level_feet,
        )
        for worn in catalogue_garments.GARMENTS
    ),
    *(
        Item(
            id=cloth.id,
            kind="fabric",
            name_en=cloth.name_en,
            name_ko=cloth.name_ko,
            tags=cloth.tags,
            files=cloth.files,
        )
        for cloth in catalogue_fabrics.FABRICS
    ),
    Item(
        id="softbox",
        kind="studio",
        name_en="Softbox studio",
        name_ko="소프트박스 스튜디오",
        tags=("studio", "soft light"),
        files=("../environments.py",),
    ),
    Item(
        id="neutral",
        kind="studio",
        name_en="Neutral studio",
        name_ko="뉴트럴 스튜디오",
        tags=("studio", "colour matching", "neutral"),
        files=("../environments.py",),
    ),
    Item(
        id="daylight",
        kind="studio",
        name_en="Daylight",
        name_ko="데이라이트",
        tags=("studio", "sun", "sky"),
        files=("../environments.py",),
    ),
    Item(
        id="rim",
        kind="studio",
        name_en="Rim light",
        name_ko="림 라이트",
        tags=("studio", "dark", "outline"),
        files=("../environments.py",),
    ),
    Item(
        id="runway",
        kind="studio",
        name_en="Runway",
        name_ko="런웨이",
        tags=("studio", "spots", "show"),
        files=("../environments.py",),
    ),
    Item(
        id="beauty",
        kind="studio",
        name_en="Beauty clamshell",
        name_ko="뷰티 조명",
        tags=("studio", "high key", "soft light"),
        files=("../environments.py",),
    ),
    Item(
        id="golden-hour",
        kind="studio",
        name_en="Golden hour",
        name_ko="골든 아워",
        tags=("studio", "sun", "warm", "evening"),
        files=("../environments.py",),
    ),
    Item(
        id="night-neon",
        kind="studio",
        name_en="Night, neon signs",
        name_ko="밤거리 네온",
        tags=("studio", "dark", "neon", "colour"),
        files=("../environments.py",),
    ),
    Item(
        id="plinth-round",
        kind="stage",
        name_en="Round plinth, microcement",
        name_ko="원형 단상 (마이크로시멘트)",
        tags=("stage", "plinth", "round", "grey"),
        files=("models/plinth-round.npz",),
    ),
    Item(
        id="plinth-steps",
        kind="stage",
        name_en="Stepped plinth, terrazzo",
        name_ko="계단식 단상 (테라초)",
        tags=("stage", "plinth", "steps", "terrazzo"),
        files=("models/plinth-steps.npz",),
    ),
    Item(
        id="floor-parquet",
        kind="stage",
        name_en="Chevron parquet floor, oak",
        name_ko="헤링본 마루 (오크)",
        tags=("stage", "floor", "wood", "parquet"),
        files=("models/floor-parquet.npz",),
    ),
    Item(
        id="card-classic",
        kind="card-template",
        name_en="Classic card",
        name_ko="클래식 카드",
        tags=("card", "trading card", "63x88"),
        files=("cards/card-classic.json", "models/card-classic.npz"),
    ),
    Item(
        id="art-summit-sky",
        kind="card-art",
        name_en="Summit at dawn: sky",
        name_ko="새벽 봉우리: 하늘",
        tags=("card art", "landscape", "layer"),
        files=("art/art-summit-sky.webp",),
    ),
    Item(
        id="art-summit-peaks",
        kind="card-art",
        name_en="Summit at dawn: peaks",
        name_ko="새벽 봉우리: 산",
        tags=("card art", "landscape", "layer"),
        files=("art/art-summit-peaks.webp",),
    ),
    Item(
        id="art-summit-figure",
        kind="card-art",
        name_en="Summit at dawn: wanderer",
        name_ko="새벽 봉우리: 나그네",
        tags=("card art", "landscape", "layer"),
        files=("art/art-summit-figure.webp",),
    ),
    Item(
        id="art-moth-night",
        kind="card-art",
        name_en="Moon moth: night",
        name_ko="달나방: 밤",
        tags=("card art", "creature", "layer"),
        files=("art/art-moth-night.webp",),
    ),
    Item(
        id="art-moth-moth",
        kind="card-art",
        name_en="Moon moth: moth",
        name_ko="달나방: 나방",
        tags=("card art", "creature", "layer"),
        files=("art/art-moth-moth.webp",),
    ),
    Item(
        id="art-harbour-day",
        kind="card-art",
        name_en="Harbour by day",
        name_ko="항구의 낮",
        tags=("card art", "lenticular", "frame"),
        files=("art/art-harbour-day.webp",),
    ),
    Item(
        id="art-harbour-dusk",
        kind="card-art",
        name_en="Harbour at dusk",
        name_ko="항구의 황혼",
        tags=("card art", "lenticular", "frame"),
        files=("art/art-harbour-dusk.webp",),
    ),
    Item(
        id="art-harbour-night",
        kind="card-art",
        name_en="Harbour at night",
        name_ko="항구의 밤",
        tags=("card art", "lenticular", "frame"),
        files=("art/art-harbour-night.webp",),
    ),
    Item(
        id="card-fullart",
        kind="card-template",
        name_en="Full art card",
        name_ko="풀 아트 카드",
        tags=("card", "trading card", "63x88", "full art"),
        files=("cards/card-fullart.json",),
    ),
    Item(
        id="card-minimal",
        kind="card-template",
        name_en="Minimalist card",
        name_ko="미니멀 카드",
        tags=("card", "trading card", "63x88", "minimalist"),
        files=("cards/card-minimal.json",),
    ),
    Item(
        id="card-sports",
        kind="card-template",
        name_en="Sports card",
        name_ko="스포츠 카드",
        tags=("card", "trading card", "63x88", "sports"),
        files=("cards/card-sports.json",),
    ),
    Item(
        id="art-sprint-track",
        kind="card-art",
        name_en="Sprint: track at sunset",
        name_ko="질주: 해 질 녘 트랙",
        tags=("card art", "sports", "layer"),
        files=("art/art-sprint-track.webp",),
    ),
    Item(
        id="art-sprint-runner",
        kind="card-art",
        name_en="Sprint: runner",
        name_ko="질주: 달리는 선수",
        tags=("card art", "sports", "layer"),
        files=("art/art-sprint-runner.webp",),
    ),
    Item(
        id="card-idol",
        kind="card-template",
        name_en="Idol photocard",
        name_ko="아이돌 포토카드",
        tags=("card", "trading card", "63x88", "idol"),
        files=("cards/card-idol.json",),
    ),
    Item(
        id="art-stage-lights",
        kind="card-art",
        name_en="On stage: lights",
        name_ko="무대: 조명",
        tags=("card art", "idol", "layer"),
        files=("art/art-stage-lights.webp",),
    ),
    Item(
        id="art-stage-singer",
        kind="card-art",
        name_en="On stage: singer",
        name_ko="무대: 가수",
        tags=("card art", "idol", "layer"),
        files=("art/art-stage-singer.webp",),
    ),
    Item(
        id="card-item",
        kind="card-template",
        name_en="Item card",
        name_ko="아이템 카드",
        tags=("card", "trading card", "63x88", "item"),
        files=("cards/card-item.json",),
    ),
    Item(
        id="art-flask-circle",
        kind="card-art",
        name_en="Flask of night: circle",
        name_ko="밤의 물약: 연금술 원",
        tags=("card art", "item", "layer"),
        files=("art/art-flask-circle.webp",),
    ),
    Item(
        id="art-flask-flask",
        kind="card-art",
        name_en="Flask of night: flask",
        name_ko="밤의 물약: 플라스크",
        tags=("card art", "item", "layer"),
        files=("art/art-flask-flask.webp",),
    ),
    Item(
        id="card-portrait",
        kind="card-template",
        name_en="Portrait card",
        name_ko="초상 카드",
        tags=("card", "trading card", "63x88", "portrait"),
        files=("cards/card-portrait.json",),
    ),
    Item(
        id="art-profile-blossom",
        kind="card-art",
        name_en="Profile: sun and plum blossom",
        name_ko="옆모습: 해와 매화",
        tags=("card art", "portrait", "layer"),
        files=("art/art-profile-blossom.webp",),
    ),
    Item(
        id="art-profile-lady",
        kind="card-art",
        name_en="Profile: lady",
        name_ko="옆모습: 여인",
        tags=("card art", "portrait", "layer"),
        files=("art/art-profile-lady.webp",),
    ),
    Item(
        id="card-secret",
        kind="card-template",
        name_en="Gold secret card",
        name_ko="골드 시크릿 카드",
        tags=("card", "trading card", "63x88", "gold secret"),
        files=("cards/card-secret.json",),
    ),
    Item(
        id="art-crane-sun",
        kind="card-art",
        name_en="Golden crane: sun and waves",
        name_ko="황금 두루미: 해와 물결",
        tags=("card art", "creature", "layer"),
        files=("art/art-crane-sun.webp",),
    ),
    Item(
        id="art-crane-crane",
        kind="card-art",
        name_en="Golden crane: crane",
        name_ko="황금 두루미: 두루미",
        tags=("card art", "creature", "layer"),
        files=("art/art-crane-crane.webp",),
    ),
)

ITEMS: Final[Mapping[str, Item]] = MappingProxyType({entry.id: entry for entry in _TABLE})


def item(item_id: str) -> Item:
    """The entry. Raises CatalogueError ``catalogue.unknown_item`` for an id that is not in :data:`ITEMS`."""
    found = ITEMS.get(item_id)
    if found is None:
        msg = f"the catalogue has no item {item_id!r}; it has {', '.join(sorted(ITEMS))}"
        raise CatalogueError(msg)
    return found


def model(item_id: str) -> Model:
    """The model of an avatar, a garment or a card template, in metres, feet on y = 0, front towards +Z.

    Read once per process and shared. Raises CatalogueError ``catalogue.unknown_item`` or ``catalogue.wrong_kind``.
    """
    found = item(item_id)
    if found.kind in _MODEL_KINDS and not any(name.endswith(".npz") for name in found.files):
        msg = f"{item_id!r} has no model of its own; make a card of it, or give another item"
        raise CatalogueError(msg, code="catalogue.wrong_kind")
    if found.kind not in _MODEL_KINDS:
        msg = f"{item_id!r} is a {found.kind}; give an avatar, a garment, a stage or a card template instead"
        raise CatalogueError(msg, code="catalogue.wrong_kind")
    return _model(item_id)


def fabric(item_id: str) -> Fabric:
    """A fabric with its textures. Raises CatalogueError ``catalogue.unknown_item`` or ``catalogue.wrong_kind``."""
    found = item(item_id)
    if found.kind != "fabric":
        msg = f"{item_id!r} is a {found.kind}; give a fabric instead"
        raise CatalogueError(msg, code="catalogue.wrong_kind")
    return _fabric(item_id)


def picture(item_id: str) -> bytes:
    """The image file of a picture for cards, or of a fabric's colours, as it is stored.

    Raises CatalogueError ``catalogue.unknown_item`` or ``catalogue.wrong_kind``.
    """
    found = item(item_id)
    if found.kind not in {"card-art", "fabric"}:
        msg = f"{item_id!r} is a {found.kind}; give a picture for cards or a fabric instead"
        raise CatalogueError(msg, code="catalogue.wrong_kind")
    name = next(name for name in found.files if not name.endswith(".json"))
    return (DATA / name).read_bytes()


@cache
def digest(item_id: str) -> str:
    """SHA-256 (hex) over the item's files: it changes when the content does. Computed once per process."""
    total = hashlib.sha256(item_id.encode())
    for name in item(item_id).files:
        data = (DATA / name).read_bytes()
        total.update(f"\0{name}\0{len(data)}\0".encode())
        total.update(data)
    return total.hexdigest()


@cache
def _model(item_id: str) -> Model:
    found = ITEMS[item_id]
    if found.size:
        own, body = ((DATA / name).read_bytes() for name in found.files)
        return mannequin.read(own, body, found.size)
    name = next(name for name in found.files if name.endswith(".npz"))
    return _with_regions(baked.read((DATA / name).read_bytes()), found.regions)


def _with_regions(model: Model, boxes: Mapping[str, tuple[Corner, Corner]]) -> Model:
    """The model whose primitives name their regions, so that layers, posing and exporters carry them along."""
    if not boxes:
        return model
    named = {name: [list(low), list(high)] for name, (low, high) in boxes.items()}
    meshes = []
    for mesh in model.meshes:
        parts = (replace(part, extras={**part.extras, regions.KEY: named}) for part in mesh.primitives)
        meshes.append(replace(mesh, primitives=tuple(parts)))
    return replace(model, meshes=tuple(meshes))


@cache
def _fabric(item_id: str) -> Fabric:
    described, *pictures = ITEMS[item_id].files
    facts = json.loads((DATA / described).read_bytes())
    color, normal, roughness = (_image(name) for name in pictures)
    return from_facts(facts, color, normal, roughness, name=item_id)


def _image(name: str) -> Image:
    return probe((DATA / name).read_bytes(), name=Path(name).stem)
