"""What the upstream would say of an episode at a given moment: its bodies as plain objects, by its own rules.

As in DefiLlama/defillama-server: daily points stand at 00:00:00 UTC and hold the first run of the day; the newest run
follows at its odd second; a measurement that does not exist is a missing key, never null; chains have their old names.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.replay.episode import Episode, ExchangeHoldings
from bot.replay.episodes.exchanges import UNMEASURED, VOLUME_ONLY
from bot.replay.observations import UpstreamRun, upstream_runs
from bot.replay.protocol_body import history_body
from bot.replay.recorder import StoredRecord, inflow, record

_HOURLY_LOOKUP = timedelta(days=2)  # records younger than this are looked up by the hour, older ones by the day
_LOOK_BACK = timedelta(hours=48)
_LOOK_AHEAD = timedelta(hours=1)
_DAY = timedelta(days=1)
_INFLOWS = {"inflows_24h": _DAY, "inflows_1w": timedelta(days=7), "inflows_1m": timedelta(days=30)}


class UpstreamBodies:
    """The stand-in's memory: what it has seen of an episode so far. Not to be used from two threads at a time."""

    def __init__(self, episode: Episode) -> None:
        self._label = episode.label
        self._runs = upstream_runs(episode)
        self._next: UpstreamRun | None = None
        self._shelves = {book.slug.lower(): _StoredRecords(book) for book in episode.books}

    def advance(self, now: datetime) -> bool:
        """Take over every run up to now; say whether there was a new one."""
        if self._next is None:
            self._next = next(self._runs, None)
        first = self._next
        while self._next is not None and self._next.at <= now:
            for shelf in self._shelves.values():
                shelf.add(self._next)
            self._next = next(self._runs, None)
        return self._next is not first

    def list_body(self) -> dict[str, Any]:
        """Return the body of `GET /cexs`, in the order of the constant list, not of size."""
        rows = [shelf.row() for shelf in self._shelves.values() if shelf.is_listed]
        return {"cexs": [*rows, *UNMEASURED], "cg_volume_cexs": VOLUME_ONLY}

    def protocol_body(self, slug: str) -> dict[str, Any] | None:
        """Return the body of `GET /protocol/{slug}`, None where the slug is unknown; case does not matter."""
        shelf = self._shelves.get(slug.lower().replace(" ", "-").replace("'", ""))
        return shelf.body(self._label) if shelf else None


class _StoredRecords:
    """The records of one exchange, and what the newest run made of it."""

    def __init__(self, book: ExchangeHoldings) -> None:
        self._book = book
        self._daily: list[StoredRecord] = []
        self._hourly: deque[StoredRecord] = deque()
        self._run: UpstreamRun | None = None

    def add(self, run: UpstreamRun) -> None:
        """Keep one more run; the first of a day is kept for good, as of midnight. A run may bring no record."""
        self._run = run
        sight = run.sights.get(self._book.id)
        if sight is None:
            return
        newest = record(run.at, sight.amounts, sight.prices)
        self._hourly.append(newest)
        while self._hourly[0].at < run.at - _HOURLY_LOOKUP - _LOOK_BACK:
            self._hourly.popleft()
        midnight = run.at.replace(hour=0, minute=0, second=0)
        if not self._daily or self._daily[-1].at < midnight:
            self._daily.append(replace(newest, at=midnight))

    @property
    def is_listed(self) -> bool:
        """Say whether the exchange is in the list."""
        return self._run is None or self._book.id not in self._run.gone

    def row(self) -> dict[str, Any]:
        """Return the exchange's row of the list as of the newest run.

        Totals vanish when the newest record is a day old, an inflow when either end has no record near it; before that
        both ends of a stalled one are the same record, and the inflow is exactly 0.
        """
        newest, own = self._hourly[-1], self._book.own_tokens
        now = self._run.at if self._run else newest.at
        row: dict[str, Any] = dict(self._book.row)
        clean = sum(usd for symbol, usd in newest.total_usd.items() if symbol not in own)
        if now - newest.at < _DAY:
            row["currentTvl"], row["cleanAssetsTvl"] = sum(newest.total_usd.values()), clean
        end = self._record_at(now, now)
        for key, length in _INFLOWS.items():
            start = self._record_at(now - length, now)
            if start and end:
                row[key] = inflow(start, end, own)
        claim = self._run.claims.get(self._book.id) if self._run else None
        if claim is not None:
            row["inflows_24h"] = claim * clean
        return row

    def body(self, label: str) -> dict[str, Any]:
        """Return the exchange's history, by chain and added up."""
        nulls = self._run.null_chains.get(self._book.id, frozenset()) if self._run else frozenset()
        return history_body(self._book, label, [*self._daily, self._hourly[-1]], nulls)

    def _record_at(self, moment: datetime, now: datetime) -> StoredRecord | None:
        """Return the newest record from 48 h before the moment to 1 h after it."""
        records: Sequence[StoredRecord] = self._hourly if moment >= now - _HOURLY_LOOKUP else self._daily
        since, until = moment - _LOOK_BACK, moment + _LOOK_AHEAD
        return next((stored_record for stored_record in reversed(records) if since <= stored_record.at <= until), None)
