"""Prices that jump where nobody else trades the asset: not believed before the next reading tells."""

import pytest

from bot.domain.flow import Window
from tests.builders import DAY, HOUR, NOON
from tests.detection.quiet_past import book, days_of, signals_after

LEFT = {"Solana/SOL": 0.85}
"""Fifteen per cent of the SOL, 1.25 % of all: a day like others, at its usual price."""


@pytest.mark.parametrize("price", [20_000.0, 30.0, 10.0, 0.0])
def test_a_price_that_comes_back_was_never_believed(price: float) -> None:
    odd, _, later = signals_after(
        days_of(), book(NOON, prices={"SOL": price}), book(NOON + HOUR), book(NOON + DAY, LEFT)
    )  # fmt: skip

    assert odd.severity is None
    day = later.flow(Window.DAY)
    assert day
    assert day.start == NOON
    assert day.share == pytest.approx(-0.0125, abs=0.001)
    assert day.reserves_usd == pytest.approx(60e9, rel=0.01)
    assert later.severity is None


@pytest.mark.parametrize("price", [30.0, 10.0])
def test_a_price_that_stays_is_believed_from_its_first_reading_on(price: float) -> None:
    prices = {"SOL": price}
    *_, later = signals_after(
        days_of(),
        book(NOON, prices=prices),
        book(NOON + HOUR, prices=prices),
        book(NOON + DAY, LEFT, prices=prices),
    )

    day = later.flow(Window.DAY)
    assert day
    assert day.usd == pytest.approx(-0.15 * 5e9 * price / 20, rel=0.01)
