"""The reconstruction passes through the published figures."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.reading import Slot
from tests.replay.plain_flow import PlainFlow, plain_flow

DAY, THREE_DAYS, WEEK = timedelta(days=1), timedelta(days=3), timedelta(days=7)


@pytest.fixture
def run() -> PlainFlow:
    return plain_flow("binance-2022")


def december(day: int, hour: int = 0) -> datetime:
    """Return the time just after the upstream's run of that hour."""
    return datetime(2022, 12, day, hour, 30, tzinfo=UTC)


def test_the_day_to_the_13th_lost_the_1140_million_that_binance_named(run: PlainFlow) -> None:
    lost = run.flow("binance", december(12, 2), december(13, 2))

    assert lost == pytest.approx(-1.14e9, rel=0.005)
    assert lost / run.total("binance", december(12, 2)) == pytest.approx(-0.0178, abs=0.0005)
    assert run.window("binance", december(13, 2), DAY) == pytest.approx(-0.0195, abs=0.0005)


def test_the_wallets_went_from_65_to_60_billion_in_two_days(run: PlainFlow) -> None:
    assert round(run.total("binance", december(12)) / 1e9) == 65
    assert round(run.total("binance", december(14)) / 1e9) == 60


def test_the_worst_day_took_over_three_billion(run: PlainFlow) -> None:
    worst = min(run.flow("binance", at - DAY, at) for at in run.live)

    assert -3.7e9 < worst < -3e9


def test_bitcoin_left_as_coinglass_and_cryptoquant_counted_it(run: PlainFlow) -> None:
    held = [sum(run.at(december(day)).amounts["binance"][slot] for slot in BITCOIN) for day in (13, 14)]

    assert -40_353 <= held[1] - held[0] <= -30_300


BITCOIN = (Slot("Bitcoin", "BTC"), Slot("Binance", "BTC"))


def test_the_week_to_the_18th_took_thirteen_and_a_half_percent(run: PlainFlow) -> None:
    assert run.window("binance", december(18), WEEK) == pytest.approx(-0.135, abs=0.001)
    assert min(share for _, share in run.windows("binance", WEEK)) == pytest.approx(-0.135, abs=0.002)


def test_usdc_lay_still_while_its_withdrawals_were_paused(run: PlainFlow) -> None:
    slot = Slot("Ethereum", "USDC")
    by_hour = [run.at(december(13, hour)).amounts["binance"][slot] for hour in range(24)]

    assert len(set(by_hour[8:17])) == 1
    assert by_hour[8] < by_hour[7]
    assert by_hour[17] < by_hour[16]


def test_it_never_reaches_the_severe_thresholds(run: PlainFlow) -> None:
    assert min(share for _, share in run.windows("binance", DAY)) > -0.08
    assert min(share for _, share in run.windows("binance", THREE_DAYS)) > -0.15


def test_watch_comes_before_elevated_and_both_before_noon_of_the_13th(run: PlainFlow) -> None:
    days = list(run.windows("binance", DAY))
    watched = next(at for at, share in days if share <= -0.015)
    elevated = next(at for at, share in days if share <= -0.03)

    assert december(12, 18) < watched < elevated - timedelta(hours=6)
    assert elevated < december(13, 12)


def test_by_christmas_every_window_is_above_the_thresholds_for_leaving(run: PlainFlow) -> None:
    late = [at for at in run.live if at >= december(23)]

    assert min(run.window("binance", at, DAY) for at in late) > 0.6 * -0.015
    assert min(run.window("binance", at, WEEK) for at in late) > 0.6 * -0.06


def test_at_the_end_the_longest_windows_are_above_them_too(run: PlainFlow) -> None:
    late = [at for at in run.live if at >= run.episode.live_end - timedelta(hours=30)]

    assert min(run.window("binance", at, 14 * DAY) for at in late) > 0.6 * -0.10
    assert min(run.window("binance", at, 30 * DAY) for at in late) > 0.6 * -0.20


def test_prices_move_the_total_far_more_than_the_flow_does(run: PlainFlow) -> None:
    start, end = december(16), december(17)
    fall = run.total("binance", end) - run.total("binance", start)

    assert fall < 2 * run.flow("binance", start, end) < 0


def test_binance_is_as_large_and_as_spread_as_it_was(run: PlainFlow) -> None:
    at_start = run.at(run.episode.live_start).amounts["binance"]
    total = run.total("binance", run.episode.live_start)

    assert total == pytest.approx(65e9, rel=0.01)
    assert 1 - run.clean("binance", run.episode.live_start) / total == pytest.approx(0.10, abs=0.01)
    assert len({slot.chain for slot in at_start}) == 12
    assert len({slot.asset for slot in at_start}) >= 40


def test_the_peers_stay_calm_all_the_while(run: PlainFlow) -> None:
    for exchange in set(run.exchanges) - {"binance"}:
        assert min(share for _, share in run.windows(exchange, DAY)) > -0.015
        assert min(share for _, share in run.windows(exchange, WEEK)) > -0.06


def test_every_published_figure_says_where_it_was_read(run: PlainFlow) -> None:
    assert all(published.source and published.figure for published in run.episode.published_figures)
    assert any(not published.is_fitted for published in run.episode.published_figures)
    assert run.episode.label == "reconstruction from published figures"
