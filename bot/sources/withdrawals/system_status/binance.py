"""Binance's system status. https://developers.binance.com/docs/wallet/others/system-status"""

import msgspec

from bot.domain.withdrawal_reading import SystemState
from bot.sources.withdrawals.adapter import StatusAdapter, StatusContent
from bot.sources.withdrawals.system_status.states import STATUS_LIMITS, SYSTEM_STATUS, system_state

_STATES = {0: SystemState.NORMAL, 1: SystemState.MAINTENANCE}


class _BinanceStatusAnswer(msgspec.Struct):
    status: int


_DECODER = msgspec.json.Decoder(_BinanceStatusAnswer)


def parse(body: bytes) -> StatusContent:
    """Return what `{"status":0,"msg":"normal"}` says."""
    return StatusContent(system_state(_DECODER.decode(body).status, _STATES))


BINANCE_SYSTEM_STATUS = StatusAdapter(
    exchange="binance",
    name="Binance",
    setting="binance_url",
    base="https://api.binance.com",
    path="/sapi/v1/system/status",
    limits=STATUS_LIMITS,
    part=SYSTEM_STATUS,
    parse=parse,
)
