"""What snapshots take into account of withdrawals: which majors are closed now, and which were at a past time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.detection.withdrawals.majors import judged_majors
from bot.domain.withdrawals import ExchangeWithdrawals, Withdrawals
from bot.monitoring.past_withdrawals import PastWithdrawals
from bot.ports.withdrawals import WithdrawalRecords


@dataclass(frozen=True, slots=True)
class KnownWithdrawals:
    """`latest` is what is known of each exchange, kept up to date by its owner; `records` has how it changed."""

    latest: Mapping[str, ExchangeWithdrawals] = field(default_factory=dict)
    records: WithdrawalRecords | None = None

    def at(self, exchange: str, now: datetime) -> Withdrawals | None:
        """Return what is known of an exchange at `now`, None where it is not asked or was never answered."""
        known = self.latest.get(exchange)
        return withdrawals_at(known, now) if known else None

    async def past(self, exchange: str, *, since: datetime) -> Callable[[datetime], Withdrawals | None]:
        """Return what tells what was known at each time from `since` on; raise StorageError."""
        known = self.latest.get(exchange)
        if known is None or self.records is None:
            return lambda _moment: None
        past = PastWithdrawals(known, await self.records.transitions(exchange, since=since))
        return lambda moment: withdrawals_at(past.at(moment), moment)


def withdrawals_at(known: ExchangeWithdrawals, now: datetime) -> Withdrawals:
    """Return which majors are closed at a time, and since when."""
    closed = [major for major in judged_majors(known, now) if major.is_closed]
    return Withdrawals(closed=tuple((major.asset, major.since) for major in closed if major.since))
