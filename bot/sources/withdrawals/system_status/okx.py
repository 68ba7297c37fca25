"""OKX's system status: a list of maintenance, announced and under way; an empty one says that nothing is the matter.

Example: "Classic Spot System Upgrade", scheduled for 08:00 to 08:10, is announced, and the system normal until then.
https://www.okx.com/docs-v5/en/#status-get-status
"""

import msgspec

from bot.domain.withdrawal_reading import Maintenance, SystemState
from bot.sources.withdrawals.adapter import StatusAdapter, StatusContent, check_code
from bot.sources.withdrawals.announcements import MOST_ANNOUNCEMENTS, plain_title, time_of_milliseconds
from bot.sources.withdrawals.system_status.states import STATUS_LIMITS, SYSTEM_STATUS

_UNDER_WAY, _ANNOUNCED, _OVER = {"ongoing", "pre_open"}, {"scheduled"}, {"completed", "canceled"}
_DEMO = "2"  # of `env`: the environment for trying out
# WebSocket, block trading, trading bots, spreads, copy trading, others: while they are worked on, the rest goes on.
_PARTIAL_SERVICES = {"0", "6", "7", "10", "11", "99"}


class _OkxMaintenance(msgspec.Struct, rename="camel"):
    state: str
    title: str = ""
    begin: str | int = ""
    end: str | int = ""
    service_type: str | int = ""
    env: str | int = ""


class _OkxStatusAnswer(msgspec.Struct):
    code: str
    data: list[_OkxMaintenance]


_DECODER = msgspec.json.Decoder(_OkxStatusAnswer)


def parse(body: bytes) -> StatusContent:
    """Return the state of the system, and the maintenance that is not over; raise SourceError and msgspec's errors."""
    answer = _DECODER.decode(body)
    check_code(answer.code, "0")
    maintenance = [entry for entry in answer.data if str(entry.env) != _DEMO]
    states = {_state(entry) for entry in maintenance}
    # Work that names no asset is about all of them, and makes whatever closes meanwhile less severe.
    announced = [entry for entry in maintenance if entry.state not in _OVER and not _is_partial(entry)]
    state = next((s for s in (SystemState.MAINTENANCE, SystemState.UNKNOWN) if s in states), SystemState.NORMAL)
    return StatusContent(state, tuple(map(_maintenance, announced[:MOST_ANNOUNCEMENTS])))


def _is_partial(entry: _OkxMaintenance) -> bool:
    return str(entry.service_type) in _PARTIAL_SERVICES


def _state(entry: _OkxMaintenance) -> SystemState:
    if entry.state in _UNDER_WAY:
        return SystemState.NORMAL if _is_partial(entry) else SystemState.MAINTENANCE
    return SystemState.NORMAL if entry.state in _ANNOUNCED | _OVER else SystemState.UNKNOWN


def _maintenance(entry: _OkxMaintenance) -> Maintenance:
    return Maintenance(
        plain_title(entry.title) or "Maintenance",
        begins_at=time_of_milliseconds(entry.begin),
        ends_at=time_of_milliseconds(entry.end),
        is_under_way=entry.state in _UNDER_WAY,
    )


OKX_SYSTEM_STATUS = StatusAdapter(
    exchange="okx",
    name="OKX",
    setting="okx_url",
    base="https://www.okx.com",
    path="/api/v5/system/status",
    limits=STATUS_LIMITS,
    part=SYSTEM_STATUS,
    parse=parse,
)
