"""Each language writes numbers and dates as the Unicode CLDR says, with a dollar sign in front."""

from datetime import UTC, datetime

import pytest
from babel import Locale

from bot.language.languages import ENGLISH, LANGUAGES
from bot.language.translation import written_in
from bot.messages.number_format import amount, day_and_month, decimal, percent, percent_range, price, usd

LOCALES = {"zh-CN": "zh_Hans_CN"}
WORDS_FOR_B = {"billones": "B", "bin": "B"}  # which would be read as a billion


def locale(code: str) -> Locale:
    return Locale.parse(LOCALES.get(code, code.replace("-", "_")))


@pytest.mark.parametrize("code", LANGUAGES)
def test_points_percents_and_words_are_those_of_the_cldr(code: str) -> None:
    numbers, theirs = LANGUAGES[code].numbers, locale(code)

    assert numbers.point == theirs.number_symbols["latn"]["decimal"]
    assert numbers.group == theirs.number_symbols["latn"]["group"]
    percent_is_first = theirs.percent_formats[None].pattern.startswith("%")
    assert numbers.percent.startswith("{sign}%") is percent_is_first
    patterns = theirs.compact_decimal_formats["short"]["other"]
    for size, word in numbers.scales:
        # The widest pattern of a scale: Spanish has "0000 M" for a billion, and "00 mil M" from ten on.
        pattern = patterns[str(int(size * 100))].pattern.replace("\N{NO-BREAK SPACE}", " ").replace("'.'", ".")
        assert pattern.strip("0 ") == WORDS_FOR_B.get(word, word)


@pytest.mark.parametrize("code", LANGUAGES)
def test_months_are_those_of_the_cldr(code: str) -> None:
    language, theirs = LANGUAGES[code], locale(code)

    assert list(language.months) == list(theirs.months["format"]["abbreviated"].values())


@pytest.mark.parametrize(
    ("code", "figures"),
    [
        (ENGLISH, ["−$1.14 B", "475 K BTC", "−10.6 %", "−55.0 to −61.0 %", "13 Dec"]),
        ("es", ["−$1.140 M", "475 mil BTC", "−10,6 %", "−55,0 a −61,0 %", "13 dic"]),
        ("ru", ["−$1,14 млрд", "475 тыс. BTC", "−10,6 %", "−55,0 – −61,0 %", "13 дек."]),
        ("tr", ["−$1,14 Mr", "475 bin BTC", "−%10,6", "−%55,0 – −%61,0", "13 Ara"]),
        ("pt-BR", ["−US$ 1,14 bi", "475 mil BTC", "−10,6 %", "−55,0 a −61,0 %", "13 de dez."]),
        ("zh-CN", ["−$11.4亿", "47.5万 BTC", "−10.6 %", "−55.0 至 −61.0 %", "12月13日"]),
    ],
)
def test_figures_in_each_language(code: str, figures: list[str]) -> None:
    with written_in(code):
        assert figures == [
            usd(-1.1436e9, signed=True),
            amount(475e3, "BTC"),
            percent(-0.106, signed=True),
            percent_range(-0.55, -0.61),
            day_and_month(datetime(2022, 12, 13, tzinfo=UTC)),
        ]


def test_prices_and_plain_numbers_have_the_points_of_the_language() -> None:
    with written_in("es"):
        assert (price(16_803.5), decimal(-3.51, 1)) == ("$16.803,5", "−3,5")
    assert (price(20_000), price(0.99954), decimal(-3.51, 1)) == ("$20,000", "$0.99954", "−3.5")
