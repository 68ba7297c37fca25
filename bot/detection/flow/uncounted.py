"""How much of what moved in a window is not counted, by asset, as the jumps say.

Example: 28 BTC left on Monday (not counted), 20 of them came back on Wednesday. In a window from Sunday to Thursday −8
BTC are not counted, in one from Tuesday to Thursday +20.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from bot.domain.jump import Jump, Verdict


def clamped(figure: float, whole: float) -> float:
    """Return a figure brought to between nothing and the whole, whichever sign that has: −30 of −28 is −28, +2 is 0."""
    least, most = sorted((0.0, whole))
    return min(max(figure, least), most)


UNCOUNTED = frozenset({Verdict.WAITING, Verdict.NOT_COUNTED, Verdict.RETURNED})
"""The verdicts of jumps that are not flow."""


def uncounted_units(
    jumps: Iterable[Jump], since: datetime, until: datetime, verdicts: Collection[Verdict] = UNCOUNTED
) -> Mapping[str, float]:
    """Return the units by asset, signed, that moved after `since` up to `until` without being flow.

    A move at the very time of a window's base is in the base already. What is not flow are jumps of these `verdicts`.
    """
    units: defaultdict[str, float] = defaultdict(float)
    for jump in jumps:
        if jump.verdict not in verdicts:
            continue
        for part in jump.parts:
            for move in part.moves:
                if since < move.at <= until:
                    units[part.asset] += move.amount
    return {asset: amount for asset, amount in units.items() if amount}


def jumps_within(jumps: Iterable[Jump], verdict: Verdict, since: datetime, until: datetime) -> list[Jump]:
    """Return the jumps of a verdict that moved something in a window."""
    return [
        jump
        for jump in jumps
        if jump.verdict is verdict and any(since < move.at <= until for part in jump.parts for move in part.moves)
    ]
