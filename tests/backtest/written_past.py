"""A past as files, written by the test itself in the upstream's own format."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DAY = 86400
FIRST = 1669852800  # 2022-12-01 00:00 UTC
PRICES = {"USDT": 1.0, "USDC": 1.0, "BTC": 20_000.0, "ETH": 1_200.0, "BNB": 250.0}
CHAINS = {"USDT": "Tron", "USDC": "Ethereum", "BTC": "Bitcoin", "ETH": "Ethereum", "BNB": "Binance"}
BILLIONS = {"USDT": 20, "USDC": 5, "BTC": 15, "ETH": 12, "BNB": 8}

Amounts = Mapping[str, float]


def amounts(share: float = 1.0, **more: float) -> dict[str, float]:
    """Return what is held when that part of all but the own token is left; `more` are further parts by asset."""
    parts = {asset: (1.0 if asset == "BNB" else share) * more.get(asset, 1.0) for asset in BILLIONS}
    return {asset: parts[asset] * 1e9 * billions / PRICES[asset] for asset, billions in BILLIONS.items()}


def quiet(days: int = 40, start: int = FIRST) -> dict[int, dict[str, float]]:
    """Return so many days on which 0.2 % come and go."""
    return {start + day * DAY: amounts(1.002 if day % 2 else 1.0) for day in range(days)}


def run(days: int = 40, shares: Sequence[float] = (0.96, 0.9, 0.88)) -> dict[int, dict[str, float]]:
    """Return quiet days, then days on which these parts are left, the last one for a month."""
    left = [*shares, *(shares[-1] * (1.0 if day % 2 else 1.002) for day in range(30))]
    return quiet(days) | {FIRST + (days + day) * DAY: amounts(share) for day, share in enumerate(left)}


def body(points: Mapping[int, Amounts], prices: Mapping[str, float] = PRICES) -> dict[str, Any]:
    """Return a body of `GET /protocol/{slug}`: by chain and added up, units and USD."""

    def section(assets: Sequence[str], by: Mapping[str, float] | None) -> list[dict[str, Any]]:
        return [
            {
                "date": at,
                "tokens": {asset: held[asset] * (by[asset] if by else 1.0) for asset in assets if asset in held},
            }
            for at, held in points.items()
        ]

    chains: dict[str, list[str]] = {}
    for asset, chain in CHAINS.items():
        chains.setdefault(chain, []).append(asset)
    tvl = [{"date": at, "totalLiquidityUSD": sum(held[a] * prices[a] for a in held)} for at, held in points.items()]
    return {
        "id": "2269",
        "name": "Binance CEX",
        "category": "CEX",
        "chains": list(chains),
        "chainTvls": {
            chain: {"tvl": tvl, "tokensInUsd": section(assets, prices), "tokens": section(assets, None)}
            for chain, assets in chains.items()
        },
        "tvl": tvl,
        "tokensInUsd": section(list(CHAINS), prices),
        "tokens": section(list(CHAINS), None),
        "currentChainTvls": {},
        "raises": [],
        "hallmarks": [],
    }


def write(directory: Path, slug: str, points: Mapping[int, Amounts], prices: Mapping[str, float] = PRICES) -> None:
    (directory / f"{slug}.json").write_text(json.dumps(body(points, prices)))


def write_lines(path: Path, lines: Sequence[Mapping[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def changes(at: int, *assets: tuple[str, str], is_open: bool) -> list[dict[str, Any]]:
    return [{"at": at, "asset": asset, "network": network, "open": is_open} for asset, network in assets]
