"""A worker that delivers as `runwatch run --role courier` does, but at a speed of its own.

    python -m tests.chaos.delivery_process      # the settings of the environment and CHAOS_SPEED, in JSON

At the real rate a run of 20,000 deliveries would last six minutes, and what a dead worker had claimed would lie for
10 s. It says `ready` for each platform once that can be written to, and delivers until it is killed.
"""

import asyncio
import json
import os
from dataclasses import asdict, dataclass
from datetime import timedelta

from bot import __version__
from bot.config import settings
from bot.delivery.rate_limiter import RateLimit, RateLimiter
from bot.delivery.worker import DeliveryWorker
from bot.domain.errors import StorageError
from bot.domain.worker import Role
from bot.ports.sources import Clock
from bot.service import logs
from bot.service.application import Application, SystemClock
from bot.service.metrics import Metrics
from bot.service.platforms import platform_connections
from bot.sources.defillama.source import DefiLlama
from bot.sources.http import Http
from bot.storage.outbox import RedisOutbox
from bot.storage.store import Store, open_store
from bot.workers.platform_connection import PlatformConnection


@dataclass(frozen=True, slots=True)
class DeliverySpeed:
    """How fast it sends, and how soon others think it dead.

    Messages a second on each platform over all workers; how many are under way at once in one worker; after how many
    seconds without a sign of life a worker counts as dead.
    """

    per_second: float = 400.0
    at_once: int = 16
    idle: float = 3.0

    def as_json(self) -> str:
        return json.dumps(asdict(self))


async def deliver(settings: settings.Settings, speed: DeliverySpeed, *, clock: Clock | None = None) -> None:
    """Deliver until cancelled; a `clock` is that of a simulation, by which deliveries are due and expire."""
    store = await _open_store(settings, clock)
    try:
        await _deliver_from(store, settings, speed, clock or SystemClock())
    finally:
        await store.close()


async def _deliver_from(store: Store, settings: settings.Settings, speed: DeliverySpeed, clock: Clock) -> None:
    metrics = Metrics(clock, __version__)
    outbox = RedisOutbox(store.database, store.simulated, idle=timedelta(seconds=speed.idle))
    async with Http() as http, asyncio.TaskGroup() as tasks:
        source = DefiLlama(http, clock, url=settings.defillama_url)
        application = Application(settings, store=store, source=source, clock=clock, metrics=metrics)
        application.status.connections = platform_connections(
            settings, application.dispatcher, store, clock, metrics, Role.COURIER
        )
        tasks.create_task(outbox.keep_renewing())
        for connection in application.status.connections:
            tasks.create_task(connection.run_sender())
            limit = RateLimit(speed.per_second, at_once=speed.at_once)
            worker = DeliveryWorker(
                connection,
                outbox=outbox,
                subscriptions=store.subscriptions,
                place_settings=store.place_settings,
                mutes=store.mutes,
                approvals=store.approvals,
                clock=clock,
                meter=metrics,
                rate_limiter=RateLimiter(connection.platform, limit=limit, budget=store.send_budget),
            )
            tasks.create_task(_run(worker, connection))


async def _run(worker: DeliveryWorker, connection: PlatformConnection) -> None:
    while connection.trouble():  # noqa: ASYNC110 — nothing announces its end
        await asyncio.sleep(0.01)
    print("ready", flush=True)  # noqa: T201 — for the process that started this one
    await worker.run()


async def _open_store(settings: settings.Settings, clock: Clock | None) -> Store:
    url = settings.redis_url.get_secret_value() if settings.redis_url else ""
    while True:
        try:
            return await open_store(url, clock=clock)
        except StorageError:
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    _settings = settings.load(os.environ)
    logs.configure("warning", "json", settings.secrets(_settings))
    asyncio.run(deliver(_settings, DeliverySpeed(**json.loads(os.environ["CHAOS_SPEED"]))))
