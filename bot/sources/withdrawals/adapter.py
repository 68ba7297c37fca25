"""What an adapter of an exchange is: an address, a pure function that reads its answer, and what stands behind it.

Example: Gate answers `GET /api/v4/spot/currencies` with a list of coins. `gate.py` says so in a `WithdrawalAdapter`,
whose `parse` yields a row for each chain of each coin, in Gate's own spelling: `("USDT", "TRX", CLOSED)`. All that
every exchange has in common is elsewhere: asking and failing (`source.py`), names, duplicates and counts (`flags.py`).

What cannot be read is never open and never closed. A row that does not have its documented shape is left out, so that
its network is unknown; a value outside the documented ones is UNKNOWN; where no row can be read at all, it is a fault.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple, TypeVar

import msgspec

from bot.domain.errors import SourceError, SourceFault
from bot.domain.withdrawal_reading import POLLED_EVERY, Maintenance, SourceStanding, SystemState, WithdrawalState
from bot.sources.http_types import FetchLimits, OutgoingRequest, Signer

WITHDRAWAL_LIMITS = FetchLimits(
    timedelta(seconds=40), wire_bytes=6 << 20, plain_bytes=6 << 20, in_all=timedelta(seconds=100)
)
"""Binance's web body is the largest, of 2.2 MB for 959 coins in 2026."""

RAW_ROWS = msgspec.json.Decoder(list[msgspec.Raw])
RAW_ROWS_BY_NAME = msgspec.json.Decoder(dict[str, msgspec.Raw])
"""Split a body into rows without decoding them: 4 MB take some 2 ms, and the rows are decoded a few at a time."""

# Against bodies that are made to keep the event loop busy; of real ones the longest row has some 30 KB.
_LONGEST_ROW_BYTES = 1 << 18
_MOST_UNREADABLE_ROWS = 2_000  # some 3 ms, in which nothing is yielded

_SHOWN_CHARACTERS = 40  # of a value that is not as documented, in a detail
_Row = TypeVar("_Row")
_Value = TypeVar("_Value", str, int)


class WithdrawalRow(NamedTuple):
    """One asset on one network, both in the exchange's own spelling.

    `ALL_NETWORKS` is for exchanges that tell the asset as a whole, "" for a network that is left without a name.
    """

    asset: str
    network: str
    state: WithdrawalState


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeInterface:
    """One address of an exchange, and how it is asked.

    `exchange` is our id and `name` what is shown. `setting` is the setting that replaces `base` (scheme and host);
    `path` and `query` follow it. With `method="POST"`, `content` is sent as JSON. `sign` adds a signature.
    """

    exchange: str
    name: str
    setting: str
    base: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    interval: timedelta = POLLED_EVERY
    standing: SourceStanding = SourceStanding.DOCUMENTED
    limits: FetchLimits = WITHDRAWAL_LIMITS
    sign: Signer = lambda request: request

    def request(self) -> OutgoingRequest:
        """Return the request as it is sent, without a signature."""
        query = "&".join(f"{name}={value}" for name, value in self.query.items())
        headers = ({"Content-Type": "application/json"} if self.content is not None else {}) | dict(self.headers)
        url = f"{self.base}{self.path}{'?' if query else ''}{query}"
        return OutgoingRequest(url, method=self.method, headers=headers, content=self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalAdapter(ExchangeInterface):
    """The interface of an exchange that tells which networks are open.

    `parse` takes a body and yields its rows, without coins that are delisted; it raises SourceError or msgspec's
    errors. It may yield lazily: rows are taken a few milliseconds at a time.
    """

    parse: Callable[[bytes], Iterable[WithdrawalRow]]


@dataclass(frozen=True, slots=True)
class StatusContent:
    """What a status interface says; `rows` are networks that it tells one by one, `system` None where it does not."""

    system: SystemState | None = None
    maintenance: tuple[Maintenance, ...] = ()
    rows: tuple[WithdrawalRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusAdapter(ExchangeInterface):
    """An interface that tells how the exchange as a whole is: its system status, or its status page.

    `part` is what it is called where it cannot be read: "status page".
    """

    part: str
    parse: Callable[[bytes], StatusContent]


def rows_of(decoder: msgspec.json.Decoder[_Row], raw_rows: Iterable[msgspec.Raw]) -> Iterator[_Row]:
    """Yield each row that can be read; raise SourceError (EMPTY without rows, BAD_SHAPE where none can be read).

    Rows are decoded one by one, so that one of a strange shape hides none of the others, and the loop is free between.
    """
    return (row for _, row in _decoded(decoder, (("", raw_row) for raw_row in raw_rows)))


def named_rows_of(
    decoder: msgspec.json.Decoder[_Row], raw_rows: Mapping[str, msgspec.Raw]
) -> Iterator[tuple[str, _Row]]:
    """Yield each row that can be read with its name, of a body that names them by its keys; raise as `rows_of`."""
    return _decoded(decoder, raw_rows.items())


def _decoded(
    decoder: msgspec.json.Decoder[_Row], raw_rows: Iterable[tuple[str, msgspec.Raw]]
) -> Iterator[tuple[str, _Row]]:
    read = unreadable = 0
    for name, raw_row in raw_rows:
        try:
            row = decoder.decode(_short(raw_row))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            unreadable += 1
            if unreadable > _MOST_UNREADABLE_ROWS:
                break
            continue
        read += 1
        yield name, row
    if not read or unreadable > _MOST_UNREADABLE_ROWS:
        fault = SourceFault.BAD_SHAPE if unreadable else SourceFault.EMPTY
        raise SourceError(fault, f"{unreadable} rows cannot be read, {read} can")


def _short(raw_row: msgspec.Raw) -> msgspec.Raw:
    if memoryview(raw_row).nbytes > _LONGEST_ROW_BYTES:
        raise msgspec.ValidationError("the row is too long")
    return raw_row


def check_code(code: object, expected: object) -> None:
    """Raise SourceError where an answer's own code is not that of success: exchanges send errors with HTTP 200."""
    if code != expected:
        raise SourceError(SourceFault.BAD_SHAPE, f"its code is {_shown(code)}")


def state_of(value: _Value, states: Mapping[_Value, WithdrawalState]) -> WithdrawalState:
    """Return the state that a documented value stands for, UNKNOWN for any other."""
    return states.get(value, WithdrawalState.UNKNOWN)


def state_if(is_open: bool) -> WithdrawalState:  # noqa: FBT001 -- a value, not an option
    """Return OPEN or CLOSED."""
    return WithdrawalState.OPEN if is_open else WithdrawalState.CLOSED


def narrower(*states: WithdrawalState) -> WithdrawalState:
    """Return what several switches make together, such as the coin's and the chain's: each of them has to be open.

    One that is closed closes, whatever the others say. Else one that is unknown leaves it unknown.
    """
    order = (WithdrawalState.CLOSED, WithdrawalState.UNKNOWN, WithdrawalState.DELAYED)
    return next((state for state in order if state in states), WithdrawalState.OPEN)


def _shown(value: object) -> str:
    text = "".join(character for character in str(value)[:_SHOWN_CHARACTERS] if character.isprintable())
    return f"“{text}”"
