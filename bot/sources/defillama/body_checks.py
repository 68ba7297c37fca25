"""Refuse a body that contradicts itself or the list of exchanges, before it is believed.

Three questions, each with a reason of its own (`SourceFault`). Example: Binance was asked for, the list says $100 B.

- Is it of that exchange? A body that calls itself "OKX" is refused: WRONG_EXCHANGE.
- Do its assets add up to its own totals, chain by chain and in all, within a tenth? Assets of $60 B under a total of
  $100 B are refused: VALUES_DISAGREE.
- Is its newest total that of the list, within a quarter? A total of $70 B is refused: TOTAL_DISAGREES.

Only the newest point is asked about, from what the decoder saw on its way, so that nothing is read twice. What a body
or the list does not say is not asked: a body without totals, an exchange that is on no list.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.errors import SourceError, SourceFault
from bot.domain.exchange import Exchange, Listing
from bot.domain.reading import Reading, Slot
from bot.messages.number_format import usd
from bot.messages.plain_text import clean
from bot.sources.defillama.protocol import BodyStatement

TOTAL_TOLERANCE = 0.25
"""Of the list's total: in the worst hour of the runs that are known less left, and another exchange differs by more."""
VALUES_TOLERANCE = 0.10
"""Of the body's own totals: they are made of the same values and differ by rounding, or by a token that one lacks."""
# A failed call leaves one absurd amount. It is judged as an impossible value, and the rest of the body is believed.
_IMPOSSIBLE_FACTOR = 3  # times everything that the exchange has
_MAX_IMPOSSIBLE_VALUES = 3
# The list is made from the same hourly records. Caches keep it for up to half an hour, and the body for up to an hour,
# so that either may be the newer one.
_LIST_MAX_LAG = timedelta(minutes=90)
_LIST_MEMORY = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class _ListedTotal:
    first_seen: datetime
    usd: float


class ListedTotals:
    """The totals that the list told of each exchange in the last two hours, in USD."""

    def __init__(self) -> None:
        self._totals: dict[str, list[_ListedTotal]] = {}
        self._fetched_at: datetime | None = None

    def record(self, listings: Iterable[Listing], now: datetime) -> None:
        """Remember the totals of a list that was fetched now; an exchange without a total is forgotten."""
        self._fetched_at = now
        remembered, self._totals = self._totals, {}
        for listing in listings:
            if not listing.total_usd or listing.total_usd < 0:
                continue
            totals = remembered.get(listing.exchange.id, [])
            if not totals or totals[-1].usd != listing.total_usd:
                totals = [*totals, _ListedTotal(now, listing.total_usd)]
            # A total was the list's until the next one came.
            ends = [total.first_seen for total in totals[1:]]
            self._totals[listing.exchange.id] = [
                total for total, end in zip(totals, [*ends, now], strict=True) if end >= now - _LIST_MEMORY
            ]

    def span(self, exchange: str, as_of: datetime) -> tuple[float, float] | None:
        """Return the smallest and the largest total that a body with a newest point of `as_of` may be held against.

        None where there is none: the list does not name the exchange, was fetched before that point, or stands still
        while the body goes on. Example: a total of $100 B first seen at 12:00 is compared with points of up to 13:30.
        It is too old to tell that $70 B at 14:00 are wrong.
        """
        totals = self._totals.get(exchange)
        if not totals or self._fetched_at is None or as_of > self._fetched_at:
            return None
        if as_of > totals[-1].first_seen + _LIST_MAX_LAG:
            return None
        return min(total.usd for total in totals), max(total.usd for total in totals)


def check_body(
    exchange: Exchange,
    newest: Reading,
    statement: BodyStatement,
    *,
    accepted: Reading | None,
    listed: tuple[float, float] | None,
) -> None:
    """Raise SourceError where the body contradicts what was asked for, itself, or the list.

    `newest` is its newest reading, `accepted` the one of the last body that was not refused, and `listed` are the
    smallest and the largest total that the list told lately, in USD.
    """
    _check_exchange(exchange, statement)
    everything_usd = listed[1] if listed else statement.total_usd
    # What has no value in the body may be in its totals or not; nothing says which.
    impossible = newest.impossible_slots | newest.unpriced_slots | _impossible_by_value(newest, everything_usd)
    # What is missing is in nobody's sum. It is judged as missing, by the rules of detection, and is no contradiction.
    had_more_chains = accepted is not None and not accepted.chains <= newest.chains
    lacks_chains = statement.lacks_chains or had_more_chains
    _check_values(newest, statement, impossible, lacks_chains=lacks_chains)
    if listed:
        _check_total(newest, statement, listed, impossible, lacks_chains=lacks_chains)


def _impossible_by_value(newest: Reading, everything_usd: float | None) -> frozenset[Slot]:
    """Return the slots that are worth more than three times everything; of too many, none: then it is the source."""
    if everything_usd is None:
        return frozenset()
    limit_usd = _IMPOSSIBLE_FACTOR * everything_usd
    slots = frozenset(slot for slot, holding in newest.holdings.items() if holding.usd > limit_usd)
    return slots if len(slots) <= _MAX_IMPOSSIBLE_VALUES else frozenset()


def _check_exchange(exchange: Exchange, statement: BodyStatement) -> None:
    """Compare names, as the list has no id and the upstream finds a body by the name in it, written as a slug.

    The list's own name may differ: "Binance" is "Binance CEX", "Crypto.com" is "Crypto-com", "NEXO" is "Nexo".
    """
    said = statement.slug or statement.name
    said_names = _plain_names(said or "")
    asked_names = _plain_names(exchange.id) | _plain_names(exchange.name) | _plain_names(exchange.slug or "")
    if said_names and said_names.isdisjoint(asked_names):
        raise SourceError(
            SourceFault.WRONG_EXCHANGE, f"the body is of “{clean(said or '')}”, and {exchange.name} was asked for"
        )


def _plain_names(name: str) -> frozenset[str]:
    """Return the letters and digits of a name, with its domain and without: "Gate.io" is "gateio" and "gate"."""
    lower = name.lower()
    without_domain = lower.removesuffix(".com").removesuffix(".io")
    return frozenset({"".join(filter(str.isalnum, form)) for form in (lower, without_domain)} - {""})


def _check_values(
    newest: Reading, statement: BodyStatement, impossible: Collection[Slot], *, lacks_chains: bool
) -> None:
    stated = dict(statement.chain_totals)
    counted = _usd_by_chain(newest, impossible)
    compared = stated.keys() & counted.keys()
    difference_usd = sum(abs(counted[chain] - stated[chain]) for chain in compared)
    _refuse_difference(difference_usd, sum(stated[chain] for chain in compared))
    # Then all chains together. One that is not counted, as its sections are null, is in the total with its own total.
    uncounted = newest.chains - counted.keys()
    if statement.total_usd is None or not uncounted <= stated.keys():
        return
    whole_usd = sum(counted.values()) + sum(usd for chain, usd in stated.items() if chain not in counted)
    shortfall_usd = statement.total_usd - whole_usd
    _refuse_difference(0.0 if lacks_chains and shortfall_usd > 0 else abs(shortfall_usd), statement.total_usd)


def _refuse_difference(difference_usd: float, stated_usd: float) -> None:
    if difference_usd > VALUES_TOLERANCE * stated_usd:
        raise SourceError(
            SourceFault.VALUES_DISAGREE,
            f"its assets and its own total of {usd(stated_usd)} differ by {usd(difference_usd)}",
        )


def _usd_by_chain(newest: Reading, impossible: Collection[Slot]) -> Mapping[str, float]:
    """Return what the assets of each chain are worth, leaving out chains with a value that cannot be."""
    sums: defaultdict[str, float] = defaultdict(float)
    for slot, holding in newest.holdings.items():
        sums[slot.chain] += holding.usd
    odd_chains = {slot.chain for slot in impossible}
    return {chain: chain_usd for chain, chain_usd in sums.items() if chain not in odd_chains}


def _check_total(
    newest: Reading,
    statement: BodyStatement,
    listed: tuple[float, float],
    impossible: Collection[Slot],
    *,
    lacks_chains: bool,
) -> None:
    lowest, highest = listed
    total_usd = statement.total_usd
    if total_usd is None or impossible:
        total_usd = sum(holding.usd for slot, holding in newest.holdings.items() if slot not in impossible)
    is_too_low = total_usd < (1 - TOTAL_TOLERANCE) * lowest and not (lacks_chains or impossible)
    if is_too_low or total_usd > (1 + TOTAL_TOLERANCE) * highest:
        raise SourceError(
            SourceFault.TOTAL_DISAGREES, f"its newest total is {usd(total_usd)}, the list says {usd(highest)}"
        )
