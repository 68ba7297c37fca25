"""Bitvavo: https://docs.bitvavo.com/docs/rest-api/get-asset-data/. An asset has one status, whatever its networks."""

from collections.abc import Iterator

import msgspec

from bot.domain.withdrawal_reading import ALL_NETWORKS, WithdrawalState
from bot.sources.withdrawals.adapter import RAW_ROWS, WithdrawalAdapter, WithdrawalRow, rows_of, state_of

_STATES = {"OK": WithdrawalState.OPEN, "MAINTENANCE": WithdrawalState.CLOSED}
_DELISTED = "DELISTED"


class _BitvavoAsset(msgspec.Struct, rename="camel"):
    symbol: str
    withdrawal_status: str


_ASSET = msgspec.json.Decoder(_BitvavoAsset)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    for asset in rows_of(_ASSET, RAW_ROWS.decode(body)):
        if asset.withdrawal_status != _DELISTED:
            yield WithdrawalRow(asset.symbol, ALL_NETWORKS, state_of(asset.withdrawal_status, _STATES))


BITVAVO = WithdrawalAdapter(
    exchange="bitvavo",
    name="Bitvavo",
    setting="bitvavo_url",
    base="https://api.bitvavo.com",
    path="/v2/assets",
    parse=_parse,
)
