"""Whether a worker is ready, for /readyz: the store answers, its platforms are connected, a poll is young enough.

With POLL_INTERVAL=10m a last good poll of 12:00 is fine until 12:20; from then on /readyz is 503 and says
"last good poll was 21 min ago".
"""

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.errors import StorageError
from bot.domain.worker import Lease, Role
from bot.messages.number_format import span
from bot.ports.sources import Clock
from bot.service.application import Application

_POLLS_MISSED = 2  # intervals: one poll may fail without an alarm


async def unready_reasons(
    application: Application, *, role: Role, poll_interval: timedelta, clock: Clock
) -> Sequence[str]:
    """Return why a worker is not ready, nothing when it is."""
    store = await _store_reasons(application)
    platforms = [
        f"{chat.platform}: {trouble}"
        for chat in application.status.connections
        if (trouble := application.status.trouble(chat))
    ]
    # A worker that only delivers needs no readings.
    polls = [] if role is Role.COURIER else _poll_reasons(application, poll_interval, clock)
    if polls and not store and not role.polls and not await application.store.leases.owner(Lease.POLL):
        polls.append("no worker polls the upstreams: start one with --role poller or all")
    return [*store, *platforms, *polls, *application.upkeep.undelivered, *application.upkeep.lost_subscriptions]


async def _store_reasons(application: Application) -> list[str]:
    try:
        await application.store.ping()
    except StorageError as error:
        return [f"store: {error}"]
    return []


def _poll_reasons(application: Application, poll_interval: timedelta, clock: Clock) -> list[str]:
    poller = application.poller
    if poller.last_good_poll is None and poller.unknown:
        return [f"EXCHANGES names what is not listed: {', '.join(sorted(poller.unknown))}"]
    if poller.last_good_poll is None:
        return ["first poll pending"]
    age = clock.now() - poller.last_good_poll
    return [f"last good poll was {span(age)} ago"] if age > _POLLS_MISSED * poll_interval else []
