"""The whole service among stand-ins: a real Redis, an upstream, Telegram and Discord; time is moved by hand."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.config.settings import Settings
from bot.ports.pegs import PegSource
from bot.ports.sources import WithdrawalSource
from bot.service.application import Application
from bot.service.exchange_interfaces import sources_by_settings
from bot.service.health_server import HealthServer
from bot.service.lifetime import Service
from bot.service.metrics import Metrics
from bot.service.platforms import platform_connections
from bot.workers.corrected_clock import CorrectedClock
from tests.clocks import HandMovedClock, ShiftedClock
from tests.fakes.defillama import FakeDefiLlama, Fault
from tests.fakes.defillama_world import Holdings
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_world import MANAGE_GUILD, MEMBER_RIGHTS, Channel
from tests.fakes.discord_world import User as Member
from tests.fakes.telegram import Chat, FakeTelegram, User
from tests.servers import Server
from tests.waiting import in_time, until

DISCORD_TOKEN = "MTA4.loopback-only.never-shown"  # noqa: S105 — opens nothing but the stand-in
MODERATOR = MEMBER_RIGHTS | MANAGE_GUILD
POLL_EVERY = timedelta(milliseconds=40)
WITHDRAWAL_TURN = timedelta(milliseconds=20)
_EXCHANGES = ("binance", "okx", "kraken")
_START = datetime(2026, 10, 5, 1, 3, 31, tzinfo=UTC)
"""Before 13:00 the midnight before last may begin a day's window; of its past the upstream tells midnights only."""
_SMALL_MOVE = 1e-6  # of the reserves: figures that repeat are no new reading
_CLOCK_STEP = timedelta(seconds=10)
_WORLD_S = 200.0
"""More than one wait may take, so that the wait says what was missing."""


@dataclass(eq=False, repr=False)
class World:
    """Everything but the service. Ann, an administrator of the Telegram group, owns the bot, on Discord as `owner`."""

    redis: Server
    llama: FakeDefiLlama
    telegram: FakeTelegram
    discord: FakeDiscord
    clock: HandMovedClock
    ann: User
    group: Chat
    channel: Channel
    owner: Member = field(default_factory=lambda: Member("Ann"))
    faults: list[Fault] = field(default_factory=list)
    exchanges: tuple[str, ...] = _EXCHANGES
    error_chat: str | None = None
    clock_ahead: timedelta = timedelta()
    data_dir: Path = Path("/nowhere")
    withdrawal_sources: tuple[WithdrawalSource, ...] = ()
    peg_source: PegSource | None = None
    interface_settings: Mapping[str, Any] = field(default_factory=dict)
    """Addresses and keys of exchanges' own interfaces: the real sources then ask there, instead of those above."""

    def settings(self) -> Settings:
        return Settings(
            telegram_token=SecretStr(self.telegram.token),
            discord_token=SecretStr(DISCORD_TOKEN),
            redis_url=SecretStr(self.redis.url),
            data_dir=self.data_dir,
            defillama_url=self.llama.url,
            telegram_api_url=self.telegram.url,
            discord_api_url=self.discord.api_url,
            discord_gateway_url=self.discord.gateway_url,
            detail_interval=timedelta(seconds=1),
            exchanges=self.exchanges,
            owner_ids=(f"telegram:{self.ann.id}", f"discord:{self.owner.id}"),
            error_chat=self.error_chat,
            heartbeat_url=SecretStr(f"{self.llama.url}/beat"),
            **({"proofs": False} | dict(self.interface_settings)),
        )

    def go_wrong(self) -> None:
        """Let the upstream refuse everything until `heal`."""
        paths = ("/cexs", *(f"/protocol/{exchange.slug}".lower() for exchange in self.llama.exchanges.values()))
        self.faults = [self.llama.fail(path, status=403, times=10**6) for path in paths]

    def heal(self) -> None:
        for fault in self.faults:
            fault.times = 0

    async def polls(self, count: int = 3) -> None:
        """Wait until the list was asked for so many times more."""
        asked = len(self.llama.asked("/cexs"))
        await until(lambda: len(self.llama.asked("/cexs")) >= asked + count, "more polls of the list")

    def telegram_titles(self) -> list[str]:
        """Return the titles of the messages about incidents in the group as they are now, oldest first."""
        titles = (sent.text.partition("\n")[0] for sent in self.telegram.messages_in(self.group))
        return [title for title in titles if "INC-" in title]

    def discord_titles(self) -> list[str]:
        """Return the titles of the messages about incidents in the channel as they are now, oldest first."""
        messages = self.discord.messages(self.channel)
        titles = (str(message["embeds"][0]["title"]) for message in messages if message["embeds"])
        return [title for title in titles if "INC-" in title]


@dataclass(eq=False, repr=False)
class Running:
    """The service while it runs in a world."""

    world: World
    service: Service
    application: Application
    port: int
    machine: ShiftedClock = field(default_factory=lambda: ShiftedClock(HandMovedClock()))

    async def hour(
        self, share: float = 0.0, exchange: str = "binance", *, holdings: Holdings | None = None
    ) -> datetime:
        """Let an hour pass in which that part of the reserves moved, and return the time of its reading, once judged.

        Next to nothing moves on the other exchanges. `holdings` are amounts by chain and asset that are then there
        instead.
        """
        self.world.clock.advance(timedelta(hours=1))
        return await self.reading(share, exchange, holdings=holdings)

    async def reading(
        self,
        share: float = 0.0,
        exchange: str = "binance",
        *,
        holdings: Holdings | None = None,
        after: timedelta = timedelta(hours=1),
    ) -> datetime:
        """Let the upstream tell what is there so long after it last did, and return that time, once judged.

        For tests that move the clock themselves; the rest is as in `hour`.
        """
        as_of = self.world.llama.step(exchange, share=share + _SMALL_MOVE, holdings=holdings, after=after)
        for other in self.world.exchanges:
            behind = as_of - self.world.llama.exchanges[other].as_of
            if behind > timedelta():
                self.world.llama.step(other, share=_SMALL_MOVE, after=behind)
        # The first amounts of a day are told as of midnight as well, and what repeats them is no reading.
        midnight = as_of.replace(hour=0, minute=0, second=0)
        as_of = midnight if as_of - midnight < after else as_of
        async with in_time(
            lambda: f"a snapshot with the reading of {as_of} of {exchange}, not {self._newest_reading_at(exchange)}"
        ):
            while self._newest_reading_at(exchange) != as_of:
                await self.world.polls(1)
                self.world.clock.advance(_CLOCK_STEP)  # what was under way when the hour passed is then fetched anew
        return as_of

    async def readiness(self) -> tuple[int, list[str]]:
        """Return the status of /readyz and its reasons."""
        async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{self.port}/readyz") as answer:
            body: dict[str, Any] = await answer.json()
            return answer.status, body["reasons"]

    async def reasons(self) -> list[str]:
        """Return what /readyz says is in the way."""
        return (await self.readiness())[1]

    async def cannot_alert(self) -> set[str]:
        """Return the reasons for which the metric says that alerts cannot come."""
        async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{self.port}/metrics") as answer:
            return set(re.findall(r'^runwatch_can_alert{reason="(.+)"} 0.0$', await answer.text(), re.MULTILINE))

    async def ready(self) -> None:
        async def is_ready() -> bool:
            with suppress(aiohttp.ClientConnectionError):
                return (await self.readiness())[0] == 200
            return False

        await until(is_ready, "a service that is ready")

    async def subscribe(self, what: str = "binance") -> None:
        """Subscribe the Telegram group as its administrator and the Discord channel as a moderator."""
        world = self.world
        world.telegram.say(world.group, world.ann, f"/subscribe {what}")
        await world.telegram.wait_for_message(world.group, containing="Subscribed")
        answer = await world.discord.slash(
            "subscribe", {"exchange": what}, channel=world.channel, permissions=MODERATOR
        )
        assert "Subscribed" in answer.embed["title"]

    async def until_announced(self, words: str, times: int = 1) -> None:
        """Wait until so many messages about incidents hold these words, on both platforms."""
        await until(
            lambda: _count(words, self.world.telegram_titles()) >= times,
            lambda: f"{words!r} on Telegram {times} times, among {self.world.telegram_titles()}",
        )
        await until(
            lambda: _count(words, self.world.discord_titles()) >= times,
            lambda: f"{words!r} on Discord {times} times, among {self.world.discord_titles()}",
        )

    def _newest_reading_at(self, exchange: str) -> datetime | None:
        snapshot = self.application.latest.snapshot(exchange)
        return snapshot.reading.as_of if snapshot and snapshot.reading else None


@asynccontextmanager
async def world_of(redis: Server, start: datetime = _START) -> AsyncIterator[World]:
    """Build a world in which nobody has left any exchange for a month; its clock stands at `start`."""
    clock = HandMovedClock(start)
    async with AsyncExitStack() as stack:
        llama = await stack.enter_async_context(FakeDefiLlama(now=clock.now(), days=30))
        telegram = await stack.enter_async_context(FakeTelegram())
        discord = await stack.enter_async_context(FakeDiscord(token=DISCORD_TOKEN))
        llama.clock = telegram.clock = discord.clock = clock
        ann = telegram.user("Ann")
        yield World(
            redis=redis,
            llama=llama,
            telegram=telegram,
            discord=discord,
            clock=clock,
            ann=ann,
            group=telegram.group("Traders", admins=(ann,)),
            channel=discord.channel(discord.guild("Traders")),
            data_dir=Path(stack.enter_context(TemporaryDirectory(prefix="rw-data-"))),
        )


@asynccontextmanager
async def running(world: World, *, until_ready: bool = True) -> AsyncIterator[Running]:
    """Run the service until the block ends; inside it every exchange was read and both platforms are connected.

    `until_ready` is False where something is wrong from the start that /readyz says. The clock of its machine is ahead
    of the true time, which the stand-ins name, by what `run.machine` says.
    """
    stop = asyncio.Event()
    machine = ShiftedClock(world.clock, world.clock_ahead)
    clock = CorrectedClock(machine, counter=lambda: world.clock.now().timestamp())
    metrics = Metrics(clock, "1.2.3")

    def fake_sources(*_: object) -> Sequence[WithdrawalSource]:
        return world.withdrawal_sources

    service = Service(
        world.settings(),
        clock=clock,
        metrics=metrics,
        make_chats=platform_connections,
        poll_every=POLL_EVERY,
        store_clock=world.clock,
        make_withdrawal_sources=sources_by_settings if world.interface_settings else fake_sources,
        withdrawal_turn=WITHDRAWAL_TURN,
        make_peg_source=lambda *_: world.peg_source,
    )
    async with (
        HealthServer("127.0.0.1", 0, metrics=metrics, unready=service.unready) as server,
        in_time("the end of what is done while the service runs", limit=_WORLD_S),
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(service.run(stop))
        try:
            application = await service.started()
            run = Running(world, service, application, server.port, machine)
            await until(
                lambda: len(application.latest.snapshots()) == len(world.exchanges), "a reading of every exchange"
            )
            if until_ready:
                await run.ready()
            await until(lambda: bool(world.discord.commands), "the commands published on Discord")
            yield run
        finally:
            stop.set()


def _count(words: str, texts: list[str]) -> int:
    return sum(words in text for text in texts)
