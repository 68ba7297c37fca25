"""The bot under test on the real Telegram client: a few commands, a recording store, a clock that a test sets."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from bot.chat.telegram.client import TelegramPlatform
from bot.chat.telegram.polling import PollingTimeouts
from bot.chat.telegram.transport import BotApi
from bot.commands.arguments import Arg, ExchangeName, PlaceName
from bot.commands.declaration import Access, CommandSet, Request, command
from bot.commands.dispatcher import CommandDispatcher
from bot.domain.errors import AskerError, StorageError
from bot.domain.exchange import Exchange
from bot.domain.place import Place, Platform
from bot.messages.model import Action, Message, line
from bot.ports.pictures import PictureDrawer
from bot.ports.subscriptions import PlaceTrouble
from bot.ports.workers import SendBudget
from tests.fakes.memory import HandClock, MemoryOutbox, MemorySubscriptions
from tests.fakes.telegram import FakeTelegram

OpenApi = Callable[..., BotApi]
NOW = datetime(2022, 12, 13, 14, 17, tzinfo=UTC)


@command
async def reserves(request: Request, exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")]) -> Message:
    """Show what an exchange holds."""
    return Message(
        f"Reserves of {exchange}", actions=(Action("Flows", f"flows {exchange}"), Action("Why", "subscribe"))
    )


@command
async def flows(request: Request, exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")]) -> Message:
    """Show what moved."""
    return Message(f"Flows of {exchange}", lines=(line(str(request.place)),))


@command
async def help(request: Request) -> Message:  # noqa: A001 — a command's name is its function's
    """Show all commands."""
    return Message("Help is here")


@command(access=Access.MODERATOR)
async def subscribe(
    request: Request,
    exchange: Annotated[ExchangeName | None, Arg("Exchange, e.g. binance")] = None,
) -> Message:
    """Subscribe this place."""
    return Message(f"Subscribed {request.place}" + (f" to {exchange}" if exchange else ""))


@command
async def lacking(request: Request) -> Message:
    """Say which rights the bot lacks here."""
    return Message("Lacking: " + (", ".join(await request.place_access.missing(request.place)) or "nothing"))


@command
async def find(request: Request, place: Annotated[PlaceName, Arg("A channel")]) -> Message:
    """Find another place."""
    return Message(f"Found {await request.place_access.find(place)}")


@command
async def pages(request: Request, number: Annotated[ExchangeName, Arg("Which page")]) -> Message:
    """Show a page that turns in place; there is no page 3."""
    if number == "3":
        raise AskerError("There is no page 3.")
    turn = Action("Next", f"pages {int(number) + 1}", in_place=True)
    return Message(f"Page {number}", actions=(turn,))


@command(access=Access.OWNER)
async def hold(request: Request) -> Message:
    """Hold a metric."""
    return Message("Held")


class Badness(StrEnum):
    MILD = "mild"
    BAD = "bad"


watched: list[str] = []
"""What `/watch` was told to watch in this test."""


@command(access=Access.MODERATOR)
async def watch(
    request: Request,
    exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")],
    badness: Annotated[Badness | None, Arg("From which badness on", ask="How bad must it be?")] = None,
) -> Message:
    """Watch an exchange, step by step."""
    watched.append(exchange)
    return Message(f"Watching {exchange} from {badness or 'anything'} on")


COMMANDS = CommandSet((reserves, flows, help, subscribe, lacking, find, pages, watch, hold))


@dataclass
class SetClock:
    """A clock that stands still until it is moved."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def forward(self, step: timedelta) -> None:
        self.at += step


@dataclass
class RecordedSleeps:
    """Sleeping that takes no time and is remembered; `clock` goes on by what was slept."""

    seconds: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return time.monotonic() + sum(self.seconds)

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


class RecordedSubscriptions(MemorySubscriptions):
    """Subscriptions that remember every trouble that was recorded, and can be away."""

    def __init__(self) -> None:
        super().__init__(MemoryOutbox(HandClock(NOW)))
        self.recorded: list[PlaceTrouble] = []
        self.is_away = False

    @property
    def troubles(self) -> dict[Place, PlaceTrouble]:
        return self._troubles

    async def record_trouble(self, trouble: PlaceTrouble) -> None:
        self._check_available()
        self.recorded.append(trouble)
        await super().record_trouble(trouble)

    async def clear_trouble(self, place: Place) -> bool:
        self._check_available()
        return await super().clear_trouble(place)

    def _check_available(self) -> None:
        if self.is_away:
            raise StorageError("away")


@dataclass
class RecordedMeter:
    """A meter that remembers what the adapter and the dispatcher count."""

    deliveries: list[tuple[str, str]] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)

    def count_delivery(self, platform: Platform, result: str, reason: str = "") -> None:
        self.deliveries.append((result, reason))

    def count_answer(self, command: str, platform: Platform, seconds: float, result: str) -> None:
        self.answers.append((command, result))


class TwoExchanges:
    """Queries that know Binance and OKX by name, which is all that is asked of them here."""

    def exchanges(self) -> Sequence[Exchange]:
        return (Exchange("binance", "Binance", "binance-cex"), Exchange("okx", "OKX", "okx"))

    def exchanges_like(self, typed: str) -> Sequence[Exchange]:
        return [exchange for exchange in self.exchanges() if typed.lower() in exchange.id]

    def from_memory(self) -> "TwoExchanges":
        return self


@dataclass
class Scene:
    """A bot and everything it touches."""

    telegram: FakeTelegram
    commands: CommandSet = COMMANDS
    timeouts: PollingTimeouts | None = None
    owner_ids: frozenset[str] = frozenset({"telegram:7"})
    paid_broadcast: bool = False
    send_budget: SendBudget | None = None
    pictures: PictureDrawer | None = None
    subscriptions: RecordedSubscriptions = field(default_factory=RecordedSubscriptions)
    meter: RecordedMeter = field(default_factory=RecordedMeter)
    clock: SetClock = field(default_factory=SetClock)
    sleeps: RecordedSleeps = field(default_factory=RecordedSleeps)

    def __post_init__(self) -> None:
        watched.clear()
        meter: Any = self.meter  # the adapter and the dispatcher count nothing else
        queries: Any = TwoExchanges()
        dispatcher = CommandDispatcher(
            self.commands,
            queries,
            self.subscriptions,
            clock=self.clock,
            meter=meter,
            place_settings=self.subscriptions.settings,
            approvals=queries,
            suppressions=queries,
            drills=queries,
            mutes=queries,
            alert_tester=queries,
            pending_changes=queries,
            place_exports=queries,
            proof_checker=queries,
        )
        self.chat = TelegramPlatform(
            dispatcher,
            token=self.telegram.token,
            api_url=self.telegram.url,
            subscriptions=self.subscriptions,
            clock=self.clock,
            owner_ids=self.owner_ids,
            meter=meter,
            paid_broadcast=self.paid_broadcast,
            send_budget=self.send_budget,
            pictures=self.pictures,
            timeouts=self.timeouts
            or PollingTimeouts(
                poll_s=5.0, margin_s=2.0, sleep=self.sleeps.sleep, clock=self.sleeps.clock, shutdown_s=0.5
            ),
        )


def place(chat_id: int, thread: int | None = None) -> Place:
    return Place(Platform.TELEGRAM, str(chat_id), None if thread is None else str(thread))
