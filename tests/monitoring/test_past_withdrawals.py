"""What could be withdrawn at a past time is found from what is known now and from every change."""

from datetime import timedelta

import pytest

from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, Majors, WithdrawalTransition, closed_majors
from bot.monitoring.past_withdrawals import PastWithdrawals
from bot.monitoring.withdrawal_lookup import WithdrawalLookup
from tests.builders import DAY, HOUR, NOON
from tests.fakes.memory import MemoryWithdrawals
from tests.known_withdrawals import closing, known, network, opening

OPEN, CLOSED, UNKNOWN = WithdrawalState.OPEN, WithdrawalState.CLOSED, WithdrawalState.UNKNOWN
SINCE = NOON - DAY
TETHER = [closing(SINCE), opening(SINCE + 6 * HOUR), closing(NOON - HOUR)]
BITCOIN = [closing(SINCE + 2 * HOUR, "BTC", "BITCOIN"), opening(SINCE + 4 * HOUR, "BTC", "BITCOIN")]
HISTORY = sorted([*TETHER, *BITCOIN], key=lambda transition: transition.at)
NOW = known(
    "gate",
    network("BTC", "BITCOIN", since=SINCE + 4 * HOUR),
    network("ETH", "ETHEREUM"),
    network("USDT", "TRON", CLOSED, since=NOON - HOUR),
)


@pytest.mark.parametrize(
    ("after", "tether", "bitcoin"),
    [
        (-timedelta.resolution, OPEN, OPEN),
        (timedelta(), CLOSED, OPEN),
        (2 * HOUR, CLOSED, CLOSED),
        (4 * HOUR, CLOSED, OPEN),
        (6 * HOUR, OPEN, OPEN),
        (23 * HOUR, CLOSED, OPEN),
        (99 * DAY, CLOSED, OPEN),
    ],
)
def test_each_time_has_what_was_known_then(after: timedelta, tether: WithdrawalState, bitcoin: WithdrawalState) -> None:
    then = PastWithdrawals(NOW, HISTORY).at(SINCE + after)
    assert (then.major("USDT").state, then.major("BTC").state, then.major("ETH").state) == (tether, bitcoin, OPEN)
    assert then.as_of == then.polled_at == SINCE + after


def test_what_is_closed_is_closed_since_it_closed() -> None:
    past = PastWithdrawals(NOW, HISTORY)
    assert past.at(SINCE + 5 * HOUR).major("USDT").since == SINCE
    assert past.at(NOON).major("USDT").since == NOON - HOUR


def test_what_was_not_known_for_a_while_did_not_begin_anew_after_that() -> None:
    vanished = WithdrawalTransition(NOON - 2 * HOUR, "USDT", "TRON", CLOSED, UNKNOWN)
    back = WithdrawalTransition(NOON - HOUR, "USDT", "TRON", UNKNOWN, CLOSED)
    past = PastWithdrawals(NOW, [closing(SINCE), vanished, back])
    unknown = past.at(NOON - 2 * HOUR).major("USDT")
    assert (unknown.state, unknown.last_known, unknown.may_be_closed) == (UNKNOWN, CLOSED, True)
    assert past.at(NOON).major("USDT").since == SINCE


async def test_a_snapshot_is_given_what_is_known_at_its_time_and_what_was_at_each_time_before() -> None:
    records = MemoryWithdrawals()
    await records.save([NOW], {"gate": HISTORY})
    latest: dict[str, ExchangeWithdrawals] = {}
    withdrawals = WithdrawalLookup(latest, records)
    assert withdrawals.at("gate", NOON) is None
    assert (await withdrawals.past("gate", since=SINCE))(NOON) is None

    latest["gate"] = NOW  # as its owner brings it up to date
    present = withdrawals.at("gate", NOON)
    assert [(major.asset, major.since) for major in closed_majors(present)] == [("USDT", NOON - HOUR)]
    past = await withdrawals.past("gate", since=SINCE)
    assert [_closed(past(SINCE + hours * HOUR)) for hours in (1, 3, 7)] == [["USDT"], ["BTC", "USDT"], []]
    records.away = True
    assert withdrawals.at("gate", NOON) == present


def _closed(majors: Majors | None) -> list[str]:
    return [major.asset for major in closed_majors(majors)]
