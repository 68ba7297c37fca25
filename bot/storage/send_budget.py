"""The send budget in Redis: all workers of a bot reserve their slots to send from one rate limit per platform.

The rules and an example are in lua/rate_limit.lua. Times are those of the server's clock, so the clocks of the workers
do not matter.
"""

from dataclasses import dataclass
from datetime import timedelta

from typing_extensions import override

from bot.domain.place import Platform
from bot.domain.send_rate import SLOT_LATENESS_S, SendRate
from bot.ports.workers import SendBudget, SendSlots
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.lua import script

_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS_PER_S = 1e6


@dataclass(frozen=True, slots=True)
class RedisSendBudget(SendBudget):
    """The rate limits of all platforms. A call that is sent again because its reply was lost wastes slots, no more."""

    database: Database

    @override
    async def reserve(self, platform: Platform, *, per_second: float, number: int) -> SendSlots:
        gap_us, lateness_us = int(_MICROSECONDS_PER_S / per_second), int(_MICROSECONDS_PER_S * SLOT_LATENESS_S)
        first_us, gap_us, paused = await self.database.script(
            script("rate_limit", "reserve_slots"), _key(platform), gap_us, number, lateness_us
        )
        pauses = zip(paused[::2], paused[1::2], strict=True)
        return SendSlots(
            first_us / _MICROSECONDS_PER_S,
            gap_us / _MICROSECONDS_PER_S,
            number,
            {chat.decode(): left_us / _MICROSECONDS_PER_S for chat, left_us in pauses},
        )

    @override
    async def slow_down(self, platform: Platform, *, chat: str, pause: timedelta, whole_bot: bool) -> None:
        arguments = (chat, pause // _MICROSECOND, int(whole_bot))
        await self.database.script(script("rate_limit", "slow_down"), _key(platform), *arguments)

    @override
    async def pause_all(self, platform: Platform, *, pause: timedelta, reason: str) -> None:
        await self.database.script(
            script("rate_limit", "pause_platform"), _key(platform), pause // _MICROSECOND, reason
        )

    @override
    async def current_rate(self, platform: Platform, *, per_second: float) -> SendRate:
        per_mille, paused_us, reason = await self.database.script(
            script("rate_limit", "rate_limit_state"), _key(platform)
        )
        return SendRate(per_second * per_mille / 1000, timedelta(microseconds=paused_us), reason.decode())


def _key(platform: Platform) -> keys.KeyName:
    return keys.RATE_LIMIT.key(platform)
