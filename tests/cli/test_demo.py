"""The demo: an episode of the past through the whole service, with the terminal as the chat."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from io import StringIO
from pathlib import Path

from bot.chat.terminal import TerminalPlatform, answer
from bot.cli.ask import terminal_operator
from bot.cli.demo import SpeedControl, demo_settings, demo_withdrawal_sources
from bot.domain.place import Platform, Subscription
from bot.domain.withdrawals import ExchangeWithdrawals
from bot.replay.clock import ReplayClock
from bot.replay.episode import Episode
from bot.replay.episodes.binance_2022 import BINANCE_2022
from bot.replay.episodes.ftx_2022 import FTX_2022
from bot.replay.server import ReplayServer
from bot.service.application import Application
from bot.service.lifetime import Service
from bot.service.metrics import Metrics
from bot.storage import keys
from bot.workers.platform_connection import PlatformConnection
from tests.program import bot
from tests.waiting import until

_STEP = timedelta(hours=4)
_FRESH = timedelta(hours=1)  # the upstream runs every hour
_PROVENANCE = r"Replay(?: \(.+\))? · as of .+ UTC \(.+ ago\)"


async def test_calm_days_alert_nobody_and_the_demo_ends_by_itself(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LOG_LEVEL=loud\nEXCHANGES=okx\nREDIS_URL=redis://127.0.0.1:9\n")  # is left alone
    # A terminal that knows no minus sign, and no emoji, shows what it can.
    narrow = {"PYTHONIOENCODING": "latin-1"}
    ran = await bot("demo", "--episode", "quiet-year", "--speed", "100", directory=tmp_path, **narrow)
    assert (ran.code, ran.err) == (0, "")
    alerts, reply = re.sub(r"\n {4}", " ", ran.out).split("> /reserves binance\n")
    assert "this terminal is the chat" in alerts
    assert re.findall(r"^2023-12-(\d\d) Binance \$[\d.]+ B · ", alerts, re.MULTILINE) == ["29", "30", "31"]
    assert "INC-" not in ran.out
    assert "Binance · $" in reply
    # The newest hour of the replay: a calm exchange is fetched every few hours, and once more at the end.
    assert re.search(r"Replay \(.+\) · as of 2023-12-31 23:\d\d UTC \(\d\d min ago\)", reply)
    assert reply.endswith(
        "The replay is over. In a terminal you can now ask questions; README.md says how to run your own bot.\n"
    )


async def test_binance_2022_opens_gets_worse_is_held_and_resolves(tmp_path: Path) -> None:
    async with replayed(BINANCE_2022.staged(), "binance", tmp_path, withdrawals=False) as play:
        await play.run_until(play.clock.end, _STEP)
        for command, words in (("reserves", "binance"), ("why", "INC-1")):
            await play.chat.show(await answer(play.application.dispatcher, terminal_operator(), command, words))
    shown = play.output.getvalue()
    titles = re.findall(r"^[\d-]+ [\d:]+ UTC · (.+)$", shown, re.MULTILINE)
    assert re.fullmatch(r"🏦 Binance · \$[\d.]+ B · 24 h [−+]\$[\d.]+ [BM] \(.+ %\)", titles.pop(-2))
    assert titles == [
        "🟡 INC-1 · Binance · unusual outflow · watch",
        "🟠 INC-1 · Binance · elevated outflow",
        "🟠 INC-1 · Binance · elevated outflow · data incomplete",
        "🟠 INC-2 · Binance · Tron is missing at the source · elevated",
        "🟠 INC-1 · Binance · elevated outflow",
        "🟠 INC-1 · Binance · elevated outflow · frozen",
        "🟡 INC-3 · Binance · BTC moved in one step · watch",
        "🟠 INC-1 · Binance · elevated outflow",
        "🟠 INC-1 · Binance · elevated, easing",
        "🟢 INC-1 · Binance · resolved",
        "🟢 INC-1 · Binance · why",
    ]
    messages = re.split(r"^[\d-]+ [\d:]+ UTC · .+$", shown, flags=re.MULTILINE)[1:]
    opened, _, held, unreported, released, _, noticed, _, easing, _, asked, why = messages
    assert "Tron $" in unreported
    assert "moved the coins to addresses that nobody tracks" in re.sub(r"\n +", " ", unreported)
    assert re.search(r"✎ .+ 🟢 INC-2 · Binance · Tron is back at the source · Tron \$", shown)
    assert "Not counted as an outflow yet: waiting for the next reading." in noticed
    assert re.search(r"Net outflow −\$1\.\d+ B in 24 h · [12]\.\d % of reserves", opened)
    frozen = r"Net outflow −\$\d\.\d+ B in 7 d .+\n  Data incomplete: Tron \(15\.\d % of reserves\) is missing"
    assert re.search(frozen, re.sub(r"\n {4}", " ", held))
    assert re.search(r"✎ .+ INC-1 · Binance · unusual outflow · watch · Updated: it got worse \(elevated, ", shown)
    assert re.search(r"^\n  Net outflow .+\n(.+\n)+  Below the limits of elevated since", easing)
    assert "Data complete again" in released
    assert re.search(_PROVENANCE, asked)
    explained = re.sub(r"\n +", " ", why)
    for part in (
        r"Compared: Replay's reading of 2022-12-1\d \d\d:\d\d UTC \(reserves \$5\d\.\d B\) with that of ",
        r"By asset: −[\d.]+ M BUSD = −\$",
        r"Over the limit: 24 h −[34]\.\d % \(limit −3\.0 %\)",
        r"Normal days: median [−+]?0\.\d+ %, .+ spread 0\.\d+ % \(last 89 days\)\.",
        r"the largest outflow in 89 days",
        r"Replay's own 24 h figure, −\$[\d.]+ B, matches ours",
        r"Data gap: 2022-12-15 \d\d:00 UTC to 2022-12-15 \d\d:00 UTC, chain missing \(Tron, 15\.\d % of reserves\)",
        r"opened: 2022-12-1[23] .+ escalated: 2022-12-13 .+ resolved: 2022-12-2",
        _PROVENANCE,
    ):
        assert re.search(part, explained), part


async def test_ftx_stays_critical_behind_closed_withdrawals(tmp_path: Path) -> None:
    closed_at = FTX_2022.live_start.replace(day=8, hour=11)
    async with replayed(FTX_2022, "ftx", tmp_path) as play:
        await play.run_until(closed_at, _STEP)
        await play.run_until(closed_at + timedelta(hours=6), _FRESH)
        await play.run_until(closed_at + timedelta(days=3), 3 * _STEP)
        await play.chat.show(await answer(play.application.dispatcher, terminal_operator(), "withdrawals", "ftx"))
    shown = re.sub(r"\n +", " ", play.output.getvalue())
    *_, closed, critical, asked = re.split(r"^[\d-]+ [\d:]+ UTC · ", shown, flags=re.MULTILINE)
    assert closed.startswith("🔴 INC-2 · FTX · withdrawals of all majors closed · severe")
    assert critical.startswith("⛔ INC-1 · FTX · critical: outflow while withdrawals are closed")
    assert "Withdrawals: BTC, ETH, USDT, USDC closed since 12:00 UTC" in critical
    assert "Does not ease while withdrawals of two major assets are closed." in critical
    assert "Withdrawals: BTC, ETH, USDT, USDC closed since 2022-11-08 12:00 UTC" in asked
    assert "resolved" not in shown


async def test_usdc_is_closed_at_binance_on_13_december(tmp_path: Path) -> None:
    closed_at = BINANCE_2022.live_start.replace(day=13, hour=8)
    async with replayed(BINANCE_2022, "binance", tmp_path) as play:
        await play.run_until(closed_at, 3 * _STEP)
        await play.run_until(closed_at + timedelta(hours=10), _FRESH)
    assert re.search(r"🟡 INC-\d · Binance · USDC withdrawals closed · watch", play.output.getvalue())
    assert "USDC closed since" in play.output.getvalue()


def test_the_clock_waits_for_a_bot_that_cannot_follow() -> None:
    seconds, rounds = 0.0, 0
    begin = BINANCE_2022.live_start
    clock = ReplayClock(begin, BINANCE_2022.live_end, speed=0.0, ticks=lambda: seconds)
    speed_control = SpeedControl(clock, 3600.0, rounds=(lambda: rounds,))

    hours = []
    for is_round in (False, False, False, True, False, False, False):
        rounds += is_round
        speed_control.adjust()
        seconds += 1
        hours.append((clock.now() - begin) / timedelta(hours=1))

    assert hours == [1, 2, 2, 3, 4, 4, 4]


@dataclass
class Play:
    """An episode under way: its clock is moved by hand, what the terminal shows is in `output`."""

    clock: ReplayClock
    application: Application
    exchange: str
    chat: TerminalPlatform
    output: StringIO = field(default_factory=StringIO)
    has_withdrawals: bool = True

    async def run_until(self, end: datetime, step: timedelta) -> None:
        """Move the clock on in steps, and wait after each until the bot has caught up."""
        while self.clock.now() < end:
            self.clock.advance(min(step, end - self.clock.now()))
            await self.catch_up()

    def is_up_to_date(self) -> bool:
        snapshot = self.application.latest.snapshot(self.exchange)
        return bool(snapshot and snapshot.reading and self.clock.now() - snapshot.reading.as_of < _FRESH)

    async def catch_up(self) -> None:
        """Wait until the newest reading is shown, judged and announced; nothing more comes before time moves.

        One round may be under way and one may go by a list that was asked for before time moved on; the third has the
        newest list, by which the exchange may be due once more. One that is under way when time moves on would judge a
        reading that is four hours old by then, and call it stale.
        """
        await until(self.is_up_to_date, "a snapshot with the newest reading")
        poller = self.application.poller
        rounds = poller.rounds
        await until(lambda: poller.rounds >= rounds + 3, "three more rounds of the poller")
        if self.has_withdrawals:
            known = self.application.latest.withdrawals
            await until(lambda: _is_of(known.get(self.exchange), self.clock), "withdrawals as they are now")
        await until(self.is_all_delivered, "the end of every delivery")

    async def is_all_delivered(self) -> bool:
        """Return whether nothing is queued but edits, which come five minutes after the one before."""
        store = self.application.store
        postponed = await store.database.command("ZCARD", keys.POSTPONED.key(Platform.TERMINAL))
        return sum((await store.outbox.depth()).values()) <= int(postponed)


def _is_of(known: ExchangeWithdrawals | None, clock: ReplayClock) -> bool:
    return known is not None and known.as_of == clock.now()


@asynccontextmanager
async def replayed(
    episode: Episode, exchange: str, directory: Path, *, withdrawals: bool = True
) -> AsyncIterator[Play]:
    """Run the service on an episode, the terminal subscribed to everything; it has read its past when this begins."""
    clock, output, stop = ReplayClock.frozen(episode.live_start, episode.live_end), StringIO(), asyncio.Event()
    chat = TerminalPlatform(clock, out=output)
    async with ReplayServer(episode, clock) as upstream, asyncio.TaskGroup() as tasks:
        service = Service(
            demo_settings(upstream, directory).model_copy(
                update={
                    "exchanges": (exchange,),
                    "detail_interval": timedelta(seconds=1),
                    "withdrawal_interval": timedelta(minutes=1),
                }
            ),
            clock=clock,
            store_clock=clock,
            metrics=Metrics(clock, "1.2.3"),
            make_chats=lambda *_: (PlatformConnection(chat),),
            source_name="Replay",
            poll_every=timedelta(milliseconds=20),
            make_withdrawal_sources=partial(demo_withdrawal_sources, upstream) if withdrawals else lambda *_: (),
            withdrawal_turn=timedelta(milliseconds=20),
        )
        tasks.create_task(service.run(stop))
        try:
            play = Play(clock, await service.started(), exchange, chat, output, withdrawals)
            await play.application.store.subscriptions.add(Subscription(terminal_operator().place, exchange=None))
            await until(play.is_up_to_date, "a snapshot with the newest reading")
            yield play
        finally:
            stop.set()
