"""How long ago the last transaction left an exchange's hot wallet, against its usual gap. Pure.

It is the only sign of closed withdrawals that an exchange cannot misreport. Example: transactions left a wallet in
nearly every block, ten minutes apart, until 09:00. At 12:00 none has left for three hours, 18 times the usual gap.

It is shown and decides nothing. An exchange that moves on to a new hot wallet, which is on no list yet, looks the same
as one that has stopped, and so does maintenance: nothing on chain tells them apart.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from bot.domain.own_reading import OutgoingAge, OwnReading

UNUSUAL_GAPS = 12
"""Times the usual gap. Where transactions leave at random, one gap in 2^k is k times the median or more: 12 times is
one in 4,096, and a wallet with a hundred gaps a day has one in six weeks. Six times would be more than one a day.
"""
UNUSUAL_FROM = timedelta(hours=1)
"""Blocks are 10 minutes apart in the mean, and every three days or so there is one after an hour's pause."""
GAPS_NEEDED = 8
"""Fewer gaps have no median to speak of."""
NORMALLY_WITHIN = timedelta(hours=6)
"""A wallet that is used less often is none from which customers are paid."""
TOLD_FOR = timedelta(hours=3)
"""Since the wallet was asked, every hour: after that it is not known any more whether anything has left."""


def outgoing_age(own: OwnReading, now: datetime) -> OutgoingAge | None:
    """Return when the last transaction left the hot wallet as it was last read; None where that is not known now.

    How long ago counts to the time of reading: what left since then nobody has looked for. After an incomplete round
    nothing is called unusual.
    """
    outgoing = own.outgoing
    if outgoing is None or not outgoing.times or not timedelta() <= now - outgoing.read_at <= TOLD_FOR:
        return None
    last, gap = outgoing.times[-1], _usual_gap(outgoing.times)
    waited = outgoing.read_at - last
    is_unusual = (
        own.fault is None
        and gap is not None
        and gap <= NORMALLY_WITHIN
        and waited >= max(UNUSUAL_FROM, UNUSUAL_GAPS * gap)
    )
    return OutgoingAge(last, outgoing.read_at, gap, is_unusual)


def _usual_gap(times: tuple[datetime, ...]) -> timedelta | None:
    gaps = [after - before for before, after in pairwise(times)]
    return timedelta(seconds=median(gap.total_seconds() for gap in gaps)) if len(gaps) >= GAPS_NEEDED else None
