"""Approvals on a plain dictionary, for tests."""

from dataclasses import dataclass, field

from typing_extensions import override

from bot.domain.approval import Approval
from bot.domain.errors import StorageError
from bot.domain.place import Place
from bot.ports.approvals import Approvals


@dataclass
class MemoryApprovals(Approvals):
    """What was asked about incidents in places, and decided."""

    away: bool = False
    kept: dict[tuple[Place, str], Approval] = field(default_factory=dict)

    @override
    async def get(self, place: Place, incident: str) -> Approval | None:
        if self.away:
            raise StorageError("the store is away")
        return self.kept.get((place, incident))

    @override
    async def put(self, place: Place, incident: str, *, before: Approval | None, after: Approval) -> bool:
        if await self.get(place, incident) != before:
            return False
        self.kept[place, incident] = after
        return True
