"""Binance's own web page: 2.2 MB for 959 coins in September 2026, undocumented. The documented address needs a key.

Its rows are those of https://developers.binance.com/docs/wallet/capital/all-coins-info. A coin has a switch, and each
of its networks one of its own; a withdrawal needs both. A network that is `busy` takes longer.
"""

from collections.abc import Iterator, Sequence

import msgspec

from bot.domain.withdrawal_reading import TRACKED_ASSETS, SourceStanding, WithdrawalState
from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, check_code, narrower, rows_of, state_if


class BinanceNetwork(msgspec.Struct, rename="camel"):
    """A network of a coin."""

    network: str
    withdraw_enable: bool
    busy: bool = False


class BinanceCoin(msgspec.Struct, rename="camel"):
    """A coin; `is_legal_money` is a currency of a state."""

    coin: str
    withdraw_all_enable: bool
    trading: bool
    is_legal_money: bool
    network_list: list[BinanceNetwork]


class _BinanceBody(msgspec.Struct):
    code: str
    data: Sequence[msgspec.Raw] | None = None


_BODY = msgspec.json.Decoder(_BinanceBody)
_COIN = msgspec.json.Decoder(BinanceCoin)


def binance_rows(raw_coins: Sequence[msgspec.Raw]) -> Iterator[WithdrawalRow]:
    """Yield a row for each network; coins that are not traded any more are left out, the tracked ones never."""
    for coin in rows_of(_COIN, raw_coins):
        if coin.is_legal_money or not (coin.trading or coin.coin in TRACKED_ASSETS):
            continue
        for network in coin.network_list:
            yield WithdrawalRow(coin.coin, network.network, _state(coin, network))


def _state(coin: BinanceCoin, network: BinanceNetwork) -> WithdrawalState:
    speed = WithdrawalState.DELAYED if network.busy else WithdrawalState.OPEN
    return narrower(state_if(coin.withdraw_all_enable), state_if(network.withdraw_enable), speed)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    answer = _BODY.decode(body)
    check_code(answer.code, "000000")
    return binance_rows(answer.data or ())


BINANCE_WEB = WithdrawalAdapter(
    exchange="binance",
    name="Binance",
    setting="binance_web_url",
    base="https://www.binance.com",
    path="/bapi/capital/v1/public/capital/getNetworkCoinAll",
    standing=SourceStanding.UNDOCUMENTED,
    parse=_parse,
)
