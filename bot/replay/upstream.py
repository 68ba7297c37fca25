"""What the upstream would say of an episode at a given moment: its bodies as plain objects, by its own rules.

As in DefiLlama/defillama-server: daily points stand at 00:00:00 UTC and hold the first run of the day; the newest run
follows at its odd second; a measurement that does not exist is a missing key, never null; chains have their old names.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.replay.books import UNMEASURED, VOLUME_ONLY
from bot.replay.episode import Book, Episode
from bot.replay.generator import Snapshot, snapshots
from bot.replay.record import Record, inflow, record, sections

_HOURLY_LOOKUP = timedelta(days=2)  # records younger than this are looked up by the hour, older ones by the day
_LOOK_BACK = timedelta(hours=48)
_LOOK_AHEAD = timedelta(hours=1)
_INFLOWS = {"inflows_24h": timedelta(days=1), "inflows_1w": timedelta(days=7), "inflows_1m": timedelta(days=30)}


class Upstream:
    """The stand-in's memory: what it has seen of an episode so far. Not to be used from two threads at a time."""

    def __init__(self, episode: Episode) -> None:
        self._label = episode.label
        self._runs = snapshots(episode)
        self._next: Snapshot | None = None
        self._shelves = {book.slug.lower(): _Shelf(book) for book in episode.books}

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
        rows = [shelf.row() for shelf in self._shelves.values()]
        return {"cexs": [*rows, *UNMEASURED], "cg_volume_cexs": VOLUME_ONLY}

    def protocol_body(self, slug: str) -> dict[str, Any] | None:
        """Return the body of `GET /protocol/{slug}`, None where the slug is unknown; case does not matter."""
        shelf = self._shelves.get(slug.lower().replace(" ", "-").replace("'", ""))
        return shelf.body(self._label) if shelf else None


class _Shelf:
    """The records of one exchange."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._daily: list[Record] = []
        self._hourly: deque[Record] = deque()

    def add(self, run: Snapshot) -> None:
        """Keep one more run; the first of a day is kept for good, as of midnight."""
        newest = record(run.at, run.amounts[self._book.id], run.prices)
        self._hourly.append(newest)
        while self._hourly[0].at < run.at - _HOURLY_LOOKUP - _LOOK_BACK:
            self._hourly.popleft()
        midnight = run.at.replace(hour=0, minute=0, second=0)
        if not self._daily or self._daily[-1].at < midnight:
            self._daily.append(replace(newest, at=midnight))

    def row(self) -> dict[str, Any]:
        """Return the exchange's row of the list as of the newest run."""
        newest = self._hourly[-1]
        own = self._book.own_tokens
        row: dict[str, Any] = dict(self._book.row)
        row["currentTvl"] = sum(newest.total_usd.values())
        row["cleanAssetsTvl"] = sum(usd for symbol, usd in newest.total_usd.items() if symbol not in own)
        for key, length in _INFLOWS.items():
            start = self._record_at(newest.at - length)
            if start:
                row[key] = inflow(start, newest, own)
        return row

    def body(self, label: str) -> dict[str, Any]:
        """Return the exchange's history, by chain and added up."""
        newest = self._hourly[-1]
        points = [*self._daily, newest]
        values = {chain: sum(usd.values()) for chain, usd in newest.usd.items()}
        chains = sorted(values, key=values.__getitem__, reverse=True)
        return {
            **self._constants(label),
            "chains": chains,
            "listedAt": int(points[0].at.timestamp()),
            "chainTvls": {one: sections([(at.at, at.amounts[one], at.usd[one]) for at in points]) for one in chains},
            **sections([(at.at, at.total_amounts, at.total_usd) for at in points]),
            "currentChainTvls": {chain: round(values[chain], 5) for chain in chains},
        }

    def _record_at(self, moment: datetime) -> Record | None:
        """Return the newest record from 48 h before the moment to 1 h after it."""
        is_recent = moment >= self._hourly[-1].at - _HOURLY_LOOKUP
        records: Sequence[Record] = self._hourly if is_recent else self._daily
        since, until = moment - _LOOK_BACK, moment + _LOOK_AHEAD
        return next((one for one in reversed(records) if since <= one.at <= until), None)

    def _constants(self, label: str) -> dict[str, Any]:
        return {
            "id": f"replay-{self._book.id}",
            "name": self._book.protocol_name,
            "address": None,
            "symbol": "-",
            "description": label,
            "chain": "Multi-Chain",
            "audits": "0",
            "audit_note": None,
            "gecko_id": None,
            "cmcId": None,
            "category": "CEX",
            "module": f"{self._book.id}/index.js",
            "forkedFrom": [],
            "oracles": [],
            "raises": [],
            "metrics": {},
            "mcap": None,
            "otherProtocols": [],
        }
