"""Exchanges that say something of their withdrawals, and what is known by it; tests name only what matters to them."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from typing_extensions import override

from bot.domain.assets import MAJORS
from bot.domain.errors import SourceFault
from bot.domain.networks import MAIN_NETWORKS
from bot.domain.withdrawal_reading import SourceStanding, WithdrawalFlag, WithdrawalReading, WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, NetworkWithdrawals, WithdrawalTransition
from bot.ports.sources import Clock, WithdrawalSource
from tests.builders import NOON


def known(exchange: str, *networks: NetworkWithdrawals, at: datetime = NOON) -> ExchangeWithdrawals:
    """Return what is known of an exchange that last answered at a time."""
    return ExchangeWithdrawals(exchange, exchange.title(), as_of=at, networks=networks)


def network(
    asset: str,
    name: str,
    state: WithdrawalState = WithdrawalState.OPEN,
    *,
    since: datetime = NOON - timedelta(days=9),
    at: datetime = NOON,
) -> NetworkWithdrawals:
    """Return an asset on a network, in a state since a time, as the newest poll said as well."""
    return NetworkWithdrawals(asset, name, state, since, at)


def closing(at: datetime, asset: str = "USDT", name: str = "TRON") -> WithdrawalTransition:
    """Return that an open asset closed on a network."""
    return WithdrawalTransition(at, asset, name, WithdrawalState.OPEN, WithdrawalState.CLOSED)


def opening(at: datetime, asset: str = "USDT", name: str = "TRON") -> WithdrawalTransition:
    """Return that a closed asset opened on a network."""
    return WithdrawalTransition(at, asset, name, WithdrawalState.CLOSED, WithdrawalState.OPEN)


@dataclass
class FakeWithdrawalSource(WithdrawalSource):
    """What one exchange says, as a test has it say it.

    `states` are those of its networks, `closed` counts all that are closed; `fault` is said instead where there is one.
    It hangs until `answer_now` is set where `hangs` is True, and raises `crash` where that is given. `asked` counts how
    often it was asked.
    """

    exchange: str
    clock: Clock
    states: dict[tuple[str, str], WithdrawalState] = field(default_factory=dict)
    closed: int = 0
    interval: timedelta = timedelta(minutes=5)
    fault: SourceFault | None = None
    crash: Exception | None = None
    hangs: bool = False
    asked: int = 0
    answer_now: asyncio.Event = field(default_factory=asyncio.Event)
    standing: SourceStanding = SourceStanding.DOCUMENTED

    def __post_init__(self) -> None:
        self.name = self.exchange.title()

    def say(self, state: WithdrawalState, *assets: str) -> None:
        """Have all main networks of some assets, of all majors without a name, be in a state."""
        for asset in assets or MAJORS:
            self.states |= {(asset, name): state for name in MAIN_NETWORKS[asset]}

    @override
    async def read(self) -> WithdrawalReading:
        self.asked += 1
        if self.hangs:
            await self.answer_now.wait()
        if self.crash:
            raise self.crash
        flags = tuple(WithdrawalFlag(asset, name, state) for (asset, name), state in sorted(self.states.items()))
        return WithdrawalReading(
            self.exchange,
            self.clock.now(),
            self.name,
            self.standing,
            flags=() if self.fault else flags,
            listed=0 if self.fault else len(flags),
            closed=0 if self.fault else self.closed,
            fault=self.fault,
        )
