"""One question on the command line, and the check of a configuration."""

from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import __version__
from bot.commands.declaration import Caller, PlaceAccess, split
from bot.commands.dispatcher import CommandContext
from bot.config.settings import Settings
from bot.domain.errors import AskerError, ConfigurationError, RunwatchError, StorageError
from bot.domain.place import Place, Platform
from bot.messages.model import Message, Tone
from bot.ports.sources import Clock
from bot.service.application import COMMANDS, Application, SystemClock, require_a_token
from bot.service.metrics import Metrics
from bot.service.platforms import misdirected
from bot.sources.defillama.source import DefiLlama
from bot.sources.http import Http
from bot.storage.embedded.server import socket_in
from bot.storage.embedded.server_binary import find_binary
from bot.storage.store import Store, open_store


@dataclass(frozen=True, slots=True)
class TerminalAnswer:
    """An answer on the command line; `failed` when the question could not be answered."""

    message: Message
    now: datetime
    failed: bool


async def ask(settings: Settings, question: str) -> TerminalAnswer:
    """Answer one question from the running service's store, or else after fetching what it needs once."""
    clock = SystemClock()
    name, _, words = question.strip().partition(" ")
    command = COMMANDS.get(name)
    if command is None:
        raise AskerError(f"There is no /{name.removeprefix('/')}. `runwatch ask /help` lists what there is.")
    async with AsyncExitStack() as stack:
        store = await _store_to_ask(settings, clock, stack)
        http = await stack.enter_async_context(Http())
        source = DefiLlama(http, clock, url=settings.defillama_url)
        machine = Application(settings, store=store, source=source, clock=clock, metrics=Metrics(clock, __version__))
        await machine.updates.restore()
        if not machine.latest.snapshots():
            await machine.fetch_for(split(words))
        message = await machine.dispatcher.answer_words(terminal_operator(), command, words)
        return TerminalAnswer(message, clock.now(), failed=message.tone is Tone.TROUBLE)


async def _store_to_ask(settings: Settings, clock: Clock, stack: AsyncExitStack) -> Store:
    """Return the running service's store where there is one, else one that is gone afterwards."""
    for where in _stores_of_a_service(settings):
        with suppress(StorageError):
            store = await open_store(where, clock=clock)
            stack.push_async_callback(store.close)
            return store
    directory = stack.enter_context(TemporaryDirectory(prefix="runwatch-"))
    store = await open_store(Path(directory), clock=clock)
    stack.push_async_callback(store.close)
    return store


def _stores_of_a_service(settings: Settings) -> Iterator[str]:
    if settings.redis_url:
        yield settings.redis_url.get_secret_value()
    elif (socket := socket_in(settings.data_dir)).exists():
        yield f"unix://{socket}"


def terminal_operator() -> CommandContext:
    """Return the person at the terminal, who may do everything there."""

    async def yes(_: Place) -> bool:
        return True

    async def nowhere(text: str) -> Place:
        raise AskerError(f"{text} cannot be reached from the terminal; use the command in Discord or Telegram.")

    async def nothing(_: Place) -> tuple[str, ...]:
        return ()

    place = Place(Platform.TERMINAL, "here")
    return CommandContext(
        place, Caller("terminal", is_owner=True, may_moderate=yes), PlaceAccess(nowhere, nothing), private=True
    )


async def problems(settings: Settings) -> list[str]:
    """Return every problem that would keep the service from working, a sentence each."""
    found: list[str] = []
    try:
        require_a_token(settings)
    except ConfigurationError as error:
        found.append(str(error))
    found += misdirected(settings)
    try:
        if settings.redis_url:
            store = await open_store(settings.redis_url.get_secret_value(), clock=SystemClock())
            await store.close()
        else:
            settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            find_binary(settings.data_dir)
    except (RunwatchError, OSError) as error:
        found.append(f"The store cannot be used: {error}")
    return found
