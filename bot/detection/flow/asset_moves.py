"""What moved between two readings, asset by asset: the chains of an asset are netted first.

An asset's move is Σ over its slots of (amount at the end − amount at the start) × price at the start. What lies in a
slot that was empty at the start, a listing or a new label, counts as nothing, with two exceptions: it makes up for what
left the same asset (coins that moved to another chain), and a stablecoin for what left other stablecoins.

Examples, in USD:

- 35 USDT leave Tron and 35 appear on Ethereum, where there were none: USDT moved by 0.
- 100 BUSD leave and 70 USDC appear: BUSD −100, USDC +70, a net flow of −30. Had 500 USDC appeared: +100, and 400 not
  counted.
- 20 SOL are listed: SOL +20, not counted.

Of what moved, the steps that guards left out (`uncounted`, units by asset) are taken away; they never add to it nor
turn it round: BTC 100 → 72 → 100 with −28 not counted moved by 0, not by +28.

What had come to an asset before such a drop makes up for what left others all the same: 50 USDT become 50 USDC, and
then 50 USDC are not told (not counted). The 50 USDT are no outflow, though at the end there is no USDC to show for it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from bot.detection.flow.uncounted import clamped
from bot.detection.thresholds import ODD_PRICE_CHANGE
from bot.domain.assets import STABLECOINS
from bot.domain.reading import NO_HOLDING, Reading, Slot

_NONE_UNCOUNTED: Mapping[str, float] = {}


@dataclass(slots=True)
class AssetMove:
    """How much of an asset moved: units, and their worth in USD at the prices of the start. Negative: left."""

    units: float = 0.0
    usd: float = 0.0


@dataclass(frozen=True, slots=True)
class AssetMoves:
    """What moved, by asset.

    `counted` is flow, `appeared` came to slots that were empty before and counts as nothing. What had no price is among
    them as well, for jumps are followed in units.
    """

    counted: Mapping[str, AssetMove]
    appeared: Mapping[str, AssetMove] = field(default_factory=dict)

    @property
    def usd(self) -> float:
        """Return the net flow in USD."""
        return sum([move.usd for move in self.counted.values()])


def asset_moves(
    base: Reading,
    end: Reading,
    own_tokens: Collection[str],
    *,
    uncounted: Mapping[str, float] = _NONE_UNCOUNTED,
) -> AssetMoves:
    """Return what moved from `base` to `end`, without own tokens and without the chains that `end` does not cover."""
    held, moved = _held_and_moved(base, end, own_tokens)
    appeared = _appeared(base, end, own_tokens)
    for asset, came in appeared.items():
        if asset in moved and moved[asset].units < 0 and _is_same_price(asset, came, base, end):
            _make_up(moved[asset], came)
    hidden_usd = _leave_out(uncounted, held, moved, appeared)
    for asset, came in _conversions(moved, appeared):
        converted = moved.setdefault(asset, AssetMove())
        converted.units += came.units
        converted.usd += came.usd
    _net_hidden_inflow(moved, hidden_usd)
    return AssetMoves(
        {asset: move for asset, move in moved.items() if move.usd or move.units},
        {asset: move for asset, move in appeared.items() if move.units > 0},
    )


def _held_and_moved(
    base: Reading, end: Reading, own_tokens: Collection[str]
) -> tuple[dict[str, AssetMove], dict[str, AssetMove]]:
    """Return what was held at the base and what moved in these slots, by asset, on the chains that the end covers."""
    held: defaultdict[str, AssetMove] = defaultdict(AssetMove)
    moved: defaultdict[str, AssetMove] = defaultdict(AssetMove)
    end_holdings, end_chains = end.holdings, end.chains
    for slot, (amount, usd) in base.holdings.items():
        if amount <= 0 or slot.asset in own_tokens or slot.chain not in end_chains:
            continue
        change = end_holdings.get(slot, NO_HOLDING)[0] - amount
        asset_held, asset_moved = held[slot.asset], moved[slot.asset]
        asset_held.units += amount
        asset_held.usd += usd
        if change:
            asset_moved.units += change
            asset_moved.usd += change * (usd / amount)
    return dict(held), dict(moved)


def appeared_slots(base: Reading, end: Reading) -> Iterator[tuple[Slot, float, float]]:
    """Yield what lies in slots that were empty at the base: units, and USD at the end; own tokens too."""
    before = base.holdings
    for slot, (amount, usd) in end.holdings.items():
        if amount > 0 and before.get(slot, NO_HOLDING)[0] <= 0:
            yield slot, amount, usd


def _appeared(base: Reading, end: Reading, own_tokens: Collection[str]) -> dict[str, AssetMove]:
    appeared: defaultdict[str, AssetMove] = defaultdict(AssetMove)
    for slot, amount, usd in appeared_slots(base, end):
        if slot.asset not in own_tokens:
            appeared[slot.asset].units += amount
            appeared[slot.asset].usd += usd
    return dict(appeared)


def _is_same_price(asset: str, came: AssetMove, base: Reading, end: Reading) -> bool:
    """Return whether what appeared is worth as much as the rest of the asset: another token may have the same name."""
    rest = [
        end.holdings[slot]
        for slot, (amount, _) in base.holdings.items()
        if slot.asset == asset and amount > 0 and slot in end.holdings
    ]
    units, usd = sum(holding.amount for holding in rest), sum(holding.usd for holding in rest)
    # Where all of it moved, or one of the two has no price, nothing says that they differ.
    if units <= 0 or usd <= 0 or came.usd <= 0:
        return True
    return abs((came.usd / came.units) / (usd / units) - 1) <= ODD_PRICE_CHANGE


def _make_up(moved: AssetMove, came: AssetMove) -> None:
    """Make what appeared up for what left the same asset, at the price of what left."""
    units = min(came.units, -moved.units)
    moved.usd += units * (moved.usd / moved.units)
    moved.units += units
    _shrink(came, came.units - units)


def _shrink(came: AssetMove, units: float) -> None:
    came.usd *= units / came.units if came.units else 0.0
    came.units = units


def _without(moved: AssetMove, uncounted_usd: float) -> AssetMove:
    """Return a move without what is not counted: between nothing and the whole move, whatever was left out."""
    counted = clamped(moved.usd - uncounted_usd, moved.usd)
    return AssetMove(moved.units * (counted / moved.usd) if moved.usd else 0.0, counted)


def _leave_out(
    uncounted: Mapping[str, float],
    held: Mapping[str, AssetMove],
    moved: dict[str, AssetMove],
    appeared: Mapping[str, AssetMove],
) -> float:
    """Take what is not counted from what moved and appeared; return the inflows that its drops took away, in USD."""
    hidden_usd = 0.0
    for asset, units in uncounted.items():
        if asset in moved:
            uncounted_usd = units * (held[asset].usd / held[asset].units)
            counted = _without(moved[asset], uncounted_usd)
            if units < 0:
                hidden_usd += max(0.0, moved[asset].usd - uncounted_usd - counted.usd)
            moved[asset] = counted
        if asset in appeared:
            _shrink(appeared[asset], max(0.0, appeared[asset].units - max(0.0, units)))
    return hidden_usd


def _net_hidden_inflow(moved: Mapping[str, AssetMove], hidden_usd: float) -> None:
    """Reduce what left by an inflow that an uncounted drop took away, until nothing left on the whole.

    Every asset that left gives by its worth, so that each still lies between nothing and its whole move.
    """
    left = [move for move in moved.values() if move.usd < 0]
    made_up_usd = min(hidden_usd, -sum([move.usd for move in moved.values()]))
    if not left or made_up_usd <= 0:
        return
    kept = 1 + made_up_usd / sum([move.usd for move in left])
    for move in left:
        move.units *= kept
        move.usd *= kept


def _conversions(moved: Mapping[str, AssetMove], appeared: Mapping[str, AssetMove]) -> Iterator[tuple[str, AssetMove]]:
    """Yield the stablecoins that appeared, at one dollar each, up to what left all others.

    They are taken from `appeared`.
    Without that limit a new listing of a stablecoin would look like a deposit.
    """
    left_usd = -sum([move.usd for asset, move in moved.items() if asset in STABLECOINS])
    came = {asset: move for asset, move in appeared.items() if asset in STABLECOINS and move.units > 0}
    if left_usd <= 0 or not came:
        return
    fraction = min(1.0, left_usd / sum(move.units for move in came.values()))
    for asset, move in came.items():
        units = move.units * fraction
        _shrink(move, move.units - units)
        yield asset, AssetMove(units, units)
