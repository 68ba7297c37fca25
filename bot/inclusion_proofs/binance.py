"""Binance: `user_config.json`, a leaf of Poseidon hashes in a tree of 28 levels.

A leaf is hashed from the customer's id, total equity, debt and collateral, and the hash of their assets. Until
September 2024 those were five numbers for each of 350 assets. Since then they are six, the asset's own number first,
for 50 assets or, where somebody has more, for 500; places that are left over take the smallest numbers that are
missing. No public file confirms this newer rule, so it is marked as experimental. Both kinds of file look alike, and
are checked by the newer rule first.
https://github.com/binance/zkmerkle-proof-of-solvency (9a3e5b7, May 2026), `src/utils/utils.go`
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

_ASSETS_OF_2023 = 350
_TIERS_OF_2024 = (50, 500)
_AMOUNTS = ("Equity", "Debt", "Loan", "Margin", "PortfolioMargin")
_INDEX_LIMIT = 1 << 16
Assets = Mapping[int, Sequence[int]]


def is_binance(value: Mapping[str, JsonValue]) -> bool:
    """Return whether a file has the shape of Binance's."""
    return "AccountIdHash" in value and "Assets" in value and "Proof" in value


def check_binance(value: Mapping[str, JsonValue]) -> InclusionProof:
    """Check a file of Binance's; raise UnreadableProof."""
    fields = Fields(value, Scheme.BINANCE_2024)
    assets = _assets(fields)
    totals = [fields.integer(name, below=FIELD) for name in ("TotalEquity", "TotalDebt", "TotalCollateral")]
    account, place = field_number(fields, "AccountIdHash"), fields.integer("AccountIndex", below=PLACES)
    root, siblings = fields.text("Root", HEX_64), siblings_of(fields, "Proof")

    def leads_to_root(numbers: Sequence[int]) -> bool:
        return root_of(poseidon([account, *totals, assets_hash(numbers)]), place, siblings) == root

    scheme = next((scheme for scheme, numbers in _numbers_by_scheme(assets) if leads_to_root(numbers)), None)
    return InclusionProof(
        scheme=scheme or Scheme.BINANCE_2024,
        fault=None if scheme else Fault.ROOT_HASH,
        root=root,
        levels=LEVELS,
        balances=tuple(own_balances((f"#{index}", Decimal(amounts[0])) for index, amounts in assets.items())),
        cautions=(Caution.EXPERIMENTAL,) if scheme in (None, Scheme.BINANCE_2024) else (),
        equity_usd=dollars(totals[0]),
        debt_usd=dollars(totals[1]),
    )


def _numbers_by_scheme(assets: Assets) -> Iterator[tuple[Scheme, Sequence[int]]]:
    yield Scheme.BINANCE_2024, _numbers_of_2024(assets)
    if all(index < _ASSETS_OF_2023 for index in assets):
        none = (0,) * len(_AMOUNTS)
        yield Scheme.BINANCE_2023, [number for i in range(_ASSETS_OF_2023) for number in assets.get(i, none)]


def _numbers_of_2024(assets: Assets) -> Sequence[int]:
    """Return the numbers of all places: the assets', and the smallest numbers of others with nothing, in order.

    Example: assets 3 and 7 in five places are 0, 1, 2, 3 and 7; in eight places 4, 5 and 6 are there too.
    """
    places = next(tier for tier in _TIERS_OF_2024 if len(assets) <= tier)
    left_over = (index for index in range(places) if index not in assets)
    fillers = [index for index, _ in zip(left_over, range(places - len(assets)), strict=False)]
    none = (0,) * len(_AMOUNTS)
    return [number for i in sorted((*assets, *fillers)) for number in (i, *assets.get(i, none))]


def _assets(fields: Fields) -> dict[int, Sequence[int]]:
    """Return the five amounts by the asset's number, which rises from each to the next."""
    assets: dict[int, Sequence[int]] = {}
    for entry in fields.items("Assets", most=_TIERS_OF_2024[-1]):
        asset = Fields(entry, Scheme.BINANCE_2024, "Assets")
        index = asset.integer("Index", least=max(assets, default=-1) + 1, below=_INDEX_LIMIT)
        assets[index] = [asset.integer(name, below=NUMBER_LIMIT) for name in _AMOUNTS]
    return assets
