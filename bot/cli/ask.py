"""`runwatch ask "/reserves binance"`: answer one command on the command line, without a chat.

The store of the running service is asked where there is one. Otherwise the list and what the command needs are fetched
once, into a temporary store that is deleted afterwards.
"""

from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import __version__
from bot.commands.declaration import Caller, PlaceAccess, split_words
from bot.commands.dispatcher import CommandContext
from bot.config.settings import Settings
from bot.domain.errors import AskerError, StorageError
from bot.domain.place import Place, Platform
from bot.domain.reading import SourceHealth
from bot.messages.cards.errors import no_list_card
from bot.messages.model import Message, Tone
from bot.ports.sources import Clock
from bot.service.application import COMMANDS, Application, SystemClock
from bot.service.chain_interfaces import chain_sources_by_settings
from bot.service.exchange_interfaces import proof_sources_by_settings, sources_by_settings
from bot.service.metrics import Metrics
from bot.sources.defillama.source import DefiLlama
from bot.sources.http import Http
from bot.sources.news.source import news_feeds
from bot.storage.embedded.server import socket_in
from bot.storage.store import Store, open_store

_NEED_NO_LIST = frozenset(("help", "privacy", "status"))  # the last one says by itself what is wrong with the list
_NEED_WITHDRAWALS = frozenset(("withdrawals", "stress"))  # of which each exchange is asked that the question is about


@dataclass(frozen=True, slots=True)
class TerminalAnswer:
    """An answer on the command line, and when it was given; `failed`: the exit code is 1."""

    message: Message
    now: datetime
    failed: bool


async def ask(settings: Settings, question: str) -> TerminalAnswer:
    """Answer one command line, with or without its slash; raise AskerError for an unknown command."""
    clock = SystemClock()
    name, _, words = question.strip().partition(" ")
    command = COMMANDS.get(name)
    if command is None:
        raise AskerError(f"There is no /{name.removeprefix('/')}. `runwatch ask /help` lists all commands.")
    async with AsyncExitStack() as stack:
        store, is_temporary = await _open_store(settings, clock, stack)
        http = await stack.enter_async_context(Http(settings.proxies, attempts=1))  # somebody waits for the answer
        source = DefiLlama(http, clock, url=settings.defillama_url)
        application = Application(
            settings,
            store=store,
            source=source,
            clock=clock,
            metrics=Metrics(clock, __version__),
            withdrawal_sources=sources_by_settings(settings, http, clock),
            proof_sources=proof_sources_by_settings(settings, http, clock),
            chain_sources=chain_sources_by_settings(settings, http, clock),
            feeds=news_feeds(http, settings.news_feeds),
        )
        await application.updates.restore()
        # What the service has not read yet it will read itself: a question writes nothing into its store.
        if is_temporary:
            await application.fetch_for(split_words(words))
            if command.name in _NEED_WITHDRAWALS:
                await application.fetch_withdrawals_for(split_words(words))
            if command.name == "por":
                await application.fetch_proofs_for(split_words(words))
            if command.name == "news":
                await application.news.poll()
            if command.name == "stress":
                await application.examine_for(split_words(words))
        message = await application.dispatcher.answer_words(terminal_operator(), command, words)
        needs_list = message.tone is Tone.TROUBLE and command.name not in _NEED_NO_LIST
        if needs_list and (health := _failing_list(application)):
            message = no_list_card(health)
        return TerminalAnswer(message, clock.now(), failed=message.tone is Tone.TROUBLE)


def _failing_list(application: Application) -> SourceHealth | None:
    """Return the health of the list of exchanges where it cannot be fetched and none is known from earlier."""
    if application.latest.listings:
        return None
    sources = application.latest.health.items()
    return next((health for name, health in sources if name.endswith("/cexs") and health.fault), None)


async def _open_store(settings: Settings, clock: Clock, stack: AsyncExitStack) -> tuple[Store, bool]:
    """Return the store of the running service if it can be reached, else an empty one in a temporary directory.

    The second value is whether it is a temporary one.
    """
    # A store that does not answer is no reason to fail: the question is then answered from freshly fetched figures.
    for address in service_stores(settings):
        with suppress(StorageError):
            # A question changes nothing: the service that runs there may be of the version before this one.
            store = await open_store(address, clock=clock, may_migrate=False, prefix=settings.redis_prefix)
            if await store.readings.listings():
                stack.push_async_callback(store.close)
                return store, False
            await store.close()  # nothing was read there yet, or no service has ever run on it
    directory = stack.enter_context(TemporaryDirectory(prefix="runwatch-"))
    store = await open_store(Path(directory), clock=clock)
    stack.push_async_callback(store.close)
    return store, True


def service_stores(settings: Settings) -> Iterator[str]:
    """Yield the address of the store a running service would use: REDIS_URL, or the socket of the private server."""
    if settings.redis_url:
        yield settings.redis_url.get_secret_value()
    elif (socket := socket_in(settings.data_dir)).exists():
        yield f"unix://{socket}"


def terminal_operator() -> CommandContext:
    """Return the context of the person at the terminal, who may do everything there."""

    async def may_moderate(_: Place) -> bool:
        return True

    async def find(text: str) -> Place:
        raise AskerError(f"{text} can't be reached from the terminal; use the command in Discord or Telegram.")

    async def missing(_: Place) -> tuple[str, ...]:
        return ()

    place = Place(Platform.TERMINAL, "here")
    return CommandContext(
        place, Caller("terminal", is_owner=True, may_moderate=may_moderate), PlaceAccess(find, missing), private=True
    )
