"""How many exchanges of a source have to move at once for the source to be doubted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.detection.engine import states_after_round
from bot.detection.exchange_state import ExchangeState
from bot.detection.guards.market_moves import NO_OTHERS, LastMove
from bot.detection.guards.moved_together import have_moved_together
from bot.domain.exchange import Exchange
from bot.domain.flow import HoldReason, Window
from bot.domain.jump import JumpReason, Verdict
from bot.domain.severity import Severity
from tests.builders import DAY, HOUR, NOON, holding
from tests.detection.quiet_past import WORTH, book, days_of, flow_share, graded_signal, hold_reasons

NAMES = "abcdefghij"


def last_move(  # noqa: PLR0913 — what a last move has
    name: str,
    share: float | None,
    *,
    at: datetime = NOON,
    source: str = "defillama",
    is_record: bool = False,
    is_sparse: bool = False,
) -> LastMove:
    reading = replace(holding(60, at=at, exchange=name), source=source)
    return LastMove(reading, None, share, is_record, is_sparse)


def peers(*shares: float, at: datetime = NOON, source: str = "defillama", is_record: bool = False) -> list[LastMove]:
    return [
        last_move(f"peer {number}", share, at=at, source=source, is_record=is_record)
        for number, share in enumerate(shares)
    ]


def is_doubted(first: LastMove, *others: LastMove) -> bool:
    """Return whether the step of the first of these is the source's."""
    return have_moved_together(NO_OTHERS.after((first, *others)), first.reading)


class TestMoreThanThreeOfTenOfFive:
    @pytest.mark.parametrize(
        ("share", "others", "doubted"),
        [
            (-0.1, (-0.1, 0.0, 0.0, 0.0), True),
            (0.1, (0.1, 0.0, 0.0, 0.0), True),
            (0.1, (0.02, 0.02, 0.02, 0.02), False),
            (-0.1, (0.1, 0.1, 0.1, 0.1), False),
            (-0.1, (-0.03, 0.0, 0.0, 0.0), True),
            (-0.1, (-0.029, 0.0, 0.0, 0.0), False),
            (-0.03, (-0.1, 0.0, 0.0, 0.0), True),
            (-0.029, (-0.1, -0.1, -0.1, -0.1), False),
            (0.0, (-0.1, -0.1, -0.1, -0.1), False),
            (-0.1, (-0.1, -0.1, 0.0), False),
            (-0.1, (-0.1, -0.1, *[0.0] * 7), False),
            (-0.1, (-0.1, -0.1, *[0.0] * 6), True),
            (-0.1, (-0.1, -0.1, -0.1, *[0.0] * 6), True),
            (-0.1, (-0.1, -0.1, -0.1, *[0.0] * 9), True),
        ],
    )
    def test_that_move_three_percent_the_same_way(
        self, share: float, others: Sequence[float], *, doubted: bool
    ) -> None:
        assert is_doubted(last_move("a", share), *peers(*others)) is doubted

    @pytest.mark.parametrize(
        ("minutes", "source", "counts"),
        [
            (90, "defillama", True),
            (-90, "defillama", True),
            (91, "defillama", False),
            (-91, "defillama", False),
            (0, "elsewhere", False),
        ],
    )
    def test_that_were_read_from_one_source_at_one_time(self, minutes: int, source: str, *, counts: bool) -> None:
        others = peers(*[-0.1] * 4, at=NOON + timedelta(minutes=minutes), source=source)

        assert is_doubted(last_move("a", -0.1), *others) is counts

    def test_a_first_reading_is_none_and_counts_for_nothing(self) -> None:
        assert not is_doubted(last_move("a", None), *peers(*[-0.1] * 4))
        assert not is_doubted(last_move("a", -0.1), *peers(*[-0.1] * 3), last_move("b", None))

    def test_a_move_that_another_reading_showed_is_none(self) -> None:
        market = NO_OTHERS.after((last_move("a", -0.1), *peers(*[-0.1] * 4)))

        assert not have_moved_together(market, holding(60, at=NOON + HOUR, exchange="a"))
        assert not have_moved_together(market, holding(60, exchange="b"))


class TestTwoLargestStepsOfNinetyDays:
    OWN = last_move("a", -0.03, is_record=True)

    @pytest.mark.parametrize(
        ("own", "others", "doubted"),
        [
            (OWN, peers(-0.03, is_record=True), True),
            (last_move("a", 0.1, is_record=True), peers(0.05, is_record=True), True),
            (OWN, [], False),
            (OWN, peers(-0.1), False),
            (OWN, peers(0.1, is_record=True), False),
            (OWN, peers(-0.029, is_record=True), False),
            (last_move("a", -0.1), peers(-0.1, -0.1, is_record=True), False),
            (last_move("a", -0.1, is_record=True, is_sparse=True), peers(-0.1, is_record=True), False),
            (OWN, peers(-0.1, is_record=True, at=NOON + 2 * HOUR), False),
            (OWN, peers(-0.1, is_record=True, source="elsewhere"), False),
        ],
    )
    def test_in_one_round_are_the_sources(self, own: LastMove, others: Sequence[LastMove], *, doubted: bool) -> None:
        assert is_doubted(own, *others) is doubted


def all_of(count: int) -> dict[str, ExchangeState]:
    return {name: days_of(Exchange(name, name.upper(), name), count=20) for name in NAMES[:count]}


def round_of(
    states: dict[str, ExchangeState], parts: Sequence[float], *, at: datetime = NOON
) -> dict[str, ExchangeState]:
    """Return the states after a round in which each exchange holds such a part of its BTC and USDT."""
    readings = [
        book(at, {"Bitcoin/BTC": part, "Tron/USDT": (1 + part) / 2}, exchange=name)
        for name, part in zip(states, parts, strict=True)
    ]
    return states_after_round(states, readings, NO_OTHERS)[0]


def reasons(states: dict[str, ExchangeState]) -> dict[str, set[tuple[JumpReason, Verdict]]]:
    """Return the jumps of each exchange that look like the source's."""
    return {
        name: {(jump.reason, jump.verdict) for jump in state.guard_state.jumps if jump.reason is JumpReason.TOGETHER}
        for name, state in states.items()
    }


class TestExchangesThatMovedAtOnce:
    """A fifth of the BTC and a tenth of the USDT: 9 % of reserves."""

    def test_are_held_for_one_reading_and_nobody_else_is(self) -> None:
        states = round_of(round_of(all_of(6), [1.0] * 6, at=NOON - HOUR), [0.8, 0.8, 1.0, 1.0, 1.0, 1.001])

        assert {name: hold_reasons(graded_signal(state)) for name, state in states.items()} == {
            name: {HoldReason.SOURCE_GLITCH} if name in "ab" else set() for name in states
        }

    def test_are_two_of_six_also_where_a_third_of_the_source_moved(self) -> None:
        """Two of six are a third: more than three of ten, so that it needs no record."""
        states = round_of(all_of(6), [0.8, 0.8, 1.0, 1.0, 1.0, 1.001])

        assert reasons(states)["a"] == {(JumpReason.TOGETHER, Verdict.WAITING)}

    @pytest.mark.parametrize(
        ("then", "share", "verdict", "severity"),
        [
            (0.7999, -0.09, Verdict.DOUBTED, Severity.ELEVATED),
            (0.78, -0.1, Verdict.COUNTED, Severity.SEVERE),
            (1.0, 0.0, Verdict.RETURNED, None),
        ],
    )
    def test_make_nobody_severe_unless_it_goes_on(
        self, then: float, share: float, verdict: Verdict, severity: Severity | None
    ) -> None:
        states = round_of(all_of(2), [1.0, 1.0], at=NOON - HOUR)
        states = round_of(round_of(states, [0.8, 0.8]), [then, then * 1.0001], at=NOON + HOUR)

        assert reasons(states) == {name: {(JumpReason.TOGETHER, verdict)} for name in "ab"}
        signal = graded_signal(states["a"])
        assert signal.severity is severity
        assert flow_share(signal) == pytest.approx(share, abs=0.004)

    def test_are_believed_where_readings_are_a_day_apart(self) -> None:
        """Exchanges that are in trouble together show it in the same reading then."""
        states = round_of(round_of(all_of(6), [0.8] * 6), [0.799] * 6, at=NOON + DAY)

        for state in states.values():
            signal = graded_signal(state)
            assert (signal.severity, signal.reasons[0].window) == (Severity.ELEVATED, Window.WEEK)

    @pytest.mark.parametrize("parts", [[0.8, 1.0, 1.0, 1.0, 1.0], [0.8, 1.2, 1.0, 1.0, 1.0], [0.95, 0.95, 0.8, 1, 1]])
    def test_are_many_that_move_far_the_same_way(self, parts: Sequence[float]) -> None:
        states = round_of(all_of(len(parts)), parts)

        assert not any(reasons(states).values())

    def test_are_none_when_prices_fall_everywhere(self) -> None:
        crash = {"BTC": 10_000.0, "ETH": 500.0, "SOL": 10.0}
        readings = [book(NOON, prices=crash, exchange=name) for name in NAMES]

        states, _ = states_after_round(all_of(10), readings, NO_OTHERS)

        assert not any(reasons(states).values())

    def test_are_none_where_it_is_a_step_like_others_before(self) -> None:
        """Where the step of yesterday was larger, today's is no record of its exchange."""
        states = round_of(all_of(2), [1.0, 1.0], at=NOON - 3 * HOUR)
        states = round_of(states, [0.7, 1.0], at=NOON - 2 * HOUR)
        states = round_of(states, [0.56, 0.8], at=NOON - HOUR)

        assert reasons(states) == {"a": set(), "b": set()}

    def test_of_another_time_say_nothing(self) -> None:
        states, market = all_of(6), NO_OTHERS
        for number, name in enumerate(states):
            latest = book(NOON + 2 * number * HOUR, {"Bitcoin/BTC": 0.8, "Tron/USDT": 0.9}, exchange=name)
            states, market = states_after_round(states, [latest], market)

        assert not any(reasons(states).values())

    def test_a_count_of_all_by_one_factor_is_held_as_well(self) -> None:
        readings = [book(NOON, dict.fromkeys(WORTH, 0.5 if name in "ab" else 1.0), exchange=name) for name in NAMES[:6]]

        states, _ = states_after_round(all_of(6), readings, NO_OTHERS)

        assert {name for name, found in reasons(states).items() if found} == {"a", "b"}
