"""A storm over the whole service: real workers read, judge, tell and answer while everything around them goes wrong.

Known parts of the reserves leave known exchanges at known hours. Meanwhile the upstream refuses, hangs, stands still or
answers with something else, Redis refuses or dies, workers die or stand still, and clocks are up to 12 h off. At the
end every outflow was told once in every place that hears of it, with its share and its end, and nothing else was; and
every fault that made the bot deaf was said while it lasted, and so was its end.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from random import Random

from bot.domain.place import Platform
from bot.domain.worker import Role
from tests.chaos.questions import Questions
from tests.chaos.self_report_log import OWN_CLOCK, SelfReportLog
from tests.chaos.service_bench import TELEGRAM_PLACES, ServiceBench, service_bench
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
from tests.chaos.worker_losses import WorkerLosses
from tests.waiting import stop, until

_LONGEST_S = 100.0
"""For what takes seconds on an idle machine: a report comes every 15 s, a lost worker is replaced after 10 s."""
_TOLD_WITHIN = 20  # hours: after a day nothing of an outflow is left in the window that it is seen in
_ENDED_WITHIN = 30  # hours after coins are back, or have left the window of a day
_WELL_WITHIN = 6  # hours after a fault: figures that stood still and seem calm are read again after four and a half
_ALL_FAULTS = tuple(FAULTS)


@dataclass(frozen=True, slots=True)
class ServiceStormOptions:
    """What to do: so many outflows, these faults and so many losses of a worker, at hours drawn from the seed."""

    seed: int
    outflows: int = 5
    faults: Sequence[str] = _ALL_FAULTS
    roles: Sequence[Role] = (Role.ALL, Role.POLLER, Role.GATEWAY, Role.COURIER)
    losses: int = 10
    wrong_clocks: bool = True


@dataclass(frozen=True, slots=True)
class ServiceOutcome:
    """What the storm led to; `said` counts the faults that were said, `told` is what people were told.

    `killed` and `slept` count workers.
    """

    options: ServiceStormOptions
    verdict: ServiceVerdict
    seconds: float
    hours: float
    said: int
    answers: int
    killed: int
    slept: int
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
            *(
                f"{times} messages twice on {platform}, more than {self.bounds[platform]}"
                for platform, times in verdict.twice.items()
                if times > self.bounds[platform]
            ),
        ]

    @property
    def bounds(self) -> Mapping[Platform, int]:
        """Return how many messages may come twice: one in hand for each chat when a worker was lost."""
        return {Platform.TELEGRAM: TELEGRAM_PLACES * (self.killed + self.slept), Platform.DISCORD: 0}

    def __str__(self) -> str:
        twice = ", ".join(
            f"{platform} {self.verdict.twice[platform]}" for platform in (Platform.TELEGRAM, Platform.DISCORD)
        )
        verdict = self.verdict
        facts = (
            f"service, seed {self.options.seed}: {self.hours:.0f} h in {self.seconds:.0f} s",
            f"outflows {self.options.outflows}, told in {verdict.told} places",
            f"faults {len(self.options.faults)}, said {self.said}",
            f"workers killed {self.killed}, asleep {self.slept}",
            f"questions answered {self.answers}",
            f"missing {len(verdict.missing)}",
            f"not planned {len(verdict.unplanned)}",
            f"wrong {len(verdict.wrong)}",
            f"false alarms {len(verdict.false_alarms)}",
            f"twice: {twice} (bound {self.bounds[Platform.TELEGRAM]})",
        )
        return "; ".join(facts)


async def run(options: ServiceStormOptions) -> ServiceOutcome:
    """Run it and return what it led to."""
    async with service_bench(options.seed) as bench:
        return await ServiceStorm(options, bench).play()


class ServiceStorm:
    """A run under way."""

    def __init__(self, options: ServiceStormOptions, bench: ServiceBench) -> None:
        self._options = options
        self._bench = bench
        # One for each of those who go on beside each other, so that the same seed does the same.
        plan, self._chance, losses = (Random(f"{options.seed} {of}") for of in ("plan", "faults", "losses"))  # noqa: S311 — the same numbers are what is wanted
        self._plan: Plan = planned(
            plan, bench.exchanges, outflows=options.outflows, faults=options.faults, losses=options.losses
        )
        self._losses = WorkerLosses(bench, losses, wrong_clocks=options.wrong_clocks)
        self._questions = Questions(bench)
        self._clock = StormClock(
            bench.time,
            polls=lambda: len(bench.llama.asked("/cexs")),
            is_delivered=bench.is_delivered,
            on_hour=bench.publish_hour,
        )
        self._said = SelfReportLog(bench)
        self._verdict = ServiceVerdict()
        self._number_said = 0
        self._judged = 0

    async def play(self) -> ServiceOutcome:
        """Let everything happen, and judge the result."""
        began = time.monotonic()
        bench = self._bench
        await bench.subscribe()
        for role in self._options.roles:
            await self._losses.start(role)
        watching = asyncio.create_task(self._said.run())
        await self._wait_until_all_is_well("the start")
        ticking = asyncio.create_task(self._clock.run())
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._faults())
                tasks.create_task(self._lose_workers())
                for outflow in self._plan.outflows:
                    tasks.create_task(self._outflow(outflow))
            await self._wait_until_all_is_well("everything")
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
            answers=self._questions.answered,
            killed=self._losses.killed,
            slept=self._losses.slept,
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
            with self._clock.held_at(fault.end + _WELL_WITHIN):
                async with self._losses.undisturbed if FAULTS[fault.name].keeps_workers else nullcontext():
                    words = await self._fault(fault)
                await self._wait_until_all_is_well(fault.name)
                self._judge_alarms(words, FAULTS[fault.name].also)
                await self._ask()

    async def _lose_workers(self) -> None:
        for loss in self._plan.losses:
            await self._clock.reached(loss.hour)
            await self._losses.lose(loss)

    async def _ask(self) -> None:
        """Ask questions while no worker is lost."""
        async with self._losses.undisturbed:
            try:
                await self._questions.ask()
            except AssertionError as error:
                self._verdict.missing.append(f"an answer (hour {self._clock.hour}): {error}")

    def _judge_alarms(self, *explained: str) -> None:
        """Judge what the operator was told since the last time."""
        sentences = list(self._said.begun(since=self._judged))
        self._judged = len(self._bench.told.all)
        clocks = OWN_CLOCK if self._options.wrong_clocks else ""
        judge_alarms(sentences, [why for why in (*explained, clocks) if why], self._verdict)

    async def _fault(self, fault: PlannedFault) -> str:
        """Let a fault begin, be said, last for its time, end, and be over."""
        said, looks, notices = self._said, len(self._said.looks), len(self._bench.told.all)
        async with FAULTS[fault.name].under_way(self._bench, self._chance) as words:
            with self._clock.held_at(fault.end):
                self._number_said += await self._wait(
                    lambda: said.is_said(words, since=looks), f"{words!r} on /readyz, while {fault.name}"
                )
                await self._wait(
                    lambda: said.is_told(words, since=notices) or said.has_told_before(words),
                    lambda: f"{words!r} in ERROR_CHAT, while {fault.name}; it heard {said.told_by_worker()}",
                )
            teller = said.poller if said.is_told(words, since=notices) else ""
            await self._clock.reached(fault.end)
        if teller:
            await self._wait(
                lambda: said.poller != teller or said.is_told_over(words, since=notices),
                f"in ERROR_CHAT that {words!r} is over, after {fault.name}",
            )
        await self._wait(lambda: not said.says_now(words), f"that /readyz says {words!r} no more")
        return words

    async def _wait_until_all_is_well(self, after: str) -> None:
        """Wait until every worker says that alerts can come; none is lost meanwhile."""
        async with self._losses.undisturbed:
            with self._clock.held_at(self._clock.hour + _WELL_WITHIN):
                await self._wait(
                    lambda: self._said.newest and not self._said.in_the_way() and not self._said.clocks_unsaid(),
                    lambda: (
                        f"workers that are ready after {after}; {self._said.in_the_way()}, and with wrong clocks "
                        f"that they do not say {self._said.clocks_unsaid()}"
                    ),
                )

    async def _wait(self, condition: Callable[[], object], missing: str | Callable[[], str]) -> bool:
        """Return whether something came; else put into the verdict what was missing, and go on."""
        try:
            await until(condition, missing, limit=_LONGEST_S)
        except AssertionError as error:
            self._verdict.missing.append(f"{error} (hour {self._clock.hour})")
            return False
        return True
