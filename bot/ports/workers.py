"""What several workers share: the rate of sending, leases, what is suppressed, and news of each other."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.domain.place import Platform
from bot.domain.send_rate import SendRate
from bot.domain.suppression import Suppression
from bot.domain.worker import Lease, LeaseOwner


@dataclass(frozen=True, slots=True)
class SendSlots:
    """Turns to send: `number` of them, `gap` seconds apart, the first in `first_in` seconds (negative: just past).

    `paused` are the chats that asked for a pause, by their ids, with the seconds left of it.
    """

    first_in: float
    gap: float
    number: int
    paused: Mapping[str, float]


class SendBudget(Protocol):
    """What all workers of a bot may send together on a platform."""

    async def reserve(self, platform: Platform, *, per_second: float, number: int) -> SendSlots:
        """Return the next turns of the bot, which nobody else has then; `per_second` is its full pace."""
        ...

    async def slow_down(self, platform: Platform, *, chat: str, pause: timedelta, whole_bot: bool) -> None:
        """Take note of a 429: the chat pauses, the bot does when that was meant or two chats said so at once.

        The pace is halved and recovers within a minute.
        """
        ...

    async def pause_all(self, platform: Platform, *, pause: timedelta, reason: str) -> None:
        """Let nobody write for a while."""
        ...

    async def current_rate(self, platform: Platform, *, per_second: float) -> SendRate:
        """Return how fast the platform is written to at present; `per_second` is the bot's full pace."""
        ...


class Suppressions(Protocol):
    """Which exchanges an operator does not let speak."""

    async def add(self, withheld: Suppression) -> None:
        """Withhold an exchange, in place of an earlier hold on it."""
        ...

    async def remove(self, exchange: str) -> bool:
        """Let an exchange speak again and return whether it was withheld."""
        ...

    async def all(self) -> Mapping[str, Suppression]:
        """Return every hold by its exchange."""
        ...


class Leases(Protocol):
    """Which worker has which duty; a duty that is not kept for some seconds is anybody's."""

    async def acquire(self, duty: Lease) -> LeaseOwner | None:
        """Take a duty that nobody has, and return who has it then."""
        ...

    async def renew(self, duty: Lease, *, trouble: str = "") -> LeaseOwner | None:
        """Keep a duty that was taken here, telling the others what troubles it, and return who has it then."""
        ...

    async def release(self, duty: Lease) -> None:
        """Give up a duty that was taken here; that somebody else has it meanwhile is no fault."""
        ...

    async def owner(self, duty: Lease) -> LeaseOwner | None:
        """Return who has a duty."""
        ...


class ChangeFeed(Protocol):
    """What workers tell each other about."""

    async def publish(self, exchanges: Iterable[str]) -> None:
        """Tell the other workers that there is something new about some exchanges; "" is the list alone."""
        ...

    async def skip_to_newest(self) -> None:
        """Take everything told so far as known."""
        ...

    async def wait_for_changes(self, *, wait: timedelta) -> Collection[str] | None:
        """Return what the others told since the last call, waiting for it; None when nobody told anything."""
        ...
