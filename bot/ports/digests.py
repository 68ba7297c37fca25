"""Which places get a digest when, up to when they were told, and when the bot saw nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.digest import BlindSpan, DueDigest


@dataclass(frozen=True, slots=True)
class DigestStep:
    """What became of a due digest: posted or left out, and when the next one is due; None where there is none."""

    digest: DueDigest
    next_due: datetime | None
    posted: bool


class Digests(Protocol):
    """The digests of all places. Every method may raise StorageError."""

    async def due(self, now: datetime, *, limit: int) -> Sequence[DueDigest]:
        """Return up to `limit` digests that are due, the longest due first."""
        ...

    async def advance(self, steps: Sequence[DigestStep]) -> None:
        """Record what became of digests; one whose time a moderator has changed meanwhile keeps its new time."""
        ...

    async def record_blind_span(self, span: BlindSpan) -> None:
        """Keep that nothing was seen in a span, for 30 days."""
        ...

    async def blind_spans(self, since: datetime) -> Sequence[BlindSpan]:
        """Return the spans that ended after a moment, oldest first."""
        ...
