"""Summaries of status pages at Atlassian Statuspage, as Kraken and Coinbase fill them.

Kraken has a component for each network of each asset in a group of its own, and beside them components of the same
coins for staking and rewards. Coinbase has services.
"""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import Maintenance, WithdrawalFlag, WithdrawalState
from bot.replay.withdrawal_bodies.condition import ExchangeCondition, StatusTwin

_FUNDING_ID, _STAKING_ID = "8nh7rvvs6mjh", "f1yn4nhcq2lk"
_STATUSES = {
    WithdrawalState.OPEN: "operational",
    WithdrawalState.DELAYED: "degraded_performance",
    WithdrawalState.CLOSED: "major_outage",
}
_COINS = {
    "BTC": "Bitcoin",
    "ETH": "Ethereum",
    "USDT": "Tether USD",
    "USDC": "USDC",
    "SOL": "Solana",
    "XRP": "XRP",
    "TRX": "TRON",
}
_OWN_NETWORKS = {"ETH": "ETHEREUM", "SOL": "SOLANA", "XRP": "XRPL", "TRX": "TRON"}  # whose components name none


def kraken_component(flag: WithdrawalFlag) -> str:
    """Return the name of a network's component: "Tether USD (USDT) - Tron", "TRON (TRX)"."""
    coin = f"{_COINS.get(flag.asset, flag.asset.title())} ({flag.asset})"
    return coin if _OWN_NETWORKS.get(flag.asset) == flag.network else f"{coin} - {flag.network.title()}"


def _kraken(condition: ExchangeCondition) -> object:
    told = [flag for flag in condition.flags if flag.state in _STATUSES]
    funding = [_component(kraken_component(flag), _STATUSES[flag.state], group_id=_FUNDING_ID) for flag in told]
    others = [
        _component("Bitcoin (BTC) - Opt-in Rewards", "major_outage", group_id=_STAKING_ID),
        _component("Ethereum (ETH) - Staking", "under_maintenance", group_id=_STAKING_ID),
        _component("Website", "operational", group_id=None),
    ]
    groups = [
        _component("Digital Currency Funding", "operational", group_id=None) | {"id": _FUNDING_ID, "group": True},
        _component("Staking", "operational", group_id=None) | {"id": _STAKING_ID, "group": True},
    ]
    return _page("Kraken", "https://status.kraken.com", [*groups, *funding, *others], condition.maintenance)


def _coinbase(condition: ExchangeCondition) -> object:
    services = [_component("Website", "operational", group_id=None), _component("Sends", "operational", group_id=None)]
    return _page("Coinbase", "https://status.coinbase.com", services, condition.maintenance)


def _page(name: str, url: str, components: Sequence[Any], maintenance: Sequence[Maintenance]) -> dict[str, Any]:
    return {
        "page": {"id": "lfz25gyhcpjf", "name": name, "url": url, "updated_at": "2026-08-01T03:19:24.842Z"},
        "components": components,
        "incidents": [],
        "scheduled_maintenances": [_maintenance_entry(entry) for entry in maintenance],
        "status": {"indicator": "none", "description": "All Systems Operational"},
    }


def _component(name: str, status: str, *, group_id: str | None) -> dict[str, Any]:
    return {
        "id": name.lower(),
        "name": name,
        "status": status,
        "group_id": group_id,
        "group": False,
        "description": None,
        "only_show_if_degraded": False,
    }


def _maintenance_entry(entry: Maintenance) -> dict[str, Any]:
    pairs = [
        WithdrawalFlag(asset, network, WithdrawalState.CLOSED) for asset in entry.assets for network in entry.networks
    ]
    return {
        "id": "b7k2r9wqmn41",
        "name": entry.title,
        "status": "in_progress" if entry.is_under_way else "scheduled",
        "impact": "maintenance",
        "scheduled_for": entry.begins_at.isoformat() if entry.begins_at else None,
        "scheduled_until": entry.ends_at.isoformat() if entry.ends_at else None,
        "components": [{"name": f"Digital Currency Funding - {kraken_component(pair)}"} for pair in pairs],
        "incident_updates": [],
    }


STATUS_PAGE_TWINS: Sequence[StatusTwin] = (
    StatusTwin(exchange="kraken", setting="kraken_status_url", path="/api/v2/summary.json", write=_kraken),
    StatusTwin(exchange="coinbase", setting="coinbase_status_url", path="/api/v2/summary.json", write=_coinbase),
    StatusTwin(
        exchange="coinbase", setting="coinbase_exchange_status_url", path="/api/v2/summary.json", write=_coinbase
    ),
)
