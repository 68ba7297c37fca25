"""A bot on the store of another one: with real platforms and a real Redis."""

import signal
from pathlib import Path

from bot.domain.bot_account import BotAccount
from bot.domain.obstacles import ObstacleKind
from bot.domain.place import Place, Platform, Subscription
from bot.service.application import SystemClock
from bot.storage.store import open_store
from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.telegram import FakeTelegram
from tests.program import Program, bot, running_bot
from tests.servers import Server
from tests.service.test_run import readiness, ready
from tests.service.test_several_workers import ready as worker_ready
from tests.service.test_several_workers import worker
from tests.waiting import until
from tests.world import World

FORMER = BotAccount(Platform.DISCORD, "77", "Former")
STRANGERS_TOKEN = "5555:loopback-only"  # noqa: S105 — no real bot has it
GROUP = Place(Platform.TELEGRAM, "-100")


def settings_of(telegram: FakeTelegram, llama: FakeDefiLlama, redis: Server) -> dict[str, str]:
    return {
        "TELEGRAM_TOKEN": telegram.token,
        "TELEGRAM_API_URL": telegram.url,
        "DEFILLAMA_URL": llama.url,
        "REDIS_URL": redis.url,
        "POLL_INTERVAL": "1s",
        "HTTP_PORT": "0",
    }


async def refused(program: Program) -> None:
    async def says_so() -> bool:
        status, reasons = await readiness(program)
        return status == 503 and any("telegram: This store belongs to" in reason for reason in reasons)

    await until(says_so, "a bot that says whose store it is")


async def test_a_second_bot_on_the_store_of_the_first_sends_and_reads_nothing_until_it_has_a_prefix(
    tmp_path: Path, llama: FakeDefiLlama, redis: Server
) -> None:
    async with (
        FakeTelegram() as first,
        FakeTelegram(token=STRANGERS_TOKEN, username="OtherBot") as other,
        running_bot("run", directory=tmp_path, **settings_of(first, llama, redis)) as owner,
    ):
        await ready(owner)
        others = settings_of(other, llama, redis)
        async with running_bot("run", directory=tmp_path, **others) as stranger:
            await refused(stranger)
            line = await stranger.logged("the store belongs to another bot")
            assert "REDIS_PREFIX" in line["reason"]
            assert set(other.calls) == {"getme"}
            assert await readiness(owner) == (200, [])
            assert [line for line in stranger.lines if line["event"] == "lease acquired"] == []
            assert await stranger.end(signal.SIGTERM) == 0
        async with running_bot("run", directory=tmp_path, **others, REDIS_PREFIX="second:") as stranger:
            await ready(stranger)
            assert await readiness(owner) == (200, [])


async def test_a_new_bot_takes_over_old_data_and_is_told_what_it_cannot_reach(
    tmp_path: Path, llama: FakeDefiLlama, redis: Server
) -> None:
    async with FakeTelegram(token=STRANGERS_TOKEN, username="OtherBot") as other:
        store = await open_store(redis.url, clock=SystemClock())
        await store.owner.claim(BotAccount(Platform.TELEGRAM, "4242", "RunwatchBot"))
        await store.subscriptions.add(Subscription(GROUP, "binance"))
        await store.close()
        settings = settings_of(other, llama, redis)
        async with running_bot("run", directory=tmp_path, **settings) as newcomer:
            await refused(newcomer)
            asked = await bot("take-over", directory=tmp_path, **settings)
            assert (asked.code, asked.err) == (1, "")
            assert "1 Telegram place knows only the Telegram bot @RunwatchBot (id 4242)" in asked.out
            assert "runwatch take-over --yes" in asked.out
            done = await bot("take-over", "--yes", directory=tmp_path, **settings)
            assert (done.code, done.err) == (0, "")
            assert "now belongs to the Telegram bot @OtherBot (id 5555)" in done.out
            await ready(newcomer)
            again = await bot("take-over", directory=tmp_path, **settings)
            assert (again.code, again.out) == (
                0,
                "The store belongs to the Telegram bot @OtherBot (id 5555) already.\n",
            )


async def test_a_takeover_where_nobody_subscribed_asks_for_nothing(
    tmp_path: Path, llama: FakeDefiLlama, redis: Server
) -> None:
    async with FakeTelegram(token=STRANGERS_TOKEN, username="OtherBot") as other:
        store = await open_store(redis.url, clock=SystemClock())
        await store.owner.claim(BotAccount(Platform.TELEGRAM, "4242", "RunwatchBot"))
        await store.close()
        done = await bot("take-over", "--yes", directory=tmp_path, **settings_of(other, llama, redis))
    assert done.out.splitlines() == [
        "The store now belongs to the Telegram bot @OtherBot (id 5555).",
        "No Telegram place has subscriptions, so the Telegram bot @OtherBot (id 5555) need not be added anywhere.",
    ]


async def test_the_other_platform_goes_on_and_says_what_is_wrong_with_the_one_that_is_refused(world: World) -> None:
    store = await open_store(world.redis.url, clock=world.clock)
    await store.owner.claim(BotAccount(Platform.TELEGRAM, "1", "Former"))
    await store.close()
    async with worker(world) as refusing:
        await until(lambda: bool(world.discord.commands), "the commands published on Discord")
        answer = await world.discord.slash("status", {}, channel=world.discord.dm(world.owner))
        assert "This store belongs to the Telegram bot" in str(answer.embed)
        assert set(world.telegram.calls) == {"getme"}
        assert refusing.service.report
        found = await refusing.service.report.obstacles()
        identity = [obstacle.sentence for obstacle in found if obstacle.kind is ObstacleKind.IDENTITY]
        assert [sentence.partition(" to the")[0] for sentence in identity] == ["telegram: This store belongs"]
        assert not [obstacle for obstacle in found if obstacle.kind is ObstacleKind.PLATFORM]
        await refusing.application.upkeep.beat()
        assert await refusing.application.store.heartbeats.served_platforms() == {Platform.DISCORD}


async def test_discord_is_compared_by_itself(world: World) -> None:
    store = await open_store(world.redis.url, clock=world.clock)
    await store.owner.claim(FORMER)
    await store.close()
    async with worker(world) as refusing:
        trouble = "This store belongs to the Discord bot Former (id 77), but DISCORD_TOKEN is that of the Discord bot"

        async def says_so() -> bool:
            reasons = await refusing.service.unready()
            return [reason.startswith(f"discord: {trouble}") for reason in reasons] == [True]

        await until(says_so, "a bot that says whose store it is, and nothing else")
        assert world.discord.commands == []
        world.telegram.say(world.group, world.ann, "/subscribe binance")
        await world.telegram.wait_for_message(world.group, containing="Subscribed")


async def test_a_token_that_was_exchanged_for_another_one_of_the_same_bot_changes_nothing(world: World) -> None:
    async with worker(world) as before:
        await worker_ready(before)
    world.telegram.token = "4242:another-one"  # noqa: S105 — no real bot has it
    async with worker(world) as after:
        await worker_ready(after)
        world.telegram.say(world.group, world.ann, "/subscribe binance")
        await world.telegram.wait_for_message(world.group, containing="Subscribed")
