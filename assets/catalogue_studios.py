"""The studios of the catalogue and what designs stand on. Nothing is read here."""

from __future__ import annotations

from typing import Final

from assets.catalogue_item import Item

STUDIOS: Final = (
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
)
