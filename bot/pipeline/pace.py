"""How fast a platform lets us speak, over all places and in each."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.domain.place import Place, Platform


@dataclass(frozen=True, slots=True)
class Pace:
    """Messages a second over all places, and the seconds between two messages in one private chat or in one group.

    Telegram: 30/s for the bot, of which 2/s are left to answers; 1/s in a private chat, 20 a minute in a group
    (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this). Discord: 50/s for the bot
    (https://discord.com/developers/docs/topics/rate-limits#global-rate-limit), five in five seconds in a channel.
    """

    per_second: float
    private_gap: float = 0.0
    group_gap: float = 0.0


PACES = {
    Platform.TELEGRAM: Pace(28.0, private_gap=1.0, group_gap=3.0),
    Platform.DISCORD: Pace(45.0, private_gap=1.0, group_gap=1.0),
    Platform.TERMINAL: Pace(1000.0),
}


class Pacer:
    """Makes senders wait for their turn: one after the other at the bot's pace, each place at its own.

    `monotonic` and `sleep` are what it measures and waits with, in seconds.
    """

    def __init__(
        self,
        pace: Pace,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._pace = pace
        self._monotonic = monotonic
        self._sleep = sleep
        self._next = 0.0
        self._next_in: dict[str, float] = {}

    async def turn(self, place: Place) -> None:
        """Wait until a message may go to this place."""
        now = self._monotonic()
        at = max(now, self._next, self._next_in.get(place.chat, 0.0))
        self._next = max(now, self._next) + 1 / self._pace.per_second
        gap = self._pace.group_gap if _is_group(place) else self._pace.private_gap
        if gap:
            self._forget(now)
            self._next_in[place.chat] = at + gap
        if at > now:
            await self._sleep(at - now)

    def hold_back(self, seconds: float) -> None:
        """Let nobody speak for a while: the platform said that the whole bot is too fast."""
        self._next = max(self._next, self._monotonic() + seconds)

    def _forget(self, now: float) -> None:
        """Drop the places whose turn has come, once there are many."""
        if len(self._next_in) > 10_000:  # noqa: PLR2004 — bounds the memory, nothing else
            self._next_in = {chat: at for chat, at in self._next_in.items() if at > now}


def _is_group(place: Place) -> bool:
    """Return whether a Telegram chat is a group or channel: those have negative ids."""
    return place.platform is not Platform.TELEGRAM or place.chat.startswith("-")
