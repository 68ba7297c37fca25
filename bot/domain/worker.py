"""Several processes may share the work: which part a worker does, and what only one of them may do at a time.

Example: of two workers with `ROLE=all` both deliver, one polls and one, perhaps the other, listens to Telegram. When
one is killed, the other owns all the leases about 9 s later.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.place import Platform


class Lease(StrEnum):
    """Work that only one worker at a time does: polling the upstreams, and listening to a platform."""

    POLL = "poll"
    TELEGRAM = "telegram"
    DISCORD = "discord"


class Role(StrEnum):
    """Which part of the work a process does, as the setting ROLE names it: all of it, or one part alone."""

    ALL = "all"
    GATEWAY = "gateway"
    POLLER = "poller"
    COURIER = "courier"  # a delivery worker; the word in ROLE is part of the contract

    @property
    def answers(self) -> bool:
        """Return whether it listens to the platforms and answers people."""
        return self in {Role.ALL, Role.GATEWAY}

    @property
    def polls(self) -> bool:
        """Return whether it polls the upstreams and judges the readings."""
        return self in {Role.ALL, Role.POLLER}

    @property
    def delivers(self) -> bool:
        """Return whether it sends what is in the outbox."""
        return self in {Role.ALL, Role.COURIER}


@dataclass(frozen=True, slots=True)
class LeaseOwner:
    """The worker that owns a lease, by its name; `trouble` is what keeps it from doing the work ("" for nothing).

    `is_me` says that it is the worker that asked.
    """

    worker: str
    trouble: str = ""
    is_me: bool = False


def lease_of(platform: Platform) -> Lease | None:
    """Return the lease to listen to a platform; None for the terminal, which belongs to its own process alone."""
    return None if platform is Platform.TERMINAL else Lease(platform)
