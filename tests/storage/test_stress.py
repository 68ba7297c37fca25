from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from bot.domain.stress import LivedOutflow, LivedThrough, StressCriterion, StressOutcome, StressResult
from bot.ports.stress import RESULTS_MAX
from bot.storage.store import Store

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
STRAINED = StressResult(
    NOON.date(), "kraken", StressOutcome.STRAINED, NOON, (StressCriterion.MAJOR_CLOSED, StressCriterion.MAJOR_DELAYED)
)


async def test_a_day_has_one_result_the_last_that_was_kept(store: Store) -> None:
    await store.stress.save_result(STRAINED)
    failed = replace(STRAINED, outcome=StressOutcome.FAILED, criteria=())
    await store.stress.save_result(failed)

    assert await store.stress.results() == [failed]


async def test_results_come_in_the_order_of_their_days_and_the_oldest_go(store: Store) -> None:
    days = [NOON.date() + number * DAY for number in range(RESULTS_MAX + 2)]
    for day in reversed(days[:3]):
        await store.stress.save_result(replace(STRAINED, day=day))
    assert [result.day for result in await store.stress.results()] == days[:3]

    for day in days[3:]:
        await store.stress.save_result(replace(STRAINED, day=day))
    assert [result.day for result in await store.stress.results()] == days[2:]


async def test_worst_outflows_are_kept_by_exchange(store: Store) -> None:
    worst = LivedOutflow(-0.042, -2e9, NOON - DAY, NOON)
    kraken = LivedThrough("kraken", NOON - 400 * DAY, NOON, worst)
    await store.stress.save_lived(LivedThrough("okx", NOON, NOON))
    await store.stress.save_lived(replace(kraken, day=None))
    await store.stress.save_lived(kraken)

    assert await store.stress.lived() == {"kraken": kraken, "okx": LivedThrough("okx", NOON, NOON)}


async def test_the_newest_day_that_was_posted_is_known_after_a_restart(store: Store) -> None:
    assert await store.stress.posted() is None
    await store.stress.mark_posted(date(2026, 1, 10))

    assert await store.stress.posted() == date(2026, 1, 10)


async def test_what_cannot_be_read_is_left_out(store: Store) -> None:
    await store.stress.save_result(STRAINED)
    await store.database.command("HSET", "runwatch:stress:results", "2026-01-11", "{")
    await store.database.command("HSET", "runwatch:stress:lived", "okx", "{")
    await store.database.command("SET", "runwatch:stress:posted", "yesterday")

    assert await store.stress.results() == [STRAINED]
    assert await store.stress.lived() == {}
    assert await store.stress.posted() is None
