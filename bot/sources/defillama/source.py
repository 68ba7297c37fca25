"""DefiLlama as a source: the list of exchanges with their totals, and every exchange's holdings by chain and token.

Here a row of the list becomes an `Exchange`: `{"name": "Binance", "slug": "Binance-CEX", "coinSymbol": "BNB"}` is the
exchange with the id `binance`, the slug `binance-cex` and the own token BNB.

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
from bot.messages.plain_text import clean, shorten
from bot.ports.sources import Clock, Source
from bot.sources.decompression import PIECE_BYTES
from bot.sources.defillama import NAME
from bot.sources.defillama.body_checks import ListedTotals, check_body
from bot.sources.defillama.decode_process import ReadingFactory, decode_body
from bot.sources.defillama.protocol import BodyStatement
from bot.sources.http import Http
from bot.sources.http_errors import RequestRefused
from bot.sources.http_types import DETAIL_LIMITS, LIST_LIMITS, FetchLimits, Validators
from bot.sources.json_stream import JsonStream
from bot.sources.own_tokens import OWN_TOKENS

URL = "https://api.llama.fi"

_DECODE_TIME_LIMIT = timedelta(seconds=90)  # a body of 60 MB takes seconds
# Whoever asks for no more than this before the newest reading still has what came earlier, and so an unchanged body
# need not come again: the poller compares 91 days of each body. Whoever asks for more has lost it, or never had it.
_INCREMENTAL_SPAN = timedelta(days=100)
_MAX_CLOCK_SKEW = timedelta(minutes=10)  # a point further ahead is a fault, and would hide every one that follows
_MAX_NAME_CHARACTERS = 40
_MAX_ROWS = 10_000  # there were 91 in 2026

log = structlog.get_logger()


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


_ROW_DECODER = msgspec.json.Decoder(_ListingRow)


@dataclass(frozen=True, slots=True)
class _CachedList:
    validators: Validators
    listings: tuple[Listing, ...]


@dataclass(frozen=True, slots=True)
class _CachedDetail:
    validators: Validators
    since: datetime
    newest: Reading
    statement: BodyStatement


class DefiLlama(Source):
    """DefiLlama over one `Http`.

    `url` is scheme and host, for a mirror or a stand-in, `name` what its figures are signed with. Kept between calls,
    for conditional requests (HTTP 304): the list, and the newest reading of each exchange.
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
        self._cached_list: _CachedList | None = None
        self._cached_details: dict[str, _CachedDetail] = {}
        self._listed_totals = ListedTotals()
        self._decode_slot = asyncio.Semaphore(1)  # one large body at a time, so that their memory does not add up

    @override
    async def listings(self) -> tuple[Listing, ...]:
        """`fetched_at` is when the list was asked for, not when it came: it knows nothing of what happened in between.

        An unchanged list comes back as the same rows with a new `fetched_at`.
        """
        cached, now = self._cached_list, self._clock.now()
        body = await self._http.fetch(
            f"{self._url}/cexs", limits=self._list_limits, validators=cached.validators if cached else None
        )
        if body is None and cached:
            self._listed_totals.record(cached.listings, now)
            return tuple(replace(listing, fetched_at=now) for listing in cached.listings)
        if body is None:
            raise SourceError(SourceFault.BAD_SHAPE, "not modified, though nothing was cached")
        # In another thread: the text between two rows, which is stepped over, may be as long as the whole body.
        rows = await asyncio.to_thread(lambda: list(listing_rows(body.content, now, self.name)))
        listings = usable_listings(rows)
        self._cached_list = _CachedList(body.validators, listings)
        self._listed_totals.record(listings, now)
        return listings

    @override
    async def readings(self, exchange: Exchange, *, since: datetime) -> tuple[Reading, ...]:
        """Return the daily points from `since` on and the newest point in any case.

        When nothing has changed since a call that asked for as much, only the newest reading comes back, with a new
        `fetched_at`: the caller has the others. A `since` of more than 100 days before the newest reading says
        that it has not, and brings the whole span again. A body that contradicts itself or the list is refused
        (`body_checks`), and its validators are not kept: it is asked for again, and may be right by then.
        """
        if exchange.slug is None:
            raise SourceError(SourceFault.UNKNOWN_SLUG, "no wallets of it are tracked")
        cached = self._cached_details.get(exchange.slug)
        if cached and (cached.since > since or since < cached.newest.as_of - _INCREMENTAL_SPAN):
            cached = None
        try:
            return await self._fetch_readings(exchange, exchange.slug, since, cached)
        except RequestRefused as error:
            if error.status in {400, 404} and "protocol not found" in error.text.lower():
                raise SourceError(SourceFault.UNKNOWN_SLUG, error.detail) from error
            raise

    async def _fetch_readings(
        self, exchange: Exchange, slug: str, since: datetime, cached: _CachedDetail | None
    ) -> tuple[Reading, ...]:
        url = f"{self._url}/protocol/{quote(slug, safe='')}"
        validators = cached.validators if cached else None
        async with self._http.spool(url, limits=self._detail_limits, validators=validators) as spooled:
            now = self._clock.now()
            if spooled is None and cached:
                self._check(exchange, cached.newest, cached.statement, before=cached.newest)
                return (replace(cached.newest, fetched_at=now),)
            if spooled is None:
                raise SourceError(SourceFault.BAD_SHAPE, "not modified, though nothing was cached")
            async with self._decode_slot:
                factory = ReadingFactory(exchange.id, self.name, now)
                readings, statement = await decode_body(
                    spooled.file,
                    factory,
                    since=since,
                    limit=self._detail_limits.plain_bytes,
                    time_limit=_DECODE_TIME_LIMIT,
                )
        usable = tuple(reading for reading in readings if reading.as_of <= now + _MAX_CLOCK_SKEW)
        if len(usable) < len(readings):
            log.warning("readings from the future refused", exchange=exchange.id, newest=readings[-1].as_of.isoformat())
        if not usable:
            raise SourceError(SourceFault.BAD_SHAPE, "every point is dated in the future")
        if usable[-1] is not readings[-1]:
            statement = statement._replace(total_usd=None, chain_totals=())  # of a point from the future
        self._check(exchange, usable[-1], statement, before=usable[-2] if len(usable) > 1 else None)
        self._cached_details[slug] = _CachedDetail(spooled.validators, since, usable[-1], statement)
        return usable

    def _check(self, exchange: Exchange, newest: Reading, statement: BodyStatement, *, before: Reading | None) -> None:
        """Raise SourceError where a body contradicts what was asked for, itself, or the list."""
        accepted = self._cached_details.get(exchange.slug or "")
        check_body(
            exchange,
            newest,
            statement,
            before=before,
            accepted=accepted.newest if accepted else None,
            listed=self._listed_totals.span(exchange.id, newest.as_of),
        )


def listing_rows(body: bytes, fetched_at: datetime, source: str = NAME) -> Iterator[Listing | None]:
    """Yield the rows of a `/cexs` body one by one, None for one that cannot be read; raise SourceError.

    A row without a name, or with text where a number belongs, is left out: a missing row is noticed, a wrong number is
    not.
    """
    stream = JsonStream(body[start : start + PIECE_BYTES] for start in range(0, len(body), PIECE_BYTES))
    stream.open()
    has_list = False
    for key in stream.members():
        if key == "cexs" and not has_list:
            has_list = True
            for number, _ in enumerate(stream.elements()):
                if number >= _MAX_ROWS:
                    raise SourceError(SourceFault.BAD_SHAPE, f"more than {_MAX_ROWS} rows")
                yield _listing(stream.read_value(), fetched_at, source)
        else:
            stream.skip()
    stream.close()
    if not has_list:
        raise SourceError(SourceFault.BAD_SHAPE, "no “cexs” in it")


def usable_listings(rows: Sequence[Listing | None]) -> tuple[Listing, ...]:
    """Return the rows that could be read, the first of each exchange.

    Raise SourceError: EMPTY for a list without rows, BAD_SHAPE when there are rows and none can be read.
    """
    first_by_id: dict[str, Listing] = {}
    for row in rows:
        if row:
            first_by_id.setdefault(row.exchange.id, row)
    if not first_by_id:
        raise SourceError(SourceFault.BAD_SHAPE if rows else SourceFault.EMPTY, f"{len(rows)} rows, none of use")
    return tuple(first_by_id.values())


def _listing(row_json: bytes, fetched_at: datetime, source: str) -> Listing | None:
    try:
        row = _ROW_DECODER.decode(row_json)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    slug = "-".join((row.slug or "").lower().replace("'", "").split()) or None
    name = shorten(clean(row.name).strip(), _MAX_NAME_CHARACTERS)
    id_ = exchange_id(slug or name)
    if not name or not id_:
        return None
    exchange = Exchange(
        id=id_,
        name=name,
        slug=slug,
        own_tokens=_own_tokens(id_, row),
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
    """Return the own tokens that the row names and those of our table; `coin` is left out, it may be a CoinGecko id."""
    symbols = {token.strip().upper() for token in (row.coin_symbol or "", *(row.own_tokens or ()))}
    return OWN_TOKENS.get(exchange, frozenset()) | (symbols - {""})
