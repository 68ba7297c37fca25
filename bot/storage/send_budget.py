"""One budget of messages for all workers of a bot, on the server's clock; lua/rate_limit.lua says what is kept."""

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


@dataclass(frozen=True, slots=True)
class RedisSendBudget(SendBudget):
    """The port Budget on Redis. A turn that is reserved twice, because a reply was lost, is only a turn unused."""

    database: Database

    @override
    async def reserve(self, platform: Platform, *, per_second: float, number: int) -> SendSlots:
        words = (int(1e6 / per_second), number, int(1e6 * SLOT_LATENESS_S))
        first, gap, paused = await self.database.script(script("rate_limit", "reserve_turns"), _key(platform), *words)
        pauses = zip(paused[::2], paused[1::2], strict=True)
        return SendSlots(first / 1e6, gap / 1e6, number, {chat.decode(): left / 1e6 for chat, left in pauses})

    @override
    async def slow_down(self, platform: Platform, *, chat: str, pause: timedelta, whole_bot: bool) -> None:
        words = (chat, pause // _MICROSECOND, int(whole_bot))
        await self.database.script(script("rate_limit", "slow_down"), _key(platform), *words)

    @override
    async def pause_all(self, platform: Platform, *, pause: timedelta, reason: str) -> None:
        await self.database.script(
            script("rate_limit", "pause_platform"), _key(platform), pause // _MICROSECOND, reason
        )

    @override
    async def current_rate(self, platform: Platform, *, per_second: float) -> SendRate:
        part, left, why = await self.database.script(script("rate_limit", "rate_limit_state"), _key(platform))
        return SendRate(per_second * part / 1000, timedelta(microseconds=left), why.decode())


def _key(platform: Platform) -> str:
    return keys.RATE_LIMIT.key(platform)
