"""What moderators were asked about incidents, and decided. Incidents are named as people do: `INC-8`."""

from typing import Protocol

from bot.domain.approval import Approval
from bot.domain.place import Place


class Approvals(Protocol):
    """The approvals of all places. Every method may raise StorageError."""

    async def get(self, place: Place, incident: str) -> Approval | None:
        """Return what was asked about an incident in a place, None for nothing."""
        ...

    async def put(self, place: Place, incident: str, *, before: Approval | None, after: Approval) -> bool:
        """Replace what is stored, and return whether it was still `before`; if not, nothing is changed."""
        ...
