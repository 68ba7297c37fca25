"""A chain goes missing in a real store: what the commands answer, also after a restart."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.chat.terminal import message_to_json
from bot.cli.ask import terminal_operator
from bot.commands.dispatcher import CommandDispatcher
from bot.config.settings import Settings
from bot.domain.reading import Reading
from bot.messages.model import Message
from bot.service.application import COMMANDS, Application
from bot.service.metrics import Metrics
from bot.sources.defillama.source import DefiLlama
from bot.sources.http import Http
from bot.storage.store import open_store
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX, listing, reading
from tests.clocks import HandMovedClock
from tests.messages.cards.plain import said
from tests.servers import Server

GONE_AT = NOON - 2 * HOUR
MISSING = "Tron ($22.1 B, 20.8 %) since 2022-12-13 10:00 UTC"


def binance(at: datetime, *, is_complete: bool = True) -> Reading:
    """Return $106.1 B of reserves, $22.1 B of them on Tron, and $3 B of the own token; no two are quite the same."""
    tron = {"Tron/USDT": (22.1e9, 1.0)} if is_complete else {}
    rest = {"Bitcoin/BTC": (3e6 + _drift(at), 20_000.0), "Ethereum/ETH": (2e7, 1200.0), "BSC/BNB": (1e7, 300.0)}
    return reading({**tron, **rest}, at=at)


def okx(at: datetime) -> Reading:
    """Return $90 B: less than Binance has, and more than is left of it without Tron."""
    return reading({"Bitcoin/BTC": (4.5e6 + _drift(at), 20_000.0)}, at=at, exchange="okx")


def _drift(at: datetime) -> float:
    """Return a few bitcoins by the hour, because figures that repeat are no new reading."""
    return (NOON - at) / HOUR % 7


@asynccontextmanager
async def application_on(redis: Server) -> AsyncIterator[Application]:
    """Start the bot on what the store has; whatever it had in memory is gone."""
    clock = HandMovedClock(NOON)
    settings = Settings(redis_url=SecretStr(redis.url), data_dir=Path("/nowhere"))
    store = await open_store(redis.url, clock=clock)
    try:
        async with Http() as http:
            source = DefiLlama(http, clock, url="http://127.0.0.1:9")
            application = Application(
                settings, store=store, source=source, clock=clock, metrics=Metrics(clock, "1.2.3")
            )
            await application.updates.restore()
            yield application
    finally:
        await store.close()


async def answer(dispatcher: CommandDispatcher, line: str) -> Message:
    name, _, words = line.partition(" ")
    command = COMMANDS.get(name)
    assert command
    return await dispatcher.answer_words(terminal_operator(), command, words)


def total_in_json(message: Message) -> dict[str, Any]:
    content = json.loads(json.dumps(message_to_json(message)))
    (total,) = [total for total in content["totals"] if total["exchange"] == "binance"]
    return dict(total)


@pytest.fixture
async def store_without_tron(redis: Server) -> Server:
    """Keep forty days of both exchanges, and since ten in the morning no Tron of Binance, in the list neither."""
    store = await open_store(redis.url, clock=HandMovedClock(NOON))
    midnight = NOON.replace(hour=0)
    try:
        await store.readings.save_listings(
            [listing(total=8.7e10, clean=8.4e10, inflow=-2.21e10), listing(OKX, total=9e10)]
        )
        for at in (*(midnight - day * DAY for day in range(40, -1, -1)), GONE_AT - HOUR):
            await store.readings.add([binance(at), okx(at)])
        for at in (GONE_AT, GONE_AT + HOUR, NOON):
            await store.readings.add([binance(at, is_complete=False), okx(at)])
    finally:
        await store.close()
    return redis


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("reserves binance", "Last complete figures: 2022-12-13 09:00 UTC (ago). Reserves without its own token BNB"),
        ("reserves binance", f"Missing at DefiLlama: {MISSING}. The rest: $84.0 B then, $84.0 B now."),
        ("reserves binance", "USDT | 22.1 B | $22.1 B | 20.3 %"),
        ("flows binance", f"Missing at DefiLlama: {MISSING}."),
        ("compare binance okx", "Reserves | $106 B | $90.0 B"),
        ("compare binance okx", "Measure | Binance * | OKX"),
        ("compare okx binance", f"missing now: {MISSING}."),
        ("top reserves", "Binance * | $106 B | unclear\nOKX | $90.0 B"),
        ("top", f"missing now: {MISSING}."),
        ("exchanges", "binance * | $109 B | watched\nokx | $90.0 B"),
    ],
)
async def test_a_chain_that_is_missing_lowers_no_total(store_without_tron: Server, line: str, words: str) -> None:
    async with application_on(store_without_tron) as application:
        message = await answer(application.dispatcher, line)

    assert words in said(message)
    # The total of the newest reading with its own token, and of the source's list: nowhere.
    assert "$87.0 B" not in said(message)


async def test_json_says_what_is_missing_since_when_and_of_when_the_total_is(store_without_tron: Server) -> None:
    async with application_on(store_without_tron) as application:
        totals = [
            total_in_json(await answer(application.dispatcher, line))
            for line in ("reserves binance", "flows binance", "compare binance okx", "top reserves", "exchanges")
        ]

    assert totals[0] == {
        "exchange": "binance",
        "as_of": "2022-12-13T09:00:00+00:00",
        "reserves_usd": pytest.approx(106.1e9, rel=1e-4),
        "total_usd": pytest.approx(109.1e9, rel=1e-4),
        "checked": True,
        "complete": False,
        "missing": [{"name": "Tron", "usd": pytest.approx(22.1e9), "since": "2022-12-13T10:00:00+00:00"}],
        "newest": {"as_of": "2022-12-13T12:00:00+00:00", "reserves_usd": pytest.approx(84e9, rel=1e-4)},
    }
    assert all(total == totals[0] for total in totals)


async def test_the_gap_outlives_a_restart_and_ends_when_the_chain_is_back(store_without_tron: Server) -> None:
    async with application_on(store_without_tron) as application:
        before = said(await answer(application.dispatcher, "reserves binance"))
    async with application_on(store_without_tron) as application:
        assert said(await answer(application.dispatcher, "reserves binance")) == before

        await application.store.readings.add([binance(NOON + HOUR)])
        async for snapshots in application.snapshot_builder.snapshots_by_round([BINANCE]):
            for snapshot in snapshots:
                application.latest.set_snapshot(snapshot)
        message = await answer(application.dispatcher, "reserves binance")

    assert "Reserves without its own token BNB ($3.00 B, 2.7 %); with it $109 B." in said(message)
    assert "issing" not in said(message)
    assert total_in_json(message)["complete"] is True


async def test_completions_are_ordered_by_the_last_complete_total(store_without_tron: Server) -> None:
    """The list's own total of Binance, $87 B, is below the $90 B of OKX."""
    async with application_on(store_without_tron) as application:
        exchanges = application.dispatcher.queries.exchanges_like("")

    assert [exchange.id for exchange in exchanges] == ["binance", "okx"]
