"""The body of `GET /protocol/{slug}` from an exchange's records, in the upstream's own shape."""

from collections.abc import Collection, Sequence
from typing import Any

from bot.replay.episode import ExchangeHoldings
from bot.replay.recorder import StoredRecord, sections


def history_body(
    book: ExchangeHoldings, label: str, points: Sequence[StoredRecord], null_chains: Collection[str] = ()
) -> dict[str, Any]:
    """Return an exchange's history from its records, oldest first: by chain and added up.

    A record without a chain is a gap in that chain's arrays. The sections of `null_chains` are null instead.
    """
    newest = points[-1]
    values = {chain: sum(usd.values()) for chain, usd in newest.usd.items()}
    chains = sorted(values, key=values.__getitem__, reverse=True)
    known = list(dict.fromkeys([*chains, *null_chains, *(chain for point in points for chain in point.usd)]))
    by_chain = {
        one: sections([(at.at, at.amounts[one], at.usd[one]) for at in points if one in at.usd]) for one in known
    }
    return {
        **_constants(book, label),
        "chains": chains,
        "listedAt": int(points[0].at.timestamp()),
        "chainTvls": by_chain
        | {chain: by_chain[chain] | {"tokens": None, "tokensInUsd": None} for chain in null_chains},
        **sections([(at.at, at.total_amounts, at.total_usd) for at in points]),
        "currentChainTvls": {chain: round(values[chain], 5) for chain in chains},
    }


def _constants(book: ExchangeHoldings, label: str) -> dict[str, Any]:
    return {
        "id": f"replay-{book.id}",
        "name": book.protocol_name,
        "address": None,
        "symbol": "-",
        "description": label,
        "chain": "Multi-Chain",
        "audits": "0",
        "audit_note": None,
        "gecko_id": None,
        "cmcId": None,
        "category": "CEX",
        "module": f"{book.id}/index.js",
        "forkedFrom": [],
        "oracles": [],
        "raises": [],
        "metrics": {},
        "mcap": None,
        "otherProtocols": [],
    }
