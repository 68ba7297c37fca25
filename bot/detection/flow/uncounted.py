"""How much of what moved in a window is not counted, by asset, as the jumps say.

Example: 28 BTC left on Monday (not counted), 20 of them came back on Wednesday. In a window from Sunday to Thursday −8
BTC are not counted, in one from Tuesday to Thursday +20.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.domain.jump import Jump, Verdict


def uncounted_units(
    jumps: Iterable[Jump], since: datetime, until: datetime, *, with_waiting: bool = True
) -> Mapping[str, float]:
    """Return the units by asset, signed, that moved after `since` up to `until` without being flow.

    A move at the very time of a window's base is in the base already. Without `with_waiting`, drops whose verdict is
    not known yet count as flow; rises never do, which would hide what left beside them.
    """
    units: defaultdict[str, float] = defaultdict(float)
    for jump in jumps:
        is_waiting_drop = jump.verdict is Verdict.WAITING and jump.usd < 0
        if jump.is_counted or (is_waiting_drop and not with_waiting):
            continue
        for part in jump.parts:
            for move in part.moves:
                if since < move.at <= until:
                    units[part.asset] += move.amount
    return {asset: amount for asset, amount in units.items() if amount}


def waiting_jumps(jumps: Iterable[Jump], since: datetime, until: datetime) -> list[Jump]:
    """Return the jumps in a window whose verdict is not known yet."""
    return [
        jump
        for jump in jumps
        if jump.verdict is Verdict.WAITING
        and any(since < move.at <= until for part in jump.parts for move in part.moves)
    ]
