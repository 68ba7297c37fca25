"""Bithumb: https://apidocs.bithumb.com/reference/입출금-지원-현황, a row for each network, 1 for an open one."""

from collections.abc import Iterator, Sequence

import msgspec

from bot.domain.withdrawal_reading import WithdrawalState
from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, check_code, rows_of, state_of

_STATES = {1: WithdrawalState.OPEN, 0: WithdrawalState.CLOSED}


class _BithumbNetwork(msgspec.Struct):
    currency: str
    net_type: str
    withdrawal_status: int


class _BithumbBody(msgspec.Struct):
    status: str
    data: Sequence[msgspec.Raw] = ()


_BODY = msgspec.json.Decoder(_BithumbBody)
_NETWORK = msgspec.json.Decoder(_BithumbNetwork)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    answer = _BODY.decode(body)
    check_code(answer.status, "0000")
    for network in rows_of(_NETWORK, answer.data):
        yield WithdrawalRow(network.currency, network.net_type, state_of(network.withdrawal_status, _STATES))


BITHUMB = WithdrawalAdapter(
    exchange="bithumb",
    name="Bithumb",
    setting="bithumb_url",
    base="https://api.bithumb.com",
    path="/public/assetsstatus/multichain/ALL",
    parse=_parse,
)
