"""How much of everything that an exchange lists is closed, against its own median of the last 30 days.

Hundreds of coins that nobody trades any more are closed for good, so the share is never 0 and says nothing by itself.
Example: 10 % of HTX's networks are closed on most days. At 12:00 it is 32 %, more than a fifth above that: a jump,
since 12:00, and watch an hour later. It is over below 22 %, which is 0.6 of the way.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median

from bot.detection.withdrawals.thresholds import MIN_SHARE_DAYS, SHARE_DAYS, SHARE_JUMP, SHARE_JUMP_EASING
from bot.domain.withdrawals import DayShare, ExchangeWithdrawals

_DAY = timedelta(days=1)


def with_closed_share(known: ExchangeWithdrawals, share: float | None, at: datetime) -> ExchangeWithdrawals:
    """Return an exchange after a poll that told this share (0.1: a tenth), None where it tells none."""
    if share is None:
        return replace(known, closed_share=None, share_jumped_since=None)
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    earlier = tuple(past for past in known.day_shares if day - SHARE_DAYS * _DAY <= past.day < day)
    today = known.day_shares[-1:] if known.day_shares and known.day_shares[-1].day == day else (DayShare(day, share),)
    # Of the days before: what is judged is not part of what it is judged by.
    usual = median(past.closed_share for past in earlier) if len(earlier) >= MIN_SHARE_DAYS else None
    return replace(
        known,
        closed_share=share,
        usual_share=usual,
        day_shares=(*earlier, *today),
        share_jumped_since=_jumped_since(known.share_jumped_since, share, usual, at),
    )


def _jumped_since(since: datetime | None, share: float, usual: float | None, at: datetime) -> datetime | None:
    if usual is None:
        return None
    limit = SHARE_JUMP * (SHARE_JUMP_EASING if since else 1.0)
    return (since or at) if share - usual >= limit else None
