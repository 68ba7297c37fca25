"""How long 120 people wait who ask within one second on each platform, and an alert that opens meanwhile.

    python -m benchmarks.question_storm [--people 120]

Three of four ask for reserves, the others for charts: every kind, of three exchanges.

The whole service in a process of its own, with a real Redis and the strict stand-ins, which enforce the platforms'
limits: Telegram takes 30 messages in any second. On Telegram everybody asks in a private chat, on Discord everybody in
one channel. Once twenty are answered another process commits a critical alert for ten places on each platform; timed is
from the beginning of the commit to the first of them.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from time import perf_counter

from benchmarks.broadcast import FIRST_ID
from benchmarks.figure import Figure, tell
from benchmarks.many_chats import LargeDiscord, LargeTelegram, redis_server
from benchmarks.programs import free_port, runwatch, talking
from benchmarks.upstream import full_upstream, until_all_is_read, until_ready
from benchmarks.urgency import UrgencyScene
from bot.domain.place import Platform
from bot.messages.pictures import PictureKind
from tests.fakes.discord_rest import Answer
from tests.fakes.telegram import Rates

LAST_ANSWER_S, ALERT_MS = 15.0, 1000.0
_PLATFORMS = (Platform.TELEGRAM, Platform.DISCORD)
_PLACES = 10
_ANSWERED_BEFORE_ALERT = 20
_TIMEOUT_S = 60.0
_CHART_EVERY = 4
_CHARTED = ("binance", "okx", "bybit")


async def measured(people: int) -> list[Figure]:
    """Return how long the last of them waited on each platform, and the first place of the alert."""
    async with AsyncExitStack() as stack:
        redis = stack.enter_context(redis_server())
        telegram = await stack.enter_async_context(LargeTelegram(_PLACES, rates=Rates()))
        discord = await stack.enter_async_context(LargeDiscord(_PLACES, rates=True))
        channel = discord.channel(discord.guild("Traders"))
        llama = await stack.enter_async_context(full_upstream())
        port = free_port()
        bot = runwatch(llama, telegram=telegram, discord=discord, http_port=port, settings={"REDIS_URL": redis.url})
        process = await stack.enter_async_context(bot)
        await until_ready(process, port)
        await until_all_is_read(process, port)
        await discord.until(lambda: bool(discord.commands), "the commands published on Discord")
        announcer = await stack.enter_async_context(talking("benchmarks.announcer", redis.url))
        scene = UrgencyScene(announcer, {Platform.TELEGRAM: telegram.arrivals, Platform.DISCORD: discord.arrivals})
        began = perf_counter()
        asking = [telegram.user(f"Person {number}") for number in range(people)]
        for number, person in enumerate(asking):
            command, options = _question(number)
            telegram.say(telegram.private(person), person, " ".join((f"/{command}", *options.values())))
        answers = [
            await discord.slash(command, options, channel=channel, user=discord.user(f"p{number}"), wait=False)
            for number, (command, options) in enumerate(map(_question, range(people)))
        ]
        ids = {person.id for person in asking}

        def answered() -> list[int]:
            return [sent.chat.id for sent in telegram.sent if sent.chat.id in ids]

        async with asyncio.TaskGroup() as tasks:
            on_discord = tasks.create_task(_last_answer(discord, answers, began))
            on_telegram = tasks.create_task(_last_of(telegram, answered, people, began))
            await telegram.until(lambda: len(answered()) >= _ANSWERED_BEFORE_ALERT, "the first answers on Telegram")
            alerts = {platform: await scene.seconds(platform, FIRST_ID, _PLACES) for platform in _PLATFORMS}
        twice = [
            sum(times - 1 for times in Counter(answered()).values()),
            sum(len(answer.messages) - 1 for answer in answers),
        ]
        refused = [telegram.rates.refused if telegram.rates else 0, discord.rate_limited]
    last = [on_telegram.result(), on_discord.result()]
    return [
        figure
        for platform, last_s, more, too_fast in zip(_PLATFORMS, last, twice, refused, strict=True)
        for figure in (
            Figure(f"{platform.title()}: {people} questions at once, the last answer", "s", last_s,
                   at_most=LAST_ANSWER_S),
            Figure(f"{platform.title()}: an alert meanwhile, committed to first accepted", "ms",
                   alerts[platform] * 1e3, at_most=ALERT_MS),
            Figure(f"{platform.title()}: answered twice", "", more, at_most=0),
            Figure(f"{platform.title()}: refused as too fast", "", too_fast),
        )
    ]  # fmt: skip


def _question(number: int) -> tuple[str, dict[str, str]]:
    """Return what a person asks: a command and its options."""
    if number % _CHART_EVERY:
        return "reserves", {"exchange": "binance"}
    chart = number // _CHART_EVERY
    exchange = _CHARTED[chart // len(PictureKind) % len(_CHARTED)]
    return "chart", {"exchange": exchange, "what": list(PictureKind)[chart % len(PictureKind)]}


async def _last_of(telegram: LargeTelegram, answered: Callable[[], list[int]], people: int, began: float) -> float:
    await telegram.until(lambda: len(set(answered())) == people, "all answers on Telegram", limit=_TIMEOUT_S)
    return perf_counter() - began


async def _last_answer(discord: LargeDiscord, answers: Sequence[Answer], began: float) -> float:
    await discord.until(lambda: all(answer.messages for answer in answers), "all answers on Discord", limit=_TIMEOUT_S)
    return perf_counter() - began


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=120, help="on each platform")
    people = parser.parse_args().people
    tell(asyncio.run(measured(people)), people=people)


if __name__ == "__main__":
    main()
