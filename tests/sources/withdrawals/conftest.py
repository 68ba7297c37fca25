"""A client as the product uses it, and a server that stands in for all exchanges."""

from collections.abc import AsyncIterator

import pytest

from bot.replay.withdrawal_server import WithdrawalServer
from tests.sources.withdrawals.bodies import FLAGS


@pytest.fixture
async def exchanges() -> AsyncIterator[WithdrawalServer]:
    async with WithdrawalServer(lambda _exchange: FLAGS) as server:
        yield server
