"""What the drills at an exchange say together, so that neither one person nor one community can move the median.

A person counts once: by the newest drill that has an outcome, else by the one under way. Of how many communities they
are from depends how people are counted:

- Three or more: no community counts for more than a third of the people that are counted. Example: three people from
  three groups needed 10, 11 and 12 min; then 50 accounts of a fourth group say 16 h each. Those 50 count as one person
  (each as a fiftieth), four are counted in all, and the median is 11.5 min.
- Two: nobody can say which of them to believe, so each has figures of its own, from three people on. Where neither has
  three, but both together do, they are counted without a median.
- One: all count alike, and whoever shows it says that they are from one community.

A median is made the same way of those whose money arrived, with a third of *them* as the bound: a community must not
gain weight because the others are still waiting.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from math import floor, fsum

from bot.domain.drill import FEWEST_PEOPLE, SUMMARY_WINDOW, Drill, DrillFigures, DrillOutcome, DrillSummary

_COMMUNITIES_BOUNDED = 3
"""From so many communities on each can be held to a third; of fewer one has half of the people or more."""
_ROUTES_SHOWN = 3
_ROUNDING = 1e-9  # sums of thirds that should be equal differ by less


def summarise_drills(drills: Iterable[Drill], now: datetime) -> DrillSummary | None:
    """Return what the drills of the last 24 hours say, None for fewer than three people."""
    counted = _newest_of_each_person(drills, now)
    figures, communities = _figures(counted)
    if not figures:
        return None
    return DrillSummary(figures, communities, _routes(counted))


def community_weights(sizes: Mapping[str, int]) -> Mapping[str, float]:
    """Return how much one person of each community counts, 0 to 1; `sizes` is how many people it has.

    From three communities on none has more than a third of the sum of all.
    """
    if len(sizes) < _COMMUNITIES_BOUNDED:
        return dict.fromkeys(sizes, 1.0)
    # The most that a community may count for: the largest m with 3 m ≤ Σ min(size, m). It holds for 1 and for every
    # number up to the largest for which it holds, so that it can be found by halving.
    most, too_many = 1, max(sizes.values()) + 1
    while too_many - most > 1:
        middle = (most + too_many) // 2
        if _COMMUNITIES_BOUNDED * middle <= sum(min(size, middle) for size in sizes.values()):
            most = middle
        else:
            too_many = middle
    return {community: min(size, most) / size for community, size in sizes.items()}


def _newest_of_each_person(drills: Iterable[Drill], now: datetime) -> Sequence[Drill]:
    newest: dict[str, Drill] = {}
    for drill in sorted(drills, key=lambda drill: (drill.outcome is not None, drill.requested_at)):
        # A withdrawal that its owner gave up says nothing of the exchange.
        if drill.outcome is not DrillOutcome.CANCELLED and drill.last_press > now - SUMMARY_WINDOW:
            newest[drill.person] = drill
    return list(newest.values())


def _figures(drills: Sequence[Drill]) -> tuple[tuple[DrillFigures, ...], int]:
    """Return the figures to show, largest first, and of how many communities they are; none of too few people."""
    by_community: dict[str, list[Drill]] = {}
    for drill in drills:
        by_community.setdefault(drill.community, []).append(drill)
    if len(drills) < FEWEST_PEOPLE:
        return (), 0
    if len(by_community) >= _COMMUNITIES_BOUNDED:
        return (_pooled(drills, _bounded_median(drills)),), len(by_community)
    large_enough = [members for members in by_community.values() if len(members) >= FEWEST_PEOPLE]
    if not large_enough:
        return (_pooled(drills, None),), len(by_community)
    figures = [_pooled(members, _plain_median(members)) for members in large_enough]
    return tuple(sorted(figures, key=lambda shown: (-shown.people, shown.refused))), len(figures)


def _pooled(drills: Sequence[Drill], median: timedelta | None) -> DrillFigures:
    weights = community_weights(Counter(drill.community for drill in drills))

    def weight(chosen: Iterable[Drill]) -> int:
        """Return for how many people some count: 0 for none, else 1 at least, so that a refusal is never lost."""
        total = fsum(weights[drill.community] for drill in chosen)
        return max(1, floor(total + 0.5)) if total else 0

    return DrillFigures(
        people=weight(drills),
        median=median,
        refused=weight(drill for drill in drills if drill.outcome is DrillOutcome.REFUSED),
        waiting=weight(drill for drill in drills if drill.outcome is None),
    )


def _bounded_median(drills: Collection[Drill]) -> timedelta | None:
    """Return the median time of people from three communities or more, each a third at most; None without as many."""
    arrivals = Counter(drill.community for drill in drills if drill.took)
    if len(arrivals) < _COMMUNITIES_BOUNDED:
        return None
    weights = community_weights(arrivals)
    return _weighted_median(sorted((drill.took, weights[drill.community]) for drill in drills if drill.took))


def _plain_median(drills: Collection[Drill]) -> timedelta | None:
    times = sorted((drill.took, 1.0) for drill in drills if drill.took)
    return _weighted_median(times) if len(times) >= FEWEST_PEOPLE else None


def _weighted_median(times: Sequence[tuple[timedelta, float]]) -> timedelta:
    """Return the time with half of the weight on either side; where it lies between two, their mean."""
    up_to = list(accumulate(weight for _, weight in times))
    half = up_to[-1] / 2
    middle = bisect_right(up_to, half - _ROUNDING)
    time, _ = times[middle]
    return (time + times[middle + 1][0]) / 2 if up_to[middle] < half + _ROUNDING else time


def _routes(drills: Sequence[Drill]) -> tuple[tuple[str, str, DrillFigures], ...]:
    """Return the figures of each asset and network that three people or more named, the most used first."""
    by_route: dict[tuple[str, str], list[Drill]] = {}
    for drill in drills:
        if drill.asset:
            by_route.setdefault((drill.asset, drill.network), []).append(drill)
    found = [(*route, figures[0]) for route, members in by_route.items() if len(figures := _figures(members)[0]) == 1]
    return tuple(sorted(found, key=lambda shown: (-shown[2].people, shown[:2]))[:_ROUTES_SHOWN])
