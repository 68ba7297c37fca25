"""WOO X's system status. https://developer.woox.io/api-reference/endpoint/public_data/systemInfo"""

import msgspec

from bot.domain.errors import SourceError, SourceFault
from bot.domain.withdrawal_reading import Maintenance, SystemState
from bot.sources.withdrawals.adapter import StatusAdapter, StatusContent
from bot.sources.withdrawals.announcements import plain_title, time_of_milliseconds
from bot.sources.withdrawals.system_status.states import STATUS_LIMITS, SYSTEM_STATUS, system_state

_STATES = {0: SystemState.NORMAL, 2: SystemState.MAINTENANCE}


class _WooSystem(msgspec.Struct, rename="camel"):
    status: int
    msg: str = ""
    estimated_end_time: int | None = None


class _WooStatusAnswer(msgspec.Struct):
    success: bool
    data: _WooSystem | None = None


_DECODER = msgspec.json.Decoder(_WooStatusAnswer)


def parse(body: bytes) -> StatusContent:
    """Return the state of the system, and when a maintenance should end; raise SourceError and msgspec's errors."""
    answer = _DECODER.decode(body)
    if not answer.success or answer.data is None:
        raise SourceError(SourceFault.BAD_SHAPE, "no success")
    state = system_state(answer.data.status, _STATES)
    if state is not SystemState.MAINTENANCE:  # the time of the last one stays there afterwards
        return StatusContent(state)
    title = plain_title(answer.data.msg) or "Maintenance"
    ends_at = time_of_milliseconds(answer.data.estimated_end_time)
    return StatusContent(state, (Maintenance(title, ends_at=ends_at, is_under_way=True),))


WOO_SYSTEM_STATUS = StatusAdapter(
    exchange="woo-x",
    name="WOO X",
    setting="woo_url",
    base="https://api.woox.io",
    path="/v3/public/systemInfo",
    limits=STATUS_LIMITS,
    part=SYSTEM_STATUS,
    parse=parse,
)
