"""Every adapter reads its sample; `samples/` says of each whether it was recorded, altered or composed."""

import json

import pytest

from bot.domain.withdrawal_reading import ALL_NETWORKS, WithdrawalState
from bot.sources.withdrawals.registry import ADAPTERS
from tests.sources.withdrawals.bodies import BY_EXCHANGE, CLOSED, DELAYED, OPEN, SAMPLES, collected, sample

ROWS: dict[str, list[tuple[str, str, WithdrawalState]]] = {
    "binance": [("LINK", "ETH", OPEN)],
    "bitfinex": [("BTC", "BITCOIN", CLOSED), ("USDT", "ERC20", OPEN)],
    "bitget": [("NEIROETH", "ERC20", OPEN)],
    "bithumb": [("ETH", "ARB_ETH", OPEN)],
    "bitmart": [("USDT", "TRC20", OPEN)],
    "bitstamp": [("BTC", "bitcoin", OPEN)],
    "bitvavo": [("USDT", ALL_NETWORKS, CLOSED)],
    "cex.io": [("ZAP", ALL_NETWORKS, OPEN)],
    "coinbase": [("USDT", "ethereum", OPEN)],
    "coinex": [("USDT", "TRC20", OPEN)],
    "coinone": [("MATIC", ALL_NETWORKS, OPEN)],
    "digifinex": [("DGF13", "", CLOSED)],
    "gate": [("USDT", "ETH", CLOSED), ("USDT", "BSC", DELAYED)],
    "hashkey-global": [("BTC", "Bitcoin", OPEN)],
    "hitbtc": [("DFC", "ERC-20", OPEN)],
    "htx": [("sxp", "ERC20", CLOSED)],
    "kraken": [("ATOM", ALL_NETWORKS, OPEN), ("BTC", ALL_NETWORKS, CLOSED)],
    "kucoin": [("CSP", "ERC20", CLOSED)],
    "lbank": [("usdt", "bep20(bsc)", OPEN), ("usdt", "trc20", CLOSED)],
    "poloniex": [("ADA", "ADA", OPEN)],
    "upbit": [("BTC", "BTC", OPEN)],
    "whitebit": [("BTC", "BTC", OPEN)],
    "woo-x": [("USDT", "ETH", OPEN), ("USDT", "TRX", OPEN)],
}


def test_every_adapter_has_a_sample_that_says_where_it_is_from() -> None:
    assert {path.stem for path in SAMPLES.glob("*.json")} == set(ROWS) == {adapter.exchange for adapter in ADAPTERS}
    for path in SAMPLES.glob("*.json"):
        provenance = json.loads(path.read_text(encoding="utf-8"))["provenance"]
        assert provenance.split(":")[0] in {"verbatim", "altered", "composed"}


@pytest.mark.parametrize("exchange", ROWS)
async def test_a_sample_is_read(exchange: str) -> None:
    body = json.dumps(sample(exchange)).encode()
    assert list(BY_EXCHANGE[exchange].parse(body)) == ROWS[exchange]
    states = [state for _, _, state in ROWS[exchange]]
    collector = await collected(BY_EXCHANGE[exchange], body)
    assert (collector.listed, collector.closed) == (len(states), states.count(CLOSED))
