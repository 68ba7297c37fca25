"""One line of the log an hour, so that a quiet log is not taken for a dead program, nor for a healthy one.

It says "all is well" with what the worker has, or "not all is well" with the reasons that /readyz gives.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog

from bot.service.application import Application

log = structlog.get_logger()

HOURLY = timedelta(hours=1)


class HourlyLine:
    """Writes the line, from the second time it is asked to: at the start nothing is known yet.

    `unready` returns why the worker is not ready, nothing when it is.
    """

    def __init__(self, application: Application, unready: Callable[[], Awaitable[Sequence[str]]]) -> None:
        self._application = application
        self._unready = unready
        self._is_start = True

    async def write(self) -> None:
        """Write the line; raise StorageError."""
        if self._is_start:
            self._is_start = False
            return
        if reasons := await self._unready():
            log.warning("not all is well", reasons=list(reasons))
            return
        latest = self._application.latest
        log.info(
            "all is well",
            exchanges=len(latest.listings),
            read=len(latest.snapshots()),
            polled_at=str(self._application.poller.last_good_poll or "elsewhere"),
            waiting_messages=sum((await self._application.store.outbox.depth()).values()),
        )
