"""Odd prices: the price that a reading implies (value / amount) jumps at one exchange alone, and is not believed.

Flows are valued at the prices of the window's start, so that a wrong price there makes a flow too large or too small.
The last price that was believed stands in for it until the price is as before or as elsewhere. Where no other exchange
has the asset, the price is only doubtful, and the next reading decides: it stays or it comes back. One of more than
five times the last, or less than a fifth, is waited out for two days, and so is one by which the asset would be worth
more than three times everything the exchange had: a wrong price lasts for hours or days, while markets take more than
one reading for such a move. If it stays it is believed from then on, and readings before keep the last one.

Example: SOL at $20, then $2, then $20 again, while nobody else trades it. The middle reading is valued at $20.

    >>> from tests.detection.guards.worked_series import readings, state_after
    >>> series = readings(prices={"SOL": (20, 2, 20)}, SOL=(5, 5, 5), BTC=(900, 900, 900))
    >>> state = state_after(series)
    >>> [(odd.asset, odd.price, odd.until == series[2].as_of) for odd in state.odd_prices]
    [('SOL', 20.0, True)]
    >>> series[1].total_usd(), with_believed_prices(series[1], state.odd_prices).total_usd()
    (910.0, 1000.0)
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bot.detection.flow.reading_diff import RETURN_WITHIN
from bot.detection.flow.windows import LONGEST_LOOKBACK
from bot.detection.guards.guard_input import GuardInput
from bot.detection.guards.lost_parts import ABSURD_FACTOR
from bot.detection.guards.market_moves import MarketMoves
from bot.detection.thresholds import ODD_PRICE_CHANGE, PRICED_ASSET_SHARE
from bot.domain.far_apart import are_far_apart
from bot.domain.guard_state import GuardState, OddPrice
from bot.domain.reading import NO_HOLDING, Holding, Reading


def record_odd_prices(state: GuardState, given: GuardInput) -> GuardState:
    """Return the state with the odd prices after one more reading; none is checked where none moved and none is odd."""
    if not (given.prices_moved or state.odd_prices):
        return state
    latest = odd_prices(state.odd_prices, given.previous, given.latest, given.own_tokens, given.market)
    return replace(state, odd_prices=latest)


def with_believed_prices(reading: Reading, odd: Sequence[OddPrice]) -> Reading:
    """Return the reading with every asset whose price was odd at its time valued at the last price believed."""
    prices = {
        odd_price.asset: odd_price.price
        for odd_price in odd
        if odd_price.since <= reading.as_of and (odd_price.until is None or reading.as_of < odd_price.until)
    }
    if not prices:
        return reading
    holdings = {
        slot: Holding(amount, amount * prices[slot.asset]) if slot.asset in prices else Holding(amount, usd)
        for slot, (amount, usd) in reading.holdings.items()
    }
    return replace(reading, holdings=holdings)


def odd_prices(
    earlier: Sequence[OddPrice], previous: Reading, latest: Reading, own_tokens: Collection[str], market: MarketMoves
) -> tuple[OddPrice, ...]:
    """Return the odd prices after one more reading: those that ended are closed, those that begin are added.

    A price is odd that differs from the last one by more than a quarter, while the others' median does not. The last
    is that of the amounts of now: 400 SOL that move from a chain where one costs $1 to one where it costs $3 change no
    price.
    """
    lasting = {odd_price.asset for odd_price in earlier if odd_price.until is None}
    # A window of 30 days may start from a reading of 35 days ago, whose prices have to be put right still.
    recent = (
        odd_price
        for odd_price in earlier
        if odd_price.until is None or latest.as_of - odd_price.until < LONGEST_LOOKBACK
    )
    most_usd = ABSURD_FACTOR * with_believed_prices(previous, earlier).total_usd(without=own_tokens)
    kept = [judged for odd_price in recent if (judged := _judged(odd_price, latest, market, most_usd))]
    least_usd = PRICED_ASSET_SHARE * latest.total_usd(without=own_tokens)
    last_usd = _at_prices_of(previous, latest)
    for asset, (amount, usd) in latest.by_asset().items():
        before = previous.by_asset().get(asset)
        if asset in own_tokens or asset in lasting or before is None or amount <= 0 or before.amount <= 0:
            continue
        price, last = usd / amount, last_usd[asset] / amount
        # Valued at either price: an asset of weight may have become nearly worthless by the wrong one.
        if last > 0 and _differs(price, last) and max(usd, amount * last) >= least_usd:
            elsewhere = market.price(asset, latest)
            if elsewhere is None or not _differs(elsewhere, last):
                kept.append(OddPrice(asset, last, latest.as_of, doubtful=elsewhere is None))
    return tuple(kept)


def _at_prices_of(previous: Reading, latest: Reading) -> Mapping[str, float]:
    """Return what the assets of now are worth at the prices before: each slot at its own, a new one at its asset's."""
    worth = defaultdict[str, float](float)
    for slot, (amount, _) in latest.holdings.items():
        before = previous.holdings.get(slot, NO_HOLDING)
        known = before if before.amount > 0 and before.usd > 0 else previous.by_asset().get(slot.asset, NO_HOLDING)
        worth[slot.asset] += amount * (known.usd / known.amount) if known.amount > 0 else 0.0
    return worth


def _judged(odd_price: OddPrice, latest: Reading, market: MarketMoves, most_usd: float) -> OddPrice | None:
    """Return an odd price, closed when the asset is priced again as before or as elsewhere; None: it was right.

    No asset is worth more than `most_usd`: by such a price a single withdrawal would be most of the reserves.
    """
    holding, is_over = latest.by_asset().get(odd_price.asset), replace(odd_price, until=latest.as_of)
    if odd_price.until is not None or holding is None or holding.amount <= 0:
        return odd_price
    price = holding.usd / holding.amount
    if odd_price.doubtful:
        if not _differs(price, odd_price.price):
            return is_over
        if are_far_apart(price, odd_price.price) or holding.usd > most_usd > 0:
            return odd_price if latest.as_of - odd_price.since <= RETURN_WITHIN else is_over
        return None
    elsewhere = market.price(odd_price.asset, latest)
    believed = odd_price.price if elsewhere is None else elsewhere
    return odd_price if _differs(price, believed) else is_over


def _differs(price: float, last: float) -> bool:
    return abs(price / last - 1) > ODD_PRICE_CHANGE
