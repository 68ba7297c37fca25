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
from tests.chaos.workers import Worker, Workers
from tests.fakes.redis_proxy import LOADING, OOM, READONLY

_NIGHTS = 2
_STEPS_PER_PLACE = 12
_NIGHT = 0.7
_QUIET = 1000
_ENOUGH = 1.03  # for what came twice counts once
_SOON = 15.0
"""Seconds for which what a worker has in hand may be sent although it is superseded: three times its patience."""


@dataclass(frozen=True, slots=True)
class StormOptions:
    """What to do: about so many deliveries on both platforms together, and so many kills, at moments of the seed's."""

    seed: int
    deliveries: int = 20_000
    worker_kills: int = 12
    store_kills: int = 4
    workers: int = 2
    sync: str = "everysec"
    haste: DeliverySpeed = field(default_factory=DeliverySpeed)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    order: StormOptions
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
        return self.order.haste.at_once * (self.worker_kills + self.order.workers * self.store_kills)

    def broken(self) -> list[str]:
        """Return every promise that was broken, a sentence each."""
        one, twice, unfinished = self.verdict, self.verdict.twice, self.verdict.unfinished
        late, latest = max(one.behind, default=(0.0, ""))
        promises = [
            (not one.lost, f"lost: {len(one.lost)}, such as {one.lost[:5]}"),
            (twice[Platform.TELEGRAM] <= self.bound, f"twice on Telegram: {twice[Platform.TELEGRAM]} > {self.bound}"),
            (not twice[Platform.DISCORD], f"twice on Discord: {twice[Platform.DISCORD]}"),
            (unfinished.total() <= 2 * self.bound, f"nobody knows of {unfinished.total()} > {2 * self.bound}"),
            (
                not one.in_the_dark,
                f"sent after it was superseded: {len(one.in_the_dark)}, such as {one.in_the_dark[:5]}",
            ),
            (late < _SOON, f"sent {late:.1f} s after it was superseded: {latest}"),
            (not one.expired, f"sent after it had expired: {len(one.expired)}, such as {one.expired[:5]}"),
            (not one.disordered, f"out of order: {len(one.disordered)}, such as {one.disordered[:5]}"),
        ]
        return [sentence for is_kept, sentence in promises if not is_kept]

    def __str__(self) -> str:
        one = self.verdict
        twice = ", ".join(f"{platform} {one.twice[platform]}" for platform in (Platform.TELEGRAM, Platform.DISCORD))
        late, _ = max(one.behind, default=(0.0, ""))
        facts = (
            f"seed {self.order.seed}: {one.made} deliveries in {self.seconds:.0f} s",
            f"workers killed {self.worker_kills}",
            f"Redis killed {self.store_kills} (commits swallowed: {self.commits_again})",
            f"lost {len(one.lost)}",
            f"twice: {twice} (bound {self.bound}; Discord saw through {self.seen_through} repeats)",
            f"left out as superseded or expired {one.left_out}",
            f"taken after it was superseded {len(one.behind)}, up to {late:.1f} s",
            f"of those in nobody's hand {len(one.in_the_dark)}",
            f"expired {len(one.expired)}",
            f"out of order {len(one.disordered)}",
            f"messages nobody knows of {one.unfinished.total()}",
        )
        return "; ".join(facts)


async def run(order: StormOptions) -> Outcome:
    """Do it and return what came of it."""
    number = order.deliveries // 2 // _STEPS_PER_PLACE
    async with (
        scratch() as directory,
        own_server("--appendfsync", order.sync) as server,
        fault_bench(server, number, through_the_line=True) as scene,
        scene.workers(directory, order.haste) as workers,
    ):
        return await Storm(order, scene, workers).play()


class Storm:
    """A run under way."""

    def __init__(self, order: StormOptions, scene: FaultBench, workers: Workers) -> None:
        self._order = order
        self._scene = scene
        self._ledger = scene.ledger
        self._newsroom = scene.newsroom
        self._workers = workers
        self._dice = random.Random(order.seed)  # noqa: S311 — the same numbers for the same seed are what is wanted
        self._crew: list[Worker] = []
        self._worker_kills = self._store_kills = 0

    async def play(self) -> Outcome:
        """Tell everything, break everything, and judge what came of it."""
        began = time.monotonic()
        self._crew = [await self._start(one) for one in range(self._order.workers)]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._break())
            tasks.create_task(self._tell())
        await self._scene.until_all_is_over()
        return Outcome(
            order=self._order,
            verdict=self._scene.verdict(),
            seconds=time.monotonic() - began,
            worker_kills=self._worker_kills,
            store_kills=self._store_kills,
            commits_again=self._newsroom.again,
            seen_through=self._ledger.refused_twice,
            complaints=self._workers.complaints(),
        )

    async def _tell(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for stories in (self._calm_story(1), self._hasty_story(2), self._hasty_story(3), self._quiet_stories()):
                tasks.create_task(stories)
        self._ledger.close()

    async def _calm_story(self, number: int) -> None:
        """Tell an incident from its opening to its end, each step once everybody has heard of the one before."""
        story = self._newsroom.story(number, Severity.CRITICAL)
        for tell in (story.open, story.change, story.escalate, story.end):
            await tell()
            await story.until_over()

    async def _hasty_story(self, number: int) -> None:
        """Tell an incident whose steps overtake each other while they are told."""
        dice = random.Random(f"{self._order.seed} {number}")  # noqa: S311 — as below
        story = self._newsroom.story(number, Severity.ELEVATED)
        await story.open()
        for tell in (story.change, story.escalate, story.end):
            await self._ledger.reached(self._ledger.told + dice.randint(0, len(self._scene.places)))
            await tell()
        await story.until_over()

    async def _quiet_stories(self) -> None:
        """Tell of incidents that nobody hurries for, one after the other, until there was enough to deliver."""
        number = _QUIET
        while self._ledger.told < _ENOUGH * self._order.deliveries:
            story = self._newsroom.story(number, Severity.WATCH)
            await story.open()
            await story.until_over()
            number += 1

    async def _break(self) -> None:
        """Break one thing after the other, spread over the deliveries as the seed will have it."""
        deeds = self._deeds()
        moments = sorted(self._dice.uniform(0.02, 0.85) * self._order.deliveries for _ in deeds)
        for moment, deed in zip(moments, deeds, strict=True):
            await self._ledger.reached(round(moment))
            await deed()

    def _deeds(self) -> list[Callable[[], Awaitable[None]]]:
        single_kills = self._order.worker_kills - _NIGHTS * self._order.workers
        deeds: list[Callable[[], Awaitable[None]]] = [
            *[self._kill_a_worker] * single_kills,
            *[self._kill_the_store] * self._order.store_kills,
            *[self._let_a_night_pass] * _NIGHTS,
            *[self._trouble_the_line] * 6,
            *[self._trouble_a_platform] * 2,
        ]
        self._dice.shuffle(deeds)
        return deeds

    async def _kill_a_worker(self) -> None:
        which = self._dice.randrange(len(self._crew))
        await self._crew[which].ready()
        await self._kill(self._crew[which])
        self._crew[which] = await self._start(which)

    async def _start(self, number: int) -> Worker:
        """Start a worker; every other one has a line to the store that nobody troubles."""
        return await self._workers.start(**({"REDIS_URL": self._scene.server.url} if number % 2 else {}))

    async def _kill(self, worker: Worker) -> None:
        await worker.kill()
        self._worker_kills += 1

    async def _kill_the_store(self) -> None:
        await asyncio.to_thread(self._scene.server.kill)
        self._store_kills += 1
        await asyncio.sleep(self._dice.uniform(0, 0.3))
        await asyncio.to_thread(self._scene.server.start)
        await self._newsroom.commit_again()

    async def _let_a_night_pass(self) -> None:
        """Let no worker live while one incident is overtaken, another one ends, and a third one expires."""
        first = 10 + 3 * self._worker_kills
        overtaken, ended, expired = (self._newsroom.story(first + one, Severity.SEVERE) for one in range(3))
        await overtaken.open()
        await ended.open()
        await self._ledger.reached(self._ledger.told + self._dice.randint(0, len(self._scene.places) // 2))
        for worker in self._crew:
            await worker.ready()
        for worker in self._crew:
            await self._kill(worker)
        await asyncio.sleep(0.05)  # what they had sent off is taken by now
        await overtaken.escalate(in_the_dark=True)
        await ended.end(in_the_dark=True)
        await expired.open(lifetime=timedelta(seconds=_NIGHT / 2), in_the_dark=True)
        await asyncio.sleep(_NIGHT)
        self._crew = [await self._start(one) for one in range(self._order.workers)]

    async def _trouble_the_line(self) -> None:
        error = self._dice.choice((OOM, READONLY, LOADING, ""))
        if error:
            self._scene.line.refuse(error, times=self._dice.randint(1, 5))
        elif self._dice.random() < 0.5:
            self._scene.line.lose_reply(times=self._dice.randint(1, 5))
        else:
            self._scene.line.cut()

    async def _trouble_a_platform(self) -> None:
        """Let a platform ask for a pause, or be out of order, for a few messages: neither has taken them."""
        many = self._dice.randint(1, 10)
        if self._dice.random() < 0.5:
            self._scene.telegram.fail("sendMessage", status=429, description="Too Many Requests: retry after 1",
                                parameters={"retry_after": 1}, times=many)  # fmt: skip
        else:
            self._scene.discord.fail("POST", "/messages$", 503, times=many)
