"""Kraken: https://docs.kraken.com/api/docs/rest-api/get-asset-info. An asset has one status, whatever its networks.

Bitcoin is XBT there. Names with a dot are no coins but claims on Kraken, such as staked ones (ATOM.S, XBT.M).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from bot.domain.withdrawal_reading import ALL_NETWORKS, WithdrawalState
from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, check_code, named_rows_of, state_of

_STATES = {
    "enabled": WithdrawalState.OPEN,
    "withdrawal_only": WithdrawalState.OPEN,
    "deposit_only": WithdrawalState.CLOSED,
    "funding_temporarily_disabled": WithdrawalState.CLOSED,
}
_ASSETS = {"XBT": "BTC"}


class _KrakenAsset(msgspec.Struct):
    altname: str
    status: str


class _KrakenBody(msgspec.Struct):
    error: Sequence[Any]
    result: Mapping[str, msgspec.Raw] = msgspec.field(default_factory=dict)


_BODY = msgspec.json.Decoder(_KrakenBody)
_ASSET = msgspec.json.Decoder(_KrakenAsset)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    answer = _BODY.decode(body)
    check_code(answer.error, [])
    for _, asset in named_rows_of(_ASSET, answer.result):
        if "." not in asset.altname:
            yield WithdrawalRow(
                _ASSETS.get(asset.altname, asset.altname), ALL_NETWORKS, state_of(asset.status, _STATES)
            )


KRAKEN = WithdrawalAdapter(
    exchange="kraken",
    name="Kraken",
    setting="kraken_url",
    base="https://api.kraken.com",
    path="/0/public/Assets",
    parse=_parse,
)
