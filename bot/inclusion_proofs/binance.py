"""Binance: `user_config.json`, a leaf of Poseidon hashes in a tree of 28 levels.

A leaf is hashed from the customer's id, their totals and the hash of their assets. There are three rules:

- February 2023 to September 2024 (version 1.0 of its program): equity and debt for each of 350 assets, as at Gate.
- Since then (1.1): six numbers for each asset, its own number first, for 50 assets or, where somebody has more, for
  500. Places that are left over take the smallest numbers that are missing.
- The sample in its repository: five numbers for each of 350 assets.

Public files confirm the third alone, so the other two are marked as experimental. Files of the last two look alike.
https://github.com/binance/zkmerkle-proof-of-solvency (v1.0.2; 9a3e5b7, May 2026), `src/utils/utils.go`
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from bot.inclusion_proofs.amounts import own_balances
from bot.inclusion_proofs.fields import Fields
from bot.inclusion_proofs.poseidon import poseidon
from bot.inclusion_proofs.poseidon_constants import FIELD
from bot.inclusion_proofs.result import Caution, Fault, InclusionProof, Scheme
from bot.inclusion_proofs.strict_json import JsonValue
from bot.inclusion_proofs.zk_accounts import (
    HEX_64,
    LEVELS,
    NUMBER_LIMIT,
    PLACES,
    assets_hash,
    dollars,
    field_number,
    root_of,
    siblings_of,
)

_ASSETS = 350
_TIERS = (50, 500)
_TWO_AMOUNTS = ("Equity", "Debt")
_FIVE_AMOUNTS = (*_TWO_AMOUNTS, "Loan", "Margin", "PortfolioMargin")
_COLLATERAL = "TotalCollateral"  # files have it since September 2024
_INDEX_LIMIT = 1 << 16
Assets = Mapping[int, Sequence[int]]


def is_binance(value: Mapping[str, JsonValue]) -> bool:
    """Return whether a file has the shape of Binance's."""
    return "AccountIdHash" in value and "Assets" in value and "Proof" in value


def check_binance(value: Mapping[str, JsonValue]) -> InclusionProof:
    """Check a file of Binance's; raise UnreadableProof."""
    is_newer = _COLLATERAL in value
    usual = Scheme.BINANCE_2024 if is_newer else Scheme.BINANCE_2023
    fields = Fields(value, usual)
    assets = _assets(fields, _FIVE_AMOUNTS if is_newer else _TWO_AMOUNTS)
    names = ("TotalEquity", "TotalDebt", *([_COLLATERAL] if is_newer else []))
    totals = [fields.integer(name, below=FIELD) for name in names]
    account, place = field_number(fields, "AccountIdHash"), fields.integer("AccountIndex", below=PLACES)
    root, siblings = fields.text("Root", HEX_64), siblings_of(fields, "Proof")

    def leads_to_root(numbers: Sequence[int]) -> bool:
        return root_of(poseidon([account, *totals, assets_hash(numbers)]), place, siblings) == root

    rules = _numbers_by_rule(assets, is_newer=is_newer)
    scheme = next((scheme for scheme, numbers in rules if leads_to_root(numbers)), None)
    return InclusionProof(
        scheme=scheme or usual,
        fault=None if scheme else Fault.ROOT_HASH,
        root=root,
        levels=LEVELS,
        balances=tuple(own_balances((f"#{index}", Decimal(amounts[0])) for index, amounts in assets.items())),
        cautions=() if scheme is Scheme.BINANCE_SAMPLE else (Caution.EXPERIMENTAL,),
        equity_usd=dollars(totals[0]),
        debt_usd=dollars(totals[1]),
    )


def _numbers_by_rule(assets: Assets, *, is_newer: bool) -> Iterator[tuple[Scheme, Sequence[int]]]:
    if not is_newer:
        yield Scheme.BINANCE_2023, _numbers_of_350(assets, len(_TWO_AMOUNTS))
        return
    yield Scheme.BINANCE_2024, _numbers_of_2024(assets)
    if all(index < _ASSETS for index in assets):
        yield Scheme.BINANCE_SAMPLE, _numbers_of_350(assets, len(_FIVE_AMOUNTS))


def _numbers_of_350(assets: Assets, amount_count: int) -> Sequence[int]:
    none = (0,) * amount_count
    return [number for index in range(_ASSETS) for number in assets.get(index, none)]


def _numbers_of_2024(assets: Assets) -> Sequence[int]:
    """Return the numbers of all places: the assets', and the smallest numbers of others with nothing, in order.

    Example: assets 3 and 7 in five places are 0, 1, 2, 3 and 7; in eight places 4, 5 and 6 are there too.
    """
    places = next(tier for tier in _TIERS if len(assets) <= tier)
    left_over = (index for index in range(places) if index not in assets)
    fillers = [index for index, _ in zip(left_over, range(places - len(assets)), strict=False)]
    none = (0,) * len(_FIVE_AMOUNTS)
    return [number for i in sorted((*assets, *fillers)) for number in (i, *assets.get(i, none))]


def _assets(fields: Fields, names: Sequence[str]) -> dict[int, Sequence[int]]:
    """Return the amounts by the asset's number, which rises from each to the next."""
    assets: dict[int, Sequence[int]] = {}
    limit = _INDEX_LIMIT if names == _FIVE_AMOUNTS else _ASSETS
    for entry in fields.items("Assets", most=_TIERS[-1]):
        asset = fields.of(entry, "Assets")
        index = asset.integer("Index", least=max(assets, default=-1) + 1, below=limit)
        assets[index] = [asset.integer(name, below=NUMBER_LIMIT) for name in names]
    return assets
