"""A worker that delivers as `runwatch run --role courier` does, but at a pace and with a patience of its own.

    python -m tests.chaos.courier      # the settings of the environment and CHAOS_HASTE, in JSON

The real pace would make a run of 20,000 deliveries last six minutes, and what a dead worker had taken would lie for
one. It says `ready` for each platform once that can be written to, and delivers until it is killed.
"""

import asyncio
import json
import os
from dataclasses import asdict, dataclass
from datetime import timedelta

from bot import __version__, config, logs
from bot.app import Machine, SystemClock
from bot.domain.errors import StorageError
from bot.domain.worker import Role
from bot.metrics import Metrics
from bot.pipeline.deliver import Courier
from bot.pipeline.pace import Pace, Pacer
from bot.pipeline.presence import Presence
from bot.ports import Clock
from bot.presences import chats
from bot.sources.defillama import DefiLlama
from bot.sources.http import Http
from bot.storage.outbox import RedisOutbox
from bot.storage.store import Store, open_store


@dataclass(frozen=True, slots=True)
class Haste:
    """How fast, and how patient.

    Messages a second on each platform over all workers; how many are under way at once in one worker; after how many
    seconds without a sign of life a worker counts as dead.
    """

    per_second: float = 400.0
    at_once: int = 16
    idle: float = 3.0

    def as_json(self) -> str:
        return json.dumps(asdict(self))


async def deliver(settings: config.Settings, haste: Haste, *, clock: Clock | None = None) -> None:
    """Deliver until cancelled."""
    clock = clock or SystemClock()
    store = await _opened(settings, clock)
    try:
        await _deliver_from(store, settings, haste, clock)
    finally:
        await store.close()


async def _deliver_from(store: Store, settings: config.Settings, haste: Haste, clock: Clock) -> None:
    metrics = Metrics(clock, __version__)
    outbox = RedisOutbox(store.database, clock, idle=timedelta(seconds=haste.idle))
    async with Http() as http, asyncio.TaskGroup() as tasks:
        source = DefiLlama(http, clock, url=settings.defillama_url)
        machine = Machine(settings, store=store, source=source, clock=clock, metrics=metrics)
        machine.chats = chats(settings, machine.desk, store, clock, metrics, Role.COURIER)
        tasks.create_task(outbox.keep_holding())
        for voice in machine.chats:
            tasks.create_task(voice.keep_voice())
            pace = Pace(haste.per_second, at_once=haste.at_once)
            courier = Courier(
                voice,
                outbox=outbox,
                subscriptions=store.subscriptions,
                clock=clock,
                meter=metrics,
                pacer=Pacer(voice.platform, pace=pace, budget=store.budget),
            )
            tasks.create_task(_run(courier, voice))


async def _run(courier: Courier, voice: Presence) -> None:
    while voice.trouble():  # noqa: ASYNC110 — nobody announces its end
        await asyncio.sleep(0.01)
    print("ready", flush=True)  # noqa: T201 — for the process that started this one
    await courier.run()


async def _opened(settings: config.Settings, clock: Clock) -> Store:
    url = settings.redis_url.get_secret_value() if settings.redis_url else ""
    while True:
        try:
            return await open_store(url, clock=clock)
        except StorageError:
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    _settings = config.load(os.environ)
    logs.configure("warning", "json", config.secrets(_settings))
    asyncio.run(deliver(_settings, Haste(**json.loads(os.environ["CHAOS_HASTE"]))))
