"""Which places refuse pictures, and whether so many did lately that the others have to wait.

Discord shuts an address out after 10,000 answers of 401, 403 or 429 in ten minutes, texts and all
(https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans). A worker that only
delivers is told of no rights there, so that every picture for a channel without *Attach Files* is such an answer.

Example: of 6,000 channels 3,000 take no files. After 250 refusals no picture goes out there until ten minutes have
passed since the first of them, and none of these channels is asked again for a day.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from datetime import timedelta

from bot.domain.errors import DeliveryError, NotAllowed, RetryLater, Unreachable
from bot.domain.place import Place, Platform

# A tenth of what texts may have of them (`circuit_breaker`).
MOST_IN_TEN_MINUTES: Mapping[Platform, int] = {Platform.DISCORD: 250}
_WINDOW_S = timedelta(minutes=10).total_seconds()
_NOT_ASKED_FOR_S = timedelta(days=1).total_seconds()  # whoever gives the right sees pictures from the next day on
_MAX_PLACES = 20_000  # some 200 bytes each


class PictureRefusals:
    """What one platform has refused in one worker; times are seconds of the loop's clock."""

    def __init__(self, platform: Platform) -> None:
        self._most = MOST_IN_TEN_MINUTES.get(platform)
        self._refused_at_s: deque[float] = deque(maxlen=self._most)
        self._not_asked_until_s: dict[Place, float] = {}  # the oldest first

    @property
    def are_too_many(self) -> bool:
        """Return whether no picture may go out just now."""
        return (
            bool(self._refused_at_s)
            and len(self._refused_at_s) == self._most
            and _now_s() < self._refused_at_s[0] + _WINDOW_S
        )

    def has_refused(self, place: Place) -> bool:
        """Return whether a place refused a picture within the last day, on a platform that counts refusals."""
        return _now_s() < self._not_asked_until_s.get(place, 0.0)

    def record(self, place: Place, error: DeliveryError) -> None:
        """Count a picture that did not arrive, if the platform counts it too."""
        if self._most is None or (isinstance(error, Unreachable) and error.foreseen):  # then it was never sent
            return
        if isinstance(error, NotAllowed):
            self._not_asked_until_s.pop(place, None)
            self._not_asked_until_s[place] = _now_s() + _NOT_ASKED_FOR_S
            if len(self._not_asked_until_s) > _MAX_PLACES:
                del self._not_asked_until_s[next(iter(self._not_asked_until_s))]
        if isinstance(error, Unreachable) or (isinstance(error, RetryLater) and error.rate_limited):
            self._refused_at_s.append(_now_s())


def _now_s() -> float:
    return asyncio.get_running_loop().time()
