"""Chains that are missing for a while, and the windows that would start there."""

from dataclasses import replace
from datetime import datetime

import pytest

from bot.detection.guards.missing_chains import with_recalled_chains
from bot.domain.flow import HoldReason, Window
from bot.domain.guard_state import GuardState, MissingChain
from bot.domain.reading import Holding, Slot
from bot.domain.severity import Severity
from bot.domain.signal import NoteReason, Signal
from tests.builders import DAY, HOUR, NOON
from tests.detection.quiet_past import WORTH, book, days_of, note_reasons, signals_after

OTHERS = [slot for slot in WORTH if slot != "Tron/USDT"]
PARTIAL = {"Bitcoin/BTC": -1.0, "Ethereum/ETH": -1.0, "Ethereum/USDC": -1.0}
MOVED = {"Tron/USDT": 0.75, "Ethereum/USDC": 2.0}
"""A quarter of Tron's dollars on Ethereum now: nothing left the exchange."""


def test_no_window_starts_from_a_reading_that_lacked_a_chain() -> None:
    held, whole, later = signals_after(
        days_of(),
        book(NOON, PARTIAL),
        book(NOON + HOUR),
        book(NOON + DAY, MOVED),
    )

    assert {flow.hold.reason for flow in held.flows if flow.hold} == {HoldReason.CHAIN_MISSING}
    assert whole.severity is None
    day = later.flow(Window.DAY)
    assert day
    assert day.start == NOON + HOUR
    assert later.severity is None


def test_a_window_with_no_reading_that_has_all_chains_is_not_computed() -> None:
    readings = [book(NOON - 20 * HOUR, PARTIAL), book(NOON - 13 * HOUR, PARTIAL), book(NOON - 2 * HOUR), book(NOON)]

    *_, last = signals_after(days_of(until=NOON - 14 * HOUR), *readings)

    assert last.flow(Window.DAY) is None
    assert NoteReason.GAP in note_reasons(last)


def test_a_chain_that_is_new_keeps_nobody_from_comparing() -> None:
    young = {"Solana/SOL": -1.0}
    state = days_of(until=NOON)
    before, now = signals_after(state, book(NOON + HOUR, young), book(NOON + DAY + HOUR, young))

    assert before.flow(Window.DAY)
    assert now.flow(Window.DAY)


def test_a_reading_without_a_chain_that_is_still_missing_is_a_base() -> None:
    *_, last = signals_after(days_of(), *[book(NOON + hour * HOUR, PARTIAL) for hour in range(0, 49, 6)])

    day = last.flow(Window.DAY)
    assert day
    assert day.hold is None
    assert day.share == 0.0


def test_a_reading_without_a_chain_that_is_still_missing_is_no_base_for_less_than_a_day() -> None:
    """What left the rest in 14 h may lie on the missing chain; after a day the rest is compared without it."""
    partial = [book(NOON + hours * HOUR, PARTIAL | {"Tron/USDT": 1 - hours / 100}) for hours in (0, 14, 24)]

    _, younger, as_old = signals_after(days_of(until=NOON - 14 * HOUR), *partial)

    assert younger.flow(Window.DAY) is None
    day = as_old.flow(Window.DAY)
    assert day
    assert day.start == NOON


def test_a_light_chain_that_comes_and_goes_is_not_remembered() -> None:
    light = {"Tron/USDT": 100.0}
    without = light | {"Solana/SOL": -1.0}
    state = days_of().with_reading(book(NOON, light)).with_reading(book(NOON + HOUR, without))
    back = state.with_reading(book(NOON + 2 * HOUR, light))

    assert back.guard_state.missing_chains == ()


class TestAChainThatComesBack:
    """Tron holds a third of what is counted here; for six hours the source does not tell it."""

    AWAY = ({"Tron/USDT": -1.0},) * 6

    def signals(self, *parts: dict[str, float]) -> list[Signal]:
        return signals_after(
            days_of(), *[book(NOON + hour * HOUR, each) for hour, each in enumerate(({}, *self.AWAY, *parts))]
        )

    @pytest.mark.parametrize("part", [0.5, 1.6])
    def test_changed_by_itself_is_held_and_then_not_counted(self, part: float) -> None:
        *_, back, stays, on = self.signals(*[{"Tron/USDT": part}] * 3)

        assert {flow.hold.reason for flow in back.flows if flow.hold} == {HoldReason.WALLETS_CHANGED}
        assert not any(signal.severity for signal in (back, stays, on))
        assert [note.reason for note in on.notes] == [NoteReason.WALLETS_CHANGED]
        assert all(flow.share == pytest.approx(0, abs=0.002) for flow in on.flows)

    def test_changed_while_the_rest_left_too_is_a_run(self) -> None:
        gone = dict.fromkeys(WORTH, 0.9) | {"Tron/USDT": 0.5}
        *_, back, _ = self.signals(gone, gone)

        assert back.severity is Severity.SEVERE

    def test_counts_in_full_when_the_rest_leaves_after_it(self) -> None:
        half = {"Tron/USDT": 0.5}
        *_, run = self.signals(half, half, dict.fromkeys(WORTH, 0.97) | half)

        assert run.severity is Severity.SEVERE

    def test_with_what_had_left_the_others_is_no_flow(self) -> None:
        """While Tron is away a sixth of everything moves there, step by step."""
        steps = [{"Tron/USDT": -1.0} | dict.fromkeys(OTHERS, 1 - 0.02 * hour) for hour in range(1, 6)]
        *_, back, on = self.signals(*steps, *[{"Tron/USDT": 1.2} | dict.fromkeys(OTHERS, 0.9)] * 2)

        assert not any(signal.severity for signal in (back, on))
        assert all(abs(flow.share) < 0.01 for flow in on.flows)

    def test_smaller_with_the_others_that_left_meanwhile_is_a_run(self) -> None:
        steps = [{"Tron/USDT": -1.0} | dict.fromkeys(OTHERS, 1 - 0.006 * hour) for hour in range(1, 6)]
        *_, back = self.signals(*steps, {"Tron/USDT": 0.6} | dict.fromkeys(OTHERS, 0.97))

        assert back.severity is Severity.SEVERE

    def test_counts_from_when_it_is_back_whatever_else_went_with_it(self) -> None:
        """Ethereum and Solana go together; Solana never comes back, and then what is Tron's goes to Ethereum."""
        gone = {"Ethereum/ETH": -1.0, "Ethereum/USDC": -1.0, "Solana/SOL": -1.0}
        half_back = {"Solana/SOL": -1.0}
        moved = half_back | {"Tron/USDT": 0.75, "Ethereum/USDC": 2.0}
        *_, last = signals_after(
            days_of(),
            *[book(NOON + hour * HOUR, gone) for hour in range(24)],
            book(NOON + 24 * HOUR, half_back),
            book(NOON + 25 * HOUR, half_back),
            book(NOON + 26 * HOUR, moved),
            book(NOON + 27 * HOUR, moved),
        )

        assert last.severity is None

    def test_as_it_was_is_nothing(self) -> None:
        *_, back = self.signals({})

        assert all(flow.hold is None and flow.share == pytest.approx(0, abs=0.002) for flow in back.flows)

    def test_without_one_of_its_tokens_has_it_drained_at_the_next_reading_only(self) -> None:
        usual, less = {"Tron/USDT": 1.0}, {"Ethereum/USDC": -1.0}
        away = {"Ethereum/USDC": -1.0, "Ethereum/ETH": -1.0}
        first, *_, back, on = signals_after(
            days_of(),
            *[book(NOON + hour * HOUR, each) for hour, each in enumerate((usual, away, away, less, less))],
        )

        assert first.severity is None
        assert [flow.share for flow in back.flows] == [pytest.approx(0, abs=0.002)] * len(back.flows)
        day = on.flow(Window.DAY)
        assert day
        assert day.share == pytest.approx(-5 / 60, abs=0.002)


class TestWhatIsRecalled:
    BEFORE = book(NOON - HOUR, {"Solana/SOL": 3.0, "Bitcoin/BTC": 0.5})
    AWAY = book(NOON, {"Solana/SOL": -1.0})
    BACK = book(NOON + HOUR, prices={"SOL": 10.0})

    def guard_state(self, *, until: datetime | None = None) -> GuardState:
        return GuardState(missing_chains=(MissingChain("Solana", NOON, until, last=self.BEFORE),))

    @pytest.mark.parametrize("until", [None, BACK.as_of])
    def test_is_what_lay_there_last_at_the_prices_of_now(self, until: datetime | None) -> None:
        found = with_recalled_chains(self.guard_state(until=until), self.AWAY, self.BACK)

        assert (found.as_of, found.chains) == (NOON, self.BACK.chains)
        assert dict(found.holdings) == {
            **self.AWAY.holdings, Slot("Solana", "SOL"): Holding(3 * 5e9 / 20, 3 * 5e9 / 20 * 10)
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("now", "price"),
        [
            (Holding(1e9, 0.0), 20.0),
            (Holding(0.0, 1.0), 20.0),
            (Holding(7.5e6, 7.5e7), 20.0),
            (Holding(8e6, 2e6), 0.25),
            (Holding(8e6, 0.5), 0.5 / 8e6),
        ],
    )
    def test_keeps_its_value_where_the_latest_has_no_price_or_dust(self, now: Holding, price: float) -> None:
        slot = Slot("Solana", "SOL")
        back = replace(self.BACK, holdings={**self.BACK.holdings, slot: now})

        assert with_recalled_chains(self.guard_state(), self.AWAY, back).holdings[slot] == Holding(7.5e8, 7.5e8 * price)

    def test_is_what_lay_there_before_it_was_away_the_last_time(self) -> None:
        """Even where nobody saw the chain come back the first time."""
        long = MissingChain("Solana", NOON - DAY, last=book(NOON - DAY - HOUR))
        found = with_recalled_chains(
            GuardState(missing_chains=(long, *self.guard_state().missing_chains)), self.AWAY, self.BACK
        )

        assert found == with_recalled_chains(self.guard_state(), self.AWAY, self.BACK)

    def test_is_nothing_of_a_chain_that_is_back_already(self) -> None:
        assert with_recalled_chains(self.guard_state(until=NOON), self.AWAY, self.BACK) is self.AWAY

    def test_is_nothing_while_the_chain_is_away_or_where_it_was_there(self) -> None:
        assert with_recalled_chains(self.guard_state(), self.AWAY, self.AWAY) is self.AWAY
        assert with_recalled_chains(self.guard_state(), self.BACK, self.BACK) is self.BACK


class TestAHeldMoveOnAChainThatGoes:
    HALF = {"Tron/USDT": 0.5}  # noqa: RUF012 — never changed
    GONE = {"Tron/USDT": -1.0}  # noqa: RUF012 — never changed

    @pytest.mark.parametrize(("hours", "held"), [(48, True), (49, False)])
    def test_waits_for_two_days_and_then_stays(self, hours: int, held: bool) -> None:  # noqa: FBT001 — a table's column
        state = days_of().with_reading(book(NOON)).with_reading(book(NOON + HOUR, self.HALF))
        for hour in range(1, hours + 1):
            state = state.with_reading(book(NOON + (hour + 1) * HOUR, {**self.GONE, "Bitcoin/BTC": 1 + 1e-6 * hour}))

        assert bool(state.guard_state.held_move) is held

    def test_is_no_reason_to_be_silent_for_ever(self) -> None:
        state = days_of().with_reading(book(NOON)).with_reading(book(NOON + HOUR, self.HALF))
        for day in range(1, 40):
            state = state.with_reading(book(NOON + day * DAY, {**self.GONE, "Bitcoin/BTC": 1 + 1e-6 * day}))
        (run,) = signals_after(state, book(NOON + 40 * DAY, {**self.GONE, **dict.fromkeys(OTHERS, 0.8)}))

        assert run.severity is Severity.SEVERE
