"""Prices crash and rally; nobody leaves."""

from datetime import timedelta

import pytest

from tests.replay.plain_flow import PlainFlow, plain_flow

DAY = timedelta(days=1)


@pytest.fixture
def weeks() -> PlainFlow:
    return plain_flow("quiet-weeks")


def test_prices_take_more_than_a_tenth_off_the_total_in_a_day(weeks: PlainFlow) -> None:
    clean = [(weeks.clean("bitfinex", at - DAY), weeks.clean("bitfinex", at)) for at in weeks.live]

    assert min(after / before for before, after in clean) < 0.9
    assert max(after / before for before, after in clean) > 1.05


@pytest.mark.parametrize("exchange", plain_flow("quiet-weeks").exchanges)
def test_no_window_comes_near_a_threshold(weeks: PlainFlow, exchange: str) -> None:
    for length, limit in ((1, -0.0125), (3, -0.03), (7, -0.04), (14, -0.06), (30, -0.1)):
        assert min(share for _, share in weeks.windows(exchange, timedelta(days=length))) > limit


def test_it_is_labelled_as_invented(weeks: PlainFlow) -> None:
    assert "invented" in weeks.episode.label
