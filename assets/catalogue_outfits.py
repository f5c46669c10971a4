"""The outfits of the catalogue: whole looks from its garments, as data. Nothing is read here."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from assets.errors import CatalogueError


class Piece(NamedTuple):
    """A garment of a look; ``fabric`` and ``colour`` ("#rrggbb") take the place of its own where they are given."""

    item: str
    fabric: str = ""
    colour: str = ""

    @property
    def layer(self) -> dict[str, Any]:
        """The layer of a design document that wears it."""
        found: dict[str, Any] = {"id": self.item, "model": {"item": self.item}}
        material: dict[str, Any] = {"texture": {"item": self.fabric}} if self.fabric else {}
        if self.colour:
            material["colour"] = self.colour
        return {**found, "material": material} if material else found


class Entry(NamedTuple):
    """One look: the avatar that shows it (in any of its sizes) and its pieces from the inside out. ``pose`` and
    ``finish`` are the avatar's; "" for how it comes.
    """

    id: str
    name_en: str
    name_ko: str
    tags: tuple[str, ...]
    figure: str
    pieces: tuple[Piece, ...]
    pose: str = ""
    finish: str = ""
    studio: str = "softbox"

    @property
    def design(self) -> dict[str, Any]:
        """The look as a design document (:class:`assets.design.Design`), ready for JSON."""
        avatar: dict[str, Any] = {"model": {"item": self.figure}}
        if self.pose:
            avatar["pose"] = {"animation": self.pose}
        if self.finish:
            avatar["material"] = {"variant": self.finish}
        return {
            "name": self.name_en,
            "avatar": avatar,
            "layers": [piece.layer for piece in self.pieces],
            "canvas": {"lighting": {"studio": self.studio}},
        }

    @property
    def fabrics(self) -> tuple[str, ...]:
        """The fabrics that its pieces are given, each once."""
        return tuple(dict.fromkeys(piece.fabric for piece in self.pieces if piece.fabric))


OUTFITS: Final = (
    Entry(
        "outfit-weekend",
        "Weekend: T-shirt, jeans and sneakers",
        "주말: 티셔츠와 청바지, 스니커즈",
        ("outfit", "women", "casual", "denim"),
        figure="mannequin-female",
        pieces=(Piece("sneakers"), Piece("jeans", "denim-mid"), Piece("tee", colour="#c8102e")),
        pose="relaxed",
    ),
    Entry(
        "outfit-street",
        "Street: hoodie, jeans, beanie and sneakers",
        "스트리트: 후드티와 청바지, 비니, 스니커즈",
        ("outfit", "men", "casual", "street"),
        figure="mannequin-male",
        pieces=(Piece("sneakers"), Piece("jeans", "denim"), Piece("hoodie"), Piece("beanie")),
        pose="walk",
    ),
    Entry(
        "outfit-office",
        "Office: shirt, A-line skirt and blazer",
        "오피스: 셔츠와 A라인 스커트, 블레이저",
        ("outfit", "women", "business", "tailored"),
        figure="mannequin-female",
        pieces=(Piece("shirt"), Piece("a-line-skirt"), Piece("blazer", "herringbone")),
        pose="relaxed",
    ),
    Entry(
        "outfit-campus",
        "Campus: sweater, pleated skirt and sneakers",
        "캠퍼스: 스웨터와 플리츠 스커트, 스니커즈",
        ("outfit", "women", "casual", "knit"),
        figure="mannequin-female",
        pieces=(Piece("sneakers"), Piece("pleated-skirt"), Piece("sweater")),
        pose="relaxed",
    ),
    Entry(
        "outfit-rain",
        "Rain: trench coat, sweater, jeans and hat",
        "비 오는 날: 트렌치코트와 스웨터, 청바지, 모자",
        ("outfit", "women", "coat", "outdoor"),
        figure="mannequin-female",
        pieces=(Piece("sneakers"), Piece("jeans", "denim"), Piece("sweater"), Piece("trench-coat"), Piece("hat")),
        pose="relaxed",
    ),
    Entry(
        "outfit-coffee",
        "Coffee: striped shirt, jeans and sneakers",
        "커피 한 잔: 스트라이프 셔츠와 청바지, 스니커즈",
        ("outfit", "unisex", "casual", "shirt"),
        figure="mannequin-neutral",
        pieces=(Piece("sneakers"), Piece("jeans", "denim-mid"), Piece("shirt", "striped-poplin")),
        pose="relaxed",
    ),
    Entry(
        "outfit-smart",
        "Smart casual: tweed blazer, shirt and jeans",
        "스마트 캐주얼: 트위드 블레이저와 셔츠, 청바지",
        ("outfit", "men", "smart casual", "tailored"),
        figure="mannequin-male",
        pieces=(Piece("sneakers"), Piece("jeans", "denim"), Piece("shirt"), Piece("blazer", "tweed")),
        pose="relaxed",
    ),
    Entry(
        "outfit-gallery",
        "Gallery: cable sweater and A-line skirt",
        "갤러리: 케이블 스웨터와 A라인 스커트",
        ("outfit", "women", "knit", "smart casual"),
        figure="mannequin-female",
        pieces=(Piece("sneakers"), Piece("a-line-skirt", "houndstooth"), Piece("sweater")),
        pose="hands-on-hips",
    ),
    Entry(
        "outfit-club",
        "Club: polo, jeans and sneakers",
        "클럽: 폴로 셔츠와 청바지, 스니커즈",
        ("outfit", "men", "casual", "polo"),
        figure="mannequin-male",
        pieces=(Piece("sneakers"), Piece("jeans", "denim-light"), Piece("polo")),
        pose="relaxed",
    ),
    Entry(
        "outfit-suit",
        "Suit: blazer, trousers and T-shirt",
        "수트: 블레이저와 정장 바지, 티셔츠",
        ("outfit", "men", "business", "tailored"),
        figure="mannequin-male",
        pieces=(
            Piece("sneakers"),
            Piece("trousers", colour="#4a5160"),
            Piece("tee", colour="#ece9e2"),
            Piece("blazer", colour="#4a5160"),
        ),
        pose="relaxed",
    ),
    Entry(
        "outfit-city",
        "City: bomber jacket, T-shirt and trousers",
        "시티: 보머 재킷과 티셔츠, 바지",
        ("outfit", "unisex", "street", "jacket"),
        figure="mannequin-neutral",
        pieces=(
            Piece("sneakers"),
            Piece("trousers"),
            Piece("tee", colour="#e9e6df"),
            Piece("bomber"),
            Piece("beanie"),
        ),
        pose="relaxed",
    ),
    Entry(
        "outfit-autumn",
        "Autumn: sweater, scarf, jeans and tote bag",
        "가을: 스웨터와 목도리, 청바지, 토트백",
        ("outfit", "women", "knit", "outdoor"),
        figure="mannequin-female",
        pieces=(
            Piece("sneakers"),
            Piece("jeans", "denim-mid"),
            Piece("sweater"),
            Piece("scarf"),
            Piece("tote-bag"),
        ),
    ),
    Entry(
        "outfit-summer",
        "Summer: polo, shorts and hat",
        "여름: 폴로 셔츠와 반바지, 모자",
        ("outfit", "men", "summer", "casual"),
        figure="mannequin-male",
        pieces=(Piece("sneakers"), Piece("shorts"), Piece("polo", colour="#e8d9b5"), Piece("hat")),
        pose="relaxed",
    ),
    Entry(
        "outfit-studio",
        "Studio: blouse and trousers",
        "스튜디오: 블라우스와 정장 바지",
        ("outfit", "women", "smart casual"),
        figure="mannequin-female",
        pieces=(Piece("sneakers"), Piece("trousers", colour="#5b4a46"), Piece("blouse")),
        pose="relaxed",
        studio="beauty",
    ),
    Entry(
        "outfit-workshop",
        "Workshop: jumpsuit, beanie and sneakers",
        "작업실: 점프수트와 비니, 스니커즈",
        ("outfit", "women", "casual", "jumpsuit"),
        figure="mannequin-female",
        pieces=(Piece("sneakers"), Piece("jumpsuit"), Piece("beanie")),
        pose="hands-on-hips",
    ),
    Entry(
        "outfit-evening",
        "Evening: satin dress",
        "이브닝: 새틴 원피스",
        ("outfit", "women", "evening", "formal"),
        figure="mannequin-female",
        pieces=(Piece("dress", "silk-satin"),),
        pose="hands-on-hips",
    ),
    Entry(
        "outfit-atelier",
        "Atelier: T-shirt and denim skirt",
        "아틀리에: 티셔츠와 데님 스커트",
        ("outfit", "women", "dress form", "casual"),
        figure="dress-form",
        pieces=(Piece("skirt", "denim"), Piece("tshirt", "jersey")),
    ),
)


def design(outfit: str) -> dict[str, Any]:
    """An outfit's design document. Raises CatalogueError ``catalogue.unknown_item``."""
    found = next((look for look in OUTFITS if look.id == outfit), None)
    if found is None:
        msg = f"the catalogue has no outfit {outfit!r}; it has {', '.join(look.id for look in OUTFITS)}"
        raise CatalogueError(msg)
    return found.design
