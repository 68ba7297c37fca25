"""Bodies of `/protocol/{slug}` from what a test wants to say."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.domain.reading import Reading
from tests.sources.parsing import parse_protocol

DAY = 86400
FIRST = 1700006400  # 2023-11-15 00:00 UTC
FETCHED = datetime(2023, 12, 1, tzinfo=UTC)

HARD = (
    b'{"a":[' + b"[]," * 40_000 + b'[]],"tokens":[]}',
    b"{" + b'"":1,' * 20_000 + b'"tokens":[]}',
    b'{"tokens":' + b"[" * 120_000,
)
"""Bodies below the size from which another process decodes them, each as hard as its size allows."""

Series = Mapping[int, Mapping[str, tuple[Any, Any]] | None]  # time → asset → (amount, usd)


def sections(series: Series) -> dict[str, Any]:
    """Return the `tokens` and `tokensInUsd` of one chain."""
    halves: dict[str, Any] = {"tokens": [], "tokensInUsd": []}
    for time, held in series.items():
        for half, name in enumerate(halves):
            tokens = None if held is None else {asset: pair[half] for asset, pair in held.items()}
            halves[name].append({"date": time, "tokens": tokens})
    return halves


def body_of(chains: Mapping[str, Any], **aggregate: Any) -> bytes:
    """Return a body; each chain is a `Series`, or its sections as they shall stand."""
    written = {
        chain: sections(held) if held is not None and all(isinstance(key, int) for key in held) else held
        for chain, held in chains.items()
    }
    return json.dumps({"name": "Binance CEX", "chainTvls": written} | aggregate).encode()


def parse(body: bytes, since: int = 0) -> tuple[Reading, ...]:
    """Parse a body from a time on."""
    return parse_protocol(body, "binance", since=datetime.fromtimestamp(since, UTC), fetched_at=FETCHED)


def contents(body: bytes, since: int = 0) -> dict[int, dict[tuple[str, str], tuple[float, float]]]:
    """Return what a body says as plain values: time → (chain, asset) → (amount, usd)."""
    return {
        int(reading.as_of.timestamp()): {
            (chain, asset): (held.amount, held.usd) for (chain, asset), held in reading.holdings.items()
        }
        for reading in parse(body, since)
    }
