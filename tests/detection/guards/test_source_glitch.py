from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from bot.detection.guards.source_glitch import LEAST_READ, source_glitch

from bot.detection.engine import states_after_round
from bot.detection.exchange_state import ExchangeState
from bot.detection.guards.market_moves import NO_OTHERS, LastMove, MarketMoves
from bot.domain.exchange import Exchange
from bot.domain.flow import HoldReason, Window
from bot.domain.guard_state import SourceGlitch
from bot.domain.severity import Severity
from bot.domain.signal import NoteReason
from tests.builders import DAY, HOUR, NOON, holding
from tests.detection.quiet_past import WORTH, book, days_of, graded_signal

NAMES = ("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")


def all_of(count: int) -> dict[str, ExchangeState]:
    return {name: days_of(Exchange(name, name.upper(), name), count=20) for name in NAMES[:count]}


def round_of(
    states: dict[str, ExchangeState], parts: Sequence[float], *, day: int = 0, market: MarketMoves = NO_OTHERS
) -> dict[str, ExchangeState]:
    """Return the states after a round in which each exchange holds such a part of everything."""
    readings = [
        book(NOON + day * DAY, dict.fromkeys(WORTH, part), exchange=name)
        for name, part in zip(states, parts, strict=True)
    ]
    return states_after_round(states, readings, market)[0]


class TestAGlitchOfTheSource:
    def test_holds_those_that_moved_for_one_reading(self) -> None:
        states = round_of(all_of(6), [0.9, 0.9, 1.0, 1.0, 1.0, 1.0])

        held = {
            name: {flow.hold.reason for flow in graded_signal(state).flows if flow.hold}
            for name, state in states.items()
        }
        assert held == {name: {HoldReason.SOURCE_GLITCH} if name in "ab" else set() for name in states}

    def test_is_believed_when_the_next_reading_confirms_it(self) -> None:
        states = round_of(round_of(all_of(6), [0.9] * 6), [0.899] * 6, day=1)

        for state in states.values():
            assert graded_signal(state).severity is Severity.ELEVATED
            assert graded_signal(state).reasons[0].window is Window.WEEK

    def test_is_over_when_the_next_reading_is_as_before(self) -> None:
        states = round_of(round_of(all_of(6), [0.5] * 6), [1.0] * 6, day=1)

        for state in states.values():
            signal = graded_signal(state)
            assert (signal.graded, signal.severity) == (True, None)

    @pytest.mark.parametrize(
        "parts",
        [
            [0.9] * (LEAST_READ - 1),
            [0.9, 1.0, 1.0, 1.0, 1.0],
            [0.9, 1.1, 1.0, 1.0, 1.0],
            [0.975, 0.975, 0.9, 1.0, 1.0],
        ],
    )
    def test_needs_many_that_move_far_the_same_way(self, parts: Sequence[float]) -> None:
        states = round_of(all_of(len(parts)), parts)

        assert all(flow.hold is None for state in states.values() for flow in graded_signal(state).flows)

    def test_is_none_when_prices_fall_everywhere(self) -> None:
        crash = dict.fromkeys(("BTC", "ETH", "SOL"), 0.5)
        readings = [
            book(NOON, prices={asset: 20_000 * part for asset, part in crash.items()}, exchange=name) for name in NAMES
        ]

        states, _ = states_after_round(all_of(10), readings, NO_OTHERS)

        assert all(flow.hold is None for state in states.values() for flow in graded_signal(state).flows)

    def test_of_another_time_says_nothing(self) -> None:
        states = all_of(6)
        market = NO_OTHERS
        for hour, name in enumerate(states):
            reading = book(NOON + 2 * hour * HOUR, dict.fromkeys(WORTH, 0.9), exchange=name)
            states, market = states_after_round(states, [reading], market)

        assert all(flow.hold is None for state in states.values() for flow in graded_signal(state).flows)

    def test_an_exchange_most_of_which_vanished_moved(self) -> None:
        states = all_of(6)
        gone = {slot: -1.0 for slot in WORTH if slot != "Solana/SOL"}
        readings = [book(NOON, gone if name in "ab" else None, exchange=name) for name in states]

        states, _ = states_after_round(states, readings, NO_OTHERS)

        assert {name for name, state in states.items() if state.guard_state.source_glitch} == {"a", "b"}


def last_move(name: str, share: float | None, *, at: datetime = NOON, source: str = "defillama") -> LastMove:
    return LastMove(replace(holding(60, at=at, exchange=name), source=source), None, share)


def glitch_of(first: LastMove, *others: LastMove) -> SourceGlitch | None:
    """Return what is wrong with the reading of the first of these."""
    return source_glitch(NO_OTHERS.after((first, *others)), first.reading, held=False)


def peers(*shares: float, at: datetime = NOON, source: str = "defillama") -> list[LastMove]:
    return [last_move(f"peer {number}", share, at=at, source=source) for number, share in enumerate(shares)]


class TestWhatCountsAsAGlitch:
    @pytest.mark.parametrize(
        ("share", "others", "moved"),
        [
            (-0.1, (-0.1, 0.0, 0.0, 0.0), 2),
            (0.1, (0.1, 0.0, 0.0, 0.0), 2),
            (0.1, (0.02, 0.02, 0.02, 0.02), 0),
            (-0.1, (-0.03, 0.0, 0.0, 0.0), 0),
            (-0.031, (-0.031, 0.0, 0.0, 0.0), 2),
            (-0.03, (-0.1, -0.1, -0.1, -0.1), 0),
            (0.0, (-0.1, -0.1, -0.1, -0.1), 0),
            (-0.1, (-0.1, -0.1, 0.0), 0),
            (-0.1, (-0.1, -0.1, *[0.0] * 7), 0),
            (-0.1, (-0.1, -0.1, *[0.0] * 6), 3),
            (-0.1, (-0.1, -0.1, -0.1, *[0.0] * 6), 4),
        ],
    )
    def test_more_than_three_of_ten_that_move_more_than_three_percent(
        self, share: float, others: Sequence[float], moved: int
    ) -> None:
        expected = SourceGlitch(NOON, share, moved, 1 + len(others)) if moved else None

        assert glitch_of(last_move("a", share), *peers(*others)) == expected

    @pytest.mark.parametrize(("minutes", "source", "counts"), [
        (90, "defillama", True), (-90, "defillama", True), (91, "defillama", False), (0, "elsewhere", False),
    ])  # fmt: skip
    def test_among_those_that_were_read_from_one_source_at_one_time(
        self,
        minutes: int,
        source: str,
        counts: bool,  # noqa: FBT001 — a table's column
    ) -> None:
        others = peers(*[-0.1] * 4, at=NOON + timedelta(minutes=minutes), source=source)

        assert (glitch_of(last_move("a", -0.1), *others) is not None) is counts

    def test_a_first_reading_is_none_and_counts_for_nothing(self) -> None:
        assert glitch_of(last_move("a", None), *peers(*[-0.1] * 4)) is None
        assert glitch_of(last_move("a", -0.1), *peers(*[-0.1] * 3), last_move("b", None)) is None

    def test_a_move_that_was_held_or_that_another_reading_showed_is_none(self) -> None:
        first = last_move("a", -0.1)
        market = NO_OTHERS.after((first, *peers(*[-0.1] * 4)))

        assert source_glitch(market, first.reading, held=False)
        assert source_glitch(market, first.reading, held=True) is None
        assert source_glitch(market, holding(60, at=NOON + HOUR, exchange="a"), held=False) is None
        assert source_glitch(market, holding(60, exchange="b"), held=False) is None


class TestOddPrices:
    def odd(self, price: float, elsewhere: float, *, alone: bool = False) -> ExchangeState:
        """Return the state of an exchange whose price of BTC is seen so, and a day later still."""
        states = all_of(1 if alone else 3)
        market = NO_OTHERS
        for day in range(2):
            readings = [
                book(
                    at,
                    dict.fromkeys(WORTH, 1 - day / 1000),
                    prices={"BTC": price if name == "a" else elsewhere},
                    exchange=name,
                )
                for name in states
                for at in [NOON + day * DAY]
            ]
            states, market = states_after_round(states, readings, market)
        return states["a"]

    @pytest.mark.parametrize("price", [0.0, 2_000.0, 200_000.0])
    def test_a_price_that_jumps_here_alone_is_not_believed(self, price: float) -> None:
        state = self.odd(price, 21_000.0)

        assert [note.reason for note in graded_signal(state).notes] == [NoteReason.PRICE_ODD]
        assert [day.reserves_usd for day in state.days[-2:]] == pytest.approx([66e9] * 2, rel=0.002)

    @pytest.mark.parametrize(("price", "elsewhere"), [(16_000.0, 20_000.0), (2_000.0, 2_100.0), (24_000.0, 20_000.0)])
    def test_a_price_that_moves_little_or_everywhere_is_believed(self, price: float, elsewhere: float) -> None:
        assert self.odd(price, elsewhere).guard_state.odd_prices == ()

    def test_without_another_exchange_no_price_is_odd(self) -> None:
        assert self.odd(2_000.0, 0.0, alone=True).guard_state.odd_prices == ()

    def test_a_flow_from_an_odd_price_is_valued_at_the_last_one(self) -> None:
        """From a base at a tenth of the price, an outflow of BTC would look a tenth of its size."""
        state = self.odd(2_000.0, 20_000.0)
        state = state.with_reading(book(NOON + 2 * DAY, {"Bitcoin/BTC": 0.8}, exchange="a"))

        flow = graded_signal(state).flow(Window.DAY)
        assert flow
        assert flow.usd == pytest.approx(-4e9, rel=0.02)

    def test_it_is_over_once_the_price_is_as_elsewhere(self) -> None:
        states = {"a": self.odd(2_000.0, 20_000.0), "b": all_of(2)["b"]}
        readings = [book(NOON + 2 * DAY, exchange=name) for name in states]

        states, _ = states_after_round(states, readings, NO_OTHERS)

        assert graded_signal(states["a"]).notes == ()
        (odd,) = states["a"].guard_state.odd_prices
        assert (odd.since, odd.until) == (NOON, NOON + 2 * DAY)
