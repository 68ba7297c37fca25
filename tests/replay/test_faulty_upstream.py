"""How faults show in the bodies: in the list's row and in the history."""

from datetime import datetime
from typing import Any

import msgspec
import pytest

from bot.replay.episode import Episode
from bot.replay.episodes.catalogue import find_episode
from bot.replay.episodes.synthetic import on
from bot.replay.upstream import UpstreamBodies
from tests.sources.parsing import parse_protocol

INFLOWS = ("inflows_24h", "inflows_1w", "inflows_1m")


def row(name: str, exchange: str, at: datetime) -> dict[str, Any]:
    return next(row for row in rows(name, at) if row["name"].lower() == exchange)


def rows(name: str, at: datetime) -> list[dict[str, Any]]:
    upstream = _as_of(find_episode(name), at)
    listed: list[dict[str, Any]] = upstream.list_body()["cexs"]
    return listed


def body(name: str, exchange: str, at: datetime) -> dict[str, Any]:
    protocol_body = _as_of(find_episode(name), at).protocol_body(exchange)
    assert protocol_body
    return protocol_body


def _as_of(episode: Episode, at: datetime) -> UpstreamBodies:
    upstream = UpstreamBodies(episode)
    upstream.advance(at)
    return upstream


def test_a_stalled_adapter_leaves_the_last_point_where_it_was() -> None:
    early, late = (body("guard-stale", "borvik", on(1, hour, 50)) for hour in (8, 23))

    assert early["tvl"][-1] == late["tvl"][-1]
    assert datetime.fromtimestamp(late["tvl"][-1]["date"], on(1).tzinfo) < on(1, 6)


def test_its_inflow_is_exactly_zero_after_a_day_and_its_total_vanishes_with_it() -> None:
    fresh, stalled, old = (row("guard-stale", "borvik", on(*at)) for at in ((3, 22, 50), (4, 21, 50), (4, 22, 50)))

    assert fresh["inflows_24h"] != 0
    assert stalled["inflows_24h"] == 0
    assert stalled["currentTvl"] > 0
    assert old["inflows_24h"] == 0
    assert "currentTvl" not in old
    assert "cleanAssetsTvl" not in old


def test_after_two_days_every_measurement_has_vanished_until_it_works_again() -> None:
    gone, again = row("guard-stale", "borvik", on(6, 0, 50)), row("guard-stale", "borvik", on(6, 5))

    assert not {*INFLOWS, "currentTvl"} & set(gone)
    assert {*INFLOWS, "currentTvl"} <= set(again)


def test_a_repeating_upstream_moves_its_time_and_nothing_else() -> None:
    points = body("guard-stale", "borvik", on(10, 11, 50))["tokens"][-2:]

    assert points[0]["date"] < points[1]["date"]
    assert points[0]["tokens"] == points[1]["tokens"]


def test_a_missing_chain_is_a_gap_in_its_arrays_only() -> None:
    history = body("guard-chain-missing", "aurelia", on(4))
    absent = int(on(3).timestamp())
    dates = {chain: [point["date"] for point in part["tokens"]] for chain, part in history["chainTvls"].items()}

    assert absent not in dates["Tron"]
    assert absent in dates["Bitcoin"]
    assert int(on(2).timestamp()) in dates["Tron"]
    assert int(on(4).timestamp()) - 86_400 * 2 in dates["Tron"]


def test_null_sections_are_null_while_they_last() -> None:
    during, after = (body("guard-chain-missing", "aurelia", on(day, 7)) for day in (5, 6))

    assert during["chainTvls"]["Tron"]["tokens"] is None
    assert during["chainTvls"]["Tron"]["tokensInUsd"] is None
    assert "Tron" not in during["currentChainTvls"]
    assert after["chainTvls"]["Tron"]["tokens"]
    readings = parse_protocol(msgspec.json.encode(during), "aurelia", fetched_at=on(6))
    assert not any("Tron" in reading.chains for reading in readings)
    assert "Ripple" in readings[-1].chains


def test_an_exchange_that_is_gone_is_not_in_the_list_for_an_hour() -> None:
    before, during, after = (
        {row["name"] for row in rows("guard-source-glitch", at)} for at in (on(6), on(6, 0, 50), on(6, 2))
    )

    assert before - during == {"Borvik", "Dunmere", "Fenwick"}
    assert after == before


def test_the_list_claims_what_the_amounts_deny() -> None:
    borvik = row("guard-disagree", "borvik", on(4, 3))

    assert borvik["inflows_24h"] == pytest.approx(0.002 * borvik["cleanAssetsTvl"])
    assert row("guard-disagree", "borvik", on(3, 8))["inflows_24h"] != pytest.approx(0.002 * borvik["cleanAssetsTvl"])
