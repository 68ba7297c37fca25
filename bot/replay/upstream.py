"""The bodies that the upstream would answer with at a given moment of an episode, as plain objects.

As in DefiLlama/defillama-server: daily points stand at 00:00:00 UTC and hold the first run of the day; the newest run
follows at its odd second; what was not measured is a missing key, never null; chains have their old names
("Binance" for BSC).
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
_LOOK_BACK = timedelta(hours=48)  # how far before a moment a record may lie that stands for it
_LOOK_AHEAD = timedelta(hours=1)  # and how far after it
_DAY = timedelta(days=1)
_INFLOWS = {"inflows_24h": _DAY, "inflows_1w": timedelta(days=7), "inflows_1m": timedelta(days=30)}


class UpstreamBodies:
    """The records of an episode up to a moment, and the bodies made from them. Not for two threads at a time."""

    def __init__(self, episode: Episode) -> None:
        self._label = episode.label
        self._newest_runs = upstream_runs(episode)
        self._next_run: UpstreamRun | None = None
        self._records = {exchange.slug.lower(): _StoredRecords(exchange) for exchange in episode.exchanges}

    def advance(self, now: datetime) -> bool:
        """Record every run up to now; return whether there was a new one."""
        if self._next_run is None:
            self._next_run = next(self._newest_runs, None)
        first = self._next_run
        while self._next_run is not None and self._next_run.at <= now:
            for records in self._records.values():
                records.add(self._next_run)
            self._next_run = next(self._newest_runs, None)
        return self._next_run is not first

    def list_body(self) -> dict[str, Any]:
        """Return the body of `GET /cexs`, in the order of the constant list, not of size."""
        rows = [records.row() for records in self._records.values() if records.is_listed]
        return {"cexs": [*rows, *UNMEASURED], "cg_volume_cexs": VOLUME_ONLY}

    def protocol_body(self, slug: str) -> dict[str, Any] | None:
        """Return the body of `GET /protocol/{slug}`, None where the slug is unknown; case does not matter."""
        records = self._records.get(slug.lower().replace(" ", "-").replace("'", ""))
        return records.body(self._label) if records else None


class _StoredRecords:
    """The daily and the recent hourly records of one exchange, and the newest run."""

    def __init__(self, exchange: ExchangeHoldings) -> None:
        self._exchange = exchange
        self._daily: list[StoredRecord] = []
        self._hourly: deque[StoredRecord] = deque()
        self._newest_run: UpstreamRun | None = None

    def add(self, run: UpstreamRun) -> None:
        """Keep one more run; the first of a day is kept for good, as of midnight. A run may have no record."""
        self._newest_run = run
        observation = run.observations.get(self._exchange.id)
        if observation is None:
            return
        newest = record(run.at, observation.amounts, observation.prices)
        self._hourly.append(newest)
        # Kept for as long as a lookup by the hour may reach back, and no longer: a year has 8,760 of them.
        while self._hourly[0].at < run.at - _HOURLY_LOOKUP - _LOOK_BACK:
            self._hourly.popleft()
        midnight = run.at.replace(hour=0, minute=0, second=0)
        if not self._daily or self._daily[-1].at < midnight:
            self._daily.append(replace(newest, at=midnight))

    @property
    def is_listed(self) -> bool:
        """Return whether the exchange is in the list."""
        return self._newest_run is None or self._exchange.id not in self._newest_run.unlisted

    def row(self) -> dict[str, Any]:
        """Return the exchange's row of the list as of the newest run.

        Totals vanish when the newest record is a day old, an inflow when either end has no record near it; before that
        both ends of a stalled one are the same record, and the inflow is exactly 0.
        """
        newest, own = self._hourly[-1], self._exchange.own_tokens
        now = self._newest_run.at if self._newest_run else newest.at
        row: dict[str, Any] = dict(self._exchange.listing_row)
        clean_usd = sum(usd for symbol, usd in newest.total_usd.items() if symbol not in own)
        if now - newest.at < _DAY:
            row["currentTvl"], row["cleanAssetsTvl"] = sum(newest.total_usd.values()), clean_usd
        end = self._record_at(now, now)
        for key, length in _INFLOWS.items():
            start = self._record_at(now - length, now)
            if start and end:
                row[key] = inflow(start, end, own)
        claimed_share = self._newest_run.claimed_inflows.get(self._exchange.id) if self._newest_run else None
        if claimed_share is not None:
            row["inflows_24h"] = claimed_share * clean_usd
        return row

    def body(self, label: str) -> dict[str, Any]:
        """Return the exchange's history, by chain and added up."""
        null_chains = (
            self._newest_run.null_chains.get(self._exchange.id, frozenset()) if self._newest_run else frozenset()
        )
        return history_body(self._exchange, label, [*self._daily, self._hourly[-1]], null_chains)

    def _record_at(self, moment: datetime, now: datetime) -> StoredRecord | None:
        """Return the newest record from 48 h before the moment to 1 h after it."""
        records: Sequence[StoredRecord] = self._hourly if moment >= now - _HOURLY_LOOKUP else self._daily
        since, until = moment - _LOOK_BACK, moment + _LOOK_AHEAD
        return next((stored for stored in reversed(records) if since <= stored.at <= until), None)
