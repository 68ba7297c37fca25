"""Loses workers of a service in a storm: some are killed and replaced, others stand still for a while.

Of those that are started some have a clock that is up to 12 h fast or slow.
"""

import asyncio
from random import Random

from bot.domain.worker import Role
from tests.chaos.service_bench import ServiceBench
from tests.chaos.service_faults import WRONG_HOURS
from tests.chaos.service_plan import PlannedLoss
from tests.chaos.service_workers import ServiceWorker

_WRONG_PART = 0.5  # of the workers


class WorkerLosses:
    """Starts and loses workers. `undisturbed` is held by whoever needs all of them for a moment."""

    def __init__(self, bench: ServiceBench, chance: Random, *, wrong_clocks: bool) -> None:
        self.undisturbed = asyncio.Lock()
        self.killed = self.slept = 0
        self._bench = bench
        self._chance = chance
        self._wrong_clocks = wrong_clocks

    async def start(self, role: Role) -> ServiceWorker:
        """Start a worker, maybe on a machine with a wrong clock."""
        is_wrong = self._wrong_clocks and self._chance.random() < _WRONG_PART
        ahead_h = self._chance.choice(WRONG_HOURS) * self._chance.choice((-1, 1)) if is_wrong else 0
        return await self._bench.workers.start(role, ahead_h=ahead_h)

    async def lose(self, loss: PlannedLoss) -> None:
        """Kill a worker and start another one in its place, or let it stand still and wake it again."""
        async with self.undisturbed:
            workers = [worker for worker in self._bench.workers.alive if worker.machine not in self._bench.left_alone]
            worker = self._chance.choice(workers)
            if loss.asleep_s is None:
                self.killed += 1
                await worker.kill()
                await (await self.start(worker.role)).running()
                return
            self.slept += 1
            worker.fall_asleep()
            await asyncio.sleep(loss.asleep_s)
            worker.wake()
