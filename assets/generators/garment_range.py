"""The garments of the mannequins: what makes each. A maker gives files by path in the catalogue's data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from assets import baked
from assets.generators import (
    beanie,
    drape_aline,
    drape_bomber,
    drape_dress,
    drape_hoodie,
    drape_jacket,
    drape_jeans,
    drape_jumpsuit,
    drape_legs,
    drape_pleats,
    drape_polo,
    drape_ribbed,
    drape_shirt,
    drape_shorts,
    drape_sweater,
    drape_tee,
    drape_trousers,
    fabric_knits,
    hat,
    headwear_surfaces,
    knit_textures,
    scarf,
    sewn_aline,
    sewn_blazer,
    sewn_bomber,
    sewn_dress,
    sewn_hoodie,
    sewn_jeans,
    sewn_jumpsuit,
    sewn_pleats,
    sewn_polo,
    sewn_shirt,
    sewn_shorts,
    sewn_sweater,
    sewn_tee,
    sewn_trench,
    sewn_trousers,
    sneaker_surfaces,
    sneakers,
    tote_bag,
    weave,
)
from assets.generators.pressed import pressed
from assets.generators.sewn_ribbed import broad
from assets.generators.textures import tiled
from assets.model import Model

Files = dict[str, bytes]
_WOUND: Final = 3  # times that a scarf is pressed, each time as it was laid before: it is one panel, wound about


def _file(made: Model) -> bytes:
    return baked.write(pressed(made))


def _tee() -> Files:
    _, normal = tiled("jersey", weave.jersey(512))
    _, rib = tiled("rib", weave.rib(256))
    body = drape_tee.skin()
    worn = drape_tee.finished(*drape_tee.drape(collider=body), body)
    long_body = drape_tee.skin(long=True)
    draft = drape_tee.pattern(long=True)
    long = drape_tee.finished(*drape_tee.drape(drape_tee.LONG_SPACING, long_body, draft), long_body)
    return {
        "models/tee.npz": _file(sewn_tee.model(worn, normal, rib)),
        "models/long-sleeve.npz": _file(sewn_tee.model(long, normal, rib, "long-sleeve")),
    }


def _dress() -> Files:
    _, normal = tiled("gabardine", weave.gabardine(512))
    body = drape_dress.skin()
    worn = drape_dress.finished(*drape_dress.drape(collider=body), body)
    return {"models/dress.npz": _file(sewn_dress.model(worn, normal))}


def _pleats() -> Files:
    _, normal = tiled("gabardine", weave.gabardine(512))
    body = drape_pleats.skin()
    worn = drape_pleats.finished(*drape_pleats.drape(collider=body), body)
    return {"models/pleated-skirt.npz": _file(sewn_pleats.model(worn, drape_pleats.pattern(body), normal))}


def _blazer() -> Files:
    _, normal = tiled("gabardine", weave.gabardine(384))
    body = drape_jacket.skin(drape_jacket.BLAZER)
    worn = drape_jacket.finished(*drape_jacket.drape(drape_jacket.BLAZER, collider=body), body)
    return {"models/blazer.npz": _file(sewn_blazer.model(worn, normal))}


def _sneakers() -> Files:
    return {"models/sneakers.npz": _file(sneakers.model(sneaker_surfaces.looks()))}


def _aline() -> Files:
    _, normal = tiled("gabardine", weave.gabardine(512))
    body = drape_aline.skin()
    worn = drape_aline.finished(*drape_aline.drape(collider=body), body)
    return {"models/a-line-skirt.npz": _file(sewn_aline.model(worn, drape_aline.pattern(body), normal))}


def _shirt() -> Files:
    _, normal = tiled("oxford", weave.oxford(256))
    body = drape_shirt.skin()
    worn = drape_shirt.finished(*drape_shirt.drape(collider=body), body)
    return {"models/shirt.npz": _file(sewn_shirt.model(drape_shirt.pattern(), worn, normal))}


def _hoodie() -> Files:
    _, normal = tiled("jersey", weave.jersey(512))
    rib = broad(tiled("rib", weave.rib(256), tone=0.5), 1.7)
    body = drape_ribbed.skin()
    worn = drape_hoodie.finished(*drape_hoodie.drape(collider=body), body)
    return {"models/hoodie.npz": _file(sewn_hoodie.model(worn, normal, rib))}


def _jeans() -> Files:
    body = drape_legs.skin()
    worn = drape_jeans.finished(*drape_jeans.drape(collider=body), body)
    return {"models/jeans.npz": _file(sewn_jeans.model(worn, *sewn_jeans.textures()))}


def _trousers() -> Files:
    body = drape_legs.skin()
    worn = drape_trousers.finished(*drape_trousers.drape(collider=body), body)
    return {"models/trousers.npz": _file(sewn_trousers.model(worn, *sewn_trousers.textures()))}


def _shorts() -> Files:
    body = drape_legs.skin()
    worn = drape_shorts.finished(*drape_shorts.drape(collider=body), body)
    return {"models/shorts.npz": _file(sewn_shorts.model(worn, *sewn_shorts.textures()))}


def _jumpsuit() -> Files:
    body = drape_jumpsuit.skin()
    worn = drape_jumpsuit.finished(*drape_jumpsuit.drape(collider=body), body)
    return {"models/jumpsuit.npz": _file(sewn_jumpsuit.model(worn, *sewn_jumpsuit.textures()))}


def _trench() -> Files:
    _, normal = tiled("gabardine", weave.gabardine(384))
    body = drape_jacket.skin(drape_jacket.TRENCH)
    worn = drape_jacket.finished(*drape_jacket.drape(drape_jacket.TRENCH, collider=body), body)
    return {"models/trench-coat.npz": _file(sewn_trench.model(worn, normal))}


def _hat() -> Files:
    made = hat.model(headwear_surfaces.felt(), headwear_surfaces.ribbon(), headwear_surfaces.leather())
    return {"models/hat.npz": _file(made)}


def _sweater() -> Files:
    cable = knit_textures.knitted("cable", fabric_knits.cable(512), sewn_sweater.REPEAT[0])
    rib = knit_textures.knitted("rib", fabric_knits.rib(256), sewn_sweater.REPEAT[1])
    body = drape_ribbed.skin()
    worn = drape_sweater.finished(*drape_sweater.drape(collider=body), body)
    return {"models/sweater.npz": _file(sewn_sweater.model(worn, cable, rib))}


def _beanie() -> Files:
    made = beanie.model(beanie.head(), headwear_surfaces.wool((0.11, 0.17, 0.20)), headwear_surfaces.patch())
    return {"models/beanie.npz": _file(made)}


def _polo() -> Files:
    _, normal = tiled("pique", weave.pique(256))
    _, rib = tiled("rib", weave.rib(256))
    body = drape_polo.skin()
    worn = drape_polo.finished(*drape_polo.drape(collider=body), body)
    return {"models/polo.npz": _file(sewn_polo.model(drape_polo.pattern(), worn, normal, rib))}


def _scarf() -> Files:
    made = scarf.model(scarf.skin(), headwear_surfaces.tweed())
    for _ in range(_WOUND):
        made = pressed(made)
    return {"models/scarf.npz": baked.write(made)}


def _bomber() -> Files:
    _, normal = tiled("gabardine", weave.gabardine(256))
    rib = broad(tiled("rib", weave.rib(256), tone=0.5), 1.7)
    body = drape_ribbed.skin()
    worn = drape_bomber.finished(*drape_bomber.drape(collider=body), body)
    return {"models/bomber.npz": _file(sewn_bomber.model(worn, normal, rib))}


def _tote_bag() -> Files:
    look = headwear_surfaces
    made = tote_bag.model(tote_bag.skin(), look.canvas(), look.thread(), look.patch())
    return {"models/tote-bag.npz": _file(made)}


def _blouse() -> Files:
    _, normal = tiled("gabardine", weave.gabardine(256))
    body, draft = drape_shirt.skin(), drape_shirt.pattern(blouse=True)
    worn = drape_shirt.finished(
        *drape_shirt.drape(drape_shirt.FULL_SPACING, body, shirt=draft, made_of=drape_shirt.CREPE), body
    )
    return {"models/blouse.npz": _file(sewn_shirt.model(draft, worn, normal, sewn_shirt.BLOUSE))}


RANGE: Final[Mapping[str, Callable[[], Files]]] = {
    "tee": _tee,
    "dress": _dress,
    "pleated-skirt": _pleats,
    "a-line-skirt": _aline,
    "blazer": _blazer,
    "trench-coat": _trench,
    "sneakers": _sneakers,
    "hoodie": _hoodie,
    "sweater": _sweater,
    "bomber": _bomber,
    "shirt": _shirt,
    "polo": _polo,
    "blouse": _blouse,
    "jeans": _jeans,
    "trousers": _trousers,
    "shorts": _shorts,
    "jumpsuit": _jumpsuit,
    "hat": _hat,
    "beanie": _beanie,
    "scarf": _scarf,
    "tote-bag": _tote_bag,
}
