"""A bot with a handful of commands on the real Discord client, against the fake server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import pytest

from bot.chat.discord.client import DiscordPlatform
from bot.chat.discord.reconnect_backoff import ReconnectTimeouts
from bot.commands.arguments import Arg, ExchangeName, Mention, PlaceName
from bot.commands.declaration import Access, CommandSet, Request, command
from bot.commands.dispatcher import CommandDispatcher
from bot.domain.errors import AskerError, StorageError
from bot.domain.exchange import Exchange
from bot.domain.place import Place, Platform, Subscription
from bot.messages.model import Action, Message, lines
from bot.ports.pictures import PictureDrawer
from bot.ports.subscriptions import PlaceTrouble
from tests.fakes.discord import TOKEN, FakeDiscord
from tests.fakes.memory_place_settings import MemoryPlaceSettings
from tests.waiting import in_time, until

OWNER = "77"
NOW = datetime(2022, 12, 13, 14, 5, tzinfo=UTC)
# Nothing is waited for that a test does not set; calls still have a timeout, so that a hanging one fails its test.
SHORT_TIMEOUTS = ReconnectTimeouts(
    identify_gap_s=0.0,
    first_pause_s=0.001,
    longest_pause_s=0.01,
    refused_token_pause_s=0.01,
    login_s=30.0,
    send_s=30.0,
    close_s=1.0,
    servers_s=0.0,
)


class Sort(StrEnum):
    SHARE = "share"
    USD = "usd"


@command
async def reserves(request: Request, exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")]) -> Message:
    """Show what an exchange holds."""
    return Message(f"Reserves of {exchange}", actions=(Action("Flows", f"flows {exchange}"),))


@command
async def flows(request: Request, exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")]) -> Message:
    """Show what moved."""
    where = f"private={request.private} place={request.place}"
    return Message(f"Flows of {exchange}", lines=lines(where))


@command
async def top(request: Request, by: Annotated[Sort, Arg("What to rank by")] = Sort.SHARE) -> Message:
    """Rank the exchanges."""
    return Message(f"Top by {by}")


@command
async def secret(request: Request) -> Message:
    """Answer the asker only."""
    return Message("For your eyes", private=True)


@command
async def broken(request: Request) -> Message:
    """Fail with a fault of our own."""
    raise ZeroDivisionError


@command(access=Access.MODERATOR)
async def subscribe(
    request: Request,
    place: Annotated[PlaceName | None, Arg("Another channel of this server")] = None,
    mention: Annotated[Mention | None, Arg("Whom to ping")] = None,
) -> Message:
    """Get alerts here."""
    where = await request.place_access.find(place) if place else request.place
    missing = await request.place_access.missing(where)
    silent = await request.place_access.check_mention(where, mention) if mention else ()
    publishes = await request.place_access.can_publish(where)
    facts = (
        f"place={where}",
        f"publishes={publishes}",
        f"silent={', '.join(silent) or 'nothing'}",
        f"missing={', '.join(missing)}",
    )
    return Message("Subscribed", lines=lines(*facts), private=True)


@command(access=Access.MODERATOR)
async def loud(request: Request) -> Message:
    """Say it without asking for silence."""
    return Message("Loud")


@command(access=Access.OWNER)
async def hold(request: Request) -> Message:
    """Withhold a figure."""
    return Message("Held")


@dataclass
class SlowCommands:
    """Commands of which two answer only once a test has set `may_answer`."""

    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    def commands(self) -> CommandSet:
        async def wait(request: Request) -> Message:
            """Take a while."""
            await self.may_answer.wait()
            return Message("At last")

        async def whisper(request: Request) -> Message:
            """Take a while, then answer the asker only."""
            await self.may_answer.wait()
            return Message("Psst", private=True)

        async def pages(request: Request, number: Annotated[str, Arg("Which page")]) -> Message:
            """Show a page that turns in place: there is no 3, nothing after 4; 5 is for the asker, 6 takes a while."""
            if number == "3":
                raise AskerError("There is no page 3.")
            if number == "6":
                await self.may_answer.wait()
            turn = Action("Next", f"pages {int(number) + 1}", in_place=True)
            return Message(f"Page {number}", actions=() if number == "4" else (turn,), private=number == "5")

        slow = (command(wait), command(whisper), command(pages))
        return CommandSet((reserves, flows, top, secret, broken, subscribe, loud, hold, *slow))


@dataclass
class RecordedSubscriptions:
    """Remembers which places were disabled and enabled; nothing else is asked of it here."""

    subscribed: set[Place] = field(default_factory=set)
    troubles: dict[Place, PlaceTrouble] = field(default_factory=dict)
    cleared: list[Place] = field(default_factory=list)
    is_away: bool = False
    is_broken: bool = False
    calls: int = 0

    async def of_place(self, place: Place) -> Sequence[Subscription]:
        self._count_call()
        return [Subscription(place, None)] if place in self.subscribed else []

    async def record_trouble(self, trouble: PlaceTrouble) -> None:
        self.troubles[trouble.place] = trouble

    async def clear_trouble(self, place: Place) -> bool:
        self._count_call()
        self.cleared.append(place)
        return self.troubles.pop(place, None) is not None

    def _count_call(self) -> None:
        self.calls += 1
        if self.is_broken:
            raise ZeroDivisionError
        if self.is_away:
            raise StorageError("the store is away")


@dataclass
class RecordedMeter:
    rate_limits: list[Platform] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)
    deliveries: list[tuple[str, str]] = field(default_factory=list)

    def count_delivery(self, platform: Platform, result: str, reason: str = "") -> None:
        self.deliveries.append((result, reason))

    def count_rate_limited(self, platform: Platform) -> None:
        self.rate_limits.append(platform)

    def count_answer(self, command: str, platform: Platform, seconds: float, result: str) -> None:
        self.answers.append((command, result))


class StoppedClock:
    def now(self) -> datetime:
        return NOW


class FourExchanges:
    """Knows names, which is all that is asked of it here."""

    def exchanges_like(self, typed: str) -> list[Exchange]:
        names = ("Binance", "Bitfinex", "Kraken", "A" * 120)
        return [Exchange(name.lower()[:100], name) for name in names if name.lower().startswith(typed.lower())]

    def exchanges(self) -> list[Exchange]:
        return self.exchanges_like("")


@dataclass
class Bot:
    """The bot under test and what it was given."""

    chat: DiscordPlatform
    slow_commands: SlowCommands
    subscriptions: RecordedSubscriptions
    meter: RecordedMeter
    place_settings: MemoryPlaceSettings


def build(  # noqa: PLR0913 — what a test may want different
    discord: FakeDiscord, *, token: str = TOKEN, timeouts: ReconnectTimeouts = SHORT_TIMEOUTS,
    commands: CommandSet | None = None,
    listens: bool = True,
    pictures: PictureDrawer | None = None,
) -> Bot:  # fmt: skip
    slow_commands, subscriptions, meter, clock = (
        SlowCommands(),
        RecordedSubscriptions(),
        RecordedMeter(),
        StoppedClock(),
    )
    queries: Any = FourExchanges()
    store: Any = subscriptions  # the adapter and the dispatcher ask nothing else of the three
    counts: Any = meter
    place_settings = MemoryPlaceSettings()
    dispatcher = CommandDispatcher(
        commands or slow_commands.commands(), queries, store, clock=clock, meter=counts, suppressions=store,
        drills=store, place_settings=place_settings, mutes=store, alert_tester=store, pending_changes=store,
        approvals=store, place_exports=store, proof_checker=store,
    )  # fmt: skip
    chat = DiscordPlatform(
        dispatcher, token=token, api_url=discord.api_url, gateway_url=discord.gateway_url, subscriptions=store,
        clock=clock, owner_ids=frozenset((OWNER,)), meter=counts, timeouts=timeouts, listens=listens,
        pictures=pictures,
    )  # fmt: skip
    return Bot(chat, slow_commands, subscriptions, meter, place_settings)


@asynccontextmanager
async def running(bot: Bot) -> AsyncIterator[Bot]:
    """Run a bot, and see that it ends when it is cancelled."""
    task = asyncio.create_task(bot.chat.run())
    try:
        yield bot
    finally:
        task.cancel()
        async with in_time("the end of a bot that was cancelled"):
            await asyncio.wait({task})
        assert task.cancelled()


@asynccontextmanager
async def connected(bot: Bot, discord: FakeDiscord) -> AsyncIterator[Bot]:
    """Run a bot whose commands are published and whose gateway has told it everything."""
    async with running(bot):
        await discord.connected()
        await discord.until(lambda: bool(discord.commands), "the commands published on Discord")
        await until(lambda: bot.chat.trouble() is None, "a connection to Discord without trouble")
        yield bot


async def raised_by(call: Awaitable[Any]) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 — the kind is what the test looks at
        await call
    return caught.value


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as server:
        yield server


@pytest.fixture
async def bot(discord: FakeDiscord) -> AsyncIterator[Bot]:
    async with connected(build(discord), discord) as started:
        yield started
