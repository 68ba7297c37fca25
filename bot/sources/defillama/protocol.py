"""Parse a body of DefiLlama's `GET /protocol/{slug}` into moments, without ever holding the whole body.

For the live bot (`decode_process`) and for backtests on kept bodies. Pure: bytes in, numbers out.

The body holds, per chain, one array of amounts (`tokens`) and one of values (`tokensInUsd`), each a list of
`{"date": unix seconds, "tokens": {symbol: number}}`: one point per day at 00:00:00 UTC, and the newest hourly record at
its odd second (14:03:31). A missing day is a gap in the array. Example: {"tokens": {"USDT": 5, "TRX": 2}} beside
{"tokens": {"USDT": 5.01}} is 5 USDT worth $5.01, and 2 TRX worth $0. What counts, and what does not:

- A slot needs an amount above zero; an amount of zero is no holding. It is named as zero where the body has held
  something in that slot: an asset that is drained is not told any more, and a node that answers errors tells a zero.
- A slot whose value is not there is held at a value of zero: unpriced, so it weighs nothing, but not gone, so never
  drained.
- An amount below zero, or that is no finite number (null, text, 1e400), cannot be, nor can one that is smaller than the
  smallest unit of any asset (5e-324) or larger than anything there is (1e308): the slot is left out and named as
  impossible, which is neither zero nor drained.
- A value that cannot be, beside an amount that can, is a price that is not known: 3 BTC of null dollars are worth what
  they were at the price of the last point of that slot that has one, and the slot is named as unpriced. So a run in BTC
  shows all the same. Without such a point the slot is unpriced at a value of zero: its amount may say that it is a new
  name of another. Where nothing on the chain has a value, all of it is impossible.
- A chain without points or with null sections has no slots at that time: unknown, again neither zero nor drained.
- Names of one asset are one asset (`bot.domain.assets.ALIASES`): 3 USDT and 2 USD₮0 on one chain are 5 USDT.
- Sections that repeat amounts of other sections ("Ethereum-staking", "borrowed", "pool2") are left out.
- Only when no chain has points, the aggregate stands in under the chain name "all".
- Points at the odd second of the newest record within half an hour of each other are one reading: they come from the
  same hourly run. A chain whose last record is older is missing from the newest reading.
- Arrays may come unsorted; of two points of one time the later one in the array counts.
"""

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from bot.domain.assets import ALIASES, asset_name
from bot.domain.errors import SourceError, SourceFault
from bot.domain.far_apart import are_far_apart
from bot.sources.json_stream import JsonStream

ALL_CHAINS = "all"
"""The chain name of the aggregate, where no chain has points of its own."""

_EXPECTED_KEYS = ("chainTvls", "tokens", "tokensInUsd")
_DAY_S = 86400
_SAME_RUN_S = 30 * 60  # the upstream runs once an hour and writes its chains within minutes
# The finest units are a trillionth of a trillionth (NEAR's yocto, 1e-24), the largest supplies some 1e24 of a whole,
# and all the wealth of the world is below 1e15 USD. With what is far beyond, prices and sums overflow.
_SMALLEST_AMOUNT, _LARGEST_AMOUNT = 1e-30, 1e40
_LARGEST_USD = 1e18
_LATEST_UNIX_S = 4102444800  # 2100-01-01: a later date is in milliseconds, not in seconds
# How the name of a section ends (after its last dash; or its whole name) that is no chain; see `nonChains` and the
# treatment of dashes in https://github.com/DefiLlama/defillama-server, defi/src/utils/normalizeChain.ts
_NOT_CHAINS = frozenset(
    {"borrowed", "dcandlsoverlap", "doublecounted", "liquidstaking", "masterchef", "offers", "owntokens"}
    | {"pool2", "staking", "treasury", "vesting"}
)


class _SlotPrice(NamedTuple):
    """What one unit of a slot cost at a point, and what all of them were worth there, in USD."""

    price: float
    usd: float


class _Point(msgspec.Struct, gc=False):
    date: float
    tokens: msgspec.Raw


class _TotalPoint(msgspec.Struct, gc=False):
    date: float
    total_usd: msgspec.Raw = msgspec.field(default=msgspec.Raw(b"null"), name="totalLiquidityUSD")


_POINTS_DECODER = msgspec.json.Decoder(list[_Point] | None)
_TOTALS_DECODER = msgspec.json.Decoder(list[_TotalPoint] | None)
_NUMBERS_DECODER = msgspec.json.Decoder(dict[str, float])
_RAW_NUMBERS_DECODER = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NUMBER_DECODER = msgspec.json.Decoder(float)
_TEXT_DECODER = msgspec.json.Decoder(str)
_UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_PointsByTime = dict[float, msgspec.Raw]
_MAX_NAME_CHARACTERS = 80  # of what a body calls itself: it comes back in the log and in `/status`


class AmountColumns(NamedTuple):
    """Holdings side by side: positions in the list of slots, amounts in units, values in USD.

    `impossible` are the positions of slots that were named with an amount or a value that cannot be, `zeros` of those
    that were named with an amount of zero; they have no row. `unpriced` are rows whose value was told as none that can
    be, and is made of the amount and an earlier price.
    """

    slots: "array[int]"
    amounts: "array[float]"
    usd: "array[float]"
    impossible: tuple[int, ...] = ()
    zeros: tuple[int, ...] = ()
    unpriced: tuple[int, ...] = ()


class Moment(NamedTuple):
    """Everything held at one time (unix seconds)."""

    as_of: float
    columns: AmountColumns


class BodyStatement(NamedTuple):
    """What a body says of itself, by which `body_checks` tells whether it may be believed.

    The totals are the upstream's own in USD, of the newest point: of everything, and by chain. One that is not there,
    or not above zero, is no statement. `lacks_chains` says that the point before it had a chain that it has not.
    """

    name: str | None = None
    slug: str | None = None
    total_usd: float | None = None
    chain_totals: tuple[tuple[str, float], ...] = ()
    lacks_chains: bool = False


class _StatedTotal(NamedTuple):
    date: float
    usd: float


class ProtocolExtract:
    """The part of one body from `since` (unix seconds) on, and the newest point in any case.

    `slots` are the (chain, asset) that the positions in the columns stand for. Raises SourceError and nothing else:
    EMPTY when no point is usable, BAD_SHAPE when one could not be read.
    """

    def __init__(self, pieces: Iterable[bytes], *, since: float) -> None:
        self.slots: list[tuple[str, str]] = []
        self._positions: dict[str, dict[str, int]] = {}
        self._layouts: dict[tuple[str, tuple[str, ...]], array[int]] = {}
        self._chains: dict[str, dict[float, AmountColumns]] = {}
        self._aggregate: dict[str, _PointsByTime] = {}
        self._aggregate_times: frozenset[float] = frozenset()
        self._texts: dict[str, str] = {}
        self._total: _StatedTotal | None = None
        self._chain_totals: dict[str, _StatedTotal] = {}
        self._unreadable = 0
        self._since = since
        self._read(JsonStream(pieces))
        self._drop_sections_of_chains()
        self._align_newest_run()
        self._held = frozenset[int]().union(*self._layouts.values())
        self._times = sorted(
            {time for points in self._chains.values() for time, columns in points.items() if columns.amounts}
        )

    def moments(self) -> Iterator[Moment]:
        """Yield what was held, oldest first."""
        if not self._times:
            fault = SourceFault.BAD_SHAPE if self._unreadable else SourceFault.EMPTY
            raise SourceError(fault, "no usable point")
        for time in self._times:
            if time >= self._since or time == self._times[-1]:
                columns = _concatenate(points[time] for points in self._chains.values() if time in points)
                # A token that is worth nothing to anybody is told as zero for ever, and would only fill the readings.
                if not self._held.issuperset(columns.zeros):
                    columns = columns._replace(zeros=tuple(zero for zero in columns.zeros if zero in self._held))
                yield Moment(time, columns)

    def statement(self) -> BodyStatement:
        """Return what the body says of itself; raise IndexError when it has no moment."""
        newest = self._times[-1]

        def of_newest_run(stated: _StatedTotal | None) -> float | None:
            return stated.usd if stated and abs(stated.date - newest) <= _SAME_RUN_S else None

        totals = {chain: of_newest_run(self._chain_totals.get(chain)) for chain in self._chains}
        chains_at = [
            {chain for chain, points in self._chains.items() if time in points and points[time].amounts}
            for time in self._times[-2:]
        ]
        return BodyStatement(
            name=self._texts.get("name"),
            slug=self._texts.get("slug"),
            total_usd=of_newest_run(self._total),
            chain_totals=tuple((chain, usd) for chain, usd in totals.items() if usd is not None),
            lacks_chains=not chains_at[0] <= chains_at[-1],
        )

    def _read(self, stream: JsonStream) -> None:
        stream.open()
        has_expected_key = False
        for key in stream.members():
            has_expected_key = has_expected_key or key in _EXPECTED_KEYS
            if key == "chainTvls":
                self._read_chains(stream)
            elif key == "tvl":
                totals = _total_points(stream)
                self._aggregate_times = frozenset(point.date for point in totals)
                self._total = _newest_total(totals)
            elif key in ("name", "slug"):
                self._read_text(stream, key)
            elif key in ("tokens", "tokensInUsd") and not any(self._chains.values()):
                self._aggregate[key] = self._copied(self._read_points(stream))
            else:
                stream.skip()
        stream.close()
        if not has_expected_key:
            raise SourceError(SourceFault.BAD_SHAPE, "none of the parts of a protocol")
        if not any(self._chains.values()):
            self._add_chain(ALL_CHAINS, self._aggregate)

    def _read_text(self, stream: JsonStream, key: str) -> None:
        try:
            self._texts[key] = stream.decode(_TEXT_DECODER)[:_MAX_NAME_CHARACTERS]
        except _UNDECODABLE:
            return  # no text: the body does not say

    def _read_chains(self, stream: JsonStream) -> None:
        if stream.peek() == ord("n"):
            stream.skip()
            return
        for chain in stream.members():
            if chain.rpartition("-")[2].lower() in _NOT_CHAINS or stream.peek() == ord("n"):
                stream.skip()
                continue
            sections: dict[str, _PointsByTime] = {}
            for section in stream.members():
                if section in ("tokens", "tokensInUsd"):
                    sections[section] = self._read_points(stream)
                elif section == "tvl":
                    self._read_chain_total(stream, chain)
                else:
                    stream.skip()
            self._add_chain(chain, sections)

    def _read_chain_total(self, stream: JsonStream, chain: str) -> None:
        try:
            stated = _newest_total(stream.decode(_TOTALS_DECODER) or [])
        except _UNDECODABLE:
            return  # it is there to compare with, and nothing else is read from it
        if stated:
            self._chain_totals[chain] = stated

    def _read_points(self, stream: JsonStream) -> _PointsByTime:
        """Return the points from `since` on by their time, and the newest one in any case."""
        try:
            points = stream.decode(_POINTS_DECODER) or []
        except (msgspec.DecodeError, RecursionError) as error:
            raise SourceError(SourceFault.BAD_SHAPE, _decoder_message(error)) from error
        times = [point.date for point in points]
        _check_times(times)
        first = min(self._since, max(times, default=0.0))
        return {point.date: point.tokens for point in points if point.date >= first}

    def _copied(self, points: _PointsByTime) -> _PointsByTime:
        """Return copies that do not keep the whole section alive."""
        return {time: tokens.copy() for time, tokens in points.items()}

    def _add_chain(self, chain: str, sections: dict[str, _PointsByTime]) -> None:
        amounts, values = sections.get("tokens", {}), sections.get("tokensInUsd", {})
        columns_by_time = self._chains.setdefault(chain, {})
        for time, tokens in amounts.items():
            if time in values and (columns := self._columns(chain, tokens, values[time])):
                columns_by_time[time] = columns
        if any(columns.unpriced for columns in columns_by_time.values()):
            columns_by_time |= dict(self._valued(columns_by_time))

    def _valued(self, columns_by_time: Mapping[float, AmountColumns]) -> Iterator[tuple[float, AmountColumns]]:
        """Yield the points of a chain that have unpriced slots, with these at the last price that their slot had.

        A price of more than five times the one before, or less than a fifth of it, needs a second point that is like
        it: LTC of $100 that is $3,000 for one point, and null from then on, is valued at $100. Where the amount moved
        against it, the units changed, and the price is right.
        """
        wanted = {position for columns in columns_by_time.values() for position in columns.unpriced}
        last: dict[int, _SlotPrice] = {}
        doubtful: dict[int, float] = {}
        for time, columns in sorted(columns_by_time.items()):
            unpriced = frozenset(columns.unpriced)
            for row, position in enumerate(columns.slots):
                if position in unpriced:
                    columns.usd[row] = columns.amounts[row] * (last[position].price if position in last else math.nan)
                elif position in wanted and columns.usd[row] > 0:
                    found = _SlotPrice(columns.usd[row] / columns.amounts[row], columns.usd[row])
                    known = last.get(position, found)
                    is_odd = are_far_apart(found.price, known.price) and are_far_apart(found.usd, known.usd)
                    if is_odd and are_far_apart(found.price, doubtful.get(position, math.inf)):
                        doubtful[position] = found.price
                    else:
                        last[position] = found
                        doubtful.pop(position, None)
            if columns.unpriced:
                yield time, self._without_unknown_values(columns)

    def _without_unknown_values(self, columns: AmountColumns) -> AmountColumns:
        """Return columns with a value of zero where none is known, as no price ever was; nothing where none at all is.

        A chain whose values are all unknown is missing; as worth nothing it would look like a chain that is there.
        """
        if any(map(math.isfinite, columns.usd)):
            return columns._replace(usd=array("d", [usd if math.isfinite(usd) else 0.0 for usd in columns.usd]))
        self._unreadable += 1
        impossible = (*columns.impossible, *columns.unpriced)
        return AmountColumns(array("I"), array("d"), array("d"), impossible, columns.zeros)

    def _columns(self, chain: str, tokens: msgspec.Raw, usd: msgspec.Raw) -> AmountColumns | None:
        try:
            amounts, values = _NUMBERS_DECODER.decode(tokens), _NUMBERS_DECODER.decode(usd)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._columns_with_unreadable_numbers(chain, tokens, usd)
        assets = tuple(amounts)
        # Nearly every day is regular: the same assets in both halves, all above zero. Only the others are sifted.
        is_regular = (
            assets
            and min(amounts.values()) >= _SMALLEST_AMOUNT
            and max(amounts.values()) <= _LARGEST_AMOUNT
            and assets == tuple(values)
            and min(values.values()) >= 0
            and max(values.values()) <= _LARGEST_USD
        )
        # Layouts are kept of names that assets go by here: a set that has one has no alias in it.
        layout = self._layouts.get((chain, assets))
        if not is_regular or (layout is None and not ALIASES.keys().isdisjoint(assets)):
            return self._sifted_columns(chain, amounts, values)
        if layout is None:
            layout = self._layout(chain, assets)
        return AmountColumns(layout, array("d", [*amounts.values()]), array("d", [*values.values()]))

    def _columns_with_unreadable_numbers(
        self, chain: str, tokens: msgspec.Raw, usd: msgspec.Raw
    ) -> AmountColumns | None:
        try:
            raw_amounts, raw_values = _RAW_NUMBERS_DECODER.decode(tokens), _RAW_NUMBERS_DECODER.decode(usd)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._unreadable += 1
            return None  # not even which assets: the whole chain is unknown at that time
        return self._sifted_columns(
            chain,
            {asset: _number(raw) for asset, raw in raw_amounts.items()},
            {asset: _number(raw) for asset, raw in raw_values.items()},
        )

    def _sifted_columns(
        self, chain: str, amounts: Mapping[str, float], values: Mapping[str, float]
    ) -> AmountColumns | None:
        """Return what is held by the names it goes by here, and what cannot be; NaN is a number that is none."""
        held: dict[str, tuple[float, float]] = {}
        impossible: dict[str, None] = {}
        zeros: dict[str, None] = {}
        for symbol, amount in amounts.items():
            asset, value = asset_name(symbol), values.get(symbol, 0.0)
            amount_before, value_before = held.get(asset, (0.0, 0.0))
            total = amount_before + amount
            is_amount = amount == 0 or _SMALLEST_AMOUNT <= amount <= _LARGEST_AMOUNT
            is_value = 0 <= value <= _LARGEST_USD and math.isfinite(value_before + value)
            if not (is_amount and math.isfinite(total)) or (amount == 0 and not 0 <= value <= _LARGEST_USD):
                impossible[asset] = None
            elif amount > 0:
                held[asset] = total, value_before + value if is_value else math.nan
            else:
                zeros[asset] = None
        for asset in impossible:  # a part of it may have been readable under its other name
            held.pop(asset, None)
        if impossible and not held:
            self._unreadable += 1
        if not impossible and not held and not zeros:
            return None
        return AmountColumns(
            self._layout(chain, tuple(held)),
            array("d", [amount for amount, _ in held.values()]),
            array("d", [value for _, value in held.values()]),
            tuple(self._position(chain, asset) for asset in impossible),
            tuple(self._position(chain, asset) for asset in zeros if asset not in held and asset not in impossible),
            tuple(self._position(chain, asset) for asset, (_, value) in held.items() if math.isnan(value)),
        )

    def _layout(self, chain: str, assets: tuple[str, ...]) -> "array[int]":
        """Return the positions of these slots, which are held; days of one layout share the array."""
        layout = self._layouts.get((chain, assets))
        if layout is None:
            layout = self._layouts[chain, assets] = array("I", [self._position(chain, asset) for asset in assets])
        return layout

    def _position(self, chain: str, asset: str) -> int:
        positions = self._positions.setdefault(chain, {})
        if asset not in positions:
            positions[asset] = len(self.slots)
            self.slots.append((chain, asset))
        return positions[asset]

    def _drop_sections_of_chains(self) -> None:
        """Drop "Ethereum-something" where there is an "Ethereum": a section that `_NOT_CHAINS` does not know."""
        for chain in list(self._chains):
            prefix, dash, _ = chain.rpartition("-")
            if dash and prefix in self._chains:
                del self._chains[chain]

    def _align_newest_run(self) -> None:
        """Give the chains' last records of one hourly run one time: the aggregate's where it has one, else the newest.

        Example: records of 14:03:24 and 14:03:31 with an aggregate of 14:03:31 become one reading of 14:03:31.
        """
        newest = {chain: time for chain, points in self._chains.items() if (time := _newest_run_time(points))}
        if not newest:
            return
        aggregate_time = _newest_run_time(self._aggregate_times)
        last_time = max(newest.values())
        run_time = aggregate_time if abs(aggregate_time - last_time) <= _SAME_RUN_S else last_time
        for chain, time in newest.items():
            points = self._chains[chain]
            # A time that the aggregate has too is of an earlier run of its own, and stays apart.
            if abs(time - run_time) <= _SAME_RUN_S and time not in self._aggregate_times and run_time not in points:
                points[run_time] = points.pop(time)


def _newest_run_time(times: Iterable[float]) -> float:
    """Return the newest time that is no midnight (those are daily points), 0 when there is none."""
    return next((time for time in sorted(times, reverse=True) if time % _DAY_S), 0.0)


def _total_points(stream: JsonStream) -> list[_TotalPoint]:
    try:
        return stream.decode(_TOTALS_DECODER) or []
    except (msgspec.DecodeError, RecursionError) as error:
        raise SourceError(SourceFault.BAD_SHAPE, _decoder_message(error)) from error


def _newest_total(points: Sequence[_TotalPoint]) -> _StatedTotal | None:
    """Return the newest of the totals that a section states; None: it states none, or one that is not above zero."""
    newest = max(points, key=lambda point: point.date, default=None)
    usd = _number(newest.total_usd) if newest else math.nan
    return _StatedTotal(newest.date, usd) if newest and usd > 0 else None


def _number(raw: msgspec.Raw) -> float:
    """Return a JSON value as a number, NaN for what is none or too large for one."""
    try:
        return _NUMBER_DECODER.decode(raw)
    except _UNDECODABLE:
        return math.nan


def _check_times(times: Sequence[float]) -> None:
    if times and not (min(times) >= 0 and max(times) < _LATEST_UNIX_S):
        raise SourceError(SourceFault.BAD_SHAPE, "a date is no unix time in seconds")


def _decoder_message(error: Exception) -> str:
    """Return what the decoder says: types and positions, never content."""
    return str(error)[:120]


def _concatenate(parts: Iterable[AmountColumns]) -> AmountColumns:
    slots, amounts, usd = array("I"), array("d"), array("d")
    impossible: tuple[int, ...] = ()
    zeros: tuple[int, ...] = ()
    unpriced: tuple[int, ...] = ()
    for columns in parts:
        slots.extend(columns.slots)
        amounts.extend(columns.amounts)
        usd.extend(columns.usd)
        impossible += columns.impossible
        zeros += columns.zeros
        unpriced += columns.unpriced
    return AmountColumns(slots, amounts, usd, impossible, zeros, unpriced)
