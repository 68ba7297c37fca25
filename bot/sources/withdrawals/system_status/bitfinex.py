"""Bitfinex's platform status: `[1]` or `[0]`. https://docs.bitfinex.com/reference/rest-public-platform-status"""

import msgspec

from bot.domain.withdrawal_reading import SystemState
from bot.sources.withdrawals.adapter import StatusAdapter, StatusContent
from bot.sources.withdrawals.system_status.states import STATUS_LIMITS, SYSTEM_STATUS, system_state

_STATES = {1: SystemState.NORMAL, 0: SystemState.MAINTENANCE}
_DECODER = msgspec.json.Decoder(tuple[int])


def parse(body: bytes) -> StatusContent:
    """Return what the one number says; raise msgspec's errors."""
    return StatusContent(system_state(_DECODER.decode(body)[0], _STATES))


BITFINEX_SYSTEM_STATUS = StatusAdapter(
    exchange="bitfinex",
    name="Bitfinex",
    setting="bitfinex_url",
    base="https://api-pub.bitfinex.com",
    path="/v2/platform/status",
    limits=STATUS_LIMITS,
    part=SYSTEM_STATUS,
    parse=parse,
)
