"""Workers among everything that may happen at once: told to stop at any moment they end, and nothing is lost."""

import asyncio
from collections import Counter
from random import Random

import pytest

from bot.domain.errors import DeliveryError, NotAllowed, RetryLater
from bot.domain.place import Place
from bot.domain.severity import Severity
from tests.clocks import in_simulated_time
from tests.delivery.test_worker import SECOND, TELEGRAM, Scene, group, person
from tests.waiting import in_time

EVERYBODY = [*map(person, range(60)), *map(group, range(6))]
ENDS_WITHIN = 60.0  # a send under way may take as long


def refusals() -> list[DeliveryError]:
    return [
        RetryLater("busy", after=SECOND),
        RetryLater("too fast", after=7 * SECOND, rate_limited=True),
        RetryLater("too fast", after=40 * SECOND, rate_limited=True, whole_bot=True),
        NotAllowed("no right"),
    ]


class RandomEvents:
    """News, refusals, pauses and a store that comes and goes around two workers, drawn from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 — to be drawn again
        self.scene = Scene(workers=2)
        self.scene.chat.before_each = self._answer
        self.queued = 0

    async def run(self) -> None:
        for _ in range(30):
            event = self.random.choice(
                (self._queue_news, self._queue_news, self._queue_news, self._toggle_store, self._pause_all)
            )
            await event()
            await asyncio.sleep(self.random.choice((0.0, 0.3, 20.0, 100.0)))
        self.scene.outbox.away = False
        await self._queue_news()
        await asyncio.sleep(self.random.choice((0.0, 0.0, 0.01, 0.5, 5.0)))

    async def _queue_news(self) -> None:
        places = self.random.sample(EVERYBODY, self.random.choice((1, 10, 60)))
        severity = self.random.choice((Severity.WATCH, Severity.ELEVATED, Severity.SEVERE))
        self.scene.queue(f"news {self.queued}", *places, severity=severity, incident=f"INC-{self.queued}")
        self.queued += len(places)

    async def _toggle_store(self) -> None:
        self.scene.outbox.away = not self.scene.outbox.away

    async def _pause_all(self) -> None:
        await self.scene.budget.pause_all(TELEGRAM, pause=30 * SECOND, reason="asked for")

    async def _answer(self, place: Place) -> None:
        await asyncio.sleep(self.random.choice((0.01, 0.1, 1.0)))
        if self.random.random() < 0.2:
            raise self.random.choice(refusals())


@pytest.mark.parametrize("seed", range(30))
def test_workers_that_are_told_to_stop_end_and_lose_nothing(seed: int) -> None:
    @in_simulated_time
    async def play() -> None:
        events = RandomEvents(seed)
        scene = events.scene
        ending = in_time(f"the end of the couriers with seed {seed}", limit=None)
        async with ending as stopping, scene.delivering():
            await events.run()
            stopping.reschedule(asyncio.get_running_loop().time() + ENDS_WITHIN)

        shown, waiting = len(scene.chat.shown), len(scene.outbox.waiting)
        assert shown + waiting + len(scene.outbox.dropped) + len(scene.outbox.given_up) == events.queued
        assert set(Counter((place, title) for place, title, _ in scene.chat.shown).values()) == {1}

    play()
