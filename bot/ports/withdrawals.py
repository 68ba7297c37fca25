"""What is known of each exchange's withdrawals, and how that changed: kept so that a restart forgets nothing.

Example: USDT over Tron closed at Gate at 08:20. After a restart at 09:00 it is still closed since 08:20, and in a month
the two times that it closed until then are still known.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.withdrawals import ExchangeWithdrawals, WithdrawalTransition

TRANSITIONS_SPAN = timedelta(days=400)
"""How long transitions are kept: as long as daily readings, so that a year can be looked back on."""
TRANSITIONS_MAX = 4000
"""Of one exchange: ten a day for all of that time. One that flaps more often than that forgets its oldest ones."""


class WithdrawalRecords(Protocol):
    """What is kept of withdrawals. Every method may raise StorageError."""

    async def save(
        self, known: Sequence[ExchangeWithdrawals], transitions: Mapping[str, Sequence[WithdrawalTransition]]
    ) -> None:
        """Keep what is known of some exchanges in place of what was, and add transitions by the exchange's id.

        A transition that is kept already is kept once.
        """
        ...

    async def confirm(self, answered: Mapping[str, datetime]) -> Collection[str]:
        """Keep that exchanges, by their ids, said at a time nothing but what is kept of them already.

        Return those of which nothing is kept: somebody has emptied the store.
        """
        ...

    async def all(self) -> Mapping[str, ExchangeWithdrawals]:
        """Return what is known of every exchange, by its id."""
        ...

    async def transitions(self, exchange: str, *, since: datetime) -> Sequence[WithdrawalTransition]:
        """Return the transitions of an exchange at or after a time, oldest first."""
        ...
