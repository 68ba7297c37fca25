"""What came in and left again within two days is no flow, as little as what left and came back."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bot.backtest.numpy_arithmetic import NumpyArithmetic
from bot.detection.engine import signal_at_newest
from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.column_arithmetic import PLAIN_ARITHMETIC, Arithmetic
from bot.detection.flow.computation import ColumnComputation
from bot.domain.flow import Window
from bot.domain.guard_state import Adjustment, Arrival, GuardState
from bot.domain.reading import Slot
from bot.domain.signal import NoteReason, Signal
from tests.builders import BINANCE, DAY, HOUR, NOON, reading

USUAL = {"Tron/USDT": 300.0, "Ethereum/ETH": 300.0, "Ethereum/USDC": 200.0, "Bitcoin/BTC": 200.0}
"""A thousand million dollars at a dollar a unit, in millions."""
FAR = [PLAIN_ARITHMETIC, NumpyArithmetic(), None]
sizes = pytest.mark.parametrize("dollars", [1.0, 2.0**30], ids=["many units", "parts of one"])
"""What one unit is worth: a token of a dollar, and one of which nobody has a whole."""


def lived(
    steps: Sequence[Mapping[str, float]],
    *,
    gap: Any = HOUR,
    by: Arithmetic[Any] | None = PLAIN_ARITHMETIC,
    dollars: float = 1.0,
) -> ExchangeState:
    """Return the state after readings of so many million dollars each; what is 0 is not there."""
    state = ExchangeState(
        BINANCE,
        computation=ColumnComputation(BINANCE.own_tokens, by, max_readings=8, shows_assets=True) if by else None,
    )
    for number, held in enumerate(steps):
        slots = {slot: (worth * 1e6 / dollars, dollars) for slot, worth in (USUAL | dict(held)).items() if worth}
        state = state.with_reading(reading(slots, at=NOON + number * gap))
    return state


def seen(state: ExchangeState) -> Signal:
    assert state.latest
    return signal_at_newest(state, state.latest.as_of)


def day(state: ExchangeState) -> float:
    flow = seen(state).flow(Window.DAY)
    assert flow
    return round(flow.usd / 1e6, 6)


SCAM = {"Ethereum/SCAM": 100.0}
MORE = {"Tron/USDT": 360.0, "Ethereum/ETH": 360.0, "Ethereum/USDC": 240.0, "Bitcoin/BTC": 240.0}


@pytest.mark.parametrize("by", FAR, ids=["plain", "numpy", "in detail"])
@pytest.mark.parametrize("came", [SCAM, MORE], ids=["a label", "everything"])
@pytest.mark.parametrize("until", [range(1, 2), range(1, 6)], ids=["one reading", "five"])
def test_no_window_that_begins_in_between_shows_an_outflow(
    by: Arithmetic[Any] | None, came: Mapping[str, float], until: range
) -> None:
    steps: list[Mapping[str, float]] = [came if hour in until else {} for hour in range(32)]
    for hour in range(24, 32):
        assert day(lived(steps[: hour + 1], by=by)) == 0.0
    assert lived(steps[: until.stop + 2], by=by).guard_state.pass_throughs


@pytest.mark.parametrize("by", FAR, ids=["plain", "numpy", "in detail"])
def test_what_leaves_beyond_what_had_come_counts(by: Arithmetic[Any] | None) -> None:
    steps = [{}, MORE, *[{"Tron/USDT": 250.0}] * 24]
    assert [day(lived(steps[:count], by=by)) for count in (25, 26)] == [-50.0, -50.0]


def test_what_leaves_after_more_than_two_days_counts_in_full() -> None:
    steps: list[Mapping[str, float]] = [{}, *[{"Tron/USDT": 360.0}] * 4, {}]
    assert day(lived(steps, gap=DAY)) == -60.0
    assert day(lived([*steps[:3], {}], gap=DAY)) == 0.0


@pytest.mark.parametrize(("left", "counted"), [(30.0, -30.0), (31.0, 0.0)])
def test_less_than_half_of_what_came_is_an_outflow_of_its_own(left: float, counted: float) -> None:
    after = {"Tron/USDT": 360.0 - left}
    assert day(lived([{}, *[{"Tron/USDT": 360.0}] * 2, *[after] * 24])) == counted


@pytest.mark.parametrize(("came", "arrives"), [(9.99, False), (10.0, True)])
def test_what_is_less_than_a_hundredth_is_not_remembered(came: float, *, arrives: bool) -> None:
    assert bool(lived([{}, {"Tron/USDT": 300.0 + came}]).guard_state.arrivals) is arrives
    assert bool(lived([{}, {"Ethereum/SCAM": came}]).guard_state.arrivals) is arrives


@sizes
@pytest.mark.parametrize("other", [30.0, 30.5])
def test_where_it_came_to_two_chains_what_left_one_of_them_is_counted_there_alone(other: float, dollars: float) -> None:
    came = {"Tron/USDT": 370.0, "Ethereum/USDT": 30.0}
    (found,) = lived([{}, came, {"Ethereum/USDT": other}], dollars=dollars).guard_state.pass_throughs

    assert (found.asset, found.left_at) == ("USDT", NOON + 2 * HOUR)
    assert found.usd == pytest.approx(70e6)
    assert found.amounts == (Adjustment(Slot("Tron", "USDT"), 70e6 / dollars, NOON + HOUR),)


@sizes
@pytest.mark.parametrize(("bitcoin", "arrives"), [(159.0, True), (158.5, False)])
def test_what_comes_while_more_than_half_of_it_leaves_elsewhere_is_a_conversion(
    bitcoin: float,
    dollars: float,
    arrives: bool,  # noqa: FBT001 — a table's column
) -> None:
    came = {"Ethereum/USDT": 100.0, "Tron/USDT": 291.0, "Bitcoin/BTC": bitcoin}
    amounts = (Adjustment(Slot("Ethereum", "USDT"), 100e6 / dollars, NOON + HOUR),)

    found = lived([{}, came], dollars=dollars).guard_state.arrivals

    assert found == ((Arrival("USDT", NOON + HOUR, amounts, 100e6),) if arrives else ())


def test_a_conversion_brings_nothing() -> None:
    """Else customers who leave with what their own coins were turned into would not be seen."""
    turned = {"Tron/USDT": 250.0, "Ethereum/USDC": 250.0}
    after = {"Tron/USDT": 250.0, "Ethereum/USDC": 210.0}
    state = lived([{}, *[turned] * 2, *[after] * 24])
    assert (state.guard_state.arrivals, day(state)) == ((), -40.0)


def test_what_comes_back_is_no_arrival() -> None:
    state = lived([{}, {"Tron/USDT": 260.0}, {}])
    assert [trip.asset for trip in state.guard_state.round_trips] == ["USDT"]
    assert state.guard_state.arrivals == ()
    more = lived([{}, {"Tron/USDT": 260.0}, {}, {"Tron/USDT": 340.0}]).guard_state
    assert [(arrival.asset, arrival.usd) for arrival in more.arrivals] == [("USDT", 40e6)]


def test_what_was_held_is_settled_as_what_it_is() -> None:
    """One part that moves far by itself waits for the next reading; that says all there is to say of it."""
    state = lived([{}, {"Tron/USDT": 420.0}, *[{}] * 24])
    assert state.guard_state.pass_throughs == ()
    assert [trip.asset for trip in lived([{}, {"Tron/USDT": 420.0}, {}]).guard_state.round_trips] == ["Tron"]
    assert day(state) == 0.0
    wider = lived([{}, {"Tron/USDT": 420.0, "Ethereum/USDT": 30.0}]).guard_state
    assert wider.held_move
    assert wider.arrivals == ()


def test_own_tokens_and_new_chains_bring_nothing() -> None:
    assert lived([{}, {"Binance/BNB": 500.0}]).guard_state.arrivals == ()
    assert lived([{}, {"Ethereum/BNB": 500.0}]).guard_state.arrivals == ()
    assert lived([{"Ethereum/BNB": 1.0}, {"Ethereum/BNB": 500.0}]).guard_state.arrivals == ()


def test_it_is_said_for_two_days_and_forgotten_then() -> None:
    steps: list[Mapping[str, float]] = [{}, SCAM, {}]
    said = [note for note in seen(lived(steps)).notes if note.reason is NoteReason.PASSAGE]
    assert [(note.subject, note.usd, note.at) for note in said] == [("SCAM", 1e8, NOON + 2 * HOUR)]

    stirred = [{"Tron/USDT": 300.0 + number / 100} for number in range(60)]
    later = lived([*steps, *stirred]).guard_state
    assert (later.pass_throughs, later.arrivals) == ((), ())
    assert len(later.adjustments) == 2
    assert lived([{}, MORE, *stirred]).guard_state.arrivals == ()


def test_a_first_reading_and_an_empty_one_bring_nothing() -> None:
    assert lived([{}]).guard_state == GuardState()
    nothing = dict.fromkeys(USUAL, 0.0)
    assert lived([nothing | {"Ethereum/BNB": 5.0}, {}]).guard_state.arrivals == ()
