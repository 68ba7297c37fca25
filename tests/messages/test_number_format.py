from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.translation import written_in
from bot.messages.number_format import (
    ago,
    amount,
    chosen_percent,
    chosen_usd,
    clock,
    decimal,
    percent,
    price,
    significant,
    span,
    usd,
)

NOON = datetime(2022, 12, 13, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.1436e9, "$1.14 B"),
        (-2.3e9, "−$2.30 B"),
        (6.41e10, "$64.1 B"),
        (1.39e11, "$139 B"),
        (2e12, "$2.00 T"),
        (999_499, "$999 K"),
        (999_500, "$1.00 M"),
        (5e6, "$5.00 M"),
        (1234, "$1.23 K"),
        (999.4, "$999"),
        (99.96, "$100"),
        (10.0, "$10.0"),
        (9.994, "$9.99"),
        (0, "$0.00"),
        (0.01, "$0.01"),
        (0.000063, "$0.000063"),
        (-2.5e-7, "−$0.00000025"),
        (1e-30, "$0.00"),
    ],
)
def test_dollars_are_short(value: float, text: str) -> None:
    assert usd(value) == text


@pytest.mark.parametrize(("value", "text"), [(5e6, "+$5.00 M"), (-5e6, "−$5.00 M"), (0, "$0.00")])
def test_a_flow_carries_its_sign(value: float, text: str) -> None:
    assert usd(value, signed=True) == text


def test_amounts_name_their_asset() -> None:
    assert amount(475_000.5, "BTC") == "475 K BTC"
    assert amount(1.5, "BTC", signed=True) == "+1.50 BTC"
    assert amount(-1.5, "BTC", signed=True) == "−1.50 BTC"


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (-0.018, "−1.8 %"), (0.00209, "0.21 %"), (0.15005, "15.0 %"), (-0.00001, "0.00 %"), (0.0, "0.00 %"),
        (0.0099999, "1.00 %"), (1.0, "100.0 %"),
    ],
)  # fmt: skip
def test_fractions_are_told_as_percent(fraction: float, text: str) -> None:
    assert percent(fraction) == text


def test_a_share_may_carry_a_plus() -> None:
    assert percent(0.007, signed=True) == "+0.70 %"
    assert percent(0.0, signed=True) == "0.00 %"


def test_a_fraction_is_told_as_finely_as_asked() -> None:
    assert percent(-0.0019, signed=True, digits=1) == "−0.2 %"
    assert percent(-0.0001, signed=True, digits=1) == "0.0 %"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"), (45, "45 s"), (59.6, "1 min"), (720, "12 min"), (3599, "59 min"), (3600, "1 h"),
        (3 * 3600 + 1200, "3 h 20 min"), (10 * 3600 + 1200, "10 h"), (47 * 3600, "47 h"), (48 * 3600, "2 d"),
        (9.7 * 86400, "9 d"),
    ],
)  # fmt: skip
def test_lengths_of_time_are_told_in_their_largest_unit(seconds: float, text: str) -> None:
    assert span(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("before", "text"), [(timedelta(minutes=12), "12 min ago"), (timedelta(0), "just now"), (-timedelta(1), "just now")]
)
def test_ages_are_told_and_the_future_is_now(before: timedelta, text: str) -> None:
    assert ago(NOON - before, NOON) == text


def test_a_moment_names_its_timezone() -> None:
    assert clock(NOON) == "2022-12-13 12:05 UTC"


numbers = st.floats(-1e14, 1e14)


@given(numbers)
def test_a_short_number_is_short_and_its_minus_is_real(value: float) -> None:
    text = usd(value)

    assert len(text) <= 12
    assert "-" not in text
    assert "e" not in text
    assert text.startswith("−") is (value < 0)


@given(numbers)
def test_the_sign_is_the_only_difference_between_a_number_and_its_negative(value: float) -> None:
    assert usd(value).removeprefix("−") == usd(-value).removeprefix("−")
    assert percent(value).removeprefix("−") == percent(-value).removeprefix("−")


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("en", 5e7, "$50 M"),
        ("en", 2.5e6, "$2.5 M"),
        ("en", 1e12, "$1 T"),
        ("en", 1500, "$1.5 K"),
        ("en", 7, "$7"),
        ("es", 2.5e6, "$2,5 M"),
        ("pt-BR", 5e7, "US$ 50 mi"),
        ("zh-CN", 5e7, "$5000万"),
        ("es", 5e9, "$5000 M"),
        ("es", 5e10, "$50.000 M"),
        ("es", 9.999e11, "$999.900 M"),
        ("zh-CN", 9.9999e7, "$1亿"),
        ("zh-CN", 9999.9, "$1万"),
        ("en", 999_999.9, "$1 M"),
        ("en", 1e15, "$1000 T"),
    ],
)
def test_what_somebody_chose_is_shown_with_their_digits_on_one_line(code: str, value: float, shown: str) -> None:
    with written_in(code):
        assert chosen_usd(value) == shown.replace(" ", "\N{NO-BREAK SPACE}")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (price(0.0000123), "$0.0000123"),
        (price(1_234_567.0), "$1,234,570"),
        (price(16_803.5), "$16,803.5"),
        (significant(20_000.0, 3), "20,000"),
        (significant(1_234_567.0, 3), "1,230,000"),
        (significant(-0.25, 6), "−0.25"),
        (significant(0.0, 3), "0"),
        (chosen_percent(0.000_000_01), "0.000001\u00a0%"),
    ],
)
def test_neither_prices_nor_counts_are_told_by_their_exponents(text: str, shown: str) -> None:
    assert text == shown


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert [decimal(value, 1, signed=True) for value in (-0.04, -0.0, 0.04, -0.05001)] == ["0.0", "0.0", "0.0", "−0.1"]


def test_a_share_that_somebody_chose_has_their_digits() -> None:
    assert [chosen_percent(share) for share in (0.03, 0.125, 1.0)] == ["3\u00a0%", "12.5\u00a0%", "100\u00a0%"]
    with written_in("tr"):
        assert chosen_percent(0.125) == "%12,5"


def test_what_has_more_zeros_than_anybody_counts_has_an_exponent() -> None:
    assert [significant(value, 2) for value in (3.4e-12, 3.4e-13, -3.4e-13)] == [
        "0.0000000000034",
        "3.4e-13",
        "−3.4e-13",
    ]
