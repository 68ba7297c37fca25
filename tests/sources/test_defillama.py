"""The source as polling uses it, over the real client against the stand-in."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.errors import SourceError, SourceFault
from bot.domain.exchange import Exchange
from bot.ports.sources import Source
from bot.sources.defillama.source import DefiLlama
from bot.sources.http import Http
from bot.sources.http_types import FetchLimits
from tests.fakes.defillama import CLOUDFLARE, FakeDefiLlama, big_protocol_body
from tests.sources.conftest import NOW, StoppedClock

BINANCE = Exchange("binance", "Binance", slug="binance-cex", own_tokens=frozenset({"BNB"}))
MONTH = NOW - timedelta(days=30)
DETAIL = "/protocol/binance-cex"


async def list_fault(source: DefiLlama) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await source.listings()
    return caught.value


async def detail_fault(source: DefiLlama, exchange: Exchange = BINANCE) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await source.readings(exchange, since=MONTH)
    return caught.value


async def test_it_fits_the_port(source: DefiLlama) -> None:
    fits: Source = source
    assert fits.name == "defillama"


async def test_the_list_names_every_exchange(source: DefiLlama) -> None:
    listings = await source.listings()
    assert [listing.exchange.id for listing in listings] == ["binance", "okx", "bybit", "kraken", "coinbase", "nexo"]
    assert {listing.fetched_at for listing in listings} == {NOW}


async def test_a_slow_list_is_of_the_time_it_was_asked_for(
    source: DefiLlama, llama: FakeDefiLlama, clock: StoppedClock
) -> None:
    slow = llama.fail("/cexs", until=asyncio.Event())
    asking = asyncio.create_task(source.listings())
    await llama.wait_for_request("/cexs")
    clock.time = NOW + timedelta(minutes=5)
    assert slow.until
    slow.until.set()
    assert {listing.fetched_at for listing in await asking} == {NOW}


async def test_readings_cover_the_span_and_end_with_the_newest_run(source: DefiLlama, llama: FakeDefiLlama) -> None:
    readings = await source.readings(BINANCE, since=MONTH)
    assert len(readings) == 31
    assert readings[0].as_of >= MONTH
    assert readings[-1].as_of == llama.exchanges["binance"].as_of
    assert {reading.fetched_at for reading in readings} == {NOW}


async def test_a_step_is_seen_as_the_share_it_took(
    source: DefiLlama, llama: FakeDefiLlama, clock: StoppedClock
) -> None:
    before = (await source.readings(BINANCE, since=MONTH))[-1]
    at = clock.time = llama.step("binance", share=-0.05)
    after = (await source.readings(BINANCE, since=MONTH))[-1]
    clean = BINANCE.own_tokens
    assert after.as_of == at
    assert after.total_usd(without=clean) / before.total_usd(without=clean) == pytest.approx(0.95)


async def test_a_point_from_the_future_is_refused_and_hides_nothing(source: DefiLlama, llama: FakeDefiLlama) -> None:
    llama.step("binance", share=-0.05, after=timedelta(days=2))
    assert (await source.readings(BINANCE, since=MONTH))[-1].as_of <= NOW


async def test_an_unchanged_list_comes_back_with_a_new_time(
    source: DefiLlama, llama: FakeDefiLlama, clock: StoppedClock
) -> None:
    first = await source.listings()
    clock.time = NOW + timedelta(minutes=10)
    second = await source.listings()
    assert "If-None-Match" in llama.asked("/cexs")[1]
    assert second == tuple(replace(listing, fetched_at=clock.time) for listing in first)


async def test_an_unchanged_detail_brings_the_newest_reading_only(
    source: DefiLlama, llama: FakeDefiLlama, clock: StoppedClock
) -> None:
    first = await source.readings(BINANCE, since=MONTH)
    clock.time = NOW + timedelta(hours=1)
    second = await source.readings(BINANCE, since=NOW)
    assert "If-None-Match" in llama.asked(DETAIL)[1]
    assert second == (replace(first[-1], fetched_at=clock.time),)


async def test_an_earlier_since_brings_the_whole_body_again(source: DefiLlama) -> None:
    await source.readings(BINANCE, since=NOW)
    assert len(await source.readings(BINANCE, since=MONTH)) == 31


@pytest.mark.parametrize(("days", "returned"), [(99, slice(-1, None)), (101, slice(None))])
async def test_who_asks_for_the_past_again_has_lost_it(
    source: DefiLlama, llama: FakeDefiLlama, days: int, returned: slice
) -> None:
    whole = await source.readings(BINANCE, since=NOW - timedelta(days=400))
    again = await source.readings(BINANCE, since=NOW - timedelta(days=days))
    assert again == (whole[returned])


async def test_a_body_that_was_no_good_is_asked_for_again(source: DefiLlama, llama: FakeDefiLlama) -> None:
    llama.fail(DETAIL, cut="json")
    await detail_fault(source)
    assert len(await source.readings(BINANCE, since=MONTH)) == 31
    assert "If-None-Match" not in llama.asked(DETAIL)[1]


async def test_a_renamed_slug_is_an_unknown_slug(source: DefiLlama, llama: FakeDefiLlama) -> None:
    llama.rename("binance", "binance-global")
    assert (await detail_fault(source)).fault is SourceFault.UNKNOWN_SLUG
    assert len(llama.asked(DETAIL)) == 1


async def test_an_unknown_slug_may_also_come_as_404(source: DefiLlama, llama: FakeDefiLlama) -> None:
    llama.fail(DETAIL, status=404, body=b"Protocol not found")
    assert (await detail_fault(source)).fault is SourceFault.UNKNOWN_SLUG


async def test_an_exchange_without_wallets_is_not_asked_for(source: DefiLlama, llama: FakeDefiLlama) -> None:
    assert (await detail_fault(source, Exchange("nexo", "NEXO"))).fault is SourceFault.UNKNOWN_SLUG
    assert not llama.requests


async def test_a_slug_cannot_leave_its_path(source: DefiLlama, llama: FakeDefiLlama) -> None:
    await detail_fault(source, Exchange("odd", "Odd", slug="../cexs?x=/1"))
    assert llama.requests[0][0] == "/protocol/../cexs?x=/1"


FAULTS: list[tuple[dict[str, Any], SourceFault]] = [
    ({"status": 400, "body": b"No data"}, SourceFault.BAD_SHAPE),
    ({"status": 402, "body": b"Upgrade to the paid API plan"}, SourceFault.BLOCKED),
    ({"status": 403, "body": CLOUDFLARE, "content_type": "text/html"}, SourceFault.BLOCKED),
    ({"status": 404, "body": b"Data not found"}, SourceFault.SERVER_ERROR),
    ({"status": 404, "body": b"404 page not found"}, SourceFault.SERVER_ERROR),
    ({"status": 429}, SourceFault.RATE_LIMITED),
    ({"status": 429, "headers": {"Retry-After": "3600"}}, SourceFault.RATE_LIMITED),
    ({"status": 500, "body": b"Internal Error"}, SourceFault.SERVER_ERROR),
    ({"status": 502, "body": CLOUDFLARE}, SourceFault.SERVER_ERROR),
    ({"status": 520, "body": CLOUDFLARE}, SourceFault.SERVER_ERROR),
    ({"status": 524, "body": CLOUDFLARE}, SourceFault.SERVER_ERROR),
    ({"reset": True}, SourceFault.UNREACHABLE),
    ({"cut": "json"}, SourceFault.CUT_SHORT),
    ({"cut": "gzip"}, SourceFault.CUT_SHORT),
    ({"cut": "wire"}, SourceFault.CUT_SHORT),
    ({"body": b""}, SourceFault.CUT_SHORT),
    ({"body": CLOUDFLARE, "content_type": "text/html"}, SourceFault.NOT_JSON),
    ({"body": b"Internal Error", "content_type": "application/json"}, SourceFault.NOT_JSON),
    ({"body": b"[]"}, SourceFault.BAD_SHAPE),
    ({"body": b"{}"}, SourceFault.BAD_SHAPE),
    ({"body": bytes(5 << 20), "headers": {"Content-Encoding": "identity"}}, SourceFault.TOO_LARGE),
    ({"headers": {"Content-Encoding": "zstd"}}, SourceFault.BAD_SHAPE),
]


@pytest.mark.parametrize(("fault", "expected"), FAULTS)
async def test_each_failure_of_the_list_has_its_word(
    source: DefiLlama, llama: FakeDefiLlama, fault: dict[str, Any], expected: SourceFault
) -> None:
    llama.fail("/cexs", **fault, times=99)
    assert (await list_fault(source)).fault is expected


@pytest.mark.parametrize(("fault", "expected"), FAULTS)
async def test_each_failure_of_a_detail_has_its_word(
    source: DefiLlama, llama: FakeDefiLlama, fault: dict[str, Any], expected: SourceFault
) -> None:
    llama.fail(DETAIL, **fault, times=99)
    assert (await detail_fault(source)).fault is expected


async def test_an_empty_list_is_no_calm_market(source: DefiLlama, llama: FakeDefiLlama) -> None:
    llama.empty_list()
    assert (await list_fault(source)).fault is SourceFault.EMPTY


async def test_a_detail_without_points_is_empty(source: DefiLlama, llama: FakeDefiLlama) -> None:
    llama.fail(DETAIL, body=b'{"chainTvls":{}}')
    assert (await detail_fault(source)).fault is SourceFault.EMPTY


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "text/plain; charset=iso-8859-1", "nonsense"])
async def test_a_wrong_content_type_is_forgiven(source: DefiLlama, llama: FakeDefiLlama, content_type: str) -> None:
    llama.fail("/cexs", content_type=content_type)
    llama.fail(DETAIL, content_type=content_type)
    assert len(await source.listings()) == 6
    assert len(await source.readings(BINANCE, since=MONTH)) == 31


async def test_slow_answers_time_out(http: Http, llama: FakeDefiLlama, clock: StoppedClock) -> None:
    short = FetchLimits(timedelta(milliseconds=30), wire_bytes=1 << 20, plain_bytes=1 << 20)
    source = DefiLlama(http, clock, url=llama.url, list_limits=short, detail_limits=short)
    gate = asyncio.Event()
    llama.fail("/cexs", until=gate, times=3)
    llama.fail(DETAIL, until=gate, times=3)
    assert (await list_fault(source)).fault is SourceFault.TIMEOUT
    assert (await detail_fault(source)).fault is SourceFault.TIMEOUT


async def test_a_failed_request_hides_no_earlier_success(source: DefiLlama, llama: FakeDefiLlama) -> None:
    first = await source.listings()
    llama.fail("/cexs", status=500, times=3)
    await list_fault(source)
    assert await source.listings() == first


async def test_not_modified_out_of_the_blue_is_a_bad_shape(source: DefiLlama, llama: FakeDefiLlama) -> None:
    llama.fail("/cexs", status=304, body=b"")
    llama.fail(DETAIL, status=304, body=b"")
    assert (await list_fault(source)).fault is SourceFault.BAD_SHAPE
    assert (await detail_fault(source)).fault is SourceFault.BAD_SHAPE


async def test_a_large_body_says_the_same_in_its_own_process(source: DefiLlama, llama: FakeDefiLlama) -> None:
    body = big_protocol_body(1, first_day=int(NOW.timestamp()) // 86400 * 86400 - 1469 * 86400)
    assert len(body) > 500_000
    llama.fail(DETAIL, body=body)
    readings = await source.readings(BINANCE, since=MONTH)
    assert len(readings) == 30
    newest = {chain: parts["tokens"][-1]["tokens"] for chain, parts in json.loads(body)["chainTvls"].items()}
    held = {(slot.chain, slot.asset): holding.amount for slot, holding in readings[-1].holdings.items()}
    assert held == {(chain, asset): amount for chain, tokens in newest.items() for asset, amount in tokens.items()}


@pytest.mark.parametrize("cut", ["json", "gzip"])
async def test_a_large_body_that_ends_early_is_cut_short(source: DefiLlama, llama: FakeDefiLlama, cut: str) -> None:
    llama.fail(DETAIL, body=big_protocol_body(2), cut=cut)
    assert (await detail_fault(source)).fault is SourceFault.CUT_SHORT


async def test_a_detail_may_come_uncompressed(source: DefiLlama, llama: FakeDefiLlama) -> None:
    llama.fail(DETAIL, headers={"Content-Encoding": "identity"})
    assert len(await source.readings(BINANCE, since=MONTH)) == 31


async def test_a_detail_larger_than_allowed_is_too_large(source: DefiLlama, llama: FakeDefiLlama) -> None:
    llama.fail(DETAIL, body=big_protocol_body(6))
    assert (await detail_fault(source)).fault is SourceFault.TOO_LARGE
