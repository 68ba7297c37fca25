"""Several processes may share the work: what a worker does, and what only one of them may do at a time."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.place import Platform


class Lease(StrEnum):
    """What one worker at a time does, whatever number of them there is."""

    POLL = "poll"
    TELEGRAM = "telegram"
    DISCORD = "discord"


class Role(StrEnum):
    """Which part of the work a process does: all of it, or answers, polls, deliveries alone."""

    ALL = "all"
    GATEWAY = "gateway"
    POLLER = "poller"
    COURIER = "courier"

    @property
    def answers(self) -> bool:
        """Return whether it answers people."""
        return self in {Role.ALL, Role.GATEWAY}

    @property
    def polls(self) -> bool:
        """Return whether it asks the upstreams and judges what they say."""
        return self in {Role.ALL, Role.POLLER}

    @property
    def delivers(self) -> bool:
        """Return whether it empties the outbox."""
        return self in {Role.ALL, Role.COURIER}


@dataclass(frozen=True, slots=True)
class LeaseOwner:
    """Who has a duty: the worker's name, what troubles it there ("" for nothing), whether it is the one who asks."""

    worker: str
    trouble: str = ""
    is_me: bool = False


def lease_of(platform: Platform) -> Lease | None:
    """Return the duty of listening to a platform; None for the terminal, which is one process' own."""
    return None if platform is Platform.TERMINAL else Lease(platform)
