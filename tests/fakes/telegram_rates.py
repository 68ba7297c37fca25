"""The rate limits of the fake Telegram: a message that comes too fast is refused with a 429 and a pause.

https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fakes.telegram_markup import Refused


@dataclass(slots=True)
class Rates:
    """At most `overall` messages in a second, `per_chat` in a second of one chat, `per_group` in a minute of one group.

    Refused ones do not count. `clock` gives seconds; `refused` counts the 429s.
    """

    overall: int = 30
    per_chat: int = 1
    per_group: int = 20
    clock: Callable[[], float] = time.monotonic
    refused: int = 0
    _accepted: dict[tuple[str, int], deque[float]] = field(default_factory=dict)

    def take(self, chat_id: int) -> None:
        """Count one message to a chat, or raise Refused with the seconds until it may be sent."""
        moment = self.clock()
        windows = [(self._window("all", 0), self.overall, 1.0), (self._window("chat", chat_id), self.per_chat, 1.0)]
        # Groups and channels have negative ids; only they have a limit per minute.
        if chat_id < 0:
            windows.append((self._window("group", chat_id), self.per_group, 60.0))
        waits = [_wait(accepted, most, length, moment) for accepted, most, length in windows]
        if max(waits) > 0:
            self.refused += 1
            seconds = math.ceil(max(waits))  # Telegram's `retry_after` is a whole number
            raise Refused(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
        for accepted, _, _ in windows:
            accepted.append(moment)

    def _window(self, kind: str, chat_id: int) -> deque[float]:
        return self._accepted.setdefault((kind, chat_id), deque())


def _wait(accepted: deque[float], most: int, length: float, moment: float) -> float:
    """Return the seconds until a window of so many seconds has room for one message more."""
    while accepted and accepted[0] <= moment - length:
        accepted.popleft()
    return 0.0 if len(accepted) < most else accepted[0] + length - moment
