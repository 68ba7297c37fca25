"""An exchange with an operator's key: its signed interface in place of the keyless one, while the key may be used.

Example: a key of Binance that can only read: the signed list of coins is read every five minutes. Were it one that can
withdraw, the reading would be that of the web interface, with `part_faults=(("read-only key", KEY_REFUSED),)` and a
detail that says what to do.
"""

from dataclasses import replace

from typing_extensions import override

from bot.domain.errors import SourceError, SourceFault
from bot.domain.withdrawal_reading import SourceStanding, WithdrawalReading
from bot.ports.sources import Clock, WithdrawalSource
from bot.sources.withdrawals.key_check import KeyCheck

KEY_PART = "read-only key"
"""What the part is called where the key is not used, or the signed interface cannot be read."""


class KeyedWithdrawalSource(WithdrawalSource):
    """One exchange with a key. `signed` reads with it, `keyless` goes on without it: None where there is nothing."""

    standing = SourceStanding.KEY

    def __init__(
        self, signed: WithdrawalSource, key_check: KeyCheck, clock: Clock, keyless: WithdrawalSource | None = None
    ) -> None:
        self.exchange = signed.exchange
        self.name = signed.name
        self.interval = signed.interval
        self._signed = signed
        self._key_check = key_check
        self._clock = clock
        self._keyless = keyless

    @override
    async def read(self) -> WithdrawalReading:
        if obstacle := await self._key_check.obstacle():
            return await self._without_key(obstacle)
        reading = await self._signed.read()
        if reading.fault is None:
            return reading
        trouble = self._key_check.trouble(reading.fault, reading.detail)
        keyless = await self._without_key(trouble)
        # While the exchange is away, a system status that answers must not stand for networks that nobody tells.
        if keyless.flags or trouble.fault is SourceFault.KEY_NOT_ACCEPTED:
            return keyless
        return replace(reading, fault=trouble.fault, detail=trouble.detail)

    async def _without_key(self, obstacle: SourceError) -> WithdrawalReading:
        """Return the keyless reading, which says beside it what is the matter with the key."""
        if self._keyless is None:
            return WithdrawalReading(
                self.exchange,
                self._clock.now(),
                self.name,
                self.standing,
                fault=obstacle.fault,
                detail=obstacle.detail,
            )
        reading = await self._keyless.read()
        return replace(
            reading,
            detail=reading.detail or obstacle.detail,
            part_faults=(*reading.part_faults, (KEY_PART, obstacle.fault)),
        )
