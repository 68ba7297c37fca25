from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.detection.exchange_state import ExchangeState
from bot.detection.guards.market_moves import NO_OTHERS
from bot.detection.stress import (
    closed_during,
    cycle_start,
    next_turn,
    rotation,
    stress_result,
    turn_of,
    with_flow,
    with_lived_reading,
    with_withdrawals,
    worse_result,
)
from bot.domain.reading import Reading
from bot.domain.severity import Severity
from bot.domain.stress import (
    LivedOutflow,
    LivedThrough,
    StressCriterion,
    StressFacts,
    StressOutcome,
    StressResult,
)
from bot.domain.withdrawal_reading import SystemState, WithdrawalState
from bot.domain.withdrawals import (
    ExchangeWithdrawals,
    MajorWithdrawals,
    NetworkEvent,
    NetworkWithdrawals,
    WithdrawalTransition,
)
from tests.builders import BINANCE, CHAIN_MISSING, DAY, HOUR, NOON, flow, reading, signal

OPEN, DELAYED, CLOSED, UNKNOWN = WithdrawalState
PASSED, NOT_ENOUGH, STRAINED, FAILED = StressOutcome
MONDAY = date(2026, 11, 30)
WORST = LivedOutflow(-0.042, -2e9, NOON - 30 * DAY, NOON - 29 * DAY)


def majors(**states: WithdrawalState) -> tuple[MajorWithdrawals, ...]:
    return tuple(MajorWithdrawals(asset, states.get(asset, OPEN), NOON) for asset in ("BTC", "ETH", "USDT", "USDC"))


EVENT, MAINTENANCE, DEAD = {"network_event": "TRON"}, {"in_maintenance": True}, {"is_dead": True}


def closed_by(*causes: Mapping[str, object]) -> tuple[MajorWithdrawals, ...]:
    """Return majors of which the first are closed, each for a cause."""
    closed = [
        replace(major, state=CLOSED, **cause)  # type: ignore[arg-type]
        for major, cause in zip(majors(), causes, strict=False)
    ]
    return (*closed, *majors()[len(closed) :])


CALM = StressFacts("kraken", NOON, majors(), system=SystemState.NORMAL, flow_share=-0.004)


# Whose turn it is.


def test_a_cycle_has_a_day_for_every_exchange() -> None:
    """2026-11-30 is day 739,950, and 739,893 = 9,609 × 77."""
    assert cycle_start(MONDAY, 77) == MONDAY - timedelta(days=57)
    assert cycle_start(MONDAY, 1) == MONDAY
    assert cycle_start(date(1, 1, 5), 77) == date(1, 1, 1)


def test_the_largest_come_first_and_those_without_a_point_last() -> None:
    assert rotation({"b": 1e9, "small": 1e8, "new": None, "a": 1e9, "fresh": None}) == (
        "a",
        "b",
        "small",
        "fresh",
        "new",
    )


@given(count=st.integers(1, 120), first=st.integers(1, 3_000_000))
@settings(max_examples=20)
def test_in_every_cycle_each_exchange_has_its_turn_once_in_order(count: int, first: int) -> None:
    order = tuple(f"exchange-{number}" for number in range(count))
    start = cycle_start(date.fromordinal(first), count)
    if start == date(1, 1, 1):  # the calendar begins in the middle of a cycle
        start = date.fromordinal(count)

    days = [start + timedelta(days=number) for number in range(count)]

    assert tuple(turn_of(day, order) for day in days) == order
    assert {cycle_start(day, count) for day in days} == {start}


def test_an_exchange_is_told_when_its_turn_comes() -> None:
    order = ("a", "b", "c")
    today = turn_of(MONDAY, order)
    later = order[order.index(today) :]

    assert [next_turn(exchange, MONDAY, order) for exchange in later] == [
        MONDAY + timedelta(days=number) for number in range(len(later))
    ]
    assert next_turn("unknown", MONDAY, order) is None


def test_a_turn_that_is_over_does_not_come_again_in_its_cycle() -> None:
    start = cycle_start(MONDAY, 3)

    assert next_turn("a", start + timedelta(days=1), ("a", "b", "c")) is None


# How a test comes out.


@pytest.mark.parametrize(
    ("changes", "outcome", "criteria"),
    [
        ({}, PASSED, ()),
        ({"majors": majors(USDC=CLOSED)}, STRAINED, (StressCriterion.MAJOR_CLOSED,)),
        ({"majors": majors(USDC=CLOSED, BTC=CLOSED)}, FAILED, (StressCriterion.MAJORS_CLOSED,)),
        ({"majors": closed_by(EVENT, EVENT)}, PASSED, ()),
        ({"majors": closed_by(EVENT, {})}, STRAINED, (StressCriterion.MAJOR_CLOSED,)),
        ({"majors": closed_by(MAINTENANCE, MAINTENANCE)}, STRAINED, (StressCriterion.MAJOR_CLOSED,)),
        ({"majors": closed_by({}, {}, MAINTENANCE)}, FAILED, (StressCriterion.MAJORS_CLOSED,)),
        ({"majors": closed_by(DEAD, DEAD)}, FAILED, (StressCriterion.MAJORS_CLOSED,)),
        ({"majors": majors(ETH=DELAYED)}, STRAINED, (StressCriterion.MAJOR_DELAYED,)),
        ({"closed_then": (("BTC", "USDT"), None)}, FAILED, (StressCriterion.MAJORS_CLOSED_THEN,)),
        ({"closed_then": ((), ("USDC",))}, STRAINED, (StressCriterion.MAJOR_CLOSED_THEN,)),
        ({"closed_then": ((), None)}, PASSED, ()),
        ({"system": SystemState.CANCEL_ONLY}, STRAINED, (StressCriterion.SYSTEM_NOT_NORMAL,)),
        ({"system": SystemState.UNKNOWN}, PASSED, ()),
        ({"system": None}, PASSED, ()),
        ({"flow_severity": Severity.ELEVATED}, STRAINED, (StressCriterion.UNUSUAL_OUTFLOW,)),
        ({"flow_severity": Severity.WATCH}, PASSED, ()),
        ({"majors": ()}, NOT_ENOUGH, (StressCriterion.WITHDRAWALS_UNKNOWN,)),
        ({"majors": majors(ETH=UNKNOWN)}, NOT_ENOUGH, (StressCriterion.WITHDRAWALS_UNKNOWN,)),
        ({"flow_share": None}, NOT_ENOUGH, (StressCriterion.FLOW_UNKNOWN,)),
        ({"majors": majors(ETH=UNKNOWN, BTC=CLOSED)}, STRAINED, (StressCriterion.MAJOR_CLOSED,)),
        (
            {"majors": majors(ETH=DELAYED, BTC=CLOSED), "system": SystemState.HALTED},
            STRAINED,
            (StressCriterion.MAJOR_CLOSED, StressCriterion.MAJOR_DELAYED, StressCriterion.SYSTEM_NOT_NORMAL),
        ),
        ({"majors": majors(BTC=CLOSED, ETH=CLOSED), "flow_share": None}, FAILED, (StressCriterion.MAJORS_CLOSED,)),
    ],
)
def test_the_result_follows_the_stated_criteria(
    changes: dict[str, object], outcome: StressOutcome, criteria: tuple[StressCriterion, ...]
) -> None:
    assert stress_result(replace(CALM, **changes)) == StressResult(  # type: ignore[arg-type]
        NOON.date(), "kraken", outcome, NOON, criteria
    )


def result(outcome: StressOutcome, *, at: datetime = NOON, exchange: str = "kraken") -> StressResult:
    return StressResult(at.date(), exchange, outcome, at)


@pytest.mark.parametrize(
    ("earlier", "later", "kept"),
    [
        (None, PASSED, PASSED),
        (PASSED, STRAINED, STRAINED),
        (FAILED, PASSED, FAILED),
        (NOT_ENOUGH, PASSED, PASSED),
        (PASSED, NOT_ENOUGH, PASSED),
        (NOT_ENOUGH, NOT_ENOUGH, NOT_ENOUGH),
    ],
)
def test_a_day_keeps_its_worst_result(earlier: StressOutcome | None, later: StressOutcome, kept: StressOutcome) -> None:
    before = result(earlier) if earlier else None

    assert worse_result(before, result(later, at=NOON + HOUR)).outcome is kept


def test_a_result_that_lasts_keeps_the_time_it_was_first_seen() -> None:
    assert worse_result(result(STRAINED), result(STRAINED, at=NOON + HOUR)).at == NOON


@pytest.mark.parametrize(
    "later", [result(PASSED, at=NOON + DAY), result(PASSED, exchange="okx")], ids=["next day", "other exchange"]
)
def test_another_turn_begins_anew(later: StressResult) -> None:
    assert worse_result(result(FAILED), later) is later


# What it rests on.


def test_the_flow_of_the_day_is_told_against_the_usual_days() -> None:
    facts = with_flow(replace(CALM, flow_share=None), signal(-0.036))

    assert (facts.flow_share, facts.flow_severity) == (-0.036, Severity.ELEVATED)
    assert facts.flow_z == pytest.approx(-9.0)
    assert (facts.flow_low, facts.flow_high) == (-0.006, 0.007)


def test_without_usual_days_there_is_no_z() -> None:
    facts = with_flow(CALM, signal(0.01, baseline=None))

    assert (facts.flow_share, facts.flow_z, facts.flow_low) == (0.01, None, None)


@pytest.mark.parametrize(
    "seen", [None, signal(None), signal(None, flows=[flow(hold=CHAIN_MISSING)])], ids=["none", "no day", "held"]
)
def test_a_flow_that_cannot_be_compared_stays_unknown(seen: object) -> None:
    facts = replace(CALM, flow_share=None)

    assert with_flow(facts, seen) is facts  # type: ignore[arg-type]


def on(
    asset: str, network: str, state: WithdrawalState = OPEN, since: datetime = NOON - 100 * DAY
) -> NetworkWithdrawals:
    return NetworkWithdrawals(asset, network, state, since, NOON)


BOTH = (on("BTC", "BITCOIN"), on("USDT", "TRON"))


def known(*networks: NetworkWithdrawals) -> ExchangeWithdrawals:
    return ExchangeWithdrawals("kraken", as_of=NOON, networks=networks, system=SystemState.NORMAL)


def change(network: NetworkWithdrawals, after: WithdrawalState, at: datetime) -> WithdrawalTransition:
    return WithdrawalTransition(at, network.asset, network.network, OPEN, after)


def test_only_majors_that_are_listed_count() -> None:
    facts = with_withdrawals(replace(CALM, majors=()), known(*BOTH, on("SOL", "SOLANA")), ())

    assert [(major.asset, major.state) for major in facts.majors] == [("BTC", OPEN), ("USDT", OPEN)]
    assert facts.closed_then == (None, None)
    assert with_withdrawals(CALM, None, ()) is CALM


def test_majors_are_judged_as_for_incidents() -> None:
    event = NetworkEvent("TRON", NOON - HOUR, ("a", "b", "kraken"))
    tron = on("USDT", "TRON", CLOSED, NOON - HOUR)
    facts = with_withdrawals(CALM, replace(known(BOTH[0], tron), events=(event,)), ())

    assert [(major.state, major.network_event) for major in facts.majors] == [(OPEN, ""), (CLOSED, "TRON")]


def test_what_was_answered_too_long_ago_is_unknown() -> None:
    facts = with_withdrawals(CALM, replace(known(*BOTH), as_of=NOON - HOUR), ())

    assert {major.state for major in facts.majors} == {UNKNOWN}


OUTFLOW_START, OUTFLOW_END = WORST.start, WORST.end
REOPENED = replace(BOTH[0], since=OUTFLOW_END + DAY)


@pytest.mark.parametrize(
    ("networks", "changes", "closed"),
    [
        (BOTH, (), ()),
        ((on("BTC", "BITCOIN", since=NOON), BOTH[1]), (), None),
        ((REOPENED, BOTH[1]), (change(BOTH[0], OPEN, NOON - 90 * DAY),), ()),
        (
            (REOPENED, BOTH[1]),
            (change(BOTH[0], CLOSED, OUTFLOW_START + HOUR), change(BOTH[0], OPEN, OUTFLOW_END + DAY)),
            ("BTC",),
        ),
        ((REOPENED, BOTH[1]), (change(BOTH[0], CLOSED, OUTFLOW_START - HOUR),), ("BTC",)),
        (
            (REOPENED, replace(BOTH[1], since=NOON)),
            (change(BOTH[0], CLOSED, OUTFLOW_START), change(BOTH[1], CLOSED, OUTFLOW_END)),
            ("BTC", "USDT"),
        ),
        (
            (REOPENED, BOTH[1]),
            (change(BOTH[0], OPEN, NOON - 90 * DAY), change(BOTH[0], UNKNOWN, OUTFLOW_START + HOUR)),
            None,
        ),
        ((on("USDT", "TRON", CLOSED), on("USDT", "ETHEREUM")), (), ()),
        ((on("USDT", "BSC", CLOSED),), (), ("USDT",)),
        ((), (), None),
    ],
    ids=[
        "open all the time",
        "watched since later only",
        "open by the history",
        "closed in the middle",
        "closed at its start",
        "two at one time",
        "unknown in between",
        "open over another network",
        "no main network",
        "nothing listed",
    ],
)
def test_what_was_closed_during_an_outflow_is_read_from_the_history(
    networks: tuple[NetworkWithdrawals, ...],
    changes: tuple[WithdrawalTransition, ...],
    closed: tuple[str, ...] | None,
) -> None:
    assert closed_during(known(*networks), changes, WORST) == closed


@pytest.mark.parametrize(("watched_since", "closed"), [(OUTFLOW_START, ()), (OUTFLOW_START + HOUR, None), (None, None)])
def test_before_the_first_change_it_was_as_that_one_says_if_somebody_watched(
    watched_since: datetime | None, closed: tuple[str, ...] | None
) -> None:
    changes = (change(BOTH[0], CLOSED, OUTFLOW_END + HOUR), change(BOTH[0], OPEN, OUTFLOW_END + DAY))

    assert closed_during(known(REOPENED, BOTH[1]), changes, WORST, watched_since) == closed


def test_the_worst_day_and_week_are_looked_up_each() -> None:
    week = replace(WORST, start=NOON - 300 * DAY)
    lived = LivedThrough("kraken", NOON - 400 * DAY, NOON, WORST, week)

    assert with_withdrawals(replace(CALM, lived=lived), known(*BOTH), ()).closed_then == ((), None)


# The worst outflows.


def day_reading(number: int, units: float) -> Reading:
    """Return the reading of a midnight with a third of its units in each of three assets, worth a dollar a unit."""
    at = NOON.replace(hour=0) + number * DAY
    return reading({f"Ethereum/{asset}": (units / 3, 1.0) for asset in ("USDT", "USDC", "DAI")}, at=at)


def lived_through(units: list[float]) -> LivedThrough:
    lived, state = LivedThrough("binance", NOON, NOON), ExchangeState(BINANCE)
    for number, amount in enumerate(units):
        lived, state = with_lived_reading(lived, state, day_reading(number, amount), NO_OTHERS)
    return lived


def test_the_worst_day_and_week_are_found_among_daily_readings() -> None:
    lived = lived_through([100.0, 101, 97, 95, 94, 93, 92, 91, 90, 100])

    assert lived.day
    assert lived.day.share == pytest.approx(-4 / 101)
    assert lived.day.usd == pytest.approx(-4)
    assert lived.day.end == day_reading(2, 1).as_of
    assert lived.week
    assert lived.week.share == pytest.approx(-11 / 101)
    assert lived.week.end - lived.week.start == 7 * DAY


def test_where_nothing_ever_left_there_is_no_worst_day() -> None:
    lived = lived_through([100.0, 101, 102])

    assert (lived.day, lived.week) == (None, None)


def test_over_a_gap_no_day_is_made_up() -> None:
    lived, state = LivedThrough("binance", NOON, NOON), ExchangeState(BINANCE)
    for number, amount in ((0, 100.0), (6, 98.0)):
        lived, state = with_lived_reading(lived, state, day_reading(number, amount), NO_OTHERS)

    assert lived.day is None
    assert lived.week
    assert lived.week.share == pytest.approx(-0.02)


def test_an_asset_that_went_alone_counts_for_what_is_certain_only() -> None:
    """A list of wallets that changes must not stand in the league table as the worst run of the year."""
    lived, state = LivedThrough("binance", NOON, NOON), ExchangeState(BINANCE)
    whole = reading({"Ethereum/USDT": (500, 1.0), "Bitcoin/BTC": (500, 1.0)}, at=NOON - DAY)
    without_btc = reading({"Ethereum/USDT": (500, 1.0), "Bitcoin/BTC": (10, 1.0)}, at=NOON)
    for at_hand in (whole, without_btc):
        lived, state = with_lived_reading(lived, state, at_hand, NO_OTHERS)

    assert lived.day is None
