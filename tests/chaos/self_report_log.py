"""What the workers say about themselves: /readyz of each of them all the time, and ERROR_CHAT.

`poller` is the worker that polls, as far as is known; it alone tells the operator of what all workers know alike.
"""

import asyncio
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp

from bot.domain.errors import StorageError
from bot.domain.place import Place, Platform
from bot.domain.worker import Lease
from tests.chaos.service_bench import ServiceBench
from tests.chaos.told_messages import ToldMessage

_LOOK_EVERY_S = 0.15
_BEGUN, _ENDED = "⚠️ ", "Over: "
OWN_CLOCK = "clock of this machine"


@dataclass(frozen=True, slots=True)
class Look:
    """What a worker gave as reasons why alerts may not come, at a second of the monotonic time."""

    at_s: float
    worker: str
    reasons: Sequence[str]


@dataclass(eq=False)
class SelfReportLog:
    """Everything that was said."""

    bench: ServiceBench
    looks: list[Look] = field(default_factory=list)
    newest: dict[str, Sequence[str] | None] = field(default_factory=dict)
    poller: str = ""
    _told: list[tuple[str, str]] = field(default_factory=list)  # sentences, and which worker polled at that time
    _heard: int = 0

    async def run(self) -> None:
        """Look all the time, until cancelled."""
        async with aiohttp.ClientSession() as client:
            while True:
                workers = self.bench.workers.alive
                answers = await asyncio.gather(*(worker.reasons(client) for worker in workers))
                self.newest = dict(zip((worker.name for worker in workers), answers, strict=True))
                at_s = time.monotonic()
                self.looks += [
                    Look(at_s, name, reasons) for name, reasons in self.newest.items() if reasons is not None
                ]
                self._told += [(sentence, self.poller) for sentence in self.begun(since=self._heard)]
                self._heard = len(self.bench.told.all)
                with suppress(StorageError):
                    await self.bench.store_answers()
                    owner = await self.bench.store.leases.owner(Lease.POLL)
                    self.poller = owner.worker if owner else self.poller
                await asyncio.sleep(_LOOK_EVERY_S)

    def is_said(self, words: str, *, since: int) -> bool:
        """Return whether any worker has given such a reason on /readyz, after so many looks in all."""
        return any(re.search(words, reason) for look in self.looks[since:] for reason in look.reasons)

    def is_told(self, words: str, *, since: int) -> bool:
        """Return whether the operator was told that such a thing began, after so many messages in all."""
        return any(re.search(words, sentence, re.IGNORECASE) for sentence in self.begun(since=since))

    def is_told_over(self, words: str, *, since: int) -> bool:
        """Return whether the operator was told that such a thing is over, after so many messages in all."""
        return any(re.search(words, sentence, re.IGNORECASE) for sentence in self._sentences(_ENDED, since))

    def has_told_before(self, words: str) -> bool:
        """Return whether the worker that polls has told the operator of such a thing in an earlier fault.

        It tells of it again after an hour at the earliest, which is longer than a storm.
        """
        return any(worker == self.poller and re.search(words, told, re.IGNORECASE) for told, worker in self._told)

    def told_by_worker(self) -> Sequence[str]:
        """Return everything that the operator was told to have begun, with the worker that polled at that time."""
        return [f"{sentence} ({worker})" for sentence, worker in self._told]

    def begun(self, *, since: int = 0) -> Iterator[str]:
        """Yield every sentence about something that began, as the operator was told."""
        return self._sentences(_BEGUN, since)

    def clocks_unsaid(self) -> Sequence[str]:
        """Return the workers that were started with a wrong clock and do not say so."""
        return [
            worker.name
            for worker in self.bench.workers.alive
            if worker.ahead_h and not any(OWN_CLOCK in reason for reason in self.newest.get(worker.name) or ())
        ]

    def says_now(self, words: str) -> bool:
        """Return whether any worker gives such a reason at present."""
        return any(re.search(words, reason) for reasons in self.newest.values() for reason in reasons or ())

    def in_the_way(self) -> Mapping[str, Sequence[str]]:
        """Return what the workers say now that is in the way, by worker, beside their own clocks.

        One that does not answer yet is in the way itself.
        """
        said = {
            name: ["does not answer"] if reasons is None else [why for why in reasons if OWN_CLOCK not in why]
            for name, reasons in self.newest.items()
        }
        return {name: reasons for name, reasons in said.items() if reasons}

    def notices(self, *, since: int = 0) -> Iterator[ToldMessage]:
        """Yield every message to the operator."""
        return self.bench.told.to(Place(Platform.TELEGRAM, str(self.bench.operators.id)), since=since)

    def _sentences(self, mark: str, since: int) -> Iterator[str]:
        for notice in self.notices(since=since):
            for sentence in notice.text.splitlines()[1:]:
                if sentence.startswith(mark):
                    yield sentence.removeprefix(mark)
