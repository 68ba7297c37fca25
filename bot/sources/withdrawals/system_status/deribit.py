"""Deribit's status: whether trading is locked, in all currencies or in some. https://docs.deribit.com/#public-status"""

from collections.abc import Mapping

import msgspec

from bot.domain.withdrawal_reading import SystemState
from bot.sources.withdrawals.adapter import StatusAdapter, StatusContent
from bot.sources.withdrawals.system_status.states import STATUS_LIMITS, SYSTEM_STATUS, system_state

# The documentation has texts, older answers have booleans.
_STATES: Mapping[str | bool, SystemState] = {
    "false": SystemState.NORMAL,
    False: SystemState.NORMAL,
    "partial": SystemState.MAINTENANCE,
    "true": SystemState.HALTED,
    True: SystemState.HALTED,
}


class _DeribitStatus(msgspec.Struct):
    locked: str | bool


class _DeribitStatusAnswer(msgspec.Struct):
    result: _DeribitStatus


_DECODER = msgspec.json.Decoder(_DeribitStatusAnswer)


def parse(body: bytes) -> StatusContent:
    """Return what `{"jsonrpc":"2.0","result":{"locked":"false"}}` says; raise msgspec's errors."""
    return StatusContent(system_state(_DECODER.decode(body).result.locked, _STATES))


DERIBIT_SYSTEM_STATUS = StatusAdapter(
    exchange="deribit",
    name="Deribit",
    setting="deribit_url",
    base="https://www.deribit.com",
    path="/api/v2/public/status",
    limits=STATUS_LIMITS,
    part=SYSTEM_STATUS,
    parse=parse,
)
