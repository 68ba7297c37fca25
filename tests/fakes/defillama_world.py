"""What the stand-in of DefiLlama tells: exchanges with a history, as the upstream would write them."""

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Holdings = Mapping[str, Mapping[str, float]]  # chain → asset → amount

_DAY = 86400
_DUST = 6.3e-07
_PRICES = {"BTC": 87521.87, "ETH": 2900.5, "USDT": 1.0, "USDC": 0.9999, "BNB": 860.25, "TRX": 0.28, "SOL": 140.0}


@dataclass(slots=True)
class Run:
    """One hourly run of the upstream's job: what it found, at its odd second."""

    at: int
    holdings: dict[str, dict[str, float]]
    prices: dict[str, float]

    def usd(self, chain: str) -> dict[str, float]:
        """Return the chain's holdings in USD."""
        return {asset: amount * self.prices.get(asset, 1.0) for asset, amount in self.holdings[chain].items()}


@dataclass(slots=True)
class FakeExchange:
    """One exchange: its row's constants and its runs, oldest first.

    `odd` adds what real bodies have and no reader may trip over: sections that are no chains, a chain with null
    sections, a day without a record, dust, and a negative zero.
    """

    id: str
    name: str
    slug: str | None
    own_tokens: tuple[str, ...] = ()
    runs: list[Run] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)
    odd: bool = True

    def step(
        self,
        *,
        share: float = 0.0,
        holdings: Holdings | None = None,
        prices: Mapping[str, float] | None = None,
        without_chains: Iterable[str] = (),
        after: timedelta = timedelta(hours=1),
    ) -> datetime:
        """Add one run; see `FakeDefiLlama.step`. A chain left out comes back with the next run."""
        last = self.runs[-1]
        reported = {chain: amounts for run in self.runs[-48:] for chain, amounts in run.holdings.items()}
        moved = {
            chain: {
                asset: amount * (1.0 if asset in self.own_tokens else 1.0 + share) for asset, amount in held.items()
            }
            for chain, held in reported.items()
        }
        for chain, amounts in (holdings or {}).items():
            moved.setdefault(chain, {}).update(amounts)
        for chain in without_chains:
            del moved[chain]
        at = last.at + int(after.total_seconds())
        self.runs.append(Run(at, moved, last.prices | dict(prices or {})))
        return datetime.fromtimestamp(at, UTC)

    def set_reserves(self, holdings: Holdings, prices: Mapping[str, float] | None = None) -> datetime:
        """Publish exactly these amounts, and nothing else, an hour after the last run."""
        at = self.runs[-1].at + 3600
        made = {chain: dict(amounts) for chain, amounts in holdings.items()}
        self.runs.append(Run(at, made, self.runs[-1].prices | dict(prices or {})))
        return datetime.fromtimestamp(at, UTC)

    @property
    def as_of(self) -> datetime:
        """Return the time of the newest run."""
        return datetime.fromtimestamp(self.runs[-1].at, UTC)

    def row(self) -> dict[str, Any]:
        """Return the row of the list: what was not measured is a missing key."""
        row: dict[str, Any] = {"name": self.name} | ({"slug": self.slug} if self.slug else {}) | self.constants
        if not self.runs:
            return row
        newest = self.runs[-1]
        row["currentTvl"] = sum(sum(newest.usd(chain).values()) for chain in newest.holdings)
        row["cleanAssetsTvl"] = self._clean_usd(newest)
        for key, days in (("inflows_24h", 1), ("inflows_1w", 7), ("inflows_1m", 30)):
            start = next((run for run in reversed(self.runs) if run.at <= newest.at - days * _DAY + 3600), None)
            if start:
                row[key] = self._inflow_usd(start, newest)
        return row

    def protocol_body(self) -> bytes:
        """Return the body of `/protocol/{slug}`."""
        points = self._points()
        chains = dict.fromkeys(chain for _, run in points for chain in run.holdings)
        sections: dict[str, Any] = {chain: self._sections(points, chain) for chain in chains}
        if self.odd:
            first: dict[str, Any] = next(iter(sections.values()), {})
            sections |= {"Ethereum-staking": first, "borrowed": first, "pool2": {"tvl": [], "tokens": None}}
            sections["Sui"] = {
                "tvl": [{"date": points[-1][0], "totalLiquidityUSD": 0}],
                "tokensInUsd": None,
                "tokens": None,
            }
        body = {
            "id": "2269",
            "name": self.name,
            "address": None,
            "symbol": "-",
            "description": 'Reserves, with "quotes" and [brackets] in the text.',
            "chain": "Multi-Chain",
            "gecko_id": None,
            "category": "CEX",
            "chains": list(chains),
            "listedAt": points[0][0],
            "chainTvls": sections,
            **self._sections(points, None),
            "currentChainTvls": {
                chain: round(sum(points[-1][1].usd(chain).values()), 5) for chain in points[-1][1].holdings
            },
            "raises": [],
            "metrics": {},
            "mcap": None,
            "hallmarks": [[1671062400, "Proof of reserves [removed]"]],
        }
        return json.dumps(body, separators=(",", ":")).encode()

    def _points(self) -> list[tuple[int, Run]]:
        """Return the first run of each day at midnight and the newest run at its own second."""
        firsts: dict[int, Run] = {}
        for run in self.runs:
            firsts.setdefault(run.at - run.at % _DAY, run)
        days = sorted(firsts.items())
        if self.odd and len(days) > 10:
            del days[2]
        newest = self.runs[-1]
        return days if newest.at % _DAY == 0 else [*days, (newest.at, newest)]

    def _sections(self, points: list[tuple[int, Run]], chain: str | None) -> dict[str, list[dict[str, Any]]]:
        tvl, tokens, usd = [], [], []
        for at, run in points:
            if chain is not None and chain not in run.holdings:
                continue
            amounts, values = self._added_up(run, [chain] if chain else list(run.holdings))
            tvl.append({"date": at, "totalLiquidityUSD": round(sum(values.values()), 5)})
            tokens.append({"date": at, "tokens": amounts})
            usd.append({"date": at, "tokens": values})
        return {"tvl": tvl, "tokensInUsd": usd, "tokens": tokens}

    def _added_up(self, run: Run, chains: list[str]) -> tuple[dict[str, float], dict[str, float]]:
        amounts: dict[str, float] = {"DUST": _DUST, "GONE": -0.0} if self.odd else {}
        values: dict[str, float] = {"DUST": _DUST, "GONE": 0} if self.odd else {}
        for chain in chains:
            for asset, value in run.usd(chain).items():
                amounts[asset] = amounts.get(asset, 0.0) + run.holdings[chain][asset]
                values[asset] = values.get(asset, 0.0) + value
        return amounts, values

    def _clean_usd(self, run: Run) -> float:
        return sum(
            usd for chain in run.holdings for asset, usd in run.usd(chain).items() if asset not in self.own_tokens
        )

    def _inflow_usd(self, start: Run, end: Run) -> float:
        flow = 0.0
        for chain, held in end.holdings.items():
            for asset, amount in held.items():
                before = start.holdings.get(chain, {}).get(asset, 0.0)
                if asset not in self.own_tokens and amount > 0 and before > 0:
                    flow += (amount - before) * start.prices.get(asset, 1.0)
        return flow


def known_exchanges(now: datetime, *, days: int, seed: int) -> Iterable[FakeExchange]:
    """Yield exchanges with quiet histories up to `now`; rows as upstream has them, one without wallets among them."""
    chosen = random.Random(seed)  # noqa: S311 -- not for secrets
    yield quiet_exchange(
        chosen, now, days, "binance", "Binance", "Binance-CEX", ("BNB",), 400_000, {"coin": "BNB", "coinSymbol": "BNB"}
    )
    yield quiet_exchange(
        chosen, now, days, "okx", "OKX", "okx", ("OKB",), 120_000, {"coin": "OKB", "coinSymbol": "OKB"}
    )
    bybit = {"coin": "BIT", "coinSymbol": "BIT", "ownTokens": ["MNT"]}
    yield quiet_exchange(chosen, now, days, "bybit", "Bybit", "Bybit", ("BIT", "MNT"), 60_000, bybit)
    yield quiet_exchange(
        chosen, now, days, "kraken", "Kraken", "kraken", (), 90_000, {"coin": None, "walletsLink": None}
    )
    yield FakeExchange("coinbase", "Coinbase", None, constants={"lastAuditDate": 1640908800, "auditor": "Deloitte"})
    yield FakeExchange("nexo", "NEXO", None)


def quiet_exchange(  # noqa: PLR0913, PLR0917 -- a row of a table
    chosen: random.Random,
    now: datetime,
    days: int,
    id: str,  # noqa: A002 -- the field's name
    name: str,
    slug: str,
    own_tokens: tuple[str, ...],
    btc: float,
    constants: dict[str, Any],
) -> FakeExchange:
    """Return an exchange with so many quiet days up to `now`, that holds so many BTC and more of other assets."""
    prices = _PRICES | dict.fromkeys(own_tokens, 5.0)
    base = {
        "Bitcoin": {"BTC": btc},
        "Ethereum": {"ETH": btc * 10, "USDT": btc * 20_000, "USDC": btc * 8_000},
        "Tron": {"USDT": btc * 30_000, "TRX": btc * 5_000},
        "Binance": {"USDT": btc * 3_000, "ETH": btc} | dict.fromkeys(own_tokens, btc * 50),
    }
    times = [int(now.timestamp()) - _DAY * day for day in range(days, 0, -1)]
    times += [int(now.timestamp()) - 3600 * hour for hour in range(23, -1, -1)]
    runs = [Run(at, _varied(chosen, base), prices) for at in times]
    return FakeExchange(id, name, slug, own_tokens, runs, constants)


def _varied(chosen: random.Random, base: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Return the same amounts, each off by up to 0.2 %."""
    return {
        chain: {asset: amount * chosen.uniform(0.998, 1.002) for asset, amount in held.items()}
        for chain, held in base.items()
    }


def big_protocol_body(mb: int, seed: int = 1, *, first_day: int = 1668297600) -> bytes:
    """Return a body of about so many MB, in the proportions of a large exchange: 1,470 days, aggregate and chains."""
    chosen = random.Random(seed)  # noqa: S311 -- not for secrets
    days, assets, chains = 1470, 22, max(1, round(mb * 25 / 60))
    numbers = [repr(chosen.uniform(1e-3, 1e9)) for _ in range(20_011)]
    of_chain = {f"Chain{number}": chosen.sample(range(assets * 18), assets) for number in range(chains)}
    of_all = sorted({asset for chain_assets in of_chain.values() for asset in chain_assets})[
        : round(assets * chains * 0.4)
    ]

    def points(held: list[int]) -> tuple[str, list[float]]:
        """Return an array of points, and the sum of each."""
        keys = [f'"T{asset}":' for asset in held]
        each, sums = [], []
        for day in range(days):
            start = chosen.randrange(len(numbers) - len(keys))
            chosen_numbers = numbers[start : start + len(keys)]
            tokens = ",".join(map(str.__add__, keys, chosen_numbers))
            each.append(f'{{"date":{first_day + day * _DAY},"tokens":{{{tokens}}}}}')
            sums.append(sum(map(float, chosen_numbers)))
        return f"[{','.join(each)}]", sums

    def sections(held: list[int], whole_usd: list[float] | None = None) -> tuple[str, list[float]]:
        values, values_usd = points(held)
        totals_usd = whole_usd or values_usd
        totals = ",".join(
            f'{{"date":{first_day + day * _DAY},"totalLiquidityUSD":{total_usd!r}}}'
            for day, total_usd in enumerate(totals_usd)
        )
        return f'"tvl":[{totals}],"tokensInUsd":{values},"tokens":{points(held)[0]}', totals_usd

    by_chain = {chain: sections(held) for chain, held in of_chain.items()}
    inside = ",".join(f'"{chain}":{{{written}}}' for chain, (written, _) in by_chain.items())
    whole_usd = [sum(totals) for totals in zip(*(totals for _, totals in by_chain.values()), strict=True)]
    aggregate, _ = sections(of_all, whole_usd)
    return f'{{"id":"2269","name":"Binance CEX","chainTvls":{{{inside}}},{aggregate},"raises":[]}}'.encode()
