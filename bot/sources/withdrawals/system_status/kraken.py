"""Kraken's system status, with the maintenance of the next 72 hours.

While it is "maintenance" nothing can be traded; "post_only" is the minutes after that, when orders are taken and not
yet matched. What is announced leaves the list when it begins.
https://docs.kraken.com/api-reference/market-data/get-system-status
"""

import msgspec

from bot.domain.errors import SourceError, SourceFault
from bot.domain.withdrawal_reading import Maintenance, SystemState
from bot.sources.withdrawals.adapter import StatusAdapter, StatusContent
from bot.sources.withdrawals.announcements import MOST_ANNOUNCEMENTS, plain_title, time_of_text
from bot.sources.withdrawals.system_status.states import STATUS_LIMITS, SYSTEM_STATUS, system_state

_STATES = {
    "online": SystemState.NORMAL,
    "maintenance": SystemState.MAINTENANCE,
    "cancel_only": SystemState.CANCEL_ONLY,
    "post_only": SystemState.HALTED,
}


class _KrakenMaintenance(msgspec.Struct):
    title: str = ""
    expected_start_utc: str | None = None
    expected_end_utc: str | None = None


class _KrakenResult(msgspec.Struct):
    status: str
    upcoming_maintenance: list[_KrakenMaintenance] | None = None


class _KrakenStatusAnswer(msgspec.Struct):
    error: list[str]
    result: _KrakenResult | None = None


_DECODER = msgspec.json.Decoder(_KrakenStatusAnswer)


def parse(body: bytes) -> StatusContent:
    """Return the state of the system and announced maintenance; raise SourceError and msgspec's errors."""
    answer = _DECODER.decode(body)
    if answer.error or answer.result is None:
        raise SourceError(SourceFault.BAD_SHAPE, plain_title("; ".join(answer.error)))
    maintenance = (answer.result.upcoming_maintenance or [])[:MOST_ANNOUNCEMENTS]
    return StatusContent(
        system_state(answer.result.status, _STATES),
        tuple(
            Maintenance(
                plain_title(entry.title) or "Maintenance",
                begins_at=time_of_text(entry.expected_start_utc),
                ends_at=time_of_text(entry.expected_end_utc),
            )
            for entry in maintenance
        ),
    )


KRAKEN_SYSTEM_STATUS = StatusAdapter(
    exchange="kraken",
    name="Kraken",
    setting="kraken_url",
    base="https://api.kraken.com",
    path="/0/public/SystemStatus",
    limits=STATUS_LIMITS,
    part=SYSTEM_STATUS,
    parse=parse,
)
