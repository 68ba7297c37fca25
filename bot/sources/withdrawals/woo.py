"""WOO X: https://docs.woox.io/#available-network-public, a row for each network, with "1" for an open one."""

from collections.abc import Iterator, Sequence

import msgspec

from bot.domain.withdrawal_reading import WithdrawalState
from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, check_code, rows_of, state_of

_STATES = {"1": WithdrawalState.OPEN, "0": WithdrawalState.CLOSED}


class _WooNetwork(msgspec.Struct):
    token: str
    network: str
    allow_withdraw: str


class _WooBody(msgspec.Struct):
    success: bool
    rows: Sequence[msgspec.Raw] = ()


_BODY = msgspec.json.Decoder(_WooBody)
_NETWORK = msgspec.json.Decoder(_WooNetwork)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    answer = _BODY.decode(body)
    check_code(answer.success, expected=True)
    for network in rows_of(_NETWORK, answer.rows):
        yield WithdrawalRow(network.token, network.network, state_of(network.allow_withdraw, _STATES))


WOO = WithdrawalAdapter(
    exchange="woo-x",
    name="WOO X",
    setting="woo_url",
    base="https://api.woox.io",
    path="/v1/public/token_network",
    parse=_parse,
)
