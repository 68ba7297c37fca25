"""Digests on plain dictionaries, for tests: when each place's next one is due, and what the last ones told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from typing_extensions import override

from bot.domain.digest import BlindSpan, DueDigest
from bot.domain.place import Place
from bot.ports.digests import Digests, DigestStep


@dataclass
class MemoryDigests(Digests):
    """The digests of places; a test says when they are due."""

    times: dict[Place, datetime] = field(default_factory=dict)
    told_until: dict[Place, datetime] = field(default_factory=dict)
    left_out: dict[Place, datetime] = field(default_factory=dict)
    blind: list[BlindSpan] = field(default_factory=list)
    asked: int = 0

    @override
    async def due(self, now: datetime, *, limit: int) -> Sequence[DueDigest]:
        self.asked += 1
        due = sorted((at, place) for place, at in self.times.items() if at <= now)[:limit]
        return [DueDigest(place, at, self.told_until.get(place), self.left_out.get(place)) for at, place in due]

    @override
    async def advance(self, steps: Sequence[DigestStep]) -> None:
        for step in steps:
            place, due = step.digest.place, step.digest.due
            if self.times.pop(place) == due and step.next_due:
                self.times[place] = step.next_due
            if step.posted:
                self.told_until[place] = due
                self.left_out.pop(place, None)
            else:
                self.left_out.setdefault(place, due)

    @override
    async def record_blind_span(self, span: BlindSpan) -> None:
        self.blind.append(span)

    @override
    async def blind_spans(self, since: datetime) -> Sequence[BlindSpan]:
        return [span for span in self.blind if span.until > since]
