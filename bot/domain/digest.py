"""What a digest tells a place: incidents, the biggest movers and closed withdrawals since the one before.

Example: a group has its digest daily at 08:00 in Paris. On Tuesday the bot was down until noon: that digest is left
out, and Wednesday's covers both days, says so, and says from when to when nothing was seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.exchange import Exchange
from bot.domain.flow import Flow
from bot.domain.incident import Incident
from bot.domain.place import Place
from bot.domain.withdrawals import MajorWithdrawals

LATE_BY_MOST = timedelta(hours=6)
"""A digest that could not be posted for so long is left out: by the evening it is no news. By judgement."""
_LONGEST_PERIOD = timedelta(days=28)  # that one digest covers, however many before it were left out


@dataclass(frozen=True, slots=True)
class BlindSpan:
    """A time in which nothing was seen: the bot was down, or its source did not answer."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class DueDigest:
    """A digest of a place, due at `due`: up to when the last one told, and the first one left out since, if any."""

    place: Place
    due: datetime
    told_until: datetime | None = None
    left_out: datetime | None = None

    def since(self, period: timedelta) -> datetime:
        """Return from when on it tells: from the end of the last one; at first, and after a pause, one period."""
        usual = self.due - period
        if self.left_out:
            return max(self.told_until or self.left_out - period, self.due - _LONGEST_PERIOD)
        return max(self.told_until or usual, usual)


@dataclass(frozen=True, slots=True)
class Digest:
    """What happened from `since` to `until` at the exchanges that a place has subscribed to.

    `incidents` are those that the place's subscriptions ask for and that were open in this time, worst first.
    `movers` are the exchanges with a flow that can be compared, the largest share first, whichever its direction;
    `incomparable` counts the others. `closed` are majors that cannot be withdrawn now. `left_out` is when the first
    digest was due that was left out before this one. Without a `subscribed` exchange there is nothing to tell.
    """

    since: datetime
    until: datetime
    period: timedelta
    subscribed: bool = True
    incidents: Sequence[Incident] = ()
    movers: Sequence[tuple[Exchange, Flow]] = ()
    incomparable: int = 0
    closed: Sequence[tuple[Exchange, Sequence[MajorWithdrawals]]] = ()
    blind: Sequence[BlindSpan] = ()
    left_out: datetime | None = None
    source: str = ""
    as_of: datetime | None = None

    @property
    def is_calm(self) -> bool:
        """Return whether there was no incident and nothing is closed, and that was seen all the time."""
        return bool(self.movers) and not self.incidents and not self.closed and not self.blind
