"""HTX's market status, and until when it is halted. https://huobiapi.github.io/docs/spot/v1/en/#get-market-status"""

import msgspec

from bot.domain.withdrawal_reading import Maintenance, SystemState
from bot.sources.withdrawals.adapter import StatusAdapter, StatusContent, check_code
from bot.sources.withdrawals.announcements import time_of_milliseconds
from bot.sources.withdrawals.system_status.states import STATUS_LIMITS, SYSTEM_STATUS, system_state

_STATES = {1: SystemState.NORMAL, 2: SystemState.HALTED, 3: SystemState.CANCEL_ONLY}
_REASONS = {2: "Emergency maintenance", 3: "Scheduled maintenance"}


class _HtxMarket(msgspec.Struct, rename="camel"):
    market_status: int
    halt_reason: int | None = None
    halt_start_time: int | None = None
    halt_end_time: int | None = None


class _HtxStatusAnswer(msgspec.Struct):
    code: int
    data: _HtxMarket


_DECODER = msgspec.json.Decoder(_HtxStatusAnswer)


def parse(body: bytes) -> StatusContent:
    """Return the state of the market, and what it is halted for; raise SourceError and msgspec's errors."""
    answer = _DECODER.decode(body)
    check_code(answer.code, 200)
    market = answer.data
    state = system_state(market.market_status, _STATES)
    if state is SystemState.NORMAL or market.halt_reason not in _REASONS:
        return StatusContent(state)
    entry = Maintenance(
        _REASONS[market.halt_reason],
        begins_at=time_of_milliseconds(market.halt_start_time),
        ends_at=time_of_milliseconds(market.halt_end_time),
        is_under_way=True,
    )
    return StatusContent(state, (entry,))


HTX_SYSTEM_STATUS = StatusAdapter(
    exchange="htx",
    name="HTX",
    setting="htx_url",
    base="https://api.huobi.pro",
    path="/v2/market-status",
    limits=STATUS_LIMITS,
    part=SYSTEM_STATUS,
    parse=parse,
)
