"""What several workers share: the rate of sending, the leases, the suppressions, and a feed of changes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.domain.place import Platform
from bot.domain.send_rate import SendRate
from bot.domain.suppression import Metric, Suppression
from bot.domain.worker import Lease, LeaseOwner


@dataclass(frozen=True, slots=True)
class SendSlots:
    """Moments at which a worker may send: `number` of them, `gap` seconds apart, the first in `first_in` seconds.

    A negative `first_in` is a moment just past, which may still be used. `paused` are the ids of the chats that asked
    for a pause, with the seconds left of it. SendSlots(0.5, 0.036, 3, {}): in 500, 536 and 572 ms.
    """

    first_in: float
    gap: float
    number: int
    paused: Mapping[str, float]


class SendBudget(Protocol):
    """What all workers of a bot may send together on a platform. Every method may raise StorageError."""

    async def reserve(self, platform: Platform, *, per_second: float, number: int) -> SendSlots:
        """Return the next slots, which nobody else gets; `per_second` is the full rate of all workers together."""
        ...

    async def slow_down(self, platform: Platform, *, chat: str, pause: timedelta, whole_bot: bool) -> None:
        """Record a 429: the chat pauses, and all chats do if that was meant or two chats got one within a second.

        The rate is halved and recovers within a minute.
        """
        ...

    async def pause_all(self, platform: Platform, *, pause: timedelta, reason: str) -> None:
        """Let no worker send for a while; a longer pause that is under way stays."""
        ...

    async def current_rate(self, platform: Platform, *, per_second: float) -> SendRate:
        """Return how fast messages go to the platform at present, out of the full rate `per_second`."""
        ...


class Suppressions(Protocol):
    """The exchanges whose figures an operator has paused. Every method may raise StorageError."""

    async def add(self, suppression: Suppression) -> None:
        """Suppress a metric of an exchange, in place of an earlier suppression of the same metric."""
        ...

    async def remove(self, exchange: str, metric: Metric = Metric.ALL) -> bool:
        """End the suppression of a metric, or every one of an exchange, and return whether there was one."""
        ...

    async def all(self) -> Mapping[str, Suppression]:
        """Return every suppression by its key: `okx` for all figures, `okx proof` for one metric."""
        ...


class Leases(Protocol):
    """Which worker owns which lease. One that is not renewed for some seconds is free again.

    Every method but `release` returns the owner after the call, and may raise StorageError.
    """

    async def acquire(self, lease: Lease) -> LeaseOwner | None:
        """Acquire a lease, if it is free."""
        ...

    async def renew(self, lease: Lease, *, trouble: str = "") -> LeaseOwner | None:
        """Renew a lease acquired here; `trouble` tells the others what keeps the work from succeeding."""
        ...

    async def release(self, lease: Lease) -> None:
        """Free a lease acquired here; if another worker owns it by now, nothing happens."""
        ...

    async def owner(self, lease: Lease) -> LeaseOwner | None:
        """Return who owns a lease, None when it is free."""
        ...


class ChangeFeed(Protocol):
    """How workers learn which exchanges another one has read or judged. Every method may raise StorageError."""

    async def publish(self, exchanges: Iterable[str]) -> None:
        """Publish the ids of exchanges that changed; "" stands for the list of exchanges alone."""
        ...

    async def skip_to_newest(self) -> None:
        """Ignore everything published so far."""
        ...

    async def wait_for_changes(self, *, wait: timedelta) -> Collection[str] | None:
        """Return what other workers published since the last call, waiting up to `wait`; None when nothing came."""
        ...
