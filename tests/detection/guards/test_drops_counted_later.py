"""A drop that was left out counts after all once the rest leaves after it, or withdrawals close."""

import pytest
from bot.detection.guards.drops_counted_later import REMEMBERED

from bot.detection.exchange_state import ExchangeState
from bot.domain.flow import HoldReason, Window
from bot.domain.severity import Severity
from bot.domain.signal import NoteReason
from bot.domain.withdrawals import Withdrawals
from tests.builders import DAY, HOUR, NOON
from tests.detection.quiet_past import (
    WORTH,
    book,
    days_of,
    flow_share,
    graded_signal,
    hold_reasons,
    note_reasons,
    signals_after,
)

SHUT = Withdrawals(closed=(("BTC", NOON), ("USDT", NOON)))


@pytest.fixture
def state() -> ExchangeState:
    return days_of()


class TestADropThatStays:
    def test_counts_in_full_once_the_rest_leaves(self, state: ExchangeState) -> None:
        dropped = {"Tron/USDT": 0.5}
        leaving = {**dict.fromkeys(WORTH, 0.95), "Tron/USDT": 0.5}

        _, _, run = signals_after(state, book(NOON, dropped), book(NOON + DAY, dropped), book(NOON + 2 * DAY, leaving))

        assert flow_share(run, Window.THREE_DAYS) == pytest.approx(-(10 + 2) / 60, abs=0.003)
        assert NoteReason.COUNTED in note_reasons(run)

    def test_counts_with_the_next_and_holds_no_third(self, state: ExchangeState) -> None:
        """A run that empties one asset after another is held for two readings, not for as long as it lasts."""
        left: dict[str, float] = {}
        steps = [left := {**left, slot: 0.6} for slot in ("Tron/USDT", "Ethereum/ETH", "Ethereum/USDC")]

        first, second, third = signals_after(state, *[book(NOON + day * DAY, parts) for day, parts in enumerate(steps)])

        assert hold_reasons(first) == hold_reasons(second) == {HoldReason.WALLETS_CHANGED}
        assert (hold_reasons(third), third.severity) == (set(), Severity.SEVERE)
        assert flow_share(third, Window.THREE_DAYS) == pytest.approx(-(8 + 4 + 2) / 60, abs=0.003)

    def test_counts_in_full_once_withdrawals_close(self, state: ExchangeState) -> None:
        dropped = {"Tron/USDT": 0.5}
        state = state.with_reading(book(NOON, dropped)).with_reading(book(NOON + HOUR, dropped))

        assert flow_share(graded_signal(state)) == pytest.approx(0.0, abs=0.002)
        assert flow_share(
            graded_signal(state.with_reading(book(NOON + 2 * HOUR, dropped), withdrawals=SHUT))
        ) == pytest.approx(-1 / 6, abs=0.002)

    def test_is_forgotten_after_three_days(self, state: ExchangeState) -> None:
        dropped = {"Tron/USDT": 0.5}
        late = NOON + REMEMBERED + HOUR
        leaving = {**dict.fromkeys(WORTH, 0.95), "Tron/USDT": 0.5}
        state = (
            state.with_reading(book(NOON, dropped))
            .with_reading(book(NOON + HOUR, dropped))
            .with_reading(book(late - HOUR, dropped))
        )

        run = graded_signal(state.with_reading(book(late, leaving)))

        assert flow_share(run, Window.WEEK) == pytest.approx(-2 / 60, abs=0.003)

    def test_a_rise_never_counts(self, state: ExchangeState) -> None:
        risen = {"Tron/USDT": 1.6}
        leaving = {**dict.fromkeys(WORTH, 0.95), "Tron/USDT": 1.6}

        *_, run = signals_after(state, book(NOON, risen), book(NOON + DAY, risen), book(NOON + 2 * DAY, leaving))

        assert flow_share(run, Window.THREE_DAYS) == pytest.approx(-2 / 60, abs=0.003)
