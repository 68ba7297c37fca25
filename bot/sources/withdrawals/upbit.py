"""Upbit's own web page: a row for each network. The documented address beside it needs a key (`/v1/status/wallet`).

https://global-docs.upbit.com/reference/get-wallet-status has the same fields. `block_state` says whether Upbit's node
follows the chain: while it does not ("delayed", "inactive"), withdrawals take longer.
"""

from collections.abc import Iterator

import msgspec

from bot.domain.withdrawal_reading import SourceStanding, WithdrawalState
from bot.sources.withdrawals.adapter import RAW_ROWS, WithdrawalAdapter, WithdrawalRow, rows_of, state_of

_STATES = {
    "working": WithdrawalState.OPEN,
    "withdraw_only": WithdrawalState.OPEN,
    "deposit_only": WithdrawalState.CLOSED,
    "paused": WithdrawalState.CLOSED,
}
_UNSUPPORTED = "unsupported"
_SLOW = ("delayed", "inactive")


class _UpbitWallet(msgspec.Struct):
    currency: str
    net_type: str
    wallet_state: str
    block_state: str | None = None


_WALLET = msgspec.json.Decoder(_UpbitWallet)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    for wallet in rows_of(_WALLET, RAW_ROWS.decode(body)):
        if wallet.wallet_state != _UNSUPPORTED:
            yield WithdrawalRow(wallet.currency, wallet.net_type, _state(wallet))


def _state(wallet: _UpbitWallet) -> WithdrawalState:
    state = state_of(wallet.wallet_state, _STATES)
    is_slow = state is WithdrawalState.OPEN and wallet.block_state in _SLOW
    return WithdrawalState.DELAYED if is_slow else state


UPBIT = WithdrawalAdapter(
    exchange="upbit",
    name="Upbit",
    setting="upbit_url",
    base="https://ccx.upbit.com",
    path="/api/v1/status/wallet",
    standing=SourceStanding.UNDOCUMENTED,
    parse=_parse,
)
