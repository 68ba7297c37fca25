"""What is known of withdrawals, in Redis: the newest state of each exchange, and 400 days of transitions.

keys.py says what each key has in it. The last worker that saves is right: one that was suspended and wakes as another
polls already may write what it knew once more, which the other's next poll replaces.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from typing_extensions import override

from bot.domain.withdrawals import ExchangeWithdrawals, WithdrawalTransition
from bot.ports.sources import Clock
from bot.ports.withdrawals import TRANSITIONS_MAX, TRANSITIONS_SPAN, WithdrawalRecords
from bot.storage import keys
from bot.storage.connection import Database, RedisArgument
from bot.storage.lua import script
from bot.storage.reading_encoding import microseconds

_KNOWN = keys.WITHDRAWALS.key()
_SPAN_US = TRANSITIONS_SPAN // timedelta(microseconds=1)

_encoder = msgspec.json.Encoder()
_known_decoder = msgspec.json.Decoder(ExchangeWithdrawals)
_transition_decoder = msgspec.json.Decoder(WithdrawalTransition)


@dataclass(frozen=True, slots=True)
class RedisWithdrawals(WithdrawalRecords):
    """Withdrawals; which transitions are too old is told by the server's clock, or by that of a simulation, `clock`."""

    database: Database
    clock: Clock | None = None

    @override
    async def save(
        self, known: Sequence[ExchangeWithdrawals], transitions: Mapping[str, Sequence[WithdrawalTransition]]
    ) -> None:
        now = microseconds(self.clock.now()) if self.clock else ""
        calls = [
            (
                *(withdrawals.exchange, _encoder.encode(withdrawals), now, _SPAN_US, TRANSITIONS_MAX),
                *_scored(transitions.get(withdrawals.exchange, ())),
            )
            for withdrawals in known
        ]
        if calls:
            await self.database.scripts(script("save_withdrawals"), _KNOWN, calls)

    @override
    async def all(self) -> Mapping[str, ExchangeWithdrawals]:
        bodies = await self.database.command("HGETALL", _KNOWN)
        read = {
            exchange.decode(): await self.database.decoded(_known_decoder.decode, body, _KNOWN, exchange)
            for exchange, body in bodies.items()
        }
        return {exchange: withdrawals for exchange, withdrawals in read.items() if withdrawals}

    @override
    async def transitions(self, exchange: str, *, since: datetime) -> Sequence[WithdrawalTransition]:
        key = keys.WITHDRAWAL_TRANSITIONS.key(exchange)
        found = await self.database.command("ZRANGEBYSCORE", key, microseconds(since), "+inf", "WITHSCORES")
        # By its time, which differs where the bytes cannot be read.
        read = [
            await self.database.decoded(_transition_decoder.decode, body, key, score)
            for body, score in zip(found[::2], found[1::2], strict=True)
        ]
        return [transition for transition in read if transition]


def _scored(transitions: Sequence[WithdrawalTransition]) -> list[RedisArgument]:
    """Return each transition's time and itself in turn; the same transition has the same bytes, and is kept once."""
    return [word for transition in transitions for word in (microseconds(transition.at), _encoder.encode(transition))]
