"""The stand-in upstream, spoken to over loopback."""

import gzip
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest

from bot.domain.errors import ConfigurationError
from bot.replay.clock import ReplayClock
from bot.replay.episodes.catalogue import find_episode
from bot.replay.server import ReplayServer

EPISODE = find_episode("binance-2022")
PLAIN = {"Accept-Encoding": "identity"}


@pytest.fixture
def clock() -> ReplayClock:
    return ReplayClock.frozen(EPISODE.live_start, EPISODE.live_end)


@pytest.fixture
async def web(clock: ReplayClock) -> AsyncIterator[aiohttp.ClientSession]:
    async with (
        ReplayServer(EPISODE, clock) as server,
        aiohttp.ClientSession(server.url, auto_decompress=False) as session,
    ):
        yield session


async def test_the_list_is_json_that_may_be_kept_ten_minutes(web: aiohttp.ClientSession) -> None:
    async with web.get("/cexs", headers=PLAIN) as answer:
        assert answer.status == 200
        assert answer.content_type == "application/json"
        assert answer.headers["Cache-Control"] == "public, max-age=600"
        assert (await answer.json())["cexs"][0]["slug"] == "Binance-CEX"


@pytest.mark.parametrize("slug", ["Binance-CEX", "binance-cex"])
async def test_a_history_is_found_in_any_case(web: aiohttp.ClientSession, slug: str) -> None:
    async with web.get(f"/protocol/{slug}", headers=PLAIN) as answer:
        assert (await answer.json())["name"] == "Binance CEX"


async def test_every_listed_slug_has_its_history(web: aiohttp.ClientSession) -> None:
    async with web.get("/cexs", headers=PLAIN) as answer:
        slugs = [row["slug"] for row in (await answer.json())["cexs"] if "slug" in row]
    assert len(slugs) == 6
    for slug in slugs:
        async with web.get(f"/protocol/{slug}", headers=PLAIN) as answer:
            assert (await answer.json())["tvl"]


async def test_an_unknown_slug_is_a_400_in_plain_words(web: aiohttp.ClientSession) -> None:
    async with web.get("/protocol/mtgox") as answer:
        assert (answer.status, await answer.text()) == (400, "Protocol not found")


async def test_another_path_is_a_404_in_plain_words(web: aiohttp.ClientSession) -> None:
    async with web.get("/protocols") as answer:
        assert (answer.status, await answer.text()) == (404, "Data not found")


async def test_who_takes_gzip_gets_the_same_body_smaller(web: aiohttp.ClientSession) -> None:
    async with web.get("/protocol/okx", headers=PLAIN) as answer:
        plain = await answer.read()
        assert "Content-Encoding" not in answer.headers
    async with web.get("/protocol/okx", headers={"Accept-Encoding": "gzip, deflate"}) as answer:
        packed = await answer.read()
        assert answer.headers["Content-Encoding"] == "gzip"

    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 2


async def test_an_unchanged_body_is_a_304_until_the_next_run(web: aiohttp.ClientSession, clock: ReplayClock) -> None:
    async with web.get("/cexs") as answer:
        validators = {"If-None-Match": answer.headers["ETag"]}
        assert validators["If-None-Match"].startswith('W/"')
    async with web.get("/cexs", headers=validators) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
    clock.advance(timedelta(minutes=10))
    async with web.get("/cexs", headers=validators) as answer:
        assert answer.status == 304
    clock.advance(timedelta(minutes=20))
    async with web.get("/cexs", headers=validators) as answer:
        assert answer.status == 200


async def test_the_body_follows_the_clock(web: aiohttp.ClientSession, clock: ReplayClock) -> None:
    totals = []
    for _ in range(4):
        async with web.get("/cexs", headers=PLAIN) as answer:
            totals.append(json.loads(await answer.read())["cexs"][0]["currentTvl"])
        clock.advance(timedelta(days=1))

    assert totals == sorted(totals, reverse=True)
    assert totals[0] - totals[3] > 4e9


async def test_a_taken_port_is_a_sentence(clock: ReplayClock) -> None:
    async with ReplayServer(EPISODE, clock) as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1:{port}"):
            async with ReplayServer(EPISODE, clock, port=port):
                pass
