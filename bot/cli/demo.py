"""`runwatch demo`: the whole service on an episode of the past, with this terminal as the chat.

At the usual 18,000 simulated seconds a second, a week takes 34 s. The clock stops while the bot has not caught up with
it, so that a slow machine shows the same story.
"""

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot import __version__
from bot.chat.terminal import TerminalPlatform, answer, converse
from bot.cli.ask import terminal_operator
from bot.commands.dispatcher import CommandContext
from bot.config.exchange_addresses import OFF, ExchangeAddresses
from bot.config.market_addresses import MarketAddresses
from bot.config.settings import Settings
from bot.domain.incident import Incident
from bot.domain.place import Subscription
from bot.domain.signal import Rule
from bot.messages.cards.about import introduction_card, replay_over_line
from bot.messages.cards.flows import daily_line
from bot.messages.model import Message
from bot.ports.sources import Clock, WithdrawalSource
from bot.replay.clock import ReplayClock
from bot.replay.episode import Episode
from bot.replay.episodes.catalogue import find_episode
from bot.replay.server import ReplayServer
from bot.service.application import Application
from bot.service.exchange_interfaces import sources_by_settings
from bot.service.lifetime import Service
from bot.service.metrics import Metrics
from bot.sources.http import Http
from bot.sources.withdrawals.ftx import FTX
from bot.sources.withdrawals.registry import withdrawal_sources
from bot.workers.platform_connection import PlatformConnection

_HOUR = timedelta(hours=1)
_PEG_INTERVAL = timedelta(minutes=5)
_SHORTEST_POLL_INTERVAL = timedelta(milliseconds=50)
# How far the clock may be ahead of the last round: a reading is then no older than 2.6 h when it is judged, and one of
# more than 3 h is too old to judge.
_MAX_LEAD = timedelta(hours=1.2)
# How long the demo waits for the past to load and for the last message to be shown; then it goes on all the same.
_LOAD_TIMEOUT_S = 60.0
_SETTLE_TIMEOUT_S = 10.0
_CHECK_EVERY_S = 0.02
_MANY = 50  # incidents of a replay: the worst is explained at its end


async def play(name: str, hours_a_second: timedelta | None) -> None:
    """Replay an episode at high speed, then answer questions until the input ends; raise ConfigurationError."""
    episode = find_episode(name).staged()
    speed = hours_a_second.total_seconds() if hours_a_second else episode.speed
    # Frozen until the past has been read, which takes some seconds that the story must not lose.
    clock = ReplayClock.frozen(episode.live_start, episode.live_end)
    chat = TerminalPlatform(clock)
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(ReplayServer(episode, clock))
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="runwatch-demo-")))
        service = Service(
            demo_settings(upstream, directory),
            clock=clock,
            metrics=Metrics(clock, __version__),
            make_chats=lambda *_: (PlatformConnection(chat),),
            source_name=f"Replay ({episode.label})",
            poll_every=_poll_every(speed),
            store_clock=clock,
            make_withdrawal_sources=partial(demo_withdrawal_sources, upstream),
            withdrawal_turn=_poll_every(speed),
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
        settings = "\n".join(f"{name}={value}" for name, value in replay_settings(server).items())
        print(  # noqa: T201 — the command's answer
            f"Serving {episode.id} ({episode.label}) at {server.url}\nSettings that lead there:\n{settings}", flush=True
        )
        await asyncio.Event().wait()


def replay_settings(upstream: ReplayServer) -> Mapping[str, str]:
    """Return the settings with which any other command asks a replay, and nobody else: `GATE_URL=http://…/gate`."""
    served = {**upstream.withdrawal_settings, **upstream.market_settings}
    asked = (*ExchangeAddresses.model_fields, *MarketAddresses.model_fields)
    addresses = {name.upper(): served.get(name, OFF) for name in asked}
    # An episode has the prices of no single exchange: all of them would be said to fail.
    return {"DEFILLAMA_URL": upstream.url, "PRICE_GAPS": "false", **addresses}


def demo_settings(upstream: ReplayServer, directory: Path) -> Settings:
    """Return settings with nothing from the environment or `.env`: a mistake there does not stop the demo.

    What the stand-in does not serve is off: a replay never asks a real exchange.
    """
    addresses: dict[str, Any] = dict.fromkeys(ExchangeAddresses.model_fields) | dict(upstream.withdrawal_settings)
    addresses |= dict(upstream.market_settings)
    return Settings.model_construct(
        data_dir=directory,
        defillama_url=upstream.url,
        poll_interval=_HOUR,
        detail_interval=timedelta(minutes=45),
        withdrawal_interval=_HOUR,
        pegs=upstream.tells_of_pegs,
        price_gaps=False,
        market_interval=_PEG_INTERVAL,
        **addresses,
    )


def demo_withdrawal_sources(
    upstream: ReplayServer, settings: Settings, http: Http, clock: Clock
) -> Sequence[WithdrawalSource]:
    """Return a source for each exchange, and FTX's of its day."""
    ftx = withdrawal_sources(
        http, clock, addresses=upstream.withdrawal_settings, interval=settings.withdrawal_interval, adapters=(FTX,)
    )
    return (*sources_by_settings(settings, http, clock), *ftx)


def _introduction(episode: Episode) -> Message:
    staged = episode.staging.notice if episode.staging else ""
    return introduction_card(episode.title, episode.label, episode.live_start, episode.live_end, staged=staged)


async def _run_episode(
    application: Application, episode: Episode, clock: ReplayClock, chat: TerminalPlatform, speed: float
) -> None:
    """Let the past load, run the clock to the end, ask two questions, then give the prompt to the viewer."""
    context = terminal_operator()
    leading = episode.exchanges[0].id
    await application.store.subscriptions.add(Subscription(context.place, exchange=None))
    await _wait_until(lambda: len(application.latest.snapshots()) >= len(episode.exchanges), _LOAD_TIMEOUT_S)
    rounds = (lambda: application.poller.rounds, lambda: application.withdrawal_poller.rounds)
    day, speed_control = clock.now().date(), SpeedControl(clock, speed, rounds=rounds)
    while not clock.is_over:
        speed_control.adjust()
        await asyncio.sleep(_CHECK_EVERY_S)
        if clock.now().date() != day:
            day = clock.now().date()
            await _show_day(application, leading, chat)
    await _wait_until_settled(application, leading)
    await _ask(application, context, chat, "reserves", leading)
    incidents = await application.store.incidents.recent(_MANY, subject=leading)
    if incidents:
        await _ask(application, context, chat, "why", max(incidents, key=_importance).label)
    await chat.show_line(replay_over_line(has_prompt=sys.stdin.isatty()))
    if sys.stdin.isatty():
        await converse(application.dispatcher, context, chat)


def _importance(incident: Incident) -> tuple[bool, int]:
    """Return what the incident that is explained at the end is chosen by: an outflow first, then how bad it was."""
    return incident.source_rule == Rule.OUTFLOW, incident.peak.rank


class SpeedControl:
    """Runs a clock at a speed, and stops it while the bot has not caught up with it.

    `rounds` return how many rounds of judging the bot has done: of amounts, and of withdrawals. Example: where each
    round takes a second, a clock that would run 5 h a second stops 1.2 h after each round, and so runs 1.2 h a second.
    """

    def __init__(self, clock: ReplayClock, speed: float, *, rounds: Sequence[Callable[[], int]]) -> None:
        self._clock, self._speed, self._counters = clock, speed, rounds
        self._counts = [count() for count in rounds]
        self._round_at = [clock.now() for _ in rounds]

    def adjust(self) -> None:
        """Let the clock run unless it is too far ahead of the last round of either sort."""
        now = self._clock.now()
        counts = [count() for count in self._counters]
        self._round_at = [
            at if count == before else now
            for at, count, before in zip(self._round_at, counts, self._counts, strict=True)
        ]
        self._counts = counts
        speed = self._speed if now - min(self._round_at) <= _MAX_LEAD else 0.0
        if self._clock.speed != speed:
            self._clock.run(speed)


def _poll_every(speed: float) -> timedelta:
    """Return the time between two polls, one in each simulated hour where that is not too often."""
    return max(_HOUR / speed, _SHORTEST_POLL_INTERVAL)


async def _ask(
    application: Application, context: CommandContext, chat: TerminalPlatform, name: str, words: str
) -> None:
    """Ask as a viewer would, question and answer visible."""
    await chat.show_line(f"> /{name} {words}")
    await chat.show(await answer(application.dispatcher, context, name, words))


async def _show_day(application: Application, exchange: str, chat: TerminalPlatform) -> None:
    if snapshot := application.latest.snapshot(exchange):
        await chat.show_line(daily_line(snapshot))


async def _wait_until_settled(application: Application, exchange: str) -> None:
    """Wait until the last readings have been judged and the last message is shown.

    The newest of the exchange is fetched: where all is calm the last one is several hours old, and an answer would say
    that it is too old.
    """
    await application.poller.poll()
    await application.fetch_for([exchange])
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _SETTLE_TIMEOUT_S
    while loop.time() < deadline:
        await asyncio.sleep(_CHECK_EVERY_S * 4)
        if not sum((await application.store.outbox.depth()).values()):
            return


async def _wait_until(is_true: Callable[[], bool], seconds: float) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not is_true() and loop.time() < deadline:  # noqa: ASYNC110 — nothing announces what is waited for here
        await asyncio.sleep(_CHECK_EVERY_S)
