"""How calls to the fake Discord are refused: on request, for a broken rule, or for coming too fast."""

import asyncio
import re
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.discord_world import Json

# With this header an answer is the API's own; without it, it comes from Cloudflare in front of it.
VIA = {"Via": "1.1 google"}

# https://docs.discord.com/developers/topics/rate-limits#global-rate-limit
_REQUESTS_PER_SECOND = 50
# Discord documents no number for one channel, and tells clients to read its headers; these usually say 5 in 5 s.
_MESSAGES_PER_CHANNEL, _CHANNEL_WINDOW_S = 5, 5.0


class Refusal(Exception):
    """An error answer of the API."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.body = status, {"code": code, "message": message}


@dataclass
class Failure:
    """How REST calls shall fail; `times` counts down. `cut` closes the line instead of answering.

    With `accepted` the request is carried out all the same, so that only its answer is lost.
    """

    method: str
    path: re.Pattern[str]
    status: int = 500
    code: int = 0
    message: str = "made to fail"
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int = 1
    cut: bool = False
    accepted: bool = False


class Rates:
    """Discord's limits, with the headers that announce them."""

    def __init__(self) -> None:
        self._all: deque[float] = deque()
        self._channels: dict[str, deque[float]] = defaultdict(deque)

    def check(self, request: web.Request) -> tuple[Json | None, Mapping[str, str]]:
        """Return the body of a 429 or None, and the headers to answer with."""
        now = asyncio.get_running_loop().time()
        wait = _full(self._all, now, _REQUESTS_PER_SECOND, 1.0)
        if wait:
            body = {"message": "You are being rate limited.", "retry_after": wait, "global": True}
            return body, VIA | {"Retry-After": "1", "X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
        channel = request.match_info.get("channel")
        if channel is None or request.method not in {"POST", "PATCH"}:
            self._all.append(now)
            return None, VIA
        times = self._channels[f"{request.method}:{channel}"]
        wait = _full(times, now, _MESSAGES_PER_CHANNEL, _CHANNEL_WINDOW_S)
        headers = VIA | {"X-RateLimit-Bucket": request.method, "X-RateLimit-Limit": str(_MESSAGES_PER_CHANNEL)}
        # The header rounds to whole seconds, the body is exact.
        if wait:
            headers |= {"Retry-After": "1", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": f"{wait:.3f}"}
            return {"message": "You are being rate limited.", "retry_after": wait, "global": False}, headers
        self._all.append(now)
        times.append(now)
        remaining = str(_MESSAGES_PER_CHANNEL - len(times))
        reset_after = f"{times[0] + _CHANNEL_WINDOW_S - now:.3f}"
        return None, headers | {"X-RateLimit-Remaining": remaining, "X-RateLimit-Reset-After": reset_after}


def _full(times: deque[float], now: float, most: int, seconds: float) -> float:
    """Return how long a window stays full, 0 when there is room."""
    while times and times[0] <= now - seconds:
        times.popleft()
    return times[0] + seconds - now if len(times) >= most else 0.0
