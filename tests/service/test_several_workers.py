"""Several workers on one store: each does its part, and when one dies or sleeps the others go on."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from bot.domain.suppression import Metric
from bot.domain.worker import Lease, Role
from bot.messages.model import Message
from bot.ports.outbox import Alert, DeliveryKind
from bot.service.application import Application
from bot.service.lifetime import Service
from bot.service.metrics import Metrics
from bot.service.platforms import platform_connections
from bot.storage.leases import LEASE_DURATION, RedisLeases, lease_key
from bot.storage.store import TAKEN_OVER_AFTER, Store, open_store
from bot.workers.leader_election import LeaseTiming
from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_world import Channel
from tests.fakes.telegram import TOKEN, Chat, FakeTelegram, User
from tests.program import Program, running_bot
from tests.servers import Server
from tests.waiting import in_time, stop, until
from tests.world import DISCORD_TOKEN, POLL_EVERY, WITHDRAWAL_TURN, Running, World

GOES_ON_WITHIN = timedelta(seconds=15)
_LONGEST = 200.0
"""More than one wait may take, so that the wait says what was missing."""
NOBODY_POLLS = "no worker polls the upstreams: start one with --role poller or all"
NOBODY_DELIVERS = "no worker delivers{}: start one with --role courier or all"
QUICK = LeaseTiming(renew_every_s=0.02, retry_every_s=0.02)


@dataclass
class Worker:
    """A worker in this process."""

    service: Service
    application: Application
    metrics: Metrics

    def owns(self, lease: Lease) -> bool:
        runner = self.application.status.lease_runners.get(lease)
        return runner is not None and runner.is_owner


@asynccontextmanager
async def worker(world: World, role: Role = Role.ALL) -> AsyncIterator[Worker]:
    stop, metrics = asyncio.Event(), Metrics(world.clock, "1.2.3")
    service = Service(
        world.settings(),
        clock=world.clock,
        metrics=metrics,
        make_chats=platform_connections,
        poll_every=POLL_EVERY,
        role=role,
        lease_timing=QUICK,
        store_clock=world.clock,
        make_withdrawal_sources=lambda *_: world.withdrawal_sources,
        withdrawal_turn=WITHDRAWAL_TURN,
        make_peg_source=lambda *_: world.peg_source,
    )
    async with in_time("the end of what is done while a worker runs", limit=_LONGEST), asyncio.TaskGroup() as tasks:
        tasks.create_task(service.run(stop))
        try:
            yield Worker(service, await service.started(), metrics)
        finally:
            stop.set()


async def ready(worker: Worker) -> None:
    async def is_ready() -> bool:
        return not await worker.service.unready()

    await until(is_ready, "a service that is ready")


async def test_a_gateway_a_poller_and_a_courier_do_together_what_one_worker_does(world: World) -> None:
    async with (
        worker(world, Role.GATEWAY) as gateway,
        worker(world, Role.POLLER) as poller,
        worker(world, Role.COURIER) as courier,
    ):
        for role_worker in (gateway, poller, courier):
            await ready(role_worker)
        await until(lambda: bool(world.discord.commands), "the commands published on Discord")
        run = Running(world, gateway.service, gateway.application, port=0)
        await run.subscribe()
        await run.hour(-0.05)  # ends when the gateway, which never polls, shows the new reading
        await run.hour()
        await run.until_announced("INC-1 · Binance · elevated outflow")
        assert not poller.application.status.connections
        assert courier.application.latest.snapshots() == []
        world.telegram.say(world.group, world.ann, "/incidents")
        await world.telegram.wait_for_message(world.group, containing="INC-1")
        assert len(world.telegram_titles()) == len(world.discord_titles()) == 1


async def test_nobody_polls_is_said_by_those_who_need_it(world: World) -> None:
    async with worker(world, Role.GATEWAY) as gateway, worker(world, Role.COURIER) as courier:
        await ready(courier)
        await until(
            lambda: says(gateway, ["first poll pending", NOBODY_POLLS]), "a gateway that says that nobody polls"
        )


async def test_nobody_delivers_is_said_by_those_who_answer_and_who_poll(world: World) -> None:
    async with worker(world, Role.GATEWAY) as gateway, worker(world, Role.POLLER) as poller:
        await until(
            lambda: says(gateway, [NOBODY_DELIVERS.format(" to discord and telegram")]),
            "a gateway that says that nobody delivers",
        )
        await until(lambda: says(poller, [NOBODY_DELIVERS.format("")]), "a poller that says that nobody delivers")
        world.telegram.say(world.group, world.ann, "/status")
        await world.telegram.wait_for_message(world.group, containing="no worker delivers to discord and telegram")
        async with worker(world, Role.COURIER):
            await ready(gateway)
            await ready(poller)


async def says(worker: Worker, reasons: list[str]) -> bool:
    return list(await worker.service.unready()) == reasons


async def test_a_worker_that_stands_by_is_ready_says_so_and_takes_over_at_once_when_the_other_stops(
    world: World,
) -> None:
    async with AsyncExitStack() as first:
        owner = await first.enter_async_context(worker(world))
        await ready(owner)
        async with worker(world) as other:
            await ready(other)
            assert other.service.standing_by() == [
                "standing by: another worker holds the Telegram poll",
                "standing by: another worker holds the Discord gateway",
                "standing by: another worker polls the upstreams",
            ]
            assert owner.service.standing_by() == []
            for gauged, is_owner in ((owner, 1), (other, 0)):
                await gauged.application.upkeep.update_gauges()
                assert f'runwatch_duty{{duty="poll"}} {is_owner}.0' in gauged.metrics.text().decode()
                for platform in ("telegram", "discord"):
                    connected = f'runwatch_platform_connected{{platform="{platform}"}} 1.0'
                    assert connected in gauged.metrics.text().decode()
            await first.aclose()
            await until(lambda: all(other.owns(lease) for lease in Lease), "every lease with the worker that stood by")
            await ready(other)
            assert other.service.standing_by() == []
            run = Running(world, other.service, other.application, port=0)
            await run.subscribe()
            await run.hour(-0.05)
            await run.hour()
            await run.until_announced("INC-1 · Binance · elevated outflow")


async def test_a_worker_that_lost_a_lease_works_again_when_it_comes_back(world: World) -> None:
    async with worker(world) as first:
        await ready(first)
        await until(lambda: bool(world.discord.commands), "the commands published on Discord")
        other = RedisLeases(first.application.store.database, exclusive=True)
        for lease in (Lease.TELEGRAM, Lease.POLL):
            await other.acquire(lease)
            await until(partial(knows_that_another_has, first, lease), f"the loss of the lease {lease}")
        assert [
            sentence for sentence in first.service.standing_by() if "Discord" not in sentence
        ] == first.service.standing_by()
        for lease in (Lease.TELEGRAM, Lease.POLL):
            await other.release(lease)
        await until(
            lambda: first.owns(Lease.TELEGRAM) and first.owns(Lease.POLL),
            "both duties with the worker that had lost them",
        )
        run = Running(world, first.service, first.application, port=0)
        await run.subscribe()
        await run.hour(-0.05)
        await run.hour()
        await run.until_announced("INC-1 · Binance · elevated outflow")


async def test_what_all_workers_know_is_told_by_one_of_them(world: World) -> None:
    operators = world.telegram.group("Operators", admins=(world.ann,))
    world.error_chat = f"telegram:{operators.id}"
    async with worker(world) as poller, worker(world) as other, worker(world, Role.GATEWAY) as gateway:
        for role_worker in (poller, other, gateway):
            await ready(role_worker)
        world.go_wrong()
        await world.polls()
        world.clock.advance(timedelta(minutes=21))
        await world.telegram.wait_for_message(operators, containing="good poll was")
        for role_worker in (poller, other, gateway):
            assert role_worker.service.report
            assert await role_worker.service.report.update() != []
        assert len(world.telegram.messages_in(operators)) == 1


async def test_trouble_of_the_lease_owner_is_shown_by_the_worker_that_stands_by(world: World) -> None:
    async with worker(world) as owner:
        await ready(owner)
        async with worker(world) as other:
            await ready(other)
            world.discord.gateway.refusals = 10**6
            await world.discord.gateway.drop()
            await until(
                lambda: shows_trouble(other, Platform.DISCORD), "the trouble on Discord of the worker that has the duty"
            )
            assert list(await other.service.unready()) == []


async def shows_trouble(worker: Worker, platform: Platform) -> bool:
    return bool((await worker.application.dispatcher.queries.status()).platforms[platform])


async def test_a_suppression_that_one_worker_is_told_of_shows_at_the_others(world: World) -> None:
    async with worker(world) as poller, worker(world, Role.GATEWAY) as gateway:
        await ready(poller)
        await ready(gateway)
        await until(
            lambda: len(gateway.application.latest.snapshots()) == len(poller.application.latest.snapshots()) == 3,
            "a reading of every exchange at both workers",
        )
        world.telegram.say(world.group, world.ann, "/hold binance a migration")
        for informed in (poller, gateway):
            await until(partial(suppresses, informed, "binance"), "the suppression of Binance, with its reason")
        world.telegram.say(world.group, world.ann, "/hold okx only:proof a copy")
        for informed in (poller, gateway):
            await until(partial(knows_copied_proof, informed, "okx"), "the suppression of OKX's proofs alone")
            assert not suppresses(informed, "okx")


def knows_copied_proof(worker: Worker, exchange: str) -> bool:
    suppression = worker.application.dispatcher.queries.suppression(exchange, Metric.PROOF)
    return suppression is not None and suppression.why == "a copy"


def suppresses(worker: Worker, exchange: str) -> bool:
    snapshot = worker.application.latest.snapshot(exchange)
    return bool(snapshot and snapshot.signal and "a migration" in str(snapshot.signal.flows))


async def test_an_outflow_is_announced_once_while_the_lease_to_poll_changes_hands_all_the_time(world: World) -> None:
    async with worker(world) as first, worker(world) as other:
        await ready(first)
        await ready(other)
        await until(lambda: bool(world.discord.commands), "the commands published on Discord")
        run = Running(world, first.service, first.application, port=0)
        await run.subscribe()
        passing = asyncio.create_task(pass_poll_lease(first.application.store, (first, other)))
        await run.hour(-0.05)
        for _ in range(2):
            await run.hour()
        await run.until_announced("INC-1 · Binance · elevated outflow")
        await stop(passing)
        assert {step.subject: len(step.events) for step in await first.application.store.incidents.recent()} == {
            "binance": 1
        }
        assert len(world.telegram_titles()) == len(world.discord_titles()) == 1


def knows_that_another_has(worker: Worker, lease: Lease) -> bool:
    owner = worker.application.status.lease_runners[lease].owner
    return owner is not None and not owner.is_me


def judges(worker: Worker) -> bool:
    return worker.application.updates.is_judging


async def pass_poll_lease(store: Store, workers: tuple[Worker, Worker]) -> None:
    """Let the lease to poll run out again and again, each time as soon as the other worker owns it.

    Each owner keeps it a little longer than the one before (5 ms at first, half a second after thirty), so that a round
    comes to its end at last, however slow the machine is.
    """
    for number in count():
        for worker in workers:
            await store.database.command("HSET", lease_key(Lease.POLL), "until", 1)
            await until(partial(judges, worker), "the lease to poll")
            await asyncio.sleep(0.005 + 0.0005 * number**2)


@dataclass
class OutsideWorld:
    """What the processes talk to, beside their store."""

    llama: FakeDefiLlama
    telegram: FakeTelegram
    discord: FakeDiscord
    ann: User
    chat: Chat
    channel: Channel
    settings: dict[str, str]

    async def answers(self) -> None:
        """Return when a question was answered on both platforms."""
        self.telegram.say(self.chat, self.ann, "/reserves binance")
        await self.telegram.wait_for_message(self.chat, containing="Binance · $")
        await self.discord.until(lambda: self.discord.gateway.session is not None, "a session with the gateway")
        answer = await self.discord.slash("reserves", {"exchange": "binance"}, channel=self.channel)
        assert "Reserves without its own token" in answer.text

    def count(self, words: str) -> tuple[int, int]:
        """Return how many messages with these words there are on each platform."""
        on_telegram = [sent.text for sent in self.telegram.messages_in(self.chat)]
        on_discord = [str(message["embeds"]) for message in self.discord.messages(self.channel)]
        return sum(words in text for text in on_telegram), sum(words in text for text in on_discord)


@pytest.fixture
async def outside(redis: Server, tmp_path: Path) -> AsyncIterator[OutsideWorld]:
    async with (
        FakeDefiLlama(now=datetime.now(UTC), days=20) as llama,
        FakeTelegram() as telegram,
        FakeDiscord(token=DISCORD_TOKEN) as discord,
    ):
        ann = telegram.user("Ann")
        settings = {
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_API_URL": telegram.url,
            "DISCORD_TOKEN": DISCORD_TOKEN,
            "DISCORD_API_URL": discord.api_url,
            "DISCORD_GATEWAY_URL": discord.gateway_url,
            "DEFILLAMA_URL": llama.url,
            "REDIS_URL": redis.url,
            "EXCHANGES": "binance,okx",
            "POLL_INTERVAL": "1s",
            "HTTP_PORT": "0",
        }
        yield OutsideWorld(
            llama, telegram, discord, ann, telegram.private(ann), discord.channel(discord.guild()), settings
        )


async def alert(store: Store, outside: OutsideWorld, step: str) -> None:
    """Queue an alert for both places."""
    now = datetime.now(UTC)
    places = Place(Platform.TELEGRAM, str(outside.chat.id)), Place(Platform.DISCORD, str(outside.channel.id))
    queued = Alert(
        id=step,
        incident=step,
        severity=Severity.SEVERE,
        kind=DeliveryKind.POST,
        message=Message(step),
        created_at=now,
        expires_at=now + timedelta(hours=1),
        recipients=tuple(Subscription(place, None) for place in places),
    )
    assert await store.incidents.commit("binance", Rule.OUTFLOW, None, [queued])


async def has_all_leases(program: Program) -> None:
    for lease in Lease:
        await program.logged("lease acquired", lease=str(lease))


def test_what_a_dead_worker_did_and_had_in_hand_is_taken_over_within_15_seconds() -> None:
    """The figures say so; how long the takeover takes on top of them depends on the machine."""
    assert LEASE_DURATION + timedelta(seconds=LeaseTiming().retry_every_s) <= GOES_ON_WITHIN
    assert TAKEN_OVER_AFTER <= GOES_ON_WITHIN


async def test_when_one_of_three_is_killed_commands_and_alerts_go_on(
    tmp_path: Path, outside: OutsideWorld, redis: Server
) -> None:
    async with AsyncExitStack() as stack:
        store = await open_store(redis.url, clock=RealClock())
        stack.push_async_callback(store.close)
        first = await stack.enter_async_context(running_bot("run", directory=tmp_path, **outside.settings))
        await has_all_leases(first)
        await outside.discord.connected()
        never = outside.telegram.delay("sendMessage", when=lambda given: "in hand" in given["text"])
        sends = outside.telegram.calls["sendmessage"]
        await alert(store, outside, "in hand")
        await until(
            lambda: outside.telegram.calls["sendmessage"] > sends, "a message to Telegram"
        )  # it never ends, and dies with the worker
        others = [
            await stack.enter_async_context(running_bot("run", directory=tmp_path, **outside.settings))
            for _ in range(2)
        ]
        for program in others:
            await program.logged("running")

        assert await first.end(signal.SIGKILL) == -signal.SIGKILL
        polls = len(outside.llama.asked("/cexs"))
        await alert(store, outside, "after the kill")
        await until(
            lambda: outside.count("after the kill") == (1, 1), "the alert after the kill, once on each platform"
        )
        await outside.answers()
        await until(lambda: len(outside.llama.asked("/cexs")) > polls, "a poll after the kill")
        await until(
            lambda: outside.count("in hand") == (1, 1),
            "the alert that the dead worker had in hand, once on each platform",
        )
        never.set()

        # Who owns the leases now falls asleep, and wakes when another one has acquired them.
        (sleeper,) = [program for program in others if await has(store, Lease.TELEGRAM, program)]
        sleeper.process.send_signal(signal.SIGSTOP)
        slept_for = [lease for lease in Lease if await has(store, lease, sleeper)]
        for lease in slept_for:
            await store.database.command("HSET", lease_key(lease), "until", 1)
        (other,) = [program for program in others if program is not sleeper]
        for lease in slept_for:
            await other.logged("lease acquired", lease=str(lease))
        sleeper.process.send_signal(signal.SIGCONT)
        for lease in slept_for:
            await sleeper.logged("lease lost", lease=str(lease))
        await outside.answers()
        await alert(store, outside, "after the sleep")
        await until(
            lambda: outside.count("after the sleep") == (1, 1), "the alert after the sleep, once on each platform"
        )
        assert outside.count("after the kill") == (1, 1)
        for program in (sleeper, other):
            assert await program.end(signal.SIGTERM) == 0


async def has(store: Store, lease: Lease, program: Program) -> bool:
    owner = await store.leases.owner(lease)
    return bool(owner and f":{program.process.pid}:" in owner.worker)


class RealClock:
    """The time it is."""

    def now(self) -> datetime:
        return datetime.now(UTC)
