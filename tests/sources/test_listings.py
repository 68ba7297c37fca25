"""The rows of `GET /cexs`."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import SourceError, SourceFault
from bot.domain.exchange import Listing
from tests.sources.conftest import NOW
from tests.sources.parsing import parse_listings

# Rows of a real answer of 2026-08-10 as published by third parties; the shape around them is the server's.
REAL = b"""{"cexs":[
 {"name":"Binance","slug":"Binance-CEX","coin":"BNB","coinSymbol":"BNB","cgId":"binance",
  "walletsLink":"https://www.binance.com/en/blog/community/our-commitment-to-transparency-2895840147147652626",
  "currentTvl":139684360969.39758,"cleanAssetsTvl":118724669008.50696,
  "inflows_24h":4403471.619324267,"inflows_1w":475612052.84525293,"inflows_1m":175777146.42118216,
  "spotVolume":4475543753.92344,"oi":25798373658.25948},
 {"name":"Bybit","slug":"Bybit","coin":"BIT","coinSymbol":"BIT","ownTokens":["MNT"],
  "currentTvl":13073538118.423311,"cleanAssetsTvl":11908975092.202686,
  "inflows_24h":-27319332.16195826,"inflows_1w":-75111070.0,"inflows_1m":-1169929341.0},
 {"name":"Coinbase","lastAuditDate":1640908800,"auditor":"Deloitte","cgId":"gdax","spotVolume":1800000000.5},
 {"name":"NEXO"}],
 "cg_volume_cexs":["bybit-spot","gdax","huobi"]}"""


def rows(*each: Any) -> bytes:
    return json.dumps({"cexs": each}).encode()


def only(row: dict[str, Any]) -> Listing:
    (listing,) = parse_listings(rows(row), NOW)
    return listing


def fault_of(body: bytes) -> SourceFault:
    with pytest.raises(SourceError) as caught:
        parse_listings(body, NOW)
    return caught.value.fault


def test_a_real_answer_is_read() -> None:
    binance, bybit, coinbase, nexo = parse_listings(REAL, NOW)
    assert binance.exchange.id == "binance"
    assert binance.exchange.slug == "binance-cex"
    assert binance.exchange.own_tokens == {"BNB"}
    assert binance.total_usd == 139684360969.39758
    assert binance.clean_usd == 118724669008.50696
    assert (binance.inflow_24h_usd, binance.inflow_7d_usd) == (4403471.619324267, 475612052.84525293)
    assert binance.inflow_30d_usd == 175777146.42118216
    assert binance.source == "defillama"
    assert binance.fetched_at == NOW
    assert bybit.exchange.own_tokens == {"BIT", "MNT"}
    assert bybit.inflow_24h_usd == -27319332.16195826
    assert (coinbase.exchange.slug, coinbase.total_usd, coinbase.inflow_24h_usd) == (None, None, None)
    assert nexo.exchange.id == "nexo"


def test_the_own_token_share_is_the_published_one() -> None:
    binance = parse_listings(REAL, NOW)[0]
    assert binance.total_usd
    assert binance.clean_usd
    assert (binance.total_usd - binance.clean_usd) / binance.total_usd == pytest.approx(0.15005, abs=1e-5)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"name": "HTX", "slug": "htx", "coinSymbol": "HT"}, {"HT", "HTX"}),
        ({"name": "OKX", "slug": "okx"}, {"OKB"}),
        ({"name": "WEEX", "slug": "weex", "coin": "weex-token"}, set()),
        ({"name": "Bitrue", "slug": "bitrue", "coin": "BTR"}, {"BTR"}),
        ({"name": "New", "slug": "new", "coinSymbol": "new ", "ownTokens": ["Two"]}, {"NEW", "TWO"}),
        ({"name": "Kraken", "slug": "kraken", "coin": None, "coinSymbol": None, "ownTokens": None}, set()),
    ],
)
def test_own_tokens_are_the_rows_and_the_known_ones(row: dict[str, Any], expected: set[str]) -> None:
    assert only(row).exchange.own_tokens == expected


@pytest.mark.parametrize(
    ("slug", "name", "expected"),
    [
        ("Crypto-com", "Crypto.com", ("crypto-com", "crypto-com")),
        ("bake.io", "Bake", ("bake.io", "bake.io")),
        ("Woo X's", "WOO X", ("woo-xs", "woo-xs")),
        ("", "NEXO", ("nexo", None)),
        (None, "Deep Coin", ("deep-coin", None)),
    ],
)
def test_ids_come_from_the_slug_or_else_the_name(slug: str | None, name: str, expected: tuple[str, str | None]) -> None:
    exchange = only({"name": name, "slug": slug}).exchange
    assert (exchange.id, exchange.slug) == expected


def test_the_first_of_two_rows_of_one_exchange_counts() -> None:
    listings = parse_listings(rows({"name": "A", "currentTvl": 1}, {"name": "a", "currentTvl": 2}), NOW)
    assert [listing.total_usd for listing in listings] == [1.0]


@pytest.mark.parametrize(
    "row", [7, None, [], {}, {"name": None}, {"name": "  "}, {"name": "A", "currentTvl": "1"}, {"name": "A", "slug": 5}]
)
def test_a_row_that_cannot_be_read_leaves_the_others(row: Any) -> None:
    assert [listing.exchange.id for listing in parse_listings(rows(row, {"name": "B"}), NOW)] == ["b"]
    assert fault_of(rows(row)) is SourceFault.BAD_SHAPE


def test_a_number_out_of_range_takes_its_row_only() -> None:
    body = rows({"name": "A", "currentTvl": 12.5}, {"name": "B"}).replace(b"12.5", b"1e400")
    assert [listing.exchange.id for listing in parse_listings(body, NOW)] == ["b"]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b'{"cexs":[]}', SourceFault.EMPTY),
        (b"{}", SourceFault.BAD_SHAPE),
        (b"[]", SourceFault.BAD_SHAPE),
        (b'{"cexs":null}', SourceFault.BAD_SHAPE),
        (b'{"cexs":{"a":1}}', SourceFault.BAD_SHAPE),
        (b'{"cexs":[{"name":NaN}]}', SourceFault.BAD_SHAPE),
        (REAL[:-20], SourceFault.CUT_SHORT),
        (b"", SourceFault.CUT_SHORT),
        (b"Data not found", SourceFault.NOT_JSON),
        (b"<html>", SourceFault.NOT_JSON),
    ],
)
def test_another_body_is_refused_by_its_name(body: bytes, fault: SourceFault) -> None:
    assert fault_of(body) is fault


def test_a_list_without_end_is_a_bad_shape() -> None:
    assert fault_of(rows(*[{"name": "A"}] * 10_001)) is SourceFault.BAD_SHAPE


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "slug", "ownTokens"]), inner),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200)
@given(body=st.binary(max_size=100) | ANYTHING.map(lambda cexs: json.dumps({"cexs": cexs}).encode()))
def test_any_body_gives_listings_or_a_source_error(body: bytes) -> None:
    try:
        listings = parse_listings(body, NOW)
    except SourceError:
        return
    assert all(listing.exchange.id for listing in listings)


@settings(deadline=None, max_examples=200)
@given(at=st.integers(0, len(REAL) - 1), byte=st.integers(0, 255))
def test_a_damaged_list_gives_listings_or_a_source_error(at: int, byte: int) -> None:
    try:
        assert parse_listings(REAL[:at] + bytes([byte]) + REAL[at + 1 :], NOW)
    except SourceError:
        return
