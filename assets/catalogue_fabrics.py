"""The fabrics of the catalogue: id, names, tags, and whether their colours have alpha. Nothing is read here."""

from __future__ import annotations

from typing import Final, NamedTuple


class Entry(NamedTuple):
    """One fabric. ``holed`` says that light passes between its yarns: its colours are a WebP with alpha."""

    id: str
    name_en: str
    name_ko: str
    tags: tuple[str, ...]
    holed: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        """Facts, colours, normals, roughness and metalness, relative to the catalogue's data."""
        colours = "color.webp" if self.holed else "color.jpg"
        return (
            f"fabrics/{self.id}.json",
            *(f"fabrics/{self.id}-{part}" for part in (colours, "normal.jpg", "mr.jpg")),
        )


FABRICS: Final = (
    Entry("jersey", "Cotton single jersey", "면 싱글 저지", ("knit", "cotton", "t-shirt")),
    Entry("denim", "Indigo denim", "인디고 데님", ("woven", "twill", "cotton", "indigo", "raw")),
    Entry("linen", "Linen, plain weave", "평직 리넨", ("woven", "plain weave", "slub")),
    Entry("houndstooth", "Wool houndstooth", "울 하운드투스", ("woven", "twill", "wool", "check")),
    Entry("poplin", "Cotton poplin", "면 포플린", ("woven", "plain weave", "cotton", "shirt", "white")),
    Entry("oxford", "Oxford cloth", "옥스퍼드", ("woven", "basket weave", "cotton", "shirt", "blue")),
    Entry("twill", "Cotton chino twill", "면 치노 트윌", ("woven", "twill", "cotton", "trousers", "khaki")),
    Entry("silk-satin", "Silk satin", "실크 새틴", ("woven", "satin", "silk", "shiny", "dress")),
    Entry("wool-felt", "Wool felt", "울 펠트", ("nonwoven", "wool", "melange", "grey", "coat")),
    Entry("tweed", "Wool tweed", "울 트위드", ("woven", "twill", "wool", "heather", "jacket", "brown")),
    Entry("rib-knit", "Lambswool rib knit", "램스울 골지 니트", ("knit", "rib", "wool", "sweater", "grey")),
    Entry("cable-knit", "Aran cable knit", "아란 케이블 니트", ("knit", "cable", "wool", "sweater", "cream")),
    Entry("leather", "Full-grain leather", "풀그레인 가죽", ("leather", "grain", "brown", "jacket")),
    Entry("pique", "Cotton piqué", "면 피케", ("knit", "tuck", "cotton", "polo", "green")),
    Entry("denim-mid", "Denim, mid wash", "데님 (미드 워시)", ("woven", "twill", "cotton", "indigo", "washed")),
    Entry("denim-light", "Denim, light wash", "데님 (라이트 워시)", ("woven", "twill", "cotton", "bleached")),
    Entry("corduroy", "Cotton corduroy", "면 코듀로이", ("woven", "pile", "cotton", "8 wale", "brown")),
    Entry("chiffon", "Chiffon", "시폰", ("woven", "sheer", "translucent", "blouse", "pink"), holed=True),
    Entry("velvet", "Silk-viscose velvet", "실크 비스코스 벨벳", ("woven", "pile", "silk", "evening", "red")),
    Entry("herringbone", "Wool herringbone", "울 헤링본", ("woven", "twill", "wool", "zigzag", "grey")),
    Entry("fleece", "Fleece", "플리스", ("knit", "pile", "polyester", "warm", "cream")),
    Entry("suede", "Suede", "스웨이드", ("leather", "nap", "tan", "jacket")),
    Entry("vinyl", "Patent vinyl", "페이턴트 비닐", ("coated", "glossy", "patent", "black")),
    Entry("quilted-nylon", "Quilted nylon", "퀼팅 나일론", ("woven", "padded", "polyamide", "down", "navy")),
    Entry("sequins", "Sequins, rose gold", "시퀸 (로즈 골드)", ("embroidered", "metal", "sparkle", "evening")),
    Entry("lace", "Floral lace", "플로럴 레이스", ("lace", "net", "sheer", "flowers", "black"), holed=True),
    Entry("striped-poplin", "Striped poplin", "스트라이프 포플린", ("woven", "cotton", "stripes", "shirt", "blue")),
    Entry("gingham", "Gingham", "깅엄 체크", ("woven", "cotton", "check", "shirt", "red")),
    Entry("polka-dots", "Polka dot poplin", "물방울무늬 포플린", ("woven", "cotton", "print", "dots", "navy")),
    Entry("camouflage", "Camouflage twill", "카무플라주 트윌", ("woven", "cotton", "print", "woodland")),
    Entry("tie-dye", "Tie-dye jersey", "타이다이 저지", ("knit", "cotton", "dyed", "spiral", "blue", "purple")),
)
