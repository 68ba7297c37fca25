"""How long to wait before the next connection to Discord is made, and the timeouts of a connection.

After a connection that worked: 1 to 2 s. After clients that never got connected: 2 to 4 s, 4 to 8 s … up to 2 minutes.
While Discord refuses the token: 5 minutes. Never sooner than the next IDENTIFY is allowed.
"""

import random
from dataclasses import dataclass

_MAX_DOUBLINGS = 16  # far beyond the longest pause, and keeps the power of two a small number


@dataclass(frozen=True, slots=True)
class ReconnectTimeouts:
    """How many seconds to wait for what.

    `servers_s`: how long a start may go without news of one more server. `announce_after_s`: when "thinking…" is shown
    for a slow answer, well within Discord's 3 s.
    """

    identify_gap_s: float = 5.0
    first_pause_s: float = 2.0
    longest_pause_s: float = 120.0
    refused_token_pause_s: float = 300.0
    login_s: float = 90.0
    send_s: float = 60.0
    close_s: float = 5.0
    servers_s: float = 2.0
    announce_after_s: float = 1.5


class ReconnectBackoff:
    """Counts the clients in a row that never got connected, and doubles the pause with each."""

    def __init__(self, timeouts: ReconnectTimeouts) -> None:
        self._timeouts = timeouts
        self._failures_in_a_row = 0

    def pause_s(self, *, was_connected: bool, token_is_refused: bool, identify_pause_s: float) -> float:
        """Return the seconds before the next client; `identify_pause_s` is when an IDENTIFY is allowed again."""
        if token_is_refused:
            return max(identify_pause_s, self._timeouts.refused_token_pause_s)
        self._failures_in_a_row = 0 if was_connected else self._failures_in_a_row + 1
        doublings = min(self._failures_in_a_row, _MAX_DOUBLINGS)
        pause_s = min(self._timeouts.longest_pause_s, self._timeouts.first_pause_s * 2.0**doublings)
        # After an outage of Discord's, thousands of bots would otherwise return in the same second.
        return max(identify_pause_s, pause_s * random.uniform(0.5, 1.0))  # noqa: S311 — spreads, guards nothing
