"""WhiteBIT: https://docs.whitebit.com/api-reference/market-data/asset-status-list.

No flag says which networks are closed: a network is open while it is in `networks.withdraws`. One that takes deposits
only is closed. That `can_withdraw` is true and no network is listed contradicts itself, and says nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from bot.domain.withdrawal_reading import WithdrawalState
from bot.sources.withdrawals.adapter import RAW_ROWS_BY_NAME, WithdrawalAdapter, WithdrawalRow, named_rows_of, state_if


class _WhitebitNetworks(msgspec.Struct):
    deposits: list[str]
    withdraws: list[str]


class _WhitebitAsset(msgspec.Struct):
    can_withdraw: bool
    networks: _WhitebitNetworks
    confirmations: Mapping[str, Any] = msgspec.field(default_factory=dict)
    providers: Any = None  # of a currency of a state: its "networks" are names of payment services


_ASSET = msgspec.json.Decoder(_WhitebitAsset)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    for symbol, asset in named_rows_of(_ASSET, RAW_ROWS_BY_NAME.decode(body)):
        if asset.providers is None:
            for network in _listed(asset):
                yield WithdrawalRow(symbol, network, _state(asset, network))


def _listed(asset: _WhitebitAsset) -> Iterable[str]:
    """Return the networks in order; of an asset that is closed altogether, those that it needs confirmations on."""
    named = dict.fromkeys((*asset.networks.withdraws, *asset.networks.deposits))
    return named or ({} if asset.can_withdraw else asset.confirmations)


def _state(asset: _WhitebitAsset, network: str) -> WithdrawalState:
    if asset.can_withdraw and not asset.networks.withdraws:
        return WithdrawalState.UNKNOWN
    return state_if(asset.can_withdraw and network in asset.networks.withdraws)


WHITEBIT = WithdrawalAdapter(
    exchange="whitebit",
    name="WhiteBIT",
    setting="whitebit_url",
    base="https://whitebit.com",
    path="/api/v4/public/assets",
    parse=_parse,
)
