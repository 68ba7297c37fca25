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


async def spoken(pacer: RateLimiter, number: int) -> list[float]:
    """Return the seconds at which so many messages went, from now."""
    began, times = now(), list[float]()
    while len(times) < number:
        wait = await pacer.due_in(number - len(times))
        if wait:
            await asyncio.sleep(wait)
        else:
            pacer.use_slot()
            times.append(now() - began)
    return times


def limited(seconds: float, *, whole_bot: bool = False) -> RetryLater:
    return RetryLater("slower", after=timedelta(seconds=seconds), rate_limited=True, whole_bot=whole_bot)


@pytest.mark.parametrize(("platform", "pace"), [*RATE_LIMITS.items(), (TELEGRAM, PAID_RATE_LIMIT)])
@in_simulated_time
async def test_the_bot_as_a_whole_speaks_at_its_pace(platform: Platform, pace: RateLimit) -> None:
    times = await spoken(RateLimiter(platform, pace=pace), 2000)

    assert times[-1] == pytest.approx(1999 / pace.per_second, rel=1e-6)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) == pytest.approx(1 / pace.per_second, rel=1e-3)


@pytest.mark.parametrize(
    ("place", "gap"), [(PRIVATE, 1.0), (GROUP, 3.0), (CHANNEL, 1.0), (Place(Platform.TERMINAL, "7"), 0.0)]
)
def test_each_kind_of_chat_is_left_alone_for_as_long_as_its_platform_asks(place: Place, gap: float) -> None:
    assert RATE_LIMITS[place.platform].gap(place) == gap


@in_simulated_time
async def test_turns_that_pass_unused_are_not_made_up_for() -> None:
    pacer = RateLimiter(TELEGRAM)
    await spoken(pacer, 1)
    await pacer.due_in(5)
    await asyncio.sleep(60)

    assert [round(one, 3) for one in await spoken(pacer, 3)] == [0.0, 0.036, 0.071]


@in_simulated_time
async def test_a_loop_that_was_busy_for_a_moment_catches_up_one_turn_and_no_more() -> None:
    pacer = RateLimiter(TELEGRAM)
    await spoken(pacer, 1)
    await asyncio.sleep(1.9 / 28)

    assert [round(one, 3) for one in await spoken(pacer, 2)] == [0.0, 0.004]


@in_simulated_time
async def test_a_429_pauses_its_chat_for_exactly_as_long_and_halves_the_pace_for_a_while() -> None:
    pacer = RateLimiter(TELEGRAM)
    await spoken(pacer, 1)
    await pacer.slow_down(PRIVATE, limited(7.5))

    assert (pacer.pause_of("7"), pacer.pause_of("-100")) == (7.5, 0.0)
    assert (await spoken(pacer, 15))[-1] == pytest.approx(15 / 14, rel=0.05)
    await asyncio.sleep(7.5)
    assert pacer.pause_of("7") == 0.0
    await asyncio.sleep(30)
    assert (await spoken(pacer, 29))[-1] == pytest.approx(1.0, rel=0.01)


@in_simulated_time
async def test_429s_of_two_chats_within_a_second_pause_the_whole_bot() -> None:
    pacer = RateLimiter(TELEGRAM)
    await pacer.slow_down(PRIVATE, limited(5))
    await asyncio.sleep(0.9)
    await pacer.slow_down(GROUP, limited(3))

    assert await pacer.due_in(1) == pytest.approx(3.0)


@in_simulated_time
async def test_429s_of_one_chat_or_far_apart_do_not() -> None:
    pacer = RateLimiter(TELEGRAM)
    await pacer.slow_down(PRIVATE, limited(5))
    await pacer.slow_down(PRIVATE, limited(5))
    await asyncio.sleep(1.1)
    await pacer.slow_down(GROUP, limited(5))

    assert await pacer.due_in(1) == 0.0


@in_simulated_time
async def test_a_pause_of_the_whole_bot_holds_everybody_back_and_a_shorter_one_does_not_end_it() -> None:
    budget = LocalBudget()
    pacer, another = RateLimiter(TELEGRAM, budget=budget), RateLimiter(TELEGRAM, budget=budget)
    await pacer.slow_down(PRIVATE, limited(9, whole_bot=True))
    await pacer.slow_down(PRIVATE, limited(1, whole_bot=True))

    assert await pacer.due_in(1) == 9.0
    assert await another.due_in(1) == pytest.approx(9.0 + 1 / 14)


@in_simulated_time
async def test_a_worker_that_cannot_reach_the_platform_holds_back_itself_alone() -> None:
    budget = LocalBudget()
    pacer, another = RateLimiter(TELEGRAM, budget=budget), RateLimiter(TELEGRAM, budget=budget)
    pacer.pause_worker(9 * SECOND)
    pacer.pause_worker(SECOND)

    assert (await pacer.due_in(1), await another.due_in(1)) == (9.0, 0.0)
    await asyncio.sleep(9)
    assert await pacer.due_in(1) == 0.0


@in_simulated_time
async def test_standing_still_holds_and_says_why() -> None:
    budget = LocalBudget()
    pacer = RateLimiter(TELEGRAM, budget=budget)
    await pacer.pause_all(60 * SECOND, "60 of 100 refused")

    assert await pacer.due_in(1) == 60.0
    assert await budget.current_rate(TELEGRAM, per_second=28.0) == SendRate(28.0, 60 * SECOND, "60 of 100 refused")
    await asyncio.sleep(60)
    assert await budget.current_rate(TELEGRAM, per_second=28.0) == SendRate(28.0)


@in_simulated_time
async def test_several_workers_keep_one_pace_together() -> None:
    budget = LocalBudget()
    times = await asyncio.gather(*(spoken(RateLimiter(TELEGRAM, budget=budget), 100) for _ in range(5)))

    every = sorted(one for mine in times for one in mine)
    assert every[-1] == pytest.approx(499 / 28, rel=0.001)
    assert max(sum(start <= one < start + 1 for one in every) for start in every) <= 29


@dataclass
class Distant(SendBudget):
    """A budget in a store that may be away."""

    answers: deque[SendSlots | None] = field(default_factory=deque)
    away: bool = False
    asked: int = 0

    async def reserve(self, platform: Platform, *, per_second: float, number: int) -> SendSlots:
        self.asked += 1
        self._be_there()
        return (self.answers and self.answers.popleft()) or SendSlots(0.0, 1 / per_second, number, {})

    async def slow_down(self, platform: Platform, *, chat: str, pause: timedelta, whole_bot: bool) -> None:
        self._be_there()

    async def pause_all(self, platform: Platform, *, pause: timedelta, reason: str) -> None:
        self._be_there()

    async def current_rate(self, platform: Platform, *, per_second: float) -> SendRate:
        return SendRate(per_second)

    def _be_there(self) -> None:
        if self.away:
            raise StorageError("away")


@in_simulated_time
async def test_what_another_worker_was_told_holds_here_too() -> None:
    distant = Distant(deque([SendSlots(0.0, 1.0, 1, {"7": 30.0})]))
    pacer = RateLimiter(TELEGRAM, budget=distant)
    await pacer.due_in(1)

    assert pacer.pause_of("7") == 30.0
    await asyncio.sleep(31)
    await pacer.due_in(1)
    assert pacer.pause_of("7") == 0.0


@in_simulated_time
async def test_a_few_turns_are_reserved_at_a_time_and_not_more_than_are_wanted() -> None:
    distant = Distant()
    pacer = RateLimiter(TELEGRAM, budget=distant)
    for wanted, asked in ((16, 1), (16, 1), (16, 1), (16, 2)):
        await pacer.due_in(wanted)
        assert distant.asked == asked
        pacer.use_slot()
    await asyncio.sleep(1)
    await pacer.due_in(1)
    pacer.use_slot()
    await pacer.due_in(1)
    assert distant.asked == 4


@in_simulated_time
async def test_while_the_store_is_away_a_worker_keeps_the_pace_alone_and_asks_again_later() -> None:
    distant = Distant(away=True)
    pacer = RateLimiter(TELEGRAM, budget=distant)
    with capture_logs() as logs:
        times = await spoken(pacer, 100)

    assert times[-1] == pytest.approx(99 / 28, rel=0.001)
    assert distant.asked == 1
    assert [log["event"] for log in logs] == ["pace kept alone"]
    await asyncio.sleep(5)
    distant.away = False
    await pacer.due_in(1)
    assert distant.asked == 2


@in_simulated_time
async def test_a_429_is_minded_while_the_store_is_away() -> None:
    pacer = RateLimiter(TELEGRAM, budget=Distant(away=True))
    with capture_logs():
        await pacer.slow_down(PRIVATE, limited(9, whole_bot=True))
        assert await pacer.due_in(1) == 9.0
        await pacer.pause_all(20 * SECOND, "refused")
        assert await pacer.due_in(1) == 20.0
