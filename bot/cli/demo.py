"""The whole service on an episode of the past, with this terminal as the chat."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import __version__
from bot.chat.terminal import TerminalChat, answer, converse
from bot.cli.ask import terminal_operator
from bot.commands.dispatcher import CommandContext
from bot.config.settings import Settings
from bot.domain.place import Subscription
from bot.messages.cards.about import introduction_card
from bot.messages.cards.flows import daily_line
from bot.messages.model import Message
from bot.replay.clock import ReplayClock
from bot.replay.episode import Episode
from bot.replay.episodes.catalogue import episode as find_episode
from bot.replay.server import ReplayServer
from bot.service.application import Application
from bot.service.lifetime import Service
from bot.service.metrics import Metrics
from bot.workers.platform_connection import PlatformConnection

_HOUR = timedelta(hours=1)
_FASTEST_POLL = timedelta(milliseconds=50)
_LEAD = timedelta(hours=1.2)  # a reading is then no older than 2.6 h when it is judged, and 3 h are too old
_LOADED_WITHIN = 60.0
_SETTLED_WITHIN = 10.0
_CHECK_EVERY_S = 0.02


async def play(name: str, hours_a_second: timedelta | None) -> None:
    """Replay an episode at high speed, then answer questions until the input ends; raise ConfigurationError."""
    episode = find_episode(name).staged()
    speed = hours_a_second.total_seconds() if hours_a_second else episode.speed
    clock = ReplayClock.frozen(episode.live_start, episode.live_end)
    chat = TerminalChat(clock)
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(ReplayServer(episode, clock))
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="runwatch-demo-")))
        service = Service(
            _settings(upstream.url, directory),
            clock=clock,
            metrics=Metrics(clock, __version__),
            make_chats=lambda *_: (PlatformConnection(chat),),
            source_name=f"Replay ({episode.label})",
            poll_every=_poll_every(speed),
        )
        await chat.show(_introduction(episode))
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(service.run(stop))
            try:
                await _run_episode(await service.started(), episode, clock, chat, speed)
            finally:
                stop.set()


async def serve_episode(name: str, host: str, port: int, hours_a_second: timedelta | None) -> None:
    """Serve an episode until interrupted, its clock running or, at speed 0, standing still."""
    episode = find_episode(name)
    speed = episode.speed if hours_a_second is None else hours_a_second.total_seconds()
    clock = ReplayClock.of(episode, speed=speed)
    async with ReplayServer(episode, clock, host, port) as server:
        print(f"Serving {episode.id} ({episode.label}) at {server.url}", flush=True)  # noqa: T201 — the command's answer
        await asyncio.Event().wait()


def _settings(url: str, directory: Path) -> Settings:
    """Return settings of which nothing is from the environment or `.env`, and so no mistake made there either."""
    return Settings.model_construct(
        data_dir=directory,
        defillama_url=url,
        poll_interval=_HOUR,
        detail_interval=timedelta(minutes=45),
    )


def _introduction(episode: Episode) -> Message:
    staged = episode.staging.said if episode.staging else ""
    return introduction_card(episode.title, episode.label, episode.live_start, episode.live_end, staged=staged)


async def _run_episode(
    machine: Application, episode: Episode, clock: ReplayClock, chat: TerminalChat, speed: float
) -> None:
    """Let the past load, run the clock to the end, ask the first questions, then leave the prompt to the viewer."""
    asked = terminal_operator()
    leading = episode.books[0].id
    await machine.store.subscriptions.add(Subscription(asked.place, exchange=None))
    await _wait_until(lambda: len(machine.latest.snapshots()) >= len(episode.books), _LOADED_WITHIN)
    day, pace = clock.now().date(), SpeedControl(clock, speed, rounds=lambda: machine.poller.rounds)
    while not clock.is_over:
        pace.keep()
        await asyncio.sleep(_CHECK_EVERY_S)
        if clock.now().date() != day:
            day = clock.now().date()
            await _note_day(machine, leading, chat)
    await _wait_until_settled(machine)
    await _ask(machine, asked, chat, "reserves", leading)
    for incident in await machine.store.incidents.recent(1, subject=leading):
        await _ask(machine, asked, chat, "why", incident.label)
    if sys.stdin.isatty():
        await converse(machine.dispatcher, asked, chat)


class SpeedControl:
    """Runs a clock and stops it while the bot cannot follow: a busy machine shows the same story, only slower."""

    def __init__(self, clock: ReplayClock, speed: float, *, rounds: Callable[[], int]) -> None:
        self._clock, self._speed, self._count = clock, speed, rounds
        self._rounds, self._followed = rounds(), clock.now()

    def keep(self) -> None:
        """Let the clock run unless it is too far ahead of the last of the bot's rounds through its exchanges."""
        now = self._clock.now()
        if self._count() != self._rounds:
            self._rounds, self._followed = self._count(), now
        speed = self._speed if now - self._followed <= _LEAD else 0.0
        if self._clock.speed != speed:
            self._clock.run(speed)


def _poll_every(speed: float) -> timedelta:
    """Return the time between two polls, one in each simulated hour where that is not too often."""
    return max(_HOUR / speed, _FASTEST_POLL)


async def _ask(machine: Application, asked: CommandContext, chat: TerminalChat, name: str, words: str) -> None:
    """Ask as a viewer would, question and answer visible."""
    await chat.show_line(f"> /{name} {words}")
    await chat.show(await answer(machine.dispatcher, asked, name, words))


async def _note_day(machine: Application, exchange: str, chat: TerminalChat) -> None:
    outlook = machine.latest.snapshot(exchange)
    if outlook:
        await chat.show_line(daily_line(outlook))


async def _wait_until_settled(machine: Application) -> None:
    """Wait until the last readings were looked at and the last message is out."""
    await machine.poller.poll()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _SETTLED_WITHIN
    while loop.time() < deadline:
        await asyncio.sleep(_CHECK_EVERY_S * 4)
        if not sum((await machine.store.outbox.depth()).values()):
            return


async def _wait_until(holds: Callable[[], bool], seconds: float) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not holds() and loop.time() < deadline:  # noqa: ASYNC110 — a glance now and then is all a show needs
        await asyncio.sleep(_CHECK_EVERY_S)
