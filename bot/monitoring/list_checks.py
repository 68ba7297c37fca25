"""Tells a list of exchanges that lost many of them at once from one that really became shorter. Pure.

Example: a list of 12 exchanges comes with 3. That is a fault of the source, and the other nine keep their rows. When
the lists of the next hour have the same 3, it is believed. A list of 12 that comes with 8 is believed at once.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

MAX_LOST_SHARE = 1 / 3
"""Of the known exchanges: exchanges are closed one at a time, a query that is cut off loses many."""
_BELIEVED_AFTER = timedelta(hours=1)
_BELIEVED_LISTS = 2


@dataclass(frozen=True, slots=True)
class ShrunkList:
    """Exchanges that are missing from so many lists in a row, the first of them at `since`."""

    missing: frozenset[str]
    since: datetime
    lists: int = 1

    def is_believed(self, now: datetime) -> bool:
        """Return whether enough lists over enough time agree that they are gone."""
        return self.lists >= _BELIEVED_LISTS and now - self.since >= _BELIEVED_AFTER


def shrunk_list(
    known: AbstractSet[str], listed: AbstractSet[str], before: ShrunkList | None, now: datetime
) -> ShrunkList | None:
    """Return what a list has lost if that is more than a third of what is known; None: it is as long as usual.

    `before` is the answer for the list before. What both lack has been missing since then; where that is less than a
    third, the two do not agree, and the hour begins anew.
    """
    missing = frozenset(known - listed)
    if not _is_too_much(missing, known):
        return None
    if before and _is_too_much(agreed := missing & before.missing, known):
        return ShrunkList(agreed, before.since, before.lists + 1)
    return ShrunkList(missing, now)


def _is_too_much(missing: AbstractSet[str], known: AbstractSet[str]) -> bool:
    return len(missing) > MAX_LOST_SHARE * len(known)
