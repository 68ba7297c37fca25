"""Moves the time of a simulation on, a quarter of an hour at a time, no faster than the workers can follow.

After every quarter it waits until the list was polled once more, or for a second while nobody polls, and until what is
due was delivered, or for five seconds while nobody delivers: an alert that is 12 h late would be out of date. Whoever
waits for something that must not be late holds the clock at an hour meanwhile:

    with clock.held_at(30):
        await told("ardmore")       # time goes on, but not beyond hour 30, until this has come
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from tests.chaos.shared_time import SharedTime
from tests.waiting import until

_QUARTERS = 4
_QUARTER = timedelta(minutes=15)
_PACE_S = 0.1  # for a quarter of an hour, at the least
_WITHOUT_POLL_S = 1.0
_WITHOUT_DELIVERY_S = 5.0
_LOOK_EVERY_S = 0.02
_LONGEST_S = 600.0


class StormClock:
    """Runs until cancelled; calls `on_hour` as soon as an hour has passed.

    `polls` counts the requests for the list, `is_delivered` says whether nothing is due any more.
    """

    def __init__(
        self,
        time: SharedTime,
        *,
        polls: Callable[[], int],
        is_delivered: Callable[[], Awaitable[bool]],
        on_hour: Callable[[], None],
    ) -> None:
        self.hour = 0.0
        self._time = time
        self._polls = polls
        self._is_delivered = is_delivered
        self._on_hour = on_hour
        self._holds: list[float] = []

    async def run(self) -> None:
        """Let time pass."""
        quarters = 0
        while True:
            while any(self.hour >= hold for hold in self._holds):  # noqa: ASYNC110 — whoever holds it says what is missing
                await asyncio.sleep(_LOOK_EVERY_S)
            quarters += 1
            self._time.advance(_QUARTER)
            self.hour = quarters / _QUARTERS
            if quarters % _QUARTERS == 0:
                self._on_hour()
            polls = self._polls()
            await asyncio.sleep(_PACE_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(_WITHOUT_POLL_S - _PACE_S):
                    while self._polls() == polls:  # noqa: ASYNC110 — as above
                        await asyncio.sleep(_LOOK_EVERY_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(_WITHOUT_DELIVERY_S):
                    while not await self._is_delivered():  # noqa: ASYNC110 — as above
                        await asyncio.sleep(_LOOK_EVERY_S)

    async def reached(self, hour: float) -> None:
        """Return when so many hours have passed."""
        # Not by an event: several wait here, and each would clear it for the others.
        await until(lambda: self.hour >= hour, lambda: f"hour {hour} of the storm, it is {self.hour}", limit=_LONGEST_S)

    @contextmanager
    def held_at(self, hour: float) -> Iterator[None]:
        """Let no time pass beyond an hour as long as the block lasts."""
        self._holds.append(hour)
        try:
            yield
        finally:
            self._holds.remove(hour)
