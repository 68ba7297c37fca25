"""Both platforms, a store behind a proxy that can break connections, and workers: for one fault at a time."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from bot.config.settings import Settings
from bot.domain.errors import StorageError
from bot.domain.place import Place, Platform
from bot.domain.severity import Severity
from bot.ports.sources import Clock
from bot.service.application import SystemClock
from bot.storage.store import Store, open_store
from tests.chaos.delivery_process import DeliverySpeed, deliver
from tests.chaos.platform_log import PlatformLog, RecordingDiscord, RecordingTelegram
from tests.chaos.stories import Stories
from tests.chaos.verdict import Verdict, judge
from tests.chaos.workers import WorkerProcesses
from tests.clocks import HandMovedClock
from tests.fakes.redis_proxy import RedisProxy
from tests.servers import Server, kinds
from tests.waiting import until
from tests.world import DISCORD_TOKEN

_LONGEST = 200.0
_A_LITTLE = timedelta(seconds=1)


@dataclass(eq=False)
class FaultBench:
    """Everything but the alerts; the workers go through `proxy`, and `store` where that was asked for."""

    server: Server
    proxy: RedisProxy
    platform_log: PlatformLog
    telegram: RecordingTelegram
    discord: RecordingDiscord
    store: Store
    places: Sequence[Place]
    stories: Stories = field(init=False)

    def __post_init__(self) -> None:
        self.stories = Stories(self.store, self.places)

    def verdict(self) -> Verdict:
        """Return what became of every step so far."""
        return judge(self.stories.steps, self.places, self.platform_log)

    def worker_processes(self, directory: Path, speed: DeliverySpeed) -> WorkerProcesses:
        """Return where workers in processes of their own are started."""
        variables = {
            "REDIS_URL": self.proxy.url,
            "TELEGRAM_TOKEN": self.telegram.token,
            "TELEGRAM_API_URL": self.telegram.url,
            "DISCORD_TOKEN": DISCORD_TOKEN,
            "DISCORD_API_URL": self.discord.api_url,
            "DISCORD_GATEWAY_URL": self.discord.gateway_url,
        }
        return WorkerProcesses(directory, variables, speed)

    @asynccontextmanager
    async def delivering(
        self, speed: DeliverySpeed, *, workers: int = 1, clock: Clock | None = None
    ) -> AsyncIterator[None]:
        """Deliver beside the block, in this process."""
        running = [asyncio.create_task(deliver(self._settings(), speed, clock=clock)) for _ in range(workers)]
        try:
            yield
        finally:
            for task in running:
                task.cancel()
            await asyncio.wait(running)

    async def until_all_is_over(self, *, clock: HandMovedClock | None = None) -> None:
        """Return when nothing is on its way any more.

        With a hand-moved clock time goes on meanwhile, a little at every look: what fails once more is put off by that
        clock, and would wait for ever if it stood still.
        """
        depth: Mapping[tuple[Platform, Severity], int] = {}

        async def is_over() -> bool:
            nonlocal depth
            if clock:
                clock.advance(_A_LITTLE)
            with suppress(StorageError):
                depth = await self.store.outbox.depth()
                return not depth
            return False

        await until(is_over, lambda: f"the end of what is on its way: {dict(depth)}", limit=_LONGEST)

    def _settings(self) -> Settings:
        return Settings(
            telegram_token=SecretStr(self.telegram.token),
            discord_token=SecretStr(DISCORD_TOKEN),
            redis_url=SecretStr(self.proxy.url),
            data_dir=Path("/nowhere"),
            telegram_api_url=self.telegram.url,
            discord_api_url=self.discord.api_url,
            discord_gateway_url=self.discord.gateway_url,
        )


@asynccontextmanager
async def fault_bench(server: Server, number: int, *, through_proxy: bool = False) -> AsyncIterator[FaultBench]:
    """Set up everything, with so many places on each platform."""
    platform_log = PlatformLog()
    async with (
        RedisProxy(server.directory / "s") as proxy,
        RecordingTelegram(platform_log) as telegram,
        RecordingDiscord(platform_log, DISCORD_TOKEN) as discord,
        _opened_store(proxy.url if through_proxy else server.url) as store,
    ):
        guild = discord.guild()
        chats = [telegram.private(telegram.user("somebody")) for _ in range(number)]
        channels = [discord.channel(guild) for _ in range(number)]
        places = [Place(Platform.TELEGRAM, str(chat.id)) for chat in chats]
        places += [Place(Platform.DISCORD, channel.id) for channel in channels]
        yield FaultBench(server, proxy, platform_log, telegram, discord, store, places)


@asynccontextmanager
async def _opened_store(url: str) -> AsyncIterator[Store]:
    store = await open_store(url, clock=SystemClock())
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def own_server(*settings: str) -> AsyncIterator[Server]:
    """Start a server that may be killed; it is removed at the end."""
    server = Server(next(iter(kinds().values())), settings)
    try:
        yield server.start()
    finally:
        server.stop()


@asynccontextmanager
async def scratch() -> AsyncIterator[Path]:
    """Make a directory for the time of the block."""
    directory = Path(tempfile.mkdtemp(prefix="rw-chaos-"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
