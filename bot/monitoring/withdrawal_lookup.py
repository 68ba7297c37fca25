"""What snapshots take into account of withdrawals: which majors are closed now, and which were at a past time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.detection.withdrawals.majors import judged_majors
from bot.domain.withdrawals import ExchangeWithdrawals, Majors
from bot.monitoring.past_withdrawals import PastWithdrawals
from bot.ports.withdrawals import WithdrawalRecords


@dataclass(frozen=True, slots=True)
class WithdrawalLookup:
    """`latest` is what is known of each exchange, kept up to date by its owner; `records` has how it changed."""

    latest: Mapping[str, ExchangeWithdrawals] = field(default_factory=dict)
    records: WithdrawalRecords | None = None

    def at(self, exchange: str, now: datetime) -> Majors | None:
        """Return what is known of an exchange at `now`, None where it is not asked or was never answered."""
        known = self.latest.get(exchange)
        return judged_majors(known, now) if known else None

    async def past(self, exchange: str, *, since: datetime) -> Callable[[datetime], Majors | None]:
        """Return what tells what was known at each time from `since` on; raise StorageError."""
        known = self.latest.get(exchange)
        if known is None or self.records is None:
            return lambda _moment: None
        past = PastWithdrawals(known, await self.records.transitions(exchange, since=since))
        return lambda moment: judged_majors(past.at(moment), moment)
