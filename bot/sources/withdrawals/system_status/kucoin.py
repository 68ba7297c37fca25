"""KuCoin's service status. https://www.kucoin.com/docs-new/rest/spot-trading/market-data/get-service-status"""

import msgspec

from bot.domain.withdrawal_reading import SystemState
from bot.sources.withdrawals.adapter import StatusAdapter, StatusContent, check_code
from bot.sources.withdrawals.system_status.states import STATUS_LIMITS, SYSTEM_STATUS, system_state

_STATES = {"open": SystemState.NORMAL, "close": SystemState.HALTED, "cancelonly": SystemState.CANCEL_ONLY}


class _KucoinService(msgspec.Struct):
    status: str


class _KucoinStatusAnswer(msgspec.Struct):
    code: str
    data: _KucoinService


_DECODER = msgspec.json.Decoder(_KucoinStatusAnswer)


def parse(body: bytes) -> StatusContent:
    """Return what `{"code":"200000","data":{"status":"open"}}` says."""
    answer = _DECODER.decode(body)
    check_code(answer.code, "200000")
    return StatusContent(system_state(answer.data.status, _STATES))


KUCOIN_SYSTEM_STATUS = StatusAdapter(
    exchange="kucoin",
    name="KuCoin",
    setting="kucoin_url",
    base="https://api.kucoin.com",
    path="/api/v1/status",
    limits=STATUS_LIMITS,
    part=SYSTEM_STATUS,
    parse=parse,
)
