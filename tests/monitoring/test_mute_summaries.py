"""What a place missed while it was muted is told in one message, and what is still open goes on."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from bot.domain.approval import Approval, ApprovalDecision
from bot.domain.errors import LeaseLost, StorageError
from bot.domain.exchange import MARKET
from bot.domain.flow import Window
from bot.domain.incident import Incident, IncidentState, WorstMoment
from bot.domain.mute import LONGEST_MUTE, MissedIncident, UntilWorse
from bot.domain.place import Place, Platform
from bot.domain.place_settings import PlaceSettings
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule, Signal, Size, Unit
from bot.messages.model import Tone
from bot.monitoring.mute_summaries import MuteSummaries
from bot.ports.outbox import Alert, DeliveryKind
from tests.builders import HERE, HOUR, NOON, incident, jump, signal, subscription
from tests.fakes.marking_language import mark_texts
from tests.fakes.memory import Memory, MemoryIncidents
from tests.messages.cards.plain import said

BY = "telegram:7"
THERE = Place(Platform.TELEGRAM, "-2")
SEVERE = MissedIncident("INC-42:normal", "binance", Severity.SEVERE)

STEP = replace(signal(), jumps=(jump(),))


def worst(seen: Signal, severity: Severity = Severity.SEVERE) -> WorstMoment:
    return WorstMoment(seen.as_of, severity, Window.DAY, Size(-0.106, Unit.RESERVES, usd=-12.6e9))


@dataclass
class Bench:
    """Summaries on a store in memory; the place hears of everything from elevated on."""

    memory: Memory = field(default_factory=lambda: Memory(NOON))

    def __post_init__(self) -> None:
        self.summaries = MuteSummaries(
            self.memory.mutes,
            incidents=self.memory.incidents,
            subscriptions=self.memory.subscriptions,
            place_settings=self.memory.place_settings,
            approvals=self.memory.approvals,
            names=lambda: {"binance": "Binance", "okx": "OKX"},
            clock=self.memory.clock,
        )

    async def open(self, severity: Severity = Severity.ELEVATED, number: int = 42, **fields: Any) -> Incident:
        opened = replace(incident(severity, number=number, peak=Severity.SEVERE), **fields)
        await self.memory.incidents.commit(opened.subject, opened.rule, opened, [], sensitivity=opened.sensitivity)
        return opened

    async def mute(self, exchange: str | None = "binance", worse: UntilWorse | None = None) -> None:
        length = LONGEST_MUTE if worse else 4 * HOUR
        await self.memory.mutes.mute(HERE, exchange, length=length, by=BY, worse=worse)

    async def miss(self, *missed: MissedIncident) -> None:
        await self.memory.mutes.record_missed([(HERE, found) for found in missed])

    async def after(self, hours: int) -> list[Alert]:
        """Let the job have its turn after some hours, and return what was queued in it."""
        self.memory.clock.advance(hours * HOUR)
        told_before = len(self.memory.incidents.told)
        await self.summaries.tell_when_due()
        return self.memory.incidents.told[told_before:]


@pytest.fixture
async def bench() -> Bench:
    bench = Bench()
    await bench.memory.subscriptions.add(subscription(None, severity=Severity.ELEVATED))
    return bench


async def test_what_was_missed_is_summed_up_once_when_the_mute_is_over(bench: Bench) -> None:
    seen = signal(-0.106)
    await bench.open(signal=seen, announced=seen, worst_moment=worst(seen))
    await bench.mute()
    await bench.miss(SEVERE)
    assert await bench.after(3) == []

    summary, update = await bench.after(1)
    assert said(summary.message).splitlines() == [
        "While muted (4 h)",
        "🟠 Binance · INC-42 · severe at worst, −10.6 % (−$12.6 B) in 24 h, now elevated.",
        "Alerts about Binance are posted here again.",
        "DefiLlama · as of 2022-12-13 12:00 UTC (live)",
        "Why INC-42",
    ]
    assert (summary.message.tone, summary.message.silent) == (Tone.ELEVATED, False)
    assert (summary.kind, summary.about, [told.place for told in summary.recipients]) == (
        DeliveryKind.EDIT,
        None,
        [HERE],
    )
    assert (update.incident, update.kind, update.about, update.ping) == (
        "INC-42:normal",
        DeliveryKind.EDIT,
        "binance",
        False,
    )
    assert update.message.title == "INC-42 · Binance · elevated outflow"
    assert await bench.after(1) == []
    assert bench.memory.mutes.kept == {}
    assert bench.memory.mutes.missed == {}


async def test_what_goes_on_has_the_severity_that_everybody_reads(bench: Bench) -> None:
    """A place with `early` was told after a mute that at normal its severe incident is none yet, though it is open."""
    early = replace(subscription("binance", severity=Severity.ELEVATED), sensitivity=Sensitivity.EARLY)
    await bench.memory.subscriptions.add(early)
    await bench.open(Severity.SEVERE, sensitivity=Sensitivity.EARLY)
    await bench.open(Severity.ELEVATED, sensitivity=Sensitivity.NORMAL, peak=Severity.ELEVATED)
    await bench.mute()
    await bench.miss(replace(SEVERE, incident="INC-42:early"))

    summary, update = await bench.after(4)
    assert "INC-42 · elevated at worst, −3.6 % in 24 h, now elevated." in said(summary.message)
    assert summary.message.tone is Tone.ELEVATED
    assert update.message.title == "INC-42 · Binance · elevated outflow"
    assert "This place uses early sensitivity, at which it is severe already." in said(update.message)


async def test_what_no_moderator_has_released_is_counted_and_not_named(bench: Bench) -> None:
    bench.memory.place_settings.kept[HERE] = PlaceSettings(approval=True)
    asked = Approval(Severity.SEVERE, NOON)
    for number, decision in ((42, None), (43, ApprovalDecision.DISCARD), (44, ApprovalDecision.POST), (45, None)):
        await bench.open(number=number)
        if number != 45:
            bench.memory.approvals.kept[HERE, f"INC-{number}"] = replace(asked, decision=decision)
    await bench.mute()
    await bench.miss(*(replace(SEVERE, incident=f"INC-{number}:normal") for number in (42, 43, 44, 45)))
    await bench.open(number=46)
    await bench.miss(MissedIncident("INC-46:normal", "binance", Severity.CRITICAL))

    summary, *updates = await bench.after(4)
    text = said(summary.message)
    assert [number for number in range(42, 47) if f"INC-{number}" in text] == [44, 46]
    assert "3 incidents are not named: no moderator has released them." in text
    assert len(updates) > 0  # each of them is held by the gate, which asks


async def test_of_what_nobody_has_released_the_summary_names_nothing(bench: Bench) -> None:
    bench.memory.place_settings.kept[HERE] = PlaceSettings(approval=True)
    await bench.open()
    await bench.mute()
    await bench.miss(SEVERE)
    summary, update = await bench.after(4)
    assert "1 incident is not named: no moderator has released it." in said(summary.message)
    assert (summary.severity, summary.message.silent, update.incident) == (Severity.WATCH, True, SEVERE.incident)


async def test_where_nothing_was_missed_nothing_is_said(bench: Bench) -> None:
    await bench.mute()
    assert await bench.after(4) == []
    assert bench.memory.mutes.kept == {}


async def test_a_worker_that_dies_before_it_forgot_the_mute_tells_nobody_twice(bench: Bench) -> None:
    await bench.mute()
    await bench.miss(SEVERE)
    bench.memory.clock.advance(4 * HOUR)
    [ended] = await bench.memory.mutes.ended(9)
    await bench.summaries.tell_when_due()
    # As if the worker had died after the commit: the mute and what was missed are there again.
    bench.memory.mutes.kept = {(HERE, "binance"): ended.mutes[0]}
    bench.memory.mutes.missed = {(HERE, SEVERE.incident): SEVERE}
    assert await bench.after(0) == []
    assert len(bench.memory.incidents.told) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"worst_moment": None}, "severe at worst, −3.6 % in 24 h, now elevated."),
        # It was severe before the mute, and what was missed is milder: the figure would contradict the word.
        ({"worst_moment": worst(signal(), Severity.CRITICAL)}, "severe at worst, −3.6 % in 24 h, now elevated."),
        ({"rule": Rule.DATA, "signal": STEP, "announced": STEP}, "INC-42 · BTC moved in one step."),
    ],
)
async def test_the_figure_is_that_of_the_worst_that_was_missed(
    bench: Bench, fields: dict[str, Any], words: str
) -> None:
    await bench.open(**fields)
    await bench.mute()
    await bench.miss(SEVERE)
    summary, *_ = await bench.after(4)
    assert words in said(summary.message)


async def test_what_is_over_by_then_is_told_and_posted_no_more(bench: Bench) -> None:
    await bench.open(Severity.SEVERE, state=IncidentState.RESOLVED)
    await bench.mute(None)
    await bench.miss(SEVERE, MissedIncident("INC-43:calm", "hotbit", Severity.ELEVATED))
    [summary] = await bench.after(4)
    assert "🟢 Binance · INC-42 · severe at worst, −3.6 % in 24 h, resolved 2022-12-13 12:00 UTC." in said(
        summary.message
    )
    assert "hotbit · INC-43 · elevated at worst; it is over." in said(summary.message)
    assert (summary.message.tone, summary.message.silent) == (Tone.GOOD, True)


async def test_of_what_nothing_is_known_any_more_no_source_is_named(bench: Bench) -> None:
    await bench.mute(None)
    await bench.miss(SEVERE)
    [summary] = await bench.after(4)
    assert summary.message.footer == ()


async def test_of_very_much_the_worst_ten_are_named(bench: Bench) -> None:
    await bench.mute(None)
    await bench.miss(
        *(MissedIncident(f"INC-{number}:normal", f"x{number}", Severity.ELEVATED) for number in range(11)), SEVERE
    )
    [summary] = await bench.after(4)
    assert "INC-42 · severe" in said(summary.message).splitlines()[1]
    assert "… and 2 more: /incidents lists them." in said(summary.message)


async def test_what_does_not_reach_the_place_any_more_is_summed_up_and_not_posted(bench: Bench) -> None:
    await bench.open()
    await bench.mute()
    await bench.miss(SEVERE)
    await bench.memory.subscriptions.add(subscription(None, severity=Severity.CRITICAL))
    [summary] = await bench.after(4)
    assert summary.message.title == "While muted (4 h)"


async def test_the_market_is_called_by_its_name(bench: Bench) -> None:
    await bench.open(subject=MARKET.id, rule=Rule.MARKET_WIDE)
    await bench.mute(None)
    await bench.miss(MissedIncident("INC-42:normal", MARKET.id, Severity.SEVERE))
    summary, update = await bench.after(4)
    assert "Market-wide · INC-42" in said(summary.message)
    assert update.message.title.startswith("INC-42 · Market-wide")


@pytest.mark.parametrize(
    ("becomes", "is_over"),
    [
        ({"severity": Severity.ELEVATED}, False),
        ({"severity": Severity.WATCH}, False),
        ({"severity": Severity.SEVERE}, True),
        ({"severity": Severity.CRITICAL, "rule": "withdrawals", "number": 43}, True),
        ({"severity": Severity.ELEVATED, "state": IncidentState.RESOLVED}, True),
        # Not heard of here: another exchange, another preset, a notice.
        ({"severity": Severity.CRITICAL, "subject": "okx", "number": 43}, False),
        ({"severity": Severity.CRITICAL, "sensitivity": Sensitivity.EARLY}, False),
        ({"severity": Severity.SEVERE, "rule": Rule.DATA, "number": 43}, False),
    ],
)
async def test_until_worse_ends_when_it_gets_worse_or_is_over(
    bench: Bench, becomes: dict[str, Any], *, is_over: bool
) -> None:
    await bench.open()
    await bench.mute(worse=UntilWorse(42, Severity.ELEVATED))
    await bench.open(**becomes)
    assert await bench.after(1) == []
    assert (bench.memory.mutes.lasting(HERE) == ()) is is_over


async def test_a_summary_that_fails_keeps_no_other_place_waiting(bench: Bench) -> None:
    no_jumps = signal()  # of which no card can be made
    await bench.open(number=41, rule=Rule.DATA, signal=no_jumps, announced=no_jumps)
    await bench.memory.subscriptions.add(subscription(None, place=THERE))
    await bench.memory.mutes.mute(THERE, None, length=HOUR, by=BY)
    await bench.mute(None)
    missed = MissedIncident("INC-41:normal", "binance", Severity.SEVERE)
    await bench.memory.mutes.record_missed([(THERE, missed), (HERE, SEVERE)])
    with capture_logs() as logs:
        [summary] = await bench.after(4)
    assert [told.place for told in summary.recipients] == [HERE]
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["mute summary failed"]
    assert [mute.place for mute in bench.memory.mutes.kept.values()] == [THERE]


async def test_while_the_store_is_away_nothing_is_forgotten(bench: Bench) -> None:
    await bench.mute()
    await bench.miss(SEVERE)
    bench.memory.mutes.away = True
    with pytest.raises(StorageError):
        await bench.after(4)
    bench.memory.mutes.away = False
    assert len(await bench.after(0)) == 1


class LostLease(MemoryIncidents):
    """Incidents that another worker judges by now."""

    @override
    async def commit(self, *args: object, **options: object) -> bool:
        raise LeaseLost("Another worker judges now.")


async def test_a_worker_that_does_not_judge_any_more_leaves_the_summary_to_the_other(bench: Bench) -> None:
    await bench.mute()
    await bench.miss(SEVERE)
    bench.memory.incidents = LostLease(bench.memory.outbox)
    late = Bench(bench.memory)
    with pytest.raises(LeaseLost):
        await late.after(4)
    assert len(bench.memory.mutes.kept) == len(bench.memory.mutes.missed) == 1


async def test_until_worse_ends_where_nothing_is_subscribed_any_more(bench: Bench) -> None:
    await bench.open()
    await bench.mute(worse=UntilWorse(42, Severity.ELEVATED))
    await bench.memory.subscriptions.remove(HERE, None, everything=True)
    await bench.after(1)
    assert bench.memory.mutes.kept == {}


async def test_the_summary_is_in_the_language_of_the_place(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    mark_texts(monkeypatch)
    bench.memory.place_settings.kept[HERE] = PlaceSettings(language="es")
    await bench.open()
    await bench.mute()
    await bench.miss(SEVERE)

    summary, update = await bench.after(4)

    assert summary.message.title == "es‹While muted (es‹4 h›)›"
    assert (summary.message.language, update.message.language) == ("es", "es")


async def test_what_has_no_figure_is_told_without_one(bench: Bench) -> None:
    nothing = signal(None)
    await bench.open(Severity.SEVERE, rule="of a source that is gone", signal=nothing, announced=nothing)
    await bench.mute()
    await bench.miss(SEVERE)

    summary, _ = await bench.after(4)

    assert said(summary.message).splitlines()[1] == "🔴 Binance · INC-42 · severe at worst, now severe."
