from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from typing_extensions import override

from bot.delivery.alert_tester import OutboxAlertTester
from bot.domain.alert_tests import AlertTestOutcome, AlertTestResult
from bot.domain.place import Obstacle, Place, Platform
from bot.ports.alert_tests import AlertTestRecords
from bot.ports.outbox import Alert
from bot.ports.subscriptions import PlaceTrouble
from tests.builders import HERE, NOON
from tests.delivery.recording_chat import CLOSE, POST, REPLY
from tests.fakes.memory import Memory


@dataclass
class Records(AlertTestRecords):
    """Tests that arrive, or are over, when they are looked at for the n-th time; None: never."""

    arrives: int | None = 2
    over: int | None = None
    queued: list[Alert] = field(default_factory=list)
    begun: set[Place] = field(default_factory=set)
    looks: int = 0
    while_queued: Callable[[], Awaitable[None]] | None = None

    @override
    async def begin(self, place: Place) -> bool:
        is_first = place not in self.begun
        self.begun.add(place)
        return is_first

    @override
    async def queue(self, alert: Alert) -> None:
        self.queued.append(alert)
        if self.while_queued:
            await self.while_queued()

    @override
    async def message_id(self, alert: Alert, place: Place) -> str | None:
        return "m1" if self.arrives is not None and self.looks >= self.arrives else None

    @override
    async def is_over(self, alert: Alert) -> bool:
        self.looks += 1
        return self.over is not None and self.looks >= self.over


@dataclass
class Bench:
    records: Records = field(default_factory=Records)
    served: Collection[Platform] = (Platform.TELEGRAM,)
    slept_s: float = 0.0

    def __post_init__(self) -> None:
        self.memory = Memory(NOON)
        self.tester = OutboxAlertTester(
            self.records,
            subscriptions=self.memory.subscriptions,
            served=self._served,
            clock=self.memory.clock,
            sleep=self._sleep,
        )

    async def _served(self) -> Collection[Platform]:
        return self.served

    async def _sleep(self, seconds: float) -> None:
        self.slept_s += seconds


async def test_a_test_is_an_alert_that_is_edited_and_ended_once_it_arrived() -> None:
    bench = Bench()
    assert await bench.tester.run(HERE, mention="here") == AlertTestResult(AlertTestOutcome.ARRIVED, 0.5)

    queued = bench.records.queued
    assert [alert.kind for alert in queued] == [POST, CLOSE, REPLY]
    assert len({alert.id for alert in queued}) == 3
    assert len({alert.incident for alert in queued}) == 1
    assert [alert.recipients[0].place for alert in queued] == [HERE] * 3
    assert [alert.ping for alert in queued] == [True, False, False]
    assert queued[0].recipients[0].mention == "here"
    assert all(alert.message.title.startswith("TEST · ") and "INC-" not in alert.message.title for alert in queued)
    assert queued[0].expires_at - NOON == timedelta(minutes=2)


async def test_without_a_mention_nobody_is_pinged() -> None:
    bench = Bench()
    await bench.tester.run(HERE)
    assert not bench.records.queued[0].ping


async def test_where_nobody_delivers_that_is_said_unless_it_arrives_all_the_same() -> None:
    nobody = await Bench(Records(arrives=None), served=()).tester.run(HERE)
    assert nobody == AlertTestResult(AlertTestOutcome.NOBODY_DELIVERS, 2.0)
    assert (await Bench(served=()).tester.run(HERE)).outcome is AlertTestOutcome.ARRIVED


async def test_a_place_is_tested_once_a_minute() -> None:
    bench = Bench()
    await bench.tester.run(HERE)
    assert (await bench.tester.run(HERE)).outcome is AlertTestOutcome.TOO_SOON
    assert len(bench.records.queued) == 3


@pytest.mark.parametrize(
    ("over", "outcome", "seconds"),
    [(3, AlertTestOutcome.NOT_SENT, 0.75), (None, AlertTestOutcome.WAITING, 6.0)],
)
async def test_what_does_not_arrive_is_not_waited_for_longer_than_some_seconds(
    over: int | None, outcome: AlertTestOutcome, seconds: float
) -> None:
    bench = Bench(Records(arrives=None, over=over))
    assert await bench.tester.run(HERE) == AlertTestResult(outcome, seconds)
    assert [alert.kind for alert in bench.records.queued] == [POST]
    assert bench.slept_s == seconds


REFUSED = AlertTestResult(AlertTestOutcome.REFUSED, 0.25, Obstacle.REMOVED, "Forbidden: …")
TROUBLE = PlaceTrouble(HERE, "Forbidden: …", NOON, obstacle=Obstacle.REMOVED)


async def test_why_a_place_refused_it_is_known() -> None:
    bench = Bench(Records(arrives=None, over=1))
    await bench.memory.subscriptions.record_trouble(TROUBLE)
    assert await bench.tester.run(HERE) == REFUSED


async def test_a_refusal_that_is_tried_again_later_is_told_at_once_and_an_earlier_one_is_not() -> None:
    bench = Bench(Records(arrives=None))
    bench.records.while_queued = lambda: bench.memory.subscriptions.record_trouble(TROUBLE)
    assert await bench.tester.run(HERE) == REFUSED

    bench.records.begun.clear()
    assert (await bench.tester.run(HERE)).outcome is AlertTestOutcome.WAITING
