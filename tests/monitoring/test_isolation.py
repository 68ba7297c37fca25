"""One exchange on which something fails unforeseen: the others are judged together, as if it had not been read."""

from collections.abc import Collection, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from bot.domain.errors import StorageError
from bot.domain.exchange import Exchange
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity
from bot.domain.snapshot import ExchangeSnapshot
from bot.monitoring.isolation import isolated, without_crashing
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.monitoring.watch import Watch
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX, holding, subscription
from tests.fakes.memory import Memory, MemoryIncidents, MemoryReadings, MemorySubscriptions

KRAKEN = Exchange("kraken", "Kraken", "kraken")


class OddReadings(MemoryReadings):
    """Readings of which those of Binance cannot be read back."""

    @override
    async def latest(self, exchange: str) -> Reading | None:
        if exchange == "binance":
            raise OverflowError("int too large to convert to float")
        return await super().latest(exchange)


class OddBases(MemoryReadings):
    """Readings of which those where Binance's windows start cannot be read back."""

    @override
    async def bases(self, exchange: str, moments: Any) -> Sequence[Reading]:
        if exchange == "binance":
            raise OverflowError("int too large to convert to float")
        return await super().bases(exchange, moments)


class OddSubscriptions(MemorySubscriptions):
    """Subscriptions of which those to Binance ask for a preset that is none."""

    @override
    async def presets(self, exchange: str) -> Collection[Sensitivity]:
        if exchange == "binance":
            raise ValueError("'odd' is not a valid Sensitivity")
        return await super().presets(exchange)


class OddIncidents(MemoryIncidents):
    """Incidents of which those of Binance cannot be stored."""

    @override
    async def commit(self, subject: str, *arguments: Any, **more: Any) -> bool:
        if subject == "binance":
            raise TypeError("Encoding objects of this type is unsupported")
        return await super().commit(subject, *arguments, **more)


def odd_memory(part: str) -> Memory:
    memory = Memory(NOON)
    if part == "readings":
        memory.readings = OddReadings()
    elif part == "bases":
        memory.readings = OddBases()
    elif part == "subscriptions":
        memory.subscriptions = OddSubscriptions(memory.outbox)
    else:
        memory.incidents = OddIncidents(memory.outbox)
    return memory


@pytest.mark.parametrize("part", ["readings", "bases", "subscriptions", "incidents"])
async def test_one_exchange_that_cannot_be_judged_keeps_no_other_from_it(part: str) -> None:
    memory = odd_memory(part)
    published: list[ExchangeSnapshot] = []
    watch = Watch(
        SnapshotBuilder(memory.readings, memory.clock, memory.incidents),
        incidents=memory.incidents,
        subscriptions=memory.subscriptions,
        clock=memory.clock,
        meter=memory.meter,
        publish=published.append,
    )
    exchanges = (BINANCE, OKX, KRAKEN)
    for exchange in exchanges:
        days = [holding(60, at=NOON - day * DAY, exchange=exchange.id) for day in range(1, 30)]
        left = [holding(50 - 0.1 * hour, at=NOON + hour * HOUR, exchange=exchange.id) for hour in range(3)]
        await memory.readings.add([*days, *left])
    memory.clock.advance(2 * HOUR)
    await memory.subscriptions.add(subscription("okx"))

    with capture_logs() as logs:
        crashes = await watch.judge_exchanges(exchanges)

    assert set(crashes) == {"binance"}
    assert {incident.subject for incident in await memory.incidents.open()} - {"market"} == {"okx", "kraken"}
    assert memory.told()
    assert {log["exchange"] for log in logs if log["event"] == "exchange could not be judged"} == {"binance"}


def test_what_is_raised_on_purpose_goes_on_its_way() -> None:
    with pytest.raises(StorageError), isolated("okx", {}):
        raise StorageError("away")
    with pytest.raises(StorageError):
        without_crashing(_away, ["okx"], {}, subject_of=str)


def test_only_those_on_which_work_fails_alone_are_left_out() -> None:
    crashes: dict[str, Exception] = {}
    assert without_crashing(_shares, [4.0, 0.0, 2.0], crashes, subject_of=str) == [0.25, 0.5]
    assert list(crashes) == ["0.0"]


def test_work_that_fails_on_all_of_them_together_only_is_nobodys_fault() -> None:
    with pytest.raises(ZeroDivisionError):
        without_crashing(lambda numbers: 1 / (len(numbers) - 2), [1.0, 2.0], {}, subject_of=str)


def _away(_: Sequence[str]) -> None:
    raise StorageError("away")


def _shares(numbers: Sequence[float]) -> list[float]:
    return [1 / number for number in numbers]
