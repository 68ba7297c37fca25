"""Rules that people write first, kept for comparison: none of them knows faults of a source, usual days or incidents.

They compare an exchange's assets, chains added up, at both ends of the last 24 hours, and are applied to every reading.
Example: $5 B of reserves in BTC, of which nothing moves while its price falls by 4 %. "total −3 % in 24 h" is true, the
others are not; our own rule sees a flow of 0.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from bot.detection.flow.windows import base_candidates
from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.domain.reading import NO_HOLDING, Reading

_KEPT_FOR = timedelta(days=9)  # the week of flows, and what the first day of it starts from
_FIXED_FLOW_USD = -10e6
_DROP_SHARE = -0.03  # our own limit of elevated in 24 h, so that the rules differ only in what they measure
_PART_OF_MEAN = 0.2
_WEEK = timedelta(days=7)
# The upstream's own rule of early 2026: a token counts when it is worth enough at both ends, and an inflow of more than
# twice what a token is worth does not.
_MIN_USD, _MIN_SHARE, _MAX_GROWTH = 10_000.0, 0.0001, 2.0


@dataclass(frozen=True)
class LastDay:
    """One exchange's last 24 hours: its assets at both ends, and the flows of its last seven days in USD."""

    before: Reading
    after: Reading
    own_tokens: Collection[str]
    past_flows: Sequence[float] = ()

    @cached_property
    def flow_usd(self) -> float:
        """Return Σ (amount at the end − amount at the start) × price at the start, without own tokens."""
        after = self.after.by_asset()
        return sum(
            (after.get(asset, NO_HOLDING).amount - held.amount) * held.usd / held.amount
            for asset, held in self.before.by_asset().items()
            if asset not in self.own_tokens
        )


def fixed_sum(day: LastDay) -> bool:
    """Say whether 10 M USD or more left."""
    return day.flow_usd <= _FIXED_FLOW_USD


def total_drop(day: LastDay) -> bool:
    """Say whether everything held, own tokens included, is worth 3 % less in USD."""
    before = day.before.total_usd()
    return before > 0 and day.after.total_usd() / before - 1 <= _DROP_SHARE


def part_of_mean(day: LastDay) -> bool:
    """Say whether the flow, in or out, is at least 20 % of the mean size of the flows of the last seven days."""
    sizes = [abs(flow) for flow in day.past_flows]
    return bool(sizes) and abs(day.flow_usd) >= _PART_OF_MEAN * sum(sizes) / len(sizes) > 0


def upstream_inflow(day: LastDay) -> bool:
    """Say whether the upstream's own inflow is −3 % of clean reserves or lower; it does not see what was drained."""
    reserves = day.before.total_usd(without=day.own_tokens)
    return reserves > 0 and _upstream_flow(day) / reserves <= _DROP_SHARE


NAIVE: tuple[tuple[str, Callable[[LastDay], bool]], ...] = (
    ("fixed $10 M out in 24 h", fixed_sum),
    ("total −3 % in 24 h", total_drop),
    ("24 h flow ≥ 20 % of its 7-day mean", part_of_mean),
    ("upstream's own inflow −3 % in 24 h", upstream_inflow),
)
"""The rules by the names they are shown under."""


class NaiveRuleRunner:
    """Applies the naive rules to the readings of one exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._own_tokens = exchange.own_tokens
        self._readings: list[Reading] = []
        self._flows: list[tuple[datetime, float]] = []

    def rules_met(self, reading: Reading) -> tuple[str, ...]:
        """Return the names of the rules that are true after one more reading."""
        if self._readings and reading.as_of <= self._readings[-1].as_of:
            return ()
        self._readings = [*(kept for kept in self._readings if kept.as_of > reading.as_of - _KEPT_FOR), reading]
        day = self._day(reading)
        if day is None:
            return ()
        self._flows = [
            *(flow for flow in self._flows if flow[0] >= reading.as_of - _WEEK),
            (reading.as_of, day.flow_usd),
        ]
        return tuple(name for name, rule in NAIVE if rule(day))

    def _day(self, reading: Reading) -> LastDay | None:
        base = next(base_candidates(Window.DAY, self._readings, reading.as_of), None)
        if base is None:
            return None
        return LastDay(base, reading, self._own_tokens, [flow for _, flow in self._flows])


def _upstream_flow(day: LastDay) -> float:
    old, new = day.before.by_asset(), day.after.by_asset()
    min_usd = max(_MIN_USD, _MIN_SHARE * min(day.before.total_usd(), day.after.total_usd()))
    flow = 0.0
    for asset, held in old.items():
        now = new.get(asset, NO_HOLDING)
        if asset in day.own_tokens or min(held.usd, now.usd) < min_usd:
            continue
        larger = held if held.usd > now.usd else now
        moved = (now.amount - held.amount) * larger.usd / larger.amount
        flow += moved if moved <= _MAX_GROWTH * larger.usd else 0.0
    return flow
