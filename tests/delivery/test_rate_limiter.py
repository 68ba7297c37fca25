import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from bot.delivery.rate_limiter import PAID_RATE_LIMIT, RATE_LIMITS, LocalBudget, RateLimit, RateLimiter
from bot.domain.errors import RetryLater, StorageError
from bot.domain.place import Place, Platform
from bot.domain.send_rate import SendRate
from bot.ports.workers import SendBudget, SendSlots
from tests.clocks import in_simulated_time

TELEGRAM = Platform.TELEGRAM
PRIVATE, GROUP, CHANNEL = Place(TELEGRAM, "7"), Place(TELEGRAM, "-100"), Place(Platform.DISCORD, "7")
SECOND = timedelta(seconds=1)


def now() -> float:
    return asyncio.get_running_loop().time()


async def slot_times(limiter: RateLimiter, number: int) -> list[float]:
    """Use so many send slots as they come, and return when, in seconds from now."""
    began, times = now(), list[float]()
    while len(times) < number:
        wait = await limiter.due_in_s(number - len(times))
        if wait:
            await asyncio.sleep(wait)
        else:
            limiter.use_slot()
            times.append(now() - began)
    return times


def limited(seconds: float, *, whole_bot: bool = False) -> RetryLater:
    return RetryLater("slower", after=timedelta(seconds=seconds), rate_limited=True, whole_bot=whole_bot)


@pytest.mark.parametrize(("platform", "limit"), [*RATE_LIMITS.items(), (TELEGRAM, PAID_RATE_LIMIT)])
@in_simulated_time
async def test_the_bot_as_a_whole_sends_at_its_rate(platform: Platform, limit: RateLimit) -> None:
    times = await slot_times(RateLimiter(platform, limit=limit), 2000)

    assert times[-1] == pytest.approx(1999 / limit.per_second, rel=1e-6)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) == pytest.approx(1 / limit.per_second, rel=1e-3)


@pytest.mark.parametrize(
    ("place", "gap"), [(PRIVATE, 1.0), (GROUP, 3.0), (CHANNEL, 1.0), (Place(Platform.TERMINAL, "7"), 0.0)]
)
def test_each_kind_of_chat_is_left_alone_for_as_long_as_its_platform_asks(place: Place, gap: float) -> None:
    assert RATE_LIMITS[place.platform].gap_s(place) == gap


@in_simulated_time
async def test_slots_that_pass_unused_are_not_made_up_for() -> None:
    limiter = RateLimiter(TELEGRAM)
    await slot_times(limiter, 1)
    await limiter.due_in_s(5)
    await asyncio.sleep(60)

    assert [round(time, 3) for time in await slot_times(limiter, 3)] == [0.0, 0.036, 0.071]


@in_simulated_time
async def test_a_loop_that_was_busy_for_a_moment_catches_up_one_slot_and_no_more() -> None:
    limiter = RateLimiter(TELEGRAM)
    await slot_times(limiter, 1)
    await asyncio.sleep(1.9 / 28)

    assert [round(time, 3) for time in await slot_times(limiter, 2)] == [0.0, 0.004]


@in_simulated_time
async def test_a_429_pauses_its_chat_for_exactly_as_long_and_halves_the_rate_for_a_while() -> None:
    limiter = RateLimiter(TELEGRAM)
    await slot_times(limiter, 1)
    await limiter.slow_down(PRIVATE, limited(7.5))

    assert (limiter.pause_left_s("7"), limiter.pause_left_s("-100")) == (7.5, 0.0)
    assert (await slot_times(limiter, 15))[-1] == pytest.approx(15 / 14, rel=0.05)
    await asyncio.sleep(7.5)
    assert limiter.pause_left_s("7") == 0.0
    await asyncio.sleep(30)
    assert (await slot_times(limiter, 29))[-1] == pytest.approx(1.0, rel=0.01)


@in_simulated_time
async def test_429s_of_two_chats_within_a_second_pause_the_whole_bot() -> None:
    limiter = RateLimiter(TELEGRAM)
    await limiter.slow_down(PRIVATE, limited(5))
    await asyncio.sleep(0.9)
    await limiter.slow_down(GROUP, limited(3))

    assert await limiter.due_in_s(1) == pytest.approx(3.0)


class SlowBudget(LocalBudget):
    """A budget whose slots arrive half a second after they were reserved."""

    async def reserve(self, platform: Platform, *, per_second: float, number: int) -> SendSlots:
        slots = await super().reserve(platform, per_second=per_second, number=number)
        await asyncio.sleep(0.5)
        return slots


@in_simulated_time
async def test_slots_that_were_under_way_when_a_429_came_are_not_used() -> None:
    limiter = RateLimiter(TELEGRAM, budget=SlowBudget())
    reserving = asyncio.create_task(limiter.due_in_s(9))
    await asyncio.sleep(0.1)
    await limiter.slow_down(PRIVATE, limited(5, whole_bot=True))

    assert await reserving > 4


@in_simulated_time
async def test_429s_of_one_chat_or_far_apart_do_not() -> None:
    limiter = RateLimiter(TELEGRAM)
    await limiter.slow_down(PRIVATE, limited(5))
    await limiter.slow_down(PRIVATE, limited(5))
    await asyncio.sleep(1.1)
    await limiter.slow_down(GROUP, limited(5))

    assert await limiter.due_in_s(1) == 0.0


@in_simulated_time
async def test_a_pause_of_the_whole_bot_stops_everybody_and_a_shorter_one_does_not_end_it() -> None:
    budget = LocalBudget()
    limiter, another = RateLimiter(TELEGRAM, budget=budget), RateLimiter(TELEGRAM, budget=budget)
    await limiter.slow_down(PRIVATE, limited(9, whole_bot=True))
    await limiter.slow_down(PRIVATE, limited(1, whole_bot=True))

    assert await limiter.due_in_s(1) == 9.0
    assert await another.due_in_s(1) == pytest.approx(9.0 + 1 / 14)


@in_simulated_time
async def test_a_worker_that_cannot_reach_the_platform_pauses_itself_alone() -> None:
    budget = LocalBudget()
    limiter, another = RateLimiter(TELEGRAM, budget=budget), RateLimiter(TELEGRAM, budget=budget)
    limiter.pause_worker(9 * SECOND)
    limiter.pause_worker(SECOND)

    assert (await limiter.due_in_s(1), await another.due_in_s(1)) == (9.0, 0.0)
    await asyncio.sleep(9)
    assert await limiter.due_in_s(1) == 0.0


@in_simulated_time
async def test_a_pause_of_all_workers_lasts_and_says_why() -> None:
    budget = LocalBudget()
    limiter = RateLimiter(TELEGRAM, budget=budget)
    await limiter.pause_all(60 * SECOND, "60 of 100 refused")

    assert await limiter.due_in_s(1) == 60.0
    assert await budget.current_rate(TELEGRAM, per_second=28.0) == SendRate(28.0, 60 * SECOND, "60 of 100 refused")
    await asyncio.sleep(60)
    assert await budget.current_rate(TELEGRAM, per_second=28.0) == SendRate(28.0)


@in_simulated_time
async def test_several_workers_keep_one_rate_together() -> None:
    budget = LocalBudget()
    times = await asyncio.gather(*(slot_times(RateLimiter(TELEGRAM, budget=budget), 100) for _ in range(5)))

    every = sorted(time for worker_times in times for time in worker_times)
    assert every[-1] == pytest.approx(499 / 28, rel=0.001)
    assert max(sum(start <= time < start + 1 for time in every) for start in every) <= 29


@dataclass
class StoredBudget(SendBudget):
    """A budget in a store that may be away."""

    answers: deque[SendSlots | None] = field(default_factory=deque)
    away: bool = False
    requests: int = 0

    async def reserve(self, platform: Platform, *, per_second: float, number: int) -> SendSlots:
        self.requests += 1
        self._raise_if_away()
        return (self.answers and self.answers.popleft()) or SendSlots(0.0, 1 / per_second, number, {})

    async def slow_down(self, platform: Platform, *, chat: str, pause: timedelta, whole_bot: bool) -> None:
        self._raise_if_away()

    async def pause_all(self, platform: Platform, *, pause: timedelta, reason: str) -> None:
        self._raise_if_away()

    async def current_rate(self, platform: Platform, *, per_second: float) -> SendRate:
        return SendRate(per_second)

    def _raise_if_away(self) -> None:
        if self.away:
            raise StorageError("away")


@in_simulated_time
async def test_a_pause_that_another_worker_was_asked_for_is_kept_here_too() -> None:
    stored = StoredBudget(deque([SendSlots(0.0, 1.0, 1, {"7": 30.0})]))
    limiter = RateLimiter(TELEGRAM, budget=stored)
    await limiter.due_in_s(1)

    assert limiter.pause_left_s("7") == 30.0
    await asyncio.sleep(31)
    await limiter.due_in_s(1)
    assert limiter.pause_left_s("7") == 0.0


@in_simulated_time
async def test_a_few_slots_are_reserved_at_a_time_and_not_more_than_are_wanted() -> None:
    stored = StoredBudget()
    limiter = RateLimiter(TELEGRAM, budget=stored)
    for waiting, requests in ((16, 1), (16, 1), (16, 1), (16, 2)):
        await limiter.due_in_s(waiting)
        assert stored.requests == requests
        limiter.use_slot()
    await asyncio.sleep(1)
    await limiter.due_in_s(1)
    limiter.use_slot()
    await limiter.due_in_s(1)
    assert stored.requests == 4


@in_simulated_time
async def test_while_the_store_is_away_a_worker_keeps_to_the_rate_alone_and_asks_again_later() -> None:
    stored = StoredBudget(away=True)
    limiter = RateLimiter(TELEGRAM, budget=stored)
    with capture_logs() as logs:
        times = await slot_times(limiter, 100)

    assert times[-1] == pytest.approx(99 / 28, rel=0.001)
    assert stored.requests == 1
    assert [log["event"] for log in logs] == ["rate limiter degraded: no Redis"]
    await asyncio.sleep(5)
    stored.away = False
    await limiter.due_in_s(1)
    assert stored.requests == 2


@in_simulated_time
async def test_a_429_is_obeyed_while_the_store_is_away() -> None:
    limiter = RateLimiter(TELEGRAM, budget=StoredBudget(away=True))
    with capture_logs():
        await limiter.slow_down(PRIVATE, limited(9, whole_bot=True))
        assert await limiter.due_in_s(1) == 9.0
        await limiter.pause_all(20 * SECOND, "refused")
        assert await limiter.due_in_s(1) == 20.0
