"""What came in and left again within two days is no flow, as little as what left and came back."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bot.backtest.vectors import Vectors
from bot.detectors.arithmetic import PLAIN, Arithmetic
from bot.detectors.columns import Sheet
from bot.detectors.engine import Case, look
from bot.domain.flow import Window
from bot.domain.ledger import Ledger
from bot.domain.signal import NoteReason, Signal
from tests.builders import BINANCE, DAY, HOUR, NOON, reading

USUAL = {"Tron/USDT": 300.0, "Ethereum/ETH": 300.0, "Ethereum/USDC": 200.0, "Bitcoin/BTC": 200.0}
"""A thousand million dollars at a dollar a unit, in millions."""
FAR = [PLAIN, Vectors(), None]


def lived(steps: Sequence[Mapping[str, float]], *, gap: Any = HOUR, by: Arithmetic[Any] | None = PLAIN) -> Case:
    """Return the case after readings of so many million units each, at a dollar; what is 0 is not there."""
    case = Case(BINANCE, sheet=Sheet(BINANCE.own_tokens, by, most=8, shows_assets=True) if by else None)
    for number, held in enumerate(steps):
        slots = {slot: (units * 1e6, 1.0) for slot, units in (USUAL | dict(held)).items() if units}
        case = case.take(reading(slots, at=NOON + number * gap))
    return case


def seen(case: Case) -> Signal:
    assert case.latest
    return look(case, case.latest.as_of)


def day(case: Case) -> float:
    flow = seen(case).flow(Window.DAY)
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
    assert lived(steps[: until.stop + 2], by=by).ledger.passages


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
    assert bool(lived([{}, {"Tron/USDT": 300.0 + came}]).ledger.arrivals) is arrives
    assert bool(lived([{}, {"Ethereum/SCAM": came}]).ledger.arrivals) is arrives


def test_a_conversion_brings_nothing() -> None:
    """Else customers who leave with what their own coins were turned into would not be seen."""
    turned = {"Tron/USDT": 250.0, "Ethereum/USDC": 250.0}
    after = {"Tron/USDT": 250.0, "Ethereum/USDC": 210.0}
    case = lived([{}, *[turned] * 2, *[after] * 24])
    assert (case.ledger.arrivals, day(case)) == ((), -40.0)


def test_what_comes_back_is_no_arrival() -> None:
    case = lived([{}, {"Tron/USDT": 260.0}, {}])
    assert [one.asset for one in case.ledger.trips] == ["USDT"]
    assert case.ledger.arrivals == ()


def test_what_was_held_is_settled_as_what_it_is() -> None:
    """One part that moves far by itself waits for the next reading; that says all there is to say of it."""
    case = lived([{}, {"Tron/USDT": 420.0}, *[{}] * 24])
    assert case.ledger.passages == ()
    assert [one.asset for one in lived([{}, {"Tron/USDT": 420.0}, {}]).ledger.trips] == ["Tron"]
    assert day(case) == 0.0


def test_own_tokens_and_new_chains_bring_nothing() -> None:
    assert lived([{}, {"Binance/BNB": 500.0}]).ledger.arrivals == ()
    assert lived([{"Ethereum/BNB": 1.0}, {"Ethereum/BNB": 500.0}]).ledger.arrivals == ()


def test_it_is_said_for_two_days_and_forgotten_then() -> None:
    steps: list[Mapping[str, float]] = [{}, SCAM, {}]
    said = [one for one in seen(lived(steps)).notes if one.reason is NoteReason.PASSAGE]
    assert [(one.subject, one.usd, one.at) for one in said] == [("SCAM", 1e8, NOON + 2 * HOUR)]

    stirred = [{"Tron/USDT": 300.0 + number / 100} for number in range(60)]
    later = lived([*steps, *stirred]).ledger
    assert (later.passages, later.arrivals) == ((), ())
    assert len(later.adjustments) == 2
    assert lived([{}, MORE, *stirred]).ledger.arrivals == ()


def test_a_first_reading_and_an_empty_one_bring_nothing() -> None:
    assert lived([{}]).ledger == Ledger()
    nothing = dict.fromkeys(USUAL, 0.0)
    assert lived([nothing | {"Ethereum/BNB": 5.0}, {}]).ledger.arrivals == ()
