"""Whose store it is: a bot that is not the store's stands still, and says why."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.domain.bot_account import BotAccount
from bot.domain.errors import ConfigurationError, RetryLater, StorageError
from bot.domain.place import Place, Platform
from bot.messages.model import Message
from bot.workers.identity_check import IdentityCheck
from bot.workers.platform_connection import PlatformConnection, while_not_refused
from tests.waiting import in_time, stop, until

FIRST = BotAccount(Platform.TELEGRAM, "4242", "RunwatchBot")
STRANGER = BotAccount(Platform.TELEGRAM, "5555", "OtherBot")
PLACE = Place(Platform.TELEGRAM, "-100")
AT_ONCE = 0.005


@dataclass
class OwnedStore:
    """Fits ports.store_owner.StoreOwner."""

    owned_by: BotAccount | None = None
    away: bool = False

    async def claim(self, account: BotAccount) -> BotAccount:
        if self.owned_by is None or self.owned_by.id == account.id:
            self.owned_by = account
        return self.owned_by

    async def take_over(self, account: BotAccount) -> None:
        self.owned_by = account

    async def owner(self, platform: Platform) -> BotAccount | None:
        if self.away:
            raise StorageError("The store is away.")
        return self.owned_by

    async def places(self, platform: Platform) -> int:
        return 12


@dataclass
class Chat:
    """A platform that says whose token it is; fits ports.chat.AuthenticatedPlatform."""

    is_of: BotAccount = FIRST
    platform: Platform = Platform.TELEGRAM
    refusals: list[RetryLater] = field(default_factory=list)
    runs: asyncio.Event = field(default_factory=asyncio.Event)
    sent: list[str] = field(default_factory=list)

    async def account(self) -> BotAccount:
        if self.refusals:
            raise self.refusals.pop(0)
        return self.is_of

    async def run(self) -> None:
        self.runs.set()
        await asyncio.Event().wait()

    def trouble(self) -> str | None:
        return None

    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        self.sent.append(message.title)
        return "1"

    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        self.sent.append(message.title)


def connection_of(chat: Chat, store: OwnedStore) -> PlatformConnection:
    return PlatformConnection(None, chat, identity=IdentityCheck(chat.platform, store, check_again_s=AT_ONCE))


@asynccontextmanager
async def kept(work: Callable[[], Awaitable[None]]) -> AsyncIterator["asyncio.Task[None]"]:
    async def run() -> None:
        await work()

    task = asyncio.create_task(run())
    yield task
    await stop(task)


async def test_a_store_of_nobody_becomes_that_of_the_first_bot_that_connects() -> None:
    store, chat = OwnedStore(), Chat()
    connection = connection_of(chat, store)
    assert connection.trouble() == "Telegram has not said yet whose token this is"
    async with kept(connection.run_sender), in_time("a bot that may send"):
        await connection.admitted()
        await chat.runs.wait()
        assert connection.trouble() is None
    assert store.owned_by == FIRST


async def test_nothing_is_sent_before_the_platform_has_said_whose_token_it_is() -> None:
    chat = Chat()
    connection = connection_of(chat, OwnedStore())
    for sending in (connection.send(PLACE, Message("a"), key="k"), connection.edit(PLACE, "1", Message("a"))):
        with pytest.raises(RetryLater, match="has not said yet whose token this is"):
            await sending
    assert chat.sent == []


async def test_a_stranger_stands_still_and_says_what_to_do_until_it_takes_the_store_over() -> None:
    store, chat = OwnedStore(FIRST), Chat(STRANGER)
    connection = connection_of(chat, store)
    async with kept(connection.run_sender):
        async with in_time("an answer of the platform"):
            await connection.identity_answered()
        assert connection.trouble() == (
            "This store belongs to the Telegram bot @RunwatchBot (id 4242), but TELEGRAM_TOKEN is that of the Telegram "
            "bot @OtherBot (id 5555). Nothing is sent or answered on Telegram: the 12 places that subscribed know only "
            "the former. To run both bots on one server, set REDIS_PREFIX for this one, for example "
            "REDIS_PREFIX=second: (or another REDIS_URL or DATA_DIR). To let this bot take over the data, run "
            "`runwatch take-over`; it reaches a place once it was added there"
        )
        assert connection.is_refused
        assert not connection.is_admitted
        with pytest.raises(RetryLater, match="This store belongs to"):
            await connection.send(PLACE, Message("a"), key="k")
        assert not chat.runs.is_set()
        await store.take_over(STRANGER)
        async with in_time("a bot that may send"):
            await chat.runs.wait()
        assert (connection.is_refused, connection.trouble()) == (False, None)


async def test_the_same_bot_under_a_new_name_passes_and_is_known_by_it() -> None:
    renamed = BotAccount(Platform.TELEGRAM, FIRST.id, "BankWatchBot")
    store = OwnedStore(FIRST)
    connection = connection_of(Chat(renamed), store)
    async with kept(connection.run_sender), in_time("a bot that may send"):
        await connection.admitted()
    assert store.owned_by == renamed


async def test_a_bot_from_which_the_store_is_taken_ends_with_the_reason() -> None:
    store, chat = OwnedStore(), Chat()
    connection = connection_of(chat, store)
    async with kept(connection.run_sender) as running:
        async with in_time("a bot that may send"):
            await connection.admitted()
        await store.take_over(STRANGER)
        async with in_time("the end of the first bot"):
            await asyncio.wait([running])
        error = running.exception()
        assert isinstance(error, ExceptionGroup)
        assert error.subgroup(ConfigurationError)


async def test_after_the_store_was_emptied_it_is_claimed_again() -> None:
    store, chat = OwnedStore(), Chat()
    connection = connection_of(chat, store)
    async with kept(connection.run_sender):
        async with in_time("a bot that may send"):
            await connection.admitted()
        store.owned_by = None
        await until(lambda: store.owned_by == FIRST, "a store that is the bot's again")
        assert connection.is_admitted


async def test_a_platform_that_is_away_is_asked_again_and_meanwhile_nothing_is_known() -> None:
    away = RetryLater("no connection to Telegram", after=timedelta(seconds=5))
    chat = Chat(refusals=[away])
    connection = connection_of(chat, OwnedStore())
    async with kept(connection.run_sender):
        async with in_time("an answer of the platform"):
            await connection.identity_answered()
        assert connection.trouble() == "no connection to Telegram"
        assert not connection.is_refused
        async with in_time("a bot that may send"):
            await connection.admitted()


async def test_while_the_store_is_away_nobody_is_admitted() -> None:
    store, chat = OwnedStore(FIRST, away=True), Chat()
    connection = connection_of(chat, store)
    async with kept(connection.run_sender):
        async with in_time("an answer of the platform"):
            await connection.identity_answered()
        assert connection.trouble() == "The store is away."
        store.away = False
        async with in_time("a bot that may send"):
            await connection.admitted()
        store.away = True
        await asyncio.sleep(3 * AT_ONCE)
        assert connection.is_admitted  # what is known stays known


async def test_polling_begins_when_one_platform_is_the_stores_and_waits_while_none_is() -> None:
    store = OwnedStore(FIRST)
    strange, own = connection_of(Chat(STRANGER), store), connection_of(Chat(), store)
    started = asyncio.Event()

    async def poll() -> None:
        started.set()
        await asyncio.Event().wait()

    async with kept(strange.run_sender):
        async with kept(lambda: while_not_refused([strange], poll)):
            async with in_time("an answer of the platform"):
                await strange.identity_answered()
            await asyncio.sleep(3 * AT_ONCE)
            assert not started.is_set()
        async with kept(own.run_sender), kept(lambda: while_not_refused([strange, own], poll)), in_time("a poll"):
            await started.wait()


def test_a_connection_without_a_token_is_admitted_at_once() -> None:
    connection = PlatformConnection(Chat())
    assert (connection.is_admitted, connection.is_refused, connection.identity_trouble()) == (True, False, None)
