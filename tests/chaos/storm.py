"""One run of the chaos suite: thousands of deliveries while workers, the store and the lines between them die."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.place import Platform
from bot.domain.severity import Severity
from tests.chaos.delivery_process import DeliverySpeed
from tests.chaos.fault_bench import FaultBench, fault_bench, own_server, scratch
from tests.chaos.verdict import Verdict
from tests.chaos.workers import WorkerProcess, WorkerProcesses
from tests.fakes.redis_proxy import LOADING, OOM, READONLY

_TIMES_WITHOUT_WORKERS = 2
_STEPS_PER_PLACE = 12
_TIME_WITHOUT_WORKERS_S = 0.7
_FIRST_QUIET_NUMBER = 1000
_MARGIN = 1.03  # for what came twice counts once
_CLAIMED_WITHIN_S = 15.0
"""How long what a worker has claimed may still be sent although it is superseded: three of its longest waits."""


@dataclass(frozen=True, slots=True)
class StormOptions:
    """What to do: so many deliveries on both platforms together and so many kills, at moments drawn from the seed."""

    seed: int
    deliveries: int = 20_000
    worker_kills: int = 12
    store_kills: int = 4
    workers: int = 2
    sync: str = "everysec"
    speed: DeliverySpeed = field(default_factory=DeliverySpeed)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the storm led to."""

    options: StormOptions
    verdict: Verdict
    seconds: float
    worker_kills: int
    store_kills: int
    commits_again: int
    seen_through: int
    complaints: Sequence[str]

    @property
    def bound(self) -> int:
        """Return how many messages may come twice on a platform: those under way in whoever was killed."""
        return self.options.speed.at_once * (self.worker_kills + self.options.workers * self.store_kills)

    def broken(self) -> list[str]:
        """Return every promise that was broken, a sentence each."""
        verdict, twice, unfinished = self.verdict, self.verdict.twice, self.verdict.unfinished
        late, latest = max(verdict.behind, default=(0.0, ""))
        promises = [
            (not verdict.lost, f"lost: {len(verdict.lost)}, such as {verdict.lost[:5]}"),
            (twice[Platform.TELEGRAM] <= self.bound, f"twice on Telegram: {twice[Platform.TELEGRAM]} > {self.bound}"),
            (not twice[Platform.DISCORD], f"twice on Discord: {twice[Platform.DISCORD]}"),
            (unfinished.total() <= 2 * self.bound, f"nobody knows of {unfinished.total()} > {2 * self.bound}"),
            (
                not verdict.without_workers,
                f"sent after it was superseded: {len(verdict.without_workers)}, such as {verdict.without_workers[:5]}",
            ),
            (late < _CLAIMED_WITHIN_S, f"sent {late:.1f} s after it was superseded: {latest}"),
            (not verdict.expired, f"sent after it had expired: {len(verdict.expired)}, such as {verdict.expired[:5]}"),
            (not verdict.disordered, f"out of order: {len(verdict.disordered)}, such as {verdict.disordered[:5]}"),
        ]
        return [sentence for is_kept, sentence in promises if not is_kept]

    def __str__(self) -> str:
        verdict = self.verdict
        twice = ", ".join(f"{platform} {verdict.twice[platform]}" for platform in (Platform.TELEGRAM, Platform.DISCORD))
        late, _ = max(verdict.behind, default=(0.0, ""))
        facts = (
            f"seed {self.options.seed}: {verdict.made} deliveries in {self.seconds:.0f} s",
            f"workers killed {self.worker_kills}",
            f"Redis killed {self.store_kills} (commits swallowed: {self.commits_again})",
            f"lost {len(verdict.lost)}",
            f"twice: {twice} (bound {self.bound}; Discord saw through {self.seen_through} repeats)",
            f"left out as superseded or expired {verdict.left_out}",
            f"taken after it was superseded {len(verdict.behind)}, up to {late:.1f} s",
            f"of those committed while no worker ran {len(verdict.without_workers)}",
            f"expired {len(verdict.expired)}",
            f"out of order {len(verdict.disordered)}",
            f"messages nobody knows of {verdict.unfinished.total()}",
        )
        return "; ".join(facts)


async def run(options: StormOptions) -> Outcome:
    """Run it and return what it led to."""
    number = options.deliveries // 2 // _STEPS_PER_PLACE
    async with (
        scratch() as directory,
        own_server("--appendfsync", options.sync) as server,
        fault_bench(server, number, through_proxy=True) as scene,
        scene.worker_processes(directory, options.speed) as workers,
    ):
        return await Storm(options, scene, workers).play()


class Storm:
    """A run under way."""

    def __init__(self, options: StormOptions, scene: FaultBench, workers: WorkerProcesses) -> None:
        self._options = options
        self._scene = scene
        self._platform_log = scene.platform_log
        self._stories = scene.stories
        self._workers = workers
        self._random = random.Random(options.seed)  # noqa: S311 — the same numbers for the same seed are what is wanted
        self._running: list[WorkerProcess] = []
        self._worker_kills = self._store_kills = 0

    async def play(self) -> Outcome:
        """Announce everything, break everything, and judge the result."""
        began = time.monotonic()
        self._running = [await self._start(number) for number in range(self._options.workers)]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._break())
            tasks.create_task(self._announce())
        await self._scene.until_all_is_over()
        return Outcome(
            options=self._options,
            verdict=self._scene.verdict(),
            seconds=time.monotonic() - began,
            worker_kills=self._worker_kills,
            store_kills=self._store_kills,
            commits_again=self._stories.repeated,
            seen_through=self._platform_log.refused_twice,
            complaints=self._workers.complaints(),
        )

    async def _announce(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._calm_story(1))
            tasks.create_task(self._overlapping_story(2))
            tasks.create_task(self._overlapping_story(3))
            tasks.create_task(self._quiet_stories())
        self._platform_log.close()

    async def _calm_story(self, number: int) -> None:
        """Announce an incident from its opening to its end, each step once everybody has got the one before."""
        story = self._stories.story(number, Severity.CRITICAL)
        for next_step in (story.open, story.change, story.escalate, story.end):
            await next_step()
            await story.until_over()

    async def _overlapping_story(self, number: int) -> None:
        """Announce an incident whose steps overtake each other on their way."""
        chance = random.Random(f"{self._options.seed} {number}")  # noqa: S311 — as below
        story = self._stories.story(number, Severity.ELEVATED)
        await story.open()
        for next_step in (story.change, story.escalate, story.end):
            steps = self._platform_log.accepted_steps + chance.randint(0, len(self._scene.places))
            await self._platform_log.reached(steps)
            await next_step()
        await story.until_over()

    async def _quiet_stories(self) -> None:
        """Announce incidents that nobody hurries for, one after the other, until there was enough to deliver."""
        number = _FIRST_QUIET_NUMBER
        while self._platform_log.accepted_steps < _MARGIN * self._options.deliveries:
            story = self._stories.story(number, Severity.WATCH)
            await story.open()
            await story.until_over()
            number += 1

    async def _break(self) -> None:
        """Break one thing after the other, spread over the deliveries as the seed will have it."""
        faults = self._faults()
        moments = sorted(self._random.uniform(0.02, 0.85) * self._options.deliveries for _ in faults)
        for moment, fault in zip(moments, faults, strict=True):
            await self._platform_log.reached(round(moment))
            await fault()

    def _faults(self) -> list[Callable[[], Awaitable[None]]]:
        single_kills = self._options.worker_kills - _TIMES_WITHOUT_WORKERS * self._options.workers
        faults: list[Callable[[], Awaitable[None]]] = [
            *[self._kill_a_worker] * single_kills,
            *[self._kill_the_store] * self._options.store_kills,
            *[self._run_without_workers] * _TIMES_WITHOUT_WORKERS,
            *[self._break_connections] * 6,
            *[self._disturb_a_platform] * 2,
        ]
        self._random.shuffle(faults)
        return faults

    async def _kill_a_worker(self) -> None:
        which = self._random.randrange(len(self._running))
        await self._running[which].ready()
        await self._kill(self._running[which])
        self._running[which] = await self._start(which)

    async def _start(self, number: int) -> WorkerProcess:
        """Start a worker; every other one has a connection to the store that nobody breaks."""
        return await self._workers.start(**({"REDIS_URL": self._scene.server.url} if number % 2 else {}))

    async def _kill(self, worker: WorkerProcess) -> None:
        await worker.kill()
        self._worker_kills += 1

    async def _kill_the_store(self) -> None:
        await asyncio.to_thread(self._scene.server.kill)
        self._store_kills += 1
        await asyncio.sleep(self._random.uniform(0, 0.3))
        await asyncio.to_thread(self._scene.server.start)
        await self._stories.commit_again()

    async def _run_without_workers(self) -> None:
        """Let no worker live while one incident is overtaken, another one ends, and a third one expires."""
        first = 10 + 3 * self._worker_kills
        overtaken, ended, expired = (self._stories.story(first + offset, Severity.SEVERE) for offset in range(3))
        await overtaken.open()
        await ended.open()
        steps = self._platform_log.accepted_steps + self._random.randint(0, len(self._scene.places) // 2)
        await self._platform_log.reached(steps)
        for worker in self._running:
            await worker.ready()
        for worker in self._running:
            await self._kill(worker)
        await asyncio.sleep(0.05)  # what they had sent off is taken by now
        await overtaken.escalate(without_workers=True)
        await ended.end(without_workers=True)
        await expired.open(lifetime=timedelta(seconds=_TIME_WITHOUT_WORKERS_S / 2), without_workers=True)
        await asyncio.sleep(_TIME_WITHOUT_WORKERS_S)
        self._running = [await self._start(number) for number in range(self._options.workers)]

    async def _break_connections(self) -> None:
        error = self._random.choice((OOM, READONLY, LOADING, ""))
        if error:
            self._scene.proxy.refuse(error, times=self._random.randint(1, 5))
        elif self._random.random() < 0.5:
            self._scene.proxy.lose_reply(times=self._random.randint(1, 5))
        else:
            self._scene.proxy.cut()

    async def _disturb_a_platform(self) -> None:
        """Let a platform ask for a pause, or be out of order, for a few messages: neither has taken them."""
        times = self._random.randint(1, 10)
        if self._random.random() < 0.5:
            self._scene.telegram.fail("sendMessage", status=429, description="Too Many Requests: retry after 1",
                                parameters={"retry_after": 1}, times=times)  # fmt: skip
        else:
            self._scene.discord.fail("POST", "/messages$", 503, times=times)
