"""Pending changes on a plain dictionary, for tests."""

from dataclasses import dataclass, field
from datetime import datetime

from typing_extensions import override

from bot.domain.place import Place
from bot.ports.pending_changes import PENDING_FOR, PendingChanges
from bot.ports.sources import Clock


@dataclass
class MemoryPendingChanges(PendingChanges):
    """What is pending in each place: its code, its text and until when."""

    clock: Clock
    kept: dict[Place, tuple[str, str, datetime]] = field(default_factory=dict)
    count: int = 0

    @override
    async def keep(self, place: Place, text: str) -> str:
        self.count += 1
        self.kept[place] = (f"{self.count:08x}", text, self.clock.now() + PENDING_FOR)
        return self.kept[place][0]

    @override
    async def read(self, place: Place, code: str) -> str | None:
        kept_code, text, until = self.kept.get(place, ("", "", self.clock.now()))
        return text if kept_code == code and self.clock.now() < until else None

    @override
    async def forget(self, place: Place) -> None:
        self.kept.pop(place, None)
