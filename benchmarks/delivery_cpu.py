"""What a delivered message costs in CPU: a worker against a bare loop over the same library with the same transport.

    python -m benchmarks.delivery_cpu [--messages 1000] [--rounds 5]

On Telegram also against that loop with python-telegram-bot's own AIORateLimiter. Every way is a process of its own;
they take turns, the same number of messages to as many different chats each, and the figure is the median over the
turns. Ours takes the messages from a real Redis and writes down that they were sent; what is counted is the CPU of its
process, and on a line of its own that of the Redis server. First as fast as it goes, which for ours is the rate of
Telegram's paid broadcast; then, a fifth as many, at the usual rates, where every way wakes up for every message from a
cold sleep. A thousand chats are a small fan-out, and discord.py's own bookkeeping grows with every channel it has seen.
"""

import argparse
import asyncio
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import count

from benchmarks.broadcast import FIRST_ID, Address, announce, places, subscribe
from benchmarks.figure import Figure, tell
from benchmarks.many_chats import LargeDiscord, LargeTelegram, redis_server
from benchmarks.programs import Process, ask, talking
from bot.delivery.rate_limiter import RATE_LIMITS
from bot.domain.place import Platform
from bot.service.application import SystemClock
from bot.storage.store import Store, open_store

AT_MOST_TIMES = 1.5
_OURS, _REDIS = "worker", "redis"
_OTHERS = {"bare": "bare loop", "limiter": "AIORateLimiter"}
_WARM_UP = 50
_SLOWER = 5

Costs = Mapping[str, Sequence[float]]
"""CPU milliseconds of one message by the way it was sent, one for each turn."""


class SenderComparison:
    """Lets the ways to send take turns."""

    def __init__(self, store: Store, redis_url: str) -> None:
        self._store = store
        self._redis_url = redis_url
        self._incidents = count(1)

    async def costs(self, address: Address, ways: Sequence[str], turns: Sequence[int], per_second: float = 0) -> Costs:
        """Return what a message costs each way on a platform; `turns` are the messages, the first of which warm up."""
        milliseconds: dict[str, list[float]] = {way: [] for way in (*ways, _REDIS)}
        async with AsyncExitStack() as stack:
            running = {}
            for way in ways:
                words = (way, address.platform, address.url, address.token, self._redis_url, str(per_second))
                running[way] = await stack.enter_async_context(talking("benchmarks.senders", *words))
            first = FIRST_ID
            for number in turns:
                for way, process in running.items():
                    before = await self._redis_ms()
                    milliseconds[way].append(await self._turn(address.platform, way, process, first, number))
                    if way == _OURS:
                        milliseconds[_REDIS].append((await self._redis_ms() - before) / number)
                first += number
        return {way: all_turns[1:] for way, all_turns in milliseconds.items()}

    async def _turn(self, platform: Platform, way: str, process: Process, first: int, number: int) -> float:
        answer = asyncio.create_task(ask(process, f"{first} {number}"))
        if way == _OURS:
            await announce(self._store.incidents, places(platform, number, first=first), next(self._incidents))
        return float(await answer) * 1000 / number

    async def _redis_ms(self) -> float:
        used = await self._store.database.server_info("cpu")
        return (float(used["used_cpu_user"]) + float(used["used_cpu_sys"])) * 1000


async def measured(messages: int, rounds: int) -> list[Figure]:
    """Return what a delivered message costs on each platform, in milliseconds of CPU."""
    turns, slow = ((_WARM_UP, *[number] * rounds) for number in (messages, -(-messages // _SLOWER)))
    everybody = sum(turns)
    with redis_server() as redis:
        store = await open_store(redis.url, clock=SystemClock())
        try:
            async with LargeTelegram(everybody) as telegram, LargeDiscord(everybody) as discord:
                for platform in (Platform.TELEGRAM, Platform.DISCORD):
                    await subscribe(store.subscriptions, places(platform, everybody))
                comparison = SenderComparison(store, redis.url)
                both, every = (_OURS, "bare"), (_OURS, *_OTHERS)
                per_second = {
                    platform: RATE_LIMITS[platform].per_second for platform in (Platform.TELEGRAM, Platform.DISCORD)
                }
                return [
                    *_figures("Telegram", await comparison.costs(telegram.address, every, turns)),
                    *_figures("Discord", await comparison.costs(discord.address, both, turns)),
                    *_at_usual_rate(
                        "Telegram", await comparison.costs(telegram.address, every, slow, per_second[Platform.TELEGRAM])
                    ),
                    *_at_usual_rate(
                        "Discord", await comparison.costs(discord.address, both, slow, per_second[Platform.DISCORD])
                    ),
                ]
        finally:
            await store.close()


def _at_usual_rate(where: str, costs: Costs) -> Iterator[Figure]:
    """Yield the figures at the usual rate, which have no target: the sleeping between messages decides them."""
    for figure in _figures(f"{where} at the usual pace", costs):
        yield replace(figure, at_most_times=None)


def _figures(where: str, costs: Costs) -> Iterator[Figure]:
    ours = statistics.median(costs[_OURS])
    for way, name in _OTHERS.items():
        if way in costs:
            other = statistics.median(costs[way])
            yield Figure(f"{where}: CPU of a message against {name}", "ms", ours, other, at_most_times=AT_MOST_TIMES)
    yield Figure(f"{where}: CPU of a message in Redis", "ms", statistics.median(costs[_REDIS]))


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1000, help="each way in each turn, as fast as it goes")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    tell(asyncio.run(measured(options.messages, options.rounds)), messages=options.messages, rounds=options.rounds)


if __name__ == "__main__":
    main()
