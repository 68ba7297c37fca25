"""What of a body counts as a revision of history, and when it is taken over."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.domain.reading import Reading, Slot
from bot.domain.signal import Note, NoteReason
from bot.monitoring.revised_history import RevisedHistory, daily_points, revision_note, tells_differently
from tests.builders import DAY, HOUR, NOON, holding, reading
from tests.fakes.memory import Memory
from tests.stalls import CountedHoldings, turns

MIDNIGHT = NOON.replace(hour=0)
CHAINS = {"Tron/USDT": (30e9, 1.0), "Bitcoin/BTC": (1e6, 20_000.0), "Ethereum/ETH": (5e6, 2_000.0)}
WITH_USDC = CHAINS | {"Ethereum/USDC": (5e9, 1.0)}


class ComparedHistory:
    """Daily points from day 0 (today) back, stored and compared with bodies that come an hour apart."""

    def __init__(self, stored: Sequence[Reading]) -> None:
        self.memory = Memory(NOON)
        self.stored = stored
        self.history = self.restarted()

    def restarted(self) -> RevisedHistory:
        memory = self.memory
        return RevisedHistory(memory.readings, memory.revisions, clock=memory.clock, meter=memory.meter)

    async def keep(self) -> None:
        await self.memory.readings.add(self.stored)

    async def read(self, *points: Reading) -> None:
        """Compare a body of some points and the newest reading, an hour after the last one."""
        self.memory.clock.advance(HOUR)
        now = self.memory.clock.time
        body = [replace(point, fetched_at=now) for point in points]
        await self.history.compare("binance", [*body, holding(60, at=now)])

    async def billions(self) -> dict[int, float]:
        """Return what is stored now, in billions of USD by days ago."""
        readings = self.memory.readings.between("binance", since=NOON - 400 * DAY, until=MIDNIGHT)
        return {(MIDNIGHT - found.as_of).days: found.total_usd() / 1e9 async for found in readings}


def day(billions: float, days_ago: int) -> Reading:
    return holding(billions, at=MIDNIGHT - days_ago * DAY)


@pytest.fixture
async def compared() -> ComparedHistory:
    """Return five days of 60 billion."""
    compared = ComparedHistory([day(60 + ago / 100, ago) for ago in range(5, 0, -1)])
    await compared.keep()
    return compared


async def test_what_two_bodies_in_a_row_tell_is_taken_over(compared: ComparedHistory) -> None:
    await compared.read(day(50, 3), day(51, 2))
    assert (await compared.billions())[3] == pytest.approx(60.03)

    await compared.read(day(50, 3), day(51, 2))
    assert await compared.billions() == pytest.approx({5: 60.05, 4: 60.04, 3: 50, 2: 51, 1: 60.01})
    assert compared.memory.meter.counts[("revised",)] == 2
    assert await compared.memory.revisions.proposed("binance") == {}


async def test_a_restart_between_the_two_bodies_changes_nothing(compared: ComparedHistory) -> None:
    await compared.read(day(50, 3))
    compared.history = compared.restarted()
    await compared.read(day(50, 3))
    assert (await compared.billions())[3] == pytest.approx(50)


async def test_one_body_that_is_taken_back_changes_nothing(compared: ComparedHistory) -> None:
    for billions in (50, 60.03, 50, 60.03):
        await compared.read(day(billions, 3))
    assert (await compared.billions())[3] == pytest.approx(60.03)


async def test_a_third_version_has_to_be_told_twice_as_well(compared: ComparedHistory) -> None:
    for billions in (50, 40):
        await compared.read(day(billions, 3))
    assert (await compared.billions())[3] == pytest.approx(60.03)
    await compared.read(day(40, 3))
    assert (await compared.billions())[3] == pytest.approx(40)


async def test_an_unchanged_body_is_no_second_body(compared: ComparedHistory) -> None:
    """A conditional request is answered with the newest reading alone; what was proposed goes on waiting."""
    await compared.read(day(50, 3))
    await compared.read()
    assert (await compared.billions())[3] == pytest.approx(60.03)
    await compared.read(day(50, 3))
    assert (await compared.billions())[3] == pytest.approx(50)


@pytest.mark.parametrize(("apart", "billions"), [(0, 60.03), (9, 60.03), (10, 50)])
async def test_a_body_that_is_fetched_twice_at_once_is_one_body(
    compared: ComparedHistory, apart: int, billions: float
) -> None:
    for minutes in (0, apart // 2, apart):  # the one between does not begin anew
        fetched_at = NOON + timedelta(minutes=minutes)
        await compared.history.compare("binance", [replace(day(50, 3), fetched_at=fetched_at), holding(60)])
    assert (await compared.billions())[3] == pytest.approx(billions)


async def test_a_point_that_a_body_leaves_out_goes_on_waiting_and_one_never_told_again_stays(
    compared: ComparedHistory,
) -> None:
    await compared.read(day(50, 3), day(60.02, 2))
    await compared.read(day(60.02, 2))
    await compared.read(day(50, 3), day(60.02, 2))
    assert await compared.billions() == pytest.approx({5: 60.05, 4: 60.04, 3: 50, 2: 60.02, 1: 60.01})


async def test_a_repair_that_goes_on_is_taken_over_point_by_point(compared: ComparedHistory) -> None:
    await compared.read(day(50, 4))
    await compared.read(day(50, 4), day(51, 3))
    assert await compared.billions() == pytest.approx({5: 60.05, 4: 50, 3: 60.03, 2: 60.02, 1: 60.01})
    await compared.read(day(50, 4), day(51, 3))
    assert await compared.billions() == pytest.approx({5: 60.05, 4: 50, 3: 51, 2: 60.02, 1: 60.01})


async def test_a_day_told_for_the_first_time_does_not_disturb_the_one_beside_it(compared: ComparedHistory) -> None:
    await compared.read(day(50, 5))
    await compared.read(day(59, 8), day(50, 5))
    assert await compared.billions() == pytest.approx({5: 50, 4: 60.04, 3: 60.03, 2: 60.02, 1: 60.01})


async def test_a_day_that_was_unknown_is_taken_over_as_well(compared: ComparedHistory) -> None:
    for _ in range(2):
        await compared.read(day(59, 9), day(58, 8))
    assert await compared.billions() == pytest.approx({9: 59, 8: 58, 5: 60.05, 4: 60.04, 3: 60.03, 2: 60.02, 1: 60.01})


async def test_a_repetition_is_compared_with_the_reading_that_it_repeats() -> None:
    """A store keeps of 60, 60 and 61 the first and the last."""
    compared = ComparedHistory([day(60, 9), day(61, 7)])
    await compared.keep()
    for _ in range(2):
        await compared.read(day(60, 9), day(60, 8), day(61, 7))
    assert await compared.billions() == pytest.approx({9: 60, 7: 61})
    for _ in range(2):
        await compared.read(day(70, 9), day(60, 8), day(61, 7))
    assert await compared.billions() == pytest.approx({9: 70, 8: 60, 7: 61})


async def test_nothing_older_than_ninety_one_days_is_compared() -> None:
    compared = ComparedHistory([day(60 + ago / 100, ago) for ago in range(100, 0, -1)])
    await compared.keep()
    for _ in range(2):
        await compared.read(*(day(50, ago) for ago in range(100, 0, -1)))
    after = await compared.billions()
    assert [ago for ago in after if after[ago] == pytest.approx(50)] == list(range(90, 0, -1))


async def test_a_chain_that_a_point_does_not_tell_is_unknown_and_stays() -> None:
    at = MIDNIGHT - 3 * DAY
    compared = ComparedHistory([reading(CHAINS, at=at), day(60, 1)])
    await compared.keep()
    without_tron = {slot: held for slot, held in CHAINS.items() if not slot.startswith("Tron")}
    for _ in range(3):
        await compared.read(reading(without_tron, at=at))
    assert await compared.memory.revisions.revised_days("binance") == {}

    for _ in range(2):
        await compared.read(reading(without_tron | {"Bitcoin/BTC": (2e6, 20_000.0)}, at=at))
    found = await compared.memory.readings.newest_before("binance", at)
    assert found
    assert found.holdings == reading(CHAINS | {"Bitcoin/BTC": (2e6, 20_000.0)}, at=at).holdings


async def test_an_amount_that_cannot_be_is_unknown_and_what_is_stored_of_it_stays() -> None:
    at = MIDNIGHT - 3 * DAY
    compared = ComparedHistory([reading(WITH_USDC, at=at), day(60, 1)])
    await compared.keep()
    told = replace(reading(CHAINS, at=at), impossible_slots=frozenset({Slot("Ethereum", "USDC")}))
    for _ in range(3):
        await compared.read(told)
    assert await compared.memory.revisions.revised_days("binance") == {}


async def test_an_amount_without_a_value_is_no_revision_of_its_value() -> None:
    """It was read at a price of an earlier day, as the source tells none of that day any more."""
    at = MIDNIGHT - 3 * DAY
    compared = ComparedHistory([reading(WITH_USDC, at=at), day(60, 1)])
    await compared.keep()
    slot, held = Slot("Ethereum", "USDC"), reading(WITH_USDC, at=at).holdings
    cheaper = {**held, slot: held[slot]._replace(usd=held[slot].usd / 2)}
    for _ in range(3):
        await compared.read(replace(reading(WITH_USDC, at=at), holdings=cheaper, unpriced_slots=frozenset({slot})))
    assert await compared.memory.revisions.revised_days("binance") == {}


async def test_the_aggregate_in_the_place_of_the_chains_is_no_revision(compared: ComparedHistory) -> None:
    for _ in range(3):
        await compared.read(reading({"all/BTC": (1e6, 20_000.0)}, at=MIDNIGHT - 3 * DAY))
    assert await compared.memory.revisions.revised_days("binance") == {}


async def test_a_source_that_tells_two_versions_in_turn_is_logged_once(compared: ComparedHistory) -> None:
    with capture_logs() as logs:
        for billions in (50, 60.03) * 3:
            await compared.read(day(billions, 3))
        for _ in range(2):
            await compared.read(day(50, 3))
        await compared.read(day(40, 3))
    assert [(entry["event"], entry["points"]) for entry in logs] == [
        ("history told differently", 1),
        ("history revised by the source", 1),
        ("history told differently", 1),
    ]


@pytest.mark.parametrize(
    ("told", "differs"),
    [
        ({}, False),
        ({"Tron/USDT": (30e9 + 5e6, 1.0)}, False),
        ({"Tron/USDT": (30e9 + 7e6, 1.0)}, True),
        ({"Bitcoin/BTC": (1e6, 20_008.0)}, True),
        ({"Bitcoin/WBTC": (400.0, 20_000.0)}, True),
        ({"Tron/TRX": (1e9, 0.0)}, False),
    ],
)
def test_a_hundredth_of_a_per_cent_of_the_reserves_is_rounding(
    told: dict[str, tuple[float, float]], *, differs: bool
) -> None:
    stored, now = reading(CHAINS), reading(dict(reversed([*CHAINS.items()])) | told)
    assert tells_differently(stored, now) is differs
    assert tells_differently(now, stored) is differs


def test_an_asset_under_another_name_is_a_revision() -> None:
    renamed = {slot.replace("USDT", "USDT0"): held for slot, held in CHAINS.items()}
    assert tells_differently(reading(CHAINS), reading(renamed))


def test_an_amount_without_a_value_is_no_revision() -> None:
    assert not tells_differently(reading({"Tron/USDT": (1e9, 0.0)}), reading({"Tron/USDT": (2e9, 0.0)}))


def test_the_daily_points_of_a_body_are_the_first_of_each_day_but_for_the_newest_reading() -> None:
    body = [holding(60, at=MIDNIGHT + hours * HOUR) for hours in (-24 * 91, -24 * 90, -24, -5, 0, 5, 12)]
    assert [(MIDNIGHT - point.as_of) // DAY for point in daily_points(body)] == [90, 1, 0]
    assert daily_points(body[:1]) == []


@pytest.mark.parametrize(
    ("age", "days", "subject"),
    [
        (HOUR, 9, "9 days, 2022-12-04 to 2022-12-12"),
        (7 * DAY, 1, "2022-12-12"),
        (7 * DAY + HOUR, 9, None),
        (-HOUR, 9, None),
    ],
)
def test_a_revision_is_noted_for_a_week(age: timedelta, days: int, subject: str | None) -> None:
    at = NOON - age
    revised = {MIDNIGHT - ago * DAY: at for ago in range(1, days + 1)}
    expected = Note(NoteReason.REVISED, subject, at=at) if subject else None
    assert revision_note(revised, NOON) == expected


async def test_a_long_body_of_a_large_exchange_is_compared_a_point_at_a_time() -> None:
    slots, count, looks = 900, 60, 6  # at a slot that is not kept in columns as those of a source are
    large = {f"Chain{n % 25}/T{n}": (1e6 + n, 2.0) for n in range(slots)}
    points = [reading(large, at=MIDNIGHT - ago * DAY) for ago in range(count, 0, -1)]
    compared = ComparedHistory(points)
    await compared.keep()
    async with turns() as turn:
        await compared.read(*(replace(point, holdings=CountedHoldings(point.holdings, turn)) for point in points))
    assert slots <= turn.most <= 2 * looks * slots
