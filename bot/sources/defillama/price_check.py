"""Refuse a body whose amounts and values contradict each other: value by amount is a price, and prices are known.

Example: every amount is a thousandth of what it was an hour ago, and every value is the same. By the totals nothing has
happened, by the amounts 99.9 % has left. USDT would be worth $1,000, and BTC $87 M: refused.

USDT and USDC are worth a dollar; every other asset about what it was worth in the reading before, of at most three days
ago. A third of that or three times is a fault of the source only where most of the value that can be compared says so
in one direction, of more than one asset or of the dollars: one other token that crashes, or is counted in
other units is news, and judged by the guards. The exchange's own tokens are not asked: they may fall by any factor.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

from bot.domain.errors import SourceError, SourceFault
from bot.domain.exchange import Exchange
from bot.domain.reading import Reading, Slot
from bot.messages.number_format import usd

_DOLLARS = frozenset({"USDT", "USDC"})
"""Worth one US dollar whatever was read before; smaller stablecoins did fall to a tenth."""
_MAX_FACTOR = 3.0
"""By which a price may have changed since the reading before, up or down."""
_MAX_AGE = timedelta(days=3)  # of the reading before; in a longer time many prices may change by more
_LEAST_COMPARED_SHARE = 0.05  # of the value: what is known of less says nothing of the rest


def check_prices(exchange: Exchange, newest: Reading, before: Reading | None, impossible: Collection[Slot]) -> None:
    """Raise SourceError (VALUES_DISAGREE) where most of a reading's value has a price that cannot be.

    `impossible` are slots that are known to be wrong, and left out.
    """
    prices = {slot: price for slot, price in _prices(newest).items() if slot not in impossible}
    whole_usd = sum(newest.holdings[slot].usd for slot in prices)
    known = _prices(before) if before and is_comparable(before, newest) else {}
    dollars = {slot: 1.0 for slot in prices if slot.asset in _DOLLARS}
    earlier = {slot: known[slot] for slot in prices if slot in known and slot.asset.upper() not in exchange.own_tokens}
    for references, least_assets in ((dollars, 1), (earlier, 2)):
        compared_usd = sum(newest.holdings[slot].usd for slot in references)
        factors = {slot: prices[slot] / price for slot, price in references.items()}
        too_dear = {slot for slot, factor in factors.items() if factor > _MAX_FACTOR}
        too_cheap = {slot for slot, factor in factors.items() if factor < 1 / _MAX_FACTOR}
        for odd in (too_dear, too_cheap):
            odd_usd = sum(newest.holdings[slot].usd for slot in odd)
            is_of_the_source = len({slot.asset for slot in odd}) >= least_assets and odd_usd > compared_usd / 2
            if is_of_the_source and compared_usd > _LEAST_COMPARED_SHARE * whole_usd:
                slot = max(odd, key=lambda slot: newest.holdings[slot].usd)
                raise SourceError(
                    SourceFault.VALUES_DISAGREE,
                    f"by amounts and values {slot.asset} is worth {usd(prices[slot])}, not {usd(references[slot])}",
                )


def is_comparable(before: Reading, newest: Reading) -> bool:
    """Return whether the prices of a reading still say something of those of a newer one."""
    return newest.as_of - before.as_of <= _MAX_AGE


def _prices(reading: Reading) -> Mapping[Slot, float]:
    """Return what a unit of each asset is worth in USD; what has no value has no price."""
    return {
        slot: holding.usd / holding.amount
        for slot, holding in reading.holdings.items()
        if holding.usd > 0 and holding.amount > 0
    }
