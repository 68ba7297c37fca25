"""A second signal source lives the life of an incident, by one detection file, one card and one line in the table.

The watch, the store, the commands and what the platforms make of the messages are the real ones.
"""

import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typing_extensions import override

import bot
import handlers
from bot.backtest.output import json_line, table
from bot.backtest.simulation import SimulatedAlert, Simulation
from bot.chat.telegram.render import render
from bot.chat.terminal.plain import plain_text
from bot.cli.ask import terminal_operator
from bot.config.settings import Settings
from bot.domain.exchange import Exchange
from bot.domain.incident import Incident, IncidentState, StepReason
from bot.domain.place import Place, Platform
from bot.domain.severity import Sensitivity, Severity
from bot.messages.cards.signals import SIGNALS, SignalKind, signal_kinds
from bot.ports.outbox import DeliveryKind
from bot.ports.readings import SignalPast
from bot.service.application import COMMANDS, Application
from bot.service.metrics import Metrics
from bot.sources.defillama.source import DefiLlama
from bot.sources.http import Http
from bot.storage.store import Store, open_store
from tests.builders import DAY, NOON, holding, listing, subscription
from tests.clocks import HandMovedClock
from tests.second_source.peg import Peg, Quote
from tests.second_source.peg_card import PegCard
from tests.servers import Server

KINDS = signal_kinds(
    *SIGNALS.values(),
    SignalKind(Peg(), PegCard()),
)
MINUTE = timedelta(minutes=1)
POST, EDIT, CLOSE, REPLY = DeliveryKind
CALM, WATCH, ELEVATED, SEVERE = 0.999, 0.985, 0.97, 0.94


class QuotedDaily(SignalPast):
    """USDT was at $0.97 on the third day of the last month, and at a dollar on every other one."""

    source = Peg()

    @override
    async def rounds(
        self, exchanges: Sequence[Exchange], *, since: datetime, until: datetime
    ) -> AsyncIterator[tuple[datetime, Sequence[Quote]]]:
        del exchanges, since
        for day in range(30):
            at = until - (30 - day) * DAY
            yield at, [Quote("USDT", at, ELEVATED if day == 2 else 1.0)]


@dataclass
class Room:
    """A Telegram group that subscribed to everything, and the bot's terminal."""

    machine: Application
    store: Store
    clock: HandMovedClock

    async def see(self, usd: float | None, minutes: int, asset: str = "USDT") -> list[str]:
        """Take a quote so many minutes after noon, or look without one; return the titles of what is told."""
        self.clock.time = NOON + minutes * MINUTE
        await self.machine.updates.judge_signal("peg", [Quote(asset, self.clock.now(), usd)] if usd else [])
        return [text.partition("\n")[0] for text in await self.told()]

    async def told(self) -> list[str]:
        """Deliver what waits and return it: its kind, and what Telegram shows."""
        texts = []
        while found := await self.store.outbox.claim(Platform.TELEGRAM, limit=9, wait=timedelta()):
            for delivery in found:
                texts.append(f"{delivery.kind} {render(delivery.message, self.clock.now()).text}")
                await self.store.outbox.finish(delivery, message_id=f"message-{len(texts)}")
        return texts

    async def ask(self, name: str, words: str = "") -> str:
        """Return what the terminal answers."""
        command = COMMANDS.get(name)
        assert command
        answer = await self.machine.dispatcher.answer_words(terminal_operator(), command, words)
        return plain_text(answer, self.clock.now(), width=200)

    async def incident(self) -> Incident:
        (found,) = await self.store.incidents.recent()
        return found


@pytest.fixture
async def room(redis: Server) -> AsyncIterator[Room]:
    clock = HandMovedClock(NOON)
    store = await open_store(redis.url, clock=clock)
    await store.subscriptions.add(subscription(None))
    async with Http() as http:
        machine = Application(
            Settings(data_dir=Path("/nowhere")),
            store=store,
            source=DefiLlama(http, clock, url="http://127.0.0.1:9"),
            clock=clock,
            metrics=Metrics(clock, "1.2.3"),
            kinds=KINDS,
            pasts=[QuotedDaily()],
        )
        yield Room(machine, store, clock)
    await store.close()


async def test_it_lives_from_its_first_suspicion_to_its_end(room: Room) -> None:
    assert await room.see(CALM, 0) == []
    assert await room.see(WATCH, 10) == []
    assert await room.see(WATCH, 20) == ["post 🟡 INC-1 · USDT · watch, off its peg"]
    assert await room.see(ELEVATED, 30) == ["post 🟠 INC-1 · USDT · elevated, off its peg"]
    assert await room.see(ELEVATED - 0.004, 40) == ["edit 🟠 INC-1 · USDT · elevated, off its peg"]
    assert await room.see(None, 71) == ["edit 🟠 INC-1 · USDT · elevated, off its peg · held"]
    assert await room.see(ELEVATED, 80) == ["edit 🟠 INC-1 · USDT · elevated, off its peg"]
    assert await room.see(CALM, 90) == ["edit 🟠 INC-1 · USDT · elevated, off its peg"]
    assert await room.see(CALM, 90 + 6 * 60) == [
        "close 🟢 INC-1 · USDT · resolved",
        "reply 🟢 INC-1 · USDT · resolved",
    ]

    incident = await room.incident()
    assert (incident.subject, incident.rule, incident.state) == ("USDT", "peg", IncidentState.RESOLVED)
    assert [event.reason for event in incident.events] == [
        StepReason.OPENED,
        StepReason.ESCALATED,
        StepReason.HELD,
        StepReason.RELEASED,
        StepReason.RESOLVED,
    ]


async def opened(room: Room) -> str:
    """Let USDT fall to $0.985 and $0.97, and return the alert."""
    await room.see(WATCH, 0)
    await room.see(WATCH, 10)
    room.clock.time = NOON + 20 * MINUTE
    await room.machine.updates.judge_signal("peg", [Quote("USDT", room.clock.now(), ELEVATED)])
    (alert,) = await room.told()
    return alert


async def test_the_alert_is_in_the_words_of_its_card(room: Room) -> None:
    assert (await opened(room)).splitlines() == [
        "post 🟠 INC-1 · USDT · elevated, off its peg",
        "Worse than before: now elevated.",
        "price: −3.0 %",
        "A price is one venue's opinion.",
        "",
        "quotes · as of 2022-12-13 12:20 UTC (just now)",
    ]


async def test_it_is_among_the_incidents_and_why_explains_it(room: Room) -> None:
    await opened(room)

    listed, why = await room.ask("incidents"), await room.ask("why", "INC-1")

    assert "🟠 INC-1 · USDT · elevated, elevated at worst · −3.0 % · opened 12:10 UTC" in listed
    assert "A price is one venue's opinion." in listed
    for words in (
        "Rule “peg”, preset normal: open, elevated now, elevated at worst.",
        "price: −3.0 %",
        "Crossed: 3.0 % off $1, limit 2.0 %",
        "severe 5.0 %, elevated 2.0 %, watch 0.50 %",
        "escalated: 12:20 UTC · −3.0 %",
        "Held: never in its life.",
    ):
        assert words in why


async def test_a_hold_is_told_with_its_cause(room: Room) -> None:
    await opened(room)
    room.clock.time = NOON + 60 * MINUTE
    await room.machine.updates.judge_signal("peg", [])

    (held,) = await room.told()

    assert "Held: data too old (newest price is 40 min old); nothing is concluded from the newest figures." in held
    assert "Held: 13:00 UTC to now, data too old (newest price is 40 min old)" in await room.ask("why", "INC-1")


async def test_each_preset_grades_it_by_its_own_thresholds(room: Room) -> None:
    early = subscription(None, place=Place(Platform.TELEGRAM, "-77"), sensitivity=Sensitivity.EARLY)
    await room.store.subscriptions.add(early)

    await room.see(0.996, 0)
    titles = await room.see(0.996, 10)

    assert titles == ["post 🟡 INC-1 · USDT · watch, off its peg"]
    assert [incident.sensitivity for incident in await room.store.incidents.open()] == [Sensitivity.EARLY]


async def test_two_subjects_have_two_incidents(room: Room) -> None:
    await room.see(WATCH, 0)
    await room.see(WATCH, 10)
    await room.see(WATCH, 11, "USDC")

    assert await room.see(WATCH, 21, "USDC") == ["post 🟡 INC-2 · USDC · watch, off its peg"]
    assert {incident.subject for incident in await room.store.incidents.open()} == {"USDT", "USDC"}


async def test_limits_in_dollars_and_reserves_are_about_flows_and_keep_nothing_else_away(room: Room) -> None:
    await room.store.subscriptions.add(subscription(None, usd=1e9, share=0.5))

    await room.see(WATCH, 0)

    assert await room.see(WATCH, 10) == ["post 🟡 INC-1 · USDT · watch, off its peg"]


async def test_a_rehearsal_tells_how_often_it_would_have_spoken(room: Room) -> None:
    await room.store.readings.add([holding(60, at=NOON - day * DAY) for day in range(9)])
    room.machine.latest.set_listings([listing()])

    answer = await room.ask("rehearse", "normal binance")

    assert "it would have spoken once over 1 exchange" in answer
    assert f"🟠 {NOON - 28 * DAY:%Y-%m-%d} · USDT · elevated at worst, −3.0 % · resolved" in answer


def lived(*quotes: tuple[int, float | None]) -> tuple[list[SimulatedAlert], Sequence[Incident]]:
    """Return what a backtest would have told of these minutes and prices of USDT, and its incidents."""
    trial = Simulation([], sources=[Peg()])
    told: list[SimulatedAlert] = []
    for minutes, usd in quotes:
        now: datetime = NOON + minutes * MINUTE
        told += trial.take_from("peg", [Quote("USDT", now, usd)] if usd else [], now)
    return told, trial.incidents()


PAST = ((0, WATCH), (10, WATCH), (20, SEVERE), (60, None), (70, CALM), (440, CALM))


def test_a_backtest_tells_of_it() -> None:
    told, (incident,) = lived(*PAST)

    assert [telling.reason for telling in told] == [
        StepReason.OPENED,
        StepReason.ESCALATED,
        StepReason.HELD,
        StepReason.RESOLVED,
    ]
    assert (incident.peak, incident.state) == (Severity.SEVERE, IncidentState.RESOLVED)
    assert json.loads(json_line(told[1], KINDS)) == {
        "at": "2022-12-13T12:20:00Z",
        "exchange": "USDT",
        "incident": "INC-1",
        "event": "escalated",
        "rule": "peg",
        "severity": "severe",
        "confirmed": True,
        "window": None,
        "flow_usd": None,
        "share": None,
        "reasons": ["6.0 % off $1, limit 5.0 %"],
        "inhibited_by": None,
    }
    assert "Held: data too old (newest price is 40 min old)" in table(told, KINDS)


def test_what_was_read_before_a_backtest_begins_only_teaches() -> None:
    trial = Simulation([], sources=[Peg()], since=NOON + MINUTE)

    assert trial.take_from("peg", [Quote("USDT", NOON, SEVERE)], NOON) == []
    (opened,) = trial.take_from("peg", [Quote("USDT", NOON + MINUTE, SEVERE)], NOON + MINUTE)
    assert opened.signal.previous_as_of == NOON


_SOURCE = re.compile(r"\bpegs?\b", re.IGNORECASE)


def test_nothing_else_names_it() -> None:
    files = [
        path
        for package in (bot, handlers)
        for folder in package.__path__
        for path in Path(folder).rglob("*")
        if path.suffix in {".py", ".lua"}
    ]

    assert files
    assert [path.name for path in files if _SOURCE.search(path.read_text(encoding="utf-8"))] == []
