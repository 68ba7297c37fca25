"""The reconstructions of 2022 to 2025 pass through the figures that were published."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.reading import Slot
from bot.replay.episode import MADE_UP, RECONSTRUCTION
from bot.replay.episodes.catalogue import EPISODES
from tests.replay.plain_flow import PlainFlow, plain_flow

DAY, WEEK = timedelta(days=1), timedelta(days=7)
BTC = Slot("Bitcoin", "BTC")


def at(year: int, month: int, day: int, hour: int = 0) -> datetime:
    """Return the time just after the upstream's run of that hour."""
    return datetime(year, month, day, hour, 30, tzinfo=UTC)


def november(day: int, hour: int = 0) -> datetime:
    return at(2022, 11, day, hour)


@pytest.fixture
def ftx() -> PlainFlow:
    return plain_flow("ftx-2022")


def test_ftx_lost_37_percent_and_six_billion_over_the_run(ftx: PlainFlow) -> None:
    assert ftx.flow("ftx", november(6), november(9)) == pytest.approx(-6.0e9, rel=0.01)
    assert ftx.window("ftx", november(9), 3 * DAY) == pytest.approx(-0.37, abs=0.003)


def test_a_quarter_of_ftx_left_in_one_day(ftx: PlainFlow) -> None:
    assert min(share for _, share in ftx.windows("ftx", DAY)) == pytest.approx(-0.25, abs=0.01)


def test_stablecoins_of_ftx_fell_by_71_percent_in_three_days(ftx: PlainFlow) -> None:
    before, after = (_units(ftx, "ftx", moment, "USDT", "USDC", "DAI") for moment in (november(6), november(9)))

    assert before == pytest.approx(394e6, rel=0.01)
    assert after == pytest.approx(114e6, rel=0.03)


def test_hardly_a_bitcoin_of_ftx_was_left_on_the_8th(ftx: PlainFlow) -> None:
    assert ftx.at(november(6)).amounts["ftx"][BTC] > 19_941
    assert 0 < ftx.at(november(8, 12)).amounts["ftx"][BTC] < 200


def test_its_own_token_fell_by_22_and_then_by_75_percent(ftx: PlainFlow) -> None:
    prices = [ftx.at(november(day)).prices["FTT"] for day in (7, 8, 9)]

    assert prices[1] / prices[0] == pytest.approx(0.78, abs=0.03)
    assert prices[2] / prices[0] == pytest.approx(0.25, abs=0.03)


def test_after_the_halt_ftx_lies_still(ftx: PlainFlow) -> None:
    assert ftx.at(november(8, 13)).amounts["ftx"] == ftx.at(november(11, 23)).amounts["ftx"]


def test_binance_lost_1430_million_in_a_day_of_june_2023_and_3450_in_the_week() -> None:
    june = plain_flow("binance-2023-06")

    assert june.flow("binance", at(2023, 6, 5, 15), at(2023, 6, 6, 15)) == pytest.approx(-1.43e9, rel=0.01)
    assert june.flow("binance", at(2023, 6, 5), at(2023, 6, 12)) == pytest.approx(-3.45e9, rel=0.01)
    assert june.flow("binance", at(2023, 6, 11), at(2023, 6, 12)) == pytest.approx(-69.57e6, rel=0.02)


def test_its_total_fell_far_more_than_that_by_price() -> None:
    june = plain_flow("binance-2023-06")
    totals = [june.total("binance", at(2023, 6, day)) for day in (5, 12)]

    assert totals == [pytest.approx(64.195e9, rel=0.005), pytest.approx(55.95e9, rel=0.005)]
    assert totals[1] - totals[0] < 2 * june.flow("binance", at(2023, 6, 5), at(2023, 6, 12))


def test_binance_lost_1010_million_in_a_day_of_november_2023_and_703_in_the_week() -> None:
    month = plain_flow("binance-2023-11")
    day = month.flow("binance", at(2023, 11, 21, 18), at(2023, 11, 22, 18))

    assert day == pytest.approx(-1.01e9, rel=0.01)
    assert day / 65e9 == pytest.approx(-0.0155, abs=0.0002)
    assert month.total("binance", at(2023, 11, 20)) == pytest.approx(65e9, rel=0.02)
    assert month.flow("binance", at(2023, 11, 15, 18), at(2023, 11, 22, 18)) == pytest.approx(-0.703e9, rel=0.01)


def test_a_day_of_busd_took_831_million_with_the_stablecoin_that_appeared() -> None:
    february = plain_flow("busd-2023-02")
    start, end = at(2023, 2, 13), at(2023, 2, 14)
    appeared = february.at(end).amounts["binance"][Slot("Binance", "USDC")]

    assert appeared > 0.6e9
    assert Slot("Binance", "USDC") not in february.at(start).amounts["binance"]
    assert february.flow("binance", start, end) + appeared == pytest.approx(-0.831e9, rel=0.02)
    assert _units(february, "binance", end, "BUSD") - _units(february, "binance", start, "BUSD") < -2e9


def test_bybit_lost_the_theft_in_one_step_and_then_days_of_billions() -> None:
    flows = plain_flow("theft-then-run")
    eth = [flows.at(at(2025, 2, 21, hour)).amounts["bybit"][Slot("Ethereum", "ETH")] for hour in (13, 14)]
    days = [flows.flow("bybit", at(2025, 2, day), at(2025, 2, day + 1)) for day in (21, 22, 23)]

    assert (eth[0] - eth[1]) * flows.at(at(2025, 2, 21, 14)).prices["ETH"] == pytest.approx(1.4e9, rel=0.02)
    assert days == [pytest.approx(usd, rel=0.01) for usd in (-2.235e9, -2.5e9, -3.26e9)]


def test_the_own_token_moved_by_billions_and_the_rest_did_not() -> None:
    flows = plain_flow("guard-own-token")
    for day, billions in ((4, -13.25), (15, -9.67)):
        before, after = (flows.at(at(2024, 5, day, hour)) for hour in (9, 10))
        slot = Slot("Binance", "BNB")
        step = (after.amounts["binance"][slot] - before.amounts["binance"][slot]) * after.prices["BNB"]
        assert step == pytest.approx(billions * 1e9, rel=0.02)
    assert min(share for _, share in flows.windows("binance", WEEK)) > -0.04


def test_every_label_is_one_of_three_and_published_figures_name_their_source() -> None:
    for name, episode in EPISODES.items():
        assert episode.label in {RECONSTRUCTION, MADE_UP} or episode.label.startswith("invented: "), name
        assert all(published.figure and published.source for published in episode.published_figures), name
        fitted = any(published.is_fitted for published in episode.published_figures)
        assert fitted == (episode.label == RECONSTRUCTION), name


def _units(flows: PlainFlow, exchange: str, moment: datetime, *assets: str) -> float:
    held = flows.at(moment).amounts[exchange]
    return sum(amount for slot, amount in held.items() if slot.asset in assets)
