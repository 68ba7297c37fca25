"""Price gaps: what a price is compared with, how long it lasts, and what is held instead of judged."""

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.backtest.simulation import SimulatedAlert, Simulation
from bot.detection.price_gaps import LIMITS, SCALES, PriceGap
from bot.detection.venue_medians import gaps_of
from bot.domain.flow import HoldReason
from bot.domain.incident import Incident, StepReason
from bot.domain.price_gap import (
    GAPS_KEPT,
    AssetGap,
    ExchangeGaps,
    GapReading,
    QuoteFlaw,
    VenueAnswer,
    VenueQuote,
    with_gaps,
)
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import Signal
from tests.builders import DAY, NOON

MINUTE = timedelta(minutes=1)
SOURCE = PriceGap()
BTC = 60_000.0
OTHERS = ("okx", "bybit", "gate", "kucoin")


def quote(exchange: str, price: float | None, asset: str = "BTC", **fields: object) -> VenueQuote:
    return VenueQuote(exchange, asset, "USDT", price, **fields)  # type: ignore[arg-type]


def compared(*quotes: VenueQuote) -> AssetGap:
    """Return the gap of the first quote's exchange among all of them."""
    answers = [VenueAnswer(told.exchange, told.exchange.title(), (told,)) for told in quotes]
    (gap,) = gaps_of(answers)[quotes[0].exchange]
    return gap


def others(price: float = BTC, asset: str = "BTC") -> list[VenueQuote]:
    return [quote(exchange, price, asset) for exchange in OTHERS]


def test_a_price_is_compared_with_the_median_of_the_others() -> None:
    told = [60_000, 60_010, 59_990, 60_005]
    four = [quote(exchange, price) for exchange, price in zip(OTHERS, told, strict=True)]

    gap = compared(quote("htx", 61_500), *four)

    assert (gap.median, gap.others, gap.flaw) == (60_002.5, 4, None)
    assert gap.gap == pytest.approx(0.025, abs=1e-4)


def test_a_price_takes_no_part_in_what_it_is_judged_by() -> None:
    assert compared(quote("htx", 1.0), *others()).median == compared(quote("htx", 1e9), *others()).median == BTC


@pytest.mark.parametrize(
    ("quotes", "flaw"),
    [
        ([quote("htx", 61_500), *others()[:3]], QuoteFlaw.FEW),
        ([quote("htx", 61_500), *others()[:3], quote("mexc", BTC, flaw=QuoteFlaw.CROSSED)], QuoteFlaw.FEW),
        ([quote("htx", 61_500), *others()[:3], VenueQuote("kraken", "BTC", "USD", BTC)], QuoteFlaw.FEW),
        ([quote("htx", 61_500), *others()[:3], quote("mexc", BTC * 1.03)], QuoteFlaw.APART),
        ([quote("htx", 61_500), *others(), quote("mexc", BTC * 1.03)], None),
        ([quote("htx", None), *others()], QuoteFlaw.UNTOLD),
        ([quote("htx", 61_500, flaw=QuoteFlaw.CLOSED), *others()], QuoteFlaw.CLOSED),
        ([quote("htx", 0.95, "USDC"), *others(0.9, "USDC")], QuoteFlaw.OFF_PEG),
        ([quote("htx", 0.95, "USDC"), *others(1.0, "USDC")], None),
    ],
)
def test_what_makes_no_comparison_is_held_with_its_reason(quotes: Sequence[VenueQuote], flaw: QuoteFlaw | None) -> None:
    gap = compared(*quotes)

    assert gap.flaw is flaw
    assert (gap.gap is None) is (flaw is not None)


def poll(minutes: float, flaw: QuoteFlaw | None = None, *, median: float = BTC, **gaps: float) -> GapReading:
    """Return what one poll says of an exchange, so many minutes after noon, by gaps of its coins."""
    told = (
        AssetGap(asset, "USDT", median * (1 + gap), median, 6, None if flaw else gap, flaw)
        for asset, gap in gaps.items()
    )
    return GapReading(NOON + minutes * MINUTE, tuple(told))


def known(*readings: GapReading) -> ExchangeGaps:
    gaps: ExchangeGaps | None = None
    for reading in readings:
        gaps = with_gaps(gaps, "htx", "HTX", reading)
    assert gaps
    return gaps


def graded(
    *readings: GapReading, sensitivity: Sensitivity = Sensitivity.NORMAL, later: timedelta = timedelta()
) -> Signal:
    state = SOURCE.update(SOURCE.initial_state(), [known(*readings)])
    signal = SOURCE.signal(state, "htx", readings[-1].at + later)
    assert signal
    return SOURCE.grade(signal, sensitivity)


def lasting(minutes: int, **gaps: float) -> list[GapReading]:
    """Return polls of so long, one every five minutes, that all say the same."""
    return [poll(minute, None, median=BTC + minute, **gaps) for minute in range(0, minutes + 1, 5)]


@pytest.mark.parametrize(
    ("minutes", "gaps", "severity"),
    [
        (0, {"BTC": -0.5}, None),
        (5, {"BTC": -0.019}, None),
        (5, {"BTC": -0.02}, Severity.WATCH),
        (5, {"BTC": 0.02}, Severity.WATCH),
        (5, {"USDT": 0.3}, Severity.WATCH),
        (30, {"BTC": -0.5}, Severity.WATCH),  # one market alone may be broken
        (25, {"BTC": -0.5, "ETH": -0.5}, Severity.WATCH),
        (30, {"BTC": -0.05, "ETH": -0.02}, Severity.ELEVATED),
        (30, {"BTC": -0.05, "ETH": -0.019}, Severity.WATCH),
        (30, {"BTC": -0.05, "ETH": 0.05}, Severity.WATCH),
        (60, {"BTC": -0.9, "ETH": -0.9, "USDT": -0.9, "USDC": -0.9}, Severity.ELEVATED),  # and never worse
    ],
)
def test_the_bands(minutes: int, gaps: Mapping[str, float], severity: Severity | None) -> None:
    assert graded(*lasting(minutes, **gaps)).severity is severity


@pytest.mark.parametrize(("sensitivity", "severity"), [("early", Severity.WATCH), ("calm", None)])
def test_each_preset_has_its_own_limits(sensitivity: str, severity: Severity | None) -> None:
    gap = 0.015 if sensitivity == "early" else 0.029
    assert graded(*lasting(5, BTC=gap), sensitivity=Sensitivity(sensitivity)).severity is severity


def test_the_mildest_of_the_minutes_counts_and_the_newest_is_told() -> None:
    signal = graded(poll(0, BTC=-0.03), poll(5, BTC=-0.06))

    assert (signal.severity, signal.leading, signal.reasons[0].value) == (Severity.WATCH, "BTC below", -0.03)
    assert signal.size
    assert signal.size.value == -0.06


def test_a_gap_that_changes_its_side_has_not_lasted() -> None:
    assert graded(poll(0, BTC=-0.03), poll(5, BTC=0.03)).severity is None


def test_what_is_held_opens_nothing_and_says_why() -> None:
    signal = graded(*(poll(minutes, flaw=QuoteFlaw.FEW, BTC=0.1) for minutes in (0, 5, 10)))

    assert (signal.graded, signal.severity) == (False, None)
    assert {(figure.hold.reason, figure.hold.detail) for figure in signal.figures if figure.hold} == {
        (HoldReason.UNKNOWN, "too few other prices")
    }


def test_what_was_polled_long_ago_proves_nothing() -> None:
    signal = graded(*lasting(30, BTC=-0.1, ETH=-0.1), later=31 * MINUTE)

    assert (signal.graded, signal.severity) == (False, None)
    assert {figure.hold.reason for figure in signal.figures if figure.hold} == {HoldReason.STALE}


def frozen(*medians: float) -> list[GapReading]:
    return [
        GapReading(NOON + 5 * number * MINUTE, (AssetGap("BTC", "USDT", BTC, median, 6, BTC / median - 1.0),))
        for number, median in enumerate(medians)
    ]


def test_a_price_that_stands_still_while_the_others_move_is_held() -> None:
    assert graded(*frozen(61_000, 61_500, 62_000, 62_500)).graded is False
    assert graded(*frozen(61_500, 62_000, 62_500)).severity is Severity.WATCH  # of ten minutes nobody can tell
    assert graded(*frozen(61_500, 61_500, 61_500, 61_500)).severity is Severity.WATCH  # the others stand as well


def test_it_eases_at_a_fraction_of_the_limit() -> None:
    easing = [graded(*lasting(30, BTC=-gap, ETH=-gap)).easing for gap in (0.011, 0.013, 0.029, 0.031)]

    assert easing == [None, Severity.WATCH, Severity.WATCH, Severity.ELEVATED]


def test_polls_of_an_hour_are_kept_and_none_that_a_wrong_clock_dated_later() -> None:
    gaps = known(*(poll(minutes, BTC=0.0) for minutes in range(0, 180, 5)))
    assert gaps.newest.at - gaps.readings[0].at == GAPS_KEPT

    put_right = with_gaps(gaps, "htx", "HTX", poll(120, BTC=0.0))
    assert [reading.at - NOON for reading in put_right.readings] == [115 * MINUTE, 120 * MINUTE]


def test_a_poll_that_is_known_changes_nothing() -> None:
    state = SOURCE.update(SOURCE.initial_state(), [known(*lasting(30, BTC=-0.1))])

    assert SOURCE.update(state, [known(*lasting(25, BTC=0.1))]) is state
    assert SOURCE.signal(state, "okx", NOON) is None


GAPS = st.one_of(st.none(), st.floats(-0.99, 5.0))
POLLS = st.lists(st.tuples(st.floats(0.1, 30), GAPS, GAPS), min_size=1)


@given(POLLS, st.sampled_from(Sensitivity))
def test_whatever_is_polled_a_severity_has_lasted_and_is_never_worse_than_elevated(
    polls: list[tuple[float, float | None, float | None]], sensitivity: Sensitivity
) -> None:
    minutes, readings = 0.0, []
    for pause, btc, eth in polls:
        minutes += pause
        gaps = {asset: gap for asset, gap in (("BTC", btc), ("ETH", eth)) if gap is not None}
        readings.append(poll(minutes, None, median=BTC, **gaps))

    signal = graded(*readings, sensitivity=sensitivity)

    assert rank(signal.severity) <= rank(signal.easing) <= Severity.ELEVATED.rank
    if signal.severity:
        assert signal.leading
        asset = signal.leading.split()[0]
        limit = LIMITS[signal.severity] * SCALES[sensitivity]
        told = [gap for reading in readings if (gap := reading.of(asset))]
        assert len(told) > 1
        assert all(abs(gap.gap or 0.0) >= limit for gap in told[-2:])


@given(st.lists(st.one_of(st.none(), st.floats(1e-9, 1e12)), min_size=1, max_size=9))
def test_whatever_prices_there_are_a_gap_has_four_others_that_agree(prices: list[float | None]) -> None:
    quotes = [quote(f"venue {number}", price) for number, price in enumerate(prices)]
    for number, told in enumerate(quotes):
        gap = compared(told, *quotes[:number], *quotes[number + 1 :])
        assert (gap.gap is None) is (gap.flaw is not None)
        if gap.gap is not None:
            rest = [price for price in (*prices[:number], *prices[number + 1 :]) if price is not None]
            assert gap.median
            assert sum(abs(price / gap.median - 1.0) <= 0.01 for price in rest) >= 4


def lived(readings: Sequence[GapReading]) -> tuple[list[SimulatedAlert], Sequence[Incident]]:
    """Return the alerts and the incidents that these polls lead to."""
    simulation, gaps, announced = Simulation([], sources=[SOURCE]), None, list[SimulatedAlert]()
    for reading in readings:
        gaps = with_gaps(gaps, "htx", "HTX", reading)
        announced += simulation.run_other_source("price gap", [gaps], reading.at)
    return announced, simulation.incidents()


def test_an_incident_opens_with_the_second_poll_escalates_after_half_an_hour_and_ends() -> None:
    off = [poll(minutes, BTC=-0.06, ETH=-0.03) for minutes in range(0, 60, 5)]
    back = [poll(minutes, BTC=-0.001, ETH=0.0) for minutes in range(60, 600, 10)]

    announced, (incident,) = lived([*off, *back])

    assert [(alert.reason, alert.at - NOON) for alert in announced[:2]] == [
        (StepReason.OPENED, 5 * MINUTE),
        (StepReason.ESCALATED, 30 * MINUTE),
    ]
    assert announced[-1].reason is StepReason.RESOLVED
    assert incident.confirmed


def test_an_incident_does_not_ease_while_its_price_cannot_be_compared() -> None:
    off = [poll(minutes, BTC=-0.06, ETH=-0.03) for minutes in range(0, 60, 5)]
    alone = [poll(minutes, flaw=QuoteFlaw.FEW, BTC=0.0, ETH=0.0) for minutes in range(60, 1500, 10)]

    _, (incident,) = lived([*off, *alone])

    assert (incident.severity, incident.held) == (Severity.ELEVATED, True)


def quiet_year(seed: int) -> list[GapReading]:
    """Return what the polls of a year say of one of seven exchanges, one every 15 minutes, in which nothing happened.

    Gaps are normal with the published 5th to 95th percentiles of 1 to 9 March 2023, ±2 bps, on 360 days, and on five
    those of that month's crisis, ±25 bps with 80 at worst. Beside that, as at real exchanges: one bad print of up to
    30 % in two hundred polls, an exchange that is away, one that stands still for hours.
    """
    chance = random.Random(seed)  # noqa: S311 — made-up prices
    venues = ("htx", *OTHERS, "mexc", "bitget")
    readings = list[GapReading]()
    btc = BTC
    for number in range(365 * 96):
        is_crisis = 100 * 96 <= number < 105 * 96
        width = 0.0015 if is_crisis else 0.00013
        btc *= 1.0 + chance.gauss(0.0, 0.004 if is_crisis else 0.0015)
        answers = []
        for venue in venues:
            quotes = []
            for asset, usd in (("BTC", btc), ("ETH", btc / 20)):
                price = usd * (1.0 + min(max(chance.gauss(0.0, width), -0.008), 0.008))
                if chance.random() < 1 / 200:
                    price *= chance.uniform(0.7, 1.3)
                if venue == "htx" and number % 3000 < 20 and readings:
                    last = readings[-1].of(asset)
                    price = last.price if last and last.price else price
                flaw = QuoteFlaw.CLOSED if chance.random() < 0.02 else None
                quotes.append(quote(venue, price, asset, flaw=flaw))
            answers.append(VenueAnswer(venue, venue, tuple(quotes)))
        readings.append(GapReading(NOON + number * 15 * MINUTE, gaps_of(answers)["htx"]))
    return readings


def test_a_year_of_quiet_prices_raises_no_elevated_by_any_preset_and_nothing_at_normal() -> None:
    gaps, worst = None, dict[Sensitivity, Severity | None]()
    for reading in quiet_year(1):
        gaps = with_gaps(gaps, "htx", "HTX", reading)
        signal = SOURCE.signal(SOURCE.update(SOURCE.initial_state(), [gaps]), "htx", reading.at)
        assert signal
        for preset in Sensitivity:
            severity = SOURCE.grade(signal, preset).severity
            worst[preset] = max((worst.get(preset), severity), key=rank)

    assert worst[Sensitivity.NORMAL] is None
    assert max(worst.values(), key=rank) in {None, Severity.WATCH}
    assert reading.at - NOON > 364 * DAY
