from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.detection.exchange_state import ExchangeState
from bot.domain.flow import HoldReason, Window
from bot.domain.severity import Severity
from bot.domain.signal import Note, NoteReason
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


@pytest.fixture
def state() -> ExchangeState:
    return days_of()


class TestOnePartThatMovesAlone:
    def test_is_held_for_one_reading(self, state: ExchangeState) -> None:
        held, decided = signals_after(state, book(NOON, {"Tron/USDT": 0.5}), book(NOON + DAY, {"Tron/USDT": 0.5}))

        assert (hold_reasons(held), held.graded, held.severity) == ({HoldReason.WALLETS_CHANGED}, False, None)
        assert hold_reasons(decided) == set()

    @pytest.mark.parametrize("part", [0.5, 1.6])
    def test_that_stays_is_not_counted_in_either_direction_and_said(self, state: ExchangeState, part: float) -> None:
        _, decided, later = signals_after(state, *[book(NOON + day * DAY, {"Tron/USDT": part}) for day in range(3)])

        for signal in (decided, later):
            assert [flow.share for flow in signal.flows] == pytest.approx([0.0] * len(signal.flows), abs=0.002)
            assert (signal.graded, signal.severity) == (True, None)
            (note,) = signal.notes
            assert (note.reason, note.subject, note.at) == (NoteReason.WALLETS_CHANGED, "Tron", NOON)
            assert note.usd == pytest.approx((part - 1) * 20e9, rel=0.01)

    def test_that_comes_back_was_a_round_trip(self, state: ExchangeState) -> None:
        _, back = signals_after(state, book(NOON, {"Tron/USDT": 0.5}), book(NOON + HOUR, {"Tron/USDT": 0.9}))

        assert NoteReason.ROUND_TRIP in note_reasons(back)
        assert flow_share(back) == pytest.approx(-0.0343, abs=0.001)
        assert {trip.asset for trip in back.round_trips} >= {"Tron"}

    def test_that_comes_back_by_less_than_half_stays(self, state: ExchangeState) -> None:
        _, decided = signals_after(state, book(NOON, {"Tron/USDT": 0.5}), book(NOON + HOUR, {"Tron/USDT": 0.7}))

        assert note_reasons(decided) == {NoteReason.WALLETS_CHANGED}
        assert flow_share(decided) == pytest.approx(0.2 * 20 / 60, abs=0.002)

    @pytest.mark.parametrize(
        "parts",
        [
            {"Tron/USDT": 0.75},
            {"Tron/USDT": 0.5, "Bitcoin/BTC": 0.97},
            {"Tron/USDT": 0.5, "Bitcoin/BTC": 0.5},
        ],
    )
    def test_is_flow_when_it_is_small_or_others_move_too(self, state: ExchangeState, parts: dict[str, float]) -> None:
        (signal,) = signals_after(state, book(NOON, parts))

        assert hold_reasons(signal) == set()
        assert signal.severity is Severity.SEVERE

    def test_is_flow_when_it_is_most_of_what_there_is(self) -> None:
        most = {slot: 0.05 for slot in WORTH if slot != "Tron/USDT"}
        state = ExchangeState(days_of().exchange).with_reading(book(NOON - DAY, most))

        (signal,) = signals_after(state, book(NOON, {**most, "Tron/USDT": 0.6}))

        assert (hold_reasons(signal), signal.severity) == (set(), Severity.SEVERE)

    def test_is_too_small_to_matter_below_half_a_percent(self, state: ExchangeState) -> None:
        little = {"Solana/SOL": 0.05}
        state = state.with_reading(book(NOON - HOUR, little)).with_reading(book(NOON - HOUR / 2, little))

        (signal,) = signals_after(state, book(NOON, {"Solana/SOL": 0.03}))

        assert hold_reasons(signal) == set()

    def test_a_token_that_vanished_is_drained_and_no_change_of_wallets(self, state: ExchangeState) -> None:
        first, confirmed = signals_after(
            state, book(NOON, {"Ethereum/USDC": -1}), book(NOON + HOUR, {"Ethereum/USDC": -1})
        )

        assert hold_reasons(first) == set()
        assert flow_share(first) == pytest.approx(0.0, abs=0.002)
        assert flow_share(confirmed) == pytest.approx(-5 / 60, abs=0.002)
        assert confirmed.severity is Severity.SEVERE


class TestTheOwnToken:
    def test_moves_nothing_and_is_said(self, state: ExchangeState) -> None:
        """In April 2024 $13 B of BNB left the wallets that are counted: composition, no flow."""
        (signal,) = signals_after(state, book(NOON, {"Binance/BNB": 0.4}))

        assert (hold_reasons(signal), signal.severity) == (set(), None)
        (note,) = signal.notes
        assert (note.reason, note.subject) == (NoteReason.OWN_TOKEN, "BNB")
        assert note.usd == pytest.approx(-3.6e9, rel=0.01)


def test_windows_whose_base_is_too_old_are_named(state: ExchangeState) -> None:
    (signal,) = signals_after(state, book(NOON + 6 * DAY))

    assert {flow.window for flow in signal.flows} == {Window.WEEK, Window.FORTNIGHT, Window.MONTH}
    assert signal.notes == (Note(NoteReason.GAP, "24h, 72h"),)


def test_a_held_day_is_not_learned_as_usual(state: ExchangeState) -> None:
    for day in range(3):
        state = state.with_reading(book(NOON + day * DAY, {"Tron/USDT": 0.5}))

    shares = [day.share for day in state.days[-3:]]
    assert shares[:2] == [None, None]
    assert shares[2] == pytest.approx(0.0, abs=1e-9)


slots = st.sampled_from(sorted(set(WORTH) - {"Binance/BNB"}))


@settings(max_examples=50)
@given(slots, st.floats(0.05, 0.65), st.integers(1, 40))
def test_a_wallet_list_that_changes_is_no_flow_ever(slot: str, part: float, days: int) -> None:
    changed = {slot: part}
    *_, last = signals_after(days_of(count=35), *[book(NOON + day * DAY, changed) for day in range(days + 1)])

    assert all(abs(flow.share) < 0.002 for flow in last.flows)
    assert last.severity is None


@settings(max_examples=50)
@given(
    slots,
    st.one_of(st.floats(0.05, 0.65), st.floats(1.35, 3.0)),
    st.lists(st.floats(0.97, 1.0), min_size=1, max_size=5),
)
def test_what_flows_after_a_wallet_list_changed_is_counted(slot: str, part: float, steps: list[float]) -> None:
    """Adjusted figures move as those of an exchange that never had the difference."""
    state = days_of(count=20).with_reading(book(NOON, {slot: part})).with_reading(book(NOON + HOUR, {slot: part}))
    other = next(asset_slot for asset_slot in ("Bitcoin/BTC", "Tron/USDT") if asset_slot != slot)
    left = 1.0
    for hour, step in enumerate(steps, 2):
        left *= step
        state = state.with_reading(book(NOON + hour * HOUR, {slot: part, other: left}))

    signal = graded_signal(state)
    if not any(note.reason is NoteReason.COUNTED for note in signal.notes):
        flow = signal.flow(Window.DAY)
        assert flow
        assert flow.usd == pytest.approx((left - 1.001) * 20e9 - 0.001 * (40e9 - 0), abs=0.08e9)


@settings(max_examples=30)
@given(st.dictionaries(slots, st.floats(0.2, 1.8), min_size=1), st.dictionaries(slots, st.floats(0.2, 1.8), min_size=1))
def test_the_guard_state_follows_from_the_readings_alone(first: dict[str, float], second: dict[str, float]) -> None:
    """A restart that replays the same readings arrives at the same guard state."""
    readings = [book(NOON + hour * HOUR, parts) for hour, parts in enumerate((first, second, first, second))]
    kept_whole = restarted = days_of(count=3)
    for reading in readings:
        kept_whole = kept_whole.with_reading(reading)
    for reading in readings:
        restarted = replace(
            restarted.with_reading(reading), recent_readings=restarted.with_reading(reading).recent_readings[-1:]
        )

    assert kept_whole.guard_state == restarted.guard_state
    assert all(abs(adjustment.at - NOON) <= timedelta(hours=4) for adjustment in kept_whole.guard_state.adjustments)


def test_what_comes_back_with_its_whole_chain_is_no_change_of_wallets(state: ExchangeState) -> None:
    gone = book(NOON, {"Ethereum/ETH": 0.25, "Ethereum/USDC": 1.002})
    back = [book(NOON + day * DAY, {"Ethereum/USDC": 1.004}) for day in (1, 2, 3)]

    *_, last = signals_after(state, gone, *back)

    assert last.severity is None
    assert flow_share(last, Window.WEEK) == pytest.approx(0.0, abs=0.003)
