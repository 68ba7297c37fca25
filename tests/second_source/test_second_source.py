"""A second signal source has incidents from start to end, by one detection file, one card and one line in the table.

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
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKind, signal_kinds
from bot.ports.outbox import DeliveryKind
from bot.ports.readings import SignalPast
from bot.service.application import COMMANDS, Application
from bot.service.metrics import Metrics
from bot.sources.defillama.source import DefiLlama
from bot.sources.http import Http
from bot.storage.store import Store, open_store
from tests.builders import DAY, NOON, holding, listing, subscription
from tests.clocks import HandMovedClock
from tests.fakes.as_read import as_read
from tests.second_source.basis import Basis, Quote
from tests.second_source.basis_card import BasisCard
from tests.servers import Server

KINDS = signal_kinds(
    *SIGNAL_KINDS.values(),
    SignalKind(Basis(), BasisCard()),
)
MINUTE = timedelta(minutes=1)
POST, EDIT, CLOSE, REPLY = DeliveryKind
CALM, WATCH, ELEVATED, SEVERE = 0.999, 0.985, 0.97, 0.94


class QuotedDaily(SignalPast):
    """The future of BTC was at 0.97 on the third day of the last month, and at the coin's price on every other one."""

    source = Basis()

    @override
    async def rounds(
        self, exchanges: Sequence[Exchange], *, since: datetime, until: datetime
    ) -> AsyncIterator[tuple[datetime, Sequence[Quote]]]:
        del exchanges, since
        for day in range(30):
            at = until - (30 - day) * DAY
            yield at, [Quote("BTC", at, ELEVATED if day == 2 else 1.0)]


@dataclass
class Chats:
    """A Telegram group that subscribed to everything, and the bot's terminal."""

    application: Application
    store: Store
    clock: HandMovedClock

    async def judge_quote(self, ratio: float | None, minutes: int, asset: str = "BTC") -> list[str]:
        """Judge a quote so many minutes after noon, or the known ones again; return the titles of what is delivered."""
        self.clock.time = NOON + minutes * MINUTE
        await self.application.updates.judge_signal("basis", [Quote(asset, self.clock.now(), ratio)] if ratio else [])
        return [text.partition("\n")[0] for text in await self.deliver()]

    async def deliver(self) -> list[str]:
        """Deliver what waits and return it: its kind, and what Telegram shows."""
        texts = []
        while claimed := await self.store.outbox.claim(Platform.TELEGRAM, limit=9, wait=timedelta()):
            for delivery in claimed:
                text = as_read(render(delivery.message, self.clock.now()).text)
                texts.append(f"{delivery.kind} {text}")
                await self.store.outbox.finish(delivery, message_id=f"message-{len(texts)}")
        return texts

    async def ask(self, name: str, words: str = "") -> str:
        """Return what the terminal answers."""
        command = COMMANDS.get(name)
        assert command
        answer = await self.application.dispatcher.answer_words(terminal_operator(), command, words)
        return plain_text(answer, self.clock.now(), width=200)

    async def incident(self) -> Incident:
        (incident,) = await self.store.incidents.recent()
        return incident


@pytest.fixture
async def chats(redis: Server) -> AsyncIterator[Chats]:
    clock = HandMovedClock(NOON)
    store = await open_store(redis.url, clock=clock)
    await store.subscriptions.add(subscription(None))
    async with Http() as http:
        application = Application(
            Settings(data_dir=Path("/nowhere")),
            store=store,
            source=DefiLlama(http, clock, url="http://127.0.0.1:9"),
            clock=clock,
            metrics=Metrics(clock, "1.2.3"),
            kinds=KINDS,
            pasts=[QuotedDaily()],
        )
        yield Chats(application, store, clock)
    await store.close()


async def test_an_incident_of_it_goes_from_pending_to_resolved(chats: Chats) -> None:
    assert await chats.judge_quote(CALM, 0) == []
    assert await chats.judge_quote(WATCH, 10) == []
    assert await chats.judge_quote(WATCH, 20) == ["post 🟡 INC-1 · BTC · watch, below spot"]
    assert await chats.judge_quote(ELEVATED, 30) == ["post 🟠 INC-1 · BTC · elevated, below spot"]
    assert await chats.judge_quote(ELEVATED - 0.004, 40) == ["edit 🟠 INC-1 · BTC · elevated, below spot"]
    assert await chats.judge_quote(None, 71) == ["edit 🟠 INC-1 · BTC · elevated, below spot · frozen"]
    assert await chats.judge_quote(ELEVATED, 80) == ["edit 🟠 INC-1 · BTC · elevated, below spot"]
    assert await chats.judge_quote(CALM, 90) == ["edit 🟠 INC-1 · BTC · elevated, below spot, easing"]
    assert await chats.judge_quote(CALM, 90 + 6 * 60) == [
        "close 🟢 INC-1 · BTC · resolved",
        "reply 🟢 INC-1 · BTC · resolved",
    ]

    incident = await chats.incident()
    assert (incident.subject, incident.rule, incident.state) == ("BTC", "basis", IncidentState.RESOLVED)
    assert [event.reason for event in incident.events] == [
        StepReason.OPENED,
        StepReason.ESCALATED,
        StepReason.HELD,
        StepReason.RELEASED,
        StepReason.RESOLVED,
    ]


async def alert_of_opening(chats: Chats) -> str:
    """Let the future of BTC fall to 0.985 and 0.97, and return the alert."""
    await chats.judge_quote(WATCH, 0)
    await chats.judge_quote(WATCH, 10)
    chats.clock.time = NOON + 20 * MINUTE
    await chats.application.updates.judge_signal("basis", [Quote("BTC", chats.clock.now(), ELEVATED)])
    (alert,) = await chats.deliver()
    return alert


async def test_the_alert_is_in_the_words_of_its_card(chats: Chats) -> None:
    assert (await alert_of_opening(chats)).splitlines() == [
        "post 🟠 INC-1 · BTC · elevated, below spot",
        "price: −3.0 %",
        "Escalated from watch to elevated.",
        "A price is one venue's opinion.",
        "",
        "quotes · as of 2022-12-13 12:20 UTC",
    ]


async def test_it_is_among_the_incidents_and_why_explains_it(chats: Chats) -> None:
    await alert_of_opening(chats)

    listed, why = await chats.ask("incidents"), await chats.ask("why", "INC-1")

    assert "🟠 BTC · −3.0 % · elevated (its peak) · INC-1 · opened 12:10 UTC" in listed
    assert "A price is one venue's opinion." in listed
    for words in (
        "Open · elevated (its peak) · basis rule, normal sensitivity",
        "price: −3.0 %",
        "Over the limit: 3.0 % below spot, limit 2.0 %",
        "severe 5.0 %, elevated 2.0 %, watch 0.50 %",
        "escalated: 12:20 UTC · −3.0 %",
        "Data gaps during this incident: none.",
    ):
        assert words in why


async def test_a_hold_is_told_with_its_cause(chats: Chats) -> None:
    await alert_of_opening(chats)
    chats.clock.time = NOON + 60 * MINUTE
    await chats.application.updates.judge_signal("basis", [])

    (held,) = await chats.deliver()

    assert "Figures frozen: data too old (newest price is 40 min old)." in held
    assert "Data gap: 13:00 UTC to now, data too old (newest price is 40 min old)" in await chats.ask("why", "INC-1")


async def test_each_preset_grades_it_by_its_own_thresholds(chats: Chats) -> None:
    early = subscription(None, place=Place(Platform.TELEGRAM, "-77"), sensitivity=Sensitivity.EARLY)
    await chats.store.subscriptions.add(early)

    await chats.judge_quote(0.996, 0)
    titles = await chats.judge_quote(0.996, 10)

    assert titles == ["post 🟡 INC-1 · BTC · watch, below spot"]
    assert [incident.sensitivity for incident in await chats.store.incidents.open()] == [Sensitivity.EARLY]


async def test_two_subjects_have_two_incidents(chats: Chats) -> None:
    await chats.judge_quote(WATCH, 0)
    await chats.judge_quote(WATCH, 10)
    await chats.judge_quote(WATCH, 11, "ETH")

    assert await chats.judge_quote(WATCH, 21, "ETH") == ["post 🟡 INC-2 · ETH · watch, below spot"]
    assert {incident.subject for incident in await chats.store.incidents.open()} == {"BTC", "ETH"}


async def test_limits_in_dollars_and_reserves_are_about_flows_and_keep_nothing_else_away(chats: Chats) -> None:
    await chats.store.subscriptions.add(subscription(None, usd=1e9, share=0.5))

    await chats.judge_quote(WATCH, 0)

    assert await chats.judge_quote(WATCH, 10) == ["post 🟡 INC-1 · BTC · watch, below spot"]


async def test_a_rehearsal_tells_how_often_it_would_have_spoken(chats: Chats) -> None:
    await chats.store.readings.add([holding(60, at=NOON - day * DAY) for day in range(9)])
    chats.application.latest.set_listings([listing()])

    answer = await chats.ask("rehearse", "normal binance")

    assert "This rule would have fired once for Binance in the last 90 days" in answer
    assert f"🟠 {NOON - 28 * DAY:%Y-%m-%d} to {NOON - 26 * DAY:%m-%d} · BTC · elevated (peak), −3.0 %" in answer


def simulated_quotes(*quotes: tuple[int, float | None]) -> tuple[list[SimulatedAlert], Sequence[Incident]]:
    """Return the alerts of a backtest for these minutes and ratios of BTC, and its incidents."""
    simulation = Simulation([], sources=[Basis()])
    announced: list[SimulatedAlert] = []
    for minutes, ratio in quotes:
        now: datetime = NOON + minutes * MINUTE
        announced += simulation.run_other_source("basis", [Quote("BTC", now, ratio)] if ratio else [], now)
    return announced, simulation.incidents()


PAST = ((0, WATCH), (10, WATCH), (20, SEVERE), (60, None), (70, CALM), (440, CALM))


def test_a_backtest_tells_of_it() -> None:
    announced, (incident,) = simulated_quotes(*PAST)

    assert [alert.reason for alert in announced] == [
        StepReason.OPENED,
        StepReason.ESCALATED,
        StepReason.HELD,
        StepReason.RESOLVED,
    ]
    assert (incident.peak, incident.state) == (Severity.SEVERE, IncidentState.RESOLVED)
    assert json.loads(json_line(announced[1], KINDS)) == {
        "at": "2022-12-13T12:20:00Z",
        "exchange": "BTC",
        "incident": "INC-1",
        "event": "escalated",
        "rule": "basis",
        "severity": "severe",
        "confirmed": True,
        "window": None,
        "flow_usd": None,
        "share": None,
        "reasons": ["6.0 % below spot, limit 5.0 %"],
        "inhibited_by": None,
    }
    assert "Held: data too old (newest price is 40 min old)" in table(announced, KINDS)


def test_what_was_read_before_a_backtest_begins_only_teaches() -> None:
    simulation = Simulation([], sources=[Basis()], since=NOON + MINUTE)

    assert simulation.run_other_source("basis", [Quote("BTC", NOON, SEVERE)], NOON) == []
    (opened,) = simulation.run_other_source("basis", [Quote("BTC", NOON + MINUTE, SEVERE)], NOON + MINUTE)
    assert opened.signal.previous_as_of == NOON


_SOURCE = re.compile(r"\bbasis\b")


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
