"""What a body of DefiLlama's `GET /protocol/{slug}` says, drawn out of it without ever holding it whole.

The body holds, per chain, one array of amounts (`tokens`) and one of values (`tokensInUsd`), each a list of
`{"date": unix seconds, "tokens": {symbol: number}}`: one point per day at 00:00:00 UTC, and the newest hourly record at
its odd second. A missing day is a gap in the array. What counts, and what does not:

- A slot needs an amount above zero; amounts of zero, negative zero and below are no holdings. One whose value is
  missing or negative is held at a value of zero: unpriced, so it weighs nothing, but not gone, so never drained.
- A chain without points, with null sections, or with a day in which any number cannot be read (null, text, out of
  range) has no slots at that time: unknown, which is neither zero nor drained.
- Sections that repeat what is elsewhere ("Ethereum-staking", "borrowed", "pool2") are left out.
- Only when no chain has points, the aggregate stands in under the chain name "all".
- Points at the odd second of the newest record within half an hour of each other are one reading: they come from the
  same hourly run. A chain whose last record is older is missing from the newest reading.
- Arrays may come unsorted; of two points of one time the later one in the array counts.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from bot.domain.errors import SourceError, SourceFault
from bot.sources.json_stream import JsonStream

ALL_CHAINS = "all"

_PARTS = ("chainTvls", "tokens", "tokensInUsd")
_DAY = 86400
_SAME_RUN = 30 * 60  # seconds
_LATEST = 4102444800  # 2100-01-01: a later time is no time in seconds
# What follows the last dash of a section that is no chain of its own, or the whole of its name; see `nonChains` and the
# treatment of dashes in https://github.com/DefiLlama/defillama-server, defi/src/utils/normalizeChain.ts
_EXTRAS = frozenset(
    {"borrowed", "dcandlsoverlap", "doublecounted", "liquidstaking", "masterchef", "offers", "owntokens"}
    | {"pool2", "staking", "treasury", "vesting"}
)


class _Point(msgspec.Struct, gc=False):
    date: float
    tokens: msgspec.Raw


class _Time(msgspec.Struct, gc=False):
    date: float


_POINTS = msgspec.json.Decoder(list[_Point] | None)
_TIMES = msgspec.json.Decoder(list[_Time] | None)
_NUMBERS = msgspec.json.Decoder(dict[str, float])

_Days = dict[float, msgspec.Raw]


class AmountColumns(NamedTuple):
    """Holdings side by side: positions in the list of slots, amounts in units, values in USD."""

    slots: "array[int]"
    amounts: "array[float]"
    usd: "array[float]"


class Moment(NamedTuple):
    """Everything held at one time (unix seconds)."""

    as_of: float
    columns: AmountColumns


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
        self._aggregate: dict[str, _Days] = {}
        self._aggregate_times: frozenset[float] = frozenset()
        self._unreadable = 0
        self._since = since
        self._read(JsonStream(pieces))

    def moments(self) -> Iterator[Moment]:
        """Yield what was held, oldest first."""
        self._drop_extras_of_known_chains()
        self._gather_newest_run()
        times = sorted({time for days in self._chains.values() for time in days})
        if not times:
            fault = SourceFault.BAD_SHAPE if self._unreadable else SourceFault.EMPTY
            raise SourceError(fault, "no usable point")
        for time in times:
            if time >= self._since or time == times[-1]:
                yield Moment(time, _joined(days[time] for days in self._chains.values() if time in days))

    def _read(self, stream: JsonStream) -> None:
        stream.open()
        known = False
        for key in stream.members():
            known = known or key in _PARTS
            if key == "chainTvls":
                self._read_chains(stream)
            elif key == "tvl":
                self._aggregate_times = frozenset(_times(stream))
            elif key in ("tokens", "tokensInUsd") and not any(self._chains.values()):
                self._aggregate[key] = self._detached(self._days(stream))
            else:
                stream.skip()
        stream.close()
        if not known:
            raise SourceError(SourceFault.BAD_SHAPE, "none of the parts of a protocol")
        if not any(self._chains.values()):
            self._keep(ALL_CHAINS, self._aggregate)

    def _read_chains(self, stream: JsonStream) -> None:
        if stream.peek() == ord("n"):
            stream.skip()
            return
        for chain in stream.members():
            if chain.rpartition("-")[2].lower() in _EXTRAS or stream.peek() == ord("n"):
                stream.skip()
                continue
            sections: dict[str, _Days] = {}
            for section in stream.members():
                if section in ("tokens", "tokensInUsd"):
                    sections[section] = self._days(stream)
                else:
                    stream.skip()
            self._keep(chain, sections)

    def _days(self, stream: JsonStream) -> _Days:
        """Return the points from `since` on by their time, and the newest one in any case."""
        try:
            points = stream.decode(_POINTS) or []
        except (msgspec.DecodeError, RecursionError) as error:
            raise SourceError(SourceFault.BAD_SHAPE, _place(error)) from error
        times = [point.date for point in points]
        _refuse_odd_times(times)
        first = min(self._since, max(times, default=0.0))
        return {point.date: point.tokens for point in points if point.date >= first}

    def _detached(self, days: _Days) -> _Days:
        """Return copies that do not keep the whole section alive."""
        return {time: tokens.copy() for time, tokens in days.items()}

    def _keep(self, chain: str, sections: dict[str, _Days]) -> None:
        amounts, values = sections.get("tokens", {}), sections.get("tokensInUsd", {})
        kept = self._chains.setdefault(chain, {})
        for time, tokens in amounts.items():
            if time in values and (columns := self._columns(chain, tokens, values[time])):
                kept[time] = columns

    def _columns(self, chain: str, tokens: msgspec.Raw, usd: msgspec.Raw) -> AmountColumns | None:
        try:
            amounts, values = _NUMBERS.decode(tokens), _NUMBERS.decode(usd)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._unreadable += 1
            return None
        assets = tuple(amounts)
        if not assets or min(amounts.values()) <= 0 or assets != tuple(values) or min(values.values()) < 0:
            assets = tuple(asset for asset in assets if amounts[asset] > 0)
            amounts = {asset: amounts[asset] for asset in assets}
            values = {asset: max(values.get(asset, 0.0), 0.0) for asset in assets}
        if not assets:
            return None
        return AmountColumns(
            self._layout(chain, assets), array("d", [*amounts.values()]), array("d", [*values.values()])
        )

    def _layout(self, chain: str, assets: tuple[str, ...]) -> "array[int]":
        """Return the positions of these slots; days of one layout share the array."""
        layout = self._layouts.get((chain, assets))
        if layout is None:
            positions = self._positions.setdefault(chain, {})
            for asset in assets:
                if asset not in positions:
                    positions[asset] = len(self.slots)
                    self.slots.append((chain, asset))
            layout = self._layouts[chain, assets] = array("I", [positions[asset] for asset in assets])
        return layout

    def _drop_extras_of_known_chains(self) -> None:
        """Forget "Ethereum-something" where there is an "Ethereum": a new kind of extra, no chain."""
        for chain in list(self._chains):
            before, dash, _ = chain.rpartition("-")
            if dash and before in self._chains:
                del self._chains[chain]

    def _gather_newest_run(self) -> None:
        """Give the chains' last records of one hourly run one time, the aggregate's where it has one."""
        lasts = {chain: last for chain, days in self._chains.items() if (last := _last_off_grid(days))}
        if not lasts:
            return
        aggregate = _last_off_grid(self._aggregate_times)
        run = aggregate if abs(aggregate - max(lasts.values())) <= _SAME_RUN else max(lasts.values())
        for chain, last in lasts.items():
            if abs(last - run) <= _SAME_RUN and last not in self._aggregate_times and run not in self._chains[chain]:
                self._chains[chain][run] = self._chains[chain].pop(last)


def _last_off_grid(times: Iterable[float]) -> float:
    """Return the newest time that is no midnight, 0 when there is none."""
    return next((time for time in sorted(times, reverse=True) if time % _DAY), 0.0)


def _times(stream: JsonStream) -> Iterator[float]:
    try:
        return (point.date for point in stream.decode(_TIMES) or [])
    except (msgspec.DecodeError, RecursionError) as error:
        raise SourceError(SourceFault.BAD_SHAPE, _place(error)) from error


def _refuse_odd_times(times: Sequence[float]) -> None:
    if times and not (min(times) >= 0 and max(times) < _LATEST):
        raise SourceError(SourceFault.BAD_SHAPE, "a date is no unix time in seconds")


def _place(error: Exception) -> str:
    """Return what the decoder says: types and positions, never content."""
    return str(error)[:120]


def _joined(each: Iterable[AmountColumns]) -> AmountColumns:
    whole = AmountColumns(array("I"), array("d"), array("d"))
    for columns in each:
        whole.slots.extend(columns.slots)
        whole.amounts.extend(columns.amounts)
        whole.usd.extend(columns.usd)
    return whole
