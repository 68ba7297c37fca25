from datetime import datetime

import pytest

from bot.domain.withdrawal_reading import ALL_NETWORKS, WithdrawalReading, WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, MajorWithdrawals, NetworkWithdrawals
from tests.builders import HOUR, NOON

OPEN, DELAYED, CLOSED, UNKNOWN = WithdrawalState


def network(asset: str, name: str, state: WithdrawalState, since: datetime = NOON) -> NetworkWithdrawals:
    return NetworkWithdrawals(asset, name, state, since, NOON + HOUR)


@pytest.mark.parametrize(
    ("networks", "state", "since"),
    [
        ([], UNKNOWN, None),
        ([network("USDC", "ETHEREUM", CLOSED)], UNKNOWN, None),
        ([network("USDT", "TRON", CLOSED), network("USDT", "ETHEREUM", OPEN)], OPEN, NOON),
        ([network("USDT", "TRON", CLOSED), network("USDT", "ETHEREUM", DELAYED)], DELAYED, NOON),
        ([network("USDT", "TRON", CLOSED), network("USDT", "ETHEREUM", UNKNOWN)], UNKNOWN, NOON),
        ([network("USDT", "TRON", CLOSED), network("USDT", "ETHEREUM", CLOSED, NOON + HOUR)], CLOSED, NOON + HOUR),
        ([network("USDT", "TRON", CLOSED), network("USDT", "BEP20", OPEN)], CLOSED, NOON),
        ([network("USDT", "BEP20", CLOSED)], CLOSED, NOON),
        ([network("USDT", ALL_NETWORKS, CLOSED)], CLOSED, NOON),
    ],
)
def test_a_major_is_what_its_main_networks_are(
    networks: list[NetworkWithdrawals], state: WithdrawalState, since: datetime | None
) -> None:
    assert ExchangeWithdrawals("gate", networks=tuple(networks)).major("USDT") == MajorWithdrawals("USDT", state, since)


def test_the_closed_share_is_of_all_listed_networks_and_unknown_without_any() -> None:
    assert WithdrawalReading("gate", NOON, "Gate", listed=400, closed=40).closed_share == 0.1
    assert WithdrawalReading("gate", NOON, "Gate").closed_share is None
