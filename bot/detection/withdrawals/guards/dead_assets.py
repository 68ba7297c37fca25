"""Dead assets: what has been closed for a month is no news, and no reason to distrust an exchange today.

Example: an exchange closed USDC in May and never opened it again. In July it closes USDT for an hour of wallet work.
One major is closed then, not two.
"""

from datetime import datetime

from bot.domain.withdrawals import DEAD_AFTER


def is_dead(closed_since: datetime, at: datetime) -> bool:
    """Return whether an asset that has been closed since a time is dead at `at`."""
    return at - closed_since >= DEAD_AFTER
