"""DefiLlama: the list of exchanges with their totals, and every exchange's holdings by chain and token.

Both calls are free and need no key. The list (`GET /cexs`) is undocumented, the holdings (`GET /protocol/{slug}`) are
at https://api-docs.defillama.com. Positive inflows are net deposits.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec
import structlog
from typing_extensions import override

from bot.domain.errors import SourceError, SourceFault
from bot.domain.exchange import Exchange, Listing, exchange_id
from bot.domain.reading import Reading
from bot.messages.textual import clean, shorten
from bot.ports.sources import Clock, Source
from bot.sources.cooperative import in_slices
from bot.sources.decompression import PIECE
from bot.sources.defillama.decode_process import ReadingFactory, decoded
from bot.sources.http import DETAIL_LIMITS, LIST_LIMITS, FetchLimits, Http, Validators
from bot.sources.http_errors import RequestRefused
from bot.sources.json_stream import JsonStream
from bot.sources.own_tokens import OWN_TOKENS

NAME = "defillama"
URL = "https://api.llama.fi"

_DECODING = timedelta(seconds=90)
_RECENT = timedelta(days=3)  # who asks for less than that before the newest reading has what came earlier
_CLOCKS_DIFFER = timedelta(minutes=10)  # a point further ahead is a fault, and would hide every one that follows
_LONGEST_NAME = 40

log = structlog.get_logger()
_MOST_ROWS = 10_000  # there were 91 in 2026


class _ListingRow(msgspec.Struct, rename="camel"):
    name: str
    slug: str | None = None
    coin_symbol: str | None = None
    own_tokens: list[str] | None = None
    current_tvl: float | None = None
    clean_assets_tvl: float | None = None
    inflows_24h: float | None = msgspec.field(default=None, name="inflows_24h")
    inflows_1w: float | None = msgspec.field(default=None, name="inflows_1w")
    inflows_1m: float | None = msgspec.field(default=None, name="inflows_1m")


_ROW = msgspec.json.Decoder(_ListingRow)


@dataclass(frozen=True, slots=True)
class _KnownList:
    validators: Validators
    listings: tuple[Listing, ...]


@dataclass(frozen=True, slots=True)
class _KnownDetail:
    validators: Validators
    since: datetime
    newest: Reading


class DefiLlama(Source):
    """DefiLlama over one `Http`.

    `url` is scheme and host, for a mirror or a stand-in, `name` what its figures are signed with. What is remembered
    between calls, for conditional requests: the list, and of each exchange the newest reading.
    """

    def __init__(  # noqa: PLR0913 — the limits are there for tests of small ones
        self,
        http: Http,
        clock: Clock,
        *,
        url: str = URL,
        name: str = NAME,
        list_limits: FetchLimits = LIST_LIMITS,
        detail_limits: FetchLimits = DETAIL_LIMITS,
    ) -> None:
        self.name = name
        self._http = http
        self._clock = clock
        self._url = url.rstrip("/")
        self._list_limits = list_limits
        self._detail_limits = detail_limits
        self._list: _KnownList | None = None
        self._details: dict[str, _KnownDetail] = {}
        self._decoding = asyncio.Semaphore(1)  # large bodies one after the other, so that their memory is never added

    @override
    async def listings(self) -> tuple[Listing, ...]:
        """Rows say when they were asked for: what the upstream counts later, they cannot know.

        When it says that nothing has changed, the same rows come back with a new `fetched_at`.
        """
        known, now = self._list, self._clock.now()
        body = await self._http.fetch(
            f"{self._url}/cexs", limits=self._list_limits, known=known.validators if known else None
        )
        if body is None and known:
            return tuple(replace(listing, fetched_at=now) for listing in known.listings)
        if body is None:
            raise SourceError(SourceFault.BAD_SHAPE, "not modified, though nothing was known")
        listings = usable_listings(await in_slices(listing_rows(body.content, now, self.name)))
        self._list = _KnownList(body.validators, listings)
        return listings

    @override
    async def readings(self, exchange: Exchange, *, since: datetime) -> tuple[Reading, ...]:
        """Return the daily points from `since` on and the newest point in any case.

        When nothing has changed since a call that asked for as much, only the newest reading comes back: enough for
        whoever has the rest. Who asks for the past has not.
        """
        if exchange.slug is None:
            raise SourceError(SourceFault.UNKNOWN_SLUG, "no wallets of it are tracked")
        known = self._details.get(exchange.slug)
        if known and (known.since > since or since < known.newest.as_of - _RECENT):
            known = None
        try:
            return await self._fresh_readings(exchange, exchange.slug, since, known)
        except RequestRefused as error:
            if error.status in {400, 404} and "protocol not found" in error.text.lower():
                raise SourceError(SourceFault.UNKNOWN_SLUG, error.detail) from error
            raise

    async def _fresh_readings(
        self, exchange: Exchange, slug: str, since: datetime, known: _KnownDetail | None
    ) -> tuple[Reading, ...]:
        url = f"{self._url}/protocol/{quote(slug, safe='')}"
        validators = known.validators if known else None
        async with self._http.spool(url, limits=self._detail_limits, known=validators) as spool:
            now = self._clock.now()
            if spool is None and known:
                return (replace(known.newest, fetched_at=now),)
            if spool is None:
                raise SourceError(SourceFault.BAD_SHAPE, "not modified, though nothing was known")
            async with self._decoding:
                making = ReadingFactory(exchange.id, self.name, now)
                readings = await decoded(
                    spool.file, making, since=since, limit=self._detail_limits.plain, patience=_DECODING
                )
        past = tuple(reading for reading in readings if reading.as_of <= now + _CLOCKS_DIFFER)
        if len(past) < len(readings):
            log.warning("readings from the future refused", exchange=exchange.id, newest=readings[-1].as_of.isoformat())
        if not past:
            raise SourceError(SourceFault.BAD_SHAPE, "every point is dated in the future")
        self._details[slug] = _KnownDetail(spool.validators, since, past[-1])
        return past


def listing_rows(body: bytes, fetched_at: datetime, source: str = NAME) -> Iterator[Listing | None]:
    """Yield the rows of a `/cexs` body one by one, None for one that cannot be read; raise SourceError.

    A row without a name, or with text where a number belongs, is left out: a hole is seen, a wrong number is not.
    """
    stream = JsonStream(body[start : start + PIECE] for start in range(0, len(body), PIECE))
    stream.open()
    found = False
    for key in stream.members():
        if key == "cexs" and not found:
            found = True
            for number, _ in enumerate(stream.elements()):
                if number >= _MOST_ROWS:
                    raise SourceError(SourceFault.BAD_SHAPE, f"more than {_MOST_ROWS} rows")
                yield _listing(stream.take(), fetched_at, source)
        else:
            stream.skip()
    stream.close()
    if not found:
        raise SourceError(SourceFault.BAD_SHAPE, "no “cexs” in it")


def usable_listings(rows: Sequence[Listing | None]) -> tuple[Listing, ...]:
    """Return the rows that were read, the first of each exchange.

    Raise SourceError: EMPTY for a list without rows, BAD_SHAPE when there are rows and none can be read.
    """
    first: dict[str, Listing] = {}
    for row in rows:
        if row:
            first.setdefault(row.exchange.id, row)
    if not first:
        raise SourceError(SourceFault.BAD_SHAPE if rows else SourceFault.EMPTY, f"{len(rows)} rows, none of use")
    return tuple(first.values())


def _listing(written: bytes, fetched_at: datetime, source: str) -> Listing | None:
    try:
        row = _ROW.decode(written)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    slug = "-".join((row.slug or "").lower().replace("'", "").split()) or None
    name = shorten(clean(row.name).strip(), _LONGEST_NAME)
    if not name:
        return None
    exchange = Exchange(
        id=exchange_id(slug or name),
        name=name,
        slug=slug,
        own_tokens=_own_tokens(exchange_id(slug or name), row),
    )
    return Listing(
        exchange=exchange,
        source=source,
        fetched_at=fetched_at,
        total_usd=row.current_tvl,
        clean_usd=row.clean_assets_tvl,
        inflow_24h_usd=row.inflows_24h,
        inflow_7d_usd=row.inflows_1w,
        inflow_30d_usd=row.inflows_1m,
    )


def _own_tokens(exchange: str, row: _ListingRow) -> frozenset[str]:
    """Return the row's own tokens and the known ones; `coin` is left alone, it may be a CoinGecko id."""
    named = {token.strip().upper() for token in (row.coin_symbol or "", *(row.own_tokens or ()))}
    return OWN_TOKENS.get(exchange, frozenset()) | (named - {""})
