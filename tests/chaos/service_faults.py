"""The faults that make a whole service deaf, each a block that begins and ends it and gives what has to be said of it.

What has to be said is a pattern that finds the sentence on /readyz and in ERROR_CHAT. `FAULTS` says for how many hours
of the simulation each lasts at the least: figures are too old after three, and a calm exchange is read every four and a
half.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from tests.chaos.service_bench import ServiceBench

_EVERY_REQUEST = 10**6
_POLLS_OVERDUE = "last good poll was"
_FIGURES_UNREAD = "could not be read for"
WRONG_HOURS = range(1, 13)
"""By how much clocks are wrong, ahead or behind."""


@dataclass(frozen=True, slots=True)
class DeafeningFault:
    """A kind of fault: `hours` for which it lasts at the least, and what begins and ends it.

    `also` is what follows from it and may be said as well. Where it `keeps_workers` none is lost meanwhile: while the
    store is away nobody knows who polls, and when that worker dies nobody tells the operator in its place.
    """

    hours: int
    under_way: Callable[[ServiceBench, Random], AbstractAsyncContextManager[str]]
    also: str = ""
    keeps_workers: bool = False


@asynccontextmanager
async def upstream_refuses(bench: ServiceBench, chance: Random) -> AsyncIterator[str]:
    """The upstream answers everything with an error."""
    with _failing(bench, _all_paths(bench), status=chance.choice((403, 429, 500, 503))):
        yield _POLLS_OVERDUE


@asynccontextmanager
async def upstream_hangs(bench: ServiceBench, _: Random) -> AsyncIterator[str]:
    """The upstream takes requests and does not answer."""
    answering = asyncio.Event()
    try:
        with _failing(bench, _all_paths(bench), until=answering):
            yield _POLLS_OVERDUE
    finally:
        answering.set()


@asynccontextmanager
async def upstream_stands_still(bench: ServiceBench, _: Random) -> AsyncIterator[str]:
    """The upstream answers with what it had before, as if nothing had happened since."""
    bench.is_frozen = True
    try:
        yield "has not updated"
    finally:
        bench.is_frozen = False


@asynccontextmanager
async def list_shrinks(bench: ServiceBench, chance: Random) -> AsyncIterator[str]:
    """The list has three exchanges of eight: not believed at first, and then they are missing."""
    bench.list_only(chance.sample(bench.exchanges, 3))
    try:
        yield f"{_POLLS_OVERDUE}|list has been without"
    finally:
        bench.list_only(None)


@asynccontextmanager
async def body_of_another_exchange(bench: ServiceBench, chance: Random) -> AsyncIterator[str]:
    """Under one exchange's address there is another one's body."""
    asked, answered = chance.sample(bench.exchanges, 2)
    with _failing(bench, [f"/protocol/{asked}"], body=bench.llama.exchanges[answered].protocol_body()):
        yield _FIGURES_UNREAD


@asynccontextmanager
async def amounts_in_other_units(bench: ServiceBench, chance: Random) -> AsyncIterator[str]:
    """An exchange's amounts are a thousandth of what they were, and worth as much as before."""
    asked = chance.choice(bench.exchanges)
    body = json.loads(bench.llama.exchanges[asked].protocol_body())
    for sections in (body, *body["chainTvls"].values()):
        for point in sections.get("tokens") or ():
            point["tokens"] = {asset: amount / 1000 for asset, amount in point["tokens"].items()}
    with _failing(bench, [f"/protocol/{asked}"], body=json.dumps(body).encode()):
        yield _FIGURES_UNREAD


@asynccontextmanager
async def store_refuses(bench: ServiceBench, chance: Random) -> AsyncIterator[str]:
    """Redis reads and takes no writes: its memory is full, its replicas are gone, or it is one itself."""
    begin, end = chance.choice(
        (
            ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"),
            ("CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0"),
            ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"),
        )
    )
    assert bench.server.ask(begin) == "+OK"
    try:
        yield "store: "
    finally:
        assert bench.server.ask(end) == "+OK"


@asynccontextmanager
async def store_is_away(bench: ServiceBench, _: Random) -> AsyncIterator[str]:
    """Redis is killed, and started again later."""
    await asyncio.to_thread(bench.server.kill)
    try:
        yield "store: "
    finally:
        await asyncio.to_thread(bench.server.start)


@asynccontextmanager
async def clock_goes_wrong(bench: ServiceBench, chance: Random) -> AsyncIterator[str]:
    """The clock of a worker's machine is set some hours ahead or back while it runs."""
    right = [worker.machine for worker in bench.workers.alive if not worker.is_asleep and not worker.ahead_h]
    machine = chance.choice(right)
    hours = chance.choice(sorted(set(WRONG_HOURS) - {abs(worker.ahead_h) for worker in bench.workers.alive}))
    way = chance.choice((-1, 1))
    bench.left_alone.add(machine)
    bench.time.set_ahead(machine, way * timedelta(hours=hours))
    try:
        yield rf"clock of this machine is {hours}\sh {'fast' if way > 0 else 'slow'}"
    finally:
        bench.time.set_ahead(machine, timedelta())
        bench.left_alone.discard(machine)


FAULTS: Mapping[str, DeafeningFault] = {
    "the upstream refuses": DeafeningFault(5, upstream_refuses),
    "the upstream hangs": DeafeningFault(5, upstream_hangs),
    "the upstream stands still": DeafeningFault(8, upstream_stands_still),
    "the list shrinks": DeafeningFault(5, list_shrinks),
    "another exchange's body": DeafeningFault(8, body_of_another_exchange),
    "amounts in other units": DeafeningFault(8, amounts_in_other_units),
    "the store refuses": DeafeningFault(5, store_refuses, also=_POLLS_OVERDUE, keeps_workers=True),
    "a clock goes wrong": DeafeningFault(5, clock_goes_wrong),
    "the store is away": DeafeningFault(5, store_is_away, also=_POLLS_OVERDUE, keeps_workers=True),
}


def _all_paths(bench: ServiceBench) -> Sequence[str]:
    return ["/cexs", *(f"/protocol/{exchange}" for exchange in bench.exchanges)]


@contextmanager
def _failing(bench: ServiceBench, paths: Sequence[str], **how: Any) -> Iterator[None]:
    """Let the upstream go wrong in one way at some paths."""
    faults = [bench.llama.fail(path, times=_EVERY_REQUEST, **how) for path in paths]
    try:
        yield
    finally:
        for fault in faults:
            fault.times = 0
