"""What the delivery benchmarks have in common: places, an alert for them, a worker put together as in the service."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from pydantic import SecretStr

from bot.config.settings import Settings
from bot.delivery.rate_limiter import RateLimit, RateLimiter
from bot.delivery.worker import DeliveryWorker
from bot.domain.incident import StepReason
from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from bot.domain.worker import Role
from bot.messages.cards.alert import incident_card
from bot.messages.model import Message
from bot.ports.chat import ChatPlatform
from bot.ports.incidents import Incidents
from bot.ports.outbox import Alert, DeliveryKind
from bot.ports.sources import Clock
from bot.ports.subscriptions import Subscriptions
from bot.service.application import Application, SystemClock
from bot.service.metrics import Metrics
from bot.service.platforms import platform_connections
from bot.sources.defillama.source import DefiLlama
from bot.sources.http import Http
from bot.storage.store import Store, open_store
from bot.workers.platform_connection import PlatformConnection
from tests.builders import incident

FIRST_ID = 700_000_000
"""The first of the ids that chats, people and channels of a benchmark have."""
SUBSCRIBED_TO = "binance"
_BATCH = 100  # subscriptions under way at once


def alert_card(severity: Severity = Severity.CRITICAL, number: int = 1) -> Message:
    """Return what an alert says: an incident as it is opened."""
    return incident_card(replace(incident(severity), number=number), "Binance", StepReason.OPENED)


def places(platform: Platform, number: int, *, first: int = FIRST_ID) -> Sequence[Place]:
    """Return private chats on Telegram, channels on Discord."""
    return [Place(platform, str(first + index)) for index in range(number)]


async def subscribe(subscriptions: Subscriptions, everybody: Iterable[Place]) -> None:
    """Subscribe places to one exchange, as people do."""
    waiting = iter(everybody)
    while batch := list(islice(waiting, _BATCH)):
        await asyncio.gather(*(subscriptions.add(_subscription(place)) for place in batch))


def _subscription(place: Place) -> Subscription:
    person = f"{place.platform}:{place.chat}"
    return Subscription(place, SUBSCRIBED_TO, created_by=person, created_at=datetime.now(UTC))


async def announce(  # noqa: PLR0913 — what an alert is made of
    incidents: Incidents,
    everybody: Sequence[Place],
    number: int,
    severity: Severity = Severity.CRITICAL,
    *,
    now: datetime | None = None,
    about: str | None = SUBSCRIBED_TO,
) -> None:
    """Commit an incident that is announced in all these places; `about` None: whether they subscribed or not."""
    now = now or datetime.now(UTC)
    opened = replace(incident(severity), number=number)
    alert = Alert(
        id=f"{opened.label}:{now.isoformat()}",
        incident=opened.label,
        severity=severity,
        kind=DeliveryKind.POST,
        message=alert_card(severity, number),
        created_at=now,
        expires_at=now + timedelta(days=1),
        recipients=tuple(Subscription(place, SUBSCRIBED_TO) for place in everybody),
        about=about,
    )
    await incidents.commit(SUBSCRIBED_TO, Rule.OUTFLOW, opened, [alert])


async def lines_of_input() -> AsyncIterator[str]:
    """Yield what comes in on standard input, line by line."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async for line in lines:
        yield line.decode().strip()


class Tally(Metrics):
    """Counts what was delivered, and lets a caller wait for a number of messages."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, "0")
        self.results: Counter[str] = Counter()
        self._changed = asyncio.Event()

    def count_delivery(self, platform: Platform, result: str, reason: str = "") -> None:
        """Count one delivery."""
        super().count_delivery(platform, result, reason)
        self.results[f"{result} {reason}".strip()] += 1
        self._changed.set()

    async def until_sent(self, number: int) -> None:
        """Return when so many messages were sent altogether."""
        while self.results["sent"] < number:
            self._changed.clear()
            await self._changed.wait()


@dataclass(frozen=True, slots=True)
class Address:
    """Where a platform's stand-in is, and the token that it takes."""

    platform: Platform
    url: str
    token: str

    def settings(self, redis_url: str) -> Settings:
        """Return the settings of a worker that delivers there."""
        telegram = self.platform is Platform.TELEGRAM
        return Settings(
            telegram_token=SecretStr(self.token) if telegram else None,
            telegram_api_url=self.url,
            discord_token=None if telegram else SecretStr(self.token),
            discord_api_url=self.url,
            redis_url=SecretStr(redis_url),
            data_dir=Path("/nowhere"),
        )


@asynccontextmanager
async def worker(settings: Settings) -> AsyncIterator["Worker"]:
    """Put a worker together that delivers and does nothing else, and keep it connected."""
    clock = SystemClock()
    tally = Tally(clock)
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else ""
    store = await open_store(redis_url, clock=clock)
    try:
        async with Http() as http, asyncio.TaskGroup() as tasks:
            source = DefiLlama(http, clock, url=settings.defillama_url)
            application = Application(settings, store=store, source=source, clock=clock, metrics=tally)
            (connection,) = application.status.connections = platform_connections(
                settings, application.dispatcher, store, clock, tally, Role.COURIER
            )
            sending = tasks.create_task(connection.run_sender())
            await ready(connection)
            yield Worker(store, application, connection, tally, clock)
            sending.cancel()
    finally:
        await store.close()


async def ready(connection: ChatPlatform) -> None:
    """Wait until a platform can be written to."""
    while connection.trouble():  # noqa: ASYNC110 — nothing announces it
        await asyncio.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker's parts."""

    store: Store
    application: Application
    connection: PlatformConnection
    tally: Tally
    clock: Clock

    def delivery_worker(self, limit: RateLimit | None = None) -> DeliveryWorker:
        """Return what delivers, within the service's rate limit or another; all workers share it."""
        platform, store = self.connection.platform, self.store
        if limit is None:
            return self.application.delivery_worker(self.connection)
        return DeliveryWorker(
            self.connection,
            outbox=store.outbox,
            subscriptions=store.subscriptions,
            place_settings=store.place_settings,
            mutes=store.mutes,
            approvals=store.approvals,
            clock=self.clock,
            meter=self.tally,
            rate_limiter=RateLimiter(platform, limit=limit, budget=store.send_budget),
        )
