from datetime import datetime, timedelta

import pytest

from bot.detection.withdrawals.status import with_statuses
from bot.domain.withdrawals import Withdrawals, WithdrawalStatus
from tests.builders import HOUR, NOON


def status(asset: str, network: str, *, is_open: bool = False, at: datetime = NOON) -> WithdrawalStatus:
    return WithdrawalStatus(asset, network, is_open, at)


@pytest.mark.parametrize(
    ("statuses", "closed"),
    [
        ([status("BTC", "BTC")], ["BTC"]),
        ([status("USDT", "TRC20"), status("USDT", "ERC20", is_open=True)], []),
        ([status("USDT", "TRC20"), status("USDT", "ERC20")], ["USDT"]),
        ([status("USDT", "TRC20"), status("USDT", "BEP20", is_open=True)], ["USDT"]),
        ([status("USDT", "BEP20")], []),
        ([status("DOGE", "DOGE")], []),
        ([status("BTC", "BTC"), status("BTC", "BITCOIN", is_open=True)], []),
        ([status("usdc", "sol"), status("ETH", "ERC20"), status("USDC", "eth")], ["ETH", "USDC"]),
    ],
)
def test_an_asset_is_closed_when_every_main_network_that_is_listed_is(
    statuses: list[WithdrawalStatus], closed: list[str]
) -> None:
    assert [asset for asset, _ in with_statuses(Withdrawals(), statuses).closed] == closed


def test_two_closed_majors_are_told_from_one() -> None:
    bitcoin_closed = with_statuses(Withdrawals(), [status("BTC", "BTC")])

    assert not bitcoin_closed.two_majors_closed
    assert with_statuses(bitcoin_closed, [status("ETH", "ETH")]).two_majors_closed


def test_a_major_is_closed_since_its_last_network_closed() -> None:
    later = NOON + HOUR
    withdrawals = with_statuses(Withdrawals(), [status("USDT", "TRC20"), status("USDT", "ERC20", at=later)])
    again = with_statuses(withdrawals, [status("USDT", "TRX", at=NOON + timedelta(days=1))])

    assert withdrawals.closed == again.closed == (("USDT", later),)
