"""Says what the newest reading of an exchange lacks, and which reading had everything: totals are shown from that one.

Example: Binance holds $106 B at 12:00, and from 13:00 on the source leaves out Tron, $22 B of it. The reading of 13:00
adds up to $84 B, which would look like a run. So Tron is `missing` since 13:00 and `last_complete` is the reading of
12:00. When Solana goes as well at 15:00, `last_complete` stays that of 12:00, for the one of 14:00 had no Tron.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.detection.flow.net_flow import SHOWN_PART
from bot.domain.guard_state import GuardState, LostPart
from bot.domain.reading import Reading
from bot.domain.snapshot import ExchangeSnapshot, MissingPart

GONE_AFTER = timedelta(days=30)
"""A part that was missing for longer is gone, and the rest is everything. As long as the longest window: what is older
than that concerns no flow any more either."""


def with_missing_parts(snapshot: ExchangeSnapshot, guard_state: GuardState) -> ExchangeSnapshot:
    """Return a snapshot with the parts that its reading lacks, largest first, and the newest reading that had all.

    Days whose reading lacked a part are marked as not complete, also those of parts that are back by now.
    """
    reading = snapshot.reading
    remembered = [part for part in guard_state.lost_parts if _is_shown(part, reading, snapshot.exchange.own_tokens)]
    if reading is None or not remembered:
        return snapshot
    away = [part for part in remembered if part.until is None]
    parts = [MissingPart(part.name, part.total_usd(without=snapshot.exchange.own_tokens), part.since) for part in away]
    return replace(
        snapshot,
        missing=tuple(sorted(parts, key=lambda part: (-part.usd, part.name))),
        last_complete=_last_complete(away, remembered) if away else None,
        days=tuple(
            replace(day, is_complete=False) if _lacking_at(day.day, remembered) else day for day in snapshot.days
        ),
    )


def _is_shown(part: LostPart, reading: Reading | None, own_tokens: frozenset[str]) -> bool:
    if reading is None or (part.until is None and reading.as_of - part.since > GONE_AFTER):
        return False
    return part.total_usd(without=own_tokens) >= SHOWN_PART * part.last.total_usd(without=own_tokens)


def _last_complete(away: Sequence[LostPart], remembered: Sequence[LostPart]) -> Reading:
    last = min(away, key=_since).last
    # The reading before a chain went may itself have lacked another one, which may be back by now. Each step goes to
    # an earlier reading, so this ends.
    while lacking := _lacking_at(last.as_of, remembered):
        last = min(lacking, key=_since).last
    return last


def _lacking_at(at: datetime, remembered: Sequence[LostPart]) -> list[LostPart]:
    return [part for part in remembered if part.lacks(at)]


def _since(part: LostPart) -> datetime:
    return part.since
