"""LBank: https://www.lbank.com/docs/index.html#get-all-coin-information (`withdrawConfigs`), a row for each network.

Rows without a chain occur; what they are about is decided where all rows of an asset are known (`flags.py`).
"""

from collections.abc import Iterator, Sequence

import msgspec

from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, check_code, rows_of, state_if


class _LbankNetwork(msgspec.Struct, rename="camel"):
    asset_code: str
    can_with_draw: bool
    chain: str | None = None


class _LbankBody(msgspec.Struct):
    error_code: str | int  # both occur
    data: Sequence[msgspec.Raw] = ()


_BODY = msgspec.json.Decoder(_LbankBody)
_NETWORK = msgspec.json.Decoder(_LbankNetwork)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    answer = _BODY.decode(body)
    check_code(str(answer.error_code), "0")
    for network in rows_of(_NETWORK, answer.data):
        yield WithdrawalRow(network.asset_code, network.chain or "", state_if(network.can_with_draw))


LBANK = WithdrawalAdapter(
    exchange="lbank",
    name="LBank",
    setting="lbank_url",
    base="https://api.lbank.info",
    path="/v2/withdrawConfigs.do",
    parse=_parse,
)
