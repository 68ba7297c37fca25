"""What a snapshot says of parts that the source leaves out: told by readings alone, through the builder."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.reading import Reading
from bot.domain.snapshot import ExchangeSnapshot, MissingPart
from bot.monitoring.snapshot_builder import SnapshotBuilder
from tests.builders import BINANCE, DAY, HOUR, NOON, reading
from tests.fakes.memory import Memory

EVERYTHING: Mapping[str, tuple[float, float]] = {
    "Tron/USDT": (22e9, 1.0),
    "Solana/SOL": (3e8, 20.0),
    "Bitcoin/BTC": (3e6, 20_000.0),
    "BSC/BTC": (5e5, 20_000.0),
    "BSC/BNB": (1e7, 300.0),
}
"""$98 B of reserves: Tron 22, Solana 6, Bitcoin 60, BSC 10; and BNB, the own token, worth 3 more on BSC."""


def without(*chains: str, at: datetime = NOON) -> Reading:
    held = {slot: amount for slot, amount in EVERYTHING.items() if slot.partition("/")[0] not in chains}
    return reading(held, at=at)


def as_of(of: Reading) -> datetime:
    return of.as_of


async def snapshot_after(*readings: Reading) -> ExchangeSnapshot:
    memory = Memory(NOON)
    await memory.readings.add(readings)
    return await SnapshotBuilder(memory.readings, memory.clock, memory.incidents).snapshot(BINANCE)


async def test_a_complete_reading_lacks_nothing() -> None:
    snapshot = await snapshot_after(without(at=NOON - HOUR), without())

    assert (snapshot.missing, snapshot.last_complete, snapshot.shown_reading) == ((), None, snapshot.reading)


async def test_a_missing_chain_is_named_with_what_it_was_worth_and_since_when() -> None:
    complete = without(at=NOON - 3 * HOUR)

    snapshot = await snapshot_after(complete, without("Tron", at=NOON - 2 * HOUR), without("Tron"))

    assert snapshot.missing == (MissingPart("Tron", 22e9, NOON - 2 * HOUR),)
    assert snapshot.last_complete == snapshot.shown_reading == complete


async def test_the_own_token_is_no_part_of_what_is_missing() -> None:
    snapshot = await snapshot_after(without(at=NOON - HOUR), without("BSC"))

    assert snapshot.missing == (MissingPart("BSC", 10e9, NOON),)


async def test_several_parts_are_largest_first_and_complete_is_before_the_earliest() -> None:
    complete = without(at=NOON - 3 * HOUR)

    snapshot = await snapshot_after(complete, without("Solana", at=NOON - 2 * HOUR), without("Solana", "Tron"))

    assert [(part.name, part.since) for part in snapshot.missing] == [("Tron", NOON), ("Solana", NOON - 2 * HOUR)]
    assert snapshot.last_complete == complete


async def test_a_reading_that_lacked_another_part_was_not_complete() -> None:
    """Solana is back when Tron goes: only the first of these readings had both."""
    complete = without(at=NOON - 3 * HOUR)

    snapshot = await snapshot_after(
        complete, without("Solana", at=NOON - 2 * HOUR), without("Solana", "Tron", at=NOON - HOUR), without("Tron")
    )

    assert [part.name for part in snapshot.missing] == ["Tron"]
    assert snapshot.last_complete == complete


async def test_what_is_back_is_not_missing() -> None:
    back = without()

    snapshot = await snapshot_after(without(at=NOON - 2 * HOUR), without("Tron", at=NOON - HOUR), back)

    assert (snapshot.missing, snapshot.shown_reading) == ((), back)


@pytest.mark.parametrize(("days", "missing"), [(30, ["Tron"]), (31, [])])
async def test_what_is_missing_for_more_than_thirty_days_is_gone(days: int, missing: list[str]) -> None:
    away = [without("Tron", at=NOON - day * DAY) for day in range(days, -1, -1)]

    snapshot = await snapshot_after(without(at=NOON - (days + 1) * DAY), *away)

    assert [part.name for part in snapshot.missing] == missing
    assert snapshot.shown_reading == (without(at=NOON - (days + 1) * DAY) if missing else away[-1])
    assert [day.is_complete for day in snapshot.days].count(False) == (days + 1 if missing else 0)


@pytest.mark.parametrize("back", [False, True])
async def test_days_without_a_part_are_marked_also_once_it_is_back(back: bool) -> None:  # noqa: FBT001 — a parameter
    midnight = NOON - timedelta(hours=12)
    readings = [
        without(at=midnight - 2 * DAY),
        without("Tron", at=midnight - DAY),
        without("Tron", at=midnight),
        without() if back else without("Tron"),
    ]

    days = (await snapshot_after(*readings)).days

    assert [day.is_complete for day in days] == [True, False, False]


_HEAVY = tuple(slot.partition("/")[0] for slot in EVERYTHING if slot != "BSC/BNB")
_AWAY = st.lists(st.sets(st.sampled_from(_HEAVY), max_size=3), max_size=12)


@settings(max_examples=200)
@given(_AWAY)
def test_a_total_is_always_that_of_the_newest_reading_with_every_chain(away: list[set[str]]) -> None:
    """Chains go and come back one by one or together, in any order; the first reading has all four."""
    readings = [
        without(*chains, at=NOON - (len(away) - hours) * HOUR) for hours, chains in enumerate([set[str](), *away])
    ]

    snapshot = asyncio.run(snapshot_after(*readings))

    assert snapshot.shown_reading == max((reading for reading in readings if len(reading.chains) == 4), key=as_of)
    assert {part.name for part in snapshot.missing} == (away[-1] if away else set())
