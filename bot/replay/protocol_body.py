"""The body of `GET /protocol/{slug}` from an exchange's records, in the upstream's own shape."""

from collections.abc import Collection, Sequence
from typing import Any

from bot.replay.episode import ExchangeHoldings
from bot.replay.recorder import StoredRecord, sections


def history_body(
    exchange: ExchangeHoldings, label: str, points: Sequence[StoredRecord], null_chains: Collection[str] = ()
) -> dict[str, Any]:
    """Return an exchange's history from its records, oldest first: by chain and added up.

    A record without a chain is a gap in that chain's arrays. The sections of `null_chains` are null instead.
    """
    newest = points[-1]
    newest_usd = {chain: sum(by_symbol.values()) for chain, by_symbol in newest.usd.items()}
    chains = sorted(newest_usd, key=newest_usd.__getitem__, reverse=True)
    past_chains = (chain for point in points for chain in point.usd)
    by_chain = {
        chain: sections([(point.at, point.amounts[chain], point.usd[chain]) for point in points if chain in point.usd])
        for chain in dict.fromkeys([*chains, *null_chains, *past_chains])
    }
    return {
        **_constants(exchange, label),
        "chains": chains,
        "listedAt": int(points[0].at.timestamp()),
        "chainTvls": by_chain
        | {chain: by_chain[chain] | {"tokens": None, "tokensInUsd": None} for chain in null_chains},
        **sections([(point.at, point.total_amounts, point.total_usd) for point in points]),
        "currentChainTvls": {chain: round(newest_usd[chain], 5) for chain in chains},
    }


def _constants(exchange: ExchangeHoldings, label: str) -> dict[str, Any]:
    return {
        "id": f"replay-{exchange.id}",
        "name": exchange.protocol_name,
        "address": None,
        "symbol": "-",
        "description": label,
        "chain": "Multi-Chain",
        "audits": "0",
        "audit_note": None,
        "gecko_id": None,
        "cmcId": None,
        "category": "CEX",
        "module": f"{exchange.id}/index.js",
        "forkedFrom": [],
        "oracles": [],
        "raises": [],
        "metrics": {},
        "mcap": None,
        "otherProtocols": [],
    }
