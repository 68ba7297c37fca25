"""Prices that are not believed: an exchange's implied price that jumps while it stays the same elsewhere."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from bot.detection.flow.windows import LONGEST_LOOKBACK
from bot.detection.guards.source_glitch import MarketMoves
from bot.detection.thresholds import ODD_PRICE_CHANGE, PRICED_ASSET_SHARE
from bot.domain.guard_state import OddPrice
from bot.domain.reading import Holding, Reading


def valued(reading: Reading, odd: Sequence[OddPrice]) -> Reading:
    """Return the reading with every asset whose price was odd at its time valued at the last price believed."""
    if not odd:
        return reading
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
    known: Sequence[OddPrice], previous: Reading, latest: Reading, own_tokens: Collection[str], market: MarketMoves
) -> tuple[OddPrice, ...]:
    """Return the odd prices after one more reading: those that ended are closed, those that begin are added."""
    lasting = {odd_price.asset: odd_price for odd_price in known if odd_price.until is None}
    recent = (
        odd_price for odd_price in known if odd_price.until is None or latest.as_of - odd_price.until < LONGEST_LOOKBACK
    )
    kept = [judged for odd_price in recent if (judged := _judged(odd_price, latest, market))]
    least = PRICED_ASSET_SHARE * latest.total_usd(without=own_tokens)
    for asset, (amount, usd) in latest.by_asset().items():
        before = previous.by_asset().get(asset)
        if asset in own_tokens or asset in lasting or before is None or amount <= 0 or before.amount <= 0:
            continue
        price, last = usd / amount, before.usd / before.amount
        if last > 0 and _differs(price, last) and max(usd, amount * last) >= least:
            elsewhere = market.price(asset, latest)
            if elsewhere is None or not _differs(elsewhere, last):
                kept.append(OddPrice(asset, last, latest.as_of, doubtful=elsewhere is None))
    return tuple(kept)


def _judged(one: OddPrice, latest: Reading, market: MarketMoves) -> OddPrice | None:
    """Return an odd price, closed when the asset is priced again as before or as elsewhere; None: it was right."""
    holding = latest.by_asset().get(one.asset)
    if one.until is not None or holding is None or holding.amount <= 0:
        return one
    price = holding.usd / holding.amount
    if one.doubtful:
        return None if _differs(price, one.price) else replace(one, until=latest.as_of)
    elsewhere = market.price(one.asset, latest)
    believed = one.price if elsewhere is None else elsewhere
    return one if _differs(price, believed) else replace(one, until=latest.as_of)


def _differs(price: float, last: float) -> bool:
    return abs(price / last - 1) > ODD_PRICE_CHANGE
