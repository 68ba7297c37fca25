"""Pegs: what two price sources agree on, for 15 minutes, and what one of them alone says."""

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.backtest.simulation import SimulatedAlert, Simulation
from bot.detection.pegs import AGREED, INDEX, LIMITS, SUPPLY, Peg
from bot.domain.flow import HoldReason
from bot.domain.incident import Incident, StepReason
from bot.domain.peg import KEPT_SPAN, CoinPeg, CoinSupply, PegQuote, PegReading, with_reading
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import Signal
from tests.builders import DAY, NOON

MINUTE = timedelta(minutes=1)
PEG = Peg()
BILLIONS = CoinSupply(4.1e10, 4.12e10)


def poll(
    minutes: float,
    index: float | None = 1.0,
    *exchanges: float,
    supply: CoinSupply | None = BILLIONS,
    index_age: float = 1.0,
    exchange_age: float = 0.0,
) -> PegReading:
    """Return what one poll says of USDC, so many minutes after noon."""
    at = NOON + minutes * MINUTE
    names = ("Kraken", "Coinbase", "Bitstamp")
    return PegReading(
        at,
        None if index is None else PegQuote("DefiLlama", index, at - index_age * MINUTE),
        tuple(PegQuote(name, usd, at - exchange_age * MINUTE) for name, usd in zip(names, exchanges, strict=False)),
        supply,
    )


def known(*readings: PegReading) -> CoinPeg:
    coin: CoinPeg | None = None
    for reading in readings:
        coin = with_reading(coin, "USDC", reading)
    assert coin
    return coin


def graded(
    *readings: PegReading, sensitivity: Sensitivity = Sensitivity.NORMAL, later: timedelta = timedelta()
) -> Signal:
    """Return the signal after these polls."""
    state = PEG.update(PEG.initial_state(), [known(*readings)])
    signal = PEG.signal(state, "USDC", readings[-1].at + later)
    assert signal
    return PEG.grade(signal, sensitivity)


def held(signal: Signal) -> dict[str, HoldReason]:
    return {figure.name: figure.hold.reason for figure in signal.figures if figure.hold}


def lasting(index: float | None, *exchanges: float) -> Sequence[PegReading]:
    """Return polls of twenty minutes that all say the same."""
    return [poll(minutes, index, *exchanges) for minutes in (0, 5, 10, 15, 20)]


@pytest.mark.parametrize(
    ("index", "exchange", "severity"),
    [
        (1.0, 1.0, None),
        (0.9951, 0.9951, None),
        (0.995, 0.995, Severity.WATCH),
        (0.981, 0.981, Severity.WATCH),
        (0.98, 0.98, Severity.ELEVATED),
        (0.95, 0.95, Severity.SEVERE),
        (0.1, 0.1, Severity.SEVERE),
        (1.06, 1.06, None),  # the coin that people flee into
        (0.94, 0.979, Severity.ELEVATED),  # what both have fallen to at least
        (0.979, 0.94, Severity.ELEVATED),
    ],
)
def test_the_bands_are_of_what_two_sources_agree_on(index: float, exchange: float, severity: Severity | None) -> None:
    assert graded(*lasting(index, exchange)).severity is severity


@pytest.mark.parametrize(("sensitivity", "severity"), [("early", Severity.ELEVATED), ("calm", Severity.WATCH)])
def test_each_preset_has_its_own_limits(sensitivity: str, severity: Severity) -> None:
    assert graded(*lasting(0.984, 0.984), sensitivity=Sensitivity(sensitivity)).severity is severity


def test_a_price_has_to_last_for_15_minutes_on_two_polls() -> None:
    polls = [poll(0, 0.94, 0.94), poll(5, 0.94, 0.94), poll(10, 0.94, 0.94)]

    assert graded(*polls).severity is None
    assert graded(*polls, poll(15, 0.94, 0.94)).severity is Severity.SEVERE
    assert graded(poll(0, 0.94, 0.94), poll(20, 0.94, 0.94)).severity is Severity.SEVERE
    assert graded(poll(0, 0.94, 0.94), poll(5, 1.0, 0.94), poll(15, 0.94, 0.94)).severity is None


def test_the_mildest_of_the_15_minutes_counts() -> None:
    signal = graded(poll(0, 0.97, 0.97), poll(5, 0.9, 0.9), poll(10, 0.94, 0.94), poll(15, 0.94, 0.94))

    assert (signal.severity, [reason.value for reason in signal.reasons]) == (Severity.ELEVATED, [-0.03])
    assert signal.size
    assert signal.size.value == pytest.approx(-0.06)  # what is told is the newest


def test_one_source_alone_is_watch_at_most_and_what_two_say_is_held() -> None:
    signal = graded(*lasting(0.94))

    assert (signal.severity, signal.leading) == (Severity.WATCH, INDEX)
    assert held(signal) == {AGREED: HoldReason.UNKNOWN}


def test_an_index_that_the_exchanges_contradict_is_watch_at_most() -> None:
    signal = graded(*lasting(0.94, 0.999, 1.0))

    assert (signal.severity, signal.leading) == (Severity.WATCH, INDEX)
    assert held(signal) == {AGREED: HoldReason.DISAGREE}


def test_one_exchange_alone_is_nothing() -> None:
    # USDe on 10 October 2025: $0.65 at Binance for 40 minutes, near a dollar elsewhere.
    assert graded(*lasting(1.0, 0.65, 0.997)).severity is None
    assert graded(*(poll(minutes, None, 0.65, supply=None) for minutes in (0, 15))).graded is False


def test_an_index_that_is_frozen_is_outvoted() -> None:
    signal = graded(*lasting(1.0, 0.9, 0.91))

    assert (signal.severity, signal.leading) == (Severity.SEVERE, AGREED)
    assert held(signal) == {INDEX: HoldReason.DISAGREE}


def test_a_price_with_an_old_time_is_none() -> None:
    fresh = [poll(minutes, 0.94, 0.94) for minutes in (0, 5, 10)]

    assert held(graded(*fresh, poll(15, 0.94, 0.94, index_age=31)))[INDEX] is HoldReason.UNKNOWN
    assert held(graded(*fresh, poll(15, 0.94, 0.94, exchange_age=31)))[AGREED] is HoldReason.UNKNOWN


def test_what_was_polled_long_ago_proves_nothing() -> None:
    signal = graded(*lasting(0.94, 0.94), later=31 * MINUTE)

    assert (signal.graded, signal.severity) == (False, None)
    assert set(held(signal).values()) == {HoldReason.STALE}


@pytest.mark.parametrize(
    ("usd", "week_ago_usd", "missing", "severity"),
    [
        (3.9e10, 4.1e10, "", None),
        (3.89e10, 4.1e10, "", Severity.WATCH),
        (2e10, 4.1e10, "", Severity.WATCH),  # never worse: issuers and bridges move whole billions
        (2e10, 4.1e10, "Tron", None),
        (0.8e9, 0.99e9, "", None),
        (5e10, 4.1e10, "", None),
    ],
)
def test_a_supply_that_shrinks_is_watch(
    usd: float, week_ago_usd: float, missing: str, severity: Severity | None
) -> None:
    supply = CoinSupply(usd, week_ago_usd, missing)

    signal = graded(*(poll(minutes, 1.0, 1.0, supply=supply) for minutes in (0, 15)))

    assert signal.severity is severity
    assert (SUPPLY in held(signal)) is bool(missing)


def test_it_eases_at_a_fraction_of_the_limit() -> None:
    assert [graded(*lasting(usd, usd)).easing for usd in (0.9969, 0.9971, 0.987, 0.969)] == [
        Severity.WATCH,
        None,
        Severity.ELEVATED,
        Severity.SEVERE,
    ]


def test_polls_of_an_hour_are_kept_and_none_that_a_wrong_clock_dated_later() -> None:
    coin = known(*(poll(minutes) for minutes in range(0, 120, 5)))
    assert coin.newest.at - coin.readings[0].at == KEPT_SPAN

    # The newest was dated at 13:55. By a clock that was put right it is 13:00.
    assert [reading.at - NOON for reading in with_reading(coin, "USDC", poll(60)).readings] == [
        55 * MINUTE,
        60 * MINUTE,
    ]


def test_with_hours_between_polls_two_of_them_are_enough() -> None:
    assert graded(poll(0, 0.94, 0.94), poll(120, 0.94, 0.94)).severity is Severity.SEVERE
    assert graded(poll(0, 1.0, 1.0), poll(120, 0.94, 0.94)).severity is None


def test_a_poll_that_is_known_changes_nothing() -> None:
    state = PEG.update(PEG.initial_state(), [known(*lasting(0.94, 0.94))])

    assert PEG.update(state, [known(*lasting(1.0, 1.0)[:4])]) is state


PRICES = st.one_of(st.none(), st.floats(0.001, 2.0))
POLLS = st.lists(st.tuples(st.floats(0.1, 30), PRICES, st.lists(st.floats(0.001, 2.0), max_size=3)), min_size=1)


@given(POLLS, st.sampled_from(Sensitivity))
def test_whatever_is_polled_a_severity_has_two_sources_15_minutes_and_its_easing(
    polls: list[tuple[float, float | None, list[float]]], sensitivity: Sensitivity
) -> None:
    minutes, readings = 0.0, []
    for pause, index, exchanges in polls:
        minutes += pause
        readings.append(poll(minutes, index, *exchanges))

    signal = graded(*readings, sensitivity=sensitivity)

    assert rank(signal.easing) >= rank(signal.severity)
    if rank(signal.severity) > Severity.WATCH.rank:
        assert signal.leading == AGREED
        off = [
            reading
            for reading in readings
            if sum(q.usd <= 1 - LIMITS[Severity.ELEVATED] * 0.7 for q in reading.quotes) > 1
        ]
        assert off[-1].at == signal.as_of
        assert signal.as_of - off[0].at >= 15 * MINUTE


def lived(readings: Sequence[PegReading]) -> tuple[list[SimulatedAlert], Sequence[Incident]]:
    """Return the alerts and the incidents that these polls lead to."""
    simulation, coin, announced = Simulation([], sources=[PEG]), None, list[SimulatedAlert]()
    for reading in readings:
        coin = with_reading(coin, "USDC", reading)
        announced += simulation.run_other_source("peg", [coin], reading.at)
    return announced, simulation.incidents()


def test_an_incident_opens_with_the_poll_that_shows_it_for_15_minutes_and_says_that_it_is_confirmed() -> None:
    polls = [poll(minutes, 0.99, 0.985) for minutes in range(0, 30, 5)]
    announced, (incident,) = lived([*polls, *(poll(minutes, 0.9, 0.93) for minutes in range(30, 60, 5))])

    assert [(alert.reason, alert.at - NOON) for alert in announced] == [
        (StepReason.OPENED, 15 * MINUTE),
        (StepReason.ESCALATED, 45 * MINUTE),
    ]
    assert (incident.severity, incident.confirmed) == (Severity.SEVERE, True)


def test_an_incident_does_not_ease_while_nobody_but_the_index_has_a_price() -> None:
    off = [poll(minutes, 0.94, 0.94) for minutes in range(0, 20, 5)]
    alone = [poll(minutes, 1.0) for minutes in range(20, 1500, 10)]

    _, (incident,) = lived([*off, *alone])
    assert (incident.severity, incident.held) == (Severity.SEVERE, True)

    back = [poll(minutes, 1.0, 1.0) for minutes in range(1500, 1900, 10)]
    announced, _ = lived([*off, *alone, *back])
    assert announced[-1].reason is StepReason.RESOLVED


def quiet_year(seed: int) -> list[PegReading]:
    """Return the polls of a year in which nothing happened, one every 15 minutes.

    Of a day the price wanders within what is published of quiet days: the flicker of ±0.3 % of pools, and on one day
    in forty the $0.9962 of USDT on 15 June 2023. Beside that, as at real exchanges: a price of one order now and then
    (BUSD was at $0.20 for one), an exchange that is away, an index whose time stands still.
    """
    chance = random.Random(seed)  # noqa: S311 — made-up prices
    readings, supply = [], 4.1e10
    for day in range(365):
        low = 0.9962 if chance.random() < 1 / 40 else 0.997
        week_ago, supply = supply, supply * chance.uniform(0.995, 1.005)
        for quarter in range(96):
            usd = chance.triangular(low, 1.003, 1.0)
            exchanges = [min(max(chance.gauss(usd, 0.0003), low), 1.003) for _ in range(3)]
            if chance.random() < 0.01:
                exchanges[chance.randrange(3)] = chance.uniform(0.2, 0.98)
            if chance.random() < 0.02:
                exchanges = exchanges[: chance.randrange(3)]
            readings.append(
                poll(
                    day * 1440 + quarter * 15,
                    usd,
                    *exchanges,
                    index_age=40 if chance.random() < 0.02 else 3,
                    supply=CoinSupply(supply, week_ago),
                )
            )
    return readings


@pytest.mark.parametrize("seed", range(1))
def test_a_year_of_quiet_pegs_raises_nothing_at_the_normal_preset(seed: int) -> None:
    _, incidents = lived(quiet_year(seed))

    assert [incident.label for incident in incidents] == []


def test_a_year_of_quiet_pegs_raises_no_elevated_by_any_preset() -> None:
    coin, worst = None, set[Severity | None]()
    for reading in quiet_year(2):
        coin = with_reading(coin, "USDC", reading)
        signal = PEG.signal(PEG.update(PEG.initial_state(), [coin]), "USDC", reading.at)
        assert signal
        worst.add(PEG.grade(signal, Sensitivity.EARLY).severity)

    assert worst <= {None, Severity.WATCH}
    assert quiet_year(2)[-1].at - NOON > 364 * DAY
