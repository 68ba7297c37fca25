"""What a place may still confirm or take back with a button: a file that was read, subscriptions that were cancelled.

Example: 40 subscriptions were cancelled at once. They do not fit into a button, so they are kept for an hour, and the
button *Undo* has their code.
"""

from datetime import timedelta
from typing import Protocol

from bot.domain.place import Place

PENDING_FOR = timedelta(hours=1)
"""For how long: whoever has looked at a preview by then has decided."""


class PendingChanges(Protocol):
    """One text for each place, the newest. Every method may raise StorageError."""

    async def keep(self, place: Place, text: str) -> str:
        """Keep a text for an hour, in place of an earlier one, and return its code: eight hexadecimal digits."""
        ...

    async def read(self, place: Place, code: str) -> str | None:
        """Return the text with this code, None where there is none any more."""
        ...

    async def forget(self, place: Place) -> None:
        """Forget what is kept for a place."""
        ...
