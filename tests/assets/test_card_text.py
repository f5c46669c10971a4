"""Texts of cards: cleaned, broken, shrunk, refused."""

from __future__ import annotations

import numpy as np
import pytest
import skia

from assets import card_fonts
from assets.card_draw import Sheet
from assets.card_fonts import digest, missing, width
from assets.card_template import Field
from assets.card_text import PT_MM, Fitted, cleaned, drawn, fitted
from assets.errors import CardError, MissingFontError

KOREAN = "빛의 여우가 전장에 나올 때, 카드 두 장을 뽑는다. 상대의 생물 하나를 선택하여 다음 턴까지 잠재운다."


def field(**changes: object) -> Field:
    base = {
        "name": "rules",
        "kind": "text",
        "box_mm": (0.0, 0.0, 48.0, 16.0),
        "size_pt": 8.0,
        "min_pt": 5.0,
        "lines": 8,
    }
    return Field.model_validate({**base, **changes})


def fit(text: str, **changes: object) -> Fitted:
    made = field(**changes)
    return fitted(made, cleaned(text), made.box_mm[2:], 1.0)


def ink(made: Field, text: Fitted, margin: float = 4.0, density: float = 12.0) -> np.ndarray:
    """The letters' coverage, ``margin`` mm around the box too."""
    box = made.box_mm
    size = round((box[2] + 2 * margin) * density), round((box[3] + 2 * margin) * density)
    sheet = Sheet(*size, (density, density), (margin - box[0], margin - box[1]))
    drawn(sheet.canvas, made, text, box, 1.0, skia.Paint(AntiAlias=True))
    return sheet.alpha()


def test_texts_are_cleaned_to_what_is_printed() -> None:
    assert cleaned("\u1112\u1161\u11ab\u1100\u1173\u11af") == "한글"  # composed (NFC)
    assert cleaned("a\tb  c\r\nd\x00e\x07") == "a b c\nde"
    assert cleaned("\u202eevil\u202c \u2066x\u2069\u200b") == "evil x"
    assert cleaned("a\ud800b\ufe0f") == "ab"
    assert cleaned("Z" + "\u0335" * 40 + "algo") == "Z" + "\u0335" * 2 + "algo"
    assert cleaned("\n\n a \n") == "a"


def test_short_texts_keep_their_size() -> None:
    assert fit("Draw a card.") == Fitted(lines=("Draw a card.",), size_pt=8.0)


def test_korean_breaks_between_words() -> None:
    made = fit(KOREAN)
    assert len(made.lines) > 1
    assert " ".join(made.lines) == KOREAN


def test_every_line_fits_its_box() -> None:
    for text in (KOREAN, KOREAN * 2, "The quick brown fox jumps over the lazy dog. " * 5, "漢字" * 80, "w" * 150):
        made = fit(text)
        for line in made.lines:
            assert width(line, "text", 0.0) * made.size_pt * PT_MM <= 48.0 + 1e-4
        assert "".join(made.lines).replace(" ", "") == cleaned(text).replace(" ", "")


def test_longer_texts_are_smaller() -> None:
    sizes = [fit(KOREAN * count).size_pt for count in (1, 2, 3, 4)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 8.0
    assert sizes[-1] < 8.0


def test_a_word_longer_than_a_line_is_broken_and_nothing_lost() -> None:
    made = fit("가나다라마바사아자차카타파하" * 6)
    assert len(made.lines) > 1
    assert "".join(made.lines) == "가나다라마바사아자차카타파하" * 6


def test_a_text_shrinks_somewhat_rather_than_tear_a_word() -> None:
    word = "Donaudampfschifffahrtsgesellschaft"
    made = fit(word, box_mm=(0.0, 0.0, 36.0, 16.0))
    assert made.lines == (word,)
    assert 6.0 <= made.size_pt < 8.0
    assert len(fit(word * 2, box_mm=(0.0, 0.0, 36.0, 16.0)).lines) > 1


def test_no_line_starts_with_a_full_stop_or_ends_with_an_opening_bracket() -> None:
    for shift in range(1, 24):
        text = "か" * shift + "。「き」" * 24
        for line in fit(text).lines:
            assert line[0] not in "。」"
            assert line[-1] != "「"


def test_line_ends_are_kept() -> None:
    assert fit("One.\nTwo.").lines == ("One.", "Two.")
    assert fit("One.\n\nTwo.").lines == ("One.", "", "Two.")


def test_a_text_that_never_fits_is_refused_with_what_would() -> None:
    text = KOREAN * 12
    with pytest.raises(CardError, match=r"holds \d+ characters; about (\d+) of them fit") as caught:
        fit(text)
    assert (caught.value.code, caught.value.path) == ("card.text_too_long", "card.fields.rules")
    room = int(str(caught.value).split("about ")[1].split()[0])
    assert 100 < room < len(text)
    assert fit(text[:room]).size_pt == 5.0
    with pytest.raises(CardError):
        fit(text[: room + 30])


def test_a_single_line_is_never_broken() -> None:
    with pytest.raises(CardError) as caught:
        fit("word " * 30, lines=1, box_mm=(0.0, 0.0, 40.0, 6.0))
    assert caught.value.code == "card.text_too_long"
    with pytest.raises(CardError):
        fit("two\nlines", lines=1)


def test_a_box_too_low_for_the_smallest_letters_takes_none() -> None:
    with pytest.raises(CardError) as caught:
        fit("a", box_mm=(0.0, 0.0, 40.0, 1.0))
    assert caught.value.code == "card.text_too_long"


@pytest.mark.parametrize("text", ["🦊 fox", "𒀀", "fox \ue000"])
def test_letters_that_cannot_be_printed_are_refused_by_name(text: str) -> None:
    with pytest.raises(CardError, match="take these characters out") as caught:
        fit(text)
    assert (caught.value.code, caught.value.path) == ("card.missing_glyphs", "card.fields.rules")
    lost = next(letter for letter in text if not letter.isascii())
    assert f"U+{ord(lost):04X}" in str(caught.value)


def test_accents_greek_and_hanja_are_printed() -> None:
    for font in card_fonts.FONTS:
        assert missing("Zoë Ñandú Żółć Ελληνικά Привет 漢字 뷁 ①★", font) == ()


def test_pairs_are_kerned() -> None:
    assert width("AV", "title", 0.0) < width("A", "title", 0.0) + width("V", "title", 0.0) - 0.03


def test_a_word_is_in_one_face() -> None:
    # NanumMyeongjo has no é; all of the word then comes from the stand-in, in whose widths it is measured.
    plain = width("Caf", "title", 0.0) + width("é", "title", 0.0)
    assert abs(width("Café", "title", 0.0) - plain) > 0.02


def test_letters_stay_in_their_box_whatever_they_are() -> None:
    made = field(box_mm=(0.0, 0.0, 48.0, 16.0))
    for text in (KOREAN * 3, "gjpqyÅÉŇ" * 20, "Z" + "\u0335\u0301" * 9 + "algo", "مرحبا שלום " * 8):
        alpha = ink(made, fit(text))
        inside = alpha[int(3.6 * 12) : -int(3.6 * 12), int(3.6 * 12) : -int(3.6 * 12)]
        assert inside.any()
        assert alpha.sum(dtype=np.int64) == inside.sum(dtype=np.int64), text


def test_texts_are_set_left_centred_and_right() -> None:
    centres = []
    for align in ("left", "center", "right"):
        made = field(align=align)
        columns = np.flatnonzero(ink(made, fit("Fox")).any(axis=0))
        centres.append(columns.mean() / 12 - 4)
    assert centres[0] < 6
    assert centres[1] == pytest.approx(24, abs=0.3)
    assert centres[2] > 42


def test_texts_are_set_to_the_top_the_middle_and_the_bottom() -> None:
    rows = []
    for valign in ("top", "middle", "bottom"):
        made = field(valign=valign)
        rows.append(np.flatnonzero(ink(made, fit("FOX")).any(axis=1)).mean() / 12 - 4)
    assert rows[0] < 3
    assert rows[1] == pytest.approx(8, abs=0.2)
    assert rows[2] > 13


def test_a_missing_font_is_the_farm_s_fault_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_fonts, "FOLDERS", ())
    card_fonts.file.cache_clear()
    try:
        with pytest.raises(MissingFontError, match="install the package fonts-nanum"):
            card_fonts.file("NanumMyeongjoBold")
    finally:
        card_fonts.file.cache_clear()


def test_fonts_have_digests_of_their_own() -> None:
    found = {digest(name) for name in card_fonts.FONTS}
    assert len(found) == len(card_fonts.FONTS)
