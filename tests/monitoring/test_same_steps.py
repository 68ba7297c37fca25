"""The live bot, from its store, and a backtest, from memory, make the same steps of the same readings."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.alerting.judging_round import RoundStep
from bot.backtest.reading_rounds import rounds
from bot.backtest.simulation import Simulation
from bot.domain.exchange import Exchange
from bot.domain.incident import Incident, StepReason
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity
from bot.domain.snapshot import ExchangeSnapshot
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.monitoring.watch import Watch
from bot.ports.outbox import Alert
from tests.backtest.generated_worlds import SLOTS, drawn_moves, quiet_weeks, readings
from tests.builders import HOUR, NOON, subscription
from tests.detection.quiet_past import book
from tests.fakes.memory import Memory, MemoryIncidents

EXCHANGES = tuple(Exchange(name, name.upper(), name) for name in ("a", "b", "c", "d"))
_DAWN = NOON - HOUR
"""One quiet reading of each exchange before the turns: from it on both know who moved in the round before."""


@dataclass(frozen=True)
class RecordedStep:
    """One step as it is kept, with the figures that lead it; they are rounded, for they are added up in two orders."""

    exchange: str
    preset: Sensitivity
    incident: tuple[Any, ...] | None
    figures: tuple[tuple[str, int, int], ...] = ()

    @classmethod
    def of(cls, exchange: str, preset: Sensitivity, incident: Incident | None) -> "RecordedStep":
        if incident is None:
            return cls(exchange, preset, None)
        # Shifted off the halves: drawn amounts are round, so their sums fall on them, and a last digit would decide.
        figures = [
            (flow.window, round(flow.usd / 100 + 0.123), round(flow.share * 1e8 + 0.123))
            for flow in incident.signal.flows
        ]
        identity = (
            incident.number,
            incident.state,
            incident.severity,
            incident.peak,
            incident.rule,
            incident.confirmed,
        )
        quiet = (incident.held, incident.covered_by, incident.quiet, incident.ending, incident.easing_seen)
        dates = (incident.started_at, incident.changed_at, incident.first_as_of, incident.announced_at, incident.steps)
        events = tuple((event.at, event.reason, event.severity) for event in incident.events)
        members = tuple((member.exchange, member.label, member.severity) for member in incident.signal.members)
        return cls(exchange, preset, (*identity, *quiet, *dates, events, members), tuple(figures))


@dataclass
class RecordedIncidents(MemoryIncidents):
    """The store's incidents, which also remember every step in the order in which it was committed."""

    recorded: list[RecordedStep] = field(default_factory=list)

    async def commit(
        self,
        subject: str,
        rule: str,
        incident: Incident | None,
        alerts: Sequence[Alert],
        *,
        sensitivity: Sensitivity = Sensitivity.NORMAL,
    ) -> bool:
        self.recorded.append(RecordedStep.of(subject, sensitivity, incident))
        return await super().commit(subject, rule, incident, alerts, sensitivity=sensitivity)


Steps = tuple[list[RecordedStep], list[str]]
"""Every step as it is kept, and the reasons of those that have one, both in order."""


def committed_live(
    history: Sequence[Sequence[Reading]], rounds_read: Sequence[Sequence[Reading]], preset: Sensitivity
) -> Steps:
    """Return what the live bot commits, and why as its log says, when somebody subscribed to all by a preset."""
    memory = Memory(NOON)
    incidents = RecordedIncidents(memory.outbox)

    async def live() -> None:
        watch = Watch(
            SnapshotBuilder(memory.readings, memory.clock, incidents),
            incidents=incidents,
            subscriptions=memory.subscriptions,
            clock=memory.clock,
            meter=memory.meter,
            publish=list[ExchangeSnapshot]().append,
        )
        await memory.subscriptions.add(subscription(None, sensitivity=preset))
        await memory.readings.add([reading for past in history for reading in past])
        for together in rounds_read:
            memory.clock.time = together[-1].as_of
            await memory.readings.add(together)
            read = {reading.exchange for reading in together}
            await watch.judge_exchanges([exchange for exchange in EXCHANGES if exchange.id in read])

    with capture_logs() as logs:
        asyncio.run(live())
    return incidents.recorded, [entry["reason"] for entry in logs if entry["event"] == "incident"]


def recorded_by_a_backtest(
    history: Sequence[Sequence[Reading]], rounds_read: Sequence[Sequence[Reading]], preset: Sensitivity
) -> Steps:
    """Return what a backtest keeps, and why."""
    simulation = Simulation(EXCHANGES, sensitivity=preset, since=_DAWN)
    results = [simulation.judge_reserves(together) for together in (*rounds(history), *rounds_read)]
    steps = [step for result in results if result for step in result.in_order if step.has_changed]
    return list(map(_recorded_step, steps)), [
        step.step.reason for step in steps if step.step.reason is not StepReason.NOTHING
    ]


def _recorded_step(step: RoundStep) -> RecordedStep:
    return RecordedStep.of(step.key.subject, step.key.sensitivity, step.step.incident)


_moves = drawn_moves(-0.0431, -0.0061, *[0.0001] * 6, 0.0057, 0.0173, 0.0411, 0.0927)
"""Half of them are quiet, and some bring back what left, so that incidents end as well as begin."""
_UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
"""A world of dozens of readings is hard to make smaller; the first one that fails says enough, and at once."""


@st.composite
def drawn_rounds(draw: st.DrawFn) -> list[Sequence[Reading]]:
    """Draw rounds in which all exchanges are read at once, but for some that are not read at all."""
    clock = draw(st.lists(_moves, min_size=4, max_size=14))
    worlds = []
    for exchange in EXCHANGES:
        own = draw(st.lists(_moves, min_size=len(clock), max_size=len(clock)))
        at_once = [replace(move, hours=common.hours) for move, common in zip(own, clock, strict=True)]
        worlds.append(readings(at_once, exchange)[-len(clock) :])
    away = st.frozensets(st.sampled_from([exchange.id for exchange in EXCHANGES]), max_size=2)
    together = [(round_, draw(away)) for round_ in zip(*worlds, strict=True)]
    return [[reading for reading in round_ if reading.exchange not in missed] for round_, missed in together]


@settings(max_examples=40, phases=_UNSHRUNK)
@given(drawn_rounds(), st.sampled_from(Sensitivity))
def test_the_live_bot_and_a_backtest_make_the_same_steps(
    rounds_read: list[Sequence[Reading]], preset: Sensitivity
) -> None:
    history = [quiet_weeks(exchange) for exchange in EXCHANGES]
    dawn = [book(_DAWN, dict.fromkeys(SLOTS, 1.0005), exchange=exchange.id) for exchange in EXCHANGES]

    live, why_live = committed_live(history, [dawn, *rounds_read], preset)
    past, why_past = recorded_by_a_backtest(history, [dawn, *rounds_read], preset)

    assert live == past
    assert why_live == why_past
