"""The source contradicts itself, or sends what nobody can read: the whole service, from the upstream to the chats.

What is wrong is refused with its reason in `/status`, nobody is told of an outflow, and once it is right again a real
one is told. Meanwhile every other exchange is judged as ever.
"""

import asyncio
import gzip
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.errors import SourceFault
from bot.domain.reading import SourceHealth
from bot.storage import keys
from tests.waiting import until
from tests.world import Running, World, running

DETAIL = "/protocol/binance-cex"
FOR_GOOD = 10**6


def body_of(world: World, exchange: str = "binance") -> dict[str, Any]:
    body: dict[str, Any] = json.loads(world.llama.exchanges[exchange].protocol_body())
    return body


def another_exchange(world: World) -> bytes:
    return json.dumps(body_of(world, "okx")).encode()


def amounts_by_a_thousand(world: World) -> bytes:
    body = body_of(world)
    for section in body["chainTvls"].values():
        for point in (section["tokens"] or [])[-1:]:
            point["tokens"] = {asset: amount / 1000 for asset, amount in point["tokens"].items()}
    return json.dumps(body).encode()


def values_by_a_thousand(world: World) -> bytes:
    body = body_of(world)
    for section in body["chainTvls"].values():
        for half in ("tokens", "tokensInUsd"):
            for point in (section.get(half) or [])[-1:]:
                point["tokens"] = {asset: number / 1000 for asset, number in point["tokens"].items()}
        for point in section["tvl"][-1:]:
            point["totalLiquidityUSD"] /= 1000
    body["tvl"][-1]["totalLiquidityUSD"] /= 1000
    return json.dumps(body).encode()


async def health(run: Running) -> SourceHealth | None:
    return (await run.application.store.readings.health()).get("defillama/binance")


async def until_fault(run: Running, fault: SourceFault | None) -> None:
    async def is_so() -> bool:
        await run.world.polls(1)
        run.world.clock.advance(timedelta(seconds=10))  # more than the interval after which it is asked for again
        found = await health(run)
        return found is not None and found.fault is fault

    await until(is_so, f"{fault} at Binance")


async def next_hour_goes_wrong(run: Running, body: Callable[[World], bytes]) -> None:
    """Let an hour pass in which little happens, and Binance's body be wrong from then on."""
    run.world.clock.advance(timedelta(hours=1))
    run.world.llama.step("binance", share=1e-6)
    run.world.faults = [run.world.llama.fail(DETAIL, body=body(run.world), times=FOR_GOOD)]


async def status(run: Running) -> str:
    run.world.telegram.say(run.world.group, run.world.ann, "/status")
    return (await run.world.telegram.wait_for_message(run.world.group, containing="newest figures")).text


@pytest.mark.parametrize(
    ("body", "fault", "words"),
    [
        (another_exchange, SourceFault.WRONG_EXCHANGE, "the body is of “OKX”, and Binance was asked for"),
        (amounts_by_a_thousand, SourceFault.VALUES_DISAGREE, "by amounts and values"),
        (values_by_a_thousand, SourceFault.TOTAL_DISAGREES, "its newest total is $"),
    ],
)
async def test_a_source_that_contradicts_itself_is_refused_and_nobody_is_told_of_an_outflow(
    world: World, body: Callable[[World], bytes], fault: SourceFault, words: str
) -> None:
    async with running(world) as run:
        await run.subscribe()
        await next_hour_goes_wrong(run, body)
        await until_fault(run, fault)
        said = await status(run)
        assert str(fault) in said
        assert words in said

        world.llama.step("binance", share=1e-6)
        await run.hour(exchange="okx")
        assert world.telegram_titles() == []
        assert await run.application.store.incidents.open() == []

        world.heal()
        await until_fault(run, None)
        await run.hour(-0.05)
        await run.hour()
        await run.until_announced("INC-1 · Binance · elevated outflow")


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 403, "body": b"\xffno", "content_type": "text/html; charset=idna"},
        {"status": 429, "headers": {"Retry-After": "9" * 5000}},
        {"status": 429, "headers": {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}},
        {"headers": {"X-Long": "x" * 100_000}},
        {"status": 302, "headers": {"Location": DETAIL}},
        {"body": gzip.compress(b"") * 50_000, "headers": {"Content-Encoding": "identity"}},
        {"drips": True},
        {"until": asyncio.Event},
    ],
    ids=["charset", "pause", "date", "headers", "circle", "nothing", "drops", "silence"],
)
async def test_what_one_exchange_answers_keeps_no_other_from_being_told(world: World, fault: Mapping[str, Any]) -> None:
    async with running(world) as run:
        await run.subscribe("okx")
        made = {name: value() if name == "until" else value for name, value in fault.items()}
        world.clock.advance(timedelta(hours=1))
        world.llama.step("binance", share=-0.05)  # by the list: it is asked for first
        world.faults = [world.llama.fail(DETAIL, times=FOR_GOOD, **made)]
        await run.hour(-0.05, "okx")
        await run.hour(0.0, "okx")
        await run.until_announced("INC-1 · OKX · elevated outflow")


async def test_a_damaged_incident_keeps_no_outflow_from_being_told(world: World) -> None:
    async with running(world) as run:
        await run.subscribe("all")
        for share in (-0.05, 0.0):
            world.llama.step("okx", share=1e-6)
            await run.hour(share)
        await run.until_announced("INC-1 · Binance · elevated outflow")
        store = run.application.store
        await store.database.command("HSET", keys.CURRENT_INCIDENTS.key(), "binance/outflow/normal", '{"cut off')

        await run.hour(-0.05, "okx")
        await run.hour(0.0, "okx")
        await run.until_announced("OKX · elevated outflow")


async def test_a_list_that_lost_most_exchanges_takes_none_from_those_who_watch(world: World) -> None:
    async with running(world) as run:
        await run.subscribe("okx")
        world.llama.rows = [world.llama.exchanges["binance"].row()]

        async def is_said() -> bool:
            listed = (await run.application.store.readings.health())["defillama/cexs"]
            return listed.fault is SourceFault.LIST_SHRANK

        await until(is_said, "a list that shrank")
        said = await status(run)
        assert "list shrank (2 of 3 exchanges are missing from one list on)" in said
        assert "3 listed" in said

        await run.hour(-0.05, "okx")
        await run.hour(0.0, "okx")
        await run.until_announced("INC-1 · OKX · elevated outflow")
