import re
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.languages import LANGUAGES
from bot.language.translation import written_in
from bot.messages.model import Message, Table, Tone
from bot.messages.number_format import amount, percent, usd
from bot.messages.plain_text import bind_units, clean, display_width, shorten, text_table, title_with_tone, utf16_length
from tests.fakes.as_read import as_read
from tests.fakes.marking_language import mark_texts


@pytest.mark.parametrize(
    ("dirty", "shown"),
    [
        ("Binance", "Binance"),
        ("usdt\u202egnp.exe", "usdtgnp.exe"),
        ("\u2066left\u2069", "left"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("two\nlines\u2028three", "two lines three"),
        ("bell\x07 null\x00", "bell null"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("blank\u3164name", "blankname"),
        ("⚠️ déjà 日本", "⚠️ déjà 日本"),
    ],
)
def test_text_from_outside_cannot_hide_or_turn_around(dirty: str, shown: str) -> None:
    assert clean(dirty) == shown


def test_every_character_that_can_deceive_is_removed() -> None:
    deceptive = "".join(chr(code) for code in range(0x110000) if category(chr(code)) in ("Cc", "Cf", "Cs", "Co"))
    assert clean(deceptive).strip() == ""


def test_letters_marks_and_signs_of_every_script_stay() -> None:
    kinds = ("Lu", "Ll", "Lo", "Mn", "Nd", "Sm", "Sc", "So", "Po")
    kept = "".join(chr(code) for code in range(0x110000) if category(chr(code)) in kinds)
    assert len(kept) - len(clean(kept)) == len("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


@given(st.text())
def test_clean_text_is_one_line_that_any_platform_can_encode(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.splitlines() in ([], [cleaned])
    assert clean(cleaned) == cleaned
    cleaned.encode()


def test_length_is_counted_as_telegram_counts() -> None:
    assert utf16_length("aé🟠") == 4


@given(st.text(), st.integers(min_value=0, max_value=50))
def test_a_shortened_text_keeps_its_beginning_and_the_limit(text: str, limit: int) -> None:
    short = shorten(text, limit, measure=utf16_length)
    assert utf16_length(short) <= limit
    assert text.startswith(short.removesuffix("…"))


@pytest.mark.parametrize(
    "text",
    [
        "−^$2.27_B", "+^$2_M", "10.6_%", "24_h", "3_h 20_min", "9_d", "475_K BTC", "at 14:05_UTC", "45_s · 7_d −5.0_%",
        "$1_T", "2 hours", "INC-42 · Binance", "3 Binances", "12 minutes", "5_% of", "USDT 2",
    ],
)  # fmt: skip
def test_a_number_and_its_unit_are_not_parted(text: str) -> None:
    """An underscore stands for the no-break space, a caret for the word joiner."""
    expected = text.replace("_", "\N{NO-BREAK SPACE}").replace("^", "\N{WORD JOINER}")
    assert bind_units(as_read(expected)) == expected


def test_a_table_aligns_words_left_and_numbers_right() -> None:
    table = Table(("Asset", "Flow"), (("BTC", "−$0.7 B"), ("Tether", "+$1 M")), numeric=(1,))
    assert text_table(table).splitlines() == ["Asset      Flow", "BTC     −$0.7 B", "Tether    +$1 M"]


def test_a_wide_table_shortens_words_and_never_numbers() -> None:
    table = Table(("Asset", "Flow"), (("an asset with a very long name", "−$123,456.78"),), numeric=(1,))
    header, row = text_table(table, width=24).splitlines()
    assert display_width(row) == 24
    assert row.endswith("−$123,456.78")
    assert "…" in row
    assert header.startswith("Asset")


def test_a_table_that_cannot_be_narrow_enough_keeps_its_numbers() -> None:
    table = Table(("Asset", "Flow"), (("Tether", "−$123,456.78"),), numeric=(1,))
    assert text_table(table, width=5).splitlines()[1] == "… −$123,456.78"


def test_gaps_give_way_before_words_do() -> None:
    rows = (("BTC", "🔴 cerrados", "12:00"),)
    table = Table(("Activo", "Estado", "Desde"), rows)
    by_width = {width: text_table(table, width=width).splitlines()[1] for width in (26, 24, 22)}
    assert by_width == {
        26: "BTC     🔴 cerrados  12:00",
        24: "BTC    🔴 cerrados 12:00",
        22: "BTC     🔴 cer…  12:00",
    }
    assert text_table(Table(("Day", "FTX"), (("1", "−3 %"),), numeric=(0, 1)), width=8).splitlines() == [
        "Day  FTX",
        "  1 −3 %",
    ]


def test_a_spare_column_gives_way_before_a_name_is_cut_short() -> None:
    rows = (("BNB propio", "475 mil", "$34.200 M"),)
    table = Table(("Activo", "Cantidad", "Valor"), rows, numeric=(1, 2), spare=1)
    by_width = {width: text_table(table, width=width).splitlines()[1] for width in (31, 29, 27, 24)}
    assert by_width == {
        31: "BNB propio   475 mil  $34.200 M",
        29: "BNB propio  475 mil $34.200 M",
        27: "BNB pro…  475 mil $34.200 M",
        24: "BNB propio  $34.200 M",
    }


def test_a_row_of_one_text_goes_over_all_columns() -> None:
    table = Table(("Day", "Share"), (("1", "−3.0 %"), ("… and 41 more", "")), numeric=(0, 1))
    assert text_table(table).splitlines() == ["Day   Share", "  1  −3.0 %", "… and 41 more"]
    assert text_table(table, width=6).splitlines()[-1] == "… and…"
    assert text_table(Table(("Asset",), (("BTC",), ("Tether",)))).splitlines() == ["Asset", "BTC", "Tether"]
    assert text_table(Table(("A", ""), (("BTC", ""),))).splitlines() == ["A", "BTC"]


def test_wide_letters_take_two_columns() -> None:
    assert display_width("日本e\u0301") == 5
    table = Table(("A", "B"), (("日本", "1"), ("x", "2")), numeric=(1,))
    assert text_table(table).splitlines()[1:] == ["日本  1", "x     2"]


@pytest.mark.parametrize(
    ("title", "tone", "shown"),
    [
        ("INC-7 · Binance", Tone.SEVERE, "INC-7 · Binance · severe"),
        ("INC-7 · Binance · Severe outflow", Tone.SEVERE, "INC-7 · Binance · Severe outflow"),
        ("INC-7 · Binance", Tone.HELD, "INC-7 · Binance · held"),
        ("Status", Tone.GOOD, "Status"),
        ("Status", Tone.TROUBLE, "Status"),
        ("Bin\u200bance", Tone.INFO, "Binance"),
    ],
)
def test_a_severity_or_a_hold_is_said_in_a_word_once(title: str, tone: Tone, shown: str) -> None:
    assert title_with_tone(Message(title, tone=tone)) == shown


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_line_ends_within_a_number_in_any_language(code: str) -> None:
    with written_in(code):
        figures = [usd(-2.27 * scale, signed=True) for scale in (1e3, 1e4, 1e6, 1e8, 1e9, 1e12)]
        figures += [amount(1e9, ""), percent(-0.106), percent(0.106, signed=True)]
    for figure in figures:
        bound = bind_units(figure)
        assert as_read(bound) == as_read(figure)
        assert " " not in bound
        assert not re.search(r"[−+](?=US|[$%])|\d(?=[万亿])", bound)


@pytest.mark.parametrize(
    "text",
    [
        "−^US$_2,27_bi", "−^$13.200_M", "2,27_billones", "1,14_млрд за 24_ч", "3_ч 20_мин", "9_дн.", "45_с", "7_gün",
        "+^%10,6", "−^$22.7^亿", "3_小时前", "12^分钟", "12_dk önce", "20_seg", "5 минут", "3 sat",
    ],
)  # fmt: skip
def test_a_number_and_its_unit_are_not_parted_in_other_languages(text: str) -> None:
    expected = text.replace("_", "\N{NO-BREAK SPACE}").replace("^", "\N{WORD JOINER}")
    assert bind_units(as_read(expected)) == expected


@pytest.mark.parametrize(
    ("code", "title", "shown"),
    [
        ("es", "INC-7 · salida elevada", "INC-7 · salida elevada"),
        ("es", "INC-7 · retiros cerrados", "INC-7 · retiros cerrados · elevado"),
        ("en", "INC-7 · unusual outflow", "INC-7 · unusual outflow · elevated"),
    ],
)
def test_a_severity_that_agrees_with_its_noun_is_named(code: str, title: str, shown: str) -> None:
    assert title_with_tone(Message(title, tone=Tone.ELEVATED, language=code)) == shown


def test_a_title_names_its_severity_in_the_language_of_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    mark_texts(monkeypatch)
    with written_in("es"):
        unnamed, named = Message("INC-7", Tone.SEVERE), Message("INC-7 · ES‹Severe› outflow", Tone.SEVERE)
        held, calm = Message("INC-7", Tone.HELD), Message("Status", Tone.GOOD)

    titles = [title_with_tone(message) for message in (unnamed, named, held, calm)]
    assert titles == ["INC-7 · es‹severe›", "INC-7 · ES‹Severe› outflow", "INC-7 · es‹held›", "Status"]
