"""A card's scene: what is where, in which size, and what is refused or told."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from assets import card_fonts
from assets.card import ArtLayer, CardDesign, FoilUse, Stand, Stock
from assets.card_build import MAX_DENSITY, MAX_PIXELS, build, density_for
from assets.card_template import names, template
from assets.design import Ref
from assets.errors import CardError, ImageError
from assets.foil import foil
from tests.assets.cards import BLOB, OTHER, front, images, plain, png, scene

TEXTS = {"title": "빛의 여우", "cost": 7, "kind": "생물", "rules": "카드 두 장을 뽑는다.", "number": "007/120"}
ART = (ArtLayer(image=BLOB),)


def card(**changes: object) -> CardDesign:
    return CardDesign.model_validate({"fields": TEXTS, "foils": (), **changes})


def used(mask: object, name: str = "cosmos") -> dict[str, object]:
    return {"foils": (FoilUse(foil=name, mask=mask),)}  # type: ignore[arg-type]


@pytest.mark.parametrize("name", names())
def test_every_picture_of_a_scene_has_one_size_and_the_front_is_opaque(name: str) -> None:
    made = scene(card(template=name, **used("art")))
    shape = (440, 315)
    assert {plane.picture.shape[:2] for plane in made.front} == {shape}
    assert made.back.shape == (*shape, 4)
    assert [sheet.mask.shape for sheet in made.sheets] == [shape]
    assert (front(made)[..., 3] == 255).all()
    assert (made.front[0].picture[..., 3] == 255).all()
    assert (made.back[..., 3] == 255).all()
    assert [plane.name for plane in made.front][-2:] == ["frame", "text"]
    assert made.front[-1].depth_mm == made.front[-2].depth_mm == 0.0


def test_art_is_seen_in_its_window_alone() -> None:
    made = scene(card(art=ART), a=plain((250, 0, 250)))
    seen = front(made)
    assert tuple(seen[150, 150, :3]) == (250, 0, 250)
    window = scene(card(art=ART, **used("art")), a=plain((250, 0, 250))).sheets[0].mask
    magenta = (seen[..., 0] > 200) & (seen[..., 1] < 60) & (seen[..., 2] > 200)
    assert not (magenta & (window == 0)).any()
    assert magenta[window == 255].mean() > 0.8


def test_focus_and_zoom_choose_what_is_seen() -> None:
    quarters = np.zeros((400, 400, 3), dtype=np.uint8)
    quarters[:200, :200], quarters[:200, 200:], quarters[200:, :200] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    for focus, colour in (((0.0, 0.0), (255, 0, 0)), ((1.0, 0.0), (0, 255, 0)), ((0.0, 1.0), (0, 0, 255))):
        layer = ArtLayer(image=BLOB, focus=focus, zoom=4.0)
        seen = front(scene(card(art=(layer,)), a=png(quarters)))[80:260, 40:270, :3]
        assert (np.abs(seen.astype(int) - colour).max(axis=2) < 30).mean() > 0.85


def test_layers_with_depth_reach_behind_the_frame() -> None:
    flat = scene(card(art=(ArtLayer(image=BLOB),)), a=plain((9, 9, 9, 255))).front[0]
    made = scene(
        card(art=(ArtLayer(image=BLOB, depth_mm=4.0), ArtLayer(image=OTHER))),
        a=plain((9, 9, 9, 255)),
        b=plain((250, 0, 0, 255)),
    )
    near = made.front[1].picture[..., 3] > 0
    columns = np.flatnonzero(near.any(axis=0))
    assert flat.depth_mm == 0.0
    assert made.front[0].depth_mm == made.depth_mm == 4.0
    assert columns[0] <= 5.2 * 5 - 8  # 2 mm further than the window on either side
    assert columns[-1] >= 57.8 * 5 + 8


def test_letters_are_as_crisp_at_each_density_as_they_can_be() -> None:
    for density in (6.0, 24.0):
        letters = scene(card(), density).front[-1].picture[..., 3]
        soft = ((letters > 16) & (letters < 240)).sum()
        assert soft * density < 0.02 * letters.size * 24  # edges are a pixel wide, so their share falls with density


def test_masks_are_the_places_they_name() -> None:
    art = scene(card(**used("art"))).sheets[0].mask
    rest = scene(card(**used("not-art"))).sheets[0].mask
    assert np.array_equal(rest, 255 - art)
    assert 0.3 < art.mean() / 255 < 0.45
    assert (scene(card(**used("all"))).sheets[0].mask == 255).all()
    title, text = (scene(card(**used(name))).sheets[0].mask for name in ("title", "text"))
    assert 0 < title.sum() < text.sum()
    assert not title[70:].any()
    border, panels = (scene(card(**used(name))).sheets[0].mask for name in ("border", "panels"))
    assert np.minimum(border, 255 - panels).sum() >= 0.98 * border.sum()


def test_the_title_s_foil_is_on_its_letters_and_not_on_their_shadow() -> None:
    made = scene(card(template="card-fullart", fields={"title": "I"}, **used("title")), 8.0)
    mask, drawn = made.sheets[0].mask, made.front[-1].picture[..., 3]
    assert mask.any()
    assert (drawn[:120] > 8).sum() > 2.5 * (mask > 8).sum()


@pytest.mark.parametrize("rarity", ["rare", "epic", "legendary"])
def test_foil_over_full_art_is_left_out_under_the_letters(rarity: str) -> None:
    made = scene(card(template="card-fullart", rarity=rarity, foils=None), 8.0)
    letters = scene(card(template="card-fullart", rarity=rarity, **used("text")), 8.0).sheets[0].mask
    assert not made.sheets[0].mask[letters == 255].any()
    assert made.sheets[0].mask.mean() > 100


def test_foil_goes_where_a_gem_would_be_that_is_not_drawn() -> None:
    fields = {name: text for name, text in TEXTS.items() if name != "cost"}
    bare = scene(card(template="card-fullart", fields=fields, **used("picture")), 8.0).sheets[0].mask
    with_gem = scene(card(template="card-fullart", **used("picture")), 8.0).sheets[0].mask
    gem = (slice(48, 96), slice(408, 456))
    assert not with_gem[gem][20:28, 20:28].any()
    assert (bare[gem] == 255).all()


def test_masks_have_soft_edges() -> None:
    mask = scene(card(**used("seal")), 6.0).sheets[0].mask
    assert ((mask > 0) & (mask < 255)).any()


def test_the_figure_is_what_the_last_layer_of_art_leaves_opaque() -> None:
    figure = np.zeros((240, 300, 4), dtype=np.uint8)
    figure[80:160, 100:200] = (200, 30, 30, 255)
    notes: list[str] = []
    layers = (ArtLayer(image=BLOB), ArtLayer(image=OTHER))
    mask = scene(card(art=layers, **used("figure")), notes=notes, a=plain((9, 9, 9)), b=png(figure)).sheets[0].mask
    art = scene(card(**used("art"))).sheets[0].mask
    assert 0.05 < mask.sum() / art.sum() < 0.3
    assert not any("figure" in note for note in notes)
    whole = scene(card(art=ART, **used("figure")), notes=notes, a=plain((9, 9, 9))).sheets[0].mask
    assert np.array_equal(whole, art)
    assert any("no transparent part" in note for note in notes)


def test_a_mask_of_another_size_is_resampled_and_said_so() -> None:
    half = np.zeros((100, 100), dtype=np.uint8)
    half[:, 50:] = 255
    notes: list[str] = []
    mask = scene(card(**used(BLOB)), notes=notes, a=png(half)).sheets[0].mask
    assert mask.shape == (440, 315)
    assert not mask[:, :150].any()
    assert (mask[:, 165:] == 255).all()
    assert any("100x100 px and was resampled to the card's 315x440 px" in note for note in notes)
    exact = np.full((440, 315), 77, dtype=np.uint8)
    notes.clear()
    assert (scene(card(**used(BLOB)), notes=notes, a=png(exact)).sheets[0].mask == 77).all()
    assert not notes


def test_a_mask_s_alpha_counts_as_its_brightness_does() -> None:
    mask = scene(card(**used(BLOB)), a=plain((255, 255, 255, 128), 315, 440)).sheets[0].mask
    assert (mask == 128).all()
    assert (scene(card(**used(BLOB)), a=plain((128, 128, 128), 315, 440)).sheets[0].mask == 128).all()


def test_a_foil_s_use_decides_over_its_file() -> None:
    use = FoilUse(foil="cosmos", intensity=0.25, seed=99, parameters={"pattern.size_mm": 7.5})
    (sheet,) = scene(card(foils=(use,))).sheets
    assert (sheet.intensity, sheet.foil.seed, sheet.foil.pattern.size_mm) == (0.25, 99, 7.5)
    (given,) = build(card(foils=(use,)), images(), 5.0, foils=(foil("pearl"),)).sheets
    assert given.foil.id == "pearl"


def test_a_foil_that_covers_nothing_is_said() -> None:
    notes: list[str] = []
    scene(card(**used(BLOB)), notes=notes, a=plain((0, 0, 0), 315, 440))
    assert any("covers nothing" in note for note in notes)


def test_lenses_show_frames_that_replace_the_art() -> None:
    frames = (BLOB, OTHER)
    made = scene(card(frames=frames, foils=(FoilUse(foil="lenticular"),)), a=plain((250, 0, 0)), b=plain((0, 0, 250)))
    assert len(made.frames) == 2
    assert tuple(made.frames[0][150, 150]) == (250, 0, 0, 255)
    assert tuple(made.frames[1][150, 150]) == (0, 0, 250, 255)
    notes: list[str] = []
    assert scene(card(frames=frames), notes=notes, a=plain((1, 2, 3)), b=plain((1, 2, 3))).frames == ()
    assert any("lenses" in note for note in notes)
    with pytest.raises(CardError) as caught:
        scene(card(art=ART, foils=(FoilUse(foil="lenticular"),)), a=plain((1, 2, 3)))
    assert caught.value.code == "card.needs_frames"


def test_the_demo_of_lenses_needs_nothing_of_one_s_own() -> None:
    made = scene(card(foils=(FoilUse(foil="lenticular"),)))
    assert len(made.frames) == 3
    assert np.abs(made.frames[0].astype(int) - made.frames[2]).mean() > 10


def test_a_back_of_one_s_own_fills_the_back() -> None:
    made = scene(card(back=BLOB), a=plain((10, 200, 30), 700, 900))
    assert (made.back == (10, 200, 30, 255)).all()


def test_the_back_tells_nothing_of_the_front() -> None:
    backs = [scene(card(rarity=rarity)).back for rarity in ("common", "legendary")]
    assert np.array_equal(backs[0], backs[1])


def test_rarities_differ_on_the_front() -> None:
    common, epic = (front(scene(card(rarity=rarity))) for rarity in ("common", "epic"))
    assert (np.abs(common.astype(int) - epic).max(axis=2) > 20).mean() > 0.05


def test_with_bleed_the_scene_is_the_untrimmed_sheet() -> None:
    trimmed = build(card(), images(), 6.0)
    sheet = build(card(**used("art")), images(), 6.0, bleed_mm=3.0)
    assert (sheet.width_mm, sheet.height_mm, sheet.radius_mm) == (69.0, 94.0, 0.0)
    assert sheet.back.shape[:2] == sheet.sheets[0].mask.shape == (564, 414)
    middle = front(sheet)[18:-18, 18:-18].astype(int)
    assert np.abs(middle - front(trimmed)).mean() < 0.5
    assert (front(sheet)[..., 3] == 255).all()
    assert front(sheet)[:18].std(axis=(0, 1))[:3].max() < 40  # the frame goes on: nothing white at the edge


def test_stock_of_another_size_is_filled() -> None:
    made = scene(card(stock=Stock(width_mm=70.0, height_mm=120.0, corner_radius_mm=5.0, thickness_mm=0.5)))
    assert (made.width_mm, made.height_mm, made.radius_mm, made.thickness_mm) == (70.0, 120.0, 5.0, 0.5)
    assert made.back.shape[:2] == (600, 350)
    standard = scene(card(**used("art"))).sheets[0].mask
    tall = scene(card(stock=Stock(width_mm=70.0, height_mm=120.0), **used("art"))).sheets[0].mask
    assert tall.mean() > standard.mean() * 1.1  # the room goes to the art


@pytest.mark.parametrize("name", names())
def test_the_middle_of_the_back_stays_whole_on_stock_of_another_shape(name: str) -> None:
    usual = scene(card(template=name)).back
    tall = scene(card(template=name, stock=Stock(width_mm=63.0, height_mm=120.0))).back
    assert tall.shape[0] == 600
    middle = tall[300 - 90 : 300 + 90, 157 - 90 : 157 + 90].astype(int)
    assert np.abs(middle - usual[220 - 90 : 220 + 90, 157 - 90 : 157 + 90]).mean() < 4


LONG = {
    "title": "Keeper of the Lantern Road",
    "cost": 12,
    "kind": "Legendary Creature · Wanderer",
    "rules": "When this card enters play, look at the top three cards of your deck; keep one, and put the others "
    "back in any order. Then each rival loses one turn unless they pay two.",
    "number": "120/120",
    "artist": "Illus. M. Laurent",
}
UNDER_RULES = {("card-classic", "uncommon"), ("card-minimal", "epic")}  # foil on the whole frame, rules and all
KOREAN = {
    "title": "등불의 길을 지키는 사람",
    "cost": 12,
    "kind": "전설의 생물 · 나그네",
    "rules": "이 카드가 놓이면 덱 위에서 카드 석 장을 보고 한 장을 가진다. 나머지는 아무 순서로나 되돌려 놓는다.",
    "number": "120/120",
    "artist": "그림 한가람",
}


@pytest.mark.parametrize("fields", [LONG, KOREAN], ids=["long", "korean"])
@pytest.mark.parametrize("name", names())
def test_every_template_prints_the_texts_of_a_usual_card(name: str, fields: dict[str, object]) -> None:
    full = scene(card(template=name, fields=fields)).front[-1].picture[..., 3]
    bare = scene(card(template=name, fields={"title": "", "kind": "", "rules": ""})).front[-1].picture[..., 3]
    assert (full > 32).sum() > (bare > 32).sum() + 1500


@pytest.mark.parametrize("rarity", ["uncommon", "rare", "epic", "legendary"])
@pytest.mark.parametrize("name", names())
def test_the_foils_of_a_rarity_cover_something_and_no_rules(name: str, rarity: str) -> None:
    notes: list[str] = []
    made = scene(card(template=name, fields=LONG, rarity=rarity, foils=None), notes=notes)
    assert made.sheets
    assert not notes
    if (name, rarity) not in UNDER_RULES:
        rules = template(name).field("rules")
        assert rules is not None
        x, y, width, height = (round(5 * side) for side in rules.box_mm)
        assert all(sheet.mask[y : y + height, x : x + width].mean() < 8 for sheet in made.sheets)


@pytest.mark.parametrize("name", names())
def test_templates_have_backs_of_their_own(name: str) -> None:
    back = scene(card(template=name)).back.astype(int)
    others = [scene(card(template=other)).back for other in names() if other != name]
    assert all(np.abs(back - other).mean() > 8 for other in others)


def test_small_art_is_used_and_said_to_be_coarse() -> None:
    notes: list[str] = []
    scene(card(art=ART), notes=notes, a=plain((1, 2, 3), 60, 50))
    assert any(note.startswith("card.art[0]") and "dpi" in note for note in notes)
    notes.clear()
    scene(card(art=ART), notes=notes, a=plain((1, 2, 3), 900, 800))
    assert notes == []


def test_what_was_done_to_art_is_told_with_its_place() -> None:
    notes: list[str] = []

    inks = io.BytesIO()
    Pillow.new("CMYK", (700, 600), (0, 255, 255, 0)).save(inks, "JPEG", quality=98)
    made = scene(card(art=ART), notes=notes, a=inks.getvalue())
    assert any(note.startswith("card.art[0].image") and "CMYK" in note for note in notes)
    assert np.abs(front(made)[150, 150, :3].astype(int) - (227, 6, 19)).max() < 4


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"art": ART}, "card.art[0].image"),
        ({"back": BLOB}, "card.back"),
        (used(BLOB), "card.foils[0].mask"),
        ({"frames": (BLOB, BLOB), "foils": (FoilUse(foil="lenticular"),)}, "card.frames[0]"),
    ],
)
def test_a_broken_picture_is_refused_where_it_is(changes: dict[str, object], path: str) -> None:
    with pytest.raises(ImageError) as caught:
        scene(card(**changes), a=plain((1, 2, 3))[:80])
    assert (caught.value.code, caught.value.path) == ("image.invalid", path)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"titel": "x"}, "card.unknown_field"),
        ({"title": "x" * 200}, "card.text_too_long"),
        ({"rules": "🦊"}, "card.missing_glyphs"),
        ({"cost": 123456789012}, "card.text_too_long"),
    ],
)
def test_texts_that_cannot_be_printed_are_refused_where_they_are(fields: dict[str, object], code: str) -> None:
    with pytest.raises(CardError) as caught:
        scene(card(fields=fields))
    assert (caught.value.code, caught.value.path) == (code, f"card.fields.{next(iter(fields))}")


def test_a_name_that_is_too_long_is_refused_as_the_title_it_becomes() -> None:
    with pytest.raises(CardError) as caught:
        scene(CardDesign(name="A" * 200, foils=()))
    assert caught.value.code == "card.text_too_long"


def test_numbers_are_written_as_people_do() -> None:
    written = {value: front(scene(card(fields={"cost": value}))) for value in (7, 7.0, "7")}
    assert np.array_equal(written[7], written["7"])
    one, two, three = (front(scene(card(fields={"cost": value}))) for value in (2.5, "2.5", 3))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, three)


def test_equal_cards_have_equal_pixels_and_digests() -> None:
    one, two = scene(card(rarity="epic", foils=None)), scene(card(rarity="epic", foils=None))
    assert one.digest == two.digest
    assert np.array_equal(front(one), front(two))
    assert np.array_equal(one.back, two.back)


def test_what_changes_pixels_changes_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    base = scene(card(art=ART), a=plain((1, 2, 3))).digest
    others = {
        scene(card(art=ART), a=plain((1, 2, 4))).digest,
        scene(card(art=ART, fields={"title": "Other"}), a=plain((1, 2, 3))).digest,
        scene(card(art=ART, template="card-fullart"), a=plain((1, 2, 3))).digest,
        scene(card(art=ART, stand=Stand(turn=5.0)), a=plain((1, 2, 3))).digest,
        scene(card(art=ART, **used("art")), a=plain((1, 2, 3))).digest,
        scene(card(art=ART), 6.0, a=plain((1, 2, 3))).digest,
    }
    monkeypatch.setattr("assets.card_build.font_digest", lambda name: card_fonts.digest(name)[::-1])
    others.add(scene(card(art=ART), a=plain((1, 2, 3))).digest)
    assert base not in others
    assert len(others) == 7


def test_density_follows_the_picture_on_a_ladder_and_stays_in_the_budget() -> None:
    steps = [density_for(card(), side, side) for side in range(64, 6000, 32)]
    assert steps == sorted(steps)
    assert len(set(steps)) < 10
    for side in (512, 1024, 2048):
        assert 1.0 <= density_for(card(), side, side) / (side / 88) <= 1.45
    assert density_for(card(), 64, 64) >= 4.0
    assert max(steps) <= MAX_DENSITY
    huge = card(
        stock=Stock(width_mm=300.0, height_mm=300.0),
        frames=tuple(Ref(blob=f"{k:064x}") for k in range(12)),
        foils=(FoilUse(foil="lenticular"),),
    )
    density = density_for(huge, 8192, 8192)
    assert (300 * density) ** 2 * 16 <= MAX_PIXELS


def test_what_is_over_the_budget_is_refused_before_anything_is_read() -> None:
    def never(ref: Ref) -> bytes:
        pytest.fail(f"{ref} was read")

    with pytest.raises(CardError, match="smaller picture") as caught:
        build(card(stock=Stock(width_mm=300.0, height_mm=300.0)), never, 64.0)
    assert caught.value.code == "card.too_large"
    for density in (0.0, float("nan"), 1e9):
        with pytest.raises(CardError) as caught:
            build(card(), never, density)
        assert caught.value.code == "card.too_large"
