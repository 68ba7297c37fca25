"""A storm over the whole service: real workers read, judge, tell and answer while everything around them goes wrong.

Known parts of the reserves leave known exchanges at known hours. Meanwhile the upstream refuses, hangs, stands still or
answers with something else, and Redis refuses or dies. At the end every outflow was told once in every place that
hears of it, with its share and its end, and nothing else was; and every fault that made the bot deaf was said while it
lasted, and so was its end.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random

from bot.domain.place import Platform
from bot.domain.worker import Role
from tests.chaos.self_report_log import SelfReportLog
from tests.chaos.service_bench import ServiceBench, service_bench
from tests.chaos.service_faults import FAULTS
from tests.chaos.service_plan import Plan, PlannedFault, PlannedOutflow, planned
from tests.chaos.service_verdict import (
    ServiceVerdict,
    judge_alarms,
    judge_told,
    places_without_end,
    places_without_opening,
    titles,
)
from tests.chaos.storm_clock import StormClock
from tests.waiting import stop, until

_LONGEST_S = 100.0
"""For what takes seconds on an idle machine: a report comes every 15 s, a lost worker is replaced after 10 s."""
_TOLD_WITHIN = 20  # hours: after a day nothing of an outflow is left in the window that it is seen in
_ENDED_WITHIN = 30  # hours after coins are back, or have left the window of a day
_AT_THE_START = "first poll pending"
_ALL_FAULTS = tuple(FAULTS)


@dataclass(frozen=True, slots=True)
class ServiceStormOptions:
    """What to do: so many outflows, and these faults, at hours drawn from the seed."""

    seed: int
    outflows: int = 5
    faults: Sequence[str] = _ALL_FAULTS
    roles: Sequence[Role] = (Role.ALL,)


@dataclass(frozen=True, slots=True)
class ServiceOutcome:
    """What the storm led to; `said` counts the faults that were said, `told` is what people were told."""

    options: ServiceStormOptions
    verdict: ServiceVerdict
    seconds: float
    hours: float
    said: int
    told: str
    complaints: Sequence[str]

    def broken(self) -> list[str]:
        """Return every promise that was broken, a sentence each."""
        verdict = self.verdict
        return [
            *(f"missing: {sentence}" for sentence in verdict.missing),
            *(f"told though it was not planned: {sentence}" for sentence in verdict.unplanned),
            *(f"told wrongly: {sentence}" for sentence in verdict.wrong),
            *(f"told the operator though nothing was broken: {sentence}" for sentence in verdict.false_alarms),
            *(f"{times} messages twice on {platform}" for platform, times in verdict.twice.items() if times),
        ]

    def __str__(self) -> str:
        twice = ", ".join(
            f"{platform} {self.verdict.twice[platform]}" for platform in (Platform.TELEGRAM, Platform.DISCORD)
        )
        return (
            f"service, seed {self.options.seed}: {self.options.outflows} outflows, {len(self.options.faults)} faults "
            f"in {self.hours:.0f} h, which took {self.seconds:.0f} s; outflows told {self.verdict.told} times; "
            f"faults said {self.said}; missing {len(self.verdict.missing)}; not planned {len(self.verdict.unplanned)}; "
            f"wrong {len(self.verdict.wrong)}; twice: {twice}; false alarms {len(self.verdict.false_alarms)}"
        )


async def run(options: ServiceStormOptions) -> ServiceOutcome:
    """Run it and return what it led to."""
    async with service_bench(options.seed) as bench:
        return await ServiceStorm(options, bench).play()


class ServiceStorm:
    """A run under way."""

    def __init__(self, options: ServiceStormOptions, bench: ServiceBench) -> None:
        self._options = options
        self._bench = bench
        self._chance = Random(options.seed)  # noqa: S311 — the same numbers for the same seed are what is wanted
        self._plan: Plan = planned(self._chance, bench.exchanges, outflows=options.outflows, faults=options.faults)
        self._clock = StormClock(
            bench.time,
            polls=lambda: len(bench.llama.asked("/cexs")),
            is_delivered=bench.is_delivered,
            on_hour=bench.publish_hour,
        )
        self._said = SelfReportLog(bench)
        self._known: set[tuple[str, str]] = set()  # what was told to the operator before, and by which worker
        self._verdict = ServiceVerdict()
        self._number_said = 0

    async def play(self) -> ServiceOutcome:
        """Let everything happen, and judge the result."""
        began = time.monotonic()
        bench = self._bench
        await bench.subscribe()
        for role in self._options.roles:
            await bench.workers.start(role)
        watching = asyncio.create_task(self._said.run())
        await self._wait_until_all_is_well("the start")
        ticking = asyncio.create_task(self._clock.run())
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._faults())
                for outflow in self._plan.outflows:
                    tasks.create_task(self._outflow(outflow))
        finally:
            await stop(ticking)
            await stop(watching)
        judge_told(bench, self._plan.outflows, self._verdict)
        return ServiceOutcome(
            options=self._options,
            verdict=self._verdict,
            seconds=time.monotonic() - began,
            hours=self._clock.hour,
            said=self._number_said,
            told=titles(bench.told),
            complaints=[line for worker in bench.workers.started for line in worker.log_path.read_text().splitlines()],
        )

    async def _outflow(self, outflow: PlannedOutflow) -> None:
        """Let a part of an exchange's reserves leave and, where planned, come back; wait until both are told."""
        move = self._bench.outflow(outflow.exchange, outflow.share)
        self._bench.moves[outflow.hour].append((outflow.exchange, move))
        await self._clock.reached(outflow.hour)
        with self._clock.held_at(outflow.hour + _TOLD_WITHIN):
            await self._wait(
                lambda: not places_without_opening(self._bench, outflow),
                lambda: f"{outflow}, at {[str(place) for place in places_without_opening(self._bench, outflow)]}",
            )
        over_at = outflow.hour + 24
        if outflow.returns_at:
            over_at = max(outflow.returns_at, int(self._clock.hour) + 1)
            back = {slot: -amount for slot, amount in move.items()}
            self._bench.moves[over_at].append((outflow.exchange, back))
        await self._clock.reached(over_at)
        with self._clock.held_at(over_at + _ENDED_WITHIN):
            await self._wait(
                lambda: not places_without_end(self._bench, outflow),
                lambda: (
                    f"the end of {outflow}, at {[str(place) for place in places_without_end(self._bench, outflow)]}"
                ),
            )

    async def _faults(self) -> None:
        for fault in self._plan.faults:
            await self._clock.reached(fault.hour)
            notices = len(self._bench.told.all)
            words = await self._fault(fault)
            await self._wait_until_all_is_well(fault.name)
            explained = [why for why in (words, FAULTS[fault.name].also) if why]
            judge_alarms(list(self._said.begun(since=notices)), explained, self._verdict)

    async def _fault(self, fault: PlannedFault) -> str:
        """Let a fault begin, be said, last for its time, end, and be over."""
        looks, notices = len(self._said.looks), len(self._bench.told.all)
        async with AsyncExitStack() as under_way:
            words = await under_way.enter_async_context(FAULTS[fault.name].under_way(self._bench, self._chance))
            # A worker that has told of such a fault before says it again to the operator after an hour at the earliest.
            is_new = (words, self._said.poller) not in self._known
            with self._clock.held_at(fault.end):
                self._number_said += await self._wait(
                    lambda: self._said.is_said(words, since=looks), f"{words!r} on /readyz, while {fault.name}"
                )
                if is_new:
                    await self._wait(
                        lambda: self._said.is_told(words, since=notices), f"{words!r} in ERROR_CHAT, while {fault.name}"
                    )
                    self._known.add((words, self._said.poller))
            poller = self._said.poller
            await self._clock.reached(fault.end)
        if is_new:
            await self._wait(
                lambda: self._said.poller != poller or self._said.is_told_over(words, since=notices),
                f"in ERROR_CHAT that {words!r} is over, after {fault.name}",
            )
        return words

    async def _wait_until_all_is_well(self, after: str) -> None:
        await self._wait(
            lambda: bool(self._said.newest) and not self._said.in_the_way(),
            lambda: f"workers that are ready after {after}; {self._said.in_the_way()}",
        )

    async def _wait(self, condition: Callable[[], object], missing: str | Callable[[], str]) -> bool:
        """Return whether something came; else put into the verdict what was missing, and go on."""
        try:
            await until(condition, missing, limit=_LONGEST_S)
        except AssertionError as error:
            self._verdict.missing.append(f"{error} (hour {self._clock.hour})")
            return False
        return True
