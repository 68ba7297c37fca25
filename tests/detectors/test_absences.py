"""Chains that are absent for a while, and the windows that would start there."""

from bot.domain.flow import HoldReason, Window
from tests.builders import DAY, HOUR, NOON
from tests.detectors.past import after, book, days_of

PARTIAL = {"Bitcoin/BTC": -1.0, "Ethereum/ETH": -1.0, "Ethereum/USDC": -1.0}
MOVED = {"Tron/USDT": 0.75, "Ethereum/USDC": 2.0}
"""A quarter of Tron's dollars on Ethereum now: nothing left the exchange."""


def test_no_window_starts_from_a_reading_that_lacked_a_chain() -> None:
    held, whole, later = after(
        days_of(),
        book(NOON, PARTIAL),
        book(NOON + HOUR),
        book(NOON + DAY, MOVED),
    )

    assert {flow.hold.reason for flow in held.flows if flow.hold} == {HoldReason.CHAIN_MISSING}
    assert whole.severity is None
    assert later.flow(Window.DAY) is None
    assert later.severity is None


def test_a_chain_that_is_new_keeps_nobody_from_comparing() -> None:
    young = {"Solana/SOL": -1.0}
    case = days_of(until=NOON)
    before, now = after(case, book(NOON + HOUR, young), book(NOON + DAY + HOUR, young))

    assert before.flow(Window.DAY)
    assert now.flow(Window.DAY)


def test_what_is_absent_still_is_a_base_among_its_like() -> None:
    *_, last = after(days_of(), *[book(NOON + hour * HOUR, PARTIAL) for hour in range(0, 49, 6)])

    day = last.flow(Window.DAY)
    assert day
    assert day.hold is None
    assert day.share == 0.0


def test_a_light_chain_that_comes_and_goes_is_no_absence() -> None:
    light = {"Tron/USDT": 100.0}
    without = light | {"Solana/SOL": -1.0}
    case = days_of().take(book(NOON, light)).take(book(NOON + HOUR, without))
    back = case.take(book(NOON + 2 * HOUR, light))

    assert back.ledger.absences == ()
