"""Which servers are greeted: those that the bot joins while this process runs, each once.

While a session begins, the library waits for the servers that Discord named. It calls one that the bot joins meanwhile
available, as if it were one of them. When the bot joined tells the two apart, and a restart greets nobody again.

Example: the process starts at 14:00:00, the session at 14:00:02. A server that the bot has been in since May is not
greeted; one that somebody adds it to at 14:00:03 is, and not once more when the next session begins.
"""

from datetime import datetime


class GreetedServers:
    """The servers that were greeted since `started_at`, by their ids."""

    def __init__(self, started_at: datetime) -> None:
        self._started_at = started_at
        self._greeted: set[int] = set()

    def is_to_be_greeted(self, server_id: int, joined_at: datetime | None) -> bool:
        """Return whether a server that was there when a session began was joined since the start and not greeted."""
        return joined_at is not None and joined_at >= self._started_at and server_id not in self._greeted

    def add(self, server_id: int) -> None:
        """Remember that a server is being greeted."""
        self._greeted.add(server_id)

    def forget(self, server_id: int) -> None:
        """Let a server that the bot was removed from be greeted when it is added again."""
        self._greeted.discard(server_id)
