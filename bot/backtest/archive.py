"""A folder of bodies of `GET /protocol/{slug}` kept as files: the history that a backtest reads.

DIR/<slug>.json                 a body in the upstream's own format, gzip or not; any slug
DIR/<slug>.withdrawals.jsonl    optional: a change of withdrawals a line, in any order:
                                {"at": unix seconds, "asset": "USDT", "network": "TRC20", "open": false}
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from bot.backtest.scores import KnownEvent
from bot.domain.errors import ConfigurationError, SourceError, SourceFault
from bot.domain.exchange import Exchange, exchange_id
from bot.domain.networks import network_name
from bot.domain.reading import Holdings, Layouts, Reading, Slot
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import WithdrawalTransition
from bot.sources.decompression import decompress
from bot.sources.defillama import NAME
from bot.sources.defillama.decode_worker import read_pieces
from bot.sources.defillama.protocol import AmountColumns, Moment, ProtocolExtract
from bot.sources.own_tokens import OWN_TOKENS

_MAX_BODY_BYTES = 400 << 20  # unpacked; `DETAIL_LIMITS` of the live source is as large
_BODY, _WITHDRAWALS = ".json", ".withdrawals.jsonl"
EVENTS = "events.jsonl"


class _WithdrawalChange(msgspec.Struct):
    at: float
    asset: str
    network: str
    open: bool


class _EventLine(msgspec.Struct):
    exchange: str
    since: float = msgspec.field(name="from")
    until: float = msgspec.field(name="to")


_CHANGE = msgspec.json.Decoder(_WithdrawalChange)
_EVENT = msgspec.json.Decoder(_EventLine)
_Line = TypeVar("_Line")


@dataclass(frozen=True, slots=True)
class ArchivedHistory:
    """Everything one body says, in columns: 16 bytes a holding, where an object would take a hundred.

    `withdrawal_changes` are oldest first; `odd_lines` are the numbers of lines of their file that could not be read.
    """

    exchange: Exchange
    slots: Sequence[Slot]
    moments: Sequence[Moment]
    withdrawal_changes: Sequence[WithdrawalTransition] = ()
    odd_lines: Sequence[int] = ()

    def readings(self) -> Iterator[Reading]:
        """Yield the readings, oldest first. Each counts as fetched at its own time, as a file does not say when."""
        layouts = Layouts(self.slots)
        for as_of, columns in self.moments:
            at = datetime.fromtimestamp(as_of, UTC)
            held = Holdings(layouts.at(columns.slots), columns.amounts, columns.usd)
            named = map(layouts.slots_at, (columns.impossible, columns.zeros, columns.unpriced))
            yield Reading(self.exchange.id, NAME, at, at, held, *named)


def bodies_in(directory: Path) -> list[Path]:
    """Return the bodies of a folder in the order of their names; raise ConfigurationError when there is no folder."""
    if not directory.is_dir():
        raise ConfigurationError(f"There is no folder {directory}.")
    return sorted(path for path in directory.iterdir() if path.suffix == _BODY and path.is_file())


def exchange_of(path: Path) -> Exchange:
    """Return the exchange that a file's name stands for; its own tokens are known by its id, as no body says them."""
    id_ = exchange_id(path.stem)
    return Exchange(id_, id_, path.stem.lower(), OWN_TOKENS.get(id_, frozenset()))


def read_past(path: Path) -> ArchivedHistory:
    """Return what a body and its log of withdrawals say; raise SourceError where the body cannot be read."""
    try:
        with path.open("rb") as file:
            extract = ProtocolExtract(decompress(read_pieces(file), limit=_MAX_BODY_BYTES), since=0.0)
        moments = list(_compact(extract.moments()))
        withdrawal_changes, odd_lines = _withdrawal_changes(path.with_name(path.stem + _WITHDRAWALS))
    except OSError as error:
        raise SourceError(SourceFault.UNREACHABLE, error.strerror or type(error).__name__) from error
    return ArchivedHistory(
        exchange_of(path), [Slot(*slot) for slot in extract.slots], moments, withdrawal_changes, odd_lines
    )


def _compact(moments: Iterator[Moment]) -> Iterator[Moment]:
    """Yield the moments with equal layouts shared: the days of years have few different sets of slots."""
    layouts: dict[bytes, array[int]] = {}
    for as_of, columns in moments:
        slots = layouts.setdefault(columns.slots.tobytes(), columns.slots)
        yield Moment(as_of, AmountColumns(slots, *columns[1:]))


def read_events(directory: Path) -> tuple[list[KnownEvent] | None, list[int]]:
    """Return the events that a folder names, and the numbers of lines that name none; None where nobody named any."""
    path = directory / EVENTS
    return _lines(path, _event) if path.exists() else (None, [])


def _withdrawal_changes(path: Path) -> tuple[list[WithdrawalTransition], list[int]]:
    """Return the changes in a log, oldest first, and the numbers of lines that are none; without a log, nothing."""
    withdrawal_changes, odd_lines = _lines(path, _withdrawal_change) if path.exists() else ([], [])
    return sorted(withdrawal_changes, key=lambda change: change.at), odd_lines


def _lines(path: Path, read: Callable[[bytes], _Line]) -> tuple[list[_Line], list[int]]:
    records: list[_Line] = []
    odd_lines: list[int] = []
    for number, text in enumerate(path.read_bytes().splitlines(), start=1):
        if not text.strip():
            continue
        try:
            records.append(read(text))
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError, OSError):
            odd_lines.append(number)  # said to the user later: one odd line must not spoil a run of an hour
    return records, odd_lines


def _withdrawal_change(text: bytes) -> WithdrawalTransition:
    change = _CHANGE.decode(text)
    asset = change.asset.strip().upper()
    after = WithdrawalState.OPEN if change.open else WithdrawalState.CLOSED
    # What it was before is said by the line before, if there is one.
    return WithdrawalTransition(
        _at(change.at), asset, network_name(asset, change.network), WithdrawalState.UNKNOWN, after
    )


def _event(text: bytes) -> KnownEvent:
    event = _EVENT.decode(text)
    return KnownEvent(exchange_id(event.exchange), _at(event.since), _at(event.until))


def _at(seconds: float) -> datetime:
    """Return unix seconds as a moment; raise ValueError, OverflowError or OSError where they are none."""
    return datetime.fromtimestamp(seconds, UTC)
