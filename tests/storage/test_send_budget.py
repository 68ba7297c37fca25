"""The budget that several workers share, on the server's own clock: gaps are compared, never waited for."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.place import Platform
from bot.domain.send_rate import SendRate
from bot.ports.workers import SendSlots
from bot.storage.send_budget import RedisSendBudget
from bot.storage.store import Store

TELEGRAM = Platform.TELEGRAM
SECOND = timedelta(seconds=1)


async def reserve(store: Store, number: int = 4, per_second: float = 28.0) -> SendSlots:
    return await store.send_budget.reserve(TELEGRAM, per_second=per_second, number=number)


async def rate(store: Store) -> SendRate:
    return await store.send_budget.current_rate(TELEGRAM, per_second=28.0)


async def now(store: Store) -> float:
    seconds, fraction = await store.database.command("TIME")
    return int(seconds) + int(fraction) / 1e6


async def test_the_first_slot_is_now_and_the_next_follow_at_the_full_rate(store: Store) -> None:
    found = await reserve(store)
    assert found == SendSlots(0.0, found.gap, 4, {})
    assert found.gap == pytest.approx(1 / 28, abs=1e-5)


async def test_workers_share_one_rate(store: Store) -> None:
    workers = [RedisSendBudget(store.database) for _ in range(10)]
    began = await now(store)
    found = await asyncio.gather(*(worker.reserve(TELEGRAM, per_second=28.0, number=3) for worker in workers))
    ended = await now(store)
    firsts = sorted(send_slots.first_in for send_slots in found)
    assert firsts[0] == 0.0
    # Nine times three slots lie between the first and the last reservation, less the time that asking took.
    assert 27 / 28 - (ended - began) <= firsts[-1] <= 27 / 28


async def test_platforms_have_budgets_of_their_own(store: Store) -> None:
    await reserve(store, number=100)
    assert (await store.send_budget.reserve(Platform.DISCORD, per_second=45.0, number=1)).first_in == 0.0


async def test_slots_that_nobody_reserved_are_not_saved_up(store: Store) -> None:
    await reserve(store, number=1)
    await store.database.command("HSET", "{pace}:telegram", "next", int((await now(store) - 60) * 1e6))
    assert (await reserve(store)).first_in == 0.0


async def test_a_worker_that_asks_a_little_late_keeps_the_rhythm(store: Store) -> None:
    await store.database.command("HSET", "{pace}:telegram", "next", int((await now(store) - 0.01) * 1e6))
    assert -0.035 <= (await reserve(store)).first_in < -0.0099


async def test_a_429_pauses_its_chat_for_every_worker_and_halves_the_rate(store: Store) -> None:
    await store.send_budget.slow_down(TELEGRAM, chat="-7", pause=7 * SECOND, whole_bot=False)
    found = await reserve(store)
    assert found.gap == pytest.approx(2 / 28, rel=0.01)
    assert found.paused == {"-7": pytest.approx(7.0, abs=0.5)}
    assert found.first_in == 0.0


async def test_429s_that_belong_together_halve_the_rate_once(store: Store) -> None:
    for _ in range(5):
        await store.send_budget.slow_down(TELEGRAM, chat="-7", pause=SECOND, whole_bot=False)
    assert (await rate(store)).per_second == pytest.approx(28 * 0.5, abs=0.56)


async def test_429s_of_two_chats_within_a_second_pause_the_whole_bot_for_the_longer_of_both(store: Store) -> None:
    await store.send_budget.slow_down(TELEGRAM, chat="1", pause=9 * SECOND, whole_bot=False)
    await store.send_budget.slow_down(TELEGRAM, chat="2", pause=3 * SECOND, whole_bot=False)
    assert (await reserve(store)).first_in == pytest.approx(9.0, abs=0.5)
    current = await rate(store)
    assert current.paused_for.total_seconds() == pytest.approx(9.0, abs=0.5)
    assert current.reason == "the platform asked for a pause"


async def test_429s_of_two_chats_more_than_a_second_apart_pause_only_these(store: Store) -> None:
    await store.send_budget.slow_down(TELEGRAM, chat="1", pause=9 * SECOND, whole_bot=False)
    await store.database.command("HSET", "{pace}:telegram", "at", int((await now(store) - 1.1) * 1e6))
    await store.send_budget.slow_down(TELEGRAM, chat="2", pause=3 * SECOND, whole_bot=False)
    found = await reserve(store)
    assert found.first_in == 0.0
    assert set(found.paused) == {"1", "2"}


async def test_a_limit_on_the_whole_bot_pauses_it_at_once(store: Store) -> None:
    await store.send_budget.slow_down(TELEGRAM, chat="1", pause=3 * SECOND, whole_bot=True)
    assert (await reserve(store)).first_in == pytest.approx(3.0, abs=0.5)


async def test_the_rate_recovers_within_a_minute(store: Store) -> None:
    await store.send_budget.slow_down(TELEGRAM, chat="1", pause=SECOND, whole_bot=False)
    for seconds, part in ((15, 0.75), (31, 1.0)):
        await store.database.command("HSET", "{pace}:telegram", "since", int((await now(store) - seconds) * 1e6))
        assert (await rate(store)).per_second == pytest.approx(28 * part, abs=0.56)


async def test_the_rate_does_not_sink_without_end(store: Store) -> None:
    for _ in range(10):
        await store.send_budget.slow_down(TELEGRAM, chat="1", pause=SECOND, whole_bot=False)
        await store.database.command("HSET", "{pace}:telegram", "halved", 0)
    assert (await rate(store)).per_second == pytest.approx(28 / 16, abs=0.56)


async def test_a_pause_says_why_and_a_shorter_one_does_not_end_it(store: Store) -> None:
    await store.send_budget.pause_all(TELEGRAM, pause=300 * SECOND, reason="60 of 100 refused")
    await store.send_budget.pause_all(TELEGRAM, pause=SECOND, reason="another")
    current = await rate(store)
    assert (current.per_second, current.reason) == (28.0, "60 of 100 refused")
    assert (await reserve(store)).first_in == pytest.approx(300.0, abs=0.5)


async def test_a_pause_that_is_over_is_forgotten(store: Store) -> None:
    await store.send_budget.slow_down(TELEGRAM, chat="1", pause=timedelta(0), whole_bot=True)
    assert (await reserve(store)).paused == {}
    assert (await rate(store)).reason == ""


async def test_nothing_is_kept_for_ever(store: Store) -> None:
    await store.send_budget.slow_down(TELEGRAM, chat="1", pause=timedelta(days=5), whole_bot=True)
    await reserve(store)
    for key in await store.database.command("KEYS", "{pace}*"):
        assert 4 * 86400 < await store.database.command("TTL", key) <= 5 * 86400
