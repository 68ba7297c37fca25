"""What is known of withdrawals, in Redis: the newest state of each exchange, and 400 days of transitions.

keys.py says what each key has in it. The last worker that saves is right: one that was suspended and wakes as another
polls already may write what it knew once more, which the other's next poll replaces.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from typing_extensions import override

from bot.domain.withdrawals import ExchangeWithdrawals, WithdrawalTransition
from bot.ports.sources import Clock
from bot.ports.withdrawals import TRANSITIONS_MAX, TRANSITIONS_SPAN, WithdrawalRecords
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.lua import script
from bot.storage.reading_encoding import microseconds, moment

_KNOWN, _CONFIRMED = keys.WITHDRAWALS.key(), keys.WITHDRAWALS_CONFIRMED.key()
_SPAN_US = TRANSITIONS_SPAN // timedelta(microseconds=1)

_encoder = msgspec.json.Encoder()
_known_decoder = msgspec.json.Decoder(ExchangeWithdrawals)
_transition_decoder = msgspec.json.Decoder(WithdrawalTransition)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class RedisWithdrawals(WithdrawalRecords):
    """Withdrawals; which transitions are too old is told by the server's clock, or by that of a simulation, `clock`."""

    database: Database
    clock: Clock | None = None

    @override
    async def save(
        self, known: Sequence[ExchangeWithdrawals], transitions: Mapping[str, Sequence[WithdrawalTransition]]
    ) -> None:
        if not known:
            return
        saved = {
            "now": str(microseconds(self.clock.now())) if self.clock else "",
            "span": _SPAN_US,
            "most": TRANSITIONS_MAX,
            "exchanges": [
                (each.exchange, _encoder.encode(each).decode(), _scored(transitions.get(each.exchange, ())))
                for each in known
            ],
        }
        await self.database.script(script("save_withdrawals"), _KNOWN, msgspec.msgpack.encode(saved))

    @override
    async def confirm(self, answered: Mapping[str, datetime]) -> Collection[str]:
        times = [word for exchange, at in answered.items() for word in (exchange, microseconds(at))]
        if not times:
            return ()
        _, kept = await self.database.pipeline([("HSET", _CONFIRMED, *times), ("HKEYS", _KNOWN)])
        return answered.keys() - {exchange.decode() for exchange in kept}

    @override
    async def all(self) -> Mapping[str, ExchangeWithdrawals]:
        bodies, times = await self.database.pipeline([("HGETALL", _KNOWN), ("HGETALL", _CONFIRMED)])
        known = await self._decoded(bodies, _known_decoder.decode, _KNOWN)
        confirmed = await self._decoded(times, _moment, _CONFIRMED)
        return {exchange: _confirmed(withdrawals, confirmed.get(exchange)) for exchange, withdrawals in known.items()}

    async def _decoded(
        self, fields: Mapping[bytes, bytes], decode: Callable[[bytes], _Value], key: str
    ) -> dict[str, _Value]:
        read = {
            exchange.decode(): await self.database.decoded(decode, body, key, exchange)
            for exchange, body in fields.items()
        }
        return {exchange: value for exchange, value in read.items() if value is not None}

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


def _scored(transitions: Sequence[WithdrawalTransition]) -> list[str]:
    """Return each transition's time and itself in turn; the same transition has the same bytes, and is kept once."""
    return [
        word
        for transition in transitions
        for word in (str(microseconds(transition.at)), _encoder.encode(transition).decode())
    ]


def _moment(stamp: bytes) -> datetime:
    return moment(int(stamp))


def _confirmed(known: ExchangeWithdrawals, at: datetime | None) -> ExchangeWithdrawals:
    """Return what is known once the exchange has said the same again: of every network that it told before."""
    if at is None or known.as_of is None or at <= known.as_of:
        return known
    networks = tuple(
        replace(status, confirmed_at=at) if status.confirmed_at == known.as_of else status for status in known.networks
    )
    return replace(known, as_of=at, polled_at=at, networks=networks)
