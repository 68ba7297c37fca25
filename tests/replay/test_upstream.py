"""The bodies, as the upstream would write them at a moment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.reading import Slot
from bot.replay.episode import HISTORY
from bot.replay.episodes.catalogue import EPISODES, find_episode
from bot.replay.generator import run_times
from bot.replay.upstream import UpstreamBodies
from tests.replay.plain_flow import plain_flow

EPISODE = find_episode("binance-2022")
DURING = datetime(2022, 12, 13, 14, 50, tzinfo=UTC)


@pytest.fixture(scope="module")
def upstream() -> UpstreamBodies:
    upstream = UpstreamBodies(EPISODE)
    assert upstream.advance(DURING)
    return upstream


@pytest.fixture(scope="module")
def body(upstream: UpstreamBodies) -> dict[str, Any]:
    protocol_body = upstream.protocol_body("binance-cex")
    assert protocol_body
    return protocol_body


@pytest.fixture(scope="module")
def rows(upstream: UpstreamBodies) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in upstream.list_body()["cexs"]}


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def test_days_stand_at_midnight_and_the_newest_run_at_its_odd_second(body: dict[str, Any]) -> None:
    *days, newest = [point["date"] for point in body["tvl"]]

    assert all(date % 86_400 == 0 for date in days)
    assert days == sorted(set(days))
    assert newest == seconds(max(at for at in run_times(EPISODE) if at <= DURING))
    assert newest % 2 == 1


def test_a_day_holds_what_its_first_run_saw(body: dict[str, Any]) -> None:
    morning = plain_flow("binance-2022").at(datetime(2022, 12, 13, 0, 40, tzinfo=UTC))
    point = body["chainTvls"]["Bitcoin"]["tokens"][-2]

    assert point["date"] == seconds(datetime(2022, 12, 13, tzinfo=UTC))
    assert point["tokens"]["BTC"] == pytest.approx(morning.amounts["binance"][Slot("Bitcoin", "BTC")])


def test_every_section_has_every_time(body: dict[str, Any]) -> None:
    times = [point["date"] for point in body["tvl"]]
    parts = [body, *body["chainTvls"].values()]

    assert len(times) == HISTORY.days + 4
    assert all([point["date"] for point in part[key]] == times for part in parts for key in SECTIONS)


SECTIONS = ("tvl", "tokens", "tokensInUsd")


def test_chains_add_up_to_the_total(body: dict[str, Any]) -> None:
    newest = [chain["tokensInUsd"][-1]["tokens"] for chain in body["chainTvls"].values()]
    stablecoins = sum(tokens.get("BUSD", 0) for tokens in newest)

    assert body["tokensInUsd"][-1]["tokens"]["BUSD"] == pytest.approx(stablecoins)
    assert body["tvl"][-1]["totalLiquidityUSD"] == pytest.approx(sum(body["currentChainTvls"].values()))
    assert body["chains"] == list(body["currentChainTvls"])


def test_chains_have_the_old_names(body: dict[str, Any]) -> None:
    assert {"Binance", "Optimism", "Avalanche"} <= set(body["chains"])
    assert not {"BSC", "OP Mainnet"} & set(body["chains"])


def test_the_label_is_in_the_body(body: dict[str, Any]) -> None:
    assert body["description"] == EPISODE.label


@pytest.mark.parametrize("slug", ["Binance-CEX", "binance-cex", "BINANCE CEX"])
def test_a_slug_is_found_in_any_case(upstream: UpstreamBodies, slug: str) -> None:
    assert (upstream.protocol_body(slug) or {})["name"] == "Binance CEX"


def test_an_unknown_slug_has_no_body(upstream: UpstreamBodies) -> None:
    assert upstream.protocol_body("binance") is None


def test_the_list_knows_totals_with_and_without_the_own_token(rows: dict[str, dict[str, Any]]) -> None:
    flows = plain_flow("binance-2022")

    assert rows["Binance"]["slug"] == "Binance-CEX"
    assert rows["Binance"]["currentTvl"] == pytest.approx(flows.total("binance", DURING))
    assert rows["Binance"]["cleanAssetsTvl"] == pytest.approx(flows.clean("binance", DURING))


def test_inflows_are_negative_where_more_is_withdrawn(rows: dict[str, dict[str, Any]]) -> None:
    flows = plain_flow("binance-2022")
    now = flows.at(DURING).at

    assert rows["Binance"]["inflows_24h"] == pytest.approx(
        flows.flow("binance", now - timedelta(hours=23), now), rel=0.02
    )
    assert rows["Binance"]["inflows_1w"] < -2e9
    assert abs(rows["OKX"]["inflows_24h"]) < 0.015 * rows["OKX"]["cleanAssetsTvl"]


def test_what_is_not_measured_is_a_missing_key(rows: dict[str, dict[str, Any]]) -> None:
    assert rows["NEXO"] == {"name": "NEXO"}
    assert "slug" not in rows["Coinbase"]
    assert "currentTvl" not in rows["Coinbase"]
    assert rows["Bybit"]["ownTokens"] == ("MNT",)
    assert all(row.get(key, 0) is not None for row in rows.values() for key in ("currentTvl", "inflows_24h"))


def test_an_upstream_without_a_past_has_no_inflows() -> None:
    young = UpstreamBodies(EPISODE)
    young.advance(run_times(EPISODE)[0])
    row = young.list_body()["cexs"][0]

    assert row["currentTvl"] > 0
    assert not {"inflows_24h", "inflows_1w", "inflows_1m"} & set(row)


def test_nothing_is_new_between_two_runs_and_at_the_end() -> None:
    bodies = UpstreamBodies(EPISODE)
    assert bodies.advance(DURING)
    assert not bodies.advance(DURING + timedelta(minutes=20))
    assert bodies.advance(DURING + timedelta(minutes=40))
    assert bodies.advance(EPISODE.live_end)
    assert not bodies.advance(EPISODE.live_end + timedelta(days=1))


@pytest.mark.parametrize("name", EPISODES)
def test_every_episode_can_be_served_to_its_end(name: str) -> None:
    episode = replace(find_episode(name), exchanges=find_episode(name).exchanges[:2])
    bodies = UpstreamBodies(episode)
    assert bodies.advance(episode.live_end)

    assert [row["slug"] for row in bodies.list_body()["cexs"] if "slug" in row] == [
        exchange.slug for exchange in episode.exchanges
    ]
    for exchange in episode.exchanges:
        assert (bodies.protocol_body(exchange.slug) or {})["name"] == exchange.protocol_name
