"""What people live through when exchanges close, from the exchanges' own interfaces to the messages in their chats.

Over real HTTP throughout: each exchange is asked in its own format, Binance at its web page, OKX with a key.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count

import pytest

from bot.detection.withdrawals.thresholds import SILENT_POLLS
from bot.domain.flow import Window
from bot.domain.incident import StepReason
from bot.domain.withdrawal_reading import WithdrawalState
from tests.fakes.exchange_interfaces import FakeExchangeInterfaces
from tests.service.test_withdrawals import INTERVAL, polls
from tests.waiting import until
from tests.world import MODERATOR, Running, World, running

CLOSED, OPEN, UNKNOWN = WithdrawalState.CLOSED, WithdrawalState.OPEN, WithdrawalState.UNKNOWN
_FROZEN = {StepReason.HELD, StepReason.RELEASED}
CALM_DAY = -0.005
"""Far below the threshold for leaving of a watch, of the reserves without own tokens."""


@pytest.fixture
async def interfaces(world: World) -> AsyncIterator[FakeExchangeInterfaces]:
    async with FakeExchangeInterfaces(world.clock) as interfaces:
        world.interface_settings = interfaces.settings
        yield interfaces


@asynccontextmanager
async def watching(world: World, *words: str) -> AsyncIterator[Running]:
    """Run the service until every exchange was asked twice; the group on Telegram subscribes with these words.

    The channel on Discord hears of everything.
    """
    async with running(world) as run:
        world.telegram.say(world.group, world.ann, " ".join(("/subscribe", *words)))
        await world.telegram.wait_for_message(world.group, containing="Subscribed")
        await world.discord.slash("subscribe", {"exchange": "all"}, channel=world.channel, permissions=MODERATOR)
        await polls(run, *world.exchanges)
        yield run


@asynccontextmanager
async def critical(world: World, interfaces: FakeExchangeInterfaces) -> AsyncIterator[Running]:
    """Run the service until an outflow of 3.2 % is critical, because Binance has closed BTC and USDT."""
    async with watching(world, "binance", "critical") as run:
        await run.hour(-0.032)
        await run.hour()
        await until(partial(has_step, run, "INC-1", "opened"), "an elevated outflow")
        interfaces.say(CLOSED, "binance", "BTC", "USDT")
        closed = world.clock.now() + INTERVAL
        await polls(run, *world.exchanges)
        await until_both_say(world, "INC-1", "INC-1 · Binance · critical: outflow while withdrawals are closed")
        shown = f"{closed:%Y-%m-%d %H:%M} UTC", f"<t:{closed.timestamp():.0f}:f>"
        for text, since in zip(newest_texts(world, "INC-1"), shown, strict=True):
            line = f"Withdrawals: ETH, USDC open; BTC, USDT closed since {since}"
            assert line in text
        yield run


async def hours(run: Running, number: int, share: float = 0.0) -> None:
    """Let hours pass, with a reading every second one, and polls before it; the share moves in the first reading."""
    world = run.world
    for even_hour in range(0, number, 2):
        await polls(run, *world.exchanges, times=3, every=timedelta(minutes=40))
        behind = world.clock.now() - world.llama.exchanges["binance"].as_of
        await run.reading(0.0 if even_hour else share, after=behind)


async def steps(run: Running) -> dict[str, list[str]]:
    """Return how every incident got worse and milder by its label, without how long its figures were frozen."""
    incidents = await run.application.store.incidents.recent()
    return {
        incident.label: [str(event.reason) for event in incident.events if event.reason not in _FROZEN]
        for incident in incidents
    }


async def has_step(run: Running, label: str, reason: str) -> bool:
    return reason in (await steps(run)).get(label, [])


def newest_texts(world: World, label: str) -> tuple[str, str]:
    """Return the newest message about an incident on Telegram and on Discord, without markup; "" without one."""
    on_telegram = [sent.text for sent in world.telegram.messages_in(world.group)]
    embeds = [embed for message in world.discord.messages(world.channel) for embed in message["embeds"]]
    on_discord = [f"{embed['title']}\n{embed.get('description', '')}".replace("*", "") for embed in embeds]
    telegram, discord = (
        next((text for text in reversed(texts) if f"{label} " in text.partition("\n")[0]), "")
        for texts in (on_telegram, on_discord)
    )
    return telegram, discord


async def until_both_say(world: World, label: str, words: str) -> None:
    """Wait until the newest message about an incident says something on both platforms.

    Minutes pass meanwhile, now and then: a message is edited once in five of them at most.
    """
    looks = count(1)

    def is_said() -> bool:
        if next(looks) % 400 == 0:
            world.clock.advance(INTERVAL)
        return all(words in text for text in newest_texts(world, label))

    await until(is_said, lambda: f"{words!r} on both platforms, not {newest_texts(world, label)}")


def states(run: Running, exchange: str) -> set[WithdrawalState]:
    """Return in which states the networks of an exchange are known to be."""
    return {status.state for status in run.application.latest.withdrawals[exchange].networks}


async def test_an_outflow_is_critical_while_withdrawals_are_closed_and_eases_once_they_are_open(
    world: World, interfaces: FakeExchangeInterfaces
) -> None:
    async with critical(world, interfaces) as run:
        await hours(run, 2, 0.016)
        interfaces.say(OPEN, "binance")
        await polls(run, *world.exchanges)
        await until_both_say(world, "INC-1", "BTC, ETH, USDT, USDC open")
        await hours(run, 8)
        await until_both_say(world, "INC-1", "Easing: down from critical to watch.")
        await hours(run, 8, 0.01)
        await until_both_say(world, "INC-1", "Peak: critical")
        assert (await steps(run))["INC-1"] == ["opened", "escalated", "deescalated", "resolved"]


async def test_an_outflow_that_stops_because_withdrawals_are_closed_stays_critical(
    world: World, interfaces: FakeExchangeInterfaces
) -> None:
    async with critical(world, interfaces) as run:
        await hours(run, 28)
        snapshot = run.application.latest.snapshot("binance")
        day = snapshot.signal.flow(Window.DAY) if snapshot and snapshot.signal else None
        assert day
        assert day.share
        assert day.share > CALM_DAY
        # Which window leads once nothing is left of the day depends on the newest hour that was judged.
        await until_both_say(world, "INC-1", "Does not ease while withdrawals of two major assets are closed.")
        for text in newest_texts(world, "INC-1"):
            assert "INC-1 · Binance · critical: outflow while withdrawals are closed" in text
            assert "Does not ease while withdrawals of two major assets are closed." in text
        assert (await steps(run))["INC-1"] == ["opened", "escalated"]


async def test_a_network_that_four_exchanges_close_is_told_once_and_held_against_none(
    world: World, interfaces: FakeExchangeInterfaces
) -> None:
    kraken = world.llama.exchanges["kraken"]
    for id_, name in {"gate": "Gate", "kucoin": "KuCoin"}.items():
        world.llama.add(replace(kraken, id=id_, name=name, slug=id_, runs=list(kraken.runs)))
    world.exchanges = (*world.exchanges, "gate", "kucoin")
    async with watching(world, "all") as run:
        for exchange in ("binance", "okx", "gate", "kucoin"):
            interfaces.say(CLOSED, exchange, network="BITCOIN")
        await polls(run, *world.exchanges)
        await polls(run, *world.exchanges, times=4, every=timedelta(minutes=20))  # one major for an hour is a watch
        assert await steps(run) == {"INC-1": ["opened"]}
        await until_both_say(world, "INC-1", "Closed: Binance, Gate, KuCoin, OKX.")
        for text in newest_texts(world, "INC-1"):
            assert "INC-1 · BITCOIN · closed at 4 exchanges" in text

        interfaces.say(CLOSED, "kraken", "BTC")  # an hour and more after the first: for a reason of its own
        await polls(run, *world.exchanges)
        await polls(run, *world.exchanges, times=4, every=timedelta(minutes=20))
        await until_both_say(world, "INC-2", "INC-2 · Kraken · BTC withdrawals closed")
        assert await steps(run) == {"INC-1": ["opened"], "INC-2": ["opened"]}
        assert len(world.telegram_titles()) == len(world.discord_titles()) == 2


async def test_a_source_that_changes_its_shape_or_falls_silent_raises_and_eases_nothing(
    world: World, interfaces: FakeExchangeInterfaces
) -> None:
    async with critical(world, interfaces) as run:
        await hours(run, 2)
        await until(partial(has_step, run, "INC-2", "opened"), "that two majors were closed for 15 minutes")
        interfaces.rename("binance", "withdrawEnable", "withdrawalEnabled")
        interfaces.rename("okx", "canWd", "canWithdraw")
        interfaces.say(CLOSED, "okx")
        interfaces.silent.add("kraken")
        await polls(run, *world.exchanges, times=1)
        assert [states(run, exchange) for exchange in ("binance", "okx", "kraken")] == [{UNKNOWN}, {UNKNOWN}, {OPEN}]
        await polls(run, *world.exchanges, times=SILENT_POLLS - 1)
        assert states(run, "kraken") == {UNKNOWN}
        await hours(run, 8, 0.028)
        await until_both_say(world, "INC-1", "BTC, USDT unknown, closed when last known; ETH, USDC unknown")
        for text in newest_texts(world, "INC-1"):
            assert "INC-1 · Binance · critical: outflow while withdrawals are closed" in text
        assert await steps(run) == {"INC-1": ["opened", "escalated"], "INC-2": ["opened"]}


async def test_withdrawals_that_the_owner_pauses_hold_what_they_made_critical(
    world: World, interfaces: FakeExchangeInterfaces
) -> None:
    async with critical(world, interfaces) as run:
        world.telegram.say(world.group, world.ann, "/hold binance only:withdrawals their page is wrong")
        await world.telegram.wait_for_message(world.group, containing="figures paused · withdrawals")
        interfaces.say(OPEN, "binance")
        await hours(run, 8, 0.03)
        assert (await steps(run))["INC-1"] == ["opened", "escalated"]
        await until_both_say(world, "INC-1", "because: their page is wrong")

        world.telegram.say(world.group, world.ann, "/release binance withdrawals")
        await world.telegram.wait_for_message(world.group, containing="released · withdrawals")
        await hours(run, 20)
        await until_both_say(world, "INC-1", "Peak: critical")
        assert (await steps(run))["INC-1"][-1] == "resolved"
