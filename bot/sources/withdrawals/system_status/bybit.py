"""Bybit's system status: a list of maintenance, most of it over. https://bybit-exchange.github.io/docs/v5/system-status"""

import msgspec

from bot.domain.withdrawal_reading import Maintenance, SystemState
from bot.sources.withdrawals.adapter import StatusAdapter, StatusContent, check_code
from bot.sources.withdrawals.announcements import MOST_ANNOUNCEMENTS, plain_title, time_of_milliseconds
from bot.sources.withdrawals.system_status.states import STATUS_LIMITS, SYSTEM_STATUS, system_state

_STATES = {
    "ongoing": SystemState.MAINTENANCE,
    "scheduled": SystemState.NORMAL,
    "completed": SystemState.NORMAL,
    "canceled": SystemState.NORMAL,
}
_OVER = {"completed", "canceled"}
_DEMO = 2  # of `env`: the environment for trying out


class _BybitMaintenance(msgspec.Struct):
    state: str
    title: str = ""
    begin: str | int = ""
    end: str | int = ""
    env: int = 1


class _BybitResult(msgspec.Struct):
    list: list[_BybitMaintenance]


class _BybitStatusAnswer(msgspec.Struct, rename="camel"):
    ret_code: int
    result: _BybitResult


_DECODER = msgspec.json.Decoder(_BybitStatusAnswer)


def parse(body: bytes) -> StatusContent:
    """Return the state of the system, and the maintenance that is not over; raise SourceError and msgspec's errors."""
    answer = _DECODER.decode(body)
    check_code(answer.ret_code, 0)
    maintenance = [entry for entry in answer.result.list if entry.env != _DEMO]
    states = {system_state(entry.state, _STATES) for entry in maintenance}
    state = next((s for s in (SystemState.MAINTENANCE, SystemState.UNKNOWN) if s in states), SystemState.NORMAL)
    return StatusContent(
        state, tuple(_maintenance(entry) for entry in maintenance if entry.state not in _OVER)[:MOST_ANNOUNCEMENTS]
    )


def _maintenance(entry: _BybitMaintenance) -> Maintenance:
    return Maintenance(
        plain_title(entry.title) or "Maintenance",
        begins_at=time_of_milliseconds(entry.begin),
        ends_at=time_of_milliseconds(entry.end),
        is_under_way=entry.state == "ongoing",
    )


BYBIT_SYSTEM_STATUS = StatusAdapter(
    exchange="bybit",
    name="Bybit",
    setting="bybit_url",
    base="https://api.bybit.com",
    path="/v5/system/status",
    limits=STATUS_LIMITS,
    part=SYSTEM_STATUS,
    parse=parse,
)
